//! The leg of texts as wholes: the cosine of weighted mean vectors, of the whole text and of its
//! best sentence.

use super::collection::Worded;
use super::rows::{Rows, cosine, dot, wide};
use super::soft::Soft;
use super::vocabulary::{Places, Term, Vocabulary, add, unit};

/// What the best sentence counts; the whole text counts the rest.
const SENTENCE: f32 = 0.4;

/// The documents of a collection as mean vectors.
#[derive(Debug)]
pub(super) struct Whole {
    dim: usize,
    /// How much each word of the vocabulary tells in this collection.
    idfs: Vec<f32>,
    /// The same of a word that isn't in it.
    unseen: f32,
    /// Centred unit vectors of whole documents.
    documents: Rows,
    /// Centred unit vectors of sentences.
    sentences: Rows,
    /// Which document each sentence is of.
    owners: Vec<u32>,
    /// The mean of questions, taken from a message.
    origin: Vec<f32>,
}

impl Whole {
    /// Indexes documents.
    pub(super) fn build(vocabulary: &Vocabulary, soft: &Soft, documents: &[Worded]) -> Self {
        let all = documents.len() as f32;
        let idf = |holders: f32| (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln();
        let mut whole = Self {
            dim: vocabulary.dim(),
            idfs: (0..vocabulary.len() as u32)
                .map(|place| idf(soft.postings(place).len() as f32))
                .collect(),
            unseen: idf(0.0),
            documents: Rows::new(vocabulary.dim()),
            sentences: Rows::new(vocabulary.dim()),
            owners: (0..)
                .zip(documents)
                .flat_map(|(owner, words)| words.sentences.iter().map(move |_| owner))
                .collect(),
            origin: Vec::new(),
        };
        let rows = |texts: &mut dyn Iterator<Item = &Places>| -> Vec<f32> {
            texts.flat_map(|text| whole.of(vocabulary, text)).collect()
        };
        let of_documents = rows(&mut documents.iter().map(|words| &words.all));
        let of_sentences = rows(&mut documents.iter().flat_map(|words| &words.sentences));
        let of_questions = rows(&mut documents.iter().map(|words| &words.question));
        let middle = mean(&of_documents, whole.dim);
        whole.origin = mean(&of_questions, whole.dim);
        whole.documents = centred(of_documents, &middle);
        whole.sentences = centred(of_sentences, &middle);
        whole
    }

    /// The weighted mean of a text of words of the vocabulary, as a unit vector.
    fn of(&self, vocabulary: &Vocabulary, text: &Places) -> Vec<f32> {
        let mut sum = vec![0.0; self.dim];
        for (place, count) in text {
            let weight = count * vocabulary.tells(*place) * self.idfs[*place as usize];
            vocabulary.add(*place, weight, &mut sum);
        }
        unit(&mut sum);
        sum
    }

    /// How near each document is to a message, -1 to 1.
    pub(super) fn add(&self, terms: &[Term], scores: &mut [f32]) {
        let mut query = vec![0.0; self.dim];
        for term in terms {
            let idf = term
                .place
                .map_or(self.unseen, |place| self.idfs[place as usize]);
            add(&mut query, &term.vector, term.count * term.telling * idf);
        }
        self.compare(query, scores);
    }

    /// The same for a message of words of the vocabulary.
    pub(super) fn add_places(&self, vocabulary: &Vocabulary, text: &Places, scores: &mut [f32]) {
        self.compare(self.of(vocabulary, text), scores);
    }

    fn compare(&self, mut query: Vec<f32>, scores: &mut [f32]) {
        if self.dim == 0 {
            return;
        }
        unit(&mut query);
        add(&mut query, &self.origin, -1.0);
        unit(&mut query);
        let query = wide(&query);
        let near = |row: &[i8]| cosine(dot(row, &query));
        let mut best: Vec<f32> = self.documents.iter().map(near).collect();
        let sentence = if self.owners.is_empty() {
            0.0
        } else {
            SENTENCE
        };
        for (score, whole) in scores.iter_mut().zip(&best) {
            *score += (1.0 - sentence) * whole;
        }
        for (owner, row) in self.owners.iter().zip(self.sentences.iter()) {
            let best = &mut best[*owner as usize];
            *best = best.max(near(row));
        }
        for (score, best) in scores.iter_mut().zip(&best) {
            *score += sentence * best;
        }
    }
}

fn mean(rows: &[f32], dim: usize) -> Vec<f32> {
    let mut sum = vec![0.0; dim];
    let share = ((rows.len() / dim.max(1)).max(1) as f32).recip();
    for row in rows.chunks_exact(dim.max(1)) {
        add(&mut sum, row, share);
    }
    sum
}

/// Unit vectors of rows from which the mean was taken.
fn centred(mut rows: Vec<f32>, mean: &[f32]) -> Rows {
    let mut centred = Rows::new(mean.len());
    for row in rows.chunks_exact_mut(mean.len().max(1)) {
        add(row, mean, -1.0);
        unit(row);
        centred.push(row);
    }
    centred
}
