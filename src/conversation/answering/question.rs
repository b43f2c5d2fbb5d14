//! How a message asks: several questions at once, or one that goes on from the last.

use super::mask::Mask;
use crate::answers::fold;
use crate::locale::Locales;

/// Characters of a message that are read at most.
const CHARS: usize = 2_000;

/// Questions of one message that are told apart at most.
const QUESTIONS: usize = 3;

/// Words that may stand before the question word: "hey you,".
const BEFORE: usize = 3;

/// Words of a question that goes on from the last at most; a longer one says itself what it means.
const FOLLOW_UP: usize = 8;

/// Words by which questions are known, of every language at once, folded.
#[derive(Debug, Default)]
pub struct Cues {
    /// What a question begins with.
    asks: Vec<String>,
    /// What joins one question to another.
    joins: Vec<String>,
    /// What a question begins with that goes on from the last; longest first.
    follows: Vec<String>,
    /// What asks who deals with something, and how many of its words are no part of the matter; longest
    /// first.
    who: Vec<(String, usize)>,
    /// What is left out of questions that are kept.
    mask: Mask,
}

/// A word: where it begins, and its folded form.
type Word = (usize, String);

impl Cues {
    /// The cues of the locale files.
    #[must_use]
    pub fn new(locales: &Locales) -> Self {
        let mut cues = Self::default();
        let all = |into: &mut Vec<String>, phrases: &[String]| {
            into.extend(phrases.iter().map(|phrase| fold(phrase)));
        };
        for (_, words) in locales.words() {
            all(&mut cues.asks, &words.question);
            all(&mut cues.joins, &words.also);
            all(&mut cues.follows, &words.follow_up);
            cues.mask.add(&words.given_names, &words.own_name);
            cues.who.extend(words.who.iter().map(|phrase| {
                let asks = phrase.split('|').next().unwrap_or(phrase);
                (fold(phrase), fold(asks).split(' ').count())
            }));
        }
        cues.who
            .sort_by_key(|(phrase, _)| std::cmp::Reverse(phrase.len()));
        cues.follows
            .sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        cues
    }

    /// The questions of a message, in order, when there are two or three; otherwise none, for then the
    /// message is one question, whatever else it tells.
    pub(super) fn questions<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut questions = Vec::new();
        for sentence in head(text).split_inclusive(['.', '!', '?', '\n', ';']) {
            let words = words(sentence);
            let asks = (0..BEFORE).any(|at| begins(&words, at, &self.asks).is_some());
            if asks {
                questions.extend(self.joined(sentence, &words));
            } else if sentence.trim_end().ends_with('?') {
                questions.push(sentence);
            }
        }
        questions.retain(|question| words(question).len() > 1);
        if questions.len() > QUESTIONS {
            questions.clear();
        }
        if questions.len() < 2 {
            return Vec::new();
        }
        questions.into_iter().map(str::trim).collect()
    }

    /// A sentence, parted where a join stands before a question word.
    fn joined<'t>(&self, sentence: &'t str, words: &[Word]) -> Vec<&'t str> {
        let mut parts = Vec::new();
        let mut from = 0;
        for at in 1..words.len().saturating_sub(1) {
            let join = self.joins.contains(&words[at].1);
            if join && begins(words, at + 1, &self.asks).is_some() {
                parts.push(&sentence[from..words[at].0]);
                from = words[at + 1].0;
            }
        }
        parts.push(&sentence[from..]);
        parts
    }

    /// A question as it may be kept: without what could point to a person.
    #[must_use]
    pub fn mask(&self, text: &str) -> String {
        self.mask.mask(text)
    }

    /// The matter of a question for those who deal with it: "the street lights" of "hi, who looks after
    /// the street lights?".
    pub(super) fn who(&self, text: &str) -> Option<String> {
        let text = head(text);
        let words = words(text);
        let asked = |at: usize| {
            let mut who = self.who.iter();
            who.find(|(phrase, _)| stands(&words[at..], phrase))
                .map(|(_, asks)| at..at + asks)
        };
        let asks = (0..words.len()).find_map(asked)?;
        let start = |at: usize| words.get(at).map_or(text.len(), |word| word.0);
        let matter = format!("{}{}", &text[..start(asks.start)], &text[start(asks.end)..]);
        (!fold(&matter).is_empty()).then_some(matter)
    }

    /// What a short message asks beside the last question: "at night?" of "and at night?".
    pub(super) fn follow_up<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = head(text);
        let words = words(text);
        if words.len() > FOLLOW_UP {
            return None;
        }
        let begun = begins(&words, 0, &self.follows)?;
        Some(&text[words.get(begun)?.0..])
    }
}

fn head(text: &str) -> &str {
    let end = text.char_indices().nth(CHARS);
    &text[..end.map_or(text.len(), |(end, _)| end)]
}

fn words(text: &str) -> Vec<Word> {
    let mut at = 0;
    let mut words = Vec::new();
    for piece in text.split_inclusive(char::is_whitespace) {
        let folded = fold(piece);
        if !folded.is_empty() {
            words.push((at, folded));
        }
        at += piece.len();
    }
    words
}

/// How many words the first of the phrases has that stands there.
fn begins(words: &[Word], at: usize, phrases: &[String]) -> Option<usize> {
    let words = words.get(at..)?;
    let phrase = phrases.iter().find(|phrase| stands(words, phrase))?;
    Some(phrase.split(' ').count())
}

/// Whether words begin with a phrase.
fn stands(words: &[Word], phrase: &str) -> bool {
    let mut there = words.iter().map(|(_, word)| word.as_str());
    phrase.split(' ').all(|word| there.next() == Some(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cues() -> Cues {
        Cues::new(&Locales::embedded().expect("locale files"))
    }

    #[test]
    fn two_questions_are_told_apart() {
        for (text, first, second) in [
            (
                "Miten testaan palovaroittimen? Saako parvekkeella grillata?",
                "Miten testaan palovaroittimen?",
                "Saako parvekkeella grillata?",
            ),
            (
                "hei miten testaan palovaroittimen ja saako parvekkeella grillata",
                "hei miten testaan palovaroittimen",
                "saako parvekkeella grillata",
            ),
            (
                "Hur testar jag brandvarnaren och får man grilla på balkongen?",
                "Hur testar jag brandvarnaren",
                "får man grilla på balkongen?",
            ),
        ] {
            assert_eq!(cues().questions(text), [first, second]);
        }
    }

    #[test]
    fn one_question_is_left_whole() {
        for text in [
            "Löysin kyyn pihalta. Mitä teen?",
            "Miten sammutan palavan rasvan ja pannun?",
            "Vad gör jag om barnet ramlar och är medvetslöst?",
            "Moi! Miten testaan palovaroittimen?",
            "palovaroitin",
            "? ? ?",
            "",
        ] {
            assert!(cues().questions(text).is_empty(), "{text}");
        }
        assert!(cues().questions(&"Miten näin? ".repeat(500)).is_empty());
    }

    #[test]
    fn who_deals_with_something_leaves_the_matter() {
        for (text, matter) in [
            ("Kuka hoitaa katuvalot?", " katuvalot?"),
            ("hei kuka auraa meidän tien", "hei auraa meidän tien"),
            (
                "katulamppu pimeänä, kenelle ilmoitan?",
                "katulamppu pimeänä, ",
            ),
            ("Vem sköter gatubelysningen?", " gatubelysningen?"),
        ] {
            assert_eq!(
                cues().who(text).as_deref().map(str::trim),
                Some(matter.trim())
            );
        }
        for text in [
            "Kuka hoitaa?",
            "Miten testaan palovaroittimen?",
            "kuka soittaa",
            "",
        ] {
            assert_eq!(cues().who(text), None, "{text}");
        }
    }

    #[test]
    fn a_short_question_may_go_on_from_the_last() {
        for (text, rest) in [
            ("Entä öisin?", "öisin?"),
            ("no entä jos sataa", "sataa"),
            ("Och på natten?", "på natten?"),
            ("hur är det med barn", "barn"),
        ] {
            assert_eq!(cues().follow_up(text), Some(rest));
        }
        for text in [
            "Entä",
            "Miten öisin?",
            "",
            "Och ja det var en gång en liten gumma som",
        ] {
            assert_eq!(cues().follow_up(text), None, "{text}");
        }
    }
}
