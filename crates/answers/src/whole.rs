//! The leg of texts as wholes: the cosine of weighted mean vectors, of the whole text and of its
//! best sentence.

use super::collection::Worded;
use super::rows::{Blocks, Wide, wide};
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
    documents: Blocks,
    /// Centred unit vectors of sentences.
    sentences: Blocks,
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
            idfs: (0..soft.words() as u32)
                .map(|place| idf(soft.postings(place).len() as f32))
                .collect(),
            unseen: idf(0.0),
            documents: Blocks::new(vocabulary.dim()),
            sentences: Blocks::new(vocabulary.dim()),
            owners: (0..)
                .zip(documents)
                .flat_map(|(owner, words)| words.sentences.iter().map(move |_| owner))
                .collect(),
            origin: Vec::new(),
        };
        if whole.dim == 0 {
            return whole;
        }
        let rows = |text: &dyn Fn(&Worded) -> Vec<f32>| mean(documents.iter().map(text), whole.dim);
        let middle = rows(&|words| whole.of(vocabulary, &words.all));
        let origin = rows(&|words| whole.of(vocabulary, &words.question));
        let centred = |text: &Places| {
            let mut row = whole.of(vocabulary, text);
            add(&mut row, &middle, -1.0);
            unit(&mut row);
            row
        };
        let mut of_documents = Blocks::new(whole.dim);
        let mut of_sentences = Blocks::new(whole.dim);
        for words in documents {
            of_documents.push_unit(&centred(&words.all));
            for sentence in &words.sentences {
                of_sentences.push_unit(&centred(sentence));
            }
        }
        of_documents.shrink();
        of_sentences.shrink();
        whole.documents = of_documents;
        whole.sentences = of_sentences;
        whole.origin = origin;
        whole
    }

    fn idf(&self, place: u32) -> f32 {
        let known = self.idfs.get(place as usize).copied();
        known.unwrap_or(self.unseen)
    }

    /// The weighted mean of a text of words of the vocabulary, as a unit vector.
    fn of(&self, vocabulary: &Vocabulary, text: &Places) -> Vec<f32> {
        let mut sum = vec![0.0; self.dim];
        for (place, count) in text {
            let weight = count * vocabulary.tells(*place) * self.idf(*place);
            vocabulary.add(*place, weight, &mut sum);
        }
        unit(&mut sum);
        sum
    }

    /// How near each document is to a message, -1 to 1.
    pub(super) fn add(&self, terms: &[Term], scores: &mut [f32]) {
        let mut query = vec![0.0; self.dim];
        for term in terms {
            let idf = term.place.map_or(self.unseen, |place| self.idf(place));
            add(&mut query, &term.vector, term.count * term.telling * idf);
        }
        self.compare(query, scores);
    }

    /// How near each document as a whole is to a text of words of the vocabulary.
    pub(super) fn add_places(&self, vocabulary: &Vocabulary, text: &Places, scores: &mut [f32]) {
        let query = self.asked(self.of(vocabulary, text));
        for (score, near) in scores.iter_mut().zip(self.documents.cosines(&query)) {
            *score += near;
        }
    }

    /// A message as it is compared with documents and sentences.
    fn asked(&self, mut message: Vec<f32>) -> Wide {
        unit(&mut message);
        add(&mut message, &self.origin, -1.0);
        unit(&mut message);
        wide(&message)
    }

    fn compare(&self, message: Vec<f32>, scores: &mut [f32]) {
        let query = self.asked(message);
        let mut best: Vec<f32> = self.documents.cosines(&query).collect();
        let sentence = if self.owners.is_empty() {
            0.0
        } else {
            SENTENCE
        };
        for (score, whole) in scores.iter_mut().zip(&best) {
            *score += (1.0 - sentence) * whole;
        }
        for (owner, near) in self.owners.iter().zip(self.sentences.cosines(&query)) {
            let best = &mut best[*owner as usize];
            *best = best.max(near);
        }
        for (score, best) in scores.iter_mut().zip(&best) {
            *score += sentence * best;
        }
    }
}

fn mean(rows: impl ExactSizeIterator<Item = Vec<f32>>, dim: usize) -> Vec<f32> {
    let share = (rows.len().max(1) as f32).recip();
    let mut sum = vec![0.0; dim];
    rows.for_each(|row| add(&mut sum, &row, share));
    sum
}
