//! Reads the answers, `answers/<topic>/<id>.toml`, and checks what they refer to.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::files::Files;
use super::{Authority, Entry, Listed, Register, Status, Text, Topic, id_fault};
use crate::domain::{Lang, Localized, Severity};
use crate::faults::{self, Faults, LANGUAGES, Reader, did_you_mean, language_name};

const KEYS: &[&str] = &[
    "id",
    "topic",
    "authority",
    "source",
    "source_name",
    "checked",
    "review",
    "status",
    "severity",
    "matter",
    "related",
    "waived",
    LANGUAGES,
];

/// What an answer may refer to, and in which languages it must be there.
struct Known<'a> {
    topics: Option<&'a [String]>,
    authorities: Option<&'a [String]>,
    matters: Option<&'a [String]>,
    /// Each file's place by the id its name gives.
    ids: BTreeMap<&'a str, String>,
    langs: &'a [Lang],
}

/// The sound entries among all answers, sorted by topic and id.
pub(super) fn entries(
    files: &Files,
    topics: &Listed<Topic>,
    authorities: &Listed<(String, Authority)>,
    register: &Register,
    langs: &[Lang],
    faults: &mut Faults,
) -> Vec<Entry> {
    let mut known = Known {
        topics: topics.ids.as_deref(),
        authorities: authorities.ids.as_deref(),
        matters: register.ids.as_deref(),
        ids: BTreeMap::new(),
        langs,
    };
    let mut answers = Vec::new();
    for (layer, path, text) in files.answers() {
        let place = files.place(layer, path);
        let Some((topic, id)) = named(path) else {
            faults.add(
                &place,
                "",
                "out of place; move it to answers/<topic>/<id>.toml",
            );
            continue;
        };
        if let Some(other) = known.ids.get(id) {
            let what = format!("\"{id}\" is also the id of {other}; rename one");
            faults.add(&place, "id", what);
        } else {
            known.ids.insert(id, place.clone());
        }
        answers.push((layer, place, topic, id, text));
    }
    if answers.is_empty() {
        let cure = "add answers/<topic>/<id>.toml";
        faults.add(
            &files.place(None, "answers"),
            "",
            format_args!("holds no answers; {cure}"),
        );
    }
    answers
        .into_iter()
        .filter_map(|(layer, place, topic, id, text)| {
            let table = faults::parse(&place, text, faults)?;
            let reader = Reader::new(&place, table, KEYS, faults);
            let entry = entry(reader, topic, id, &known)?;
            Some(Entry {
                layer: layer.map(str::to_owned),
                ..entry
            })
        })
        .collect()
}

/// The topic and the id that a path gives.
fn named(path: &str) -> Option<(&str, &str)> {
    let (topic, file) = path.strip_prefix("answers/")?.split_once('/')?;
    let id = file.strip_suffix(".toml")?;
    (!id.contains('/')).then_some((topic, id))
}

fn entry(mut reader: Reader<'_>, folder: &str, name: &str, known: &Known<'_>) -> Option<Entry> {
    let id = id(&mut reader, name);
    let topic = topic(&mut reader, folder, known.topics);
    let cure = "write a key of authorities.toml";
    let authority = reader.need_text("authority", cure);
    if let (Some(authority), Some(keys)) = (&authority, known.authorities) {
        refuse_stranger(
            &mut reader,
            "authority",
            authority,
            keys,
            "authorities.toml",
        );
    }
    reader.need("source", "write the address of the page it rests on");
    let source = reader.web_url("source");
    let source_name = reader.localized("source_name", known.langs);
    let dates = dates(&mut reader);
    reader.need("status", "write \"verified\" or \"verify\"");
    let statuses = [("verified", Status::Verified), ("verify", Status::Verify)];
    let status = reader.choice("status", &statuses);
    let severity = severity(&mut reader);
    let matter = matter(&mut reader, known.matters);
    let waived = waived(&mut reader);
    let related = related(&mut reader, name, known);
    let texts: Localized<Text> = known
        .langs
        .iter()
        .filter_map(|lang| Some((*lang, text(&mut reader, *lang)?)))
        .collect();
    let (checked, review) = dates?;
    Some(Entry {
        id: id?,
        topic: topic?,
        authority: authority?,
        source: source?,
        source_name: source_name?,
        checked,
        review,
        status: status?,
        severity: severity?,
        matter: matter?,
        waived,
        related,
        texts,
        layer: None,
    })
}

fn severity(reader: &mut Reader<'_>) -> Option<Severity> {
    let all = [
        Severity::Extreme,
        Severity::Severe,
        Severity::Moderate,
        Severity::Minor,
    ];
    reader.need(
        "severity",
        "write how grave the matter is: \"extreme\", \"severe\", \"moderate\" or \"minor\"",
    );
    reader.choice(
        "severity",
        &all.map(|severity| (severity.as_str(), severity)),
    )
}

/// The matter, if the answer names one; `None` with a fault recorded if the register lacks it.
fn matter(reader: &mut Reader<'_>, ids: Option<&[String]>) -> Option<Option<String>> {
    if !reader.has("matter") {
        return Some(None);
    }
    let matter = reader.text("matter")?;
    let stranger =
        ids.is_some_and(|ids| refuse_stranger(reader, "matter", &matter, ids, "register.toml"));
    (!stranger).then_some(Some(matter))
}

/// The rules that don't apply, each with a reason.
fn waived(reader: &mut Reader<'_>) -> BTreeMap<String, String> {
    let mut waived = BTreeMap::new();
    if let Some(mut section) = reader.section("waived", &super::lint::RULES) {
        for rule in super::lint::RULES {
            if let Some(reason) = section.text(rule) {
                waived.insert(rule.to_owned(), reason);
            }
        }
    }
    waived
}

fn id(reader: &mut Reader<'_>, name: &str) -> Option<String> {
    let id = reader.need_text("id", &format!("write id = \"{name}\""))?;
    if let Some(what) = id_fault(&id) {
        reader.fault("id", what);
    }
    if id != name {
        let cure = format!("write id = \"{name}\" or rename the file");
        reader.fault(
            "id",
            format_args!("\"{id}\" is not the file's name; {cure}"),
        );
    }
    Some(id)
}

fn topic(reader: &mut Reader<'_>, folder: &str, ids: Option<&[String]>) -> Option<String> {
    let topic = reader.need_text("topic", &format!("write topic = \"{folder}\""))?;
    let stranger =
        ids.is_some_and(|ids| refuse_stranger(reader, "topic", &topic, ids, "topics.toml"));
    if !stranger && topic != folder {
        let cure = format!("move it to answers/{topic}, or write topic = \"{folder}\"");
        reader.fault(
            "topic",
            format_args!("\"{topic}\" is not the file's folder; {cure}"),
        );
    }
    Some(topic)
}

/// Records a reference to something that isn't there, and tells whether it did.
fn refuse_stranger(
    reader: &mut Reader<'_>,
    key: &str,
    id: &str,
    ids: &[String],
    file: &str,
) -> bool {
    let stranger = !ids.iter().any(|known| known == id);
    if stranger {
        let near = did_you_mean(id, ids.iter().map(String::as_str));
        reader.fault(key, format_args!("\"{id}\" is not in {file}{near}"));
    }
    stranger
}

fn dates(reader: &mut Reader<'_>) -> Option<(Date, Date)> {
    reader.need("checked", "write the date of the last check");
    reader.need("review", "write the date of the next check");
    let (checked, review) = (reader.date("checked"), reader.date("review"));
    let (checked, review) = (checked?, review?);
    if review < checked {
        let what = format!("{review} is before checked, {checked}; write a later date");
        reader.fault("review", what);
    }
    Some((checked, review))
}

fn related(reader: &mut Reader<'_>, own: &str, known: &Known<'_>) -> Vec<String> {
    let related = reader.texts("related").unwrap_or_default();
    for (i, id) in related.iter().enumerate() {
        if id == own {
            reader.fault(
                "related",
                format_args!("\"{id}\" is this answer itself; remove it"),
            );
        } else if related[..i].contains(id) {
            reader.fault(
                "related",
                format_args!("\"{id}\" stands there twice; remove one"),
            );
        } else if !known.ids.contains_key(id.as_str()) {
            let near = did_you_mean(id, known.ids.keys().copied());
            let what = format!("\"{id}\" is not an answer; remove it or write an id{near}");
            reader.fault("related", what);
        }
    }
    related
}

fn text(reader: &mut Reader<'_>, lang: Lang) -> Option<Text> {
    let language = language_name(lang);
    if !reader.has(lang.as_str()) {
        let cure = format!("add question, answer and phrasings in {language}");
        reader.file_fault(format_args!("[{lang}] is missing; {cure}"));
        return None;
    }
    let keys = ["question", "answer", "phrasings", "synonyms"];
    let mut reader = reader.section(lang.as_str(), &keys)?;
    let question = reader.need_text("question", &format!("write the question in {language}"));
    let answer = reader.need_text("answer", &format!("write the answer in {language}"));
    let cure = "add other ways residents put the question";
    reader.need("phrasings", cure);
    let phrasings = reader.texts("phrasings");
    if phrasings.as_ref().is_some_and(Vec::is_empty) {
        reader.fault("phrasings", format_args!("is empty; {cure}"));
    }
    let synonyms = reader.texts("synonyms").unwrap_or_default();
    let trimmed = |texts: Vec<String>| texts.iter().map(|text| text.trim().to_owned()).collect();
    Some(Text {
        question: question?.trim().to_owned(),
        answer: answer?.trim().to_owned(),
        phrasings: trimmed(phrasings?),
        synonyms: trimmed(synonyms),
    })
}
