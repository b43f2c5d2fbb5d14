//! Learning from what residents asked in vain: questions that mean the same, and what a change would do
//! to the questions whose answers are known.

use sha2::{Digest as _, Sha256};

use crate::answers::measure::{Figures, Judged, Labelled, figures, judge};
use crate::answers::{self, Answers};
use crate::domain::Lang;
use crate::knowledge::Understanding;
use crate::store::gaps::{Gap, Kind};

/// Least score of a question that belongs to a group, as a share of what the group's own first
/// question scores.
const SAME: f32 = 0.45;

/// Entries named beside a group at most.
const NEAR: usize = 3;

/// Questions whose answers are known, as shipped.
static LABELLED: &str = include_str!("../tests/data/answers/questions.jsonl");

/// Questions that mean the same.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Group {
    /// A short name, after its first question.
    pub id: String,
    /// The language.
    pub lang: Lang,
    /// How often one of them got no answer.
    pub unknown: i64,
    /// How often the answer of one did not help.
    pub down: i64,
    /// How often one was sent to the municipality.
    pub sent: i64,
    /// The last day on which one was asked, `YYYY-MM-DD`.
    pub last_day: String,
    /// The questions, most asked first.
    pub questions: Vec<String>,
    /// The entries that are nearest, by id.
    pub near: Vec<String>,
}

impl Group {
    /// How often it was asked in vain. What was sent had got no answer before.
    #[must_use]
    pub fn asked(&self) -> i64 {
        (self.unknown + self.down).max(self.sent)
    }

    /// Whether a name is of this group. What is asked meanwhile may have put another question first:
    /// the name of any of its questions will do.
    #[must_use]
    pub fn is_named(&self, id: &str) -> bool {
        let mut questions = self.questions.iter();
        questions.any(|question| name(self.lang, question) == id)
    }
}

/// The questions in groups, most asked first. Two belong together if retrieval would find the one by
/// the other.
#[must_use]
pub fn group(gaps: &[Gap], understanding: &Understanding, answers: &Answers) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut langs: Vec<Lang> = gaps.iter().map(|gap| gap.lang).collect();
    langs.sort_unstable();
    langs.dedup();
    for lang in langs {
        groups.extend(of_language(lang, gaps, understanding, answers));
    }
    groups.sort_by(|a: &Group, b: &Group| {
        let key = |group: &Group| (std::cmp::Reverse(group.asked()), group.id.clone());
        key(a).cmp(&key(b))
    });
    groups
}

fn of_language(
    lang: Lang,
    gaps: &[Gap],
    understanding: &Understanding,
    answers: &Answers,
) -> Vec<Group> {
    // What was asked most names the group.
    let mut questions: Vec<(&str, i64)> = Vec::new();
    for gap in gaps.iter().filter(|gap| gap.lang == lang) {
        match questions
            .iter_mut()
            .find(|(known, _)| *known == gap.question)
        {
            Some((_, count)) => *count += gap.count,
            None => questions.push((&gap.question, gap.count)),
        }
    }
    questions.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let index = understanding.answers(&as_entries(lang, &questions), None);
    let mut taken = vec![false; questions.len()];
    let mut groups = Vec::new();
    for first in 0..questions.len() {
        if std::mem::replace(&mut taken[first], true) {
            continue;
        }
        let mut members = vec![first];
        let found = index.look(lang, questions[first].0);
        let own = found.ranked.iter().find(|one| one.id == first.to_string());
        let least = own.map_or(f32::INFINITY, |own| own.score * SAME);
        for one in found.ranked.iter().take_while(|one| one.score >= least) {
            if let Ok(at) = one.id.parse::<usize>()
                && !std::mem::replace(&mut taken[at], true)
            {
                members.push(at);
            }
        }
        let texts: Vec<&str> = members.iter().map(|at| questions[*at].0).collect();
        groups.push(summed(lang, &texts, gaps, answers));
    }
    groups
}

/// Questions as retrieval sees entries, numbered.
fn as_entries(lang: Lang, questions: &[(&str, i64)]) -> Vec<answers::Entry> {
    let entry = |(number, (question, _)): (usize, &(&str, i64))| answers::Entry {
        id: number.to_string(),
        topic: String::new(),
        texts: std::iter::once((
            lang,
            answers::EntryText {
                question: (*question).to_owned(),
                answer: String::new(),
                phrasings: Vec::new(),
            },
        ))
        .collect(),
    };
    questions.iter().enumerate().map(entry).collect()
}

fn summed(lang: Lang, questions: &[&str], gaps: &[Gap], answers: &Answers) -> Group {
    let mine = |gap: &&Gap| gap.lang == lang && questions.contains(&gap.question.as_str());
    let count = |kind: Kind| {
        let of_kind = gaps.iter().filter(mine).filter(|gap| gap.kind == kind);
        of_kind.map(|gap| gap.count).sum()
    };
    let last_day = gaps
        .iter()
        .filter(mine)
        .map(|gap| gap.last_day.clone())
        .max();
    let first = questions.first().copied().unwrap_or_default();
    let near = answers.look(lang, first).ranked.into_iter();
    Group {
        id: name(lang, first),
        lang,
        unknown: count(Kind::Unknown),
        down: count(Kind::Down),
        sent: count(Kind::Sent),
        last_day: last_day.unwrap_or_default(),
        questions: questions
            .iter()
            .map(|&question| question.to_owned())
            .collect(),
        near: near.take(NEAR).map(|one| one.id).collect(),
    }
}

/// Six hexadecimal digits that stand for a question.
fn name(lang: Lang, question: &str) -> String {
    let digest = Sha256::digest(format!("{lang} {question}"));
    digest[..3]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// What a change does to questions whose answers are known.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Effect {
    /// Without the change.
    pub before: Figures,
    /// With it.
    pub after: Figures,
    /// Questions that found their entry first only without the change.
    pub lost: usize,
    /// Questions that find their entry first only with the change.
    pub won: usize,
}

impl Effect {
    /// Whether it makes answers worse by more than chance: then more than two standard errors of the
    /// difference are lost (McNemar's test).
    #[must_use]
    pub fn is_worse(&self) -> bool {
        let (lost, won) = (self.lost as f64, self.won as f64);
        lost - won > 2.0 * (lost + won).sqrt()
    }
}

/// The questions shipped with the program whose answers are known.
#[must_use]
pub fn labelled() -> Vec<Labelled> {
    // The file is tested: each of its lines is a question.
    let lines = LABELLED.lines().filter(|line| !line.trim().is_empty());
    lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

/// What the second index does to questions, compared with the first; questions about entries that it
/// doesn't have are left out.
#[must_use]
pub fn effect(questions: &[Labelled], ids: &[&str], before: &Answers, after: &Answers) -> Effect {
    let known = |question: &&Labelled| {
        question
            .entry
            .as_deref()
            .is_none_or(|entry| ids.contains(&entry))
    };
    let questions: Vec<&Labelled> = questions.iter().filter(known).collect();
    let judged = |answers: &Answers| -> Vec<Judged> {
        questions
            .iter()
            .map(|question| judge(answers, question))
            .collect()
    };
    let (one, other) = (judged(before), judged(after));
    let first = |judged: &Judged| judged.rank == Some(1);
    let pairs = || one.iter().zip(&other);
    let of = |judged: &[Judged]| figures(questions.iter().copied().zip(judged));
    Effect {
        lost: pairs().filter(|(a, b)| first(a) && !first(b)).count(),
        won: pairs().filter(|(a, b)| !first(a) && first(b)).count(),
        before: of(&one),
        after: of(&other),
    }
}
