//! Faults in files that people write: what is wrong, where, and the cure.
//!
//! Its job is to gather every fault of a set of files, so that an operator mends them in one round,
//! and to read TOML in that manner. What keys there are, and what they mean, is left to
//! [`crate::config`] and [`crate::content`].

mod reader;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;

pub(crate) use reader::{LANGUAGES, Reader, Variables, language_name};

/// One thing wrong in a file or in an environment variable. Displayed as one line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    place: String,
    /// Line and column of a syntax error, both from 1.
    at: Option<(usize, usize)>,
    key: String,
    what: String,
}

impl Fault {
    /// The file, as it was named, or the variable.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The dotted key in that file, such as `telegram.mode`; empty when it is the file as a whole.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if let Some((line, column)) = self.at {
            write!(f, ":{line}:{column}")?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.what)
    }
}

/// Every fault found, each once, sorted by place and key.
///
/// Displayed one fault a line, with no line end after the last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(BTreeSet<Fault>);

impl Faults {
    /// Records one fault; an empty `key` means the place as a whole.
    ///
    /// Control characters are escaped, so a fault stays one line whatever the file held.
    pub(crate) fn add(&mut self, place: &str, key: &str, what: impl fmt::Display) {
        self.insert(place, None, key, &what.to_string());
    }

    fn insert(&mut self, place: &str, at: Option<(usize, usize)>, key: &str, what: &str) {
        self.0.insert(Fault {
            place: one_line(place),
            at,
            key: one_line(key),
            what: one_line(what),
        });
    }

    /// Takes over the faults of another set.
    pub(crate) fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// The faults, sorted by place and key.
    pub fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many faults there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// The table of a TOML file; `None` when it has syntax errors, each of which is recorded as
/// `place:line:column`, counted from 1 in characters.
pub(crate) fn parse(place: &str, text: &str, faults: &mut Faults) -> Option<toml::Table> {
    let first = match text.parse::<toml::Table>() {
        Ok(table) => return Some(table),
        Err(error) => error,
    };
    let (_, mut errors) = toml::de::DeTable::parse_recoverable(text);
    if errors.is_empty() {
        errors.push(first);
    }
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        faults.insert(place, Some(position(text, at)), "", error.message());
    }
    None
}

/// Line and column of a byte offset, both from 1, the column in characters.
fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line = before.matches('\n').count() + 1;
    (line, before[line_start..].chars().count() + 1)
}

/// The known word that a mistyped one most likely stands for, if any is close.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= typos(candidate))
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many typing slips a word may hold and still be recognised.
fn typos(word: &str) -> usize {
    match word.chars().count() {
        0..=3 => 1,
        4..=7 => 2,
        _ => 3,
    }
}

/// `; did you mean "…"?` or nothing.
pub(crate) fn did_you_mean<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!("; did you mean \"{near}\"?"))
}

/// Letters to insert, delete or replace to turn one word into the other (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
