//! Content at fault, and entries imported.

use crate::support::database::on_each_database;
use crate::support::home::Home;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::wait::eventually;
use crate::support::words::either;

const ANSWER: &str = "content/answers/fire/smoke-alarm-test.toml";

#[tokio::test]
async fn an_answer_at_fault_is_told_by_file_and_key_and_no_tables_are_made() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let sound = std::fs::read_to_string(home.path(ANSWER)).expect("an answer");
        let without_swedish = sound.split("\n[sv]").next().expect("Finnish").to_owned();
        for (broken, told) in [
            (
                without_swedish,
                "[sv] is missing; add question, answer and phrasings in Swedish",
            ),
            (
                sound.replace("topic = \"fire\"", "topic = \"fier\""),
                "topic: ",
            ),
            (
                sound.replace("checked = 2026-11-23", "checked = \"soon\""),
                "checked: ",
            ),
            (
                sound.replace("source = \"https://", "source = \"ftp://"),
                "source: ",
            ),
            (
                sound.replace("related = [\"", "related = [\"no-such-answer\", \""),
                "related: ",
            ),
            (sound.replace("authority = ", "autority = "), "autority"),
        ] {
            assert_ne!(broken, sound, "{told}");
            let path = home.write(ANSWER, &broken);
            for command in ["check-config", "serve"] {
                let ended = home.cli(&[command]).await;
                let faults = ended.faults();
                let named = faults.iter().all(|fault| fault.starts_with(&path));
                assert!(named && ended.stderr.contains(told), "{told}: {faults:#?}");
            }
        }
        assert!(home.database.dump().await.is_empty());
    })
    .await;
}

fn entry(id: &str, lang: &str, question: &str, answer: &str) -> String {
    serde_json::json!({
        "id": id, "lang": lang, "topic": "fire", "question": question, "answer": answer,
    })
    .to_string()
}

#[tokio::test]
async fn imported_entries_are_answered_by_a_running_server_in_both_languages() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let file = server.write(
            "entries.jsonl",
            &[
                entry(
                    "kirjasto",
                    "fi",
                    "Milloin kirjasto on auki?",
                    "Vanha vastaus.",
                ),
                entry(
                    "kirjasto",
                    "sv",
                    "När är biblioteket öppet?",
                    "Klockan **9–20**.",
                ),
                String::new(),
                entry(
                    "kirjasto",
                    "fi",
                    "Milloin kirjasto on auki?",
                    "Kello **9–20**.",
                ),
            ]
            .join("\n"),
        );
        let imported = server.json(&["kb", "import", &file]).await;
        assert_eq!(
            imported["imported"], 2,
            "the last line of an id and language stands"
        );
        for lang in ["fi", "sv"] {
            let question = either(lang, "milloin kirjasto on auki", "när är biblioteket öppet");
            let answer = either(lang, "Kello 9–20.", "Klockan 9–20.");
            eventually("the entry is answered", async || {
                let line = WebResident::new(&server)
                    .accepting(lang)
                    .say(question)
                    .await;
                line.text.contains(answer).then_some(())
            })
            .await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_file_with_broken_lines_is_refused_line_by_line_and_nothing_of_it_is_kept() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let file = home.write(
            "entries.jsonl",
            &[
                entry("good", "fi", "Kysymys?", "Vastaus."),
                "not json".to_owned(),
                entry("bad id!", "fi", "K?", "V."),
                entry("de", "de", "F?", "A."),
                entry("empty", "sv", "  ", "S."),
                "{\"id\": \"half\", \"lang\": \"fi\"}".to_owned(),
                entry("good", "sv", "Fråga?", "Svar."),
            ]
            .join("\n"),
        );
        let ended = home.cli(&["kb", "import", &file]).await;
        let faults = ended.faults();
        let numbers: Vec<_> = faults
            .iter()
            .map(|fault| {
                let rest = fault.strip_prefix(&format!("{file}:")).expect("the file");
                rest.split(':').next().expect("a line")
            })
            .collect();
        assert_eq!(numbers, ["2", "3", "4", "5", "6"], "{faults:#?}");
        assert_eq!(home.database.number("SELECT COUNT(*) FROM entry").await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_file_to_import_that_is_not_there_is_one_clear_line() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let ended = home.cli(&["kb", "import", "/nowhere/entries.jsonl"]).await;
        let faults = ended.faults();
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].starts_with("/nowhere/entries.jsonl: cannot be read"),
            "{faults:?}"
        );
    })
    .await;
}
