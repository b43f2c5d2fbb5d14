//! What the bot says: phrases by key until the edge, words in one language after it.

use serde::{Deserialize, Serialize};

use super::{Action, Lang, Localized, Millis};

/// A message before it has a language.
#[derive(Clone, Debug, Default)]
pub struct Say {
    /// Paragraphs, in order.
    pub parts: Vec<Part>,
    /// Rows of buttons.
    pub buttons: Vec<Vec<Button>>,
    /// Whether the message takes the place of the one whose button was pressed.
    pub in_place: bool,
    /// Whether it tells what the resident voted: such words must not outlive the poll.
    pub ballot: bool,
    /// The question, if the options of a poll are among the buttons.
    pub poll: Option<Localized>,
    /// What a reaction to the message does, or a button where users don't react; labels are an emoji and
    /// its meaning in words.
    pub reactions: Vec<Button>,
    /// Whether what the message it replaces announced is over.
    pub over: bool,
    /// A name for words that are the same for everyone who gets them in the same language: they are
    /// rendered and written once. Nothing personal may have one.
    pub stock: Option<String>,
}

/// A paragraph or more of a message.
#[derive(Clone, Debug)]
pub enum Part {
    /// A phrase from the locale files.
    Phrase(Phrase),
    /// Curated text in mini-Markdown (see [`super::markup`]).
    Curated(Localized),
    /// Somebody's words, shown exactly as they are.
    Verbatim(Localized),
}

/// A key of the locale files with its arguments.
#[derive(Clone, Debug)]
pub struct Phrase {
    /// The message id in `locales/<lang>/bot.ftl`.
    pub key: &'static str,
    /// Named arguments.
    pub args: Vec<(&'static str, Arg)>,
}

/// An argument of a phrase.
#[derive(Clone, Debug)]
pub enum Arg {
    /// A number, for plural rules.
    Number(i64),
    /// Words that are the same in every language.
    Text(String),
    /// Words per language.
    Local(Localized),
    /// An instant, shown as local date and time.
    Instant(Millis),
    /// A calendar day.
    Day(i16, i8, i8),
    /// Another phrase.
    Phrase(Box<Phrase>),
}

/// A button under a message.
#[derive(Clone, Debug)]
pub struct Button {
    /// What it says.
    pub label: Label,
    /// Whether it shows a tick: `None` where it isn't a choice.
    pub ticked: Option<bool>,
    /// What it does.
    pub action: Action,
}

/// The words on a button.
#[derive(Clone, Debug)]
pub enum Label {
    /// From the locale files.
    Phrase(Phrase),
    /// From content or a poll.
    Local(Localized),
    /// The same in every language.
    Sign(&'static str),
}

impl Phrase {
    /// A phrase without arguments.
    #[must_use]
    pub fn new(key: &'static str) -> Self {
        Self {
            key,
            args: Vec::new(),
        }
    }

    /// Adds an argument.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl Into<Arg>) -> Self {
        self.args.push((name, value.into()));
        self
    }
}

impl From<&'static str> for Phrase {
    fn from(key: &'static str) -> Self {
        Self::new(key)
    }
}

impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Localized> for Arg {
    fn from(text: Localized) -> Self {
        Self::Local(text)
    }
}

impl From<Phrase> for Arg {
    fn from(phrase: Phrase) -> Self {
        Self::Phrase(Box::new(phrase))
    }
}

impl Say {
    /// A message of one phrase.
    #[must_use]
    pub fn phrase(phrase: impl Into<Phrase>) -> Self {
        Self::default().and(phrase)
    }

    /// Adds a phrase as a paragraph.
    #[must_use]
    pub fn and(mut self, phrase: impl Into<Phrase>) -> Self {
        self.parts.push(Part::Phrase(phrase.into()));
        self
    }

    /// Adds curated text.
    #[must_use]
    pub fn curated(mut self, text: Localized) -> Self {
        self.parts.push(Part::Curated(text));
        self
    }

    /// Adds somebody's words.
    #[must_use]
    pub fn verbatim(mut self, text: Localized) -> Self {
        self.parts.push(Part::Verbatim(text));
        self
    }

    /// Adds a row of buttons.
    #[must_use]
    pub fn row(mut self, buttons: impl IntoIterator<Item = Button>) -> Self {
        let row: Vec<_> = buttons.into_iter().collect();
        if !row.is_empty() {
            self.buttons.push(row);
        }
        self
    }

    /// Tells what the resident voted.
    #[must_use]
    pub fn ballot(mut self) -> Self {
        self.ballot = true;
        self
    }

    /// Takes the place of the message whose button was pressed.
    #[must_use]
    pub fn in_place(mut self) -> Self {
        self.in_place = true;
        self
    }
}

impl Button {
    /// A button with a label from the locale files.
    #[must_use]
    pub fn new(label: impl Into<Phrase>, action: Action) -> Self {
        Self {
            label: Label::Phrase(label.into()),
            ticked: None,
            action,
        }
    }

    /// A button with a label that needs no words.
    #[must_use]
    pub fn sign(sign: &'static str, action: Action) -> Self {
        Self {
            label: Label::Sign(sign),
            ticked: None,
            action,
        }
    }

    /// A button with a label from content.
    #[must_use]
    pub fn local(label: Localized, action: Action) -> Self {
        Self {
            label: Label::Local(label),
            ticked: None,
            action,
        }
    }

    /// Shows a tick or its absence.
    #[must_use]
    pub fn ticked(mut self, ticked: bool) -> Self {
        self.ticked = Some(ticked);
        self
    }
}

/// A message in one language, frozen in the ledger; each channel draws it in its own form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Mini-Markdown (see [`super::markup`]).
    #[serde(rename = "t")]
    pub text: String,
    /// Its language.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<Lang>,
    /// Rows of buttons.
    #[serde(rename = "b", default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<Vec<MessageButton>>,
    /// What a reaction to the message does, or a button where users don't react; labels are an emoji and
    /// its meaning in words.
    #[serde(rename = "x", default, skip_serializing_if = "Vec::is_empty")]
    pub reactions: Vec<MessageButton>,
    /// The poll in the message, for channels that show polls in a form of their own.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub poll: Option<PollForm>,
    /// Whether what the message it replaces announced is over.
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
}

impl Message {
    /// Rows of buttons where there are buttons: what a reaction does is one, too.
    pub fn rows(&self) -> impl Iterator<Item = &[MessageButton]> {
        let reactions = std::iter::once(self.reactions.as_slice());
        let rows = self.buttons.iter().map(Vec::as_slice).chain(reactions);
        rows.filter(|row| !row.is_empty())
    }
}

/// A poll in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollForm {
    /// The question, plain.
    #[serde(rename = "q")]
    pub question: String,
    /// How many of the buttons, from the first, are its options.
    #[serde(rename = "n")]
    pub options: usize,
}

/// A button in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageButton {
    /// What it says.
    #[serde(rename = "l")]
    pub label: String,
    /// The sealed action (see [`super::ActionKey`]).
    #[serde(rename = "a")]
    pub token: String,
}
