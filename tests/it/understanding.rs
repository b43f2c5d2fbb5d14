//! How well languages are told apart and questions are answered, with what is shipped.

use std::path::Path;

use turvabot::answers::Outcome;
use turvabot::domain::Lang;

use crate::content::knowledge;
use crate::support::words::{LANGS, lang};

/// The lines of a table of test data.
fn table(name: &str) -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name);
    let text = std::fs::read_to_string(path).expect("test data");
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::to_owned).collect())
        .collect()
}

fn share(part: usize, whole: usize) -> f64 {
    let of = |n: usize| f64::from(u32::try_from(n).expect("a small number"));
    100.0 * of(part) / of(whole)
}

#[test]
fn the_language_of_short_messages_is_told_right_in_995_of_1000() {
    let knowledge = knowledge();
    let messages = table("langid.tsv");
    assert!(messages.len() > 600, "{}", messages.len());
    let (mut told, mut misses) = (0, Vec::new());
    for message in &messages {
        let (code, text) = (&message[0], &message[1]);
        let heard = knowledge.language.identify(text).lang;
        let miss = format!("{code} heard as {heard:?}: {text}");
        if code != "-" {
            told += 1;
            if heard != Some(lang(code)) {
                misses.push(miss);
            }
        } else if !text.contains(char::is_alphabetic) {
            assert_eq!(heard, None, "what holds no word is in no language: {text}");
        } else if heard.is_some() {
            println!("a word of both languages: {miss}");
        }
    }
    let right = share(told - misses.len(), told);
    println!("{right:.2} % of {told} messages; misses: {misses:#?}");
    assert!(right >= 99.5, "{right:.2} %: {misses:#?}");
}

/// What became of the questions of one language.
#[derive(Default)]
struct Score {
    asked: usize,
    top: usize,
    in_three: usize,
    outside: usize,
    outside_answered: usize,
    outside_offered: usize,
    wrongly_answered: usize,
}

fn score(lang: Lang) -> Score {
    let knowledge = knowledge();
    let mut score = Score::default();
    for row in table("questions.tsv")
        .iter()
        .filter(|row| row[0] == lang.as_str())
    {
        let (expected, question) = (&row[1], &row[2]);
        let outcome = knowledge.answers.ask(lang, question);
        if expected == "-" {
            score.outside += 1;
            score.outside_answered += usize::from(matches!(outcome, Outcome::Answer { .. }));
            score.outside_offered += usize::from(matches!(outcome, Outcome::Offer { .. }));
            continue;
        }
        let ranked = knowledge.answers.look(lang, question).ranked;
        let place = ranked.iter().position(|scored| scored.id == *expected);
        score.asked += 1;
        score.top += usize::from(place == Some(0));
        score.in_three += usize::from(place.is_some_and(|place| place < 3));
        if let Outcome::Answer { entry, .. } = outcome {
            let id = &knowledge.entries[entry.0].id;
            score.wrongly_answered += usize::from(id != expected);
        }
    }
    score
}

/// Floors a little below today's figures: first place, first three; then ceilings: answered wrongly,
/// answered and offered outside the content. In percent.
const FLOORS: [(&str, f64, f64, f64, f64, f64); 2] = [
    ("fi", 81.0, 91.0, 2.0, 2.5, 20.0),
    ("sv", 84.0, 92.0, 2.0, 2.5, 20.0),
];

#[test]
fn questions_find_their_answers_and_others_find_none() {
    assert_eq!(FLOORS.map(|floor| floor.0), LANGS);
    println!("lang  asked  top-1 %  recall@3 %  wrong %  outside  answered %  offered %");
    for (code, top, three, wrong, answered, offered) in FLOORS {
        let score = score(lang(code));
        let figures = [
            share(score.top, score.asked),
            share(score.in_three, score.asked),
            share(score.wrongly_answered, score.asked),
            share(score.outside_answered, score.outside),
            share(score.outside_offered, score.outside),
        ];
        let [f1, f3, fw, fa, fo] = figures;
        println!(
            "{code}  {:>7}  {f1:>7.1}  {f3:>10.1}  {fw:>7.1}  {:>7}  {fa:>10.1}  {fo:>9.1}",
            score.asked, score.outside
        );
        assert!(f1 >= top && f3 >= three, "{code}: {figures:?}");
        assert!(
            fw <= wrong && fa <= answered && fo <= offered,
            "{code}: {figures:?}"
        );
    }
}
