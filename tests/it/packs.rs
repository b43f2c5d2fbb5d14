//! Packs of answers between two municipalities: what is in them, who vouches for them, what they do.

use turvabot::packs::file;

use super::packs_rig::{KERAVA, Town, pack, signed_again, sipoo};
use crate::support::database::{Kind, kinds};
use crate::support::home::run;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::wait::eventually;
use crate::support::words::either;

#[tokio::test]
async fn a_pack_goes_to_another_municipality_and_out_again_without_losing_anything() {
    for kind in kinds() {
        let (sipoo, kerava) = (sipoo(kind).await, Town::new(kind, KERAVA).await);
        let file = sipoo
            .export("harbour", 3, &["--topic", "fire", "--register"])
            .await;
        let out = pack(&file);
        assert_eq!(
            out.files.keys().map(String::as_str).collect::<Vec<_>>(),
            [
                "answers/fire/harbour-fire.toml",
                "answers/fire/harbour-sauna.toml",
                "answers/fire/smoke-alarm-number.toml",
                "answers/fire/smoke-alarm-responsibility.toml",
                "answers/fire/smoke-alarm-test.toml",
                "authorities.toml",
                "register.toml",
                "topics.toml",
            ]
        );
        let told = run(&["pack", "verify", &file, "--key", &sipoo.key, "--json"])
            .await
            .json();
        assert_eq!(
            (&told["id"], &told["version"]),
            (&"harbour".into(), &3.into())
        );
        assert_eq!(
            (&told["entries"], &told["origin"]["sv"]),
            (&5.into(), &"Sibbo".into())
        );

        let imported = kerava.import(&file, &["--trust", &sipoo.key]).await;
        assert_eq!(
            imported["entries"], 2,
            "what the base says itself isn't taken from a pack"
        );
        assert_eq!(imported["same"]["answer smoke-alarm-test"], "base");
        let again = kerava
            .export(
                "harbour",
                3,
                &[
                    "--topic",
                    "fire",
                    "--register",
                    "--origin-fi",
                    "Sipoo",
                    "--origin-sv",
                    "Sibbo",
                ],
            )
            .await;
        assert_eq!(pack(&again), out);

        let list = kerava.home.json(&["pack", "list"]).await;
        assert_eq!(list[0]["id"], "harbour");
        assert_eq!(list[0]["version"], 3);
        assert_eq!(list[0]["entries"], 2);
        assert_eq!(list[0]["title"]["sv"], "Hamnen");
        assert_eq!(list[0]["origin"]["fi"], "Sipoo");
        assert_eq!(list[0]["key"], sipoo.key.as_str());
        assert!(list[0]["imported_on"].as_str().expect("a day") >= "2026-01-01");

        // The same once more changes nothing.
        let before = kerava.content().await;
        kerava.import(&file, &[]).await;
        assert_eq!(kerava.content().await, before);
    }
}

#[tokio::test]
async fn who_deals_with_matters_goes_along_only_when_asked_for() {
    let sipoo = sipoo(Kind::Sqlite).await;
    let without = pack(
        &sipoo
            .export("harbour", 1, &["--entry", "harbour-sauna"])
            .await,
    );
    assert!(without.files["register.toml"].contains("[[matter]]"));
    assert!(!without.files["register.toml"].contains("[[duty]]"));
    assert!(!without.files["authorities.toml"].contains("harbour"));
    let with = pack(
        &sipoo
            .export("harbour", 2, &["--entry", "harbour-sauna", "--register"])
            .await,
    );
    assert!(with.files["register.toml"].contains("09 123 4567"));
    assert!(with.files["authorities.toml"].contains("Satamatoimisto"));
}

#[tokio::test]
async fn a_pack_is_taken_from_the_trusted_key_only_and_never_an_older_one() {
    for kind in kinds() {
        let (sipoo, kerava) = (sipoo(kind).await, Town::new(kind, KERAVA).await);
        let first = sipoo
            .export("harbour", 1, &["--entry", "harbour-sauna"])
            .await;
        let second = sipoo
            .export("harbour", 2, &["--entry", "harbour-sauna"])
            .await;
        let other = signed_again(&second, |payload| {
            payload.replacen("\"version\": 2", "\"version\": 3", 1)
        });
        let other = kerava.home.write("other.pack", &other);

        let ended = kerava.refuses(&second, &[]).await;
        for told in [sipoo.key.as_str(), "nobody here has vouched", "--trust"] {
            assert!(ended.stderr.contains(told), "{told}: {}", ended.stderr);
        }
        let ended = kerava.refuses(&second, &["--trust", &kerava.key]).await;
        assert!(
            ended.stderr.contains("not signed by the key of --trust"),
            "{}",
            ended.stderr
        );
        kerava.refuses(&second, &["--trust", "nonsense"]).await;
        let tried = kerava
            .import(&second, &["--trust", &sipoo.key, "--dry-run"])
            .await;
        assert_eq!(
            (&tried["written"], &tried["entries"]),
            (&false.into(), &1.into())
        );
        assert_eq!(kerava.content().await, Vec::<String>::new());

        kerava.import(&second, &["--trust", &sipoo.key]).await;
        let ended = kerava.refuses(&first, &[]).await;
        assert!(
            ended.stderr.contains("version 1 is older than 2"),
            "{}",
            ended.stderr
        );
        for more in [&[][..], &["--trust", &sipoo.key]] {
            let ended = kerava.refuses(&other, more).await;
            assert!(
                ended.stderr.contains("signed by another key"),
                "{}",
                ended.stderr
            );
        }
        // The same number for something else.
        std::fs::remove_file(&second).expect("a file");
        sipoo
            .writes(
                "harbour-sauna",
                ("Saako sataman saunaa lämmittää", "Ei saa"),
                "",
            )
            .await;
        let again = sipoo
            .export("harbour", 2, &["--entry", "harbour-sauna"])
            .await;
        let ended = kerava.refuses(&again, &[]).await;
        assert!(
            ended.stderr.contains("version 2 is here already"),
            "{}",
            ended.stderr
        );
        let third = sipoo
            .export("harbour", 3, &["--entry", "harbour-sauna"])
            .await;
        let imported = kerava.import(&third, &[]).await;
        assert_eq!(
            (&imported["before"], &imported["version"]),
            (&2.into(), &3.into())
        );
    }
}

#[tokio::test]
async fn a_pack_that_could_not_be_imported_elsewhere_is_not_exported() {
    let sipoo = sipoo(Kind::Sqlite).await;
    let out = sipoo.home.path("x.pack").display().to_string();
    for (id, version, what, why) in [
        (
            "harbour",
            "1",
            &["--entry", "harbour-fire"][..],
            "add --entry harbour-sauna",
        ),
        (
            "harbour",
            "1",
            &["--entry", "no-such"],
            "\"no-such\" is not an answer",
        ),
        (
            "harbour",
            "1",
            &["--topic", "fier"],
            "topic \"fier\" is unknown; there are: ",
        ),
        ("harbour", "1", &[], "--topic"),
        ("harbour", "0", &["--topic", "fire"], "the first is 1"),
        (
            "local",
            "1",
            &["--topic", "fire"],
            "is the name of something else",
        ),
        ("Harbour", "1", &["--topic", "fire"], "is not an id"),
        (
            "harbour",
            "1",
            &[
                "--topic",
                "fire",
                "--origin-fi",
                "Si\u{202e}poo",
                "--origin-sv",
                "S",
            ],
            "invisible control characters",
        ),
    ] {
        let ended = sipoo.exported(id, version, &out, what).await;
        assert!(
            !ended.success && ended.stderr.contains(why),
            "{why}: {}",
            ended.stderr
        );
    }
    assert!(!std::path::Path::new(&out).exists());
}

#[tokio::test]
async fn every_fault_that_a_pack_would_cause_is_told_and_nothing_is_written() {
    let (sipoo, kerava) = (
        sipoo(Kind::Sqlite).await,
        Town::new(Kind::Sqlite, KERAVA).await,
    );
    let path = sipoo.export("harbour", 1, &["--topic", "fire"]).await;
    let forged = signed_again(&path, |payload| {
        payload
            .replacen(
                "authority = \\\"rescue-services\\\"",
                "authority = \\\"nobody\\\"",
                1,
            )
            .replacen("\\\"minor\\\"", "\\\"odd\\\"", 1)
    });
    let opened = file::open(forged.as_bytes()).expect("a pack as such");
    let forged = kerava.home.write("forged.pack", &forged);
    let ended = kerava
        .refuses(&forged, &["--trust", &opened.key.to_string()])
        .await;
    for fault in [
        "harbour/answers/fire/harbour-fire.toml: authority: \"nobody\"",
        "harbour/answers/fire/harbour-fire.toml: severity: \"odd\"",
    ] {
        assert!(ended.stderr.contains(fault), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_running_server_answers_from_a_pack_at_once_and_says_who_wrote_it() {
    for kind in kinds() {
        let (sipoo, kerava) = (sipoo(kind).await, Town::new(kind, KERAVA).await);
        let file = sipoo
            .export("harbour", 1, &["--entry", "harbour-sauna"])
            .await;
        let server = TestServer::serve(kerava.home).await;
        server
            .json(&["pack", "import", &file, "--trust", &sipoo.key])
            .await;
        for lang in ["fi", "sv"] {
            let question = either(
                lang,
                "Saako sataman saunaa lämmittää?",
                "Vad gäller i hamnen för harbour-sauna?",
            );
            let origin = either(
                lang,
                "Tekstin on kirjoittanut Sipoo.",
                "Texten är skriven av Sibbo.",
            );
            eventually("the answer of the pack", async || {
                let line = WebResident::new(&server)
                    .accepting(lang)
                    .say(question)
                    .await;
                let answered = line.text.contains("iltakymmeneen");
                assert_eq!(answered, line.text.contains(origin), "{}", line.text);
                answered.then_some(())
            })
            .await;
        }
        // What the municipality's base says itself has no other origin.
        let line = WebResident::new(&server)
            .accepting("fi")
            .say("Miten testaan palovaroittimen?")
            .await;
        assert!(
            line.text.contains("testinappia") && !line.text.contains("kirjoittanut"),
            "{}",
            line.text
        );

        server.json(&["pack", "remove", "harbour"]).await;
        eventually("the answer is gone", async || {
            let line = WebResident::new(&server)
                .accepting("fi")
                .say("Saako sataman saunaa lämmittää?")
                .await;
            (!line.text.contains("iltakymmeneen")).then_some(())
        })
        .await;
        assert_eq!(server.json(&["pack", "list"]).await, serde_json::json!([]));
        let gone = server.cli(&["pack", "remove", "harbour"]).await;
        assert!(gone.faults()[0].contains("is not a pack that is here"));
    }
}
