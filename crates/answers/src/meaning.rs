//! The leg of meaning: how near a message is to the entries by vectors that a transformer makes of
//! whole texts.
//!
//! The transformer is handed in: this crate knows the trait. Entries are ranked by vectors from which
//! the mean was taken, for those of a transformer all point much the same way; what speaks for an
//! answer at all is the cosine before that, which a mean over few entries can't distort.

use std::fmt::Debug;
use std::sync::Arc;

use super::{Entry, EntryText};

/// What the leg counts beside the others together. Fixed; measured on the development split.
const WEIGHT: f32 = 0.4;

/// Characters of a message that are encoded at most: the bound for its time.
const CHARS: usize = 400;

/// Least lead of a typical good match, as a share of the best there could be.
const LEAST_LEAD: f32 = 0.5;

/// The cosine of texts that have nothing to do with each other, and how far that of good matches lies
/// above. Of multilingual-e5, as [`Encode`] is.
const USUAL: (f32, f32) = (0.8, 0.1);

/// What a text is to the one who encodes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A question.
    Query,
    /// What may answer one.
    Passage,
}

/// Makes vectors of texts, so that texts of like meaning have vectors of like direction.
pub trait Encode: Send + Sync + Debug {
    /// The vector of a text, of length one. All have as many numbers, and those of a text are always
    /// the same.
    fn encode(&self, text: &str, kind: Kind) -> Vec<f32>;
}

/// What is encoded of each entry in a language, in this order, when the leg is built.
fn parts(text: &EntryText) -> [(Kind, String); 2] {
    let EntryText {
        question, answer, ..
    } = text;
    [
        (Kind::Passage, format!("{question} {answer}")),
        (Kind::Query, question.clone()),
    ]
}

/// Everything that [`crate::Answers::with_meaning`] encodes of these entries: so that it can be had
/// ready.
#[must_use]
pub fn encoded(entries: &[Entry]) -> Vec<(Kind, String)> {
    let texts = entries.iter().flat_map(|entry| entry.texts.iter());
    texts.flat_map(|(_, text)| parts(text)).collect()
}

/// The entries of one language as vectors.
#[derive(Debug)]
pub(super) struct Meaning {
    encoder: Arc<dyn Encode>,
    /// Each entry's vector.
    entries: Vec<Vec<f32>>,
    /// The mean of the entries.
    middle: Vec<f32>,
    /// How long each vector is when the mean is taken.
    lengths: Vec<f32>,
    /// The mean of questions, taken from a message.
    origin: Vec<f32>,
    /// The lead of a typical good match.
    scale: f32,
}

/// What a message means.
#[derive(Debug)]
pub(super) struct Meant {
    /// How near each entry is, in units of a typical good match.
    pub(super) near: Vec<f32>,
    /// How near the nearest is without regard to the others, in units between nothing to do with it
    /// and a good match.
    pub(super) evidence: f32,
}

impl Meaning {
    /// Encodes texts; places are positions in `texts`.
    pub(super) fn build(encoder: Arc<dyn Encode>, texts: &[&EntryText]) -> Self {
        let (mut entries, mut questions) = (Vec::new(), Vec::new());
        for text in texts {
            let [entry, question] = parts(text).map(|(kind, text)| encoder.encode(&text, kind));
            entries.push(entry);
            questions.push(question);
        }
        let middle = mean(&entries);
        let mut meaning = Self {
            encoder,
            lengths: entries.iter().map(|entry| from(entry, &middle).1).collect(),
            origin: mean(&questions),
            middle,
            entries,
            scale: 1.0,
        };
        let leads = questions
            .iter()
            .map(|question| lead(&meaning.cosines(question)));
        meaning.scale = (leads.sum::<f32>() / texts.len().max(1) as f32).max(LEAST_LEAD);
        meaning
    }

    /// Compares a message with all entries.
    pub(super) fn hear(&self, text: &str) -> Meant {
        let end = text.char_indices().nth(CHARS);
        let text = text[..end.map_or(text.len(), |(end, _)| end)].trim();
        let query = self.encoder.encode(text, Kind::Query);
        let mut near = self.cosines(&query);
        near.iter_mut().for_each(|near| *near /= self.scale);
        let nearest = self.entries.iter().map(|entry| dot(entry, &query));
        let (usual, span) = USUAL;
        Meant {
            near,
            evidence: (nearest.fold(usual, f32::max) - usual) / span,
        }
    }

    /// The cosines of a query and the entries, each with its mean taken.
    fn cosines(&self, query: &[f32]) -> Vec<f32> {
        let (query, length) = from(query, &self.origin);
        let middle = dot(&query, &self.middle);
        let one = |(entry, own): (&Vec<f32>, &f32)| {
            let lengths = length * own;
            if lengths > f32::EPSILON {
                (dot(&query, entry) - middle) / lengths
            } else {
                0.0
            }
        };
        self.entries.iter().zip(&self.lengths).map(one).collect()
    }
}

/// The score of an entry, of what the other legs make of it and how near it is in meaning.
pub(super) fn join(others: f32, near: f32) -> f32 {
    (1.0 - WEIGHT) * others + WEIGHT * near
}

fn lead(cosines: &[f32]) -> f32 {
    let top = cosines.iter().copied().fold(0.0, f32::max);
    top - cosines.iter().sum::<f32>() / cosines.len().max(1) as f32
}

fn mean(vectors: &[Vec<f32>]) -> Vec<f32> {
    let mut mean = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for vector in vectors {
        for (mean, one) in mean.iter_mut().zip(vector) {
            *mean += one / vectors.len() as f32;
        }
    }
    mean
}

/// The way from a mean to a vector, and its length.
fn from(vector: &[f32], mean: &[f32]) -> (Vec<f32>, f32) {
    let way: Vec<f32> = vector
        .iter()
        .zip(mean)
        .map(|(one, mean)| one - mean)
        .collect();
    let length = dot(&way, &way).sqrt();
    (way, length)
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answers, Evidence, Lang, Lexicon};

    /// Knows three matters by a word of each, whatever the language, and leans all vectors one way.
    #[derive(Debug)]
    struct Matters;

    impl Encode for Matters {
        fn encode(&self, text: &str, kind: Kind) -> Vec<f32> {
            let text = text.to_lowercase();
            let has = |words: &[&str]| f32::from(words.iter().any(|word| text.contains(word)));
            let mut vector = vec![
                2.0 + f32::from(kind == Kind::Query),
                has(&["palo", "savu", "liekki"]),
                has(&["jää", "hyinen"]),
                has(&["kyy", "käärme"]),
            ];
            let length = dot(&vector, &vector).sqrt();
            vector.iter_mut().for_each(|one| *one /= length);
            vector
        }
    }

    fn meaning(questions: &[&str]) -> Meaning {
        let text = |question: &&str| EntryText {
            question: (*question).to_owned(),
            ..EntryText::default()
        };
        let texts: Vec<EntryText> = questions.iter().map(text).collect();
        Meaning::build(Arc::new(Matters), &texts.iter().collect::<Vec<_>>())
    }

    const QUESTIONS: [&str; 3] = ["Palo?", "Kantaako jää?", "Kyy puri?"];

    #[test]
    fn the_entry_of_like_meaning_is_nearest_and_the_others_are_not_near() {
        let meaning = meaning(&QUESTIONS);
        for (text, place) in [("liekki", 0), ("hyinen", 1), ("käärme", 2)] {
            let near = meaning.hear(text).near;
            for (other, one) in near.iter().enumerate() {
                let (least, most) = if other == place {
                    (0.5, 1.1)
                } else {
                    (-1.1, 0.1)
                };
                assert!((least..most).contains(one), "{text}: {near:?}");
            }
        }
    }

    #[test]
    fn evidence_is_of_the_nearest_and_does_not_depend_on_the_others() {
        let all = meaning(&QUESTIONS).hear("hyinen").evidence;
        let alone = meaning(&QUESTIONS[1..2]).hear("hyinen").evidence;
        assert!((all - alone).abs() < 1e-6 && all > 0.0, "{all} {alone}");
        assert!(meaning(&QUESTIONS[..1]).hear("hyinen").evidence < all);
    }

    #[test]
    fn one_entry_or_none_makes_no_trouble() {
        assert_eq!(meaning(&QUESTIONS[..1]).hear("liekki").near, [0.0]);
        let none = meaning(&[]).hear("liekki");
        assert!(none.near.is_empty() && none.evidence == 0.0);
    }

    #[test]
    fn a_message_that_shares_no_word_is_found_and_the_other_evidence_stays() {
        let entries: Vec<Entry> = QUESTIONS
            .iter()
            .map(|question| {
                let text = EntryText {
                    question: (*question).to_owned(),
                    ..EntryText::default()
                };
                Entry {
                    id: (*question).to_owned(),
                    topic: String::new(),
                    texts: [(Lang::FI, text)].into_iter().collect(),
                }
            })
            .collect();
        let thresholds = toml::from_str(include_str!("../../../content/thresholds-meaning.toml"));
        let thresholds = thresholds.expect("the shipped thresholds");
        let build = || Answers::build(&Lexicon::default(), &entries, &thresholds);
        let encoder: Arc<dyn Encode> = Arc::new(Matters);
        let (without, with) = (build(), build().with_meaning(&entries, &encoder));
        assert_eq!(without.legs(), ["grams", "concepts"]);
        assert_eq!(with.legs(), ["grams", "concepts", "meaning"]);
        assert!(without.look(Lang::FI, "hyinen").ranked.is_empty());
        let found = with.look(Lang::FI, "hyinen").ranked;
        assert!(found[0].id == QUESTIONS[1] && found[0].legs.meaning > 0.5);
        let evidence = |answers: &Answers| answers.look(Lang::FI, "kantaako").evidence;
        let meaning = evidence(&with).meaning;
        let expected = Evidence {
            meaning,
            ..evidence(&without)
        };
        assert!(meaning > 0.0 && evidence(&with) == expected);
        assert!(with.look(Lang::SV, "hyinen").ranked.is_empty());
        assert_eq!(encoded(&entries).len(), 6);
    }

    #[test]
    fn of_a_long_message_only_the_beginning_counts() {
        let meaning = meaning(&QUESTIONS);
        let long = format!("{} kyy", "ä".repeat(CHARS));
        assert_eq!(meaning.hear(&long).near, meaning.hear("ä").near);
    }
}
