//! The retrieval index of one language: legs, how they are weighed, and how sure the result is.
//!
//! Its job is to turn a message into a ranked list of entries and one confidence. Which outcome a
//! confidence leads to is left to the parent module. A further leg (word vectors, a thesaurus)
//! is added here: a place in [`Leg`] and [`Legs`], a weight, and its scores in [`Index::rank`].

use std::sync::Arc;

use super::bm25::{Bm25, Terms};
use super::grams::grams;
use super::lexicon::Lexicon;
use super::soft::{self, Counts, Soft};
use super::thesaurus::Thesaurus;
use super::words::{MESSAGE_CHARS, Spelling, Words};
use super::{EntryText, Evidence, Legs};
use crate::Lang;

/// Sizes of the character n-grams.
const GRAMS: std::ops::RangeInclusive<usize> = 3..=5;

/// How often a word of the question counts; words of phrasings and answer count once.
const QUESTION: f32 = 2.0;

/// Characters of each text of an entry that are indexed at most.
const ENTRY_CHARS: usize = 20_000;

/// The ways a message is compared with entries.
#[derive(Clone, Copy)]
enum Leg {
    /// N-grams of question, phrasings and answer.
    Grams,
    /// N-grams of question and phrasings: what the entry is about, not what it mentions.
    Asked,
    /// What question, phrasings and answer speak of, by the thesaurus.
    Concepts,
    /// Words near in meaning.
    Soft,
    /// The texts as wholes.
    Whole,
}

const LEGS: [Leg; 5] = [Leg::Grams, Leg::Asked, Leg::Concepts, Leg::Soft, Leg::Whole];

/// One number per leg, in the order of [`LEGS`].
type PerLeg = [f32; LEGS.len()];

/// What each leg adds to a score after scaling. Fixed: learned weights did no better on a few
/// hundred questions, and these do not move when an entry is added.
const WEIGHT: PerLeg = [0.22, 0.08, 0.25, 0.31, 0.14];

/// Reach by meaning (see [`Evidence`]) from which on a message is judged by what it got, not by what
/// it could get: a keyword cannot get the score of a sentence.
const FULL: f32 = 1.6;

/// Least reach, as a share of [`FULL`], so that one common word does not make certainty.
const SHORT: f32 = 0.5;

/// Least lead of a typical good match, as a share of the best there could be: among a few entries
/// about one matter none leads by much, and yet a question about another matter isn't theirs.
const LEAST_LEAD: f32 = 0.5;

/// One ranked entry, by its place in this index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) place: usize,
    pub(super) score: f32,
    legs: PerLeg,
}

impl Hit {
    pub(super) fn legs(&self) -> Legs {
        let [grams, asked, concepts, soft, whole] = self.legs;
        Legs {
            grams,
            asked,
            concepts,
            soft,
            whole,
        }
    }
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
    count: usize,
    thesaurus: Arc<Thesaurus>,
    grams: Bm25,
    asked: Bm25,
    concepts: Bm25,
    soft: Option<Soft>,
    /// Raw score of a typical good match, per leg.
    scale: PerLeg,
    /// What each leg adds: [`WEIGHT`], shared among the legs that are there.
    weight: PerLeg,
}

impl Index {
    /// Indexes texts; places are positions in `texts`.
    pub(super) fn build(lang: Lang, lexicon: &Lexicon, texts: &[&EntryText]) -> Self {
        let thesaurus = lexicon.thesaurus(lang);
        let lexical = |leg| {
            let documents: Vec<Terms> = texts
                .iter()
                .map(|text| entry_terms(text, leg, &thesaurus))
                .collect();
            Bm25::build(&documents)
        };
        let soft = lexicon.vectors().map(|vectors| {
            let documents: Vec<Counts> = texts.iter().map(|text| counts(text)).collect();
            let questions: Vec<Counts> = texts
                .iter()
                .map(|text| {
                    let mut counts = Counts::new();
                    soft::count(&text.question, 1.0, ENTRY_CHARS, &mut counts);
                    counts
                })
                .collect();
            Soft::build(vectors, lang, &documents, &questions)
        });
        let mut index = Self {
            count: texts.len(),
            grams: lexical(Leg::Grams),
            asked: lexical(Leg::Asked),
            concepts: lexical(Leg::Concepts),
            soft,
            thesaurus,
            scale: [1.0; LEGS.len()],
            weight: WEIGHT,
        };
        index.measure(texts);
        index
    }

    /// Adds up the scores of one leg. Returns the bound of a score.
    fn score(&self, leg: Leg, query: &Query, scores: &mut [f32]) -> f32 {
        match (leg, &self.soft) {
            (Leg::Grams, _) => self.grams.add(&query.grams, scores),
            (Leg::Asked, _) => self.asked.add(&query.grams, scores),
            (Leg::Concepts, _) => self.concepts.add(&query.concepts, scores),
            (Leg::Soft, Some(soft)) => soft.words(&query.counts, scores),
            (Leg::Whole, Some(soft)) => {
                soft.whole_scores(&query.counts, scores);
                1.0
            }
            (Leg::Soft | Leg::Whole, None) => 0.0,
        }
    }

    /// Ranks all entries for a message.
    pub(super) fn rank(&self, text: &str) -> Ranking {
        let query = Query::read(text, &self.thesaurus);
        if !query.says_something || self.count == 0 {
            return Ranking::default();
        }
        let mut bounds = [0.0; LEGS.len()];
        let mut found = vec![[0.0; LEGS.len()]; self.count];
        let mut raw = vec![0.0; self.count];
        for leg in LEGS {
            let at = leg as usize;
            raw.fill(0.0);
            bounds[at] = self.score(leg, &query, &mut raw).max(f32::MIN_POSITIVE);
            for (found, raw) in found.iter_mut().zip(&raw) {
                found[at] = *raw;
            }
        }
        let mut hits: Vec<Hit> = found
            .iter()
            .enumerate()
            .filter_map(|(place, raw)| {
                let legs = times(raw, &self.scale.map(f32::recip));
                let score = times(&legs, &self.weight).iter().sum();
                (score > 0.0).then_some(Hit { place, score, legs })
            })
            .collect();
        hits.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
        let evidence = hits.first().map_or(Evidence::default(), |top| {
            let soft = hits.iter().map(|hit| hit.legs[Leg::Soft as usize]);
            let reach = |leg: Leg| bounds[leg as usize] / self.scale[leg as usize];
            let short = match self.soft {
                Some(_) => (reach(Leg::Soft) / FULL).clamp(SHORT, 1.0),
                None => 1.0,
            };
            Evidence {
                score: top.score / short,
                soft: soft.fold(0.0, f32::max) / short,
                concepts: top.legs[Leg::Concepts as usize] / short,
                reach: reach(Leg::Concepts),
            }
        });
        Ranking { hits, evidence }
    }

    /// Measures the scales, and shares the weights among the legs that find anything.
    fn measure(&mut self, texts: &[&EntryText]) {
        let leads = self.leads(texts);
        let all: f32 = leads
            .iter()
            .zip(WEIGHT)
            .filter_map(|(lead, weight)| lead.map(|_| weight))
            .sum();
        if all == 0.0 {
            // One entry, or all alike: there is nothing to measure by.
            return;
        }
        for leg in LEGS.map(|leg| leg as usize) {
            self.scale[leg] = leads[leg].unwrap_or(1.0);
            self.weight[leg] = leads[leg].map_or(0.0, |_| WEIGHT[leg] / all);
        }
    }

    /// The mean lead of the best entry over the average entry, per leg, when the knowledge base
    /// is asked its own questions. Makes legs comparable with each other and
    /// confidences comparable between knowledge bases of different size. `None` for a leg that finds nothing.
    fn leads(&self, texts: &[&EntryText]) -> [Option<f32>; LEGS.len()] {
        let mut sums = [0.0; LEGS.len()];
        let mut bounds = [0.0_f32; LEGS.len()];
        let mut asked = 0.0_f32;
        let mut scores = vec![0.0; self.count];
        // By the questions only: an entry is as good with other phrasings as without.
        for text in texts {
            let query = Query::read(&text.question, &self.thesaurus);
            for leg in LEGS {
                scores.fill(0.0);
                let bound = self.score(leg, &query, &mut scores);
                bounds[leg as usize] += bound;
                sums[leg as usize] += lead(&scores);
            }
            asked += 1.0;
        }
        let lead = |leg: Leg| {
            let least = LEAST_LEAD * bounds[leg as usize];
            let sum = sums[leg as usize];
            (sum > 0.0).then(|| sum.max(least) / asked)
        };
        LEGS.map(lead)
    }
}

fn times(a: &PerLeg, b: &PerLeg) -> PerLeg {
    std::array::from_fn(|at| a[at] * b[at])
}

fn lead(scores: &[f32]) -> f32 {
    let top = scores.iter().copied().fold(0.0, f32::max);
    top - scores.iter().sum::<f32>() / scores.len().max(1) as f32
}

/// The distinct terms of a message, each with its weight.
struct Query {
    /// Whether there is a word of two characters or more.
    says_something: bool,
    grams: Vec<(u32, f32)>,
    concepts: Vec<(u32, f32)>,
    counts: Counts,
}

impl Query {
    fn read(text: &str, thesaurus: &Thesaurus) -> Self {
        let read = Words::read(text, Spelling::Folded, MESSAGE_CHARS);
        let mut query = Self {
            says_something: read.iter().any(|word| word.len() > 1),
            grams: Vec::with_capacity(text.len().min(MESSAGE_CHARS) * GRAMS.count()),
            concepts: thesaurus.concepts(&read),
            counts: Counts::new(),
        };
        for word in read.iter() {
            grams(word, GRAMS, |hash| query.grams.push((hash, 1.0)));
        }
        query.grams.sort_unstable_by_key(|(hash, _)| *hash);
        query.grams.dedup_by_key(|(hash, _)| *hash);
        soft::count(text, 1.0, MESSAGE_CHARS, &mut query.counts);
        query
    }
}

fn entry_terms(text: &EntryText, leg: Leg, thesaurus: &Thesaurus) -> Terms {
    let mut terms = Terms::new();
    let mut add = |part: &str, weight: f32| {
        let words = Words::read(part, Spelling::Folded, ENTRY_CHARS);
        if matches!(leg, Leg::Concepts) {
            for (concept, sure) in thesaurus.concepts(&words) {
                *terms.entry(concept).or_default() += weight * sure;
            }
            return;
        }
        for word in words.iter() {
            grams(word, GRAMS, |hash| {
                *terms.entry(hash).or_default() += weight
            });
        }
    };
    add(&text.question, QUESTION);
    text.phrasings
        .iter()
        .for_each(|phrasing| add(phrasing, 1.0));
    if !matches!(leg, Leg::Asked) {
        add(&text.answer, 1.0);
    }
    terms
}

fn counts(text: &EntryText) -> Counts {
    let mut counts = Counts::new();
    soft::count(&text.question, QUESTION, ENTRY_CHARS, &mut counts);
    for phrasing in &text.phrasings {
        soft::count(phrasing, 1.0, ENTRY_CHARS, &mut counts);
    }
    soft::count(&text.answer, 1.0, ENTRY_CHARS, &mut counts);
    counts
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
                "Palovaroitin kuuluu joka kotiin. Kysy kunnasta.",
            ),
            text(
                "Kuka ostaa palovaroittimen?",
                "Rakennuksen omistaja hankkii laitteen.",
            ),
            text("Milloin nuohotaan?", "Kerran vuodessa."),
        ]);
        assert_eq!(index.rank("palovaroitin").hits[0].place, 1);
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
