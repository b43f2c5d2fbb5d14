//! Reads the answers, `answers/<topic>/<id>.toml`, and checks what they refer to.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::files::Files;
use super::{Authority, Entry, Listed, Status, Text, Topic, id_fault};
use crate::domain::{Lang, Localized};
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
    "emergency",
    "related",
    LANGUAGES,
];

/// What an answer may refer to, and in which languages it must be there.
struct Known<'a> {
    topics: Option<&'a [String]>,
    authorities: Option<&'a [String]>,
    /// Each file's path by the id its name gives.
    ids: BTreeMap<&'a str, &'a str>,
    langs: &'a [Lang],
}

/// The sound entries among all answers, sorted by topic and id.
pub(super) fn entries(
    files: &Files,
    topics: &Listed<Topic>,
    authorities: &Listed<(String, Authority)>,
    langs: &[Lang],
    faults: &mut Faults,
) -> Vec<Entry> {
    let mut known = Known {
        topics: topics.ids.as_deref(),
        authorities: authorities.ids.as_deref(),
        ids: BTreeMap::new(),
        langs,
    };
    let mut answers = Vec::new();
    for (path, text) in files.answers() {
        let place = files.place(path);
        let Some((topic, id)) = named(path) else {
            faults.add(
                &place,
                "",
                "out of place; move it to answers/<topic>/<id>.toml",
            );
            continue;
        };
        if let Some(other) = known.ids.get(id) {
            let other = files.place(other);
            let what = format!("\"{id}\" is also the id of {other}; rename one");
            faults.add(&place, "id", what);
        } else {
            known.ids.insert(id, path);
        }
        answers.push((place, topic, id, text));
    }
    if answers.is_empty() {
        let cure = "add answers/<topic>/<id>.toml";
        faults.add(
            &files.place("answers"),
            "",
            format_args!("holds no answers; {cure}"),
        );
    }
    answers
        .into_iter()
        .filter_map(|(place, topic, id, text)| {
            let table = faults::parse(&place, text, faults)?;
            entry(Reader::new(&place, table, KEYS, faults), topic, id, &known)
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
    let emergency = reader.flag("emergency").unwrap_or(false);
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
        emergency,
        related,
        texts,
    })
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
    let mut reader = reader.section(lang.as_str(), &["question", "answer", "phrasings"])?;
    let question = reader.need_text("question", &format!("write the question in {language}"));
    let answer = reader.need_text("answer", &format!("write the answer in {language}"));
    let cure = "add other ways residents put the question";
    reader.need("phrasings", cure);
    let phrasings = reader.texts("phrasings");
    if phrasings.as_ref().is_some_and(Vec::is_empty) {
        reader.fault("phrasings", format_args!("is empty; {cure}"));
    }
    Some(Text {
        question: question?.trim().to_owned(),
        answer: answer?.trim().to_owned(),
        phrasings: phrasings?
            .iter()
            .map(|text| text.trim().to_owned())
            .collect(),
    })
}
