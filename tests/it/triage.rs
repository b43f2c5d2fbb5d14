//! Emergencies on situations that the shipped model has never seen: `kb triage`.

use serde_json::Value;

use crate::support::home::run;
use crate::support::words::LANGS;

fn data(name: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("tests/data/triage").join(name);
    path.display().to_string()
}

/// A floor a little below and ceilings a little above today's figures, percent: emergencies,
/// look-alikes and ordinary questions flagged.
const HELD: [(&str, f64, f64, f64); 2] = [("fi", 97.3, 24.5, 6.3), ("sv", 96.7, 28.9, 10.8)];

#[tokio::test]
async fn unseen_emergencies_are_flagged_and_few_others_are() {
    assert_eq!(HELD.map(|held| held.0), LANGS);
    let (fi, sv) = (data("fi.tsv"), data("sv.tsv"));
    let situations = data("test_situations.txt");
    let args = [
        "kb",
        "triage",
        "--messages",
        &fi,
        "--messages",
        &sv,
        "--situations",
        &situations,
    ];
    let ended = run(&[&args[..], &["--json"]].concat()).await;
    assert!(ended.success, "{}", ended.stderr);
    let found: Vec<Value> = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(found.len(), HELD.len());
    for ((lang, recall, look_alikes, ordinary), found) in HELD.into_iter().zip(&found) {
        let rate = |name: &str| found[name].as_f64().expect(name);
        println!(
            "{lang}: {:.1} % of {} emergencies, {:.1} % of {} look-alikes, {:.1} % of {} others",
            rate("recall"),
            rate("emergencies"),
            rate("look_alikes_flagged"),
            rate("look_alikes"),
            rate("ordinary_flagged"),
            rate("ordinary"),
        );
        assert_eq!(found["lang"], lang);
        assert!(rate("emergencies") > 500.0 && rate("look_alikes") > 500.0);
        assert!(rate("recall") >= recall, "{:#}", found["missed"]);
        assert!(rate("look_alikes_flagged") <= look_alikes, "{lang}");
        assert!(
            rate("ordinary_flagged") <= ordinary,
            "{:#}",
            found["ordinary_wrongly_flagged"]
        );
    }
    let told = run(&args).await;
    assert!(told.success && told.stdout.contains("Missed emergencies:"));
}

#[tokio::test]
async fn messages_that_cannot_be_measured_are_refused_with_their_places() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let good = file("fi.tsv", "# made up\nfire\t1\tplain\tkeittiö palaa\n");
    let none = file("none.txt", "fi\tflood\n");
    for (args, reason) in [
        (
            vec![file("sv.tsv", "fire\tyes\tplain\tdet brinner\n")],
            "sv.tsv:1",
        ),
        (
            vec![file("messages.tsv", "")],
            "name the file by its language",
        ),
        (vec![data("no.tsv")], "cannot be read"),
        (
            vec![good, "--situations".to_owned(), none],
            "no message to measure",
        ),
    ] {
        let mut all = vec!["kb", "triage", "--messages"];
        all.extend(args.iter().map(String::as_str));
        let ended = run(&all).await;
        assert!(!ended.success);
        assert!(ended.stderr.contains(reason), "{reason}: {}", ended.stderr);
    }
}
