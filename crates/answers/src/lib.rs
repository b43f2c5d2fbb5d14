//! Finding the curated answer a resident means, and saying so when there is none.
//!
//! This crate retrieves: it picks entries written and checked by people and never produces text.
//! It is pure: no clock, store or network. Loading entries, formatting answers and what the bot
//! says in each [`Outcome`] are left to others. Beside retrieval it holds two judgements about a
//! message that come before it: its language ([`LanguageId`]) and whether it reports an
//! emergency in progress ([`Triage`]).
//!
//! A crate of its own, so that it is optimised also where the bot is built for tests.

mod bm25;
mod collection;
mod corpus;
mod features;
pub mod flags;
mod grams;
mod index;
mod lang;
mod language;
mod lexicon;
mod meaning;
pub mod measure;
mod model;
mod reader;
mod repair;
mod rows;
mod soft;
mod table;
mod thesaurus;
mod triage;
mod vectors;
mod vocabulary;
mod weighing;
mod whole;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use index::{Index, Ranking};

pub use lang::{Lang, Localized, UnknownLang};
pub use language::{Identified, LanguageId};
pub use lexicon::Lexicon;
pub use meaning::{Encode, Kind, encoded};
pub use triage::{Assessment, Triage, TriageRules};

/// The words of a message as retrieval reads them, joined by single spaces: lower case, no
/// diacritics, no punctuation. Reads the first 2,000 characters.
#[must_use]
pub fn fold(text: &str) -> String {
    let words = words::Words::read(text, words::Spelling::Folded, words::MESSAGE_CHARS);
    let mut folded = String::with_capacity(text.len().min(words::MESSAGE_CHARS));
    for word in words.iter() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word);
    }
    folded
}

/// How many entries an offer holds at most.
pub const OFFERED: usize = 3;

/// One curated entry as retrieval sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Stable name, unique in the knowledge base.
    pub id: String,
    /// Topic the entry belongs to.
    pub topic: String,
    /// The entry in the languages it exists in.
    pub texts: Localized<EntryText>,
}

/// The texts of an entry in one language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryText {
    /// The question the entry answers, as shown to people.
    pub question: String,
    /// The answer, as shown to people.
    pub answer: String,
    /// Other ways people ask the same.
    pub phrasings: Vec<String>,
}

/// Position of an entry in the slice given to [`Answers::build`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryIndex(pub usize);

/// What the bot does with a message.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Sure enough to show the answer.
    Answer {
        /// The entry meant.
        entry: EntryIndex,
        /// From [`Thresholds::answer`] up.
        confidence: f32,
    },
    /// Near enough to ask which one is meant.
    Offer {
        /// One to [`OFFERED`] entries, best first.
        entries: Vec<EntryIndex>,
        /// From [`Thresholds::offer`] up.
        confidence: f32,
    },
    /// Nothing in the knowledge base is near.
    Unknown,
}

/// What speaks for the best entry of a ranking, without regard to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// Best score by the legs, without the hop, in units of a typical good match in the knowledge
    /// base; that of a short message is scaled up.
    pub score: f32,
    /// How much was asked: logarithm of 1 and the number of words, each by how much it tells.
    pub reach: f32,
    /// How like a text about something else the message is, in units of a typical likeness of
    /// texts.
    pub background: f32,
    /// Whether the message is, but for spelling, a question or phrasing of the best entry and of no
    /// other.
    pub exact: bool,
    /// How near the nearest entry is in meaning, 0 for nothing to do with it to about 1 for a good
    /// match; 0 without [`Answers::with_meaning`].
    pub meaning: f32,
}

/// How evidence becomes a confidence: a logistic function, fitted by `turvabot kb calibrate`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Where the function begins.
    pub bias: f32,
    /// For each unit of [`Evidence::score`].
    pub score: f32,
    /// For each unit of [`Evidence::reach`].
    pub reach: f32,
    /// For each unit of [`Evidence::background`].
    pub background: f32,
    /// For each unit of [`Evidence::meaning`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub meaning: f32,
}

fn is_zero(number: &f32) -> bool {
    *number == 0.0
}

impl Gate {
    /// How sure it is that the knowledge base has an answer, 0 to 1.
    #[must_use]
    pub fn confidence(&self, evidence: Evidence) -> f32 {
        if evidence == Evidence::default() {
            return 0.0;
        }
        if evidence.exact {
            return 1.0;
        }
        let logit = self.bias
            + self.score * evidence.score
            + self.reach * evidence.reach
            + self.background * evidence.background
            + self.meaning * evidence.meaning;
        (1.0 + (-logit).exp()).recip()
    }
}

/// Where the three outcomes part; measured by `turvabot kb calibrate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Least confidence of an answer.
    pub answer: f32,
    /// Least lead of the best entry over the second, as a share of the best score, 0 to 1.
    pub margin: f32,
    /// Least confidence of an offer.
    pub offer: f32,
    /// Least score of an offered entry, as a share of the best score, 0 to 1.
    pub near: f32,
    /// How confidence comes about.
    pub gate: Gate,
}

/// Scaled scores of one entry, leg by leg; 1 is a typical good match in its knowledge base.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Legs {
    /// BM25 over folded character 3- to 5-grams.
    pub grams: f32,
    /// BM25 over the groups of the thesaurus.
    pub concepts: f32,
    /// BM25 over words near in meaning.
    pub soft: f32,
    /// Cosine of the texts as wholes.
    pub whole: f32,
    /// What lines of the corpus like the message say for the entry, 1 being as much as for an
    /// average one if all did.
    pub hop: f32,
    /// Cosine by the vectors of a transformer; 0 without [`Answers::with_meaning`].
    pub meaning: f32,
}

/// Why an entry ranks where it does.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// The entry.
    pub entry: EntryIndex,
    /// [`Entry::id`].
    pub id: String,
    /// The score the ranking goes by.
    pub score: f32,
    /// What it is made of.
    pub legs: Legs,
}

/// What a message finds.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Entries with any likeness, best first.
    pub ranked: Vec<Scored>,
    /// What speaks for the best.
    pub evidence: Evidence,
}

/// The knowledge base, indexed; immutable and shared between threads.
#[derive(Debug)]
pub struct Answers {
    ids: Vec<String>,
    languages: Localized<Language>,
    thresholds: Thresholds,
}

/// One language's index, and which entries its places stand for.
#[derive(Debug)]
struct Language {
    index: Index,
    entries: Vec<EntryIndex>,
    /// Folded questions and phrasings of one entry only.
    asked: HashMap<String, EntryIndex>,
}

/// The folded questions and phrasings that only one entry has.
fn asked(entries: &[EntryIndex], texts: &[&EntryText]) -> HashMap<String, EntryIndex> {
    let mut asked = HashMap::<String, Option<EntryIndex>>::new();
    for (entry, text) in entries.iter().zip(texts) {
        for one in text.phrasings.iter().chain([&text.question]) {
            let known = asked.entry(fold(one)).or_insert(Some(*entry));
            *known = known.filter(|known| known == entry);
        }
    }
    asked.remove("");
    let known = |(text, entry): (String, Option<EntryIndex>)| Some((text, entry?));
    asked.into_iter().filter_map(known).collect()
}

impl Answers {
    /// Indexes the entries, each in the languages it exists in.
    #[must_use]
    pub fn build(lexicon: &Lexicon, entries: &[Entry], thresholds: &Thresholds) -> Self {
        let mut by_language =
            std::collections::BTreeMap::<Lang, (Vec<EntryIndex>, Vec<&EntryText>)>::new();
        for (position, entry) in entries.iter().enumerate() {
            for (lang, text) in entry.texts.iter() {
                let (places, texts) = by_language.entry(lang).or_default();
                places.push(EntryIndex(position));
                texts.push(text);
            }
        }
        let languages = by_language
            .into_iter()
            .map(|(lang, (entries, texts))| {
                (
                    lang,
                    Language {
                        index: Index::build(lang, lexicon, &texts),
                        asked: asked(&entries, &texts),
                        entries,
                    },
                )
            })
            .collect();
        Self {
            ids: entries.iter().map(|entry| entry.id.clone()).collect(),
            languages,
            thresholds: thresholds.clone(),
        }
    }

    /// The same with the leg of meaning: every message is encoded too. `entries` as for
    /// [`Self::build`]; what of them is encoded, [`encoded`] tells.
    #[must_use]
    pub fn with_meaning(mut self, entries: &[Entry], encoder: &Arc<dyn Encode>) -> Self {
        let langs: Vec<Lang> = self.languages.iter().map(|(lang, _)| lang).collect();
        for (lang, language) in langs.into_iter().zip(self.languages.values_mut()) {
            let texts = language.entries.iter();
            let texts: Vec<&EntryText> = texts
                .filter_map(|entry| entries.get(entry.0)?.texts.get(lang))
                .collect();
            language.index.add_meaning(Arc::clone(encoder), &texts);
        }
        self
    }

    /// The names of the legs that are on, as in [`Legs`].
    #[must_use]
    pub fn legs(&self) -> Vec<&'static str> {
        let first = self.languages.iter().next();
        first.map_or_else(Vec::new, |(_, language)| language.index.legs_on())
    }

    /// Decides what to do with a message. Reads its first 2,000 characters.
    ///
    /// Only entries that exist in `lang` are considered.
    #[must_use]
    pub fn ask(&self, lang: Lang, text: &str) -> Outcome {
        self.outcome(&self.look(lang, text))
    }

    /// All entries with any likeness to the message, best first, and what speaks for the best.
    #[must_use]
    pub fn look(&self, lang: Lang, text: &str) -> Found {
        let Some(language) = self.languages.get(lang) else {
            return Found::default();
        };
        let Ranking { hits, mut evidence } = language.index.rank(text);
        let scored = hits.into_iter().map(|hit| {
            let entry = language.entries[hit.place];
            Scored {
                entry,
                id: self.ids[entry.0].clone(),
                score: hit.score,
                legs: hit.legs,
            }
        });
        let mut ranked: Vec<Scored> = scored.collect();
        let exact = language.asked.get(&fold(text));
        let exact = exact.and_then(|exact| ranked.iter().position(|one| one.entry == *exact));
        if let Some(place) = exact {
            let best = ranked[0].score;
            ranked[..=place].rotate_right(1);
            ranked[0].score = best;
            evidence.exact = true;
        }
        Found { ranked, evidence }
    }

    /// How sure it is that an entry answers, 0 to 1.
    #[must_use]
    pub fn confidence(&self, evidence: Evidence) -> f32 {
        self.thresholds.gate.confidence(evidence)
    }

    /// What to do with what was found.
    #[must_use]
    pub fn outcome(&self, found: &Found) -> Outcome {
        let Thresholds {
            answer,
            margin,
            offer,
            near,
            ..
        } = self.thresholds;
        let confidence = self.confidence(found.evidence);
        let Some(top) = found.ranked.first() else {
            return Outcome::Unknown;
        };
        let second = found.ranked.get(1).map_or(0.0, |hit| hit.score);
        let ahead = found.evidence.exact || top.score - second >= margin * top.score;
        if confidence >= answer && ahead {
            let entry = top.entry;
            return Outcome::Answer { entry, confidence };
        }
        if confidence < offer {
            return Outcome::Unknown;
        }
        let close = found
            .ranked
            .iter()
            .filter(|hit| hit.score >= near * top.score);
        let entries = close.take(OFFERED).map(|hit| hit.entry).collect();
        Outcome::Offer {
            entries,
            confidence,
        }
    }
}

#[cfg(test)]
mod tests;
