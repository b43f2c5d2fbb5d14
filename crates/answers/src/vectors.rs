//! The table of static subword vectors, and the vector of a word.
//!
//! Made by `scripts/build-vectors`; the format is described in `scripts/vectors/FORMAT.md`. A word
//! that is in no list has a vector too, made of its parts.

use std::collections::HashMap;

use super::grams::key;
use crate::Lang;

/// Lengths of the n-grams of a word that have rows.
const GRAMS: std::ops::RangeInclusive<usize> = 3..=6;

/// Share of a word's frequency at which it counts half (Arora, Liang, Ma 2017).
const COMMON: f32 = 1e-3;

/// The frequency of a word that is in no list.
const RARE: f32 = 1e-7;

const MAGIC: &[u8] = b"TSV1";

/// Vectors of word parts, and how common words are.
pub(super) struct Vectors {
    dim: usize,
    keys: Vec<u32>,
    scales: Vec<f32>,
    rows: &'static [u8],
    frequencies: HashMap<Lang, HashMap<u32, f32>>,
}

impl std::fmt::Debug for Vectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vectors({} x {})", self.keys.len(), self.dim)
    }
}

/// Reads a table from its beginning.
struct Reader(&'static [u8]);

impl Reader {
    fn take(&mut self, count: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u32s(&mut self, count: usize) -> Option<Vec<u32>> {
        (0..count).map(|_| self.u32()).collect()
    }
}

impl Vectors {
    /// Reads a table. `None` if it isn't one.
    pub(super) fn read(bytes: &'static [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.take(4)? != MAGIC {
            return None;
        }
        let dim = usize::from(reader.u16()?);
        let four_bits = reader.u16()? == 4;
        let count = usize::try_from(reader.u32()?).ok()?;
        let languages = reader.u16()?;
        reader.u16()?;
        if !four_bits || dim % 2 == 1 {
            return None;
        }
        let keys = reader.u32s(count)?;
        let scales = (0..count)
            .map(|_| reader.u16().map(half))
            .collect::<Option<_>>()?;
        let rows = reader.take(count * dim / 2)?;
        let mut frequencies = HashMap::new();
        for _ in 0..languages {
            let lang = std::str::from_utf8(reader.take(2)?).ok()?.parse().ok()?;
            reader.u16()?;
            let words = usize::try_from(reader.u32()?).ok()?;
            let keys = reader.u32s(words)?;
            let values = reader.u32s(words)?.into_iter().map(f32::from_bits);
            frequencies.insert(lang, keys.into_iter().zip(values).collect());
        }
        Some(Self {
            dim,
            keys,
            scales,
            rows,
            frequencies,
        })
    }

    /// The length of a vector.
    pub(super) fn dim(&self) -> usize {
        self.dim
    }

    /// The vector of a word: of the word itself if it is known, and of its parts. `exact` has its
    /// diacritics, `folded` hasn't. `None` if nothing of it is known.
    pub(super) fn word(&self, exact: &[char], folded: &[char]) -> Option<Vec<f32>> {
        let mut sum = vec![0.0; self.dim];
        let whole = self.find(key(['='].iter().chain(exact)));
        let bracketed: Vec<char> = ['<'].iter().chain(folded).chain(&['>']).copied().collect();
        let mut parts = 0;
        for size in GRAMS {
            for gram in bracketed.windows(size) {
                if let Some(row) = self.find(key(gram.iter())) {
                    self.add(row, &mut sum);
                    parts += 1;
                }
            }
        }
        if parts > 0 {
            let share = f32::sqrt(parts as f32).recip();
            sum.iter_mut().for_each(|value| *value *= share);
        }
        if let Some(row) = whole {
            self.add(row, &mut sum);
        }
        (parts > 0 || whole.is_some()).then_some(sum)
    }

    /// How much a word tells, 0 to 1: little if it is in every sentence.
    pub(super) fn weight(&self, lang: Lang, exact: &[char]) -> f32 {
        let known = self.frequencies.get(&lang);
        let known = known.and_then(|known| known.get(&key(['='].iter().chain(exact))));
        COMMON / (COMMON + known.copied().unwrap_or(RARE))
    }

    /// Whether a word is among the common ones of a language.
    pub(super) fn knows(&self, lang: Lang, exact: &[char]) -> bool {
        let known = self.frequencies.get(&lang);
        known.is_some_and(|known| known.contains_key(&key(['='].iter().chain(exact))))
    }

    fn find(&self, key: u32) -> Option<usize> {
        self.keys.binary_search(&key).ok()
    }

    fn add(&self, row: usize, sum: &mut [f32]) {
        let scale = self.scales[row];
        let bytes = &self.rows[row * self.dim / 2..(row + 1) * self.dim / 2];
        for (pair, byte) in sum.chunks_exact_mut(2).zip(bytes) {
            pair[0] += (f32::from(byte & 15) - 8.0) * scale;
            pair[1] += (f32::from(byte >> 4) - 8.0) * scale;
        }
    }
}

/// A number of 16 bits (IEEE 754 binary16); the table has no infinite ones.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 31);
    let fraction = f32::from(bits & 1023) / 1024.0;
    match exponent {
        0 => sign * fraction * f32::powi(2.0, -14),
        _ => sign * (1.0 + fraction) * f32::powi(2.0, exponent - 15),
    }
}
