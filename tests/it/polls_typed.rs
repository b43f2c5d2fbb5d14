//! Votes that are typed, without a menu that shows the options.

use turvabot::domain::Phrase;

use crate::support::botapi::NewGroup;
use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::telegram::Bot;
use crate::support::words::phrase;

async fn open(server: &TestServer, question: &str, options: &[&str]) -> String {
    let mut args = vec![
        "poll",
        "open",
        "--question-fi",
        question,
        "--question-sv",
        question,
    ];
    for option in options {
        args.extend(["--option", option]);
    }
    server.json(&args).await["id"].to_string()
}

fn voted(lang: &str, option: &str) -> String {
    phrase(lang, Phrase::new("voted").arg("option", option.to_owned()))
}

/// Somebody to whom no menu is shown.
async fn someone(server: &TestServer, lang: &str) -> WebResident {
    let mut resident = WebResident::speaking(server, lang).await;
    resident
        .say(if lang == "fi" { "kiitos" } else { "tack" })
        .await;
    resident
}

#[tokio::test]
async fn a_number_or_the_words_of_an_option_are_a_vote() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let id = open(
            &server,
            "Valoa?",
            &["Kyllä|Ja", "Ei|Nej", "En osaa sanoa|Vet inte"],
        )
        .await;
        for (lang, said, option, at) in [
            ("fi", "2", "Ei", 1),
            ("fi", "vaihtoehto 3", "En osaa sanoa", 2),
            ("fi", "Kyllä!", "Kyllä", 0),
            ("fi", "en osaa sanoa", "En osaa sanoa", 2),
            ("fi", "ei", "Ei", 1),
            ("sv", "alternativ 1", "Ja", 0),
            ("sv", "nej", "Nej", 1),
            ("sv", "VET INTE.", "Vet inte", 2),
        ] {
            let mut resident = someone(&server, lang).await;
            let before = server.votes(&id).await[at];
            assert_eq!(resident.say(said).await.text, voted(lang, option), "{said}");
            assert_eq!(server.votes(&id).await[at], before + 1, "{said}");
        }
        let mut resident = someone(&server, "fi").await;
        let all: i64 = server.votes(&id).await.iter().sum();
        for said in ["4", "0", "vaihtoehto 11"] {
            let range = Phrase::new("poll-choices").arg("last", 3);
            assert_eq!(resident.say(said).await.text, phrase("fi", range), "{said}");
        }
        assert_eq!(server.votes(&id).await.iter().sum::<i64>(), all);
    })
    .await;
}

#[tokio::test]
async fn an_emergency_a_command_and_a_shown_menu_go_before_a_vote() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let options = [
            "Täällä palaa|Det brinner här",
            "Apua|Hjälp",
            "Kieli|Språk",
            "Joo|Jo",
        ];
        let id = open(&server, "Mitä?", &options).await;
        for said in ["täällä palaa", "apua", "112", "kieli"] {
            let mut resident = someone(&server, "fi").await;
            let lines = resident.say_all(said).await;
            let text = &lines.last().expect("an answer").text;
            let told = if said == "kieli" {
                "Millä kielellä"
            } else {
                "soita heti 112"
            };
            assert!(text.contains(told), "{said}: {text}");
        }
        // "2" picks from the menu that is shown.
        let mut resident = WebResident::speaking(&server, "fi").await;
        resident.say("kieli").await;
        resident.say("2").await;
        // "Yes" answers the bot's own question first.
        let mut resident = someone(&server, "fi").await;
        resident.say("poista tietoni").await;
        assert_eq!(resident.say("joo").await.text, phrase("fi", "erased"));
        assert_eq!(server.votes(&id).await, [0, 0, 0, 0]);
    })
    .await;
}

#[tokio::test]
async fn words_that_fit_several_polls_lead_to_the_list_and_other_words_are_questions() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = someone(&server, "fi").await;
        let unknown = resident.say("2").await.text;
        assert!(unknown.contains(&phrase("fi", "unknown")), "{unknown}");
        let first = open(&server, "Valoa?", &["On|Ja", "Ei|Nej"]).await;
        let second = open(&server, "Vettä?", &["On|Ja", "Vähän|Lite"]).await;
        let list = phrase("fi", Phrase::new("polls").arg("count", 2));
        for said in ["2", "on"] {
            let mut resident = someone(&server, "fi").await;
            assert_eq!(resident.say(said).await.text, list, "{said}");
        }
        let mut resident = someone(&server, "fi").await;
        assert_eq!(resident.say("vähän").await.text, voted("fi", "Vähän"));
        assert_eq!(resident.say("ei").await.text, voted("fi", "Ei"));
        assert_eq!(server.votes(&first).await, [0, 1]);
        assert_eq!(server.votes(&second).await, [0, 1]);
        let asked = resident.say("onko valoa?").await.text;
        assert!(!asked.contains(&voted("fi", "On")), "{asked}");
    })
    .await;
}

#[tokio::test]
async fn a_vote_typed_into_telegram_counts_and_one_typed_into_a_group_does_not() {
    on_each_database(async |database| {
        let bot = Bot::start(database).await;
        let (user, group) = (7_700_000_001, -7_700_000_002);
        bot.sim.set_language(user, Some("fi"));
        bot.say(user, "kiitos").await;
        let room = NewGroup {
            id: group,
            members: vec![user],
            ..NewGroup::default()
        };
        bot.sim.create_group(room).expect("a group");
        bot.quiet().await;
        let id = open(&bot.server, "Valoa?", &["On|Ja", "Ei|Nej"]).await;
        let answer = bot
            .answer(group, |sim| {
                sim.say_in(group, user, "@turva_test_bot 2").expect("said");
            })
            .await;
        assert!(answer.says(&phrase("fi", "unknown")), "{answer:?}");
        assert_eq!(bot.server.votes(&id).await, [0, 0]);
        assert_eq!(bot.say(user, "2").await.text, voted("fi", "Ei"));
        assert_eq!(bot.server.votes(&id).await, [0, 1]);
    })
    .await;
}
