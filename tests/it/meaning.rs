//! With a transformer: a tiny one with random weights, made here. It knows nothing, so what is tested is
//! that it is heard, and what is said when it can't be.

use std::fs;

use serde_json::Value;

use crate::support::database::{Database, Kind};
use crate::support::home::{Ended, Home, run};
use crate::support::model;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::wait::eventually;

const ON: &str = "answers: grams, concepts, soft, whole, hop + meaning (multilingual-e5-small, 32)";

const ENTRIES: &str = r#"
{"id":"helmet","lang":"fi","topic":"traffic","question":"Pitääkö polkupyöräilijän käyttää kypärää?","answer":"Laki suosittelee kypärää."}
{"id":"helmet","lang":"sv","topic":"traffic","question":"Måste en cyklist använda hjälm?","answer":"Lagen rekommenderar hjälm."}
{"id":"tick","lang":"fi","topic":"nature","question":"Miten punkki poistetaan?","answer":"Tartu punkkiin pinseteillä."}
{"id":"candle","lang":"fi","topic":"fire","question":"Miten poltan kynttilöitä turvallisesti?","answer":"Sammuta se, kun lähdet."}
"#;

const QUERIES: &str = r#"
{"id":"1","lang":"fi","text":"miten punkki irrotetaan"}
{"id":"2","lang":"sv","text":"måste jag ha hjälm"}
{"id":"3","lang":"fi","text":"xyzzy"}
{"id":"4","lang":"fi","text":"👍"}
"#;

fn path(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// The results of `kb run`, but for times, and what was said.
async fn results(model_dir: Option<&str>) -> (Vec<Value>, Ended) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in [("kb.jsonl", ENTRIES), ("queries.jsonl", QUERIES)] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let (kb, queries) = (path(&folder, "kb.jsonl"), path(&folder, "queries.jsonl"));
    let out = path(&folder, "out.jsonl");
    let mut args = vec![
        "kb",
        "run",
        "--kb",
        &kb,
        "--queries",
        &queries,
        "--out",
        &out,
    ];
    args.extend(model_dir.iter().flat_map(|dir| ["--model-dir", dir]));
    let ended = run(&args).await;
    let lines = fs::read_to_string(&out).unwrap_or_default();
    let results = lines.lines().map(|line| {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        line["micros"] = Value::Null;
        line
    });
    (results.collect(), ended)
}

#[tokio::test]
async fn a_transformer_is_heard_and_always_says_the_same() {
    let dir = model::folder();
    let dir = dir.path().display().to_string();
    let (with, ended) = results(Some(&dir)).await;
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stderr.trim(), ON);
    assert_eq!(with, results(Some(&dir)).await.0);
    let (without, ended) = results(None).await;
    assert_eq!(ended.stderr, "");
    assert_ne!(with[0]["ranked"], without[0]["ranked"]);
    // A text without a word finds nothing in either.
    assert_eq!(with[3], without[3]);
    assert_eq!(with[3]["ranked"], serde_json::json!([]));
}

#[tokio::test]
async fn how_near_an_entry_is_in_meaning_is_explained() {
    let dir = model::folder();
    let dir = dir.path().display().to_string();
    let home = Home::new(Database::create(Kind::Sqlite).await);
    let ask = ["ask", "Miten testaan palovaroittimen?"];
    let meaning = |found: Value| found["ranked"][0]["legs"]["meaning"].as_f64();
    assert_eq!(meaning(home.json(&ask).await), Some(0.0));
    let with = [&ask[..], &["--model-dir", &dir]].concat();
    assert!(meaning(home.json(&with).await).is_some_and(|near| near != 0.0));
}

#[tokio::test]
async fn a_folder_that_will_not_do_is_told_with_the_cure() {
    let empty = tempfile::tempdir().expect("a folder");
    let broken = model::folder();
    fs::write(broken.path().join("config.json"), "{}").expect("a file");
    let part = model::folder();
    fs::remove_file(part.path().join("tokenizer.json")).expect("a file");
    let cure = |dir: &str| format!("`scripts/fetch-encoder {dir}` makes what is needed");
    for (dir, what) in [
        ("/nowhere/at/all".to_owned(), "there is no such folder; "),
        (
            empty.path().display().to_string(),
            "lacks config.json, tokenizer.json, model.safetensors; ",
        ),
        (part.path().display().to_string(), "lacks tokenizer.json; "),
        (broken.path().display().to_string(), ""),
    ] {
        let expected = match what {
            "" => format!("{dir}/config.json: is not the configuration of a BERT: "),
            what => format!("{dir}: {what}{}", cure(&dir)),
        };
        let told = |ended: &Ended, key: &str| {
            let faults = ended.faults();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(
                faults[0].starts_with(&format!("{key}: {expected}")),
                "{faults:?}"
            );
            assert!(faults[0].contains("scripts/fetch-encoder"), "{faults:?}");
        };
        told(&results(Some(&dir)).await.1, "--model-dir");
        let home = Home::with(Database::create(Kind::Sqlite).await, |settings| {
            let answers = toml::Table::from_iter([("model_dir".to_owned(), dir.clone().into())]);
            settings.insert("answers".into(), answers.into());
        });
        for command in ["check-config", "serve"] {
            told(&home.cli(&[command]).await, "answers.model_dir");
        }
    }
}

/// Waits for a line of the log.
async fn logged(server: &TestServer, what: &str) {
    eventually(what, async || {
        let log = server.log();
        log.iter().any(|line| line.contains(what)).then_some(())
    })
    .await;
}

fn has(server: &TestServer, what: &str) -> bool {
    server.log().iter().any(|line| line.contains(what))
}

#[tokio::test]
async fn a_server_answers_at_once_and_by_meaning_when_entries_are_encoded() {
    let dir = model::folder();
    let home = Home::with(Database::create(Kind::Sqlite).await, |settings| {
        let model_dir = dir.path().display().to_string();
        let answers = toml::Table::from_iter([("model_dir".to_owned(), model_dir.into())]);
        settings.insert("answers".into(), answers.into());
    });
    assert!(home.cli(&["check-config"]).await.success);
    let vectors = home
        .database
        .file
        .as_deref()
        .expect("a file")
        .with_file_name("entry-vectors.bin");

    let server = TestServer::serve(home).await;
    logged(&server, ON).await;
    assert!(has(&server, "comes when 12 texts are encoded"));
    let mut anna = WebResident::new(&server);
    let answer = anna.say("Miten testaan palovaroittimen?").await;
    assert!(format!("{answer:?}").contains("palovaroit"), "{answer:?}");

    // What is imported is encoded, too.
    let file = server.write("entries.jsonl", ENTRIES);
    server.json(&["kb", "import", &file]).await;
    logged(&server, "comes when 8 texts are encoded").await;
    eventually("the leg is on again", async || {
        let on = server.log().iter().filter(|line| line.contains(ON)).count();
        (on == 2).then_some(())
    })
    .await;

    // The next start has the vectors; after that, those of another model or none are made anew.
    let home = server.stop().await;
    let server = TestServer::serve(home).await;
    logged(&server, ON).await;
    assert!(!has(&server, "texts are encoded") && !has(&server, "made anew"));
    let home = server.stop().await;
    fs::write(&vectors, "no vectors").expect("a file");
    let server = TestServer::serve(home).await;
    logged(&server, "vectors of entries are made anew").await;
    logged(&server, ON).await;
    server.stop().await;
}
