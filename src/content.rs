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
//! register.toml               optional: [[matter]] and [[duty]], who deals with what
//! municipality.toml           optional: areas, contact, who answers for personal data
//! triage.toml, thresholds.toml, thresholds-meaning.toml, thesaurus/, demo/   passed on as they are,
//!                                                    see `Content::raw`
//! ```
//!
//! Layers ([`Layer`]) may lie over the files: packs from elsewhere, and what the municipality writes.
//!
//! Texts are in Unicode NFC with `\n` line ends, without blanks around them.

mod entries;
mod files;
pub mod lint;
mod municipality;
mod register;
#[cfg(test)]
mod tests;
mod topics;

use std::collections::BTreeMap;

use jiff::civil::Date;
use sha2::{Digest as _, Sha256};
use url::Url;

pub(crate) use files::tidy;
pub use files::{LOCAL, Layer, Source, shipped};
pub use municipality::{Area, DataController, Municipality};
pub use register::{Duty, Matter, Register};

use crate::domain::{Lang, Localized, Severity};
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
    /// Who deals with what.
    pub register: Register,
    /// What `municipality.toml` tells; `None` when there is no such file.
    pub municipality: Option<Municipality>,
    /// Who wrote each layer that comes from elsewhere, by its name; the files don't say.
    pub origins: BTreeMap<String, Localized>,
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
    /// How grave the matter is for whoever asks, in the words of CAP 1.2.
    pub severity: Severity,
    /// The matter of the register that says who deals with it here, one of [`Register::matters`].
    pub matter: Option<String>,
    /// Rules of [`lint`] that don't apply to it, each with the reason.
    pub waived: BTreeMap<String, String>,
    /// The layer it comes from; `None` for the base.
    pub layer: Option<String>,
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
    /// Other words for what it is about.
    pub synonyms: Vec<String>,
}

impl Entry {
    /// The path of its file.
    #[must_use]
    pub fn path(&self) -> String {
        format!("answers/{}/{}.toml", self.topic, self.id)
    }

    /// A short name for what it says, and on what it rests: 16 hexadecimal digits of a SHA-256 over
    /// questions, answers and source.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.source.as_str());
        for (lang, text) in self.texts.iter() {
            for part in [lang.as_str(), &text.question, &text.answer] {
                hash.update([0]);
                hash.update(part);
            }
        }
        let digest = hash.finalize();
        digest[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// Whether it holds what to do in an emergency: then it goes before others near it when a
    /// message reports one.
    #[must_use]
    pub fn is_emergency(&self) -> bool {
        self.severity == Severity::Extreme
    }
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
        Self::load_with(source, &[], langs)
    }

    /// The same with layers over the files, the lowest first.
    ///
    /// # Errors
    ///
    /// Every fault found, each with its file, its key and the cure.
    pub fn load_with(source: Source<'_>, layers: &[Layer], langs: &[Lang]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let files = Files::read(source, &mut faults);
        if !faults.is_empty() {
            return Err(faults);
        }
        Self::check(files.with(layers), langs)
    }

    /// The same, leaving out the files of layers that have faults: what the municipality or a pack
    /// brought must not silence the bot after the base has changed. The faults are given too.
    ///
    /// # Errors
    ///
    /// The faults of the base.
    pub fn load_sound(
        source: Source<'_>,
        mut layers: Vec<Layer>,
        langs: &[Lang],
    ) -> Result<(Self, Faults), Faults> {
        let mut left_out = Faults::default();
        loop {
            let faults = match Self::load_with(source, &layers, langs) {
                Ok(content) => return Ok((content, left_out)),
                Err(faults) => faults,
            };
            let mut removed = false;
            for layer in &mut layers {
                let name = layer.name.clone();
                let faulty = |path: &str| {
                    faults
                        .iter()
                        .any(|fault| fault.place() == format!("{name}/{path}"))
                };
                let before = layer.files.len();
                layer.files.retain(|path, _| !faulty(path));
                removed |= layer.files.len() < before;
            }
            if !removed {
                return Err(faults);
            }
            left_out.extend(faults);
        }
    }

    fn check(mut files: Files, langs: &[Lang]) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        files.refuse_misnamed(&mut faults);
        let topics = topics::topics(&files, langs, &mut faults);
        let authorities = topics::authorities(&files, langs, &mut faults);
        let register = register::register(&files, &authorities, langs, &mut faults);
        let entries =
            entries::entries(&files, &topics, &authorities, &register, langs, &mut faults);
        let municipality = files.text("municipality.toml").and_then(|text| {
            Municipality::parse(&files.place(None, "municipality.toml"), text, langs)
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
            register,
            municipality,
            origins: BTreeMap::new(),
            files,
        })
    }

    /// The entry with this id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Who wrote an entry, if it comes from a layer made elsewhere.
    #[must_use]
    pub fn origin(&self, entry: &Entry) -> Option<&Localized> {
        self.origins.get(entry.layer.as_deref()?)
    }

    /// Takes a person's word that an entry agrees with its source, if it is still the entry that the
    /// person saw. Its next review is a year later.
    pub fn confirm(&mut self, id: &str, fingerprint: &str, day: Date) {
        let entry = self.entries.iter_mut().find(|entry| entry.id == id);
        let same = |entry: &&mut Entry| entry.fingerprint() == fingerprint && entry.checked <= day;
        if let Some(entry) = entry.filter(same) {
            entry.status = Status::Verified;
            entry.checked = day;
            entry.review = day.saturating_add(jiff::Span::new().years(1));
        }
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
pub(crate) fn id_fault(id: &str) -> Option<String> {
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
