//! Conversations as they are written in `tests/data/transcripts`, led on any channel.
//!
//! A line begins with what it is:
//!
//! ```text
//! #  a matter, for the reader
//! >  what the resident says
//! *  the button the resident presses, or picks by its words where there are none
//! <  how the bot's next message begins; {key} stands for a phrase of the locale files
//! ~  what it says, too
//! !  what it doesn't say
//! +  a choice it offers
//! -  a choice it doesn't offer
//! ```

use std::collections::VecDeque;

use super::words::{label, phrase};
use turvabot::domain::Phrase;

/// A message of the bot's.
#[derive(Clone, Debug)]
pub struct Heard {
    /// Its words, with single spaces.
    pub text: String,
    /// What can be chosen.
    pub choices: Vec<String>,
}

/// A resident on some channel.
pub trait Speaker {
    /// Goes on to another matter.
    async fn begin(&mut self) {}

    /// Says something and returns as many messages as are waited for; no more may come.
    async fn say(&mut self, text: &str, wanted: usize) -> Vec<Heard>;

    /// Presses a button, or says its words.
    async fn choose(&mut self, label: &str, wanted: usize) -> Vec<Heard>;
}

/// Leads the conversation of a language as it is written.
pub async fn follow(code: &str, speaker: &mut impl Speaker) {
    let path = format!(
        "{}/tests/data/transcripts/{code}.txt",
        env!("CARGO_MANIFEST_DIR")
    );
    let written = std::fs::read_to_string(&path).expect("a transcript");
    let lines: Vec<(usize, char, String)> = written
        .lines()
        .enumerate()
        .filter_map(|(number, line)| {
            let sign = line.chars().next()?;
            Some((number + 1, sign, filled(code, line[1..].trim())))
        })
        .collect();
    let mut heard = VecDeque::new();
    let mut now = Heard {
        text: String::new(),
        choices: Vec::new(),
    };
    for (at, (number, sign, words)) in lines.iter().enumerate() {
        let place = || format!("{path}:{number}: {sign} {words}\n{now:#?}");
        match sign {
            '#' => speaker.begin().await,
            '>' | '*' => {
                assert!(heard.is_empty(), "{} left unread: {heard:?}", place());
                let turn = lines[at + 1..]
                    .iter()
                    .take_while(|line| !matches!(line.1, '>' | '*'));
                let wanted = turn.filter(|line| line.1 == '<').count();
                heard = match sign {
                    '>' => speaker.say(words, wanted).await,
                    _ => speaker.choose(words, wanted).await,
                }
                .into();
                assert_eq!(heard.len(), wanted, "{} {heard:#?}", place());
            }
            '<' => {
                now = heard.pop_front().expect("a message");
                let place = format!("{path}:{number}: {sign} {words}\n{now:#?}");
                assert!(now.text.starts_with(words), "{place}");
            }
            '~' => assert!(now.text.contains(words), "{}", place()),
            '!' => assert!(!now.text.contains(words), "{}", place()),
            '+' => assert!(now.choices.contains(words), "{}", place()),
            '-' => assert!(!now.choices.contains(words), "{}", place()),
            _ => panic!("{} is no line of a transcript", place()),
        }
    }
}

/// The words with the phrases they name.
fn filled(code: &str, words: &str) -> String {
    let mut words = words.to_owned();
    while let Some((before, rest)) = words.split_once('{') {
        let (key, after) = rest.split_once('}').expect("a key in braces");
        let key: &'static str = key.to_owned().leak();
        let said = match key.starts_with("button-") {
            true => label(code, key),
            false => phrase(code, Phrase::new(key)),
        };
        words = format!("{before}{said}{after}");
    }
    words
}
