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
use super::vocabulary::{Counts, Places, Selection, Spelled, Term, Vocabulary, count, merge};
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

/// Entries from which on it is told by them alone how common a word is. What they lack is made up for
/// by lines of the corpus: of three entries about one matter, "when" would tell as much as "smoke".
const ENOUGH: usize = 100;

/// Shares of neighbours that are nothing where texts of the vocabulary are compared: there are many.
const LEAST: f32 = 0.1;

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
    fn lexical(text: &str, thesaurus: &Thesaurus) -> Self {
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

    /// The question of a text, by words of the vocabulary, with the neighbours among some words.
    pub(super) fn of(
        text: &EntryText,
        words: &Worded,
        thesaurus: &Thesaurus,
        vocabulary: &Vocabulary,
        among: &Selection,
    ) -> Self {
        Self {
            terms: vocabulary.terms_of(&words.question, among),
            ..Self::lexical(&text.question, thesaurus)
        }
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
    /// Whether lines of the corpus help to tell how common a word is.
    pub(super) few: bool,
}

impl Collection {
    /// Indexes texts; places are positions in `texts`.
    pub(super) fn build(
        texts: &[&EntryText],
        words: &[Worded],
        thesaurus: &Thesaurus,
        vocabulary: &Vocabulary,
        lines: Option<&Self>,
    ) -> Self {
        let prior = ENOUGH.saturating_sub(texts.len()) as f32;
        let prior = lines
            .filter(|lines| prior > 0.0 && lines.count > 0)
            .map(|lines| (lines, prior));
        let lexical = |leg, of: fn(&Self) -> &Bm25| {
            let documents = texts.iter().map(|text| entry_terms(text, leg, thesaurus));
            Bm25::build(documents, prior.map(|(lines, prior)| (of(lines), prior)))
        };
        let of_prior = prior.map_or(0.0, |(_, prior)| prior);
        let soft = Soft::build(vocabulary, words.iter().map(|words| &words.all), of_prior);
        Self {
            count: texts.len(),
            grams: lexical(Leg::Grams, |lines| &lines.grams),
            concepts: lexical(Leg::Concepts, |lines| &lines.concepts),
            whole: Whole::build(vocabulary, &soft, words),
            soft,
            few: prior.is_some(),
        }
    }

    /// Finds how common the words of a message are here.
    pub(super) fn compare(&self, terms: &mut [Term]) {
        for term in terms {
            term.common = self.soft.share(&term.near);
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

    /// The words of the texts.
    pub(super) fn words<'w>(&self, vocabulary: &Vocabulary, words: &'w [Worded]) -> Selection {
        let all = words.iter().flat_map(|words: &'w Worded| &words.all);
        let mut places: Vec<u32> = all.map(|(place, _)| *place).collect();
        places.sort_unstable();
        places.dedup();
        vocabulary.select(places, LEAST)
    }

    /// Scores of lines of another collection, row by row, as by [`Self::score`], all legs together.
    pub(super) fn score_lines(
        &self,
        lines: &Asked<'_>,
        vocabulary: &Vocabulary,
        among: &Selection,
        weighing: &Weighing,
    ) -> Vec<f32> {
        let rows = lines.words.len();
        let mut scores = vec![0.0; rows * self.count];
        if self.count == 0 {
            return scores;
        }
        let grams = weighing.factor(Leg::Grams);
        self.grams
            .add_all(&lines.collection.grams, grams, rows, &mut scores);
        let mut raw = vec![0.0; self.count];
        let by_line = lines.words.iter().zip(lines.concepts);
        for (row, (words, concepts)) in scores.chunks_exact_mut(self.count).zip(by_line) {
            raw.fill(0.0);
            self.concepts.add(concepts, &mut raw);
            add(row, &raw, weighing.factor(Leg::Concepts));
            raw.fill(0.0);
            self.whole.add_places(vocabulary, words, &mut raw);
            add(row, &raw, weighing.factor(Leg::Whole));
        }
        let factor = weighing.factor(Leg::Soft);
        self.score_words(lines, vocabulary, among, factor, &mut scores);
        scores
    }

    /// The leg of words, word by word: each is compared with the vocabulary once.
    fn score_words(
        &self,
        lines: &Asked<'_>,
        vocabulary: &Vocabulary,
        among: &Selection,
        factor: f32,
        scores: &mut [f32],
    ) {
        let mut uses: Vec<(u32, u32)> = (0..)
            .zip(lines.words)
            .flat_map(|(line, places)| places.iter().map(move |(place, _)| (*place, line)))
            .collect();
        uses.sort_unstable();
        let mut found = Found::new(self.count);
        for uses in uses.chunk_by(|a, b| a.0 == b.0) {
            let place = uses[0].0;
            let near = vocabulary.neighbours(place, among);
            let common = match self.few {
                true => lines.collection.soft.share(&near),
                false => 0.0,
            };
            let tells = (vocabulary.tells(place), common);
            let impacts = self.soft.impacts(&near, tells, &mut found);
            for (_, line) in uses {
                let row = &mut scores[*line as usize * self.count..][..self.count];
                for (document, impact) in &impacts {
                    row[*document as usize] += factor * impact;
                }
            }
        }
    }
}

/// Lines of a collection that are asked, from its first on.
pub(super) struct Asked<'l> {
    pub(super) collection: &'l Collection,
    pub(super) words: &'l [Places],
    pub(super) concepts: &'l [Places],
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

/// Adds one row to another, times a factor.
fn add(row: &mut [f32], raw: &[f32], factor: f32) {
    for (score, raw) in row.iter_mut().zip(raw) {
        *score += factor * raw;
    }
}
