//! Residents' words without what could point to a person.

/// Characters kept of a question nobody could answer.
const CHARS: usize = 300;

/// The words of a question without what could point to a person: e-mail addresses, and numbers of
/// five digits and up, however they are grouped (telephone numbers, personal identity codes).
pub(super) fn mask(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let runs = words.chunk_by(|a, b| is_number(a) && is_number(b));
    let masked: Vec<String> = runs
        .map(|run| {
            let run = run.join(" ");
            let digits = run.chars().filter(char::is_ascii_digit).count();
            if run.contains('@') || digits >= 5 {
                "…".to_owned()
            } else {
                run
            }
        })
        .collect();
    masked.join(" ").chars().take(CHARS).collect()
}

/// Whether a word may be a group of a longer number.
fn is_number(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_ascii_punctuation())
}
