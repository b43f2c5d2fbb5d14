//! A sound set of files, then each fault seeded once.

mod layers;

use std::path::Path;

use super::files::Files;
use super::{Content, MAX_ID_CHARS, Municipality, Source, Status};
use crate::domain::Lang;

const LANGS: [Lang; 2] = [Lang::FI, Lang::SV];

const TOPICS: &str = r#"
[[topic]]
id = "water"
name = { fi = "Vesi", sv = "Vatten" }
summary = { fi = "Hana", sv = "Kran" }
[[topic]]
id = "fire"
name = { fi = "Tuli", sv = "Eld" }
summary = { fi = "Palo", sv = "Brand", en = "Fire" }
"#;

const AUTHORITIES: &str = r#"
[authority.rescue]
name = { fi = "Pelastus", sv = "Rescue" }
url = "https://rescue.example.fi"
"#;

const SMOKE: &str = r#"
id = "smoke"
topic = "fire"
authority = "rescue"
source = "https://rescue.example.fi/smoke"
source_name = { fi = "Pelastus", sv = "Rescue" }
checked = 2026-11-23
review = 2027-11-23
status = "verified"
severity = "severe"
matter = "smells"
related = ["well"]

[fi]
question = "Savu?"
answer = """
Ulos.

112.
"""
phrasings = ["savua", "haju"]

[sv]
question = "Lukt?"
answer = "Ut."
phrasings = ["lukten"]
"#;

const REGISTER: &str = r#"
[[matter]]
id = "smells"
name = { fi = "Hajut", sv = "Lukter" }
asked = { fi = ["haisee"], sv = ["det luktar"] }
[[duty]]
matter = "smells"
authority = "rescue"
valid_until = 2027-11-23
[[duty]]
matter = "smells"
municipality = "049"
authority = "rescue"
name = { fi = "Haistaja", sv = "Luktare" }
phone = "09 123 456"
hours = { fi = "arkisin", sv = "vardagar" }
web = { fi = "https://haju.example.fi", sv = "https://lukt.example.fi" }
note = { fi = "Tuuleta.", sv = "Vädra." }
valid_until = 2027-01-31
"#;

const TOWN: &str = r#"
code = "049"
name = { fi = "Kunta", sv = "Kommun" }
[[area]]
id = "harbour"
name = { fi = "Satama", sv = "Hamn" }
[[area]]
id = "centre"
name = { fi = "Keskusta", sv = "Centrum" }
[contact]
fi = "Kysy."
sv = "Fraga."
[privacy]
controller = { fi = "Kunta", sv = "Kommun" }
address = { fi = "Katu 1", sv = "Gatan 1" }
"#;

fn sound() -> Vec<(String, String)> {
    let well = SMOKE
        .replace("\"smoke\"", "\"well\"")
        .replace("\"fire\"", "\"water\"")
        .replace("status = \"verified\"", "status = \"verify\"")
        .replace("related = [\"well\"]\n", "")
        .replace("matter = \"smells\"\n", "")
        .replace("\"severe\"", "\"extreme\"");
    [
        ("topics.toml", TOPICS),
        ("authorities.toml", AUTHORITIES),
        ("register.toml", REGISTER),
        ("municipality.toml", TOWN),
        ("triage.toml", "not = checked here"),
        ("demo/notice.toml", "nor = this"),
        ("answers/fire/smoke.toml", SMOKE),
        ("answers/water/well.toml", &well),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
    .into()
}

fn check(files: Vec<(String, String)>) -> Result<Content, String> {
    Content::check(Files::of(files), &LANGS).map_err(|faults| faults.to_string())
}

/// The faults after replacing `old` by `new` in one file; `old` must be there.
fn seeded(path: &str, old: &str, new: &str) -> String {
    let mut files = sound();
    let (_, text) = files
        .iter_mut()
        .find(|(name, _)| name == path)
        .expect("the file to seed");
    assert!(text.contains(old), "{path} has no {old:?}");
    *text = text.replacen(old, new, 1);
    check(files).map(|_| ()).expect_err(new)
}

#[test]
fn sound_files_become_content() {
    let content = check(sound()).expect("content");
    let ids: Vec<&str> = content
        .entries
        .iter()
        .map(|entry| entry.id.as_str())
        .collect();
    assert_eq!(ids, ["smoke", "well"]);
    let topics: Vec<&str> = content
        .topics
        .iter()
        .map(|topic| topic.id.as_str())
        .collect();
    assert_eq!(topics, ["water", "fire"], "in the order of the file");
    let smoke = content.entry("smoke").expect("an entry");
    assert_eq!(smoke.checked.to_string(), "2026-11-23");
    assert_eq!(smoke.review.to_string(), "2027-11-23");
    assert_eq!(smoke.status, Status::Verified);
    assert_eq!(smoke.related, ["well"]);
    let text = smoke.texts.get(Lang::FI).expect("Finnish");
    assert_eq!(text.answer, "Ulos.\n\n112.");
    assert_eq!(text.phrasings, ["savua", "haju"]);
    let well = content.entry("well").expect("an entry");
    assert_eq!((well.status, well.related.len()), (Status::Verify, 0));
    assert!(well.is_emergency() && !smoke.is_emergency());
    assert_eq!(
        (smoke.matter.as_deref(), &well.matter),
        (Some("smells"), &None)
    );
    assert_eq!(
        content.authorities["rescue"].url.as_str(),
        "https://rescue.example.fi/"
    );
    assert!(content.topic("fire").is_some() && content.topic("sea").is_none());
    let areas: Vec<&str> = content
        .areas()
        .iter()
        .map(|area| area.id.as_str())
        .collect();
    assert_eq!(areas, ["harbour", "centre"]);
    assert_eq!(content.raw("triage.toml"), Some("not = checked here"));
    assert_eq!(content.raw("demo/notice.toml"), Some("nor = this"));
    assert_eq!(content.raw("synonyms.toml"), None);
    assert_eq!(content.raw("answers/fire/smoke.toml"), None);
}

#[test]
fn municipality_toml_may_be_left_out() {
    let files = sound()
        .into_iter()
        .filter(|(path, _)| path != "municipality.toml")
        .collect();
    let content = check(files).expect("content");
    assert!(content.municipality.is_none() && content.areas().is_empty());
}

const LONG: &str = "a-very-long-id-that-no-telegram-button-can-hold";

/// File, what is replaced in it by what, and the one fault that gives (after "content/").
#[rustfmt::skip]
const SEEDED: &[(&str, &str, &str, &str)] = &[
    ("answers/fire/smoke.toml", "[sv]\nquestion = \"Lukt?\"\nanswer = \"Ut.\"\nphrasings = [\"lukten\"]\n", "", "answers/fire/smoke.toml: [sv] is missing; add question, answer and phrasings in Swedish"),
    ("answers/fire/smoke.toml", "id = \"smoke\"", "id = \"smog\"", "answers/fire/smoke.toml: id: \"smog\" is not the file's name; write id = \"smoke\" or rename the file"),
    ("answers/fire/smoke.toml", "id = \"smoke\"\n", "", "answers/fire/smoke.toml: id: missing; write id = \"smoke\""),
    ("answers/fire/smoke.toml", "id = \"smoke\"\n", "id = 1\n", "answers/fire/smoke.toml: id: is a whole number; write text in quotes"),
    ("answers/fire/smoke.toml", "topic = \"fire\"", "topic = \"fires\"", "answers/fire/smoke.toml: topic: \"fires\" is not in topics.toml; did you mean \"fire\"?"),
    ("answers/fire/smoke.toml", "topic = \"fire\"", "topic = \"water\"", "answers/fire/smoke.toml: topic: \"water\" is not the file's folder; move it to answers/water, or write topic = \"fire\""),
    ("answers/fire/smoke.toml", "topic = \"fire\"\n", "", "answers/fire/smoke.toml: topic: missing; write topic = \"fire\""),
    ("answers/fire/smoke.toml", "authority = \"rescue\"", "authority = \"rescuer\"", "answers/fire/smoke.toml: authority: \"rescuer\" is not in authorities.toml; did you mean \"rescue\"?"),
    ("answers/fire/smoke.toml", "authority = \"rescue\"\n", "", "answers/fire/smoke.toml: authority: missing; write a key of authorities.toml"),
    ("answers/fire/smoke.toml", "\"https://rescue.example.fi/smoke\"", "\"rescue.example.fi\"", "answers/fire/smoke.toml: source: not a web address (relative URL without a base); write an address such as https://www.example.fi/"),
    ("answers/fire/smoke.toml", "source = \"https://rescue.example.fi/smoke\"\n", "", "answers/fire/smoke.toml: source: missing; write the address of the page it rests on"),
    ("answers/fire/smoke.toml", "source_name = { fi = \"Pelastus\", sv = \"Rescue\" }", "source_name = { fi = \"Pelastus\" }", "answers/fire/smoke.toml: source_name.sv: missing; write it in Swedish"),
    ("answers/fire/smoke.toml", "source_name = { fi = \"Pelastus\", sv = \"Rescue\" }", "source_name = \"Pelastus\"", "answers/fire/smoke.toml: source_name: is text; write source_name = { fi = \"…\", sv = \"…\" }"),
    ("answers/fire/smoke.toml", "source_name = { fi = \"Pelastus\", sv = \"Rescue\" }\n", "", "answers/fire/smoke.toml: source_name: missing; write source_name = { fi = \"…\", sv = \"…\" }"),
    ("answers/fire/smoke.toml", "sv = \"Rescue\" }", "sv = \"Rescue\", swe = \"Rescue\" }", "answers/fire/smoke.toml: source_name.swe: unknown key"),
    ("answers/fire/smoke.toml", "checked = 2026-11-23", "checked = \"2026-11-23\"", "answers/fire/smoke.toml: checked: is text; write a date such as 2026-11-23, without quotes"),
    ("answers/fire/smoke.toml", "checked = 2026-11-23", "checked = 2026-11-23T10:00:00Z", "answers/fire/smoke.toml: checked: is not a day of the calendar; write a date such as 2026-11-23, without quotes"),
    ("answers/fire/smoke.toml", "checked = 2026-11-23\n", "", "answers/fire/smoke.toml: checked: missing; write the date of the last check"),
    ("answers/fire/smoke.toml", "review = 2027-11-23", "review = 2026-11-22", "answers/fire/smoke.toml: review: 2026-11-22 is before checked, 2026-11-23; write a later date"),
    ("answers/fire/smoke.toml", "review = 2027-11-23\n", "", "answers/fire/smoke.toml: review: missing; write the date of the next check"),
    ("answers/fire/smoke.toml", "status = \"verified\"", "status = \"checked\"", "answers/fire/smoke.toml: status: \"checked\" is not known; write \"verified\" or \"verify\""),
    ("answers/fire/smoke.toml", "status = \"verified\"\n", "", "answers/fire/smoke.toml: status: missing; write \"verified\" or \"verify\""),
    ("answers/fire/smoke.toml", "related = [\"well\"]", "related = [\"wells\"]", "answers/fire/smoke.toml: related: \"wells\" is not an answer; remove it or write an id; did you mean \"well\"?"),
    ("answers/fire/smoke.toml", "related = [\"well\"]", "related = [\"smoke\"]", "answers/fire/smoke.toml: related: \"smoke\" is this answer itself; remove it"),
    ("answers/fire/smoke.toml", "related = [\"well\"]", "related = [\"well\", \"well\"]", "answers/fire/smoke.toml: related: \"well\" stands there twice; remove one"),
    ("answers/fire/smoke.toml", "related = [\"well\"]", "related = \"well\"", "answers/fire/smoke.toml: related: is text; write a list such as [\"a\", \"b\"]"),
    ("answers/fire/smoke.toml", "related =", "relatd =", "answers/fire/smoke.toml: relatd: unknown key; did you mean \"related\"?"),
    ("answers/fire/smoke.toml", "question = \"Savu?\"", "question = \" \"", "answers/fire/smoke.toml: fi.question: is empty; give it a value or leave the key out"),
    ("answers/fire/smoke.toml", "question = \"Savu?\"\n", "", "answers/fire/smoke.toml: fi.question: missing; write the question in Finnish"),
    ("answers/fire/smoke.toml", "answer = \"Ut.\"", "answer = \"\"", "answers/fire/smoke.toml: sv.answer: is empty; give it a value or leave the key out"),
    ("answers/fire/smoke.toml", "answer = \"Ut.\"\n", "", "answers/fire/smoke.toml: sv.answer: missing; write the answer in Swedish"),
    ("answers/fire/smoke.toml", "phrasings = [\"lukten\"]", "phrasings = []", "answers/fire/smoke.toml: sv.phrasings: is empty; add other ways residents put the question"),
    ("answers/fire/smoke.toml", "phrasings = [\"lukten\"]", "", "answers/fire/smoke.toml: sv.phrasings: missing; add other ways residents put the question"),
    ("answers/fire/smoke.toml", "\"haju\"", "\" \"", "answers/fire/smoke.toml: fi.phrasings: item 2 is empty; write it or remove it"),
    ("answers/fire/smoke.toml", "question = \"Savu?\"", "question = \"Savu?\"\nanswr = \"x\"", "answers/fire/smoke.toml: fi.answr: unknown key; did you mean \"answer\"?"),
    ("answers/fire/smoke.toml", "status = \"verified\"", "status = ", "answers/fire/smoke.toml:9:10: string values must be quoted, expected literal string"),
    ("answers/fire/smoke.toml", "severity = \"severe\"", "severity = \"bad\"", "answers/fire/smoke.toml: severity: \"bad\" is not known; write \"extreme\" or \"severe\" or \"moderate\" or \"minor\""),
    ("answers/fire/smoke.toml", "severity = \"severe\"\n", "", "answers/fire/smoke.toml: severity: missing; write how grave the matter is: \"extreme\", \"severe\", \"moderate\" or \"minor\""),
    ("answers/fire/smoke.toml", "matter = \"smells\"", "matter = \"smell\"", "answers/fire/smoke.toml: matter: \"smell\" is not in register.toml; did you mean \"smells\"?"),
    ("answers/fire/smoke.toml", "[fi]", "[waived]\nlabels = \"x\"\n[fi]", "answers/fire/smoke.toml: waived.labels: unknown key; did you mean \"label\"?"),
    ("register.toml", "id = \"smells\"", "id = \"Smells\"", "register.toml: matter[Smells].id: \"Smells\" is not an id; write a-z and 0-9, with single hyphens between words\ncontent/register.toml: duty[#1].matter: \"smells\" is not known; did you mean \"Smells\"?\ncontent/register.toml: duty[#2].matter: \"smells\" is not known; did you mean \"Smells\"?\ncontent/answers/fire/smoke.toml: matter: \"smells\" is not in register.toml; did you mean \"Smells\"?"),
    ("register.toml", "sv = [\"det luktar\"]", "sv = []", "register.toml: matter[smells].asked.sv: missing; write what residents say in Swedish"),
    ("register.toml", "phone = \"09 123 456\"", "phone = \"call us\"", "register.toml: duty[#2].phone: \"call us\" is not a telephone number; write digits and spaces, such as 0295 419 800"),
    ("register.toml", "hours = { fi = \"arkisin\", sv = \"vardagar\" }", "hours = { fi = \"arkisin\" }", "register.toml: duty[#2].hours.sv: missing; write it in Swedish"),
    ("register.toml", "https://lukt.example.fi", "lukt", "register.toml: duty[#2].web: \"lukt\" is not a web address; write an address such as https://www.example.fi/"),
    ("register.toml", "valid_until = 2027-11-23", "", "register.toml: duty[#1].valid_until: missing; write the last day on which it may be told"),
    ("register.toml", "authority = \"rescue\"", "authority = \"rescu\"", "register.toml: duty[#1].authority: \"rescu\" is not known; did you mean \"rescue\"?"),
    ("topics.toml", "[[topic]]\nid = \"fire\"", "[[topic]]\nid = \"fire\"\nname = { fi = \"T\", sv = \"E\" }\nsummary = { fi = \"P\", sv = \"B\" }\n[[topic]]\nid = \"fire\"", "topics.toml: topic[fire].id: \"fire\" stands there twice; rename or remove one"),
    ("topics.toml", "[[topic]]\nid = \"fire\"", "[[topic]]\nname = { fi = \"T\", sv = \"E\" }\nsummary = { fi = \"P\", sv = \"B\" }\n[[topic]]\nid = \"fire\"", "topics.toml: topic[#2].id: missing; write an id such as \"fire\""),
    ("topics.toml", "sv = \"Vatten\"", "sv = \"\"", "topics.toml: topic[water].name.sv: is empty; give it a value or leave the key out"),
    ("topics.toml", "sv = \"Kran\"", "se = \"Kran\"", "topics.toml: topic[water].summary.sv: missing; write it in Swedish"),
    ("topics.toml", "id = \"water\"", "id = \"water\"\ncolour = \"blue\"", "topics.toml: topic[water].colour: unknown key"),
    ("authorities.toml", "[authority.rescue]", "[authority.Police]\nname = { fi = \"P\", sv = \"P\" }\nurl = \"https://p.fi\"\n[authority.rescue]", "authorities.toml: authority.Police: \"Police\" is not an id; write a-z and 0-9, with single hyphens between words"),
    ("authorities.toml", "url = \"https://rescue.example.fi\"", "", "authorities.toml: authority.rescue.url: missing; write the address of its home page"),
    ("authorities.toml", "sv = \"Rescue\"", "sv = 1", "authorities.toml: authority.rescue.name.sv: is a whole number; write text in quotes"),
    ("municipality.toml", "code = \"049\"", "code = \"49\"", "municipality.toml: code: \"49\" is not a municipality code; write three digits in quotes, such as \"049\""),
    ("municipality.toml", "name = { fi = \"Kunta\", sv = \"Kommun\" }", "name = \"Kunta\"", "municipality.toml: name: is text; write name = { fi = \"…\", sv = \"…\" }"),
    ("municipality.toml", "id = \"centre\"", "id = \"harbour\"", "municipality.toml: area[harbour].id: \"harbour\" stands there twice; rename or remove one"),
    ("municipality.toml", "sv = \"Hamn\"", "sv = \"\"", "municipality.toml: area[harbour].name.sv: is empty; give it a value or leave the key out"),
    ("municipality.toml", "sv = \"Fraga.\"", "", "municipality.toml: contact.sv: missing; write it in Swedish"),
    ("municipality.toml", "controller = { fi = \"Kunta\", sv = \"Kommun\" }", "", "municipality.toml: privacy.controller: missing; write controller = { fi = \"…\", sv = \"…\" }"),
    ("municipality.toml", "address = { fi = \"Katu 1\", sv = \"Gatan 1\" }", "", "municipality.toml: privacy.address: missing; write address = { fi = \"…\", sv = \"…\" }"),
    ("municipality.toml", "[contact]", "[contacts]", "municipality.toml: contacts: unknown section; did you mean \"contact\"?"),
];

#[test]
fn each_seeded_fault_gives_one_line_with_file_key_and_cure() {
    for (path, old, new, expected) in SEEDED {
        let faults = seeded(path, old, new);
        let mut found: Vec<&str> = faults.lines().collect();
        let expected = format!("content/{expected}");
        let mut expected: Vec<&str> = expected.lines().collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}

#[test]
fn each_key_has_a_seeded_fault() {
    let table: toml::Table = SMOKE.parse().expect("TOML");
    let texts = ["question", "answer", "phrasings"];
    let keys = table
        .keys()
        .map(String::as_str)
        .filter(|key| key.len() > 2 || *key == "id");
    for key in keys.chain(texts) {
        let missing = format!("{key}: missing; ");
        let optional = key == "related" || key == "matter";
        assert!(
            optional
                || SEEDED
                    .iter()
                    .any(|(_, _, _, fault)| fault.contains(&missing)),
            "{key} is never missing"
        );
    }
}

#[test]
fn files_out_of_place_are_refused() {
    let smoke = |id: &str, topic: &str| {
        SMOKE
            .replace("id = \"smoke\"", &format!("id = \"{id}\""))
            .replace("topic = \"fire\"", &format!("topic = \"{topic}\""))
    };
    let long = format!("answers/fire/{LONG}.toml");
    for (path, text, expected) in [
        ("answers/water/smoke.toml", smoke("smoke", "water"), "answers/water/smoke.toml: id: \"smoke\" is also the id of content/answers/fire/smoke.toml; rename one".to_owned()),
        ("answers/loose.toml", smoke("loose", "fire"), "answers/loose.toml: out of place; move it to answers/<topic>/<id>.toml".to_owned()),
        ("answers/fire/deep/er.toml", smoke("er", "fire"), "answers/fire/deep/er.toml: out of place; move it to answers/<topic>/<id>.toml".to_owned()),
        ("answers/fire/Smog.toml", smoke("Smog", "fire"), "answers/fire/Smog.toml: id: \"Smog\" is not an id; write a-z and 0-9, with single hyphens between words".to_owned()),
        ("answers/fire/a--b.toml", smoke("a--b", "fire"), "answers/fire/a--b.toml: id: \"a--b\" is not an id; write a-z and 0-9, with single hyphens between words".to_owned()),
        (&long, smoke(LONG, "fire"), format!("{long}: id: \"{LONG}\" has {} characters; write at most {MAX_ID_CHARS}", LONG.len())),
        ("topic.toml", String::new(), "topic.toml: unknown file; did you mean topics.toml?".to_owned()),
    ] {
        let mut files = sound();
        files.push((path.to_owned(), text));
        let faults = check(files).map(|_| ()).expect_err(path);
        assert_eq!(faults, format!("content/{expected}"));
    }
}

#[test]
fn an_id_of_forty_characters_will_do() {
    for (length, allowed) in [(MAX_ID_CHARS, true), (MAX_ID_CHARS + 1, false)] {
        let id = "x".repeat(length);
        let mut files = sound();
        let text = SMOKE.replace("id = \"smoke\"", &format!("id = \"{id}\""));
        files.push((format!("answers/fire/{id}.toml"), text));
        assert_eq!(check(files).is_ok(), allowed, "{length}");
    }
}

#[test]
fn missing_files_are_told_without_faults_that_follow_from_them() {
    for (gone, expected) in [
        (
            "topics.toml",
            "topics.toml: missing; add the file, with one topic at least",
        ),
        (
            "authorities.toml",
            "authorities.toml: missing; add the file, with one authority at least",
        ),
        (
            "answers/",
            "answers: holds no answers; add answers/<topic>/<id>.toml",
        ),
    ] {
        let files = sound()
            .into_iter()
            .filter(|(path, _)| !path.starts_with(gone));
        let faults = check(files.collect()).map(|_| ()).expect_err(gone);
        assert_eq!(faults, format!("content/{expected}"));
    }
}

#[test]
fn all_faults_are_told_at_once_in_order() {
    let mut files = sound();
    for (path, old, new) in [
        (
            "answers/water/well.toml",
            "authority = \"rescue\"",
            "authority = \"police\"",
        ),
        (
            "answers/fire/smoke.toml",
            "question = \"Lukt?\"",
            "question = 1",
        ),
        (
            "answers/fire/smoke.toml",
            "status = \"verified\"",
            "status = \"x\"",
        ),
        ("topics.toml", "sv = \"Vatten\"", "sv = \"\""),
    ] {
        let (_, text) = files
            .iter_mut()
            .find(|(name, _)| name == path)
            .expect("a file");
        *text = text.replacen(old, new, 1);
    }
    let faults = check(files).map(|_| ()).expect_err("faults");
    let places: Vec<&str> = faults
        .lines()
        .map(|line| line.split(": ").nth(1).unwrap_or_default())
        .collect();
    assert_eq!(
        places,
        ["status", "sv.question", "authority", "topic[water].name.sv"]
    );
}

#[test]
fn a_language_is_asked_for_only_where_it_is_served() {
    let content = Content::check(Files::of(sound()), &[Lang::FI]).expect("content");
    let smoke = content.entry("smoke").expect("an entry");
    assert!(smoke.texts.get(Lang::SV).is_none());
    let english = "en".parse().expect("a language");
    let faults = Content::check(Files::of(sound()), &[Lang::FI, english]).expect_err("faults");
    let lines = faults.to_string();
    assert!(
        lines.contains("smoke.toml: [en] is missing; add question"),
        "{lines}"
    );
    assert!(lines.contains("topic[water].name.en: missing"), "{lines}");
    assert!(!lines.contains("topic[fire].summary.en"), "{lines}");
}

#[test]
fn a_folder_is_read_like_the_files_built_in() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let write = |path: &str, bytes: &[u8]| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    };
    for (path, text) in sound() {
        // As an editor on another system might save it: decomposed letters, other line ends.
        let text = text.replace("Savu?", "Ha\u{308}ka?").replace('\n', "\r\n");
        write(&path, format!("\u{feff}{text}").as_bytes());
    }
    write("answers/.hidden/x.toml", b"x");
    write("answers/README.md", b"x");
    let content = Content::load(Source::Dir(folder.path()), &LANGS).expect("content");
    assert_eq!(content.entries.len(), 2);
    let smoke = content.entry("smoke").expect("an entry");
    let text = smoke.texts.get(Lang::FI).expect("Finnish");
    assert_eq!(text.question, "H\u{e4}ka?");
    assert_eq!(text.answer, "Ulos.\n\n112.");

    write("topics.toml", b"\xff");
    let faults = Content::load(Source::Dir(folder.path()), &LANGS).expect_err("a fault");
    let place = folder.path().join("topics.toml");
    let expected = format!("{}: is not UTF-8; save it as UTF-8", place.display());
    assert_eq!(faults.to_string(), expected);
}

#[test]
fn a_folder_that_is_not_there_is_a_fault() {
    let faults = Content::load(Source::Dir(Path::new("no/such")), &LANGS).expect_err("a fault");
    let line = faults.to_string();
    assert!(line.starts_with("no/such: cannot be read ("), "{line}");
}

#[test]
fn the_content_built_in_is_sound() {
    let content =
        Content::load(Source::Embedded, &LANGS).unwrap_or_else(|faults| panic!("{faults}"));
    for topic in &content.topics {
        let answered = content.entries.iter().any(|entry| entry.topic == topic.id);
        assert!(answered, "no answer under {}", topic.id);
    }
    let demo = content
        .raw("demo/municipality.toml")
        .expect("the demo's municipality");
    let demo = Municipality::parse("content/demo/municipality.toml", demo, &LANGS)
        .unwrap_or_else(|faults| panic!("{faults}"));
    assert!(demo.areas.len() >= 2 && demo.contact.is_some() && demo.privacy.is_some());
}
