//! What a person should mend in answers that can be read: length, plain words, parity of the
//! languages, dates, figures.
//!
//! A rule that doesn't fit an answer is waived in its file, with the reason:
//!
//! ```toml
//! [waived]
//! label = "explains what an official warning is"
//! ```

mod rules;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{Content, Entry, Status};
use crate::answers::fold;
use crate::domain::Lang;

/// The rules by name, in the order in which they are looked at.
pub const RULES: [&str; 11] = [
    "dates",
    "source",
    "length",
    "readability",
    "parity",
    "figures",
    "label",
    "emergency",
    "phrasings",
    "duplicates",
    "verify",
];

/// Something to mend.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Finding {
    /// The id of the answer.
    pub entry: String,
    /// The rule, one of [`RULES`].
    pub rule: &'static str,
    /// The language it is about; `None`: both.
    pub lang: Option<Lang>,
    /// What is wrong, and what to do.
    pub what: String,
    /// Whether it only tells what somebody has yet to look at.
    pub note: bool,
}

/// Everything to mend in these answers on this day, in the order of the answers.
#[must_use]
pub fn lint(content: &Content, today: Date) -> Vec<Finding> {
    let said = said(content);
    let mut findings = Vec::new();
    for entry in &content.entries {
        let mut sheet = Sheet {
            entry,
            findings: &mut findings,
        };
        rules::dates(&mut sheet, today);
        rules::source(&mut sheet);
        for (lang, text) in entry.texts.iter() {
            rules::length(&mut sheet, lang, text);
            rules::readability(&mut sheet, lang, text);
            rules::label(&mut sheet, lang, text);
            rules::phrasings(&mut sheet, lang, text);
            duplicates(&mut sheet, lang, &said);
        }
        rules::parity(&mut sheet);
        rules::figures(&mut sheet);
        rules::emergency(&mut sheet);
        if entry.status == Status::Verify {
            let what = "rests on general knowledge; compare it with the source and run \
                        `turvabot kb confirm`";
            sheet.note("verify", what.to_owned());
        }
    }
    findings
}

/// Where findings about one answer are written down.
struct Sheet<'a> {
    entry: &'a Entry,
    findings: &'a mut Vec<Finding>,
}

impl Sheet<'_> {
    fn find(&mut self, rule: &'static str, lang: Option<Lang>, what: String) {
        self.add(rule, lang, what, false);
    }

    fn note(&mut self, rule: &'static str, what: String) {
        self.add(rule, None, what, true);
    }

    fn add(&mut self, rule: &'static str, lang: Option<Lang>, what: String, note: bool) {
        if !self.entry.waived.contains_key(rule) {
            self.findings.push(Finding {
                entry: self.entry.id.clone(),
                rule,
                lang,
                what,
                note,
            });
        }
    }
}

/// Who says what: the ids of the answers by each folded question or phrasing.
type Said<'a> = BTreeMap<(Lang, String), Vec<&'a str>>;

fn said(content: &Content) -> Said<'_> {
    let mut said = Said::new();
    for entry in &content.entries {
        for (lang, text) in entry.texts.iter() {
            for line in std::iter::once(&text.question).chain(&text.phrasings) {
                said.entry((lang, fold(line))).or_default().push(&entry.id);
            }
        }
    }
    said
}

/// Phrasings that another answer has, or that stand here twice.
fn duplicates(sheet: &mut Sheet<'_>, lang: Lang, said: &Said<'_>) {
    let Some(text) = sheet.entry.texts.get(lang) else {
        return;
    };
    for (at, line) in text.phrasings.iter().enumerate() {
        if text.phrasings[..at]
            .iter()
            .any(|earlier| fold(earlier) == fold(line))
        {
            let what = format!("\"{line}\" stands there twice; remove one");
            sheet.find("duplicates", Some(lang), what);
        }
        let Some(by) = said.get(&(lang, fold(line))).filter(|by| by.len() > 1) else {
            continue;
        };
        let others: Vec<&str> = by
            .iter()
            .copied()
            .filter(|id| *id != sheet.entry.id)
            .collect();
        if !others.is_empty() {
            let what = format!(
                "\"{line}\" is said of {} too; keep it in one",
                others.join(", ")
            );
            sheet.find("duplicates", Some(lang), what);
        }
    }
}
