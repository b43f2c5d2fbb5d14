//! A collection of texts that a message is compared with, leg by leg: the entries, or the lines of
//! the corpus.
//!
//! What legs are worth, and what follows from a score, are left to the index.

use super::EntryText;
use super::bm25::{Bm25, Terms};
use super::grams::grams;
use super::repair::Repair;
use super::soft::{Found, Soft};
use super::thesaurus::Thesaurus;
use super::vocabulary::{Counts, Places, Spelled, Term, Vocabulary, count, merge};
use super::weighing::Weighing;
use super::whole::Whole;
use super::words::{MESSAGE_CHARS, Spelling, Words};

/// Sizes of the character n-grams.
const GRAMS: std::ops::RangeInclusive<usize> = 3..=5;

/// How often a word of the question counts; words of phrasings and answer count once.
const QUESTION: f32 = 2.0;

/// Characters of each text of an entry that are indexed at most.
const ENTRY_CHARS: usize = 20_000;

/// Words of a message that are looked up among known words at most: the bound for hostile messages.
const REPAIRED: usize = 24;

/// Words a sentence has at least to be compared by itself.
const SENTENCE_WORDS: f32 = 3.0;

/// The ways a message is compared with a text.
#[derive(Clone, Copy)]
pub(super) enum Leg {
    /// N-grams of question, phrasings and answer.
    Grams,
    /// What question, phrasings and answer speak of, by the thesaurus.
    Concepts,
    /// Words near in meaning.
    Soft,
    /// The texts as wholes.
    Whole,
}

impl Leg {
    /// Whether there is what the leg needs.
    pub(super) fn works(self, vocabulary: &Vocabulary) -> bool {
        vocabulary.dim() > 0 || matches!(self, Self::Grams | Self::Concepts)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Grams => "grams",
            Self::Concepts => "concepts",
            Self::Soft => "soft",
            Self::Whole => "whole",
        }
    }
}

pub(super) const LEGS: [Leg; 4] = [Leg::Grams, Leg::Concepts, Leg::Soft, Leg::Whole];

/// One number per leg, in the order of [`LEGS`].
pub(super) type PerLeg = [f32; LEGS.len()];

/// The distinct terms of a message, each with its weight.
#[derive(Debug)]
pub(super) struct Query {
    /// Whether there is a word of two characters or more.
    pub(super) says_something: bool,
    grams: Vec<(u32, f32)>,
    concepts: Vec<(u32, f32)>,
    pub(super) terms: Vec<Term>,
}

impl Query {
    pub(super) fn read(
        text: &str,
        thesaurus: &Thesaurus,
        vocabulary: &Vocabulary,
        repair: &Repair,
    ) -> Self {
        let mut typed = Counts::new();
        count(text, MESSAGE_CHARS, &mut typed);
        let mut counts = Counts::new();
        let mut left = REPAIRED;
        for (word, count) in typed {
            let meant = meant(&word, thesaurus, vocabulary, repair, &mut left);
            *counts.entry(meant.unwrap_or(word)).or_default() += count;
        }
        let words = Words::of(counts.keys().map(|(_, folded)| folded.as_slice()));
        Self {
            terms: vocabulary.terms(&counts),
            concepts: thesaurus.concepts(&words),
            ..Self::lexical(text, thesaurus)
        }
    }

    /// A query without the legs of meaning.
    pub(super) fn lexical(text: &str, thesaurus: &Thesaurus) -> Self {
        let read = Words::read(text, Spelling::Folded, MESSAGE_CHARS);
        let mut query = Self {
            says_something: read.iter().any(|word| word.len() > 1),
            grams: Vec::with_capacity(text.len().min(MESSAGE_CHARS) * GRAMS.count()),
            concepts: thesaurus.concepts(&read),
            terms: Vec::new(),
        };
        for word in read.iter() {
            grams(word, GRAMS, |hash| query.grams.push((hash, 1.0)));
        }
        query.grams.sort_unstable_by_key(|(hash, _)| *hash);
        query.grams.dedup_by_key(|(hash, _)| *hash);
        query
    }
}

/// The word that was meant by one nobody knows.
fn meant(
    (exact, folded): &Spelled,
    thesaurus: &Thesaurus,
    vocabulary: &Vocabulary,
    repair: &Repair,
    left: &mut usize,
) -> Option<Spelled> {
    if vocabulary.holds(exact) {
        return None;
    }
    if let Some(same) = repair.unfold(folded) {
        return Some(same);
    }
    if *left == 0 || thesaurus.knows(folded) || vocabulary.lists(exact) {
        return None;
    }
    *left -= 1;
    repair.nearest(folded)
}

/// The words of a text by place: of all of it, of its question, and of its sentences.
#[derive(Debug, Default)]
pub(super) struct Worded {
    pub(super) all: Places,
    pub(super) question: Places,
    pub(super) sentences: Vec<Places>,
}

impl Worded {
    pub(super) fn read(text: &EntryText, vocabulary: &mut Vocabulary) -> Self {
        let mut read = |part: &str| vocabulary.read(part, ENTRY_CHARS);
        let question = read(&text.question);
        let mut all: Places = question
            .iter()
            .map(|(place, count)| (*place, QUESTION * count))
            .collect();
        let mut parts = vec![question.clone()];
        for part in &text.phrasings {
            parts.push(read(part));
        }
        parts.extend(sentences(&text.answer).map(read));
        all.extend(parts[1..].iter().flatten());
        merge(&mut all);
        parts.retain(|part| part.iter().map(|(_, count)| count).sum::<f32>() >= SENTENCE_WORDS);
        if all.len() == question.len() {
            // Nothing but the question: that is the whole already.
            parts.clear();
        }
        Self {
            all,
            question,
            sentences: parts,
        }
    }

    /// A text's question as a message to be asked, by words of the vocabulary.
    pub(super) fn asked(&self, text: &EntryText, thesaurus: &Thesaurus) -> (Query, Places) {
        let query = Query::lexical(&text.question, thesaurus);
        (query, self.question.clone())
    }
}

/// The sentences of a text: what ends in a full stop, question or exclamation mark and a blank.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut ended = false;
    text.split(move |c: char| {
        let here = ended && c.is_whitespace();
        ended = matches!(c, '.' | '!' | '?');
        here
    })
}

/// Texts, indexed.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) count: usize,
    grams: Bm25,
    concepts: Bm25,
    soft: Soft,
    whole: Whole,
}

impl Collection {
    /// Indexes texts; places are positions in `texts`.
    pub(super) fn build(
        texts: &[&EntryText],
        words: &[Worded],
        thesaurus: &Thesaurus,
        vocabulary: &Vocabulary,
    ) -> Self {
        let lexical = |leg| {
            let documents: Vec<Terms> = texts
                .iter()
                .map(|text| entry_terms(text, leg, thesaurus))
                .collect();
            Bm25::build(&documents)
        };
        let soft = Soft::build(vocabulary, words.iter().map(|words| &words.all));
        Self {
            count: texts.len(),
            grams: lexical(Leg::Grams),
            concepts: lexical(Leg::Concepts),
            whole: Whole::build(vocabulary, &soft, words),
            soft,
        }
    }

    /// Adds up the scores of one leg. Returns the bound of a score.
    pub(super) fn score(&self, leg: Leg, query: &Query, scores: &mut [f32]) -> f32 {
        match leg {
            Leg::Grams => self.grams.add(&query.grams, scores),
            Leg::Concepts => self.concepts.add(&query.concepts, scores),
            Leg::Soft => self.soft.add(&query.terms, scores),
            Leg::Whole => {
                self.whole.add(&query.terms, scores);
                1.0
            }
        }
    }

    /// Scores of texts whose words are all in the vocabulary, each leg as in [`Self::score`] but
    /// with the neighbours among the first `limit` words only: those of this collection.
    pub(super) fn score_all(
        &self,
        vocabulary: &Vocabulary,
        limit: usize,
        texts: &[(Query, Places)],
        planes: Planes,
    ) -> Scores {
        let mut scores = Scores {
            bounds: vec![[0.0; LEGS.len()]; texts.len()],
            values: vec![vec![0.0; texts.len() * self.count]; planes.count()],
            count: self.count,
            planes,
        };
        if self.count == 0 {
            return scores;
        }
        let mut raw = vec![0.0; self.count];
        for (at, (query, places)) in texts.iter().enumerate() {
            for leg in [Leg::Grams, Leg::Concepts, Leg::Whole] {
                raw.fill(0.0);
                scores.bounds[at][leg as usize] = match leg {
                    Leg::Whole => {
                        self.whole.add_places(vocabulary, places, &mut raw);
                        1.0
                    }
                    _ => self.score(leg, query, &mut raw),
                };
                let (row, factor) = scores.row_mut(leg, at);
                for (score, raw) in row.iter_mut().zip(&raw) {
                    *score += factor * raw;
                }
            }
        }
        self.score_words(vocabulary, limit, texts, &mut scores);
        scores
    }

    /// The leg of words, word by word: each is compared with the vocabulary once.
    fn score_words(
        &self,
        vocabulary: &Vocabulary,
        limit: usize,
        texts: &[(Query, Places)],
        scores: &mut Scores,
    ) {
        let mut uses: Vec<(u32, usize)> = texts
            .iter()
            .enumerate()
            .flat_map(|(at, (_, places))| places.iter().map(move |(place, _)| (*place, at)))
            .collect();
        uses.sort_unstable();
        let words: Vec<&[(u32, usize)]> = uses.chunk_by(|a, b| a.0 == b.0).collect();
        let mut found = Found::new(self.count);
        for block in words.chunks(BLOCK) {
            let places: Vec<u32> = block.iter().map(|uses| uses[0].0).collect();
            let near = vocabulary.neighbours(&places, limit);
            for ((uses, place), near) in block.iter().zip(places).zip(near) {
                let telling = vocabulary.tells(place);
                let (impacts, bound) = self.soft.impacts(&near, telling, &mut found);
                for (_, at) in *uses {
                    scores.bounds[*at][Leg::Soft as usize] += bound;
                    let (row, factor) = scores.row_mut(Leg::Soft, *at);
                    for (document, impact) in &impacts {
                        row[*document as usize] += factor * impact;
                    }
                }
            }
        }
    }
}

/// Words compared with the vocabulary at a time, so that they stay at hand while it passes.
const BLOCK: usize = 32;

/// What is kept of the scores of many texts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Planes {
    /// Each leg by itself, raw.
    Each,
    /// Their weighed sum.
    Fused(Weighing),
}

impl Planes {
    fn count(self) -> usize {
        match self {
            Self::Each => LEGS.len(),
            Self::Fused(_) => 1,
        }
    }

    /// Where a leg goes, and what it is multiplied by.
    fn of(self, leg: Leg) -> (usize, f32) {
        match self {
            Self::Each => (leg as usize, 1.0),
            Self::Fused(weighing) => (0, weighing.factor(leg)),
        }
    }
}

/// Scores of many texts against a collection.
#[derive(Debug)]
pub(super) struct Scores {
    /// The bound of a score, for each text.
    pub(super) bounds: Vec<PerLeg>,
    /// For each plane, the documents' scores text by text.
    values: Vec<Vec<f32>>,
    count: usize,
    planes: Planes,
}

impl Scores {
    /// The scores of all documents for one text: in one leg, or all legs together.
    pub(super) fn row(&self, leg: Leg, text: usize) -> &[f32] {
        let (plane, _) = self.planes.of(leg);
        &self.values[plane][text * self.count..(text + 1) * self.count]
    }

    fn row_mut(&mut self, leg: Leg, text: usize) -> (&mut [f32], f32) {
        let (plane, factor) = self.planes.of(leg);
        let row = &mut self.values[plane][text * self.count..(text + 1) * self.count];
        (row, factor)
    }
}

fn entry_terms(text: &EntryText, leg: Leg, thesaurus: &Thesaurus) -> Terms {
    let mut terms = Terms::new();
    let mut add = |part: &str, weight: f32| {
        let words = Words::read(part, Spelling::Folded, ENTRY_CHARS);
        if matches!(leg, Leg::Concepts) {
            let concepts = thesaurus.concepts(&words).into_iter();
            terms.extend(concepts.map(|(concept, sure)| (concept, weight * sure)));
            return;
        }
        for word in words.iter() {
            grams(word, GRAMS, |hash| terms.push((hash, weight)));
        }
    };
    add(&text.question, QUESTION);
    text.phrasings
        .iter()
        .for_each(|phrasing| add(phrasing, 1.0));
    add(&text.answer, 1.0);
    merge(&mut terms);
    terms
}
