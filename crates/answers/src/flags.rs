//! How well emergencies are told from look-alikes and ordinary questions, over labelled messages.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Assessment, Lang};

/// What a labelled message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An emergency in progress.
    Emergency,
    /// Reads like one on purpose and is none.
    LookAlike,
    /// A question like any other.
    Ordinary,
}

/// A labelled message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its language.
    pub lang: Lang,
    /// What it is about; messages of one situation resemble each other.
    pub situation: String,
    /// What it is.
    pub kind: Kind,
    /// How it is written: plain, panicked, dialect, ...
    pub register: String,
    /// What is written.
    pub text: String,
}

impl Message {
    /// Reads a line: situation, 1 for an emergency or 0, register, text, with tabs between. What
    /// is no emergency is a look-alike unless its register is "ordinary". `None` if it is no such
    /// line.
    #[must_use]
    pub fn read(lang: Lang, line: &str) -> Option<Self> {
        let mut columns = line.split('\t');
        let (situation, label) = (columns.next()?, columns.next()?);
        let (register, text) = (columns.next()?, columns.next()?);
        let kind = match (label, register) {
            ("1", _) => Kind::Emergency,
            ("0", "ordinary") => Kind::Ordinary,
            ("0", _) => Kind::LookAlike,
            _ => return None,
        };
        let whole = columns.next().is_none() && !situation.is_empty() && !text.is_empty();
        whole.then(|| Self {
            lang,
            situation: situation.to_owned(),
            kind,
            register: register.to_owned(),
            text: text.to_owned(),
        })
    }
}

/// Shares in percent; 0 where there is nothing to share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Rates {
    /// Number of emergencies.
    pub emergencies: usize,
    /// How many of them are flagged.
    pub recall: f32,
    /// Number of look-alikes.
    pub look_alikes: usize,
    /// How many of them are flagged.
    pub look_alikes_flagged: f32,
    /// Number of ordinary questions.
    pub ordinary: usize,
    /// How many of them are flagged.
    pub ordinary_flagged: f32,
    /// How often the chance of an emergency is above that of a look-alike, 0 to 1.
    pub auroc: f32,
}

/// The rates of some messages with what became of them.
#[must_use]
pub fn rates<'a>(judged: impl Iterator<Item = (&'a Message, Assessment)>) -> Rates {
    let mut chances = BTreeMap::<Kind, Vec<f32>>::new();
    let mut flagged = BTreeMap::<Kind, usize>::new();
    for (message, assessment) in judged {
        chances
            .entry(message.kind)
            .or_default()
            .push(assessment.chance);
        *flagged.entry(message.kind).or_default() += usize::from(assessment.emergency);
    }
    let of = |kind| chances.get(&kind).map_or(&[][..], Vec::as_slice);
    let share = |kind| {
        let flagged = flagged.get(&kind).copied().unwrap_or(0);
        100.0 * flagged as f32 / of(kind).len().max(1) as f32
    };
    Rates {
        emergencies: of(Kind::Emergency).len(),
        recall: share(Kind::Emergency),
        look_alikes: of(Kind::LookAlike).len(),
        look_alikes_flagged: share(Kind::LookAlike),
        ordinary: of(Kind::Ordinary).len(),
        ordinary_flagged: share(Kind::Ordinary),
        auroc: auroc(of(Kind::Emergency), of(Kind::LookAlike)),
    }
}

/// How often one of the first is above one of the second; half where they are equal.
fn auroc(above: &[f32], below: &[f32]) -> f32 {
    let mut below = below.to_vec();
    below.sort_unstable_by(f32::total_cmp);
    let wins = |chance: &f32| {
        let less = below.partition_point(|other| other < chance);
        let most = below.partition_point(|other| other <= chance);
        (less + most) as f64 / 2.0
    };
    let pairs = (above.len() * below.len()).max(1) as f64;
    (above.iter().map(wins).sum::<f64>() / pairs) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: Kind) -> Message {
        Message {
            lang: Lang::FI,
            situation: "fire".into(),
            kind,
            register: "plain".into(),
            text: "palaa".into(),
        }
    }

    #[test]
    fn lines_say_what_a_message_is() {
        let kind = |line| Message::read(Lang::FI, line).map(|message| message.kind);
        assert_eq!(kind("fire\t1\tshort\tpalaa"), Some(Kind::Emergency));
        assert_eq!(kind("fire\t0\tshort\tpalaa"), Some(Kind::LookAlike));
        assert_eq!(kind("hours\t0\tordinary\tmoi"), Some(Kind::Ordinary));
        for line in [
            "",
            "fire\t2\tshort\tpalaa",
            "fire\t1\tshort",
            "a\t1\tb\tc\td",
        ] {
            assert_eq!(kind(line), None, "{line:?}");
        }
    }

    #[test]
    fn rates_are_of_each_kind() {
        let judged = [
            (Kind::Emergency, 0.9),
            (Kind::Emergency, 0.2),
            (Kind::LookAlike, 0.6),
            (Kind::LookAlike, 0.2),
            (Kind::Ordinary, 0.1),
        ];
        let judged: Vec<_> = judged
            .iter()
            .map(|(kind, chance)| {
                let assessment = Assessment {
                    emergency: *chance > 0.5,
                    chance: *chance,
                    lang: None,
                };
                (message(*kind), assessment)
            })
            .collect();
        let found = rates(judged.iter().map(|(message, told)| (message, *told)));
        assert_eq!((found.recall, found.look_alikes_flagged), (50.0, 50.0));
        assert_eq!(
            (found.emergencies, found.look_alikes, found.ordinary),
            (2, 2, 1)
        );
        assert_eq!((found.ordinary_flagged, found.auroc), (0.0, 0.625));
        assert_eq!(rates(std::iter::empty()), Rates::default());
    }
}
