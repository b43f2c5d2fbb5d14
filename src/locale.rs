//! Words in the resident's language: [`Say`] becomes [`Message`] here and nowhere else.
//!
//! Each folder in `locales/` is a language served: `*.ftl` holds the phrases (Project Fluent),
//! `commands.toml` the words that residents give commands with, `sample.txt` everyday messages that
//! languages are told apart by. `locales/other/` has such messages in languages that are not served.

mod commands;

use std::collections::BTreeMap;

use fluent::concurrent::FluentBundle;
use fluent::{FluentArgs, FluentResource, FluentValue};
use rust_embed::RustEmbed;

pub use commands::{Command, CommandWords, Words};

use crate::domain::{
    Action, ActionKey, Arg, Button, Label, Lang, Localized, Message, MessageButton, Millis, Part,
    Phrase, PollForm, Say, markup,
};

#[derive(RustEmbed)]
#[folder = "locales/"]
struct Files;

/// The time zone of every date that residents see.
const TIME_ZONE: &str = "Europe/Helsinki";

/// The folder of samples in languages that are not served.
const OTHER: &str = "other";

/// A tick before the label of a choice that is on.
const TICK: &str = "✓ ";

/// Everything said in one language.
struct Locale {
    bundle: FluentBundle<FluentResource>,
    words: Words,
    sample: Vec<String>,
}

/// The languages served.
pub struct Locales {
    locales: BTreeMap<Lang, Locale>,
    others: BTreeMap<Lang, Vec<String>>,
    zone: jiff::tz::TimeZone,
}

/// What is wrong with the locale files.
#[derive(Debug, thiserror::Error)]
#[error("locales/{file}: {problem}")]
pub struct Error {
    file: String,
    problem: String,
}

fn fault(file: &str, problem: impl std::fmt::Display) -> Error {
    Error {
        file: file.to_owned(),
        problem: problem.to_string(),
    }
}

impl Locales {
    /// The languages built into the program.
    ///
    /// # Errors
    /// The first file that can't be read.
    pub fn embedded() -> Result<Self, Error> {
        Self::load(Files::iter().filter_map(|path| {
            let data = Files::get(&path)?.data.into_owned();
            Some((path.into_owned(), data))
        }))
    }

    /// The languages of files given as (`lang/name`, content).
    ///
    /// # Errors
    /// The first file that can't be read.
    pub fn load(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Result<Self, Error> {
        let mut texts: BTreeMap<Lang, BTreeMap<String, String>> = BTreeMap::new();
        let mut others = BTreeMap::new();
        for (path, data) in files {
            let text = String::from_utf8(data).map_err(|error| fault(&path, error))?;
            let (folder, name) = path
                .split_once('/')
                .ok_or_else(|| fault(&path, "put it into the folder of its language"))?;
            if folder == OTHER {
                let code = name.strip_suffix(".txt").unwrap_or(name);
                let lang = code.parse().map_err(|error| fault(&path, error))?;
                others.insert(lang, lines(&text));
                continue;
            }
            let lang = folder.parse().map_err(|error| fault(&path, error))?;
            texts.entry(lang).or_default().insert(name.to_owned(), text);
        }
        let locales = texts
            .into_iter()
            .map(|(lang, files)| Ok((lang, Locale::load(lang, files)?)))
            .collect::<Result<_, Error>>()?;
        let zone = jiff::tz::TimeZone::get(TIME_ZONE)
            .map_err(|error| fault(TIME_ZONE, format!("time zone: {error}")))?;
        Ok(Self {
            locales,
            others,
            zone,
        })
    }

    /// The languages, by code.
    #[must_use]
    pub fn langs(&self) -> Vec<Lang> {
        self.locales.keys().copied().collect()
    }

    /// Whether a language is served.
    #[must_use]
    pub fn serves(&self, lang: Lang) -> bool {
        self.locales.contains_key(&lang)
    }

    /// The command words of each language.
    pub fn words(&self) -> impl Iterator<Item = (Lang, &Words)> {
        self.locales
            .iter()
            .map(|(lang, locale)| (*lang, &locale.words))
    }

    /// Everyday messages of each language.
    pub fn samples(&self) -> impl Iterator<Item = (Lang, &[String])> {
        self.locales
            .iter()
            .map(|(lang, locale)| (*lang, locale.sample.as_slice()))
    }

    /// Everyday messages in languages that are not served.
    #[must_use]
    pub fn others(&self) -> Localized<Vec<String>> {
        let others = self.others.iter();
        others
            .map(|(lang, sample)| (*lang, sample.clone()))
            .collect()
    }

    /// The local calendar day of an instant, `YYYY-MM-DD`.
    #[must_use]
    pub fn day(&self, at: Millis) -> String {
        self.zoned(at).date().to_string()
    }

    /// The local minute of an instant, `YYYY-MM-DD HH:MM`.
    #[must_use]
    pub fn minute(&self, at: Millis) -> String {
        self.zoned(at).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The local minute of the day of an instant, 0–1439.
    #[must_use]
    pub fn minute_of_day(&self, at: Millis) -> i64 {
        let at = self.zoned(at);
        i64::from(at.hour()) * 60 + i64::from(at.minute())
    }

    fn zoned(&self, at: Millis) -> jiff::ZonedDateTime {
        jiff::Timestamp::from_millisecond(at)
            .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
            .to_zoned_datetime(self.zone.clone())
    }

    /// A phrase as plain words, for labels and pages.
    #[must_use]
    pub fn plain(&self, lang: Lang, phrase: &Phrase) -> String {
        self.format(lang, phrase, Escape::No)
    }

    /// A text of a page, which may name the municipality.
    #[must_use]
    pub fn page(&self, lang: Lang, key: &str, municipality: &str) -> String {
        let mut args = FluentArgs::new();
        args.set("municipality", municipality.to_owned());
        self.locales
            .get(&lang)
            .map_or_else(|| key.to_owned(), |locale| locale.format(key, &args))
    }

    /// A message in a language, its buttons sealed.
    #[must_use]
    pub fn render(&self, lang: Lang, say: &Say, key: &ActionKey) -> Message {
        let text: Vec<String> = say.parts.iter().map(|part| self.part(lang, part)).collect();
        let buttons = say
            .buttons
            .iter()
            .map(|row| {
                row.iter()
                    .map(|button| self.button(lang, button, key))
                    .collect()
            })
            .collect();
        Message {
            text: text.join("\n\n"),
            lang: Some(lang),
            over: say.over,
            buttons,
            reactions: say
                .reactions
                .iter()
                .map(|button| self.button(lang, button, key))
                .collect(),
            poll: say.poll.as_ref().map(|question| PollForm {
                question: question.best(lang).cloned().unwrap_or_default(),
                options: options(say),
            }),
        }
    }

    fn part(&self, lang: Lang, part: &Part) -> String {
        match part {
            Part::Phrase(phrase) => self.format(lang, phrase, Escape::Yes),
            Part::Curated(text) => text.best(lang).cloned().unwrap_or_default(),
            Part::Verbatim(text) => markup::escape(text.best(lang).map_or("", String::as_str)),
        }
    }

    fn button(&self, lang: Lang, button: &Button, key: &ActionKey) -> MessageButton {
        let label = match &button.label {
            Label::Phrase(phrase) => self.plain(lang, phrase),
            Label::Local(text) => text.best(lang).cloned().unwrap_or_default(),
            Label::Sign(sign) => (*sign).to_owned(),
        };
        MessageButton {
            label: if button.ticked == Some(true) {
                format!("{TICK}{label}")
            } else {
                label
            },
            token: key.seal(&button.action),
        }
    }

    fn format(&self, lang: Lang, phrase: &Phrase, escape: Escape) -> String {
        let Some(locale) = self
            .locales
            .get(&lang)
            .or_else(|| self.locales.values().next())
        else {
            return phrase.key.to_owned();
        };
        let mut args = FluentArgs::with_capacity(phrase.args.len());
        for (name, arg) in &phrase.args {
            args.set(*name, self.value(lang, arg, escape));
        }
        locale.format(phrase.key, &args)
    }

    fn value(&self, lang: Lang, arg: &Arg, escape: Escape) -> FluentValue<'static> {
        let words = match arg {
            Arg::Number(number) => return FluentValue::from(*number),
            Arg::Text(text) => text.clone(),
            Arg::Local(text) => text.best(lang).cloned().unwrap_or_default(),
            Arg::Phrase(phrase) => return self.format(lang, phrase, escape).into(),
            Arg::Instant(at) => {
                let at = self.zoned(*at);
                self.format(
                    lang,
                    &Phrase::new("date-and-time")
                        .arg("day", i64::from(at.day()))
                        .arg("month", i64::from(at.month()))
                        .arg("year", i64::from(at.year()).to_string())
                        .arg("hour", i64::from(at.hour()))
                        .arg("minute", format!("{:02}", at.minute())),
                    escape,
                )
            }
            Arg::Day(year, month, day) => self.format(
                lang,
                &Phrase::new("date")
                    .arg("day", i64::from(*day))
                    .arg("month", i64::from(*month))
                    .arg("year", year.to_string()),
                escape,
            ),
        };
        match escape {
            Escape::Yes => markup::escape(&words).into(),
            Escape::No => words.into(),
        }
    }
}

/// Whether arguments go into mini-Markdown or stand as plain words.
#[derive(Clone, Copy)]
enum Escape {
    Yes,
    No,
}

impl Locale {
    fn load(lang: Lang, mut files: BTreeMap<String, String>) -> Result<Self, Error> {
        let path = |name: &str| format!("{lang}/{name}");
        let commands = files
            .remove("commands.toml")
            .ok_or_else(|| fault(&path("commands.toml"), "is missing"))?;
        let words =
            Words::parse(&commands).map_err(|problem| fault(&path("commands.toml"), problem))?;
        let sample = files
            .remove("sample.txt")
            .ok_or_else(|| fault(&path("sample.txt"), "is missing"))?;
        let tag = lang
            .as_str()
            .parse()
            .map_err(|error| fault(&path(""), error))?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Isolation marks would show as boxes in some chat clients.
        bundle.set_use_isolating(false);
        for (name, text) in files {
            if !name.ends_with(".ftl") {
                return Err(fault(&path(&name), "is not a file that belongs here"));
            }
            let resource = FluentResource::try_new(text)
                .map_err(|(_, errors)| fault(&path(&name), format!("{errors:?}")))?;
            bundle
                .add_resource(resource)
                .map_err(|errors| fault(&path(&name), format!("{errors:?}")))?;
        }
        Ok(Self {
            bundle,
            words,
            sample: lines(&sample),
        })
    }

    fn format(&self, key: &str, args: &FluentArgs<'_>) -> String {
        let Some(pattern) = self
            .bundle
            .get_message(key)
            .and_then(|message| message.value())
        else {
            tracing::error!(key, "phrase missing from the locale files");
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = self.bundle.format_pattern(pattern, Some(args), &mut errors);
        if !errors.is_empty() {
            tracing::error!(key, ?errors, "phrase cannot be formatted");
        }
        text.into_owned()
    }
}

/// The lines of a sample.
fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.map(str::to_owned).collect()
}

/// How many buttons of a message are options of a poll.
fn options(say: &Say) -> usize {
    let buttons = say.buttons.iter().flatten();
    buttons
        .take_while(|button| matches!(button.action, Action::Vote(..)))
        .count()
}
