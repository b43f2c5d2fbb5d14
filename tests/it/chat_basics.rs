//! The web chat: first contact, questions, help, and what isn't a question.

use turvabot::domain::Phrase;

use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::words::{LANGS, either, label, phrase};

#[tokio::test]
async fn the_start_says_that_it_is_a_bot_and_names_112_and_gives_three_choices() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for lang in LANGS {
            let mut resident = WebResident::new(&server).accepting(lang);
            let start = resident.start().await;
            let town = either(lang, "Espoo", "Esbo");
            let expected = Phrase::new("start").arg("municipality", town.to_owned());
            assert_eq!(start.text, phrase(lang, expected));
            assert!(start.text.contains(town), "{start:?}");
            assert!(start.text.contains("112"), "{start:?}");
            let bot = either(
                lang,
                "Olen botti, en ihminen",
                "Jag är en bot, inte en människa",
            );
            assert!(start.text.contains(bot), "{start:?}");
            let topics = label(lang, "button-topics");
            let areas = label(lang, "button-areas");
            let other = label(either(lang, "sv", "fi"), "speak-this");
            assert_eq!(start.labels(), [topics, areas, other]);
        }
    })
    .await;
}

#[tokio::test]
async fn a_question_gets_the_curated_answer_with_its_source_authority_and_date() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, question, answer) in [
            ("fi", "miten palovaroitin testataan", "Miten testaan palovaroittimen? Testaa palovaroitin noin kerran kuussa."),
            ("sv", "hur testar man en brandvarnare", "Hur testar jag brandvarnaren? Testa brandvarnaren ungefär en gång i månaden."),
        ] {
            let mut resident = WebResident::new(&server).accepting(lang);
            let line = resident.say(question).await;
            assert!(line.text.starts_with(answer), "{line:?}");
            let source = either(
                lang,
                "Lähde: SPEK. Asiasta vastaa: Suomen Pelastusalan Keskusjärjestö SPEK. Tarkistettu 23.11.2026.",
                "Källa: SPEK. Ansvarig: Räddningsbranschens Centralorganisation i Finland SPEK. Granskat 23.11.2026.",
            );
            assert!(line.text.ends_with(source), "{line:?}");
            assert!(line.html.contains("href=\"https://www.spek.fi/\""), "{line:?}");
            let helped = label(lang, "button-helped");
            let thumbs = [helped.clone(), label(lang, "button-helped-not")];
            let labels = line.labels();
            assert_eq!(labels.len(), 4, "related questions and thumbs: {line:?}");
            assert_eq!(labels[2..], thumbs);
            let noted = resident.press(&helped).await;
            assert_eq!(noted.text, phrase(lang, "feedback-noted"));
            let counted = server.json(&["kb", "feedback"]).await;
            let counted = counted.as_array().expect("a list");
            let counted = counted.iter().find(|one| one["lang"] == lang).expect("one");
            assert_eq!((&counted["up"], &counted["down"]), (&1.into(), &0.into()));
        }
    })
    .await;
}

#[tokio::test]
async fn a_related_question_under_an_answer_is_answered_at_a_press() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, question, related) in [
            (
                "fi",
                "miten palovaroitin testataan",
                "Montako palovaroitinta kotona pitää olla?",
            ),
            (
                "sv",
                "hur testar man en brandvarnare",
                "Hur många brandvarnare ska jag ha hemma?",
            ),
        ] {
            let mut resident = WebResident::new(&server).accepting(lang);
            resident.say(question).await;
            let answer = resident.press(related).await;
            assert!(answer.text.starts_with(related), "{answer:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_unclear_question_is_offered_entries_to_pick_by_number_label_and_button() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, word) in [("fi", "palovaroitin"), ("sv", "brandvarnare")] {
            let mut resident = WebResident::new(&server).accepting(lang);
            let offer = resident.say(word).await;
            assert_eq!(offer.text, phrase(lang, "offer"));
            assert_eq!(offer.buttons.len(), 4, "three entries and help: {offer:?}");
            for (number, button) in (1..=3).zip(&offer.buttons) {
                resident.say(word).await;
                let by_number = resident.say(&number.to_string()).await;
                assert!(by_number.text.starts_with(&button.label), "{by_number:?}");
                resident.say(word).await;
                let by_label = resident.say(&button.label.to_uppercase()).await;
                assert_eq!(by_label.text, by_number.text);
                resident.say(word).await;
                assert_eq!(resident.press(&button.label).await.text, by_number.text);
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_number_after_an_answer_picks_nothing() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        let mut resident = WebResident::new(&server).accepting("fi");
        resident.say("palovaroitin").await;
        let answer = resident.say("1").await;
        assert!(
            !answer.buttons.is_empty(),
            "the answer has related questions"
        );
        let again = resident.say("1").await;
        assert_ne!(again.text, answer.text);
        assert!(
            !answer
                .labels()
                .iter()
                .any(|label| again.text.starts_with(label))
        );
    })
    .await;
}

#[tokio::test]
async fn a_question_outside_the_content_is_told_where_to_ask_and_sent_on_without_contact_details() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, question, kept) in [
            (
                "fi",
                "milloin kirjasto on auki, soita 040 123 4567 tai maija@example.fi",
                "milloin kirjasto on auki, soita … tai …",
            ),
            (
                "sv",
                "när är biblioteket öppet, ring +358401234567 eller maja@example.fi 010190-123A",
                "när är biblioteket öppet, ring … eller …",
            ),
        ] {
            let mut resident = WebResident::new(&server).accepting(lang);
            let line = resident.say(question).await;
            assert!(line.text.starts_with(&phrase(lang, "unknown")), "{line:?}");
            let where_to_ask = either(
                lang,
                "Esimerkkilän neuvontapisteestä",
                "Exempelby rådgivningspunkt",
            );
            assert!(line.text.contains(where_to_ask), "{line:?}");
            assert!(line.text.contains("112"), "{line:?}");
            let send = label(lang, "button-send-question");
            assert_eq!(line.labels(), [send.clone(), label(lang, "button-help")]);
            let own = resident
                .say(either(lang, "omat tiedot", "mina uppgifter"))
                .await;
            assert!(own.text.contains(kept), "{own:?}");
            let sent = resident.press(&send).await;
            assert_eq!(sent.text, phrase(lang, "question-sent"));
            let again = resident.press(&send).await;
            assert_eq!(again.text, phrase(lang, "question-gone"));
            let gaps = server.json(&["kb", "gaps"]).await;
            let mut gaps = gaps.as_array().expect("a list").iter();
            let gap = gaps.find(|gap| gap["lang"] == lang).expect("a gap");
            assert_eq!(gap["questions"], serde_json::json!([kept]));
            assert_eq!((&gap["unknown"], &gap["sent"]), (&1.into(), &1.into()));
        }
    })
    .await;
}

#[tokio::test]
async fn the_question_asked_most_comes_first_among_the_gaps() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        assert!(
            server
                .cli(&["kb", "gaps"])
                .await
                .stdout
                .contains("Every question")
        );
        for question in ["milloin kirjasto on auki", "kerro vitsi", "kerro vitsi"] {
            let mut resident = WebResident::new(&server).accepting("fi");
            resident.say(question).await;
        }
        let gaps = server.json(&["kb", "gaps"]).await;
        assert_eq!(gaps[0]["questions"], serde_json::json!(["kerro vitsi"]));
        assert_eq!(
            (&gaps[0]["unknown"], &gaps[0]["sent"]),
            (&2.into(), &0.into())
        );
        assert_eq!(gaps[1]["unknown"], 1);
    })
    .await;
}

#[tokio::test]
async fn help_and_greetings_and_thanks_are_answered_in_the_language_they_are_said_in() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, said, key) in [
            ("fi", "/ohje", "help"),
            ("sv", "/hjalp", "help"),
            ("fi", "Ohje", "help"),
            ("sv", "meny!", "help"),
            ("fi", "mitä osaat?", "help"),
            ("sv", "vad kan du göra?", "help"),
            ("fi", "moi", "greeting"),
            ("sv", "hejsan", "greeting"),
            ("fi", "kiitos", "thanks"),
            ("sv", "tack så mycket", "thanks"),
        ] {
            // The page's language is the other one, so the words alone decide.
            let page = either(lang, "sv", "fi");
            let mut resident = WebResident::new(&server).accepting(page);
            let line = resident.say(said).await;
            assert_eq!(line.text, phrase(lang, key), "{said}");
            assert_eq!(line.lang.as_deref(), Some(lang), "{said}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_button_of_the_help_leads_somewhere() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            let help = resident.say(either(lang, "ohje", "meny")).await;
            assert_eq!(help.buttons.len(), 6, "{help:?}");
            for button in help.labels() {
                let line = resident.press(button).await;
                assert_ne!(line.text, phrase(lang, "stale-button"), "{button}");
                assert_ne!(line.text, help.text, "{button}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_call_for_help_alone_is_told_to_call_112_first_and_then_offered_help() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, cry) in [
            ("fi", "apua"),
            ("fi", "APUA!!!"),
            ("fi", "auttakaa"),
            ("sv", "hjälp"),
            ("sv", "Hjälp!"),
            ("sv", "hjalp"),
            ("sv", "snälla hjälp"),
        ] {
            let page = either(lang, "sv", "fi");
            let mut resident = WebResident::new(&server).accepting(page);
            let line = resident.say(cry).await;
            let call = phrase(lang, "emergency");
            assert!(call.contains("112"), "{call}");
            assert!(line.text.starts_with(&call), "{cry}: {line:?}");
            assert!(
                line.text.ends_with(&phrase(lang, "cry-help")),
                "{cry}: {line:?}"
            );
            assert_eq!(line.labels(), [label(lang, "button-help")]);
        }
    })
    .await;
}

#[tokio::test]
async fn an_emergency_in_a_question_puts_112_above_the_answer() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, said) in [
            ("fi", "keittiössä palaa rasva apua"),
            ("sv", "det brinner i köket hjälp"),
        ] {
            let mut resident = WebResident::new(&server).accepting(lang);
            let line = resident.say(said).await;
            assert!(
                line.text.starts_with(&phrase(lang, "emergency")),
                "{line:?}"
            );
            assert!(
                line.text.len() > phrase(lang, "emergency").len() + 200,
                "{line:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn what_holds_no_words_is_answered_too() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for lang in LANGS {
            for (said, key) in [
                ("...", "empty"),
                ("👍", "empty"),
                ("!!!", "help"),
                ("?", "help"),
                ("/", "empty"),
                ("/nonsense", "unknown-command"),
            ] {
                let mut resident = WebResident::new(&server).accepting(lang);
                assert_eq!(resident.say(said).await.text, phrase(lang, key), "{said}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn every_command_of_the_locale_files_is_answered_in_its_language() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for (lang, words) in crate::support::words::LOCALES.words() {
            let lang = lang.to_string();
            let page = either(&lang, "sv", "fi");
            for (command, given) in &words.command {
                let mut resident = WebResident::new(&server).accepting(page);
                let line = resident.say(&format!("/{}", given.slash)).await;
                assert_ne!(line.text, phrase(&lang, "unknown-command"), "{command:?}");
                // "start" is the same in both languages: the browser decides.
                let expected = if given.slash == "start" {
                    None
                } else {
                    Some(&*lang)
                };
                assert_eq!(line.lang.as_deref(), expected, "{command:?}");
            }
        }
    })
    .await;
}
