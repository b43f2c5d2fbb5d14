//! Where packs meet what is there: conflicts are explained, and nothing goes over an own answer.

use serde_json::{Value, json};

use super::packs_rig::{KERAVA, SIPOO, Town, answer};
use crate::support::database::{Kind, kinds};

const QUESTION: &str = "Saako sataman saunaa lämmittää";

/// The JSON on standard output of a command that failed.
fn report(ended: &crate::support::home::Ended) -> Value {
    serde_json::from_str(&ended.stdout).expect("JSON")
}

/// Writes an answer into the base of a municipality.
fn base(town: &Town, id: &str, words: (&str, &str)) {
    town.home.write(
        &format!("content/answers/fire/{id}.toml"),
        &answer(id, words, ""),
    );
}

#[tokio::test]
async fn what_differs_from_the_base_is_explained_and_somebody_chooses() {
    for kind in kinds() {
        let (sipoo, kerava) = (Town::new(kind, SIPOO).await, Town::new(kind, KERAVA).await);
        base(&kerava, "harbour-sauna", (QUESTION, "Ei ikinä"));
        base(&kerava, "harbour-fire", ("Saako laiturilla grillata", "Ei"));
        base(&sipoo, "harbour-fire", ("Saako laiturilla grillata", "Ei"));
        sipoo
            .writes("harbour-sauna", (QUESTION, "Saa kymmeneen"), "")
            .await;
        sipoo
            .writes("harbour-ice", ("Kantaako jää satamassa", "Ei vielä"), "")
            .await;
        let export = [
            "--entry",
            "harbour-sauna",
            "--entry",
            "harbour-ice",
            "--entry",
            "harbour-fire",
        ];
        let first = sipoo.export("harbour", 1, &export).await;

        // Refused with the reason, in words and in JSON.
        let ended = kerava.refuses(&first, &["--trust", &sipoo.key]).await;
        assert!(ended.stderr.contains("--take ours") && ended.stderr.contains("--take theirs"));
        for line in [
            "answer harbour-fire: base says the same and stays",
            "answer harbour-sauna: differs from base; which one stays is to be chosen",
            "  fi.answer",
            "    there: Ei ikinä.",
            "    pack:  Saa kymmeneen.",
        ] {
            assert!(
                ended.stdout.lines().any(|told| told == line),
                "{line} in {}",
                ended.stdout
            );
        }
        let ended = kerava
            .refuses(&first, &["--trust", &sipoo.key, "--json", "--dry-run"])
            .await;
        let open = &report(&ended)["open"];
        assert_eq!(open.as_array().map(Vec::len), Some(1));
        assert_eq!(open[0]["what"], "answer harbour-sauna");
        assert_eq!(
            open[0]["differences"],
            json!([
                ["fi.answer", "Ei ikinä.", "Saa kymmeneen."],
                [
                    "sv.answer",
                    "Ei ikinä på svenska.",
                    "Saa kymmeneen på svenska."
                ],
            ])
        );

        // Ours stays, for later versions too.
        let imported = kerava
            .import(&first, &["--trust", &sipoo.key, "--take", "ours"])
            .await;
        assert_eq!(imported["entries"], 1);
        assert_eq!(imported["ours"][0]["what"], "answer harbour-sauna");
        assert!(kerava.told(QUESTION).await.contains("Ei ikinä."));
        assert!(
            kerava
                .told("Kantaako jää satamassa")
                .await
                .contains("Ei vielä.")
        );
        let second = sipoo.export("harbour", 2, &export).await;
        let imported = kerava.import(&second, &["--take", "theirs"]).await;
        assert_eq!(
            imported["ours"][0]["what"], "answer harbour-sauna",
            "chosen before"
        );
        assert!(kerava.told(QUESTION).await.contains("Ei ikinä."));

        // The same version again: chosen anew, and that holds as long as the base stays the same.
        let imported = kerava.import(&second, &["--take", "theirs"]).await;
        assert_eq!(
            (&imported["theirs"][0]["held_by"], &imported["entries"]),
            (&"base".into(), &2.into())
        );
        assert!(kerava.told(QUESTION).await.contains("Saa kymmeneen."));
        let third = sipoo.export("harbour", 3, &export).await;
        kerava.import(&third, &[]).await;
        assert!(kerava.told(QUESTION).await.contains("Saa kymmeneen."));
        base(&kerava, "harbour-sauna", (QUESTION, "Vain lauantaisin"));
        let lint = kerava.home.cli(&["kb", "lint"]).await.stdout;
        for line in [
            "pack harbour: answer harbour-sauna of base has changed since; import the pack again \
             with --take ours or --take theirs",
            "    base: Vain lauantaisin.",
            "    pack: Saa kymmeneen.",
        ] {
            assert!(lint.lines().any(|told| told == line), "{line} in {lint}");
        }
        let fourth = sipoo.export("harbour", 4, &export).await;
        let ended = kerava.refuses(&fourth, &[]).await;
        assert!(
            ended.stdout.contains("there: Vain lauantaisin."),
            "{}",
            ended.stdout
        );
        kerava.import(&fourth, &["--take", "theirs"]).await;
        assert!(
            !kerava
                .home
                .cli(&["kb", "lint"])
                .await
                .stdout
                .contains("pack harbour")
        );

        // Without the pack the base is told again.
        kerava.home.json(&["pack", "remove", "harbour"]).await;
        assert!(kerava.told(QUESTION).await.contains("Vain lauantaisin."));
    }
}

#[tokio::test]
async fn two_packs_never_hold_the_same_answer() {
    for kind in kinds() {
        let (sipoo, kerava) = (Town::new(kind, SIPOO).await, Town::new(kind, KERAVA).await);
        sipoo
            .writes("harbour-sauna", (QUESTION, "Saa kymmeneen"), "")
            .await;
        sipoo
            .writes("harbour-ice", ("Kantaako jää satamassa", "Ei vielä"), "")
            .await;
        let summer = sipoo
            .export(
                "summer",
                1,
                &["--entry", "harbour-sauna", "--entry", "harbour-ice"],
            )
            .await;
        sipoo
            .writes("harbour-sauna", (QUESTION, "Saa puoleenyöhön"), "")
            .await;
        let winter = sipoo
            .export(
                "winter",
                1,
                &["--entry", "harbour-sauna", "--entry", "harbour-ice"],
            )
            .await;
        kerava.import(&summer, &["--trust", &sipoo.key]).await;

        let ended = kerava
            .refuses(&winter, &["--trust", &sipoo.key, "--json"])
            .await;
        let told = report(&ended);
        assert_eq!(told["same"]["answer harbour-ice"], "summer");
        assert_eq!(
            (&told["open"][0]["what"], &told["open"][0]["held_by"]),
            (&"answer harbour-sauna".into(), &"summer".into())
        );
        kerava
            .import(&winter, &["--trust", &sipoo.key, "--take", "theirs"])
            .await;
        assert!(kerava.told(QUESTION).await.contains("Saa puoleenyöhön."));
        let entries = async || {
            let list = kerava.home.json(&["pack", "list"]).await;
            let list = list.as_array().expect("a list").iter();
            list.map(|pack| (pack["id"].to_string(), pack["entries"].to_string()))
                .collect::<Vec<_>>()
        };
        let one = |id: &str, entries: &str| (format!("\"{id}\""), entries.to_owned());
        assert_eq!(entries().await, [one("summer", "1"), one("winter", "1")]);

        // What the first gave up it doesn't take back by a new version, but when the other has gone.
        std::fs::remove_file(&summer).expect("a file");
        sipoo
            .writes("harbour-sauna", (QUESTION, "Saa kymmeneen"), "")
            .await;
        let summer = sipoo
            .export(
                "summer",
                2,
                &["--entry", "harbour-sauna", "--entry", "harbour-ice"],
            )
            .await;
        let imported = kerava.import(&summer, &[]).await;
        assert_eq!(imported["ours"][0]["held_by"], "winter");
        assert!(kerava.told(QUESTION).await.contains("Saa puoleenyöhön."));
        let removed = kerava.home.json(&["pack", "remove", "winter"]).await;
        assert_eq!(removed["import_again"], json!(["summer"]));
        kerava.import(&summer, &[]).await;
        assert_eq!(entries().await, [one("summer", "2")]);
        assert!(kerava.told(QUESTION).await.contains("Saa kymmeneen."));
    }
}

#[tokio::test]
async fn a_pack_changes_no_authority_unasked() {
    let (sipoo, kerava) = (
        Town::new(Kind::Sqlite, SIPOO).await,
        Town::new(Kind::Sqlite, KERAVA).await,
    );
    let authority = |name: &str| {
        format!(
            "[authority.rescue-services]\nname = {{ fi = \"{name}\", sv = \"R\" }}\nurl = \"https://r.example.fi\"\n"
        )
    };
    sipoo.writes("harbour-sauna", (QUESTION, "Saa"), "").await;
    let plain = sipoo
        .export("plain", 1, &["--entry", "harbour-sauna"])
        .await;
    sipoo
        .imports_text("authorities.toml", &authority("Toinen laitos"))
        .await;
    let renamed = sipoo
        .export("harbour", 1, &["--entry", "harbour-sauna"])
        .await;

    let imported = kerava.import(&plain, &["--trust", &sipoo.key]).await;
    assert_eq!(imported["same"]["authority rescue-services"], "base");
    assert_eq!(imported["same"]["topic fire"], "base");
    kerava.home.json(&["pack", "remove", "plain"]).await;
    let ended = kerava
        .refuses(&renamed, &["--trust", &sipoo.key, "--json"])
        .await;
    let open = &report(&ended)["open"];
    assert_eq!(open[0]["what"], "authority rescue-services");
    let differences = open[0]["differences"].as_array().expect("a list");
    assert!(
        differences.contains(&json!(["name.fi", "Pelastuslaitos", "Toinen laitos"])),
        "{differences:?}"
    );
    kerava
        .import(&renamed, &["--trust", &sipoo.key, "--take", "ours"])
        .await;
    let layer = kerava
        .home
        .database
        .texts("SELECT path FROM content_file")
        .await;
    assert_eq!(layer, ["answers/fire/harbour-sauna.toml"]);
    kerava.import(&renamed, &["--take", "theirs"]).await;
    let layer = kerava
        .home
        .database
        .texts("SELECT path FROM content_file ORDER BY path")
        .await;
    assert_eq!(
        layer,
        ["answers/fire/harbour-sauna.toml", "authorities.toml"]
    );
}

#[tokio::test]
async fn an_own_answer_stays_over_a_pack_and_over_its_new_versions() {
    for kind in kinds() {
        let (sipoo, kerava) = (Town::new(kind, SIPOO).await, Town::new(kind, KERAVA).await);
        sipoo
            .writes("harbour-sauna", (QUESTION, "Saa kymmeneen"), "")
            .await;
        let first = sipoo
            .export("harbour", 1, &["--entry", "harbour-sauna"])
            .await;
        kerava.import(&first, &["--trust", &sipoo.key]).await;
        kerava
            .writes("harbour-sauna", (QUESTION, "Meillä ei saa"), "")
            .await;
        assert!(kerava.told(QUESTION).await.contains("Meillä ei saa."));

        sipoo
            .writes("harbour-sauna", (QUESTION, "Saa puoleenyöhön"), "")
            .await;
        let second = sipoo
            .export("harbour", 2, &["--entry", "harbour-sauna"])
            .await;
        let tried = kerava.import(&second, &["--dry-run"]).await;
        let own = &tried["own"][0];
        assert_eq!(
            (&own["entry"], &own["below"]),
            (&"harbour-sauna".into(), &"harbour".into())
        );
        assert_eq!(
            own["differences"][0],
            json!(["fi.answer", "Saa puoleenyöhön.", "Meillä ei saa."])
        );
        let ended = kerava.home.cli(&["pack", "import", &second]).await;
        assert!(ended.success, "{}", ended.stderr);
        assert!(
            ended
                .stdout
                .contains("answer harbour-sauna: your own answer stays; the pack now says"),
            "{}",
            ended.stdout
        );
        assert!(kerava.told(QUESTION).await.contains("Meillä ei saa."));

        // Without it, the pack's is told; without the pack, nothing hinders the own one.
        kerava.home.json(&["kb", "remove", "harbour-sauna"]).await;
        assert!(kerava.told(QUESTION).await.contains("Saa puoleenyöhön."));
        kerava
            .writes("harbour-sauna", (QUESTION, "Meillä ei saa"), "")
            .await;
        kerava.home.json(&["pack", "remove", "harbour"]).await;
        assert!(kerava.told(QUESTION).await.contains("Meillä ei saa."));
    }
}

#[tokio::test]
async fn an_own_answer_stays_over_a_new_base_and_lint_explains_the_conflict() {
    for kind in kinds() {
        let kerava = Town::new(kind, KERAVA).await;
        let faults = async || {
            let ended = kerava.home.cli(&["kb", "lint", "--json"]).await;
            let told: Vec<String> =
                serde_json::from_value(report(&ended)["faults"].clone()).expect("texts");
            told
        };
        base(&kerava, "harbour-sauna", (QUESTION, "Ei ikinä"));
        kerava
            .writes("harbour-sauna", (QUESTION, "Meillä saa"), "")
            .await;
        assert_eq!(faults().await, Vec::<String>::new());

        base(&kerava, "harbour-sauna", (QUESTION, "Vain lauantaisin"));
        assert!(kerava.told(QUESTION).await.contains("Meillä saa."));
        let told = faults().await;
        assert_eq!(told.len(), 1, "{told:?}");
        for line in [
            "harbour-sauna: your answer was written over another version of base",
            "fi.answer",
            "base: Vain lauantaisin.",
            "yours: Meillä saa.",
        ] {
            assert!(told[0].contains(line), "{line} in {told:?}");
        }
        kerava
            .writes("harbour-sauna", (QUESTION, "Meillä saa"), "")
            .await;
        assert_eq!(faults().await, Vec::<String>::new());
        assert!(kerava.told(QUESTION).await.contains("Meillä saa."));
    }
}

#[tokio::test]
async fn a_pack_that_others_build_on_is_not_removed() {
    let (sipoo, kerava) = (
        Town::new(Kind::Sqlite, SIPOO).await,
        Town::new(Kind::Sqlite, KERAVA).await,
    );
    sipoo
        .writes("harbour-sauna", (QUESTION, "Saa kymmeneen"), "")
        .await;
    let file = sipoo
        .export("harbour", 1, &["--entry", "harbour-sauna"])
        .await;
    kerava.import(&file, &["--trust", &sipoo.key]).await;
    kerava
        .writes(
            "own-fire",
            ("Saako pihalla grillata", "Saa"),
            "related = [\"harbour-sauna\"]",
        )
        .await;
    let before = kerava.content().await;
    let ended = kerava.home.cli(&["pack", "remove", "harbour"]).await;
    assert!(!ended.success);
    let why = "local/answers/fire/own-fire.toml: related: \"harbour-sauna\" is not an answer";
    assert!(ended.stderr.contains(why), "{}", ended.stderr);
    assert_eq!(kerava.content().await, before);
    kerava.home.json(&["kb", "remove", "own-fire"]).await;
    kerava.home.json(&["pack", "remove", "harbour"]).await;
    assert_eq!(kerava.content().await, Vec::<String>::new());
}
