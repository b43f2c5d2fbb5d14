//! A sound answer, then each fault seeded once.

use jiff::civil::date;

use super::{RULES, lint};
use crate::content::files::Files;
use crate::content::{Content, Source};
use crate::domain::Lang;

const LANGS: [Lang; 2] = [Lang::FI, Lang::SV];

const TOPICS: &str = r#"
[[topic]]
id = "fire"
name = { fi = "Tuli", sv = "Eld" }
summary = { fi = "Palo", sv = "Brand" }
"#;

const AUTHORITIES: &str = r#"
[authority.rescue]
name = { fi = "Pelastus", sv = "Räddning" }
url = "https://rescue.example.fi"
"#;

const ENTRY: &str = r#"
id = "pan"
topic = "fire"
authority = "rescue"
source = "https://rescue.example.fi/pan"
source_name = { fi = "Pelastus", sv = "Räddning" }
checked = 2026-11-20
review = 2027-11-20
status = "verified"
severity = "extreme"

[fi]
question = "Pannu palaa, mitä teen?"
answer = """
Soita 112, jos tuli leviää.

1. Laita kansi pannun päälle.
2. Sammuta liesi.
3. Odota, kunnes pannu on kylmä.

Älä kaada vettä rasvaan. Vesi levittää tulen koko keittiöön. Jos kansi ei auta, ota sammutuspeite. Jos tuli ei sammu, mene ulos ja sulje ovi. Odota ulkona palokuntaa 10 metrin päässä.
"""
synonyms = ["pannupalo", "rasvapalo", "liesipalo"]
phrasings = ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "a10", "a11", "a12"]

[sv]
question = "Pannan brinner, vad gör jag?"
answer = """
Ring 112 om elden sprider sig.

1. Lägg locket på pannan.
2. Stäng av spisen.
3. Vänta tills pannan är kall.

Häll inte vatten på fettet. Vattnet sprider elden i hela köket. Om locket inte hjälper, ta en brandfilt. Om elden inte slocknar, gå ut och stäng dörren. Vänta ute på brandkåren, 10 meter bort.
"""
synonyms = ["pannbrand", "fettbrand", "spisbrand"]
phrasings = ["b1", "b2", "b3", "b4", "b5", "b6", "b7", "b8", "b9", "b10", "b11", "b12"]
"#;

/// The findings about two answers, the second with other words: rule, language and whether a note.
fn findings(pan: &str) -> Vec<(&'static str, Option<Lang>, bool)> {
    let pot = ENTRY
        .replace("\"pan\"", "\"pot\"")
        .replace("Pannu palaa", "Pata palaa")
        .replace("Pannan brinner", "Grytan brinner")
        .replace("[\"a", "[\"pata\", \"a")
        .replace("\"a", "\"c")
        .replace("\"b", "\"d");
    let files = [
        ("topics.toml", TOPICS),
        ("authorities.toml", AUTHORITIES),
        ("answers/fire/pan.toml", pan),
        ("answers/fire/pot.toml", &pot),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let content =
        Content::check(Files::of(files), &LANGS).unwrap_or_else(|faults| panic!("{faults}"));
    let found = lint(&content, date(2026, 11, 24));
    assert!(
        found
            .iter()
            .all(|one| one.entry == "pan" || one.rule == "duplicates"),
        "{found:?}"
    );
    let of_pan = found.into_iter().filter(|one| one.entry == "pan");
    of_pan.map(|one| (one.rule, one.lang, one.note)).collect()
}

/// What is replaced by what, the rule that finds it, and the language it names.
#[rustfmt::skip]
const SEEDED: &[(&str, &str, &str, Option<Lang>)] = &[
    ("checked = 2026-11-20", "checked = 2026-11-25", "dates", None),
    ("review = 2027-11-20", "review = 2027-11-21", "dates", None),
    ("review = 2027-11-20", "review = 2026-11-23", "dates", None),
    ("https://rescue", "http://rescue", "source", None),
    ("https://rescue.example.fi/pan", "https://www.avi.fi/pan", "source", None),
    ("Älä kaada vettä rasvaan. Vesi levittää tulen koko keittiöön. Jos kansi ei auta, ota sammutuspeite. ", "", "length", Some(Lang::FI)),
    ("Häll inte vatten på fettet.", "Häll inte vatten på fettet, för då sprider sig elden snabbt i hela köket och sedan i alla andra rum i hela huset där du bor.", "readability", Some(Lang::SV)),
    ("Älä kaada vettä rasvaan.", "Sammutustarvikkeiden kunnossapitovelvollisuus vastuuhenkilöidensä kunnossapitosuunnitelmassa keittiöpaloturvallisuudesta käsittelemättömyysvelvollisuus kaatamattomuusperiaatteella.", "readability", Some(Lang::FI)),
    ("2. Stäng av spisen.\n", "", "parity", None),
    ("10 meter", "20 meter", "figures", None),
    ("Odota ulkona", "Tämä ei ole vaaratiedote. Odota ulkona", "label", Some(Lang::FI)),
    ("Vänta ute", "Detta är inget VARNINGSMEDDELANDE. Vänta ute", "label", Some(Lang::SV)),
    ("\"b12\"", "\"b1\"", "duplicates", Some(Lang::SV)),
    ("\"a12\"", "\"Pata palaa, mitä teen\"", "duplicates", Some(Lang::FI)),
    (", \"a12\"", "", "phrasings", Some(Lang::FI)),
    (", \"spisbrand\"", "", "phrasings", Some(Lang::SV)),
    ("status = \"verified\"", "status = \"verify\"", "verify", None),
];

#[test]
fn a_sound_answer_has_nothing_to_mend() {
    assert_eq!(findings(ENTRY), []);
}

#[test]
fn each_seeded_fault_is_found_by_its_rule() {
    for (old, new, rule, lang) in SEEDED {
        assert!(ENTRY.contains(old), "{old}");
        let found = findings(&ENTRY.replacen(old, new, 1));
        assert_eq!(found, [(*rule, *lang, *rule == "verify")], "{old} -> {new}");
    }
    // What an emergency begins with stands in both figures and emergency.
    let late = ENTRY.replacen(
        "Ring 112 om elden sprider sig.",
        "Var lugn. Släck elden genast, om du kan.",
        1,
    );
    let late = late.replacen("gå ut och stäng dörren.", "gå ut och ring 112.", 1);
    assert_eq!(findings(&late), [("emergency", Some(Lang::SV), false)]);
}

#[test]
fn each_rule_has_a_seeded_fault() {
    for rule in RULES {
        let seeded = SEEDED.iter().any(|(_, _, seeded, _)| *seeded == rule);
        assert!(seeded || rule == "emergency", "{rule}");
    }
}

#[test]
fn a_rule_is_waived_with_a_reason() {
    let other = ENTRY.replacen("10 meter", "20 meter", 1);
    let waived = other.replacen("[fi]", "[waived]\nfigures = \"a test\"\n\n[fi]", 1);
    assert_eq!(findings(&waived), []);
}

#[test]
fn the_answers_built_in_have_nothing_to_mend() {
    let content =
        Content::load(Source::Embedded, &LANGS).unwrap_or_else(|faults| panic!("{faults}"));
    let found = lint(&content, date(2026, 11, 24));
    let mend: Vec<_> = found.iter().filter(|one| !one.note).collect();
    assert!(mend.is_empty(), "{mend:#?}");
    assert!(content.entries.len() >= 120);
}
