//! How well retrieval does on questions whose answers are known, and the thresholds that follow.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Answers, Evidence, Gate, OFFERED, Outcome, Thresholds};
use crate::Lang;

/// A question whose answer is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Labelled {
    /// Its language.
    pub lang: Lang,
    /// How it is put, such as `keyword`; free.
    pub kind: String,
    /// The entry that answers it; `None` if none does.
    pub entry: Option<String>,
    /// The words.
    pub text: String,
    /// The part of the set it belongs to, such as `development`; free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
}

/// What retrieval made of a labelled question.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Place of the right entry, from 1; `None` when it isn't ranked, or when there is none.
    pub rank: Option<usize>,
    /// Whether the right entry is the one answered with, or among those offered.
    pub right: bool,
    /// What was done.
    pub outcome: Done,
    /// How sure retrieval was of its best entry.
    pub confidence: f32,
    /// What spoke for it.
    pub evidence: Evidence,
    /// Lead of the best entry over the second, as a share of its score.
    pub lead: f32,
}

impl Judged {
    /// The same under other thresholds. An offer counts as right if the right entry is among the
    /// first three.
    #[must_use]
    pub fn again(self, question: &Labelled, thresholds: &Thresholds) -> Self {
        let confidence = thresholds.gate.confidence(self.evidence);
        let outcome = if confidence >= thresholds.answer && self.lead >= thresholds.margin {
            Done::Answer
        } else if confidence >= thresholds.offer {
            Done::Offer
        } else {
            Done::Unknown
        };
        let right = match outcome {
            Done::Answer => self.rank == Some(1),
            Done::Offer => self.rank.is_some_and(|rank| rank <= OFFERED),
            Done::Unknown => question.entry.is_none(),
        };
        Self {
            confidence,
            outcome,
            right,
            ..self
        }
    }
}

/// An outcome without its entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Done {
    /// Answered with one entry.
    Answer,
    /// Offered some.
    Offer,
    /// Said that it doesn't know.
    Unknown,
}

impl Outcome {
    /// The outcome without its entries.
    #[must_use]
    pub fn done(&self) -> Done {
        match self {
            Self::Answer { .. } => Done::Answer,
            Self::Offer { .. } => Done::Offer,
            Self::Unknown => Done::Unknown,
        }
    }
}

/// Asks a labelled question.
#[must_use]
pub fn judge(answers: &Answers, question: &Labelled) -> Judged {
    let found = answers.look(question.lang, &question.text);
    let outcome = answers.outcome(&found);
    let gold = question.entry.as_deref();
    let is_gold = |id: &str| Some(id) == gold;
    let rank = found.ranked.iter().position(|one| is_gold(&one.id));
    let right = match &outcome {
        Outcome::Answer { .. } => rank == Some(0),
        Outcome::Offer { entries, .. } => rank.is_some_and(|rank| rank < entries.len()),
        Outcome::Unknown => gold.is_none(),
    };
    let score = |at: usize| found.ranked.get(at).map_or(0.0, |one| one.score);
    Judged {
        rank: rank.map(|rank| rank + 1),
        right,
        outcome: outcome.done(),
        confidence: answers.confidence(found.evidence),
        evidence: found.evidence,
        lead: (score(0) - score(1)) / score(0).max(f32::MIN_POSITIVE),
    }
}

/// Figures over some questions; shares in percent.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    /// Questions that an entry answers.
    pub questions: usize,
    /// Share whose right entry is first.
    pub top1: f32,
    /// Share whose right entry is among the first three.
    pub recall3: f32,
    /// Mean reciprocal rank, 0 to 1.
    pub mrr: f32,
    /// Share answered directly.
    pub answered: f32,
    /// Share of the direct answers that are right.
    pub precision: f32,
    /// Share offered a choice.
    pub offered: f32,
    /// Share of the offers with the right entry.
    pub offers_right: f32,
    /// Share told that the bot doesn't know.
    pub unknown: f32,
    /// Questions that no entry answers.
    pub outside: usize,
    /// Share of those answered directly all the same.
    pub outside_answered: f32,
    /// Share of those answered or offered something.
    pub outside_shown: f32,
    /// How well confidence tells the two apart: area under the curve, 0.5 to 1.
    pub auroc: f32,
}

fn share(part: usize, all: usize) -> f32 {
    100.0 * part as f32 / all.max(1) as f32
}

/// The figures of judged questions.
#[must_use]
pub fn figures<'a>(judged: impl Iterator<Item = (&'a Labelled, &'a Judged)>) -> Figures {
    let (inside, outside): (Vec<_>, Vec<_>) =
        judged.partition(|(question, _)| question.entry.is_some());
    let inside: Vec<&Judged> = inside.into_iter().map(|(_, judged)| judged).collect();
    let outside: Vec<&Judged> = outside.into_iter().map(|(_, judged)| judged).collect();
    let count = |test: &dyn Fn(&Judged) -> bool| inside.iter().filter(|one| test(one)).count();
    let strays = |test: &dyn Fn(&Judged) -> bool| outside.iter().filter(|one| test(one)).count();
    let all = inside.len();
    let answered = count(&|one| one.outcome == Done::Answer);
    let offered = count(&|one| one.outcome == Done::Offer);
    let reciprocal = |one: &&Judged| one.rank.map_or(0.0, |rank| (rank as f32).recip());
    Figures {
        questions: all,
        top1: share(count(&|one| one.rank == Some(1)), all),
        recall3: share(count(&|one| one.rank.is_some_and(|rank| rank <= 3)), all),
        mrr: inside.iter().map(reciprocal).sum::<f32>() / all.max(1) as f32,
        answered: share(answered, all),
        precision: share(
            count(&|one| one.outcome == Done::Answer && one.right),
            answered,
        ),
        offered: share(offered, all),
        offers_right: share(
            count(&|one| one.outcome == Done::Offer && one.right),
            offered,
        ),
        unknown: share(all - answered - offered, all),
        outside: outside.len(),
        outside_answered: share(strays(&|one| one.outcome == Done::Answer), outside.len()),
        outside_shown: share(strays(&|one| one.outcome != Done::Unknown), outside.len()),
        auroc: auroc(&inside, &outside),
    }
}

/// Chance that a question with an answer is surer than one without; ties count half.
fn auroc(inside: &[&Judged], outside: &[&Judged]) -> f32 {
    let mut all: Vec<(f32, bool)> = inside.iter().map(|one| (one.confidence, true)).collect();
    all.extend(outside.iter().map(|one| (one.confidence, false)));
    all.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins) = (0.0_f64, 0.0_f64);
    for same in all.chunk_by(|a, b| a.0 == b.0) {
        let without = same.iter().filter(|one| !one.1).count() as f64;
        let with = same.len() as f64 - without;
        wins += with * (below + without / 2.0);
        below += without;
    }
    (wins / (inside.len() * outside.len()).max(1) as f64) as f32
}

/// What thresholds are to reach, in percent of questions.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// Least share of direct answers that are right.
    pub precision: f32,
    /// Most questions without an answer that are answered directly.
    pub outside_answered: f32,
    /// Most questions without an answer that are shown anything.
    pub outside_shown: f32,
}

/// Thresholds for what was judged: as many answers and offers as the aim allows.
///
/// The gate is refitted first, so `judged` may come from any thresholds.
#[must_use]
pub fn calibrate(questions: &[(Labelled, Judged)], aim: Aim, near: f32) -> Thresholds {
    let gate = fit(questions);
    let scored: Vec<(bool, bool, f32, f32)> = questions
        .iter()
        .map(|(question, judged)| {
            let inside = question.entry.is_some();
            let confidence = gate.confidence(judged.evidence);
            (inside, judged.rank == Some(1), confidence, judged.lead)
        })
        .collect();
    let outside = scored.iter().filter(|one| !one.0).count();
    let mut best = (0, 1.0, 0.0);
    for step in 0..=MARGINS {
        let margin = step as f32 / 50.0;
        for level in (20..=99).rev() {
            let level = level as f32 / 100.0;
            let answered = || {
                let clear = scored
                    .iter()
                    .filter(|one| one.2 >= level && one.3 >= margin);
                clear.copied()
            };
            let right = answered().filter(|one| one.0 && one.1).count();
            let inside = answered().filter(|one| one.0).count();
            let strays = answered().filter(|one| !one.0).count();
            let sound = share(right, inside) >= aim.precision
                && share(strays, outside) <= aim.outside_answered;
            if sound && right > best.0 {
                best = (right, level, margin);
            }
        }
    }
    let (_, answer, margin) = best;
    let mut strays: Vec<f32> = scored
        .iter()
        .filter(|one| !one.0)
        .map(|one| one.2)
        .collect();
    strays.sort_unstable_by(|a, b| b.total_cmp(a));
    let allowed = (strays.len() as f32 * aim.outside_shown / 100.0) as usize;
    let offer = strays.get(allowed).map_or(0.0, |level| level + 0.001);
    Thresholds {
        answer,
        margin,
        offer: offer.min(answer),
        near,
        gate,
    }
}

/// Margins that are tried: fiftieths up to this many.
const MARGINS: usize = 40;

/// Features of the gate; the last is the bias.
type Row = [f64; FEATURES];

const FEATURES: usize = 5;

fn row(evidence: Evidence) -> Row {
    let Evidence {
        score,
        reach,
        background,
        meaning,
        // What is certain teaches nothing.
        exact: _,
    } = evidence;
    [score, reach, background, meaning, 1.0].map(f64::from)
}

/// Logistic regression by Newton's method, both classes weighing the same, with a little ridge.
fn fit(questions: &[(Labelled, Judged)]) -> Gate {
    const RIDGE: f64 = 1.0;
    let inside = questions
        .iter()
        .filter(|(one, _)| one.entry.is_some())
        .count();
    let outside = questions.len() - inside;
    let mut weights: Row = [0.0; FEATURES];
    for _ in 0..25 {
        let mut gradient: Row = weights.map(|weight| -RIDGE * weight);
        let mut curvature = [[0.0; FEATURES]; FEATURES];
        for (place, line) in curvature.iter_mut().enumerate() {
            line[place] = RIDGE;
        }
        for (question, judged) in questions {
            let row = row(judged.evidence);
            let (label, size) = match question.entry {
                Some(_) => (1.0, inside),
                None => (0.0, outside),
            };
            let balance = questions.len() as f64 / (2.0 * size.max(1) as f64);
            let logit: f64 = row.iter().zip(weights).map(|(a, b)| a * b).sum();
            let chance = (1.0 + (-logit).exp()).recip();
            for i in 0..FEATURES {
                gradient[i] += balance * (label - chance) * row[i];
                for j in 0..FEATURES {
                    curvature[i][j] += balance * chance * (1.0 - chance) * row[i] * row[j];
                }
            }
        }
        let step = solve(curvature, gradient);
        weights
            .iter_mut()
            .zip(step)
            .for_each(|(weight, step)| *weight += step);
    }
    let [score, reach, background, meaning, bias] = weights.map(|weight| weight as f32);
    Gate {
        bias,
        score,
        reach,
        background,
        meaning,
    }
}

/// Solves a symmetric positive system by elimination.
fn solve(mut matrix: [[f64; FEATURES]; FEATURES], mut right: Row) -> Row {
    for i in 0..FEATURES {
        let pivot = matrix[i];
        for j in i + 1..FEATURES {
            let factor = matrix[j][i] / pivot[i];
            for (cell, above) in matrix[j].iter_mut().zip(pivot).skip(i) {
                *cell -= factor * above;
            }
            right[j] -= factor * right[i];
        }
    }
    for i in (0..FEATURES).rev() {
        let known: f64 = (i + 1..FEATURES).map(|j| matrix[i][j] * right[j]).sum();
        right[i] = (right[i] - known) / matrix[i][i];
    }
    right
}

/// Figures by language and kind; `all` stands for every kind.
#[must_use]
pub fn by_kind(questions: &[(Labelled, Judged)]) -> BTreeMap<(Lang, String), Figures> {
    let mut kinds: Vec<(Lang, String)> = questions
        .iter()
        .filter(|(question, _)| question.entry.is_some())
        .flat_map(|(one, _)| [(one.lang, one.kind.clone()), (one.lang, "all".to_owned())])
        .collect();
    kinds.sort();
    kinds.dedup();
    let of = |(lang, kind): (Lang, String)| {
        let chosen = questions.iter().filter(|(one, _)| {
            one.lang == lang && (kind == "all" || one.kind == kind || one.entry.is_none())
        });
        let figures = figures(chosen.map(|(question, judged)| (question, judged)));
        ((lang, kind), figures)
    };
    kinds.into_iter().map(of).collect()
}
