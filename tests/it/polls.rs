//! Polls through the command line beside a running server.

use serde_json::Value;
use turvabot::domain::Phrase;

use crate::support::database::on_each_database;
use crate::support::drafts::POLL;
use crate::support::home::Home;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::words::{LANGS, either, label, phrase};

async fn subscriber(server: &TestServer, lang: &str) -> WebResident {
    let mut resident = WebResident::speaking(server, lang).await;
    resident
        .say(either(lang, "tilaa tuli", "prenumerera på brand"))
        .await;
    resident
}

fn voted(lang: &str, option: &str) -> String {
    phrase(lang, Phrase::new("voted").arg("option", option.to_owned()))
}

#[tokio::test]
async fn a_poll_comes_over_the_stream_and_a_vote_counts_is_changed_and_taken_back() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = subscriber(&server, lang).await;
            let mut stream = resident.stream(Some(resident.last_seen())).await;
            let id = server.open_poll(&[]).await;
            let asked = stream.next().await;
            assert!(
                asked
                    .text
                    .contains(either(lang, "Onko valoa?", "Finns det ljus?")),
                "{asked:?}"
            );
            assert!(
                asked.text.contains(&phrase(lang, "poll-rules")),
                "{asked:?}"
            );
            let options = either(lang, "On|Ei|En tiedä", "Ja|Nej|Vet inte");
            let options: Vec<_> = options.split('|').collect();
            assert_eq!(asked.labels(), options);
            resident.look().await;

            assert_eq!(
                resident.press(options[0]).await.text,
                voted(lang, options[0])
            );
            assert_eq!(server.votes(&id).await, [1, 0, 0]);
            assert_eq!(
                resident.press(options[1]).await.text,
                voted(lang, options[1])
            );
            assert_eq!(server.votes(&id).await, [0, 1, 0]);

            let shown = resident.say(either(lang, "kyselyt", "enkäter")).await;
            let yours = Phrase::new("poll-yours").arg("option", options[1].to_owned());
            assert!(shown.text.contains(&phrase(lang, yours)), "{shown:?}");
            assert!(
                shown.labels().contains(&&*format!("✓ {}", options[1])),
                "{shown:?}"
            );
            let unvoted = resident.press(&label(lang, "button-unvote")).await;
            assert_eq!(unvoted.text, phrase(lang, "unvoted"));
            assert_eq!(server.votes(&id).await, [0, 0, 0]);
            assert!(server.cli(&["poll", "close", &id]).await.success);
        }
    })
    .await;
}

#[tokio::test]
async fn a_closed_poll_takes_no_vote_and_keeps_nothing_that_leads_to_a_voter() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let id = server.open_poll(&[]).await;
        let mut voters = Vec::new();
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident.say(either(lang, "kyselyt", "enkäter")).await;
            resident.press(either(lang, "On", "Nej")).await;
            voters.push((lang, resident));
        }
        let secrets = "SELECT COUNT(*) FROM poll_secret";
        assert_eq!(server.database.number(secrets).await, 1);
        let closed = server.json(&["poll", "close", &id]).await;
        assert_eq!(closed["closed_now"], true);
        assert_eq!(
            server.database.number(secrets).await,
            0,
            "the secret is destroyed"
        );
        for (lang, mut resident) in voters {
            for option in either(lang, "On|Ei", "Ja|Nej").split('|') {
                let line = resident.press(option).await;
                assert_eq!(line.text, phrase(lang, "poll-closed"), "{option}");
            }
            let line = resident.say(either(lang, "kyselyt", "enkäter")).await;
            assert_eq!(line.text, phrase(lang, "polls-none"));
        }
        assert_eq!(server.votes(&id).await, [1, 1, 0], "the counts stay");
        let results = server.json(&["poll", "results", &id]).await;
        assert_eq!(results["open"], false);
        let again = server.json(&["poll", "close", &id]).await;
        assert_eq!(again["closed_now"], false);
    })
    .await;
}

#[tokio::test]
async fn ballots_name_nobody_while_the_poll_is_open() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        server.open_poll(&[]).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        resident.say("kyselyt").await;
        resident.press("On").await;
        let voters = server.database.texts("SELECT voter FROM ballot").await;
        assert_eq!(voters.len(), 1);
        let own = [
            resident.key(),
            resident.secret().expect("a session").to_owned(),
        ];
        assert!(!own.iter().any(|own| voters[0].contains(own)), "{voters:?}");
    })
    .await;
}

#[tokio::test]
async fn several_open_polls_are_listed_to_choose_from() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        server.open_poll(&[]).await;
        let second = server
            .json(&[
                "poll",
                "open",
                "--question-fi",
                "Toinen?",
                "--question-sv",
                "En annan?",
                "--option",
                "A|B",
                "--option",
                "C|D",
            ])
            .await;
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            let list = resident.say(either(lang, "kyselyt", "enkäter")).await;
            assert_eq!(
                list.text,
                phrase(lang, Phrase::new("polls").arg("count", 2))
            );
            resident.press(either(lang, "Toinen?", "En annan?")).await;
            let line = resident.press(either(lang, "C", "D")).await;
            assert_eq!(line.text, voted(lang, either(lang, "C", "D")));
        }
        assert_eq!(server.votes(&second["id"].to_string()).await, [0, 2]);
    })
    .await;
}

#[tokio::test]
async fn a_poll_reaches_the_subscribers_of_its_topic_only() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut fire = subscriber(&server, "fi").await;
        let mut none = WebResident::speaking(&server, "fi").await;
        let args: Vec<_> = POLL.iter().copied().chain(["--topic", "fire"]).collect();
        let mut stream = fire.stream(Some(fire.last_seen())).await;
        let id = server.json(&args).await["id"].to_string();
        stream.next().await;
        assert_eq!(fire.look().await.len(), 1);
        assert!(none.look().await.is_empty());
        let results = server.json(&["poll", "results", &id]).await;
        assert_eq!(results["standing"]["recipients"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_poll_at_fault_is_refused_by_field_and_nothing_of_it_is_kept() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let question = ["poll", "open", "--question-fi", "Q?", "--question-sv", "F?"];
        let with = |more: &[&'static str]| -> Vec<&'static str> {
            question.iter().chain(more).copied().collect()
        };
        let cases: [(Vec<&str>, &str); 6] = [
            (
                with(&["--option", "A|B"]),
                "option is given 1 times; give 2 to 10",
            ),
            (
                with(&["--option", "A|B", "--option", "C"]),
                "option 2-sv is missing",
            ),
            (
                with(&["--option", "A|B", "--option", "a|C"]),
                "option 2 says the same as an earlier one in \"fi\"",
            ),
            (
                with(&["--option", "A|B", "--option", "C|D", "--topic", "x"]),
                "topic \"x\" is unknown",
            ),
            (
                question[..4]
                    .iter()
                    .chain(&["--option", "A|B", "--option", "C|D"])
                    .copied()
                    .collect(),
                "question-sv is missing",
            ),
            (
                with(&["--option", "A|B", "--option", "C|D", "--area", "x"]),
                "area \"x\" is unknown",
            ),
        ];
        for (args, fault) in cases {
            let ended = home.cli(&args).await;
            assert_eq!(ended.faults().len(), 1, "{}", ended.stderr);
            assert!(ended.stderr.starts_with(fault), "{fault}: {}", ended.stderr);
        }
        for table in [
            "poll",
            "poll_secret",
            "poll_text",
            "poll_option",
            "broadcast",
        ] {
            let kept = format!("SELECT COUNT(*) FROM {table}");
            assert_eq!(home.database.number(&kept).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unknown_poll_is_one_clear_line() {
    on_each_database(async |database| {
        let home = Home::new(database);
        for command in ["close", "results"] {
            let ended = home.cli(&["poll", command, "77"]).await;
            assert_eq!(ended.faults(), ["there is no poll 77"]);
        }
    })
    .await;
}

#[tokio::test]
async fn the_results_are_told_in_words_in_both_languages() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let id: Value = home.json(&POLL).await["id"].clone();
        let words = home.cli(&["poll", "results", &id.to_string()]).await.stdout;
        for told in [
            "Onko valoa?",
            "Finns det ljus?",
            "0  On | Ja",
            "0  votes in all",
        ] {
            assert!(words.contains(told), "{told}: {words}");
        }
    })
    .await;
}
