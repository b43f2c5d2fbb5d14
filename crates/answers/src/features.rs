//! What the triage model sees of a message: words and signs, and the features they make.
//!
//! The same features are made by `scripts/triage/train-triage`, described in its `FORMAT.md`;
//! a change here is a change there, and a new model. What a feature is worth is left to the model.

use super::grams::key;
use super::words::{MESSAGE_CHARS, Spelling, Words, fold_word};

/// How many yes-or-no features describe the shape of a message.
pub(super) const SHAPE: usize = 8;

/// The character that stands for the first group of words; the others follow.
const FIRST_GROUP: u32 = 0x4e00;

/// How far apart words are whose order still tells something.
const FAR: std::ops::RangeInclusive<usize> = 3..=6;

/// A word in both spellings, or a sign that ends a sentence.
pub(super) struct Token {
    /// As written, in lower case.
    pub(super) exact: Vec<char>,
    /// Without diacritics.
    pub(super) folded: Vec<char>,
    /// Whether it is a sign.
    pub(super) sign: bool,
}

/// The groups a word belongs to, as characters; `None` for a sign.
pub(super) type Group = Option<(char, char)>;

/// Hashes of the features of a message, with their weights. What is named twice counts once.
#[derive(Default)]
pub(super) struct Features(Vec<(u32, f32)>);

impl Features {
    /// Each hash with its weight, in the order of the hashes.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, f32)> {
        self.0.iter().copied()
    }

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
        self.add('E', 1.0, &[end(word)]);
    }

    /// Adds how a sentence begins and ends: a question or a cry is told by it.
    fn add_sentence(&mut self, words: &[Token], sign: char) {
        let [first, .., last] = words else {
            return self.add_ends(words.first(), &[], words.last(), sign);
        };
        self.add_ends(Some(first), &words[1].folded, Some(last), sign);
    }

    fn add_ends(
        &mut self,
        first: Option<&Token>,
        second: &[char],
        last: Option<&Token>,
        sign: char,
    ) {
        let (Some(first), Some(last)) = (first, last) else {
            return;
        };
        let sign: &[char] = &[' ', sign];
        self.add('A', 1.0, &[&first.folded, sign]);
        if !second.is_empty() {
            self.add('A', 1.0, &[&first.folded, &[' '], second, sign]);
        }
        self.add('Z', 1.0, &[&last.folded, sign]);
        self.add('Y', 1.0, &[end(&last.folded), sign]);
    }

    fn add_number(&mut self, kind: char, number: usize) {
        let digits: Vec<char> = number.to_string().chars().collect();
        self.add(kind, 1.0, &[&digits]);
    }
}

/// The last three letters.
fn end(word: &[char]) -> &[char] {
    &word[word.len().saturating_sub(3)..]
}

/// The features of the words and signs themselves.
pub(super) fn of_words(tokens: &[Token]) -> Features {
    let mut features = Features::default();
    let words = tokens.iter().filter(|token| !token.sign);
    words
        .clone()
        .for_each(|token| features.add_word(&token.folded));
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
    for apart in FAR {
        features.add_pairs(&stems, apart, 'f', 0.5);
    }
    let mut sentences = 0;
    for (words, sign) in told(tokens) {
        features.add_sentence(words, sign);
        sentences += 1;
    }
    features.add_number('N', sentences.min(6));
    features.add_number('M', (words.count() / 2).min(12));
    features.distinct()
}

/// The features of the groups of the words.
pub(super) fn of_groups(tokens: &[Token], groups: &[Group]) -> Features {
    let mut coarse = vec![vec!['^']];
    let mut fine = vec![vec!['^']];
    for (token, group) in tokens.iter().zip(groups) {
        let name = |group: Option<char>| group.map_or_else(|| token.folded.clone(), |c| vec![c]);
        coarse.push(name(group.map(|(coarse, _)| coarse)));
        fine.push(name(group.map(|(_, fine)| fine)));
    }
    let mut features = Features::default();
    for (mut sequence, [one, two, three]) in [(coarse, ['k', 'l', 'm']), (fine, ['c', 'd', 'e'])] {
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

/// The character of a group of words.
pub(super) fn group_char(number: usize) -> Option<char> {
    char::from_u32(FIRST_GROUP + u32::try_from(number).ok()?)
}

/// Marks and length of a message, 0.5 for yes.
pub(super) fn shape(tokens: &[Token]) -> [f32; SHAPE] {
    let words = tokens.iter().filter(|token| !token.sign).count();
    let asks = |token: &Token| token.folded == ['?'];
    let holds = [
        tokens.iter().any(asks),
        tokens.iter().any(|token| token.folded == ['!']),
        words <= 2,
        words <= 5,
        words > 12,
        words > 25,
        tokens.last().is_some_and(asks),
        tokens
            .iter()
            .any(|token| token.exact.windows(3).any(|part| part == ['1', '1', '2'])),
    ];
    holds.map(|holds| if holds { 0.5 } else { 0.0 })
}

/// The words and the signs that end sentences, in order; a sign counts once in a row. Reads the
/// first 2,000 characters.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for sentence in head(text).split_inclusive(['.', ';', '\n', '!', '?']) {
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
        let repeated = tokens.last().is_some_and(|last| last.folded == [sign]);
        if !repeated {
            tokens.push(Token {
                exact: vec![sign],
                folded: vec![sign],
                sign: true,
            });
        }
    }
    tokens
}

/// Where each sentence that has words begins and ends among the tokens, its sign included.
pub(super) fn sentences(tokens: &[Token]) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    let mut found = Vec::new();
    for sentence in tokens.split_inclusive(|token| token.sign) {
        if sentence.iter().any(|token| !token.sign) {
            found.push(start..start + sentence.len());
        }
        start += sentence.len();
    }
    found
}

/// The words of each sentence and the sign that ends it, a full stop by default.
fn told(tokens: &[Token]) -> impl Iterator<Item = (&[Token], char)> {
    sentences(tokens).into_iter().map(|range| {
        let sentence = &tokens[range];
        match sentence.split_last() {
            Some((sign, words)) if sign.sign => (words, sign.folded[0]),
            _ => (sentence, '.'),
        }
    })
}

/// The first characters of a text, as many as are read.
pub(super) fn head(text: &str) -> &str {
    let end = text.char_indices().nth(MESSAGE_CHARS);
    &text[..end.map_or(text.len(), |(end, _)| end)]
}

/// The sign that a character stands for, if it ends a sentence.
fn sign(c: char) -> Option<char> {
    match c {
        '.' | ';' | '\n' => Some('.'),
        '!' | '?' => Some(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        let tokens = tokens(text);
        tokens
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
    fn sentences_are_those_with_words() {
        let tokens = tokens("!Hei?! Palaa. nyt");
        assert_eq!(sentences(&tokens), [1..3, 4..6, 6..7]);
        assert_eq!(told(&tokens).last().map(|(_, sign)| sign), Some('.'));
    }

    #[test]
    fn a_repeated_word_counts_once() {
        let counted = |text| of_words(&tokens(text)).0.len();
        let (eight, nine) = ("apua ".repeat(8), "apua ".repeat(9));
        assert_eq!(counted(&eight), counted(&nine));
    }

    #[test]
    fn the_shape_is_told_by_the_tokens() {
        let shape = shape(&tokens("Soitanko 112?"));
        assert_eq!(shape, [0.5, 0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.5]);
    }
}
