//! The table of static subword vectors, and the vector of a word.
//!
//! Made by `scripts/build-vectors`; the format is described in `scripts/vectors/FORMAT.md`. A word
//! that is in no list has a vector too, made of its parts.

use super::grams::{KEY, extend_key, key};
use super::reader::Reader;
use crate::Lang;

/// Lengths of the n-grams of a word that have rows.
const GRAMS: std::ops::RangeInclusive<usize> = 3..=6;

/// Share of a word's frequency at which it counts half (Arora, Liang, Ma 2017).
const COMMON: f32 = 1e-3;

/// The frequency of a word that is in no list.
const RARE: f32 = 1e-7;

const MAGIC: &[u8] = b"TSV1";

/// Leading bits of a key by which the table is entered.
const LEADING: u32 = 13;

/// Vectors of word parts, and how common words are: the table as it is stored, and where in it
/// keys begin.
pub(super) struct Vectors {
    dim: usize,
    /// Ascending.
    keys: Keys,
    /// Where the keys with given leading bits begin.
    directory: Vec<u32>,
    scales: &'static [[u8; 2]],
    rows: &'static [u8],
    frequencies: Vec<(Lang, Keys, &'static [[u8; 4]])>,
}

/// Numbers in ascending order, as they are stored.
type Keys = &'static [[u8; 4]];

impl std::fmt::Debug for Vectors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vectors({} x {})", self.keys.len(), self.dim)
    }
}

/// Keys, which must ascend.
fn read_keys(reader: &mut Reader, count: usize) -> Option<Keys> {
    let keys = reader.fours(count)?;
    let ascending = keys.is_sorted_by_key(|key| u32::from_le_bytes(*key));
    ascending.then_some(keys)
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
        let keys = read_keys(&mut reader, count)?;
        let scales = reader.take(count.checked_mul(2)?)?.as_chunks().0;
        let rows = reader.take(count.checked_mul(dim / 2)?)?;
        let mut frequencies = Vec::new();
        for _ in 0..languages {
            let lang = std::str::from_utf8(reader.take(2)?).ok()?.parse().ok()?;
            reader.u16()?;
            let words = usize::try_from(reader.u32()?).ok()?;
            frequencies.push((lang, read_keys(&mut reader, words)?, reader.fours(words)?));
        }
        Some(Self {
            dim,
            keys,
            directory: directory(keys),
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
        let mut sum = Sum::new(self.dim);
        let bracketed: Vec<char> = ['<'].iter().chain(folded).chain(&['>']).copied().collect();
        let mut parts = 0;
        for start in 0..bracketed.len() {
            let mut state = KEY;
            for (size, c) in (1..=*GRAMS.end()).zip(&bracketed[start..]) {
                state = extend_key(state, *c);
                if size < *GRAMS.start() {
                    continue;
                }
                if let Some(row) = self.find(state) {
                    self.add(row, 1.0, &mut sum);
                    parts += 1;
                }
            }
        }
        let whole = self.find(key(['='].iter().chain(exact)));
        let share = f32::sqrt(parts.max(1) as f32);
        if let Some(row) = whole {
            self.add(row, share, &mut sum);
        }
        (parts > 0 || whole.is_some()).then(|| sum.times(share.recip()))
    }

    /// How much a word tells, 0 to 1: little if it is in every sentence.
    pub(super) fn weight(&self, lang: Lang, exact: &[char]) -> f32 {
        COMMON / (COMMON + self.frequency(lang, exact).unwrap_or(RARE))
    }

    /// Whether a word is in the list of the language's common words.
    pub(super) fn knows(&self, lang: Lang, exact: &[char]) -> bool {
        self.frequency(lang, exact).is_some()
    }

    fn frequency(&self, lang: Lang, exact: &[char]) -> Option<f32> {
        let lists = self.frequencies.iter();
        let (_, keys, values) = lists.rev().find(|list| list.0 == lang)?;
        let key = key(['='].iter().chain(exact));
        let at = keys.binary_search_by_key(&key, |key| u32::from_le_bytes(*key));
        Some(f32::from_le_bytes(*values.get(at.ok()?)?))
    }

    fn find(&self, key: u32) -> Option<usize> {
        let prefix = (key >> (u32::BITS - LEADING)) as usize;
        let (first, last) = (self.directory[prefix], self.directory[prefix + 1]);
        let keys = &self.keys[first as usize..last as usize];
        let at = keys.binary_search_by_key(&key, |key| u32::from_le_bytes(*key));
        Some(first as usize + at.ok()?)
    }

    fn add(&self, row: usize, times: f32, sum: &mut Sum) {
        let scale = times * half(u16::from_le_bytes(self.scales[row]));
        let bytes = &self.rows[row * self.dim / 2..(row + 1) * self.dim / 2];
        for ((even, odd), byte) in sum.even.iter_mut().zip(&mut sum.odd).zip(bytes) {
            *even += f32::from(i16::from(byte & 15) - 8) * scale;
            *odd += f32::from(i16::from(byte >> 4) - 8) * scale;
        }
    }
}

/// Where the keys with given leading bits begin.
fn directory(keys: Keys) -> Vec<u32> {
    let mut next = 0;
    let mut begin = |prefix: u32| {
        let before = |key: &[u8; 4]| u32::from_le_bytes(*key) >> (u32::BITS - LEADING) < prefix;
        while keys.get(next).is_some_and(before) {
            next += 1;
        }
        next as u32
    };
    (0..=1 << LEADING).map(&mut begin).collect()
}

/// A sum of rows: elements in even and in odd places by themselves, as two share a byte.
struct Sum {
    even: Vec<f32>,
    odd: Vec<f32>,
}

impl Sum {
    fn new(dim: usize) -> Self {
        Self {
            even: vec![0.0; dim / 2],
            odd: vec![0.0; dim / 2],
        }
    }

    fn times(&self, factor: f32) -> Vec<f32> {
        let pairs = self.even.iter().zip(&self.odd);
        pairs
            .flat_map(|(even, odd)| [even * factor, odd * factor])
            .collect()
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
