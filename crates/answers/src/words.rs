//! Words of a message: what retrieval, language identification and triage read instead of raw text.
//!
//! Its job is to make different ways of typing the same word equal: case, composed or decomposed
//! accents, full-width and ornamental letters, invisible characters, missing diacritics. Whether a
//! word means anything is left to the modules that ask.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// Characters of a message that are read at most; the rest is ignored.
///
/// A question a person types is far shorter. The limit bounds the time for hostile input.
pub(super) const MESSAGE_CHARS: usize = 2_000;

/// How much of the spelling is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spelling {
    /// Lower case, composed form (NFKC), diacritics kept.
    Exact,
    /// Lower case without diacritics, as people type on a foreign keyboard.
    Folded,
}

/// Words in order, stored end to end in one buffer.
#[derive(Debug, Default)]
pub(super) struct Words {
    chars: Vec<char>,
    ends: Vec<usize>,
}

impl Words {
    /// The words among the first `limit` characters of `text`.
    pub(super) fn read(text: &str, spelling: Spelling, limit: usize) -> Self {
        let mut words = Self::default();
        let size = text.len().min(limit);
        words.chars.reserve(size);
        words.ends.reserve(size / 6 + 1);
        let head = text.chars().take(limit);
        match spelling {
            Spelling::Exact if head.clone().all(is_composed) => head.for_each(|c| words.exact(c)),
            Spelling::Exact => head.nfkc().for_each(|c| words.exact(c)),
            Spelling::Folded => head.for_each(|c| words.folded(c)),
        }
        words.end_word();
        words
    }

    /// Words that are already read.
    pub(super) fn of<'a>(words: impl Iterator<Item = &'a [char]>) -> Self {
        let mut all = Self::default();
        words.for_each(|word| all.push(word));
        all
    }

    /// Adds a word that is already read.
    pub(super) fn push(&mut self, word: &[char]) {
        self.chars.extend(word);
        self.end_word();
    }

    /// Each word as its characters; never an empty one.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[char]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.chars[start..*end])
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    fn exact(&mut self, c: char) {
        if c.is_alphanumeric() {
            self.chars.extend(c.to_lowercase());
        } else if !is_invisible(c) && !is_combining_mark(c) {
            self.end_word();
        }
    }

    fn folded(&mut self, c: char) {
        if c.is_ascii_alphanumeric() {
            self.chars.push(c.to_ascii_lowercase());
        } else if c.is_ascii() {
            self.end_word();
        } else {
            decompose_compatible(c, |part| match part {
                'æ' | 'Æ' => self.exact('a'),
                'ø' | 'Ø' => self.exact('o'),
                part => self.exact(part),
            });
        }
    }

    fn end_word(&mut self) {
        if self.chars.len() > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(self.chars.len());
        }
    }
}

/// A word without its diacritics.
pub(super) fn fold_word(word: &[char]) -> Vec<char> {
    let mut folded = Words::default();
    word.iter().for_each(|c| folded.folded(*c));
    folded.chars
}

/// Whether normalising would leave the character as it is (a quick test for Latin text).
fn is_composed(c: char) -> bool {
    c.is_ascii() || ('\u{c0}'..'\u{132}').contains(&c)
}

/// Zero-width and formatting characters, which do not end a word.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, spelling: Spelling) -> Vec<String> {
        Words::read(text, spelling, MESSAGE_CHARS)
            .iter()
            .map(|word| word.iter().collect())
            .collect()
    }

    #[test]
    fn folding_removes_case_and_diacritics() {
        assert_eq!(
            read("Häkävaroitin, ÅÄÖ é Ærø!", Spelling::Folded),
            ["hakavaroitin", "aao", "e", "aro"]
        );
    }

    #[test]
    fn exact_spelling_keeps_diacritics_in_either_unicode_form() {
        assert_eq!(
            read("JÄÄ ja\u{308}a\u{308}", Spelling::Exact),
            ["jää", "jää"]
        );
    }

    #[test]
    fn ornamental_letters_and_invisible_characters_do_not_hide_a_word() {
        assert_eq!(read("𝐚𝐩𝐮𝐚 ａｐｕａ", Spelling::Folded), ["apua", "apua"]);
        assert_eq!(
            read("a\u{200b}p\u{ad}u\u{336}a\u{feff}", Spelling::Folded),
            ["apua"]
        );
        assert_eq!(read("a\u{200b}pua", Spelling::Exact), ["apua"]);
    }

    #[test]
    fn text_without_letters_has_no_words() {
        for text in ["", "   ", "👍🏽 — …", "\u{0}\u{7}", "\u{301}\u{301}"] {
            assert!(read(text, Spelling::Folded).is_empty(), "{text:?}");
            assert!(read(text, Spelling::Exact).is_empty(), "{text:?}");
        }
    }

    #[test]
    fn reading_stops_at_the_limit() {
        let words = Words::read(&"ab ".repeat(1_000_000), Spelling::Folded, 30);
        assert_eq!(words.len(), 10);
    }
}
