//! The curated content: answers, topics, authorities and what is particular to a municipality.
//!
//! This module's job is to read the files under `content/`, built in or in a folder of the
//! operator's, and to refuse them unless all of them are sound. Finding the answer to a question
//! is left to `answers`, and showing one to `conversation`.
//!
//! ```text
//! answers/<topic>/<id>.toml   one question and its answer, in every language
//! topics.toml                 [[topic]], in the order they are shown
//! authorities.toml            [authority.<key>], who answers for a matter
//! municipality.toml           optional: areas, contact, who answers for personal data
//! triage.toml, thresholds.toml, thresholds-meaning.toml, thesaurus/, demo/   passed on as they are,
//!                                                    see `Content::raw`
//! ```
//!
//! Texts are in Unicode NFC with `\n` line ends, without blanks around them.

mod entries;
mod files;
mod municipality;
#[cfg(test)]
mod tests;
mod topics;

use std::collections::BTreeMap;

use jiff::civil::Date;
use url::Url;

pub use files::{Source, shipped};
pub use municipality::{Area, DataController, Municipality};

use crate::domain::{Lang, Localized};
use crate::faults::Faults;
use files::Files;

/// Most characters an id may have: it travels in buttons, which hold 64 bytes on Telegram.
/// See <https://core.telegram.org/bots/api#inlinekeyboardbutton>.
pub const MAX_ID_CHARS: usize = 40;

/// Everything there is to tell, checked: each `Localized` has every language asked for.
#[derive(Clone, Debug)]
pub struct Content {
    /// The answers, sorted by topic id and id.
    pub entries: Vec<Entry>,
    /// The topics, in the order they are shown.
    pub topics: Vec<Topic>,
    /// The authorities by key.
    pub authorities: BTreeMap<String, Authority>,
    /// What `municipality.toml` tells; `None` when there is no such file.
    pub municipality: Option<Municipality>,
    files: Files,
}

/// One question and its answer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Lower-case words joined by hyphens, at most [`MAX_ID_CHARS`]; no other entry has it.
    pub id: String,
    /// The id of its topic, one of [`Content::topics`].
    pub topic: String,
    /// The key of the authority, one of [`Content::authorities`].
    pub authority: String,
    /// Where a resident reads more, `http` or `https`.
    pub source: Url,
    /// Who publishes the source.
    pub source_name: Localized,
    /// When somebody last compared the answer with the source.
    pub checked: Date,
    /// When to compare again; not before `checked`.
    pub review: Date,
    /// Whether the answer may be relied on.
    pub status: Status,
    /// Whether it holds what to do in an emergency: then it goes before others near it when a
    /// message reports one.
    pub emergency: bool,
    /// Ids of other entries worth reading, none of them twice.
    pub related: Vec<String>,
    /// The texts.
    pub texts: Localized<Text>,
}

/// Whether an answer has been checked by a person who knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// It has (`verified`).
    Verified,
    /// It is still to be (`verify`).
    Verify,
}

/// One answer in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The question, in one way of putting it.
    pub question: String,
    /// The answer, in the markup of messages.
    pub answer: String,
    /// Other ways residents put the question; at least one.
    pub phrasings: Vec<String>,
}

/// What answers and notices are about.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Lower-case words joined by hyphens, at most [`MAX_ID_CHARS`]; no other topic has it.
    pub id: String,
    /// What it is called.
    pub name: Localized,
    /// What belongs to it, in a line.
    pub summary: Localized,
}

/// Who answers for a matter.
#[derive(Clone, Debug)]
pub struct Authority {
    /// What it is called.
    pub name: Localized,
    /// Its home page, `http` or `https`.
    pub url: Url,
}

impl Content {
    /// Reads and checks all content, which must be there in each of `langs`.
    ///
    /// Texts in other languages are left aside.
    ///
    /// # Errors
    ///
    /// Every fault found, each with its file, its key and the cure.
    pub fn load(source: Source<'_>, langs: &[Lang]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let files = Files::read(source, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Self::check(files, langs)
    }

    fn check(mut files: Files, langs: &[Lang]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        files.refuse_misnamed(&mut faults);
        let topics = topics::topics(&files, langs, &mut faults);
        let authorities = topics::authorities(&files, langs, &mut faults);
        let entries = entries::entries(&files, &topics, &authorities, langs, &mut faults);
        let municipality = files.text("municipality.toml").and_then(|text| {
            Municipality::parse(&files.place("municipality.toml"), text, langs)
                .map_err(|found| faults.extend(found))
                .ok()
        });
        if !faults.is_empty() {
            return Err(faults);
        }
        files.drop_answers();
        Ok(Self {
            entries,
            topics: topics.items,
            authorities: authorities.items.into_iter().collect(),
            municipality,
            files,
        })
    }

    /// The entry with this id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The topic with this id.
    #[must_use]
    pub fn topic(&self, id: &str) -> Option<&Topic> {
        self.topics.iter().find(|topic| topic.id == id)
    }

    /// The areas of the municipality, in the order of its file; none without one.
    #[must_use]
    pub fn areas(&self) -> &[Area] {
        self.municipality
            .as_ref()
            .map_or(&[], |municipality| &municipality.areas)
    }

    /// The text of a TOML file by its path, such as `triage.toml` or `demo/notice.toml`.
    ///
    /// It is not parsed. Answers are not kept; for them it is `None`.
    #[must_use]
    pub fn raw(&self, path: &str) -> Option<&str> {
        self.files.text(path)
    }
}

/// What a file lists: what was sound, and the ids of all, sound or not.
struct Listed<T> {
    items: Vec<T>,
    /// `None` when the file as a whole can't be read, so that nothing is known about ids.
    ids: Option<Vec<String>>,
}

/// What is wrong with an id as such, with the cure.
fn id_fault(id: &str) -> Option<String> {
    let kebab = id.split('-').all(|word| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        !word.is_empty() && word.bytes().all(plain)
    });
    if !kebab {
        let cure = "write a-z and 0-9, with single hyphens between words";
        return Some(format!("\"{id}\" is not an id; {cure}"));
    }
    let length = id.len();
    (length > MAX_ID_CHARS)
        .then(|| format!("\"{id}\" has {length} characters; write at most {MAX_ID_CHARS}"))
}
