//! Changing what the bot says while it serves: own answers, confirmations, who deals with what, and
//! what was asked in vain.

use serde_json::Value;

use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::wait::eventually;
use crate::support::words::{either, label, phrase};

const ALARM: &str = "Miten testaan palovaroittimen?";

/// What a new resident is told.
async fn told(server: &TestServer, lang: &str, text: &str) -> String {
    let mut resident = WebResident::new(server).accepting(lang);
    resident.say(text).await.text
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    eventually(what, async || holds().await.then_some(())).await;
}

/// Waits until a new resident is told this.
async fn is_told(server: &TestServer, lang: &str, text: &str, words: &str) {
    until(words, async || {
        told(server, lang, text).await.contains(words)
    })
    .await;
}

#[tokio::test]
async fn an_own_answer_is_given_until_it_is_removed() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        let shipped = server
            .cli(&["kb", "export", "smoke-alarm-test"])
            .await
            .stdout;
        assert!(
            told(&server, "fi", ALARM)
                .await
                .contains("Miten testaan palovaroittimen")
        );
        let own = shipped.replace(
            "answer = \"\"\"\n",
            "answer = \"\"\"\nKunnan oma neuvo / Eget råd.\n\n",
        );
        assert_ne!(own, shipped);
        let file = server.write("own.toml", &own);

        let broken = server.write(
            "broken.toml",
            &own.replace("status = \"verified\"", "status = \"ok\""),
        );
        let refused = server.cli(&["kb", "import", &broken]).await;
        assert!(
            !refused.success && refused.stderr.contains("status: \"ok\" is not known"),
            "{refused:?}"
        );
        let stats = server.json(&["kb", "stats"]).await;
        assert_eq!(stats["fire"]["own"], 0, "nothing of a refused file is kept");

        let written = server.json(&["kb", "import", &file]).await;
        assert_eq!(written["changed"], serde_json::json!(["smoke-alarm-test"]));
        is_told(&server, "fi", ALARM, "Kunnan oma neuvo").await;
        is_told(&server, "sv", "Hur testar jag brandvarnaren?", "Eget råd").await;
        let stats = server.json(&["kb", "stats"]).await;
        assert_eq!(stats["fire"]["own"], 1);
        let exported = server
            .cli(&["kb", "export", "smoke-alarm-test"])
            .await
            .stdout;
        assert_eq!(
            exported.trim(),
            own.trim(),
            "what is exported is what is said"
        );

        assert!(
            server
                .cli(&["kb", "remove", "smoke-alarm-test"])
                .await
                .success
        );
        until("the shipped answer", async || {
            !told(&server, "fi", ALARM)
                .await
                .contains("Kunnan oma neuvo")
        })
        .await;
        let again = server.cli(&["kb", "remove", "smoke-alarm-test"]).await;
        assert!(!again.success && again.stderr.contains("no answer of the municipality's own"));
    })
    .await;
}

/// What nobody has confirmed yet. Whether there is also something to mend depends on the day.
async fn to_confirm(server: &TestServer) -> Vec<Value> {
    let lint = server.cli(&["kb", "lint", "--json"]).await;
    let lint: Value = serde_json::from_str(&lint.stdout).expect("JSON");
    lint["notes"].as_array().expect("notes").clone()
}

#[tokio::test]
async fn a_confirmed_answer_no_longer_says_that_it_is_to_be_checked() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        let notes = to_confirm(&server).await;
        let id = notes[0]["entry"].as_str().expect("an id").to_owned();
        let text: toml::Table = server
            .cli(&["kb", "export", &id])
            .await
            .stdout
            .parse()
            .expect("TOML");
        for lang in ["fi", "sv"] {
            let question = text[lang]["question"].as_str().expect("a question");
            let doubt = phrase(lang, "answer-verify");
            assert!(told(&server, lang, question).await.contains(&doubt), "{id}");
        }
        assert!(
            server
                .cli(&["kb", "confirm", &id, "--as", "Turvallisuuskoordinaattori"])
                .await
                .success
        );
        for lang in ["fi", "sv"] {
            let question = text[lang]["question"].as_str().expect("a question");
            let doubt = phrase(lang, "answer-verify");
            until("no doubt", async || {
                !told(&server, lang, question).await.contains(&doubt)
            })
            .await;
        }
        assert_eq!(to_confirm(&server).await.len(), notes.len() - 1);
        let unknown = server.cli(&["kb", "confirm", "no-such", "--as", "x"]).await;
        assert!(!unknown.success && unknown.stderr.contains("\"no-such\" is not an answer"));
    })
    .await;
}

fn lights(name: &str, until: &str) -> String {
    format!(
        "[[duty]]\nmatter = \"street-lights\"\nauthority = \"network-company\"\n\
         name = {{ fi = \"{name}\", sv = \"{name}\" }}\nphone = \"000 222 333\"\nvalid_until = {until}\n"
    )
}

#[tokio::test]
async fn a_changed_owner_is_told_at_once_and_one_whose_time_is_over_is_not() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        let asked = [
            ("fi", "Kuka hoitaa katuvalot?"),
            ("sv", "Vem sköter gatubelysningen?"),
        ];
        for (lang, question) in asked {
            let first = told(&server, lang, question).await;
            assert!(first.contains(either(lang, "Kunta", "Kommunen")), "{first}");
        }
        let file = server.write("register.toml", &lights("Valoyhtiö Lux", "2999-12-31"));
        assert!(server.cli(&["kb", "import", &file]).await.success);
        for (lang, question) in asked {
            is_told(&server, lang, question, "Valoyhtiö Lux").await;
            is_told(&server, lang, question, "000 222 333").await;
        }
        let list = server.json(&["register", "list"]).await;
        let row = list
            .as_array()
            .expect("a list")
            .iter()
            .find(|row| row["matter"] == "street-lights");
        assert_eq!(row.expect("a row")["who"]["sv"], "Valoyhtiö Lux");

        let file = server.write("register.toml", &lights("Valoyhtiö Lux", "2026-01-31"));
        assert!(server.cli(&["kb", "import", &file]).await.success);
        for (lang, question) in asked {
            until("the row that holds", async || {
                told(&server, lang, question)
                    .await
                    .contains(either(lang, "Kunta", "Kommunen"))
            })
            .await;
        }
        let lint = server.cli(&["register", "lint"]).await;
        assert!(
            !lint.success && lint.stdout.contains("street-lights: ended on 2026-01-31"),
            "{lint:?}"
        );
        let gaps = server.json(&["register", "gaps"]).await;
        let vague = gaps["vague"].as_array().expect("a list");
        assert!(vague.contains(&Value::from("street-lights")), "{gaps}");
    })
    .await;
}

#[tokio::test]
async fn what_was_asked_in_vain_becomes_a_phrasing() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        let asked = [
            "milloin kirjasto on auki tänään",
            "moneltako kirjasto on auki",
            "milloin kirjasto on auki lauantaina",
        ];
        for question in asked {
            let text = told(&server, "fi", question).await;
            assert!(text.starts_with(&phrase("fi", "unknown")), "{text}");
        }
        let mut resident = WebResident::new(&server).accepting("fi");
        resident.say(ALARM).await;
        resident.press(&label("fi", "button-helped-not")).await;

        let groups = server.json(&["kb", "gaps"]).await;
        let groups = groups.as_array().expect("groups");
        let first = &groups[0];
        assert_eq!(
            (
                &first["unknown"],
                first["questions"].as_array().map(Vec::len)
            ),
            (&3.into(), Some(3)),
            "{groups:?}"
        );
        let down = groups
            .iter()
            .find(|group| group["down"] == 1)
            .expect("what did not help");
        assert_eq!(down["questions"][0], ALARM);

        let id = first["id"].as_str().expect("an id");
        let learn = ["kb", "learn", id, "--entry", "lost-property"];
        let shown = server.json(&learn).await;
        assert_eq!(shown["published"], false);
        assert!(
            shown["effect"]["before"]["questions"]
                .as_u64()
                .is_some_and(|count| count > 100),
            "{shown}"
        );
        assert!(
            told(&server, "fi", asked[0])
                .await
                .starts_with(&phrase("fi", "unknown"))
        );
        let published: Vec<&str> = learn.into_iter().chain(["--publish"]).collect();
        assert_eq!(server.json(&published).await["published"], true);
        // What was asked most in the meantime, as a phrasing now.
        is_told(&server, "fi", asked[0], "Hukkasin tai löysin tavaran").await;
        let left = server.json(&["kb", "gaps"]).await;
        assert!(
            left.as_array()
                .expect("groups")
                .iter()
                .all(|group| group["id"] != id),
            "{left}"
        );
        let gone = server.cli(&["kb", "learn", id, "--forget"]).await;
        assert!(
            !gone.success && gone.stderr.contains("no group"),
            "{gone:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn every_number_is_listed_with_its_source() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        let facts = server.json(&["kb", "facts"]).await;
        let answers = facts["answers"].as_array().expect("answers");
        let poison = answers
            .iter()
            .find(|fact| fact["entry"] == "poison-information");
        let poison = poison.expect("an answer");
        let telephones = poison["telephones"].as_array().expect("telephones");
        assert!(
            telephones.contains(&Value::from("0800 147 111")),
            "{poison}"
        );
        assert!(
            poison["source"]
                .as_str()
                .is_some_and(|source| source.starts_with("https://"))
        );
        assert_eq!(
            answers.len() as u64,
            server
                .json(&["kb", "stats"])
                .await
                .as_object()
                .map_or(0, |topics| {
                    topics
                        .values()
                        .filter_map(|topic| topic["answers"].as_u64())
                        .sum()
                })
        );
    })
    .await;
}
