//! The words of the texts of one language as vectors, and which of them are near another word.
//!
//! One vocabulary serves all collections of a language, so that a word of a message is compared
//! with it once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::grams::whole;
use super::rows::{Rows, Wide, cosine, dot as product_of, element, product, wide};
use super::vectors::Vectors;
use super::words::{Spelling, Words};
use crate::Lang;

/// Cosine from which on a word counts in part.
const NEAR: f32 = 0.3;

/// Words that weigh less stand for themselves alone: they are in every other sentence.
const TELLING: f32 = 0.05;

/// Shares below this are nothing.
const LEAST: f32 = 0.02;

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
    /// Its vector; empty if nothing of it is known.
    pub(super) vector: Vec<f32>,
    /// The words of the vocabulary near it, itself among them, each with its share.
    pub(super) near: Vec<(u32, f32)>,
}

/// The vocabulary of one language.
#[derive(Debug)]
pub(super) struct Vocabulary {
    vectors: Option<Arc<Vectors>>,
    lang: Lang,
    /// Places of words by their hashes.
    places: HashMap<u32, u32>,
    /// The words, as long as texts are read.
    spelled: Vec<Spelled>,
    /// Centred unit vectors.
    rows: Rows,
    heads: Vec<Head>,
    /// The length of each centred vector; 0 for a word of which nothing is known.
    lengths: Vec<f32>,
    tellings: Vec<f32>,
    mean: Vec<f32>,
    /// How many words the entries have; they come first, so that they can be looked at alone.
    own: usize,
}

impl Vocabulary {
    /// A vocabulary without words; texts are read into it, those of the entries first.
    pub(super) fn new(vectors: Option<Arc<Vectors>>, lang: Lang) -> Self {
        let dim = vectors.as_ref().map_or(0, |vectors| vectors.dim());
        Self {
            vectors,
            lang,
            places: HashMap::new(),
            spelled: Vec::new(),
            rows: Rows::new(dim),
            heads: Vec::new(),
            lengths: Vec::new(),
            tellings: Vec::new(),
            mean: vec![0.0; dim],
            own: 0,
        }
    }

    /// The words of a text by place, and how often each is in it; new words are taken in.
    pub(super) fn read(&mut self, text: &str, limit: usize) -> Places {
        let mut places = Places::new();
        for word in Words::read(text, Spelling::Exact, limit).iter() {
            let next = self.spelled.len() as u32;
            let place = *self.places.entry(whole(word)).or_insert(next);
            if place == next {
                let folded = super::words::fold_word(word);
                self.spelled.push((word.to_vec(), folded));
            }
            places.push((place, 1.0));
        }
        merge(&mut places);
        places
    }

    /// Ends the words of the entries.
    pub(super) fn entries_end(&mut self) {
        self.own = self.spelled.len();
    }

    /// Gives every word its vector, and hands out the words.
    pub(super) fn finish(&mut self) -> Vec<Spelled> {
        let words = std::mem::take(&mut self.spelled);
        let sample = words.iter().step_by(MEAN_OF);
        let vectors: Vec<Vec<f32>> = sample
            .filter_map(|(exact, folded)| self.vector(exact, folded))
            .collect();
        for vector in &vectors {
            add(&mut self.mean, vector, (vectors.len() as f32).recip());
        }
        for (exact, folded) in &words {
            let (unit, length) = self.centred(self.vector(exact, folded).as_deref());
            self.heads.push(Head::of(&wide(&unit)));
            self.rows.push(&unit);
            self.lengths.push(length);
            self.tellings.push(self.telling(exact));
        }
        words
    }

    /// Whether a word is in the vocabulary.
    pub(super) fn holds(&self, exact: &[char]) -> bool {
        self.places.contains_key(&whole(exact))
    }

    /// Whether the language has a word, in the vocabulary or not.
    pub(super) fn lists(&self, exact: &[char]) -> bool {
        let vectors = self.vectors.as_ref();
        vectors.is_some_and(|vectors| vectors.knows(self.lang, exact))
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.lengths.len()
    }

    /// How many of them the entries have; those come first.
    pub(super) fn own(&self) -> usize {
        self.own
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
        self.tellings[place as usize]
    }

    /// Adds a word of the vocabulary so many times to a sum of vectors.
    pub(super) fn add(&self, place: u32, weight: f32, sum: &mut [f32]) {
        let at = place as usize;
        let length = self.lengths[at];
        if length == 0.0 {
            return;
        }
        let row = self.rows.row(at).iter().map(|byte| element(*byte));
        for ((sum, value), mean) in sum.iter_mut().zip(row).zip(&self.mean) {
            *sum += weight * (value * length + mean);
        }
    }

    /// The words of a message, each with its neighbours.
    pub(super) fn terms(&self, counts: &Counts) -> Vec<Term> {
        let mut terms: Vec<Term> = counts
            .iter()
            .map(|((exact, folded), count)| Term {
                place: self.places.get(&whole(exact)).copied(),
                count: *count,
                telling: self.telling(exact),
                vector: self.vector(exact, folded).unwrap_or_default(),
                near: Vec::new(),
            })
            .collect();
        let rows: Vec<(usize, Wide)> = terms
            .iter()
            .enumerate()
            .filter(|(_, term)| term.telling >= TELLING && !term.vector.is_empty())
            .take(COMPARED)
            .map(|(at, term)| (at, wide(&self.centred(Some(&term.vector)).0)))
            .collect();
        let (found, queries): (Vec<usize>, Vec<Wide>) = rows.into_iter().unzip();
        for (at, near) in found.into_iter().zip(self.near(&queries, self.len())) {
            terms[at].near = near;
        }
        for term in &mut terms {
            own(&mut term.near, term.place);
        }
        terms
    }

    /// For each word of the vocabulary, by place, the words among the first `limit` near it.
    pub(super) fn neighbours(&self, places: &[u32], limit: usize) -> Vec<Vec<(u32, f32)>> {
        let told = |place: &u32| self.tells(*place) >= TELLING;
        let row = |place: &u32| self.rows.wide(*place as usize);
        let queries: Vec<Wide> = places.iter().filter(|place| told(place)).map(row).collect();
        let mut found = self.near(&queries, limit).into_iter();
        let near = |place: &u32| {
            let mut near = if told(place) { found.next() } else { None }.unwrap_or_default();
            own(&mut near, (*place < limit as u32).then_some(*place));
            near
        };
        places.iter().map(near).collect()
    }

    /// For each row the words among the first `limit` whose cosine is [`NEAR`] or more, but for a
    /// few of the least near.
    fn near(&self, queries: &[Wide], limit: usize) -> Vec<Vec<(u32, f32)>> {
        let mut found = vec![Vec::new(); queries.len()];
        if self.dim() == 0 {
            return found;
        }
        let least = product(NEAR + LEAST * (1.0 - NEAR));
        let heads: Vec<Head> = queries.iter().map(|query| Head::of(query)).collect();
        let heads_of_rows = self.heads.iter().take(limit);
        for ((place, head), row) in (0_u32..).zip(heads_of_rows).zip(self.rows.iter()) {
            for (number, query) in heads.iter().enumerate() {
                if head.promise(query) < least {
                    continue;
                }
                let product = product_of(row, &queries[number]);
                if product >= least {
                    let share = (cosine(product) - NEAR) / (1.0 - NEAR);
                    found[number].push((place, share.min(1.0)));
                }
            }
        }
        found
    }
}

/// The first elements of a row, which hold the most of it, and how long the rest is.
#[derive(Debug)]
struct Head {
    first: [i16; HEAD],
    rest: i32,
}

impl Head {
    fn of(row: &[i16]) -> Self {
        let mut first = [0; HEAD];
        let (head, rest) = row.split_at(row.len().min(HEAD));
        first[..head.len()].copy_from_slice(head);
        let rest = rest
            .iter()
            .map(|value| f32::from(*value).powi(2))
            .sum::<f32>();
        Self {
            first,
            rest: rest.sqrt() as i32,
        }
    }

    /// How much the product of two rows will hardly exceed: the rests of two rows are rarely
    /// nearer than [`ALIKE`].
    fn promise(&self, other: &Self) -> i32 {
        let product = self.first.iter().zip(&other.first);
        let product: i32 = product.map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        product + self.rest * other.rest * ALIKE.0 / ALIKE.1
    }
}

/// Elements of a row that are looked at first.
const HEAD: usize = 32;

/// The cosine up to which the rests of two rows are taken to be alike, as a fraction. Two in a
/// hundred neighbours are more so, hardly near ones; to find them too takes twice as long.
const ALIKE: (i32, i32) = (2, 5);

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
