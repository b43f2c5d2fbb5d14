//! The probability that a message reports an emergency in progress, learnt from examples.
//!
//! Made by `scripts/triage/train-triage`; the format is described in `FORMAT.md` beside it. A
//! linear model: pieces of words, words and pairs of words vote, as do groups of words that mean
//! nearly the same in either language. What else makes an emergency is left to the caller.

use super::features::{
    Features, Group, SHAPE, Token, group_char, of_groups, of_words, sentences, shape, tokens,
};
use super::reader::Reader;
use super::vectors::Vectors;
use crate::Lang;

const MAGIC: &[u8] = b"TRG2";

/// Length of the values of all features of one kind together.
const SCALE: f32 = 3.0;

/// What a sentence of several needs more than a whole message, in log odds: what stands beside a
/// sentence often takes back what it says.
const DOUBT: f32 = 2.0;

/// A model of all languages.
pub(super) struct Model {
    /// The number of bits of a place in a table.
    bits: u32,
    groups: Groups,
    /// Votes of groups of words.
    shared: Table,
    languages: Vec<(Lang, Linear)>,
}

/// What the model of one language makes of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Verdict {
    /// The language.
    pub(super) lang: Lang,
    /// The probability of an emergency where half of the messages are, 0 to 1.
    pub(super) chance: f32,
    /// Whether it reaches the threshold of the language.
    pub(super) emergency: bool,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Model({} languages, {} bits)",
            self.languages.len(),
            self.bits
        )
    }
}

/// What is particular to one language.
struct Linear {
    bias: f32,
    /// Slope and intercept that make the score log odds.
    slope: f32,
    intercept: f32,
    /// The probability from which on 96 % of emergencies were found in cross-validation.
    threshold: f32,
    /// `SHAPE` weights.
    shape: Vec<f32>,
    /// As many weights as a vector has elements.
    mean: Vec<f32>,
    table: Table,
}

/// Weights of eight bits, by the hash of a feature: the signed square of a number times a scale.
struct Table {
    scale: f32,
    /// 2^bits numbers.
    squares: &'static [u8],
}

/// Directions in the space of word vectors: coarse ones, then `fine` of each coarse one.
struct Groups {
    coarse: usize,
    fine: usize,
    dim: usize,
    /// `coarse * (1 + fine)` rows of `dim` elements.
    rows: Vec<f32>,
}

/// A message, or a sentence of it, with what is known of its words.
#[derive(Clone, Copy)]
struct Text<'a> {
    tokens: &'a [Token],
    /// The vector of each token; empty for signs and words of which nothing is known.
    rows: &'a [Vec<f32>],
    groups: &'a [Group],
}

impl Model {
    /// Reads a model. `None` if it isn't one.
    pub(super) fn read(bytes: &'static [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.take(4)? != MAGIC {
            return None;
        }
        let bits = u32::from(reader.u16()?);
        let size = 1_usize
            .checked_shl(bits)
            .filter(|_| (1..=24).contains(&bits))?;
        let dim = reader.size()?;
        let (coarse, fine) = (reader.size()?, reader.size()?);
        if coarse == 0 || fine == 0 {
            return None;
        }
        let languages = reader.u16()?;
        reader.u16()?;
        let rows = reader.take(coarse * (1 + fine) * dim)?;
        let rows = rows.iter().map(|byte| signed(*byte)).collect();
        let scale = reader.f32()?;
        let squares = reader.take(size)?;
        let languages = (0..languages).map(|_| Linear::read(&mut reader, dim, size));
        Some(Self {
            bits,
            groups: Groups {
                coarse,
                fine,
                dim,
                rows,
            },
            shared: Table { scale, squares },
            languages: languages
                .collect::<Option<_>>()
                .filter(|_| reader.0.is_empty())?,
        })
    }

    /// What a message is in each language that most of its words may be of. Reads the first 2,000
    /// characters. Without vectors, words of the same meaning are strangers to each other.
    pub(super) fn judge(&self, text: &str, vectors: Option<&Vectors>) -> Vec<Verdict> {
        let vectors = vectors.filter(|vectors| vectors.dim() == self.groups.dim);
        let tokens = tokens(text);
        if tokens.is_empty() {
            return Vec::new();
        }
        let likely = self.likely(&tokens, vectors);
        let rows = word_rows(&tokens, vectors);
        let group = |(token, row): (&Token, &Vec<f32>)| {
            (!token.sign).then(|| self.groups.of(row)).flatten()
        };
        let groups: Vec<Group> = tokens.iter().zip(&rows).map(group).collect();
        let mut highest = vec![f32::NEG_INFINITY; likely.len()];
        let mut hear = |range: std::ops::Range<usize>, doubt: f32| {
            let piece = Text {
                tokens: &tokens[range.clone()],
                rows: &rows[range.clone()],
                groups: &groups[range],
            };
            let odds = self.log_odds(&likely, piece, vectors);
            for (highest, odds) in highest.iter_mut().zip(odds) {
                *highest = highest.max(odds - doubt);
            }
        };
        hear(0..tokens.len(), 0.0);
        let sentences = sentences(&tokens);
        if sentences.len() > 1 {
            sentences.into_iter().for_each(|range| hear(range, DOUBT));
        }
        let verdict = |((lang, linear), odds): (&&(Lang, Linear), f32)| {
            let chance = (1.0 + (-odds).exp()).recip();
            Verdict {
                lang: *lang,
                chance,
                emergency: chance >= linear.threshold,
            }
        };
        likely.iter().zip(highest).map(verdict).collect()
    }

    /// The languages of whose common words a message has most; all of them without vectors.
    fn likely(&self, tokens: &[Token], vectors: Option<&Vectors>) -> Vec<&(Lang, Linear)> {
        let known = |lang: Lang| {
            let words = tokens.iter().filter(|token| !token.sign);
            let vectors = vectors.map(|vectors| {
                words
                    .filter(|token| vectors.knows(lang, &token.exact))
                    .count()
            });
            vectors.unwrap_or(0)
        };
        let counts: Vec<usize> = self.languages.iter().map(|one| known(one.0)).collect();
        let most = counts.iter().max().copied().unwrap_or(0);
        let languages = self.languages.iter().zip(counts);
        let likely = languages.filter(|(_, count)| *count == most);
        likely.map(|(language, _)| language).collect()
    }

    /// The log odds of an emergency in each of the languages.
    fn log_odds(
        &self,
        languages: &[&(Lang, Linear)],
        text: Text<'_>,
        vectors: Option<&Vectors>,
    ) -> Vec<f32> {
        let words = of_words(text.tokens);
        let shared = of_groups(text.tokens, text.groups);
        let shared = self.shared.vote(&shared, self.bits);
        let shape = shape(text.tokens);
        let odds = |(lang, linear): &&(Lang, Linear)| {
            let mean = mean(text, *lang, vectors);
            let score = shared
                + linear.table.vote(&words, self.bits)
                + dot(&linear.mean, &mean)
                + linear.bias
                + dot(&linear.shape, &shape);
            linear.slope * score + linear.intercept
        };
        languages.iter().map(odds).collect()
    }
}

impl Linear {
    fn read(reader: &mut Reader, dim: usize, size: usize) -> Option<(Lang, Self)> {
        let lang = std::str::from_utf8(reader.take(2)?).ok()?.parse().ok()?;
        reader.u16()?;
        let (bias, slope, intercept) = (reader.f32()?, reader.f32()?, reader.f32()?);
        let (threshold, scale) = (reader.f32()?, reader.f32()?);
        let linear = Self {
            bias,
            slope,
            intercept,
            threshold,
            shape: reader.f32s(SHAPE)?,
            mean: reader.f32s(dim)?,
            table: Table {
                scale,
                squares: reader.take(size)?,
            },
        };
        Some((lang, linear))
    }
}

impl Table {
    /// What the features say together.
    fn vote(&self, features: &Features, bits: u32) -> f32 {
        let (mut sum, mut squares) = (0.0, 0.0);
        for (hash, weight) in features.iter() {
            sum += weight
                * self
                    .squares
                    .get(place(hash, bits))
                    .map_or(0.0, |byte| square(*byte));
            squares += weight * weight;
        }
        sum * self.scale * SCALE / f32::sqrt(squares).max(1e-6)
    }
}

impl Groups {
    /// The characters of the coarse and the fine group of a word.
    fn of(&self, row: &[f32]) -> Group {
        let coarse = self.nearest(0, self.coarse, row);
        let fine = self.nearest(self.coarse + coarse * self.fine, self.fine, row);
        Some((group_char(coarse)?, group_char(coarse * self.fine + fine)?))
    }

    /// Which of `count` rows from `first` on points most in the direction of a vector; without a
    /// vector the first.
    fn nearest(&self, first: usize, count: usize, row: &[f32]) -> usize {
        let (mut best, mut most) = (0, f32::NEG_INFINITY);
        for number in 0..count {
            let start = (first + number) * self.dim;
            let like = dot(&self.rows[start..start + self.dim], row);
            if like > most {
                (best, most) = (number, like);
            }
        }
        best
    }
}

/// The vector of each token.
fn word_rows(tokens: &[Token], vectors: Option<&Vectors>) -> Vec<Vec<f32>> {
    let row = |token: &Token| {
        let vectors = vectors.filter(|_| !token.sign)?;
        vectors.word(&token.exact, &token.folded)
    };
    tokens
        .iter()
        .map(|token| row(token).unwrap_or_default())
        .collect()
}

/// The weighted mean of the vectors of the words, of length `SCALE`. Empty without vectors.
fn mean(text: Text<'_>, lang: Lang, vectors: Option<&Vectors>) -> Vec<f32> {
    let Some(vectors) = vectors else {
        return Vec::new();
    };
    let mut sum = vec![0.0_f32; vectors.dim()];
    for (token, row) in text.tokens.iter().zip(text.rows) {
        let weight = vectors.weight(lang, &token.exact);
        sum.iter_mut()
            .zip(row)
            .for_each(|(sum, value)| *sum += weight * value);
    }
    let length = f32::sqrt(dot(&sum, &sum)).max(1e-9);
    for value in &mut sum {
        *value *= SCALE / length;
    }
    sum
}

/// The product of two vectors, as far as both go. Eight sums, which the compiler does at once.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (a, b) = (a.chunks(8), b.chunks(8));
    for (a, b) in a.zip(b) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    sums.iter().sum()
}

/// Where the weight of a feature is in a table of 2^bits.
fn place(hash: u32, bits: u32) -> usize {
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    usize::try_from(mixed >> (32 - bits)).unwrap_or(0)
}

/// A byte as a number of -128 to 127.
fn signed(byte: u8) -> f32 {
    f32::from(i8::from_le_bytes([byte]))
}

/// The signed square of a byte.
fn square(byte: u8) -> f32 {
    signed(byte) * signed(byte).abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A model of one language with two groups, in which every feature has the same weight.
    fn bytes() -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        for number in [4_u16, 2, 1, 1, 1, 0] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([1_u8, 0, 0, 1]);
        bytes.extend(1.0_f32.to_le_bytes());
        bytes.extend([0; 16]);
        bytes.extend(b"fi\0\0");
        for number in [-1.0_f32, 1.0, 0.0, 0.5, 1.0] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend([0; 4 * (SHAPE + 2)]);
        bytes.extend([1; 16]);
        bytes
    }

    fn model() -> Model {
        Model::read(Vec::leak(bytes())).unwrap()
    }

    #[test]
    fn every_text_has_a_probability() {
        let long = "ж".repeat(5_000) + &" a!".repeat(5_000);
        for text in ["!", "apua", "𝐚𝐩𝐮𝐚 ½", "a. b! c", &long] {
            let verdicts = model().judge(text, None);
            assert_eq!(verdicts.len(), 1, "{text:?}");
            assert!((0.0..=1.0).contains(&verdicts[0].chance), "{text:?}");
        }
        assert!(model().judge("\u{0}", None).is_empty());
    }

    #[test]
    fn something_else_is_no_model() {
        let whole = bytes();
        for length in 0..whole.len() {
            assert!(Model::read(Vec::leak(whole[..length].to_vec())).is_none());
        }
        assert!(Model::read(Vec::leak([whole, vec![0]].concat())).is_none());
        assert!(Model::read(b"TSV1aaaaaaaaaaaaaaaaaaaaaaaaaa").is_none());
    }
}
