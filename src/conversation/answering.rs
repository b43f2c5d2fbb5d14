//! Answers to questions, and the notices in force.

use super::respond::{Effect, Facts, Outcome, Turn};
use crate::answers::Outcome as Found;
use crate::domain::{Action, Button, Lang, Notice, Phrase, Resident, Say};
use crate::knowledge::Curated;

/// Characters kept of a question nobody could answer.
const GAP_CHARS: usize = 300;

/// From here on a message without an answer is advised to be shorter.
const LONG_CHARS: usize = 400;

/// Answers a question, offers entries, or says that the bot doesn't know.
pub(super) fn ask(resident: Resident, text: &str, heard: Option<Lang>, facts: Facts<'_>) -> Turn {
    let knowledge = facts.knowledge;
    let asked_in = heard.unwrap_or(resident.lang);
    let urgent = knowledge.triage.assess(text).emergency;
    let say = if urgent {
        Say::phrase("emergency").and("emergency-how")
    } else {
        Say::default()
    };
    match knowledge.answers.ask(asked_in, text) {
        Found::Answer { entry, .. } => match knowledge.entries.get(entry.0) {
            Some(entry) => Turn::new(resident)
                .say(answer(say, entry, facts))
                .outcome(Outcome::Answered),
            None => unknown(resident, say, text, asked_in, urgent, facts),
        },
        Found::Offer { entries, .. } => {
            let mut say = say.and("offer");
            let ids: Vec<_> = entries.iter().map(|at| at.0.to_string()).collect();
            say.stock = Some(format!("?{}{}", ids.join(","), mark(urgent)));
            for entry in entries.iter().filter_map(|at| knowledge.entries.get(at.0)) {
                say = say.row([open(entry)]);
            }
            Turn::new(resident)
                .say(say.row([Button::new("button-help", Action::Help)]))
                .outcome(Outcome::Offered)
        }
        Found::Unknown => unknown(resident, say, text, asked_in, urgent, facts),
    }
}

fn open(entry: &Curated) -> Button {
    Button::local(entry.question.clone(), Action::Entry(entry.id.clone()))
}

/// The answer of an entry, with its source, its authority and its date.
fn answer(say: Say, entry: &Curated, facts: Facts<'_>) -> Say {
    let urgent = !say.parts.is_empty();
    let mut say = say
        .and(Phrase::new("answer-title").arg("question", entry.question.clone()))
        .curated(entry.answer.clone());
    if let Some(source) = &entry.source {
        let (year, month, day) = source.checked;
        say = say.and(
            Phrase::new("answer-source")
                .arg("source", source.name.clone())
                .arg("url", source.url.clone())
                .arg("authority", source.authority.clone())
                .arg("day", crate::domain::Arg::Day(year, month, day)),
        );
        if !source.verified {
            say = say.and("answer-verify");
        }
    }
    for related in &entry.related {
        if let Some(related) = facts.knowledge.entry(related) {
            say = say.row([open(related)]);
        }
    }
    let feedback = |helped| Action::Feedback(entry.id.clone(), helped);
    say.reactions = vec![
        Button::sign("👍", feedback(true)),
        Button::sign("👎", feedback(false)),
    ];
    say.stock = Some(format!("{}{}", entry.id, mark(urgent)));
    say
}

/// Counts what was said of an answer. Nobody wants to be answered to a thumb.
pub(super) fn feedback(resident: Resident, id: String, helped: bool, facts: Facts<'_>) -> Turn {
    let turn = Turn::new(resident).outcome(Outcome::Noted);
    if facts.knowledge.entry(&id).is_none() {
        return turn;
    }
    turn.effect(Effect::Feedback { entry: id, helped })
}

/// Tells the words with "112" before them from those without, among names of stock.
fn mark(urgent: bool) -> &'static str {
    if urgent { "!" } else { "" }
}

/// Shows one entry.
pub(super) fn entry(resident: Resident, id: &str, facts: Facts<'_>) -> Turn {
    match facts.knowledge.entry(id) {
        Some(entry) => Turn::new(resident)
            .say(answer(Say::default(), entry, facts))
            .outcome(Outcome::Answered),
        None => Turn::new(resident).toast(Say::phrase("stale-button")),
    }
}

fn unknown(
    resident: Resident,
    say: Say,
    text: &str,
    lang: Lang,
    urgent: bool,
    facts: Facts<'_>,
) -> Turn {
    let key = match (urgent, text.chars().count() > LONG_CHARS) {
        (true, _) => "emergency-unknown",
        (false, true) => "unknown-long",
        (false, false) => "unknown",
    };
    let mut say = say.and(key);
    say.stock = Some(format!("?{key}"));
    let say = if urgent {
        say
    } else {
        say.curated(facts.knowledge.contact.clone())
            .and("unknown-112")
    };
    Turn::new(resident)
        .say(say.row([Button::new("button-help", Action::Help)]))
        .effect(Effect::Gap {
            lang,
            question: mask(text),
        })
        .outcome(Outcome::Unknown)
}

/// The words of a question without what could point to a person: e-mail addresses, and numbers of
/// five digits and up, however they are grouped (telephone numbers, personal identity codes).
fn mask(text: &str) -> String {
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
    masked.join(" ").chars().take(GAP_CHARS).collect()
}

/// Whether a word may be a group of a longer number.
fn is_number(word: &str) -> bool {
    word.contains(|c: char| c.is_ascii_digit())
        && word
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_ascii_punctuation())
}

/// Shows the notices in force, newest first.
pub(super) fn notices(resident: Resident, facts: Facts<'_>) -> Turn {
    /// More would not be read on a phone.
    const SHOWN: usize = 5;
    if facts.notices.is_empty() {
        let say = Say::phrase("notices-none").row([Button::new("button-topics", Action::Topics)]);
        return Turn::new(resident).say(say);
    }
    let count = i64::try_from(facts.notices.len()).unwrap_or(i64::MAX);
    let mut say = Say::phrase(Phrase::new("notices").arg("count", count));
    for notice in facts.notices.iter().take(SHOWN) {
        let at = |key, at| Phrase::new(key).arg("at", crate::domain::Arg::Instant(at));
        say = body(say, notice).and(match notice.updated_at {
            Some(updated) => at("notice-updated", updated),
            None => at("notice-sent", notice.sent_at),
        });
    }
    Turn::new(resident).say(say)
}

/// The headline and text of a notice.
pub(super) fn body(say: Say, notice: &Notice) -> Say {
    let key = if notice.severity.is_alert() {
        "notice-alert"
    } else {
        "notice-headline"
    };
    say.and(Phrase::new(key).arg("headline", notice.headline.clone()))
        .verbatim(notice.description.clone())
}
