//! What can be told of a text for residents without understanding it: its sentences, words and
//! figures, and the words that only an authority may use.

use crate::answers::fold;

/// Stems of the label of an official public warning. Only the authorities listed in section 3 of the
/// Emergency Warnings Act (466/2012) issue one.
const LABELS: [&str; 4] = [
    "vaaratiedot",
    "vaaratiedt",
    "varningsmeddeland",
    "faromeddeland",
];

/// The items of lists in a text, in order: whether it is numbered, and its words.
pub fn items(text: &str) -> impl Iterator<Item = (bool, &str)> {
    text.lines().filter_map(|line| {
        let (marker, words) = split_marker(line);
        match marker {
            "" => None,
            marker => Some((marker != "-", words)),
        }
    })
}

/// The sentences of a text in the markup of messages; a line of a list is a sentence of its own.
pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| {
        let (_, line) = split_marker(line);
        split_sentences(line)
    })
}

/// The words of a text: runs of letters and figures, with what joins them.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
}

/// The figures of a text, sorted: each run of digits but the numbers of list items.
#[must_use]
pub fn figures(text: &str) -> Vec<&str> {
    let mut figures: Vec<&str> = text
        .lines()
        .flat_map(|line| split_marker(line).1.split(|c: char| !c.is_ascii_digit()))
        .filter(|run| !run.is_empty())
        .collect();
    figures.sort_unstable();
    figures
}

/// Telephone numbers, emergency numbers and other long figures of a text, in order: runs of digits,
/// spaces and a leading plus with three digits at least.
#[must_use]
pub fn telephones(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in text.lines() {
        let (_, line) = split_marker(line);
        let inside = |c: char| c.is_ascii_digit() || c == ' ' || c == '+' || c == '\u{a0}';
        for run in line.split(|c| !inside(c)) {
            let run = run.split_whitespace().collect::<Vec<_>>().join(" ");
            let digits = run.chars().filter(char::is_ascii_digit).count();
            if digits >= 3 {
                found.push(run);
            }
        }
    }
    found
}

/// The first word of a text that carries the label of an official public warning.
#[must_use]
pub fn official_label(text: &str) -> Option<&str> {
    words(text).find(|word| {
        let folded = fold(word);
        let joined: String = folded.split(' ').collect();
        LABELS.iter().any(|stem| joined.contains(stem))
    })
}

/// The marker of a list item ("-" or a number with its full stop) and what follows it.
fn split_marker(line: &str) -> (&str, &str) {
    let line = line.trim();
    if let Some((marker, rest)) = line.split_once(' ') {
        let number = marker.strip_suffix('.').unwrap_or("");
        let numbered = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
        if marker == "-" || numbered {
            return (marker, rest.trim());
        }
    }
    ("", line)
}

/// Sentences end with a mark that a blank follows; after a figure or an abbreviation of one letter it
/// is no end.
fn split_sentences(line: &str) -> Vec<&str> {
    let mut sentences = Vec::new();
    let mut from = 0;
    let marks = line
        .char_indices()
        .filter(|(_, c)| matches!(c, '.' | '!' | '?' | ':'));
    for (at, mark) in marks {
        let end = at + mark.len_utf8();
        let rest = &line[end..];
        let next = rest.trim_start().chars().next();
        let begins = next.is_none_or(|c| c.is_uppercase() || mark != '.');
        if !rest.is_empty() && !rest.starts_with(' ') || !begins {
            continue;
        }
        let sentence = line[from..end].trim();
        if !sentence.is_empty() {
            sentences.push(sentence);
        }
        from = end;
    }
    let last = line[from..].trim();
    if !last.is_empty() {
        sentences.push(last);
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::{figures, items, official_label, sentences, telephones, words};

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        let text = "Soita 112. Kerro, mitä on tapahtunut!\n\n1. Mene ulos.\n2. Sulje ovi: savu ei leviä.\n- Odota 31.12. klo 18.00 asti.";
        let found: Vec<_> = sentences(text).collect();
        assert_eq!(
            found,
            [
                "Soita 112.",
                "Kerro, mitä on tapahtunut!",
                "Mene ulos.",
                "Sulje ovi:",
                "savu ei leviä.",
                "Odota 31.12. klo 18.00 asti."
            ]
        );
        let numbered: Vec<_> = items(text).map(|(numbered, _)| numbered).collect();
        assert_eq!(numbered, [true, true, false]);
    }

    #[test]
    fn figures_are_those_of_the_text_not_of_the_list() {
        let text = "1. Soita 0800 147 111.\n2. Odota 5 minuuttia.";
        assert_eq!(figures(text), ["0800", "111", "147", "5"]);
        assert_eq!(telephones(text), ["0800 147 111"]);
        assert_eq!(
            telephones("från +358 20 333 eller 112"),
            ["+358 20 333", "112"]
        );
        assert_eq!(
            words("Älä – mene. Sisään!").collect::<Vec<_>>(),
            ["Älä", "mene", "Sisään"]
        );
    }

    #[test]
    fn the_label_of_an_official_warning_is_known_in_any_dress() {
        for text in [
            "Tämä on VAARATIEDOTE.",
            "vaaratiedotteesta",
            "Vaara\u{AD}tiedotteen",
            "ett Varningsmeddelande!",
            "varningsmeddelandets",
            "VÄÄRÄÄ vaaratiedotetta",
        ] {
            assert!(official_label(text).is_some(), "{text}");
        }
        for text in ["vaaran merkki", "varning för halka", "tiedote vaarasta"] {
            assert_eq!(official_label(text), None, "{text}");
        }
    }
}
