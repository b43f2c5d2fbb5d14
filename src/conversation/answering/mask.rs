//! Residents' words without what could point to a person.

use std::collections::HashSet;

use crate::answers::fold;

/// Characters kept of a question.
const CHARS: usize = 300;

/// What stands for words that are left out.
const MASK: &str = "…";

/// Letters that an inflected name may have beyond its plain form: "Maijalle".
const ENDING: usize = 4;

/// Endings of family names and of street names, folded.
const FAMILY: [&str; 10] = [
    "nen", "sson", "strom", "berg", "lund", "qvist", "kvist", "man", "gren", "stedt",
];
const STREET: [&str; 12] = [
    "katu", "kadulla", "kadun", "tie", "tiella", "kuja", "kujalla", "polku", "gatan", "vagen",
    "grand", "stigen",
];

/// Shortest name of a street, so that "tie" and "vägen" alone are none.
const STREET_LETTERS: usize = 6;

/// What names of persons look like.
#[derive(Debug, Default)]
pub(super) struct Mask {
    /// Given names, folded.
    given: HashSet<String>,
    /// What stands before one's own name, folded, in words.
    before: Vec<Vec<String>>,
}

impl Mask {
    /// Takes in what tells of names in one more language.
    pub(super) fn add(&mut self, given: &[String], before: &[String]) {
        self.given.extend(given.iter().map(|name| fold(name)));
        let split = |phrase: &String| fold(phrase).split(' ').map(str::to_owned).collect();
        self.before.extend(before.iter().map(split));
    }

    /// The words of a question without what could point to a person: addresses of e-mail and web
    /// pages, numbers of five digits and up, however they are grouped (telephone numbers, personal
    /// identity codes), house numbers with their street, and names of persons where they are plain.
    pub(super) fn mask(&self, text: &str) -> String {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut hidden = vec![false; words.len()];
        hide_numbers(&words, &mut hidden);
        hide_addresses(&words, &mut hidden);
        self.hide_names(&words, &mut hidden);
        let mut masked: Vec<&str> = Vec::with_capacity(words.len());
        for (word, hidden) in words.iter().zip(hidden) {
            match hidden {
                false => masked.push(word),
                // Several in a row are one.
                true if masked.last() == Some(&MASK) => {}
                true => masked.push(MASK),
            }
        }
        masked.join(" ").chars().take(CHARS).collect()
    }

    fn hide_names(&self, words: &[&str], hidden: &mut [bool]) {
        let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
        for at in 0..words.len() {
            for before in &self.before {
                let from = at + before.len();
                if folded[at..].starts_with(before) {
                    // One's name is one word or two; the second has a capital or looks like a family's.
                    hide(hidden, from);
                    if folded.get(from + 1).is_some_and(|word| is_family(word))
                        || words.get(from + 1).is_some_and(|word| is_capital(word))
                    {
                        hide(hidden, from + 1);
                    }
                }
            }
            let next_is_family = words.get(at + 1).is_some_and(|next| is_capital(next))
                || folded.get(at + 1).is_some_and(|next| is_family(next));
            // The first word of a sentence has a capital anyway.
            let named = is_capital(words[at]) && !begins_sentence(words, at);
            if self.is_given(&folded[at]) && (named || next_is_family) {
                hide(hidden, at);
                if next_is_family {
                    hide(hidden, at + 1);
                }
            }
        }
    }

    /// Whether a folded word is a given name, inflected or not.
    fn is_given(&self, word: &str) -> bool {
        let ends = (0..=ENDING).map(|ending| word.len().saturating_sub(ending));
        ends.take_while(|end| *end >= 3).any(|end| {
            word.get(..end)
                .is_some_and(|stem| self.given.contains(stem))
        })
    }
}

fn hide(hidden: &mut [bool], at: usize) {
    if let Some(hidden) = hidden.get_mut(at) {
        *hidden = true;
    }
}

fn is_capital(word: &str) -> bool {
    word.chars()
        .find(|c| c.is_alphanumeric())
        .is_some_and(char::is_uppercase)
}

fn begins_sentence(words: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| words.get(before));
    before.is_none_or(|before| before.ends_with(['.', '!', '?', ':']))
}

fn is_family(word: &str) -> bool {
    word.len() >= 6 && FAMILY.iter().any(|ending| word.ends_with(ending))
}

fn hide_numbers(words: &[&str], hidden: &mut [bool]) {
    let mut from = 0;
    for run in words.chunk_by(|a, b| is_number(a) && is_number(b)) {
        let digits = run.iter().flat_map(|word| word.chars());
        let digits = digits.filter(char::is_ascii_digit).count();
        if digits >= 5 {
            hidden[from..from + run.len()].fill(true);
        }
        from += run.len();
    }
}

fn hide_addresses(words: &[&str], hidden: &mut [bool]) {
    for (at, word) in words.iter().enumerate() {
        if word.contains('@') || word.contains("://") || word.starts_with("www.") {
            hide(hidden, at);
        }
        let folded = fold(word);
        let street =
            folded.len() >= STREET_LETTERS && STREET.iter().any(|end| folded.ends_with(end));
        let house = words
            .get(at + 1)
            .is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        if street && house {
            hide(hidden, at);
            hide(hidden, at + 1);
        }
    }
}

/// Whether a word may be a group of a longer number.
fn is_number(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_ascii_punctuation())
}

#[cfg(test)]
mod tests {
    use crate::conversation::Cues;
    use crate::locale::Locales;

    #[test]
    fn what_points_to_a_person_is_left_out() {
        let cues = Cues::new(&Locales::embedded().expect("locale files"));
        for (text, masked) in [
            ("soita 040 123 4567 heti", "soita … heti"),
            ("tunnus 131052-308T jäi", "tunnus … jäi"),
            (
                "kirjoita maija@example.fi tai https://x.example/a",
                "kirjoita … tai …",
            ),
            (
                "Nimeni on Maija Virtanen ja eksyin",
                "Nimeni on … ja eksyin",
            ),
            ("naapuri matti virtanen huutaa", "naapuri … huutaa"),
            ("kävelin Pekan kanssa", "kävelin … kanssa"),
            ("asun Koivukatu 5 B, savua", "asun … B, savua"),
            ("jag heter anna och är rädd", "jag heter … och är rädd"),
            ("grannen Erik Lindström skriker", "grannen … skriker"),
            ("Björkvägen 12 är hal", "… är hal"),
        ] {
            assert_eq!(cues.mask(text), masked, "{text}");
        }
        for text in [
            "Miten testaan palovaroittimen?",
            "toivo on mennyt ja onni kääntyi",
            "Kaisa on kylmä",
            "soita 112 tai 116117",
            "vägen är hal, tie on liukas",
            "Vem sköter Storgatan?",
        ] {
            let kept = if text.contains("116117") {
                "soita 112 tai …"
            } else {
                text
            };
            assert_eq!(cues.mask(text), kept);
        }
        assert_eq!(cues.mask(&"sana ".repeat(500)).chars().count(), 300);
    }
}
