//! One leg of retrieval: a BM25 index over hashed terms.
//!
//! Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), with
//! the usual k1 = 1.2 and b = 0.75. Its job is to add up scores quickly; which terms a text has,
//! how legs are weighed and when a score is enough are left to the caller.

const K1: f32 = 1.2;
const B: f32 = 0.75;

/// The weighted terms of one document: hashes and term frequencies, each hash once.
pub(super) type Terms = Vec<(u32, f32)>;

/// A document and how much of the most a term can add there it adds, in one number.
#[derive(Clone, Copy, Debug)]
struct Posting(u32);

/// Bits of the part; the rest is the document's number.
const PART_BITS: u32 = 12;

/// A part of one.
const WHOLE_PART: f32 = ((1 << PART_BITS) - 1) as f32;

/// Documents an index holds at most; a million.
const DOCUMENTS: usize = 1 << (u32::BITS - PART_BITS);

impl Posting {
    fn new(document: u32, part: f32) -> Self {
        Self(document << PART_BITS | (part * WHOLE_PART).round() as u32)
    }

    fn document(self) -> usize {
        (self.0 >> PART_BITS) as usize
    }

    /// What share of the bound the term adds, times [`WHOLE_PART`].
    fn part(self) -> f32 {
        (self.0 & ((1 << PART_BITS) - 1)) as i32 as f32
    }
}

/// An immutable index over a handful to some thousands of documents.
#[derive(Debug, Default)]
pub(super) struct Bm25 {
    /// Term hashes, ascending.
    hashes: Vec<u32>,
    /// Where the hashes with given leading bits begin.
    directory: Vec<u32>,
    /// Bits to drop from a hash to get its place in the directory.
    shift: u32,
    /// Where each term's postings begin; one more at the end.
    starts: Vec<u32>,
    postings: Vec<Posting>,
    idfs: Vec<f32>,
    unseen_idf: f32,
    documents: usize,
}

impl Bm25 {
    /// Indexes documents, one at a time; their numbers are their positions.
    ///
    /// How common a term is can be told by another index as well, which then stands for so many
    /// documents.
    pub(super) fn build(
        documents: impl Iterator<Item = Terms>,
        prior: Option<(&Self, f32)>,
    ) -> Self {
        let mut lengths: Vec<f32> = Vec::new();
        let mut found: Vec<(u32, u32, f32)> = Vec::new();
        for (number, terms) in (0..).zip(documents.take(DOCUMENTS)) {
            lengths.push(terms.iter().map(|(_, tf)| tf).sum());
            found.extend(terms.iter().map(|(hash, tf)| (*hash, number, *tf)));
        }
        found.sort_unstable_by_key(|(hash, number, _)| (*hash, *number));
        let count = lengths.len();
        let average = (lengths.iter().sum::<f32>() / count.max(1) as f32).max(1.0);
        let mut index = Self {
            unseen_idf: idf(count as f32 + prior.map_or(0.0, |(_, prior)| prior), 0.0),
            documents: count,
            postings: Vec::with_capacity(found.len()),
            ..Self::default()
        };
        for same in found.chunk_by(|a, b| a.0 == b.0) {
            index.hashes.push(same[0].0);
            let (more, holders) = prior.map_or((0.0, 0.0), |(other, prior)| {
                (prior, prior * other.share(same[0].0))
            });
            let holders = same.len() as f32 + holders;
            index.idfs.push(idf(count as f32 + more, holders));
            index.starts.push(index.postings.len() as u32);
            let posting = |(_, document, tf): &(u32, u32, f32)| {
                let norm = K1 * (1.0 - B + B * lengths[*document as usize] / average);
                Posting::new(*document, tf / (tf + norm))
            };
            index.postings.extend(same.iter().map(posting));
        }
        index.starts.push(index.postings.len() as u32);
        index.hashes.shrink_to_fit();
        index.idfs.shrink_to_fit();
        index.starts.shrink_to_fit();
        index.build_directory();
        index
    }

    /// Adds each term's impact to the documents that have it.
    ///
    /// `scores` has one place per document; `terms`, each with its weight, should be without
    /// repeats. Returns the score of an imagined document in which every term is frequent: a bound
    /// that depends on the terms only, so score / bound is a level that can be compared between
    /// questions.
    pub(super) fn add(&self, terms: &[(u32, f32)], scores: &mut [f32]) -> f32 {
        let mut bound = 0.0;
        for (hash, weight) in terms {
            let Some(term) = self.find(*hash) else {
                bound += weight * self.unseen_idf;
                continue;
            };
            bound += weight * self.idfs[term];
            let impact = weight * self.impact(term);
            for posting in self.postings(term) {
                scores[posting.document()] += impact * posting.part();
            }
        }
        bound * (K1 + 1.0)
    }

    /// Scores the documents of another index, the first `rows` of them, as in [`Self::add`] with each
    /// of their terms once; adds them, times `factor`, to `scores`, row by row.
    pub(super) fn add_all(&self, others: &Self, factor: f32, rows: usize, scores: &mut [f32]) {
        let count = scores.len() / rows.max(1);
        for (other, hash) in others.hashes.iter().enumerate() {
            let Some(term) = self.find(*hash) else {
                continue;
            };
            let impact = factor * self.impact(term);
            let asked = others.postings(other).iter().map(|one| one.document());
            for row in asked.take_while(|row| *row < rows) {
                let scores = &mut scores[row * count..(row + 1) * count];
                for posting in self.postings(term) {
                    scores[posting.document()] += impact * posting.part();
                }
            }
        }
    }

    /// The share of documents that have a term.
    fn share(&self, hash: u32) -> f32 {
        let holders = self.find(hash).map_or(0, |term| self.postings(term).len());
        holders as f32 / self.documents.max(1) as f32
    }

    fn postings(&self, term: usize) -> &[Posting] {
        &self.postings[self.starts[term] as usize..self.starts[term + 1] as usize]
    }

    /// What a document gets for one of [`Posting::part`].
    fn impact(&self, term: usize) -> f32 {
        self.idfs[term] * (K1 + 1.0) / WHOLE_PART
    }

    /// Memory the index holds, in bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        (self.hashes.len() + self.directory.len() + self.starts.len() + self.idfs.len()) * 4
            + self.postings.len() * size_of::<Posting>()
    }

    fn build_directory(&mut self) {
        let bits = (self.hashes.len().max(2) as u32).ilog2();
        self.shift = u32::BITS - bits;
        let mut next = 0;
        for prefix in 0..=(1_u32 << bits) {
            while next < self.hashes.len() && self.hashes[next] >> self.shift < prefix {
                next += 1;
            }
            self.directory.push(next as u32);
        }
    }

    fn find(&self, hash: u32) -> Option<usize> {
        let prefix = (hash >> self.shift) as usize;
        let (first, last) = (
            self.directory[prefix] as usize,
            self.directory[prefix + 1] as usize,
        );
        let place = self.hashes[first..last]
            .iter()
            .position(|known| *known == hash)?;
        Some(first + place)
    }
}

/// How much a term found `with` so many of `all` documents tells; never negative.
fn idf(all: f32, with: f32) -> f32 {
    (1.0 + (all - with + 0.5) / (with + 0.5)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(documents: &[&[(u32, f32)]]) -> Bm25 {
        Bm25::build(documents.iter().map(|terms| terms.to_vec()), None)
    }

    fn scores(index: &Bm25, count: usize, terms: &[u32]) -> Vec<f32> {
        let mut scores = vec![0.0; count];
        let terms: Vec<(u32, f32)> = terms.iter().map(|term| (*term, 1.0)).collect();
        index.add(&terms, &mut scores);
        scores
    }

    #[test]
    fn the_score_is_the_published_formula() {
        // Two documents of length 2 and 4: average 3.
        let index = index(&[&[(1, 1.0), (7, 1.0)], &[(1 << 31, 3.0), (7, 1.0)]]);
        let expected =
            (1.0_f32 + 1.5 / 1.5).ln() * 1.0 * 2.2 / (1.0 + 1.2 * (0.25 + 0.75 * 2.0 / 3.0));
        let got = scores(&index, 2, &[1]);
        assert!((got[0] - expected).abs() < 1e-3, "{got:?} {expected}");
        assert_eq!(got[1], 0.0);
    }

    #[test]
    fn every_term_is_found_again_and_no_other() {
        let terms: Vec<(u32, f32)> = (0..500_u32)
            .map(|n| (n.wrapping_mul(2_654_435_761), 1.0))
            .collect();
        let index = index(&[&terms, &[(u32::MAX, 1.0)]]);
        for (hash, _) in &terms {
            assert!(scores(&index, 2, &[*hash])[0] > 0.0, "{hash}");
        }
        assert!(scores(&index, 2, &[u32::MAX])[1] > 0.0);
        assert_eq!(scores(&index, 2, &[5]), [0.0, 0.0]);
    }

    #[test]
    fn the_bound_is_above_any_score() {
        let index = index(&[&[(1, 90.0), (2, 90.0)], &[(3, 1.0)]]);
        let mut found = vec![0.0; 2];
        let bound = index.add(&[(1, 1.0), (2, 1.0)], &mut found);
        assert!(
            found[0] < bound && found[0] > bound * 0.8,
            "{found:?} {bound}"
        );
    }

    #[test]
    fn all_documents_are_scored_like_one_after_another() {
        let entries = index(&[&[(1, 1.0), (2, 3.0)], &[(2, 1.0), (9, 2.0)]]);
        let lines = index(&[&[(2, 1.0), (9, 5.0)], &[(1, 1.0), (7, 1.0)], &[(1, 1.0)]]);
        let mut all = vec![1.0; 4];
        entries.add_all(&lines, 2.0, 2, &mut all);
        for (row, terms) in [[2, 9], [1, 7]].iter().enumerate() {
            for (at, score) in scores(&entries, 2, terms).iter().enumerate() {
                assert!((all[row * 2 + at] - 1.0 - 2.0 * score).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn an_empty_index_answers_nothing() {
        assert_eq!(
            Bm25::build(std::iter::empty(), None).add(&[(1, 1.0), (2, 1.0)], &mut []),
            2.2 * 2.0 * 2.0_f32.ln()
        );
        assert!(index(&[&[]]).bytes() < 100);
    }
}
