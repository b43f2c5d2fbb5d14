//! The leg of words near in meaning: BM25 in which a word near a word of the message counts in
//! part, by its share.

use super::vocabulary::{Places, Term, Vocabulary};

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// Where the words of a collection occur.
#[derive(Debug)]
pub(super) struct Soft {
    /// Where each word's postings begin; one more at the end.
    starts: Vec<u32>,
    /// Documents, and how often the word counts there.
    postings: Vec<(u32, f32)>,
    /// What each document's length adds below the line of BM25.
    norms: Vec<f32>,
    /// How many documents [`Term::common`] stands for.
    prior: f32,
}

impl Soft {
    /// Indexes documents; their numbers are positions in `documents`.
    pub(super) fn build<'a>(
        vocabulary: &Vocabulary,
        documents: impl Iterator<Item = &'a Places>,
        prior: f32,
    ) -> Self {
        let mut by_word: Vec<(u32, u32, f32)> = Vec::new();
        let mut lengths: Vec<f32> = Vec::new();
        for (number, places) in (0_u32..).zip(documents) {
            let word = |(place, count): &(u32, f32)| (*place, number, *count);
            by_word.extend(places.iter().map(word));
            lengths.push(places.iter().map(|(_, count)| count).sum());
        }
        by_word.sort_unstable_by_key(|(place, number, _)| (*place, *number));
        let mut starts = vec![0_u32; vocabulary.len() + 1];
        for (place, _, _) in &by_word {
            starts[*place as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let average = (lengths.iter().sum::<f32>() / lengths.len().max(1) as f32).max(1.0);
        let norm = |length: &f32| K1 * (1.0 - B + B * length / average);
        Self {
            starts,
            postings: by_word
                .into_iter()
                .map(|(_, number, count)| (number, count))
                .collect(),
            norms: lengths.iter().map(norm).collect(),
            prior,
        }
    }

    /// The documents a word is in, and how often it counts there.
    pub(super) fn postings(&self, place: u32) -> &[(u32, f32)] {
        let at = place as usize;
        let (start, end) = (self.starts.get(at), self.starts.get(at + 1));
        match (start, end) {
            (Some(start), Some(end)) => &self.postings[*start as usize..*end as usize],
            _ => &[],
        }
    }

    /// How many words of the vocabulary there were; later ones are in no document.
    pub(super) fn words(&self) -> usize {
        self.starts.len() - 1
    }

    /// Adds to each document's score what the words of a message find of it. Returns the score of
    /// a document that had them all.
    pub(super) fn add(&self, terms: &[Term], scores: &mut [f32]) -> f32 {
        let mut found = Found::new(scores.len());
        let bound = |term: &Term| {
            let weight = self.weigh(&term.near, (term.telling, term.common), &mut found);
            for (at, frequency) in found.drain() {
                scores[at] += weight * frequency / (frequency + self.norms[at]);
            }
            weight
        };
        terms.iter().map(bound).sum()
    }

    /// What a word with these neighbours adds to each document it finds.
    pub(super) fn impacts(&self, near: &Places, tells: (f32, f32), found: &mut Found) -> Places {
        let weight = self.weigh(near, tells, found);
        let impact = |(at, frequency)| {
            let impact = weight * frequency / (frequency + self.norms[at]);
            (at as u32, impact)
        };
        found.drain().map(impact).collect()
    }

    /// The share of documents that hold a word with these neighbours.
    pub(super) fn share(&self, near: &Places) -> f32 {
        let mut found = Found::new(self.norms.len());
        self.find(near, &mut found);
        found.holders() / self.norms.len().max(1) as f32
    }

    fn find(&self, near: &Places, found: &mut Found) {
        for (place, share) in near {
            for (document, count) in self.postings(*place) {
                found.add(*document as usize, share * count, *share);
            }
        }
    }

    /// The bound of what a word adds, by how much it tells and how common it is elsewhere.
    fn weigh(&self, near: &Places, (telling, common): (f32, f32), found: &mut Found) -> f32 {
        self.find(near, found);
        let holders = found.holders() + self.prior * common;
        let all = self.norms.len() as f32 + self.prior;
        let idf = (1.0 + (all - holders + 0.5) / (holders + 0.5)).ln();
        idf.max(0.0) * telling * (K1 + 1.0)
    }
}

/// What one word finds: documents with a frequency and the nearest neighbour's share.
pub(super) struct Found {
    frequencies: Vec<f32>,
    nearest: Vec<f32>,
    touched: Vec<usize>,
}

impl Found {
    pub(super) fn new(documents: usize) -> Self {
        Self {
            frequencies: vec![0.0; documents],
            nearest: vec![0.0; documents],
            touched: Vec::new(),
        }
    }

    fn add(&mut self, at: usize, frequency: f32, share: f32) {
        if self.frequencies[at] == 0.0 {
            self.touched.push(at);
        }
        self.frequencies[at] += frequency;
        self.nearest[at] = self.nearest[at].max(share);
    }

    fn holders(&self) -> f32 {
        self.touched.iter().map(|at| self.nearest[*at]).sum()
    }

    /// Hands out what was found, and forgets it.
    fn drain(&mut self) -> impl Iterator<Item = (usize, f32)> {
        let Self {
            frequencies,
            nearest,
            touched,
        } = self;
        touched.drain(..).map(move |at| {
            nearest[at] = 0.0;
            (at, std::mem::take(&mut frequencies[at]))
        })
    }
}
