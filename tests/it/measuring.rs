//! The retrieval by itself: `ask`, `kb run`, `kb eval`, `kb calibrate`.

use serde_json::{Value, json};

use crate::support::home::run;

/// Three entries, one of them in one language only.
const ENTRIES: &str = r#"
{"id":"helmet","lang":"fi","topic":"traffic","question":"Pitääkö polkupyöräilijän käyttää kypärää?","answer":"Laki suosittelee kypärää. Valitse sopivan kokoinen ja kiristä hihna."}
{"id":"helmet","lang":"sv","topic":"traffic","question":"Måste en cyklist använda hjälm?","answer":"Lagen rekommenderar hjälm. Välj rätt storlek och spänn remmen."}
{"id":"tick","lang":"fi","topic":"nature","question":"Miten punkki poistetaan?","answer":"Tartu punkkiin pinseteillä läheltä ihoa ja vedä suoraan ulos."}
{"id":"tick","lang":"sv","topic":"nature","question":"Hur tar jag bort en fästing?","answer":"Ta tag i fästingen nära huden med pincett och dra rakt ut."}
{"id":"candle","lang":"fi","topic":"fire","question":"Miten poltan kynttilöitä turvallisesti?","answer":"Laita kynttilä palamattomalle alustalle. Sammuta se, kun lähdet huoneesta."}
"#;

struct Folder(tempfile::TempDir);

impl Folder {
    fn with_entries() -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        folder.write("kb.jsonl", ENTRIES);
        folder
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).expect("a file");
        self.path(name)
    }

    fn lines(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(name)).expect("the results");
        let lines = text.lines();
        lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }
}

#[tokio::test]
async fn questions_from_a_file_are_answered_from_a_file_alone() {
    let folder = Folder::with_entries();
    let queries = folder.write(
        "queries.jsonl",
        r#"
{"id":"1","lang":"fi","text":"miten punkki irrotetaan pinseteillä"}
{"id":"2","text":"måste jag ha hjälm när jag cyklar"}
{"id":"3","lang":"fi","text":"apua keittiössä palaa, mitä teen"}
{"id":"4","lang":"sv","text":"xyzzy"}
{"id":"5","lang":"sv","text":"levande ljus"}
"#,
    );
    let args = ["kb", "run", "--kb", &folder.path("kb.jsonl"), "--queries"];
    let out = folder.path("out.jsonl");
    let ended = run(&[&args[..], &[queries.as_str(), "--out", &out]].concat()).await;
    assert!(ended.success, "{}", ended.stderr);
    let found = folder.lines("out.jsonl");
    let ids: Vec<&str> = found.iter().filter_map(|one| one["id"].as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    assert_eq!(found[0]["ranked"][0]["id"], "tick");
    assert_eq!(found[1]["ranked"][0]["id"], "helmet");
    assert_eq!(found[1]["lang_detected"], "sv");
    let flags: Vec<&Value> = found.iter().map(|one| &one["emergency_flag"]).collect();
    assert_eq!(flags, [false, false, true, false, false]);
    assert!(found[2]["emergency"].as_f64() > found[0]["emergency"].as_f64());
    assert_eq!(found[3]["outcome"], "unknown");
    let shown = found[4]["ranked"].as_array().expect("a list");
    assert!(
        shown.iter().all(|one| one["id"] != "candle"),
        "not in Swedish"
    );
    for one in &found {
        let confidence = one["confidence"].as_f64().expect("a number");
        assert!((0.0..=1.0).contains(&confidence) && one["micros"].is_u64());
    }
}

#[tokio::test]
async fn labelled_questions_are_measured_and_make_thresholds() {
    let folder = Folder::with_entries();
    let labelled = folder.write(
        "labelled.jsonl",
        r#"
{"lang":"fi","kind":"keyword","entry":"tick","text":"punkin poisto"}
{"lang":"fi","kind":"written","entry":"helmet","text":"täytyykö polkupyörällä ajaa kypärä päässä"}
{"lang":"fi","kind":"near","entry":null,"text":"mihin aikaan uimahalli aukeaa"}
"#,
    );
    let kb = folder.path("kb.jsonl");
    let eval = [
        "kb",
        "eval",
        "--only",
        "--queries",
        &labelled,
        "--kb",
        &kb,
        "--json",
    ];
    let measured = run(&eval).await.json();
    let parts = measured["parts"].as_array().expect("parts");
    let all = parts
        .iter()
        .find(|part| part["kind"] == "all")
        .expect("all");
    assert_eq!((&all["questions"], &all["outside"]), (&json!(2), &json!(1)));
    assert_eq!((&all["top1"], &all["auroc"]), (&json!(100.0), &json!(1.0)));

    let out = folder.path("thresholds.toml");
    let calibrate = [
        "kb",
        "calibrate",
        "--queries",
        &labelled,
        "--kb",
        &kb,
        "--out",
        &out,
    ];
    assert!(run(&calibrate).await.success);
    let text = std::fs::read_to_string(&out).expect("the thresholds");
    let table: toml::Table = text.parse().expect("TOML");
    assert!(table["answer"].as_float() >= table["offer"].as_float());
    assert!(text.starts_with("# ") && text.contains("2 questions with an answer and 1 without"));

    let strange = labelled.replace("labelled", "strange");
    std::fs::write(
        &strange,
        r#"{"lang":"fi","kind":"x","entry":"nothing","text":"a"}"#,
    )
    .expect("a file");
    let refused = run(&["kb", "eval", "--queries", &strange]).await;
    assert_eq!(
        refused.faults(),
        ["no entry \"nothing\", which should answer: a"]
    );
}

#[tokio::test]
async fn faults_in_the_files_are_all_told_with_their_lines() {
    let folder = Folder::with_entries();
    let broken = folder.write("broken.jsonl", "{\"id\":1}\n\n[]\n");
    let out = folder.path("out.jsonl");
    let kb = folder.path("kb.jsonl");
    let refused = run(&[
        "kb",
        "run",
        "--kb",
        &kb,
        "--queries",
        &broken,
        "--out",
        &out,
    ])
    .await;
    let faults = refused.faults();
    assert_eq!(faults.len(), 2, "{faults:?}");
    assert!(faults[0].contains("broken.jsonl:1: ") && faults[1].contains("broken.jsonl:3: "));
    let missing = folder.path("none.jsonl");
    let refused = run(&[
        "kb",
        "run",
        "--kb",
        &missing,
        "--queries",
        &broken,
        "--out",
        &out,
    ])
    .await;
    assert!(refused.faults()[0].contains("none.jsonl: cannot be read"));
}

#[tokio::test]
async fn one_question_is_answered_and_explained() {
    let asked = run(&["ask", "--json", "mun fillari pöllittiin yöllä"])
        .await
        .json();
    assert_eq!(
        (&asked["lang"], &asked["ranked"][0]["id"]),
        (&json!("fi"), &json!("bicycle-theft"))
    );
    assert!(asked["ranked"][0]["legs"]["concepts"].as_f64() > Some(0.0));
    let asked = run(&["ask", "--explain", "Hur testar jag brandvarnaren?"]).await;
    assert!(asked.stdout.starts_with("[sv] Answer"), "{}", asked.stdout);
    assert!(asked.stdout.contains("concepts"), "{}", asked.stdout);
    let refused = run(&["ask", "--lang", "et", "tere"]).await;
    assert_eq!(refused.faults(), ["--lang et: write fi, sv or auto"]);
}

/// A little below what was measured when these questions were new: share of questions whose entry
/// comes first and among the first three, percent; how well they are told from others, 0.5 to 1.
const FRESH: [(&str, f64, f64, f64); 2] = [("fi", 72.0, 84.0, 0.95), ("sv", 65.0, 79.0, 0.94)];

#[tokio::test]
async fn questions_nobody_tuned_by_find_bare_entries() {
    let file = |name: &str| {
        format!(
            "{}/tests/data/answers/fresh/{name}.jsonl",
            env!("CARGO_MANIFEST_DIR")
        )
    };
    let (entries, questions) = (file("entries"), file("questions"));
    let eval = [
        "kb",
        "eval",
        "--only",
        "--kb",
        &entries,
        "--queries",
        &questions,
        "--json",
    ];
    let measured = run(&eval).await.json();
    let parts = measured["parts"].as_array().expect("parts");
    for (lang, top, three, auroc) in FRESH {
        let all = parts
            .iter()
            .find(|part| part["lang"] == lang && part["kind"] == "all")
            .expect("all");
        let figure = |name: &str| all[name].as_f64().expect("a number");
        assert_eq!(
            (&all["questions"], &all["outside"]),
            (&json!(300), &json!(150))
        );
        assert!(
            figure("top1") >= top && figure("recall3") >= three,
            "{all:#}"
        );
        assert!(figure("auroc") >= auroc, "{all:#}");
    }
}
