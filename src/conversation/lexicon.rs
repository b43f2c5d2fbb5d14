//! Words with a fixed meaning, in every language at once.

use std::collections::HashMap;

use crate::answers::fold;
use crate::domain::{Lang, Localized};
use crate::locale::{Command, Locales};

/// What a whole message can mean by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Meaning {
    /// A command.
    Command(Command),
    /// A call for help.
    Cry,
    /// A greeting.
    Greeting,
    /// Thanks.
    Thanks,
    /// Yes.
    Yes,
    /// No.
    No,
    /// "More".
    More,
    /// Speak this language.
    Speak(Lang),
}

/// All words with a fixed meaning.
#[derive(Debug)]
pub struct Lexicon {
    /// Folded message to meaning, with the one language it belongs to, if it is one.
    whole: HashMap<String, (Meaning, Option<Lang>)>,
    /// Answers to a question of the bot, which may mean something else without one.
    answers: HashMap<String, (bool, Option<Lang>)>,
    slashes: HashMap<String, (Command, Option<Lang>)>,
    subscribe: Vec<String>,
    unsubscribe: Vec<String>,
    /// What may stand before an option's number.
    option: Vec<String>,
    /// Folded names of topics.
    topics: Vec<(String, String)>,
}

impl Lexicon {
    /// The lexicon of the locale files and of the topics' names (id, name).
    #[must_use]
    pub fn new<'a>(
        locales: &Locales,
        topics: impl IntoIterator<Item = (&'a str, &'a Localized)>,
    ) -> Self {
        let mut lexicon = Self {
            whole: HashMap::new(),
            answers: HashMap::new(),
            slashes: HashMap::new(),
            subscribe: Vec::new(),
            unsubscribe: Vec::new(),
            option: Vec::new(),
            topics: Vec::new(),
        };
        // Calls for help go before everything else: "hjälp" is one, though "/hjalp" is a command.
        for (lang, words) in locales.words() {
            for word in &words.cry {
                note(&mut lexicon.whole, fold(word), Meaning::Cry, lang);
            }
        }
        for (lang, words) in locales.words() {
            for (list, yes) in [(&words.yes, true), (&words.no, false)] {
                for word in list {
                    note(&mut lexicon.answers, fold(word), yes, lang);
                }
            }
            for (command, given) in &words.command {
                for slash in given.aliases.iter().chain([&given.slash]) {
                    note(&mut lexicon.slashes, slash.clone(), *command, lang);
                }
                for word in given.words.iter().chain([&given.slash]) {
                    let meaning = Meaning::Command(*command);
                    note(&mut lexicon.whole, fold(word), meaning, lang);
                }
            }
            for (list, meaning) in [
                (&words.greeting, Meaning::Greeting),
                (&words.thanks, Meaning::Thanks),
                (&words.yes, Meaning::Yes),
                (&words.no, Meaning::No),
                (&words.more, Meaning::More),
                (&words.speak, Meaning::Speak(lang)),
            ] {
                for word in list {
                    note(&mut lexicon.whole, fold(word), meaning, lang);
                }
            }
            lexicon
                .subscribe
                .extend(words.subscribe.iter().map(|word| fold(word)));
            lexicon
                .unsubscribe
                .extend(words.unsubscribe.iter().map(|word| fold(word)));
            lexicon
                .option
                .extend(words.option.iter().map(|word| fold(word)));
        }
        for (id, name) in topics {
            lexicon.topics.push((fold(id), id.to_owned()));
            for (_, name) in name.iter() {
                lexicon.topics.push((fold(name), id.to_owned()));
            }
        }
        lexicon
    }

    /// What a whole message means, and its language if the words belong to one only.
    #[must_use]
    pub fn whole(&self, folded: &str) -> Option<(Meaning, Option<Lang>)> {
        self.whole.get(folded).copied()
    }

    /// Whether a whole message says yes or no to a question of the bot.
    #[must_use]
    pub fn answer(&self, folded: &str) -> Option<(bool, Option<Lang>)> {
        self.answers.get(folded).copied()
    }

    /// The command of a word after a slash.
    #[must_use]
    pub fn slash(&self, word: &str) -> Option<(Command, Option<Lang>)> {
        self.slashes.get(word).copied()
    }

    /// The number that a whole message is, perhaps after a word for "option". No longer than two
    /// digits: "112" is no option.
    #[must_use]
    pub fn option(&self, folded: &str) -> Option<usize> {
        let after = |word: &String| folded.strip_prefix(word.as_str())?.strip_prefix(' ');
        let number = self.option.iter().find_map(after).unwrap_or(folded);
        let digits = number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| number.parse().ok()).flatten()
    }

    /// `Some((true, topic))` for "subscribe to topic", `Some((false, topic))` for "unsubscribe".
    /// `None` for anything else, "order an ambulance" too: only a topic's name makes it one.
    #[must_use]
    pub fn subscription(&self, folded: &str) -> Option<(bool, String)> {
        let after = |verbs: &[String]| {
            verbs.iter().find_map(|verb| {
                folded
                    .strip_prefix(verb.as_str())?
                    .strip_prefix(' ')
                    .map(str::to_owned)
            })
        };
        if let Some(rest) = after(&self.unsubscribe) {
            return Some((false, self.topic(&rest)?));
        }
        after(&self.subscribe).and_then(|rest| Some((true, self.topic(&rest)?)))
    }

    /// The topic of a folded name: the name itself, or one word of it.
    fn topic(&self, folded: &str) -> Option<String> {
        let exact = self.topics.iter().find(|(name, _)| name == folded);
        let by_word = || {
            let mut found = self.topics.iter().filter(|(name, _)| {
                name.split(' ')
                    .any(|word| word.len() >= 3 && same_stem(word, folded))
            });
            let first = found.next()?;
            found.all(|(_, id)| *id == first.1).then_some(first)
        };
        exact.or_else(by_word).map(|(_, id)| id.clone())
    }
}

/// Whether two words are the same but for an ending of at most three letters.
fn same_stem(a: &str, b: &str) -> bool {
    let common = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    common >= 3
        && a.len() - common <= 3
        && b.len() - common <= 3
        && common * 2 > a.len().max(b.len())
}

/// Gives a word its meaning, unless it has one. A word of two languages belongs to neither.
fn note<M: Copy>(
    words: &mut HashMap<String, (M, Option<Lang>)>,
    word: String,
    meaning: M,
    lang: Lang,
) {
    words
        .entry(word)
        .and_modify(|(_, known)| *known = known.filter(|known| *known == lang))
        .or_insert((meaning, Some(lang)));
}
