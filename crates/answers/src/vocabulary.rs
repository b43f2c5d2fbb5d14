//! The words of the texts of one language as vectors, and which of them are near another word.
//!
//! One vocabulary serves all collections of a language, so that a word of a message is compared
//! with it once.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::grams::whole;
use super::rows::{Blocks, Wide, wide};
use super::table::{HEAD, LEAST, Table, head, search};
use super::vectors::Vectors;
use super::words::{Spelling, Words};
use crate::Lang;

/// Words that weigh less stand for themselves alone: they are in every other sentence.
const TELLING: f32 = 0.05;

/// Words of a message whose neighbours are looked for at most: the bound for hostile messages.
const COMPARED: usize = 96;

/// Every so many words one is taken to find the mean of their vectors.
const MEAN_OF: usize = 4;

/// A word spelled exactly, and folded.
pub(super) type Spelled = (Vec<char>, Vec<char>);

/// How often each word of a text counts.
pub(super) type Counts = BTreeMap<Spelled, f32>;

/// Counts the words of a text, spelled exactly and folded.
pub(super) fn count(text: &str, limit: usize, counts: &mut Counts) {
    for word in Words::read(text, Spelling::Exact, limit).iter() {
        *counts
            .entry((word.to_vec(), super::words::fold_word(word)))
            .or_default() += 1.0;
    }
}

/// The words of a text by their places in the vocabulary, and how often each counts.
pub(super) type Places = Vec<(u32, f32)>;

/// Adds up what counts for the same number.
pub(super) fn merge(counts: &mut Vec<(u32, f32)>) {
    counts.sort_unstable_by_key(|(number, _)| *number);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    counts.shrink_to_fit();
}

/// A word of a message as the legs of meaning read it.
#[derive(Debug)]
pub(super) struct Term {
    /// Its place, if it is in the vocabulary.
    pub(super) place: Option<u32>,
    /// How often it counts.
    pub(super) count: f32,
    /// How much it tells, 0 to 1.
    pub(super) telling: f32,
    /// The share of lines of the corpus that hold it or words near it; 0 if nobody asks.
    pub(super) common: f32,
    /// Its vector; empty if nothing of it is known.
    pub(super) vector: Vec<f32>,
    /// The words of the vocabulary near it, itself among them, each with its share.
    pub(super) near: Vec<(u32, f32)>,
}

/// The vocabulary of one language: the words of the corpus, shared by all indexes, and behind them
/// other words of the entries.
#[derive(Debug)]
pub(super) struct Vocabulary {
    vectors: Option<Arc<Vectors>>,
    lang: Lang,
    mean: Vec<f32>,
    common: Arc<Table>,
    own: Table,
    /// New words, as long as texts are read.
    read: Words,
}

impl Vocabulary {
    /// A vocabulary without words; texts are read into it.
    pub(super) fn new(vectors: Option<Arc<Vectors>>, lang: Lang) -> Self {
        let dim = vectors.as_ref().map_or(0, |vectors| vectors.dim());
        Self {
            vectors,
            lang,
            mean: vec![0.0; dim],
            common: Arc::new(Table::new(dim)),
            own: Table::new(dim),
            read: Words::default(),
        }
    }

    /// Makes what was read common to all that build upon it.
    pub(super) fn share(&mut self) {
        let dim = self.dim();
        self.common = Arc::new(std::mem::replace(&mut self.own, Table::new(dim)));
    }

    /// A vocabulary upon the same common words.
    pub(super) fn upon(&self) -> Self {
        Self {
            vectors: self.vectors.clone(),
            lang: self.lang,
            mean: self.mean.clone(),
            common: Arc::clone(&self.common),
            own: Table::new(self.dim()),
            read: Words::default(),
        }
    }

    /// The words of a text by place, and how often each is in it; new words are taken in.
    pub(super) fn read(&mut self, text: &str, limit: usize) -> Places {
        let mut places = Places::new();
        for word in Words::read(text, Spelling::Exact, limit).iter() {
            let place = self.place(word).unwrap_or_else(|| {
                self.read.push(word);
                self.common.len() as u32 + self.own.take_in(word)
            });
            places.push((place, 1.0));
        }
        merge(&mut places);
        places
    }

    /// Gives every new word its vector, and hands out the words.
    pub(super) fn finish(&mut self) -> Words {
        let words = std::mem::take(&mut self.read);
        if self.common.len() == 0 {
            self.find_mean(&words);
        }
        for word in words.iter() {
            let vector = self.vector(word, &super::words::fold_word(word));
            let (unit, length) = self.centred(vector.as_deref());
            let telling = self.telling(word);
            self.own.push(&unit, length, telling);
        }
        self.own.shrink();
        words
    }

    fn find_mean(&mut self, words: &Words) {
        let mut found = 0;
        let mut sum = vec![0.0; self.dim()];
        for word in words.iter().step_by(MEAN_OF) {
            if let Some(vector) = self.vector(word, &super::words::fold_word(word)) {
                add(&mut sum, &vector, 1.0);
                found += 1;
            }
        }
        let share = (found.max(1) as f32).recip();
        self.mean = sum.into_iter().map(|value| value * share).collect();
    }

    /// Where a word is.
    fn place(&self, exact: &[char]) -> Option<u32> {
        let hash = whole(exact);
        let own = || Some(self.common.len() as u32 + self.own.place(hash)?);
        self.common.place(hash).or_else(own)
    }

    /// The table a word is in, and where.
    fn at(&self, place: u32) -> (&Table, usize) {
        let (place, common) = (place as usize, self.common.len());
        match place.checked_sub(common) {
            Some(own) => (&self.own, own),
            None => (&self.common, place),
        }
    }

    /// Whether a word is in the vocabulary.
    pub(super) fn holds(&self, exact: &[char]) -> bool {
        self.place(exact).is_some()
    }

    /// Whether the language has a word, in the vocabulary or not.
    pub(super) fn lists(&self, exact: &[char]) -> bool {
        let vectors = self.vectors.as_ref();
        vectors.is_some_and(|vectors| vectors.knows(self.lang, exact))
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.common.len() + self.own.len()
    }

    /// The length of a vector; 0 without vectors.
    pub(super) fn dim(&self) -> usize {
        self.mean.len()
    }

    fn vector(&self, exact: &[char], folded: &[char]) -> Option<Vec<f32>> {
        self.vectors.as_ref()?.word(exact, folded)
    }

    fn telling(&self, exact: &[char]) -> f32 {
        let vectors = self.vectors.as_ref();
        vectors.map_or(1.0, |vectors| vectors.weight(self.lang, exact))
    }

    /// The centred unit vector of a vector, and how long it was.
    fn centred(&self, vector: Option<&[f32]>) -> (Vec<f32>, f32) {
        let Some(vector) = vector else {
            return (vec![0.0; self.dim()], 0.0);
        };
        let centred = vector
            .iter()
            .zip(&self.mean)
            .map(|(value, mean)| value - mean);
        let mut centred: Vec<f32> = centred.collect();
        let length = unit(&mut centred);
        (centred, length)
    }

    /// How much a word of the vocabulary tells, 0 to 1.
    pub(super) fn tells(&self, place: u32) -> f32 {
        let (table, at) = self.at(place);
        table.telling(at)
    }

    /// Adds a word of the vocabulary so many times to a sum of vectors.
    pub(super) fn add(&self, place: u32, weight: f32, sum: &mut [f32]) {
        let (table, at) = self.at(place);
        table.add(at, &self.mean, weight, sum);
    }

    /// The words of a message, each with its neighbours.
    pub(super) fn terms(&self, counts: &Counts) -> Vec<Term> {
        let mut left = COMPARED;
        let term = |((exact, folded), count): (&Spelled, &f32)| {
            let place = self.place(exact);
            let telling = self.telling(exact);
            let vector = self.vector(exact, folded);
            let mut near = Places::new();
            if telling >= TELLING && vector.is_some() && left > 0 {
                left -= 1;
                near = self.near(&wide(&self.centred(vector.as_deref()).0));
            }
            own(&mut near, place);
            Term {
                place,
                count: *count,
                telling,
                common: 0.0,
                vector: vector.unwrap_or_default(),
                near,
            }
        };
        counts.iter().map(term).collect()
    }

    /// The words of a text of the vocabulary as those of a message, with the neighbours among some
    /// words.
    pub(super) fn terms_of(&self, text: &Places, among: &Selection) -> Vec<Term> {
        let term = |(place, count): &(u32, f32)| {
            let mut vector = vec![0.0; self.dim()];
            self.add(*place, 1.0, &mut vector);
            Term {
                place: Some(*place),
                count: *count,
                telling: self.tells(*place),
                common: 0.0,
                vector,
                near: self.neighbours(*place, among),
            }
        };
        text.iter().map(term).collect()
    }

    /// The words near a word of the vocabulary among some words.
    pub(super) fn neighbours(&self, place: u32, among: &Selection) -> Places {
        let mut near = Places::new();
        let (table, at) = self.at(place);
        if table.telling(at) >= TELLING {
            let query = table.wide(at);
            let row = |at: usize| {
                let (table, at) = self.at(among.places[at]);
                table.row(at)
            };
            search(&among.heads, row, &query, among.least, |at, share| {
                near.push((among.places[at], share));
            });
        }
        let known = among.places.binary_search(&place);
        own(&mut near, known.is_ok().then_some(place));
        near
    }

    /// Words to look for neighbours among, by place, ascending.
    pub(super) fn select(&self, places: Vec<u32>, least: f32) -> Selection {
        let mut heads = Blocks::new(HEAD + 1);
        for place in &places {
            let (table, at) = self.at(*place);
            heads.push(head(&table.wide(at)).into_iter());
        }
        Selection {
            places,
            heads,
            least,
        }
    }

    fn near(&self, query: &Wide) -> Places {
        let mut near = Places::new();
        for (table, first) in [(self.common.as_ref(), 0), (&self.own, self.common.len())] {
            let each = |at, share| near.push(((first + at) as u32, share));
            search(&table.heads, |at| table.row(at), query, LEAST, each);
        }
        near
    }
}

/// Some words of a vocabulary.
#[derive(Debug)]
pub(super) struct Selection {
    places: Vec<u32>,
    heads: Blocks,
    /// Least share of a neighbour.
    least: f32,
}

/// A word stands for itself wholly.
fn own(near: &mut Vec<(u32, f32)>, place: Option<u32>) {
    let Some(place) = place else { return };
    match near.iter_mut().find(|(other, _)| *other == place) {
        Some(known) => known.1 = 1.0,
        None => near.push((place, 1.0)),
    }
}

/// Adds a vector so many times to a sum.
pub(super) fn add(sum: &mut [f32], vector: &[f32], weight: f32) {
    for (sum, value) in sum.iter_mut().zip(vector) {
        *sum += weight * value;
    }
}

/// Makes a unit vector of a row, and returns how long it was.
pub(super) fn unit(row: &mut [f32]) -> f32 {
    let length = dot(row, row).sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|value| *value /= length);
    }
    length
}

/// The dot product, in eight lanes so that it is computed at once.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a, b) = (a.chunks_exact(8), b.chunks_exact(8));
    let rest: f32 = a
        .remainder()
        .iter()
        .zip(b.remainder())
        .map(|(a, b)| a * b)
        .sum();
    for (a, b) in a.zip(b) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    rest + lanes.iter().sum::<f32>()
}
