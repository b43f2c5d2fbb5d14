//! What the bot knows: curated content with everything that is built from it once.

mod duties;

use std::sync::Arc;

use serde::Deserialize;

use crate::answers::{self, Answers, Encode, Kind, LanguageId, Thresholds, Triage, TriageRules};
use crate::content::{Content, Status};
use crate::conversation::{Cues, Lexicon};
use crate::domain::{Lang, Localized, Millis, Phrase, QuietHours};
use crate::locale::Locales;
use crate::store::entries::Imported;
use crate::transformer::Transformer;
pub use duties::{Contact, Duties, Meant};

/// Something with an id and a name: a topic, an area.
#[derive(Clone, Debug)]
pub struct Named {
    /// The id, kebab-case.
    pub id: String,
    /// The name per language.
    pub name: Localized,
}

/// Where an answer comes from.
#[derive(Clone, Debug)]
pub struct Provenance {
    /// The source's name.
    pub name: Localized,
    /// The source's address.
    pub url: String,
    /// The authority in charge.
    pub authority: Localized,
    /// When a person checked it: year, month, day.
    pub checked: (i16, i8, i8),
    /// Whether the facts were found at an official source.
    pub verified: bool,
    /// Who wrote the answer, if the municipality took it from a pack.
    pub origin: Option<Localized>,
}

/// One curated entry as it is shown.
#[derive(Clone, Debug)]
pub struct Curated {
    /// The id, kebab-case.
    pub id: String,
    /// The question it answers.
    pub question: Localized,
    /// The answer, in mini-Markdown.
    pub answer: Localized,
    /// Where it comes from; an imported entry doesn't say.
    pub source: Option<Provenance>,
    /// Entries that belong to it.
    pub related: Vec<String>,
    /// Whether it holds what to do in an emergency.
    pub emergency: bool,
    /// The matter of the register that it is about.
    pub matter: Option<String>,
    /// Until when it is shown; later somebody has to review it first.
    pub served_until: Option<Millis>,
}

/// Everything known when the bot speaks.
pub struct Knowledge {
    /// The municipality's name.
    pub municipality: Localized,
    /// Where to ask when the bot doesn't know.
    pub contact: Localized,
    /// Who answers for personal data.
    pub controller: Localized,
    /// The controller's address.
    pub controller_address: Localized,
    /// How long the web chat's page is kept, in hours.
    pub web_history_hours: i64,
    /// The quiet hours a resident turns on.
    pub quiet_hours: QuietHours,
    /// The languages, each with "speak this" in its own words.
    pub languages: Vec<(Lang, String)>,
    /// What tells those who got another language that this one is spoken too.
    pub also: Vec<(Lang, String)>,
    /// Topics, in the order they are shown.
    pub topics: Vec<Named>,
    /// Areas, in the order they are shown.
    pub areas: Vec<Named>,
    /// Entries; positions agree with [`Knowledge::answers`].
    pub entries: Vec<Curated>,
    /// The index over the entries.
    pub answers: Answers,
    /// Who deals with what.
    pub duties: Duties,
    /// What of the entries has to be encoded before they are found by meaning, too.
    pub unencoded: Vec<(Kind, String)>,
    /// Tells the languages apart.
    pub language: LanguageId,
    /// Tells an emergency in progress.
    pub triage: Triage,
    /// Words with a fixed meaning.
    pub lexicon: Lexicon,
    /// Words by which questions are known.
    pub cues: Cues,
}

/// What a municipality says of itself.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Its name.
    pub name: Localized,
    /// How long the web chat's page is kept, in hours.
    pub web_history_hours: i64,
    /// The quiet hours a resident turns on.
    pub quiet_hours: QuietHours,
    /// How many days after the date of its review an answer is still given.
    pub review_grace_days: u32,
}

/// The content can't be used.
#[derive(Debug, thiserror::Error)]
#[error("content/{file}: {reason}")]
pub struct Error {
    file: String,
    reason: String,
}

/// What messages are understood with, whatever the entries: languages, signs of an emergency,
/// words of the same meaning.
pub struct Understanding {
    /// Tells the languages apart.
    pub language: LanguageId,
    /// Tells an emergency in progress.
    pub triage: Triage,
    /// Words of the same meaning.
    pub lexicon: answers::Lexicon,
    /// Where answering, offering and not knowing part.
    pub thresholds: Thresholds,
    /// The same where messages are compared by meaning, too.
    pub thresholds_meaning: Thresholds,
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Rules(std::collections::BTreeMap<Lang, TriageRules>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Groups {
    groups: Vec<String>,
}

/// The table made by `scripts/vectors/build-vectors`; see `docs/answers.md`.
static VECTORS: &[u8] = include_bytes!("../crates/answers/data/vectors.bin");

/// Texts by which a message is compared with entries, and texts about other matters.
static CORPORA: [(Lang, &str, &str); 2] = [
    (
        Lang::FI,
        include_str!("../crates/answers/data/corpus/fi.txt"),
        include_str!("../crates/answers/data/background/fi.txt"),
    ),
    (
        Lang::SV,
        include_str!("../crates/answers/data/corpus/sv.txt"),
        include_str!("../crates/answers/data/background/sv.txt"),
    ),
];

/// The model made by `scripts/triage/train-triage`; see `docs/triage.md`.
static TRIAGE: &[u8] = include_bytes!("../crates/answers/data/triage.bin");

/// The shipped files stand in for those that a folder of the operator's lacks.
fn file<T: serde::de::DeserializeOwned>(content: &Content, file: &str) -> Result<T, Error> {
    let error = |reason: String| Error {
        file: file.to_owned(),
        reason,
    };
    let shipped = crate::content::shipped(file);
    let text = content.raw(file).map(str::to_owned).or(shipped);
    let text = text.ok_or_else(|| error("the file is missing; copy it from the release".into()))?;
    toml::from_str(&text).map_err(|reason| error(reason.to_string()))
}

impl Understanding {
    /// Builds it from content and locale files; `entries` are samples of their languages.
    ///
    /// # Errors
    /// If a file is missing or malformed.
    pub fn build(
        content: &Content,
        locales: &Locales,
        entries: &[answers::Entry],
    ) -> Result<Self, Error> {
        let Rules(rules) = file(content, "triage.toml")?;
        let mut thesauri = Localized::default();
        for lang in locales.langs() {
            let Groups { groups } = file(content, &format!("thesaurus/{lang}.toml"))?;
            thesauri.insert(lang, groups);
        }
        let lexicon = CORPORA.iter().fold(
            answers::Lexicon::new(&thesauri, Some(VECTORS)),
            |lexicon, (lang, lines, background)| lexicon.with_corpus(*lang, lines, background),
        );
        Ok(Self {
            language: LanguageId::train(&samples(locales, &thesauri, entries), &locales.others()),
            triage: Triage::new(&rules.into_iter().collect(), Some(TRIAGE), &lexicon),
            lexicon,
            thresholds: file(content, "thresholds.toml")?,
            thresholds_meaning: file(content, "thresholds-meaning.toml")?,
        })
    }

    /// The index over entries; with an encoder, by meaning too.
    #[must_use]
    pub fn answers(
        &self,
        entries: &[answers::Entry],
        encoder: Option<&Arc<dyn Encode>>,
    ) -> Answers {
        match encoder {
            Some(encoder) => Answers::build(&self.lexicon, entries, &self.thresholds_meaning)
                .with_meaning(entries, encoder),
            None => Answers::build(&self.lexicon, entries, &self.thresholds),
        }
    }
}

impl Knowledge {
    /// Builds everything from content, locale files and imported entries, without a transformer.
    ///
    /// # Errors
    /// If a file that messages are understood with is missing or malformed.
    pub fn build(
        content: &Content,
        imported: &[Imported],
        locales: &Locales,
        identity: Identity,
    ) -> Result<Self, Error> {
        Self::build_with(content, imported, locales, identity, None)
    }

    /// The same with a transformer. Entries are found by meaning once it has the vectors of them all;
    /// until then [`Knowledge::unencoded`] tells what it lacks.
    ///
    /// # Errors
    /// If a file that messages are understood with is missing or malformed.
    pub fn build_with(
        content: &Content,
        imported: &[Imported],
        locales: &Locales,
        identity: Identity,
        transformer: Option<&Arc<Transformer>>,
    ) -> Result<Self, Error> {
        let (entries, sources) = entries(content, imported, identity.review_grace_days);
        let understanding = Understanding::build(content, locales, &sources)?;
        let unencoded = transformer.map_or_else(Vec::new, |transformer| {
            transformer.missing(answers::encoded(&sources))
        });
        let encoder = transformer.filter(|_| unencoded.is_empty());
        let encoder = encoder.map(|ready| Arc::clone(ready) as Arc<dyn Encode>);
        let answers = understanding.answers(&sources, encoder.as_ref());
        let duties = Duties::new(content, &understanding);
        let Understanding {
            language, triage, ..
        } = understanding;
        let municipality = content.municipality.as_ref();
        let named = |key: &'static str| every(locales, key);
        let privacy = municipality.and_then(|municipality| municipality.privacy.clone());
        let topics: Vec<_> = content
            .topics
            .iter()
            .map(|topic| Named {
                id: topic.id.clone(),
                name: topic.name.clone(),
            })
            .collect();
        Ok(Self {
            contact: municipality
                .and_then(|municipality| municipality.contact.clone())
                .unwrap_or_else(|| named("contact-default")),
            controller: privacy.as_ref().map_or_else(
                || identity.name.clone(),
                |privacy| privacy.controller.clone(),
            ),
            controller_address: privacy
                .map_or_else(|| named("address-default"), |privacy| privacy.address),
            municipality: identity.name,
            web_history_hours: identity.web_history_hours,
            quiet_hours: identity.quiet_hours,
            languages: locales
                .langs()
                .into_iter()
                .map(|lang| (lang, locales.plain(lang, &Phrase::new("speak-this"))))
                .collect(),
            also: locales
                .langs()
                .into_iter()
                .map(|lang| (lang, locales.plain(lang, &Phrase::new("also-speak"))))
                .collect(),
            lexicon: Lexicon::new(
                locales,
                topics.iter().map(|topic| (topic.id.as_str(), &topic.name)),
            ),
            topics,
            areas: content
                .areas()
                .iter()
                .map(|area| Named {
                    id: area.id.clone(),
                    name: area.name.clone(),
                })
                .collect(),
            answers,
            duties,
            unencoded,
            language,
            triage,
            cues: Cues::new(locales),
            entries,
        })
    }

    /// The entry of an id, if its review isn't overdue.
    #[must_use]
    pub fn served(&self, id: &str, now: Millis) -> Option<&Curated> {
        self.entry(id)
            .filter(|entry| entry.served_until.is_none_or(|until| now < until))
    }

    /// The entry of an id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Curated> {
        self.entries.iter().find(|entry| entry.id == id)
    }
}

fn every(locales: &Locales, key: &'static str) -> Localized {
    locales
        .langs()
        .into_iter()
        .map(|lang| (lang, locales.plain(lang, &Phrase::new(key))))
        .collect()
}

/// What each served language looks like: everyday messages, the words of its thesaurus, the entries.
fn samples(
    locales: &Locales,
    thesauri: &Localized<Vec<String>>,
    entries: &[answers::Entry],
) -> Localized<Vec<String>> {
    locales
        .samples()
        .map(|(lang, sample)| {
            let mut texts = sample.to_vec();
            texts.extend(thesauri.get(lang).into_iter().flatten().cloned());
            for text in entries.iter().filter_map(|entry| entry.texts.get(lang)) {
                texts.push(text.question.clone());
                texts.push(text.answer.clone());
                texts.extend(text.phrasings.iter().cloned());
            }
            (lang, texts)
        })
        .collect()
}

/// The entries as retrieval sees them.
#[must_use]
pub fn sources(content: &Content) -> Vec<answers::Entry> {
    let entries = content.entries.iter().map(|entry| answers::Entry {
        id: entry.id.clone(),
        topic: entry.topic.clone(),
        texts: entry
            .texts
            .iter()
            .map(|(lang, text)| {
                let mut phrasings = text.phrasings.clone();
                // In one: a word alone is what many entries are about.
                phrasings.extend((!text.synonyms.is_empty()).then(|| text.synonyms.join(", ")));
                let text = answers::EntryText {
                    question: text.question.clone(),
                    answer: text.answer.clone(),
                    phrasings,
                };
                (lang, text)
            })
            .collect(),
    });
    entries.collect()
}

/// The end of the last day on which something is shown. Which time zone's day it is doesn't matter to
/// a grace of weeks.
fn end_of(day: jiff::civil::Date, grace_days: u32) -> Option<Millis> {
    let last = day.checked_add(jiff::Span::new().days(i64::from(grace_days)));
    let end = last
        .ok()?
        .tomorrow()
        .ok()?
        .to_zoned_datetime(jiff::tz::TimeZone::UTC);
    Some(end.ok()?.timestamp().as_millisecond())
}

/// The entries as shown and as retrieval sees them, in the same order.
fn entries(
    content: &Content,
    imported: &[Imported],
    grace_days: u32,
) -> (Vec<Curated>, Vec<answers::Entry>) {
    let mut shown = Vec::new();
    for entry in &content.entries {
        let authority = content.authorities.get(&entry.authority);
        let of = |pick: fn(&crate::content::Text) -> &String| {
            entry
                .texts
                .iter()
                .map(|(lang, text)| (lang, pick(text).trim().to_owned()))
                .collect()
        };
        shown.push(Curated {
            id: entry.id.clone(),
            question: of(|text| &text.question),
            answer: of(|text| &text.answer),
            source: Some(Provenance {
                name: entry.source_name.clone(),
                url: entry.source.to_string(),
                authority: authority
                    .map(|authority| authority.name.clone())
                    .unwrap_or_default(),
                checked: (
                    entry.checked.year(),
                    entry.checked.month(),
                    entry.checked.day(),
                ),
                verified: entry.status == Status::Verified,
                origin: content.origin(entry).cloned(),
            }),
            related: entry.related.clone(),
            emergency: entry.is_emergency(),
            matter: entry.matter.clone(),
            served_until: end_of(entry.review, grace_days),
        });
    }
    let mut sources = sources(content);
    // Imported rows come ordered by id: the languages of one entry are neighbours.
    for rows in imported.chunk_by(|a, b| a.id == b.id) {
        let of = |pick: fn(&Imported) -> &String| {
            rows.iter()
                .map(|row| (row.lang, pick(row).clone()))
                .collect::<Localized>()
        };
        shown.push(Curated {
            id: rows[0].id.clone(),
            question: of(|row| &row.question),
            answer: of(|row| &row.answer),
            source: None,
            related: Vec::new(),
            emergency: false,
            matter: None,
            served_until: None,
        });
        sources.push(answers::Entry {
            id: rows[0].id.clone(),
            topic: rows[0].topic.clone(),
            texts: rows
                .iter()
                .map(|row| {
                    let text = answers::EntryText {
                        question: row.question.clone(),
                        answer: row.answer.clone(),
                        phrasings: Vec::new(),
                    };
                    (row.lang, text)
                })
                .collect(),
        });
    }
    (shown, sources)
}
