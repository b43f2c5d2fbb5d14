//! Takes typed values out of a TOML table and records what is wrong with each.
//!
//! Every method returns `None` when the key is absent, and also, with a fault recorded, when its
//! value won't do; so a caller may go on with a default and look at the faults once at the end.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;

use jiff::civil::Date;
use toml::{Table, Value};
use url::Url;

use super::{Faults, did_you_mean};
use crate::domain::{Lang, Localized};

/// Dotted keys that an environment variable set, with the name of the variable.
pub(crate) type Variables = BTreeMap<String, String>;

static NO_VARIABLES: Variables = Variables::new();

/// One TOML table under reading.
pub(crate) struct Reader<'a> {
    place: &'a str,
    /// The dotted key of this table, empty at the top.
    path: String,
    table: Table,
    variables: &'a Variables,
    faults: &'a mut Faults,
}

impl<'a> Reader<'a> {
    /// Starts on the table of the file named `place`; keys that are not `known` are faults.
    pub(crate) fn new(
        place: &'a str,
        table: Table,
        known: &[&str],
        faults: &'a mut Faults,
    ) -> Self {
        Self::with_variables(place, table, known, &NO_VARIABLES, faults)
    }

    /// As [`Reader::new`], for a table over which environment variables were laid: their values
    /// are text whatever the key's type, and their faults name the variable.
    pub(crate) fn with_variables(
        place: &'a str,
        table: Table,
        known: &[&str],
        variables: &'a Variables,
        faults: &'a mut Faults,
    ) -> Self {
        let mut reader = Self {
            place,
            path: String::new(),
            table,
            variables,
            faults,
        };
        reader.refuse_unknown(known);
        reader
    }

    /// The table under `key`, with keys that are not `known` recorded as faults.
    pub(crate) fn section(&mut self, key: &str, known: &[&str]) -> Option<Reader<'_>> {
        let table = match self.table.remove(key)? {
            Value::Table(table) => table,
            other => {
                self.fault(key, format_args!("is {}; write [{key}]", kind(&other)));
                return None;
            }
        };
        Some(self.inner(self.full(key), table, known))
    }

    /// The tables of `[[key]]`, none when there is no such key. `known` are the keys of each.
    ///
    /// `read` gets each in turn; in faults the table is named by its `id`, or else its number.
    pub(crate) fn each(&mut self, key: &str, known: &[&str], mut read: impl FnMut(Reader<'_>)) {
        let values = match self.table.remove(key) {
            None => return,
            Some(Value::Array(values)) if values.iter().all(Value::is_table) => values,
            Some(other) => {
                let what = kind(&other);
                self.fault(key, format_args!("is {what}; write [[{key}]]"));
                return;
            }
        };
        for (i, value) in values.into_iter().enumerate() {
            let Value::Table(table) = value else { continue };
            let name = match table.get("id") {
                Some(Value::String(id)) => id.clone(),
                _ => format!("#{}", i + 1),
            };
            let path = self.full(&format!("{key}[{name}]"));
            read(self.inner(path, table, known));
        }
    }

    /// The tables `[key.<name>]`, none when there is no such key. `known` are the keys of each.
    pub(crate) fn named(
        &mut self,
        key: &str,
        known: &[&str],
        mut read: impl FnMut(&str, Reader<'_>),
    ) {
        // What the tables are called is up to the file: every name is let through.
        let names: Vec<String> = match self.table.get(key) {
            Some(Value::Table(table)) => table.keys().cloned().collect(),
            _ => Vec::new(),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Some(mut section) = self.section(key, &names) else {
            return;
        };
        for name in names {
            if let Some(inner) = section.section(name, known) {
                read(name, inner);
            }
        }
    }

    fn inner(&mut self, path: String, table: Table, known: &[&str]) -> Reader<'_> {
        let mut reader = Reader {
            place: self.place,
            path,
            table,
            variables: self.variables,
            faults: &mut *self.faults,
        };
        reader.refuse_unknown(known);
        reader
    }

    fn refuse_unknown(&mut self, known: &[&str]) {
        let languages = known.contains(&LANGUAGES);
        let unknown: Vec<String> = self
            .table
            .keys()
            .filter(|key| !known.contains(&key.as_str()))
            .filter(|key| !(languages && key.parse::<Lang>().is_ok()))
            .cloned()
            .collect();
        for key in unknown {
            let near = did_you_mean(&key, known.iter().copied());
            let noun = match self.table.remove(&key) {
                Some(Value::Table(_)) if self.path.is_empty() => "section",
                _ => "key",
            };
            self.fault(&key, format_args!("unknown {noun}{near}"));
        }
    }

    /// Records that something is wrong with the value of `key`; an empty key means this table.
    pub(crate) fn fault(&mut self, key: &str, what: impl Display) {
        let full = self.full(key);
        let place = self.variables.get(&full).map_or(self.place, String::as_str);
        self.faults.add(place, &full, what);
    }

    /// Records that something is wrong with the file as a whole.
    pub(crate) fn file_fault(&mut self, what: impl Display) {
        self.faults.add(self.place, "", what);
    }

    /// Where the value of `key` comes from: the file or the variable.
    pub(crate) fn origin(&self, key: &str) -> &str {
        self.variables
            .get(&self.full(key))
            .map_or(self.place, String::as_str)
    }

    /// Whether `key` has a value that is not taken yet.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// Records a missing `key`; `cure` follows "missing;".
    pub(crate) fn need(&mut self, key: &str, cure: &str) {
        if !self.has(key) {
            self.fault(key, format_args!("missing; {cure}"));
        }
    }

    /// A text that must be there.
    pub(crate) fn need_text(&mut self, key: &str, cure: &str) -> Option<String> {
        self.need(key, cure);
        self.text(key)
    }

    /// A text that isn't blank.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        match self.table.remove(key)? {
            Value::String(text) if text.trim().is_empty() => {
                self.fault(key, "is empty; give it a value or leave the key out");
                None
            }
            Value::String(text) => Some(text),
            other => {
                self.fault(
                    key,
                    format_args!("is {}; write text in quotes", kind(&other)),
                );
                None
            }
        }
    }

    /// A list of texts that aren't blank; in a variable they are separated by commas.
    pub(crate) fn texts(&mut self, key: &str) -> Option<Vec<String>> {
        let from_variable = self.variables.contains_key(&self.full(key));
        let values = match self.table.remove(key)? {
            Value::String(list) if from_variable => {
                let words = list
                    .split(',')
                    .map(str::trim)
                    .filter(|word| !word.is_empty());
                return Some(words.map(str::to_owned).collect());
            }
            Value::Array(values) => values,
            other => {
                let what = kind(&other);
                self.fault(
                    key,
                    format_args!("is {what}; write a list such as [\"a\", \"b\"]"),
                );
                return None;
            }
        };
        let mut texts = Vec::with_capacity(values.len());
        for (i, value) in values.into_iter().enumerate() {
            let number = i + 1;
            match value {
                Value::String(text) if text.trim().is_empty() => {
                    self.fault(
                        key,
                        format_args!("item {number} is empty; write it or remove it"),
                    );
                }
                Value::String(text) => texts.push(text),
                other => {
                    let what = kind(&other);
                    let cure = "write text in quotes";
                    self.fault(key, format_args!("item {number} is {what}; {cure}"));
                }
            }
        }
        Some(texts)
    }

    /// A whole number within `range`.
    pub(crate) fn whole(&mut self, key: &str, range: RangeInclusive<u32>) -> Option<u32> {
        let from_variable = self.variables.contains_key(&self.full(key));
        let cure = format!(
            "write a whole number from {} to {}",
            range.start(),
            range.end()
        );
        let number = match self.table.remove(key)? {
            Value::Integer(number) => Ok(number),
            Value::String(text) if from_variable => {
                text.trim().parse().map_err(|_| format!("\"{text}\""))
            }
            other => Err(kind(&other).to_owned()),
        };
        match number.map(|number| (number, u32::try_from(number))) {
            Ok((_, Ok(number))) if range.contains(&number) => Some(number),
            Ok((number, _)) => {
                self.fault(key, format_args!("{number} is out of range; {cure}"));
                None
            }
            Err(what) => {
                self.fault(key, format_args!("is {what}; {cure}, without quotes"));
                None
            }
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str) -> Option<bool> {
        let from_variable = self.variables.contains_key(&self.full(key));
        match self.table.remove(key)? {
            Value::Boolean(flag) => Some(flag),
            Value::String(text) if from_variable && text == "true" => Some(true),
            Value::String(text) if from_variable && text == "false" => Some(false),
            other => {
                let what = kind(&other);
                self.fault(
                    key,
                    format_args!("is {what}; write true or false, without quotes"),
                );
                None
            }
        }
    }

    /// One of a few words, given with what each stands for.
    pub(crate) fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<T> {
        let word = self.text(key)?;
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == word) {
            return Some(*value);
        }
        let names: Vec<String> = choices
            .iter()
            .map(|(name, _)| format!("\"{name}\""))
            .collect();
        let names = names.join(" or ");
        self.fault(key, format_args!("\"{word}\" is not known; write {names}"));
        None
    }

    /// An `http` or `https` address with a host, without user name, password or fragment.
    pub(crate) fn web_url(&mut self, key: &str) -> Option<Url> {
        let text = self.text(key)?;
        let example = "write an address such as https://www.example.fi/";
        let problem = match Url::parse(text.trim()) {
            Err(error) => format!("not a web address ({error})"),
            Ok(url) if !matches!(url.scheme(), "http" | "https") => {
                format!("\"{}:\" is not http or https", url.scheme())
            }
            Ok(url) if !url.username().is_empty() || url.password().is_some() => {
                "holds a user name or password".to_owned()
            }
            Ok(url) if url.fragment().is_some() => "holds a #fragment".to_owned(),
            Ok(url) => return Some(url),
        };
        self.fault(key, format_args!("{problem}; {example}"));
        None
    }

    /// A local date, written without quotes.
    pub(crate) fn date(&mut self, key: &str) -> Option<Date> {
        let value = self.table.remove(key)?;
        let date = match &value {
            Value::Datetime(toml::value::Datetime {
                date: Some(date),
                time: None,
                offset: None,
            }) => {
                let year = i16::try_from(date.year).ok();
                let month = i8::try_from(date.month).ok();
                let day = i8::try_from(date.day).ok();
                year.zip(month)
                    .zip(day)
                    .and_then(|((year, month), day)| Date::new(year, month, day).ok())
            }
            _ => None,
        };
        if date.is_none() {
            let what = match &value {
                Value::Datetime(_) => "not a day of the calendar",
                other => kind(other),
            };
            let cure = "write a date such as 2026-11-23, without quotes";
            self.fault(key, format_args!("is {what}; {cure}"));
        }
        date
    }

    /// A text per language from `{ fi = "…", sv = "…" }`; every one of `langs` must be there.
    ///
    /// Texts in other languages are left aside: which languages are served can change.
    pub(crate) fn localized(&mut self, key: &str, langs: &[Lang]) -> Option<Localized> {
        let example: Vec<String> = langs.iter().map(|lang| format!("{lang} = \"…\"")).collect();
        let example = format!("{{ {} }}", example.join(", "));
        let cure = format!("write {key} = {example}");
        let table = match self.table.remove(key) {
            Some(Value::Table(table)) => table,
            Some(other) => {
                self.fault(key, format_args!("is {}; {cure}", kind(&other)));
                return None;
            }
            None => {
                self.fault(key, format_args!("missing; {cure}"));
                return None;
            }
        };
        let mut section = self.inner(self.full(key), table, &[LANGUAGES]);
        let mut texts = Localized::default();
        for lang in langs {
            let cure = format!("write it in {}", language_name(*lang));
            if let Some(text) = section.need_text(lang.as_str(), &cure) {
                texts.insert(*lang, text);
            }
        }
        texts.missing(langs).is_empty().then_some(texts)
    }

    fn full(&self, key: &str) -> String {
        match (self.path.as_str(), key) {
            ("", key) => key.to_owned(),
            (path, "") => path.to_owned(),
            (path, key) => format!("{path}.{key}"),
        }
    }
}

/// Among known keys: every two-letter language code, served or not.
pub(crate) const LANGUAGES: &str = "<language>";

/// The English name of a language, for whoever mends a file.
pub(crate) fn language_name(lang: Lang) -> String {
    match lang {
        Lang::FI => "Finnish".to_owned(),
        Lang::SV => "Swedish".to_owned(),
        other => format!("\"{other}\""),
    }
}

/// What a value is, in words that follow "is". Never the value: it may be a secret.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a number with decimals",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date or time",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}
