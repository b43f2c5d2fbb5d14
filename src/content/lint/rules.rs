//! The rules, each about one answer.

use jiff::ToSpan as _;
use jiff::civil::Date;

use super::Sheet;
use crate::content::Text;
use crate::domain::Lang;
use crate::prose::{figures as figures_of, items, official_label, sentences, words};

/// Fewest and most words of an answer.
const WORDS: std::ops::RangeInclusive<usize> = 40..=120;

/// Most words of a sentence.
const SENTENCE: usize = 20;

/// Most words of a sentence on average.
const SENTENCE_MEAN: usize = 12;

/// Most letters of a word before it counts as long: Finnish words are longer.
fn long_word(lang: Lang) -> usize {
    if lang == Lang::FI { 16 } else { 14 }
}

/// Most long words of a hundred.
const LONG_PERCENT: usize = 12;

/// Fewest phrasings and synonyms of an answer in a language.
const PHRASINGS: usize = 12;
const SYNONYMS: usize = 3;

/// Hosts of authorities that ended on 31 December 2025.
const ENDED: [&str; 3] = ["ely-keskus.fi", "avi.fi", "valvira.fi"];

pub(super) fn dates(sheet: &mut Sheet<'_>, today: Date) {
    let (checked, review) = (sheet.entry.checked, sheet.entry.review);
    if checked > today {
        sheet.find(
            "dates",
            None,
            format!("checked is in the future: {checked}"),
        );
    }
    if review < today {
        let what = format!("its review was due on {review}; compare it with the source");
        sheet.find("dates", None, what);
    }
    if checked
        .checked_add(12.months())
        .is_ok_and(|latest| review > latest)
    {
        let what = format!("{review} is more than 12 months after {checked}; review it earlier");
        sheet.find("dates", None, what);
    }
}

pub(super) fn source(sheet: &mut Sheet<'_>) {
    let url = &sheet.entry.source;
    if url.scheme() != "https" {
        let what = format!("{url} is not https; write the secure address");
        sheet.find("source", None, what);
    }
    let host = url.host_str().unwrap_or_default();
    if ENDED
        .iter()
        .any(|ended| host == *ended || host.ends_with(&format!(".{ended}")))
    {
        let what = format!("{host} is of an authority that ended in 2025; name its successor");
        sheet.find("source", None, what);
    }
}

pub(super) fn length(sheet: &mut Sheet<'_>, lang: Lang, text: &Text) {
    let count = words(&text.answer).count() - items(&text.answer).filter(|item| item.0).count();
    if !WORDS.contains(&count) {
        let what = format!(
            "the answer has {count} words; write {} to {}",
            WORDS.start(),
            WORDS.end()
        );
        sheet.find("length", Some(lang), what);
    }
}

pub(super) fn readability(sheet: &mut Sheet<'_>, lang: Lang, text: &Text) {
    let mut total = (0, 0);
    for sentence in sentences(&text.answer) {
        let count = sentence.split_whitespace().count();
        total = (total.0 + 1, total.1 + count);
        if count > SENTENCE {
            let start: Vec<&str> = sentence.split_whitespace().take(6).collect();
            let what = format!(
                "\"{} …\" has {count} words; write {SENTENCE} at most",
                start.join(" ")
            );
            sheet.find("readability", Some(lang), what);
        }
    }
    let (sentences, all) = total;
    if all > SENTENCE_MEAN * sentences {
        let what = format!(
            "sentences have {} words on average; write {SENTENCE_MEAN} at most",
            all.div_ceil(sentences.max(1))
        );
        sheet.find("readability", Some(lang), what);
    }
    let long: Vec<&str> = words(&text.answer)
        .filter(|word| word.chars().count() > long_word(lang))
        .collect();
    if long.len() * 100 > all * LONG_PERCENT {
        let what = format!(
            "too many long words: {}; say it in shorter ones",
            long.join(", ")
        );
        sheet.find("readability", Some(lang), what);
    }
}

pub(super) fn label(sheet: &mut Sheet<'_>, lang: Lang, text: &Text) {
    if let Some(word) = official_label(&text.answer).or_else(|| official_label(&text.question)) {
        let what =
            format!("\"{word}\" is what only official warnings are called; use another word");
        sheet.find("label", Some(lang), what);
    }
}

pub(super) fn phrasings(sheet: &mut Sheet<'_>, lang: Lang, text: &Text) {
    let count = text.phrasings.len();
    if count < PHRASINGS {
        let what = format!("has {count} phrasings; write {PHRASINGS} at least");
        sheet.find("phrasings", Some(lang), what);
    }
    let count = text.synonyms.len();
    if count < SYNONYMS {
        let what = format!("has {count} synonyms; write {SYNONYMS} at least");
        sheet.find("phrasings", Some(lang), what);
    }
}

/// Both languages tell the same in the same steps.
pub(super) fn parity(sheet: &mut Sheet<'_>) {
    let steps = |text: &Text| {
        let numbered = items(&text.answer).filter(|item| item.0).count();
        (numbered, items(&text.answer).count() - numbered)
    };
    let shapes: Vec<_> = sheet
        .entry
        .texts
        .iter()
        .map(|(lang, text)| (lang, steps(text)))
        .collect();
    for pair in shapes.windows(2) {
        let ((a, shape), (b, other)) = (pair[0], pair[1]);
        if shape != other {
            let what = format!(
                "{a} has {} steps and {} points, {b} has {} and {}; make them alike",
                shape.0, shape.1, other.0, other.1
            );
            sheet.find("parity", None, what);
        }
    }
}

/// Both languages give the same numbers.
pub(super) fn figures(sheet: &mut Sheet<'_>) {
    let entry = sheet.entry;
    let all: Vec<_> = entry
        .texts
        .iter()
        .map(|(lang, text)| (lang, figures_of(&text.answer)))
        .collect();
    for pair in all.windows(2) {
        let ((a, figures), (b, others)) = (&pair[0], &pair[1]);
        if figures != others {
            let what = format!(
                "numbers differ: {a} has {}, {b} has {}; make them equal or waive the rule",
                figures.join(" "),
                others.join(" ")
            );
            sheet.find("figures", None, what);
        }
    }
}

/// Where a life is in danger, the answer begins with 112.
pub(super) fn emergency(sheet: &mut Sheet<'_>) {
    if !sheet.entry.is_emergency() {
        return;
    }
    for (lang, text) in sheet.entry.texts.iter() {
        let first: Vec<&str> = sentences(&text.answer).take(2).collect();
        if !first.iter().any(|sentence| sentence.contains("112")) {
            let what = "the first two sentences of an answer of extreme severity name 112";
            sheet.find("emergency", Some(lang), what.to_owned());
        }
    }
}
