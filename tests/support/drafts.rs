//! Notices and polls of the municipality's, sent by the command line.

use super::home::Home;

/// A poll with three options.
pub const POLL: [&str; 12] = [
    "poll",
    "open",
    "--question-fi",
    "Onko valoa?",
    "--question-sv",
    "Finns det ljus?",
    "--option",
    "On|Ja",
    "--option",
    "Ei|Nej",
    "--option",
    "En tiedä|Vet inte",
];

/// The texts of a notice with the same title in both languages.
pub fn texts(title: &str) -> [&str; 8] {
    [
        "--title-fi",
        title,
        "--title-sv",
        title,
        "--text-fi",
        "Teksti suomeksi.",
        "--text-sv",
        "Text på svenska.",
    ]
}

impl Home {
    /// Sends a notice, with further arguments. Returns its number.
    pub async fn send_notice(&self, title: &str, more: &[&str]) -> String {
        let args = [&["notice", "send"], &texts(title)[..], more].concat();
        self.json(&args).await["id"].to_string()
    }

    /// Opens [`POLL`], with further arguments. Returns its number.
    pub async fn open_poll(&self, more: &[&str]) -> String {
        self.json(&[&POLL, more].concat()).await["id"].to_string()
    }

    /// The votes of a poll, option by option.
    pub async fn votes(&self, id: &str) -> Vec<i64> {
        let results = self.json(&["poll", "results", id]).await;
        let options = results["options"].as_array().expect("options");
        let votes: Option<Vec<i64>> = options.iter().map(|one| one["votes"].as_i64()).collect();
        let votes = votes.expect("numbers");
        assert_eq!(results["votes"], votes.iter().sum::<i64>());
        votes
    }
}
