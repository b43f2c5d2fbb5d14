//! The probability that a message reports an emergency in progress, learnt from examples.
//!
//! Made by `scripts/train-triage`; the format is described in `FORMAT.md`. A linear model: pieces
//! of words, words and pairs of words vote, as do groups of words that mean nearly the same in
//! either language. Which probability is an emergency is left to the caller.

use super::grams::key;
use super::vectors::Vectors;
use super::words::{MESSAGE_CHARS, Spelling, Words, fold_word};
use crate::Lang;

const MAGIC: &[u8] = b"TRG1";

/// Words and signs of a message that are read at most.
const TOKENS: usize = 200;

/// Length of the values of all features of one kind together.
const SCALE: f32 = 3.0;

/// How many yes-or-no features describe the shape of a message.
const SHAPE: usize = 8;

/// The character that stands for the first group of words; the others follow.
const FIRST_GROUP: u32 = 0x4e00;

/// A model of all languages.
pub(super) struct Model {
    /// The number of bits of a place in a table.
    bits: u32,
    groups: Groups,
    /// Votes of groups of words.
    shared: Table,
    languages: Vec<(Lang, Linear)>,
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
    /// Slope and intercept that make the score a probability.
    slope: f32,
    intercept: f32,
    /// The probability from which on 97 % of emergencies were found in cross-validation.
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

/// A word in both spellings, or a sign that ends a sentence.
struct Token {
    exact: Vec<char>,
    folded: Vec<char>,
    sign: bool,
}

/// Hashes of the features of a message, with their weights. What is named twice counts once.
#[derive(Default)]
struct Features(Vec<(u32, f32)>);

/// Reads a file from its beginning.
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

    fn size(&mut self) -> Option<usize> {
        self.u16().map(usize::from)
    }

    fn f32(&mut self) -> Option<f32> {
        self.take(4)?.try_into().ok().map(f32::from_le_bytes)
    }

    fn f32s(&mut self, count: usize) -> Option<Vec<f32>> {
        (0..count).map(|_| self.f32()).collect()
    }
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

    /// The probability, 0 to 1, that a message in a language reports an emergency in progress. In
    /// a language the model doesn't know, the highest of all languages. Reads the first 2,000
    /// characters. Without vectors, words of the same meaning are strangers to each other.
    pub(super) fn score(&self, lang: Lang, text: &str, vectors: Option<&Vectors>) -> f32 {
        let known = self.languages.iter().any(|(known, _)| *known == lang);
        let chosen = self
            .languages
            .iter()
            .filter(|(other, _)| !known || *other == lang);
        let vectors = vectors.filter(|vectors| vectors.dim() == self.groups.dim);
        let text = head(text);
        let tokens = tokens(text);
        let rows = word_rows(&tokens, vectors);
        let words = of_words(&tokens);
        let shared = self
            .shared
            .vote(&self.groups.features(&tokens, &rows), self.bits);
        let score = |(lang, linear): &(Lang, Linear)| {
            let mean = mean(&tokens, &rows, *lang, vectors);
            let own = linear.table.vote(&words, self.bits);
            linear.probability(
                shared + own + dot(&linear.mean, &mean),
                &shape(text, &tokens),
            )
        };
        chosen.map(score).fold(0.0, f32::max)
    }

    /// The probability from which on 97 % of emergencies were found in cross-validation.
    pub(super) fn threshold(&self, lang: Lang) -> Option<f32> {
        let linear = self.languages.iter().find(|(known, _)| *known == lang);
        linear.map(|(_, linear)| linear.threshold)
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

    /// The probability of the votes of words and vectors together with the shape of a message.
    fn probability(&self, votes: f32, shape: &[f32; SHAPE]) -> f32 {
        let score = votes + self.bias + dot(&self.shape, shape);
        1.0 / (1.0 + (-(self.slope * score + self.intercept)).exp())
    }
}

impl Table {
    /// What the features say together.
    fn vote(&self, features: &Features, bits: u32) -> f32 {
        let (mut sum, mut squares) = (0.0, 0.0);
        for (hash, weight) in &features.0 {
            sum += weight
                * self
                    .squares
                    .get(place(*hash, bits))
                    .map_or(0.0, |byte| square(*byte));
            squares += weight * weight;
        }
        sum * self.scale * SCALE / f32::sqrt(squares).max(1e-6)
    }
}

impl Groups {
    /// The features of the groups of the words.
    fn features(&self, tokens: &[Token], rows: &[Vec<f32>]) -> Features {
        let mut coarse = vec![vec!['^']];
        let mut fine = vec![vec!['^']];
        for (token, row) in tokens.iter().zip(rows) {
            let (first, second) = if token.sign {
                (None, None)
            } else {
                self.of(row)
            };
            let name =
                |group: Option<char>| group.map_or_else(|| token.folded.clone(), |c| vec![c]);
            coarse.push(name(first));
            fine.push(name(second));
        }
        let mut features = Features::default();
        for (mut sequence, [one, two, three]) in
            [(coarse, ['k', 'l', 'm']), (fine, ['c', 'd', 'e'])]
        {
            sequence.push(vec!['$']);
            let sequence: Vec<&[char]> = sequence.iter().map(Vec::as_slice).collect();
            for name in &sequence {
                features.add(one, 1.0, &[name]);
            }
            features.add_pairs(&sequence, 1, two, 1.0);
            features.add_pairs(&sequence, 2, three, 0.7);
        }
        features.distinct()
    }

    /// The characters of the coarse and the fine group of a word.
    fn of(&self, row: &[f32]) -> (Option<char>, Option<char>) {
        let coarse = self.nearest(0, self.coarse, row);
        let fine = self.nearest(self.coarse + coarse * self.fine, self.fine, row);
        (group_char(coarse), group_char(coarse * self.fine + fine))
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

impl Features {
    /// The distinct ones, in the order of their hashes.
    fn distinct(mut self) -> Self {
        self.0.sort_unstable_by_key(|(hash, _)| *hash);
        self.0.dedup_by_key(|(hash, _)| *hash);
        self
    }

    /// Adds one whose name is a kind and more characters.
    fn add(&mut self, kind: char, weight: f32, name: &[&[char]]) {
        let hash = key([kind].iter().chain(name.iter().copied().flatten()));
        self.0.push((hash, weight));
    }

    /// Adds one for each two of a sequence that stand so far apart.
    fn add_pairs(&mut self, sequence: &[&[char]], apart: usize, kind: char, weight: f32) {
        for (a, b) in sequence.iter().zip(sequence.iter().skip(apart)) {
            self.add(kind, weight, &[a, &[' '], b]);
        }
    }

    /// Adds the pieces of a word, its end and the word itself.
    fn add_word(&mut self, word: &[char]) {
        let edged: Vec<char> = [' '].iter().chain(word).chain(&[' ']).copied().collect();
        for size in 2..=5 {
            edged
                .windows(size)
                .for_each(|piece| self.add('g', 1.0, &[piece]));
        }
        self.add('w', 1.5, &[word]);
        self.add('E', 1.0, &[&word[word.len().saturating_sub(3)..]]);
    }
}

/// The features of the words and signs themselves.
fn of_words(tokens: &[Token]) -> Features {
    let mut features = Features::default();
    let words = tokens.iter().filter(|token| !token.sign);
    words.for_each(|token| features.add_word(&token.folded));
    let mut sequence: Vec<&[char]> = vec![&['^']];
    sequence.extend(tokens.iter().map(|token| token.folded.as_slice()));
    let stems: Vec<&[char]> = sequence
        .iter()
        .map(|name| &name[..name.len().min(4)])
        .collect();
    for stem in &stems {
        features.add('P', 1.0, &[stem]);
    }
    features.add_pairs(&sequence, 1, 'b', 1.5);
    features.add_pairs(&sequence, 2, 's', 1.0);
    features.add_pairs(&stems, 1, 'p', 1.0);
    features.add_pairs(&stems, 2, 'q', 0.7);
    features.distinct()
}

/// The first characters of a text, as many as are read.
fn head(text: &str) -> &str {
    let end = text.char_indices().nth(MESSAGE_CHARS);
    &text[..end.map_or(text.len(), |(end, _)| end)]
}

/// The words and the signs that end sentences, in order; a sign counts once in a row.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for sentence in text.split_inclusive(['.', ';', '\n', '!', '?']) {
        for word in Words::read(sentence, Spelling::Exact, MESSAGE_CHARS).iter() {
            tokens.push(Token {
                exact: word.to_vec(),
                folded: fold_word(word),
                sign: false,
            });
        }
        let Some(sign) = sentence.chars().last().and_then(sign) else {
            continue;
        };
        if tokens
            .last()
            .is_none_or(|last| !last.sign || last.folded != [sign])
        {
            tokens.push(Token {
                exact: vec![sign],
                folded: vec![sign],
                sign: true,
            });
        }
    }
    tokens.truncate(TOKENS);
    tokens
}

/// The sign that a character stands for, if it ends a sentence.
fn sign(c: char) -> Option<char> {
    match c {
        '.' | ';' | '\n' => Some('.'),
        '!' | '?' => Some(c),
        _ => None,
    }
}

/// The vector of each token; empty for signs and words of which nothing is known.
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
fn mean(tokens: &[Token], rows: &[Vec<f32>], lang: Lang, vectors: Option<&Vectors>) -> Vec<f32> {
    let Some(vectors) = vectors else {
        return Vec::new();
    };
    let mut sum = vec![0.0_f32; vectors.dim()];
    for (token, row) in tokens.iter().zip(rows) {
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

/// Marks and length of a message, 0.5 for yes.
fn shape(text: &str, tokens: &[Token]) -> [f32; SHAPE] {
    let words = tokens.iter().filter(|token| !token.sign).count();
    let holds = [
        text.contains('?'),
        text.contains('!'),
        words <= 2,
        words <= 5,
        words > 12,
        words > 25,
        text.trim_end().ends_with('?'),
        text.contains("112"),
    ];
    holds.map(|holds| if holds { 0.5 } else { 0.0 })
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

/// The character of a group of words.
fn group_char(number: usize) -> Option<char> {
    char::from_u32(FIRST_GROUP + u32::try_from(number).ok()?)
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
    fn model() -> Model {
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
        Model::read(Vec::leak(bytes)).unwrap()
    }

    fn texts(text: &str) -> Vec<String> {
        tokens(text)
            .iter()
            .map(|token| token.folded.iter().collect())
            .collect()
    }

    #[test]
    fn signs_are_tokens_and_count_once_in_a_row() {
        assert_eq!(
            texts("Apua!! !\nPalaa; täällä..."),
            ["apua", "!", ".", "palaa", ".", "taalla", "."]
        );
        assert!(texts(" \u{301} ").is_empty());
    }

    #[test]
    fn a_repeated_word_counts_once() {
        let counted = |text| of_words(&tokens(text)).0.len();
        assert!(counted("apua apua apua apua") == counted("apua apua apua"));
    }

    #[test]
    fn every_text_has_a_probability() {
        let long = "ж".repeat(5_000) + &" a!".repeat(5_000);
        for text in ["", "!", "\u{0}", "apua", "𝐚𝐩𝐮𝐚 ½", &long] {
            for lang in [Lang::FI, Lang::SV] {
                let score = model().score(lang, text, None);
                assert!((0.0..=1.0).contains(&score), "{text:?}");
            }
        }
    }

    #[test]
    fn something_else_is_no_model() {
        assert!(Model::read(b"").is_none());
        assert!(Model::read(b"TRG1\x12\0\x80\0\x40\0").is_none());
        assert!(Model::read(b"TSV1aaaaaaaaaaaaaaaaaaaaaaaaaa").is_none());
    }

    #[test]
    fn the_threshold_is_of_a_known_language() {
        assert_eq!(model().threshold(Lang::FI), Some(0.5));
        assert_eq!(model().threshold(Lang::SV), None);
    }
}
