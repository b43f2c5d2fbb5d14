//! Words with their vectors, and which of them are near a vector.

use std::collections::HashMap;

use super::grams::whole;
use super::rows::{Blocks, LANES, Rows, Wide, cosine, dot, element, product, wide};

/// Cosine from which on a word counts in part.
const NEAR: f32 = 0.3;

/// Shares below this are nothing.
pub(super) const LEAST: f32 = 0.02;

/// Elements of a row that are looked at first: they hold the most of it.
pub(super) const HEAD: usize = 48;

/// The cosine up to which the rests of two rows are taken to be alike. Two in a hundred neighbours
/// are more so, hardly near ones; to find them too takes twice as long.
const ALIKE: f32 = 0.4;

/// Words, by their places.
#[derive(Debug)]
pub(super) struct Table {
    /// Places by the hashes of words.
    places: HashMap<u32, u32>,
    /// Centred unit vectors.
    rows: Rows,
    pub(super) heads: Blocks,
    /// The length of each centred vector; 0 for a word of which nothing is known.
    lengths: Vec<f32>,
    tellings: Vec<f32>,
}

impl Table {
    pub(super) fn new(dim: usize) -> Self {
        Self {
            places: HashMap::new(),
            rows: Rows::new(dim),
            heads: Blocks::new(HEAD + 1),
            lengths: Vec::new(),
            tellings: Vec::new(),
        }
    }

    /// Takes in a new word, and gives it a place.
    pub(super) fn take_in(&mut self, exact: &[char]) -> u32 {
        let next = self.places.len() as u32;
        *self.places.entry(whole(exact)).or_insert(next)
    }

    /// Gives the next word without one its vector.
    pub(super) fn push(&mut self, unit: &[f32], length: f32, telling: f32) {
        if !unit.is_empty() {
            self.heads.push(head(&wide(unit)).into_iter());
        }
        self.rows.push(unit);
        self.lengths.push(length);
        self.tellings.push(telling);
    }

    /// Gives back memory that is not needed.
    pub(super) fn shrink(&mut self) {
        self.places.shrink_to_fit();
        self.rows.shrink();
        self.heads.shrink();
        self.lengths.shrink_to_fit();
        self.tellings.shrink_to_fit();
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The place of the word with a hash.
    pub(super) fn place(&self, hash: u32) -> Option<u32> {
        self.places.get(&hash).copied()
    }

    /// How much a word tells, 0 to 1.
    pub(super) fn telling(&self, at: usize) -> f32 {
        self.tellings[at]
    }

    /// A word's centred unit vector.
    pub(super) fn row(&self, at: usize) -> &[i8] {
        self.rows.row(at)
    }

    /// The same as it is compared with others.
    pub(super) fn wide(&self, at: usize) -> Wide {
        self.rows.wide(at)
    }

    /// Adds a word's vector, which is not centred, so many times to a sum.
    pub(super) fn add(&self, at: usize, mean: &[f32], weight: f32, sum: &mut [f32]) {
        let length = self.lengths[at];
        if length == 0.0 {
            return;
        }
        let row = self.rows.row(at).iter().map(|byte| element(*byte));
        for ((sum, value), mean) in sum.iter_mut().zip(row).zip(mean) {
            *sum += weight * (value * length + mean);
        }
    }
}

/// The first elements of a row, and behind them how long the rest is, in such units that the product of
/// two heads is hardly exceeded by that of the rows.
pub(super) fn head(row: &[i16]) -> [i16; HEAD + 1] {
    let mut head = [0; HEAD + 1];
    let (first, rest) = row.split_at(row.len().min(HEAD));
    head[..first.len()].copy_from_slice(first);
    let rest = rest.iter().map(|value| f32::from(*value).powi(2));
    head[HEAD] = (rest.sum::<f32>() * ALIKE).sqrt() as i16;
    head
}

/// Calls `each` with every row that counts in part, by a share of `least` or more, and its share. A few
/// of the least near are left out.
pub(super) fn search<'r>(
    heads: &Blocks,
    row: impl Fn(usize) -> &'r [i8],
    query: &Wide,
    least: f32,
    mut each: impl FnMut(usize, f32),
) {
    let least = product(NEAR + least * (1.0 - NEAR));
    for (block, promises) in heads.products(&head(query)).enumerate() {
        if promises.iter().fold(i16::MIN, |a, b| a.max(*b)) < least as i16 {
            continue;
        }
        for (lane, promise) in promises.into_iter().enumerate() {
            if i32::from(promise) < least {
                continue;
            }
            let at = block * LANES + lane;
            let product = dot(row(at), query);
            if product >= least {
                each(at, ((cosine(product) - NEAR) / (1.0 - NEAR)).min(1.0));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_rows_are_found_and_no_others() {
        let dim = 40;
        let unit = |number: usize| {
            let mut unit: Vec<f32> = (0..dim).map(|at| ((at * number) as f32).sin()).collect();
            super::super::vocabulary::unit(&mut unit);
            unit
        };
        let mut table = Table::new(dim);
        for number in 1..100 {
            table.push(&unit(number), 1.0, 1.0);
        }
        let mut found = Vec::new();
        let query = wide(&unit(70));
        search(
            &table.heads,
            |at| table.row(at),
            &query,
            0.0,
            |at, share| {
                found.push((at, share));
            },
        );
        assert!(found.iter().any(|(at, share)| *at == 69 && *share > 0.98));
        for (at, share) in &found {
            let cosine: f32 = unit(70).iter().zip(unit(at + 1)).map(|(a, b)| a * b).sum();
            assert!((NEAR + share * (1.0 - NEAR) - cosine).abs() < 0.02, "{at}");
        }
        assert!(found.len() < 50);
    }
}
