//! The retrieval index of one language: what is found, in which order, and what speaks for it.
//!
//! Its job is to turn a message into a ranked list of entries and the evidence for the best. Which
//! outcome evidence leads to is left to the parent module.

use std::sync::Arc;

use super::collection::{Collection, LEGS, Leg, PerLeg, Query, Worded};
use super::corpus::{Corpus, Votes};
use super::lexicon::Lexicon;
use super::meaning::{self, Encode, Meaning, Meant};
use super::repair::{Known, Repair};
use super::thesaurus::Thesaurus;
use super::vocabulary::Vocabulary;
use super::weighing::Weighing;
use super::{EntryText, Evidence, Legs};
use crate::Lang;

/// What the lines of the corpus add to a score.
const HOP: f32 = 1.0;

/// Entries from which on it is added wholly: lines have little to choose among a few entries, and one of two
/// that a keyword names equally would seem to be meant.
const MANY: f32 = 20.0;

/// Score by meaning of an entry that had every word, from which on a message is judged by what it got, not by what
/// it could get: a keyword cannot get the score of a sentence.
const FULL: f32 = 1.6;

/// The least that is taken for it, as a share of [`FULL`], so that one common word does not make certainty.
const SHORT: f32 = 0.5;

/// Least lead of a typical good match, as a share of the best there could be: among a few entries
/// about one matter none leads by much, and yet a question about another matter isn't theirs.
const LEAST_LEAD: f32 = 0.5;

/// One ranked entry, by its place in this index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) place: usize,
    pub(super) score: f32,
    pub(super) legs: Legs,
}

/// What a message finds: entries with a score above zero, best first, and what speaks for the best.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    pub(super) hits: Vec<Hit>,
    pub(super) evidence: Evidence,
}

/// The entries of one language.
#[derive(Debug)]
pub(super) struct Index {
    thesaurus: Arc<Thesaurus>,
    vocabulary: Vocabulary,
    repair: Repair,
    entries: Collection,
    weighing: Weighing,
    corpus: Arc<Corpus>,
    votes: Votes,
    meaning: Option<Meaning>,
}

impl Index {
    /// Indexes texts; places are positions in `texts`.
    pub(super) fn build(lang: Lang, lexicon: &Lexicon, texts: &[&EntryText]) -> Self {
        let thesaurus = lexicon.thesaurus(lang);
        let corpus = lexicon.corpus(lang);
        let mut vocabulary = corpus.vocabulary.upon();
        let words: Vec<Worded> = texts
            .iter()
            .map(|text| Worded::read(text, &mut vocabulary))
            .collect();
        let own = Known::build(vocabulary.finish().iter());
        let entries =
            Collection::build(texts, &words, &thesaurus, &vocabulary, Some(&corpus.lines));
        let repair = Repair::new(own, Arc::clone(&corpus.known));
        let among = entries.words(&vocabulary, &words);
        let questions = texts
            .iter()
            .zip(&words)
            .map(|(text, words)| match entries.few {
                true => {
                    let mut query = Query::read(&text.question, &thesaurus, &vocabulary, &repair);
                    corpus.lines.compare(&mut query.terms);
                    query
                }
                false => Query::of(text, words, &thesaurus, &vocabulary, &among),
            });
        let weighing = Weighing::new(leads(&entries, &vocabulary, questions));
        Self {
            repair,
            votes: corpus.votes(&entries, &vocabulary, &among, &weighing),
            thesaurus,
            vocabulary,
            entries,
            weighing,
            corpus,
            meaning: None,
        }
    }

    /// Turns the leg of meaning on; `texts` as in [`Self::build`].
    pub(super) fn add_meaning(&mut self, encoder: Arc<dyn Encode>, texts: &[&EntryText]) {
        self.meaning = Some(Meaning::build(encoder, texts));
    }

    /// The names of the legs that are on, as in [`Legs`].
    pub(super) fn legs_on(&self) -> Vec<&'static str> {
        let on = |leg: &Leg| leg.works(&self.vocabulary);
        let own = LEGS.into_iter().filter(on).map(Leg::name);
        let hop = self.corpus.has_lines().then_some("hop");
        let meaning = self.meaning.as_ref().map(|_| "meaning");
        own.chain(hop).chain(meaning).collect()
    }

    /// Ranks all entries for a message.
    pub(super) fn rank(&self, text: &str) -> Ranking {
        let mut query = Query::read(text, &self.thesaurus, &self.vocabulary, &self.repair);
        if !query.says_something || self.entries.count == 0 {
            return Ranking::default();
        }
        if self.entries.few {
            self.corpus.lines.compare(&mut query.terms);
        }
        let mut reach = 0.0;
        let mut found = vec![[0.0; LEGS.len()]; self.entries.count];
        let mut raw = vec![0.0; self.entries.count];
        for leg in LEGS {
            raw.fill(0.0);
            let bound = self.entries.score(leg, &query, &mut raw);
            if matches!(leg, Leg::Soft) {
                reach = self.weighing.scaled(leg, bound);
            }
            for (found, raw) in found.iter_mut().zip(&raw) {
                found[leg as usize] = *raw;
            }
        }
        let heard = self.corpus.hear(&query, &self.votes);
        let told: f32 = query.terms.iter().map(|term| term.telling).sum();
        let evidence = Evidence {
            score: self.lengthen(reach),
            reach: told.ln_1p(),
            background: heard.background,
            exact: false,
            meaning: 0.0,
        };
        let meant = self.meaning.as_ref().map(|meaning| meaning.hear(text));
        self.ranking(&found, evidence, &heard.hop, meant)
    }

    /// What the score of a message is multiplied by for being short, by what it could reach.
    fn lengthen(&self, reach: f32) -> f32 {
        match self.vocabulary.dim() {
            0 => 1.0,
            _ => (reach / FULL).clamp(SHORT, 1.0).recip(),
        }
    }

    /// `evidence` comes with the factor of its score.
    fn ranking(
        &self,
        found: &[PerLeg],
        evidence: Evidence,
        hop: &[f32],
        meant: Option<Meant>,
    ) -> Ranking {
        let mut best = 0.0_f32;
        let told = HOP * (self.entries.count as f32 / MANY).min(1.0);
        let mut hits: Vec<Hit> = found
            .iter()
            .zip(hop)
            .enumerate()
            .filter_map(|(place, (raw, hop))| {
                let own = self.weighing.fuse(raw);
                best = best.max(own);
                let near = meant
                    .as_ref()
                    .and_then(|meant| meant.near.get(place).copied());
                let score = near.map_or(own, |near| meaning::join(own, near)) + told * hop;
                let legs = Legs {
                    meaning: near.unwrap_or(0.0),
                    ..self.legs(raw, *hop)
                };
                (score > 0.0).then_some(Hit { place, score, legs })
            })
            .collect();
        if best == 0.0 && meant.is_none() {
            return Ranking::default();
        }
        hits.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
        let score = best * evidence.score;
        Ranking {
            hits,
            evidence: Evidence {
                score,
                meaning: meant.map_or(0.0, |meant| meant.evidence),
                ..evidence
            },
        }
    }

    fn legs(&self, raw: &PerLeg, hop: f32) -> Legs {
        let scaled = |leg: Leg| self.weighing.scaled(leg, raw[leg as usize]);
        Legs {
            grams: scaled(Leg::Grams),
            concepts: scaled(Leg::Concepts),
            soft: scaled(Leg::Soft),
            whole: scaled(Leg::Whole),
            hop,
            meaning: 0.0,
        }
    }
}

/// The mean lead of the best entry over the average entry, per leg, when the knowledge base is
/// asked its own questions. Makes legs comparable with each other and confidences comparable
/// between knowledge bases of different size. 0 for a leg that finds nothing.
///
/// By the questions only: an entry is as good with other phrasings as without.
fn leads(
    entries: &Collection,
    vocabulary: &Vocabulary,
    questions: impl Iterator<Item = Query>,
) -> PerLeg {
    let mut leads: PerLeg = [0.0; LEGS.len()];
    let mut bounds: PerLeg = [0.0; LEGS.len()];
    let mut raw = vec![0.0; entries.count];
    for query in questions {
        for leg in LEGS.into_iter().filter(|leg| leg.works(vocabulary)) {
            raw.fill(0.0);
            bounds[leg as usize] += entries.score(leg, &query, &mut raw);
            leads[leg as usize] += lead(&raw);
        }
    }
    let least = |leg: usize| leads[leg].max(LEAST_LEAD * bounds[leg]);
    std::array::from_fn(|leg| least(leg) / entries.count.max(1) as f32)
}

fn lead(scores: &[f32]) -> f32 {
    let top = scores.iter().copied().fold(0.0, f32::max);
    top - scores.iter().sum::<f32>() / scores.len().max(1) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(question: &str, answer: &str) -> EntryText {
        EntryText {
            question: question.to_owned(),
            answer: answer.to_owned(),
            phrasings: Vec::new(),
        }
    }

    fn index(texts: &[EntryText]) -> Index {
        let texts: Vec<_> = texts.iter().collect();
        Index::build(Lang::FI, &Lexicon::default(), &texts)
    }

    #[test]
    fn what_an_entry_is_about_outweighs_what_it_mentions() {
        let index = index(&[
            text(
                "Saako risuja polttaa?",
                "Palovaroittimen saa kaupasta. Kysy kunnasta.",
            ),
            text(
                "Kuka ostaa palovaroittimen?",
                "Rakennuksen omistaja hankkii laitteen.",
            ),
            text("Milloin nuohotaan?", "Kerran vuodessa."),
        ]);
        assert_eq!(index.rank("palovaroittimen").hits[0].place, 1);
    }

    #[test]
    fn scales_make_the_lead_of_a_typical_good_match_about_one() {
        let texts = [
            text("Saako risuja polttaa?", "Kysy kunnasta."),
            text("Kuka ostaa palovaroittimen?", "Rakennuksen omistaja."),
            text("Milloin nuohotaan?", "Kerran vuodessa."),
        ];
        let index = index(&texts);
        let lead = |text: &EntryText| {
            let hits = index.rank(&text.question).hits;
            hits[0].score - hits.iter().map(|hit| hit.score).sum::<f32>() / 3.0
        };
        let mean = texts.iter().map(lead).sum::<f32>() / 3.0;
        assert!((0.7..1.01).contains(&mean), "{mean}");
    }

    #[test]
    fn an_empty_index_or_message_ranks_nothing() {
        assert!(index(&[]).rank("risu").hits.is_empty());
        assert!(index(&[text("", "")]).rank("risu").hits.is_empty());
        let ranking = index(&[text("Jää", "Jää")]).rank(" 👍 ");
        assert!(ranking.hits.is_empty() && ranking.evidence == Evidence::default());
    }
}
