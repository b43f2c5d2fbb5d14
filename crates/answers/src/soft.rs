//! Legs of meaning: words that are near a word of the message count in part, and whole texts are
//! compared by their mean vectors.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::vectors::Vectors;
use super::words::{Spelling, Words};
use crate::Lang;

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// Cosine from which on a word counts in part.
const NEAR: f32 = 0.3;

/// Words that weigh less stand for themselves alone: they are in every other sentence.
const TELLING: f32 = 0.05;

/// Shares below this are nothing.
const LEAST: f32 = 0.02;

/// How often each word of a text counts.
pub(super) type Counts = BTreeMap<(Vec<char>, Vec<char>), f32>;

/// Counts the words of a text, spelled exactly and folded.
pub(super) fn count(text: &str, weight: f32, limit: usize, counts: &mut Counts) {
    for word in Words::read(text, Spelling::Exact, limit).iter() {
        *counts
            .entry((word.to_vec(), super::words::fold_word(word)))
            .or_default() += weight;
    }
}

/// The vocabulary of the entries of one language as vectors.
#[derive(Debug)]
pub(super) struct Soft {
    vectors: Arc<Vectors>,
    lang: Lang,
    places: HashMap<Vec<char>, usize>,
    /// Centred unit vectors of the vocabulary, end to end.
    matrix: Vec<f32>,
    mean: Vec<f32>,
    /// Where each word occurs, and how often.
    postings: Vec<Vec<(u32, f32)>>,
    /// What each document's length adds below the line of BM25.
    norms: Vec<f32>,
    /// Centred unit vectors of whole documents.
    documents: Vec<f32>,
    question_mean: Vec<f32>,
}

impl Soft {
    /// Indexes documents, each with the words of its question.
    pub(super) fn build(
        vectors: Arc<Vectors>,
        lang: Lang,
        documents: &[Counts],
        questions: &[Counts],
    ) -> Self {
        let dim = vectors.dim();
        let mut soft = Self {
            lang,
            places: HashMap::new(),
            matrix: Vec::new(),
            mean: vec![0.0; dim],
            postings: Vec::new(),
            norms: Vec::new(),
            documents: Vec::new(),
            question_mean: Vec::new(),
            vectors,
        };
        for (number, counts) in (0_u32..).zip(documents) {
            for ((exact, folded), count) in counts {
                let place = match soft.places.get(exact) {
                    Some(place) => *place,
                    None => {
                        let place = soft.postings.len();
                        soft.places.insert(exact.clone(), place);
                        soft.postings.push(Vec::new());
                        let vector = soft.vectors.word(exact, folded);
                        soft.matrix.extend(vector.unwrap_or_else(|| vec![0.0; dim]));
                        place
                    }
                };
                soft.postings[place].push((number, *count));
            }
        }
        soft.mean = mean(&soft.matrix, dim);
        centre(&mut soft.matrix, &soft.mean);
        let lengths: Vec<f32> = documents
            .iter()
            .map(|counts| counts.values().sum())
            .collect();
        let average = (lengths.iter().sum::<f32>() / lengths.len().max(1) as f32).max(1.0);
        let norm = |length: &f32| K1 * (1.0 - B + B * length / average);
        soft.norms = lengths.iter().map(norm).collect();
        soft.documents = documents
            .iter()
            .flat_map(|counts| soft.whole(counts))
            .collect();
        let of_documents = mean(&soft.documents, dim);
        centre(&mut soft.documents, &of_documents);
        let questions: Vec<f32> = questions
            .iter()
            .flat_map(|counts| soft.whole(counts))
            .collect();
        soft.question_mean = mean(&questions, dim);
        soft
    }

    /// The weighted mean vector of a text.
    fn whole(&self, counts: &Counts) -> Vec<f32> {
        let mut sum = vec![0.0; self.vectors.dim()];
        for ((exact, folded), count) in counts {
            if let Some(vector) = self.vectors.word(exact, folded) {
                let weight = count * self.vectors.weight(self.lang, exact);
                sum.iter_mut()
                    .zip(vector)
                    .for_each(|(sum, value)| *sum += weight * value);
            }
        }
        unit(&mut sum);
        sum
    }

    /// Adds to each document's score what the words of a message find of it.
    pub(super) fn words(&self, counts: &Counts, scores: &mut [f32]) -> f32 {
        let mut bound = 0.0;
        let mut frequencies = vec![0.0_f32; scores.len()];
        let mut nearest = vec![0.0_f32; scores.len()];
        for (exact, folded) in counts.keys() {
            frequencies.fill(0.0);
            nearest.fill(0.0);
            let telling = self.vectors.weight(self.lang, exact);
            self.near(exact, folded, telling >= TELLING, |place, share| {
                for (document, count) in &self.postings[place] {
                    let at = *document as usize;
                    frequencies[at] += share * count;
                    nearest[at] = nearest[at].max(share);
                }
            });
            let holders: f32 = nearest.iter().sum();
            let all = scores.len() as f32;
            let idf = (1.0 + (all - holders + 0.5) / (holders + 0.5))
                .ln()
                .max(0.0);
            let weight = idf * telling * (K1 + 1.0);
            bound += weight;
            for (at, frequency) in frequencies.iter().enumerate() {
                if *frequency > 0.0 {
                    scores[at] += weight * frequency / (frequency + self.norms[at]);
                }
            }
        }
        bound
    }

    /// The words of the vocabulary near a telling word, or the word itself, each with its share.
    fn near(
        &self,
        exact: &[char],
        folded: &[char],
        telling: bool,
        mut each: impl FnMut(usize, f32),
    ) {
        let same = self.places.get(exact).copied();
        if let Some(place) = same {
            each(place, 1.0);
        }
        if !telling {
            return;
        }
        let Some(mut vector) = self.vectors.word(exact, folded) else {
            return;
        };
        centre(&mut vector, &self.mean);
        for (place, row) in self.matrix.chunks_exact(self.vectors.dim()).enumerate() {
            let share = (dot(row, &vector) - NEAR) / (1.0 - NEAR);
            if share >= LEAST && Some(place) != same {
                each(place, share);
            }
        }
    }

    /// How near each document as a whole is to a message, -1 to 1.
    pub(super) fn whole_scores(&self, counts: &Counts, scores: &mut [f32]) {
        let mut query = self.whole(counts);
        centre(&mut query, &self.question_mean);
        let rows = self.documents.chunks_exact(self.vectors.dim());
        for (score, row) in scores.iter_mut().zip(rows) {
            *score = dot(row, &query);
        }
    }
}

fn mean(rows: &[f32], dim: usize) -> Vec<f32> {
    let mut sum = vec![0.0; dim];
    let count = (rows.len() / dim.max(1)).max(1) as f32;
    for row in rows.chunks_exact(dim) {
        sum.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += value / count);
    }
    sum
}

/// Takes the mean from each row and makes it a unit vector.
fn centre(rows: &mut [f32], mean: &[f32]) {
    for row in rows.chunks_exact_mut(mean.len()) {
        row.iter_mut()
            .zip(mean)
            .for_each(|(value, mean)| *value -= mean);
        unit(row);
    }
}

fn unit(row: &mut [f32]) {
    let length = dot(row, row).sqrt();
    if length > 0.0 {
        row.iter_mut().for_each(|value| *value /= length);
    }
}

/// The dot product, in eight lanes so that it is computed at once.
fn dot(a: &[f32], b: &[f32]) -> f32 {
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
