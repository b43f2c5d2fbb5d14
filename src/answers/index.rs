//! The retrieval index of one language: legs, how they are weighed, and how sure the result is.
//!
//! Its job is to turn a message into a ranked list of entries and one confidence. Which outcome a
//! confidence leads to is left to the parent module. A further leg (word vectors, a thesaurus)
//! is added here: a place in [`Leg`] and [`Legs`], a weight, and its scores in [`Index::rank`].

use super::bm25::{Bm25, Terms};
use super::grams::{grams, whole};
use super::words::{MESSAGE_CHARS, Spelling, Words};
use super::{EntryText, Legs};

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
    /// Words of question, phrasings and answer.
    Words,
    /// N-grams of question and phrasings: what the entry is about, not what it mentions.
    Asked,
}

const LEGS: [Leg; 3] = [Leg::Grams, Leg::Words, Leg::Asked];

/// One number per leg, in the order of [`LEGS`].
type PerLeg = [f32; LEGS.len()];

/// What each leg adds to a score after scaling. Fixed: learned weights did no better on a few
/// hundred questions, and these do not move when an entry is added.
const WEIGHT: PerLeg = [0.4, 0.2, 0.4];

/// One ranked entry, by its place in this index.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) place: usize,
    pub(super) score: f32,
    legs: PerLeg,
}

impl Hit {
    pub(super) fn legs(&self) -> Legs {
        let [grams, words, asked] = self.legs;
        Legs {
            grams,
            words,
            asked,
        }
    }
}

/// What a message finds: entries with a score above zero, best first, and how sure the best is.
#[derive(Debug, Default)]
pub(super) struct Ranking {
    pub(super) hits: Vec<Hit>,
    pub(super) confidence: f32,
}

/// The entries of one language.
#[derive(Debug)]
pub(super) struct Index {
    count: usize,
    legs: [Bm25; LEGS.len()],
    /// Raw score of a typical good match, per leg.
    scale: PerLeg,
}

impl Index {
    /// Indexes texts; places are positions in `texts`.
    pub(super) fn build(texts: &[&EntryText]) -> Self {
        let legs = LEGS.map(|leg| {
            let documents: Vec<Terms> = texts.iter().map(|text| entry_terms(text, leg)).collect();
            Bm25::build(&documents)
        });
        let scale = [1.0; LEGS.len()];
        let mut index = Self {
            count: texts.len(),
            legs,
            scale,
        };
        index.scale = index.measure_scale(texts);
        index
    }

    /// Ranks all entries for a message.
    pub(super) fn rank(&self, text: &str) -> Ranking {
        let query = Query::read(text);
        if query.grams.is_empty() || self.count == 0 {
            return Ranking::default();
        }
        let mut bounds = [0.0; LEGS.len()];
        let mut found = vec![[0.0; LEGS.len()]; self.count];
        let mut raw = vec![0.0; self.count];
        for leg in LEGS {
            let at = leg as usize;
            raw.fill(0.0);
            bounds[at] = self.legs[at]
                .add(query.terms(leg), &mut raw)
                .max(f32::MIN_POSITIVE);
            for (found, raw) in found.iter_mut().zip(&raw) {
                found[at] = *raw;
            }
        }
        let mut hits: Vec<Hit> = found
            .iter()
            .enumerate()
            .filter_map(|(place, raw)| {
                let legs = times(raw, &self.scale.map(f32::recip));
                let score = weighed(&legs);
                (score > 0.0).then_some(Hit { place, score, legs })
            })
            .collect();
        hits.sort_unstable_by(|a, b| b.score.total_cmp(&a.score).then(a.place.cmp(&b.place)));
        let confidence = hits.first().map_or(0.0, |top| {
            let covered = weighed(&times(&found[top.place], &bounds.map(f32::recip)));
            let reach = weighed(&times(&bounds, &self.scale.map(f32::recip)));
            confidence(top.score, covered, reach)
        });
        Ranking { hits, confidence }
    }

    /// The mean lead of the best entry over the average entry, per leg, when the knowledge base
    /// is asked its own questions and phrasings. Makes legs comparable with each other and
    /// confidences comparable between knowledge bases of different size.
    fn measure_scale(&self, texts: &[&EntryText]) -> PerLeg {
        let mut sums = [0.0; LEGS.len()];
        let mut asked = 0.0_f32;
        let mut scores = vec![0.0; self.count];
        for text in texts {
            for question in std::iter::once(&text.question).chain(&text.phrasings) {
                let query = Query::read(question);
                for leg in LEGS {
                    scores.fill(0.0);
                    self.legs[leg as usize].add(query.terms(leg), &mut scores);
                    sums[leg as usize] += lead(&scores);
                }
                asked += 1.0;
            }
        }
        sums.map(|sum| if sum > 0.0 { sum / asked } else { 1.0 })
    }
}

/// Least reach a message is judged by, so that one common word does not make certainty.
const LEAST_REACH: f32 = 0.5;

/// How sure a ranking is that its best entry answers the message; 0 and up, about 1 when it does.
///
/// The geometric mean of two absolute levels: how high the score is for this knowledge base
/// (long messages get there by chance words) and how much of what was asked the entry has, 0 to 1
/// (short messages get there by one common word). Neither looks at the other entries. `reach` is
/// the score of an imagined perfect entry: a keyword cannot reach the score of a sentence, and is
/// judged by what it can reach. Of the combinations measured this one told questions outside the
/// knowledge base best apart while still showing something for a bare keyword.
fn confidence(score: f32, covered: f32, reach: f32) -> f32 {
    (score * covered / reach.clamp(LEAST_REACH, 1.0)).sqrt()
}

fn weighed(legs: &PerLeg) -> f32 {
    times(legs, &WEIGHT).iter().sum()
}

fn times(a: &PerLeg, b: &PerLeg) -> PerLeg {
    std::array::from_fn(|at| a[at] * b[at])
}

fn lead(scores: &[f32]) -> f32 {
    let top = scores.iter().copied().fold(0.0, f32::max);
    top - scores.iter().sum::<f32>() / scores.len().max(1) as f32
}

/// The distinct terms of a message.
struct Query {
    grams: Vec<u32>,
    words: Vec<u32>,
}

impl Query {
    fn read(text: &str) -> Self {
        let read = Words::read(text, Spelling::Folded, MESSAGE_CHARS);
        let mut query = Self {
            grams: Vec::with_capacity(text.len().min(MESSAGE_CHARS) * GRAMS.count()),
            words: Vec::with_capacity(read.len()),
        };
        for word in read.iter() {
            query.words.push(whole(word));
            grams(word, GRAMS, |hash| query.grams.push(hash));
        }
        for terms in [&mut query.grams, &mut query.words] {
            terms.sort_unstable();
            terms.dedup();
        }
        query
    }

    fn terms(&self, leg: Leg) -> &[u32] {
        match leg {
            Leg::Grams | Leg::Asked => &self.grams,
            Leg::Words => &self.words,
        }
    }
}

fn entry_terms(text: &EntryText, leg: Leg) -> Terms {
    let mut terms = Terms::new();
    let mut add = |part: &str, weight: f32| {
        for word in Words::read(part, Spelling::Folded, ENTRY_CHARS).iter() {
            let mut count = |hash| *terms.entry(hash).or_default() += weight;
            match leg {
                Leg::Grams | Leg::Asked => grams(word, GRAMS, count),
                Leg::Words => count(whole(word)),
            }
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
        Index::build(&texts.iter().collect::<Vec<_>>())
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
    fn confidence_falls_when_words_nobody_knows_are_added() {
        let index = index(&[
            text("Saako risuja polttaa?", "Kysy kunnasta."),
            text("Jää", "Jää"),
        ]);
        let sure = index.rank("saako risuja polttaa").confidence;
        let less = index
            .rank("saako risuja polttaa xylofoni bassoklarinetti")
            .confidence;
        assert!(sure > less && less > 0.0, "{sure} {less}");
    }

    #[test]
    fn repeating_a_word_changes_nothing() {
        let index = index(&[
            text("Saako risuja polttaa?", "Kysy kunnasta."),
            text("Jää", "Jää"),
        ]);
        let once = index.rank("risuja");
        let often = index.rank(&"risuja ".repeat(50));
        assert_eq!(once.confidence.to_bits(), often.confidence.to_bits());
    }

    #[test]
    fn scales_make_the_lead_of_a_typical_good_match_one() {
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
        assert!((0.99..1.01).contains(&mean), "{mean}");
    }

    #[test]
    fn an_empty_index_or_message_ranks_nothing() {
        assert!(index(&[]).rank("risu").hits.is_empty());
        assert!(index(&[text("", "")]).rank("risu").hits.is_empty());
        let ranking = index(&[text("Jää", "Jää")]).rank(" 👍 ");
        assert!(ranking.hits.is_empty() && ranking.confidence == 0.0);
    }
}
