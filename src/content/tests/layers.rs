//! What lies over the files, and who deals with what.

use std::collections::BTreeMap;

use jiff::civil::date;

use super::{Files, LANGS, SMOKE, sound};
use crate::content::{Content, LOCAL, Layer};
use crate::domain::Lang;

fn layer(name: &str, files: &[(&str, &str)]) -> Layer {
    let files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Layer {
        name: name.to_owned(),
        files: files.collect::<BTreeMap<_, _>>(),
    }
}

fn with(layers: &[Layer]) -> Result<Content, String> {
    let files = Files::of(sound()).with(layers);
    Content::check(files, &LANGS).map_err(|faults| faults.to_string())
}

fn answer(content: &Content, id: &str) -> (String, Option<String>) {
    let entry = content.entry(id).expect("an entry");
    let text = entry.texts.get(Lang::FI).expect("Finnish");
    (text.answer.clone(), entry.layer.clone())
}

#[test]
fn the_answer_on_top_is_given_and_the_others_stay() {
    let over = |words: &str| SMOKE.replace("Ulos.", words);
    let (pack, own) = (over("Paketti."), over("Oma."));
    let path = "answers/fire/smoke.toml";
    let pack = layer("pack", &[(path, &pack)]);
    let local = layer(LOCAL, &[(path, &own)]);
    let content = with(&[pack.clone(), local]).expect("content");
    assert_eq!(
        answer(&content, "smoke"),
        ("Oma.\n\n112.".into(), Some(LOCAL.into()))
    );
    assert_eq!(answer(&content, "well").1, None);
    let content = with(&[pack]).expect("content");
    assert_eq!(answer(&content, "smoke").0, "Paketti.\n\n112.");
}

#[test]
fn an_answer_may_move_to_another_topic() {
    let moved = SMOKE.replace("topic = \"fire\"", "topic = \"water\"");
    let content = with(&[layer(LOCAL, &[("answers/water/smoke.toml", &moved)])]).expect("content");
    let topics: Vec<_> = content.entries.iter().map(|entry| entry.path()).collect();
    assert_eq!(
        topics,
        ["answers/water/smoke.toml", "answers/water/well.toml"]
    );
}

#[test]
fn a_layer_brings_topics_authorities_and_rows_of_its_own() {
    let fog = SMOKE
        .replace("\"smoke\"", "\"fog\"")
        .replace("\"fire\"", "\"sea\"")
        .replace("\"rescue\"", "\"coast-guard\"");
    let content = with(&[layer(
        "sea",
        &[
            ("answers/sea/fog.toml", &fog),
            ("topics.toml", "[[topic]]\nid = \"sea\"\nname = { fi = \"Meri\", sv = \"Hav\" }\nsummary = { fi = \"a\", sv = \"b\" }"),
            ("authorities.toml", "[authority.coast-guard]\nname = { fi = \"R\", sv = \"G\" }\nurl = \"https://g.example.fi\""),
            ("register.toml", "[[duty]]\nmatter = \"smells\"\nauthority = \"coast-guard\"\nvalid_until = 2027-12-31"),
        ],
    )])
    .expect("content");
    assert_eq!(
        content.topics.last().map(|topic| topic.id.as_str()),
        Some("sea")
    );
    assert_eq!(
        content.entry("fog").map(|entry| entry.authority.as_str()),
        Some("coast-guard")
    );
    let duty = content.register.duty("smells", None, date(2026, 11, 24));
    assert_eq!(
        duty.map(|duty| duty.authority.as_str()),
        Some("coast-guard"),
        "the last row stands"
    );
}

#[test]
fn faults_of_a_layer_name_it() {
    let broken = SMOKE.replace("status = \"verified\"\n", "");
    let faults =
        with(&[layer("pack", &[("answers/fire/smoke.toml", &broken)])]).expect_err("faults");
    assert_eq!(
        faults,
        "pack/answers/fire/smoke.toml: status: missing; write \"verified\" or \"verify\""
    );
}

#[test]
fn who_deals_with_a_matter_is_the_municipalitys_own_row_until_it_ends() {
    let content = with(&[]).expect("content");
    let name = |municipality, day| {
        let duty = content.register.duty("smells", municipality, day)?;
        Some((duty.municipality.as_deref(), duty.phone.as_deref()))
    };
    let own = Some((Some("049"), Some("09 123 456")));
    assert_eq!(name(Some("049"), date(2027, 1, 31)), own);
    assert_eq!(
        name(Some("049"), date(2027, 2, 1)),
        Some((None, None)),
        "not after its last day"
    );
    assert_eq!(
        name(Some("091"), date(2026, 11, 24)),
        Some((None, None)),
        "not elsewhere"
    );
    assert_eq!(name(None, date(2026, 11, 24)), Some((None, None)));
    assert_eq!(
        name(Some("049"), date(2027, 11, 24)),
        None,
        "every row has ended"
    );
}

#[test]
fn a_confirmation_holds_as_long_as_the_answer_says_the_same() {
    let mut content = with(&[]).expect("content");
    let fingerprint = content.entry("well").expect("an entry").fingerprint();
    content.confirm("well", "other", date(2026, 12, 1));
    assert_eq!(
        content.entry("well").expect("an entry").status,
        super::Status::Verify
    );
    content.confirm("well", &fingerprint, date(2026, 12, 1));
    let well = content.entry("well").expect("an entry");
    assert_eq!(well.status, super::Status::Verified);
    assert_eq!(
        (well.checked, well.review),
        (date(2026, 12, 1), date(2027, 12, 1))
    );
    let changed = SMOKE.replace("Ulos.", "Sisään.");
    let other = with(&[layer(LOCAL, &[("answers/fire/smoke.toml", &changed)])]).expect("content");
    let prints = [&content, &other].map(|all| all.entry("smoke").expect("an entry").fingerprint());
    assert_ne!(prints[0], prints[1]);
}
