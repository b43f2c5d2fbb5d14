//! Answers to questions.

mod duty;
mod mask;
mod question;

use super::intent::Asked;
use super::respond::{Effect, Facts, Missed, Outcome, Turn};
use crate::answers::{Found, OFFERED, Outcome as Judged};
use crate::domain::{Action, Button, Lang, Phrase, Recall, Resident, Say};
use crate::knowledge::Curated;

pub(super) use duty::matter;
pub use question::Cues;

/// From here on a message without an answer is advised to be shorter.
const LONG_CHARS: usize = 400;

/// How many further entries are kept for those who ask for more.
const REST: usize = 6;

/// Least score of a further entry, as a share of the best.
const NEAR: f32 = 0.35;

/// Least score of the steps for an emergency, as a share of the best entry's.
const STEPS: f32 = 0.4;

/// Confidence below which only the best entry's steps are shown.
const STEPS_FROM: f32 = 0.02;

/// What is shown to a question: entries by id, best first.
#[derive(Debug, PartialEq)]
enum Shown {
    Answer(String),
    /// What to do in an emergency: the first is shown, the others are behind buttons.
    Steps(Vec<String>),
    Offer(Vec<String>),
    Nothing,
}

/// What a question finds: what to show now, and what to those who ask for more.
struct Looked {
    shown: Shown,
    rest: Vec<String>,
}

/// Who asks and how.
#[derive(Clone, Copy)]
struct Asking<'a> {
    facts: Facts<'a>,
    lang: Lang,
    /// Whether the message reports an emergency.
    urgent: bool,
}

impl Asking<'_> {
    /// What a text finds among the entries that are served.
    fn look(&self, text: &str) -> Looked {
        let mut found = self.facts.knowledge.answers.look(self.lang, text);
        self.keep_served(&mut found);
        self.judge(&found)
    }

    /// What was found may no longer be served: then there is no answer, rather than the next best.
    fn keep_served(&self, found: &mut Found) {
        let served = |id: &str| self.entry(id).is_some();
        if found.ranked.first().is_some_and(|best| !served(&best.id)) {
            found.ranked.clear();
        }
        found.ranked.retain(|scored| served(&scored.id));
    }

    fn entry(&self, id: &str) -> Option<&Curated> {
        self.facts.knowledge.served(id, self.facts.now)
    }

    fn judge(&self, found: &Found) -> Looked {
        let best = found.ranked.first().map_or(0.0, |best| best.score);
        let ids = found
            .ranked
            .iter()
            .filter(|scored| scored.score >= NEAR * best);
        let ids: Vec<String> = ids
            .take(OFFERED + REST)
            .map(|scored| scored.id.clone())
            .collect();
        let steps = self.steps(found);
        let shown = match self.facts.knowledge.answers.outcome(found) {
            _ if !steps.is_empty() => Shown::Steps(steps),
            Judged::Unknown => Shown::Nothing,
            Judged::Answer { .. } => ids.first().cloned().map_or(Shown::Nothing, Shown::Answer),
            Judged::Offer { entries, .. } => {
                Shown::Offer(ids.iter().take(entries.len()).cloned().collect())
            }
        };
        let rest = match &shown {
            Shown::Nothing => Vec::new(),
            Shown::Answer(id) => ids.into_iter().filter(|other| other != id).collect(),
            Shown::Steps(shown) | Shown::Offer(shown) => {
                ids.into_iter().filter(|id| !shown.contains(id)).collect()
            }
        };
        Looked { shown, rest }
    }

    /// The nearest entries with steps for an emergency, if the message reports one. Whoever is in one
    /// is better served by steps that are only likely the right ones than by a question.
    fn steps(&self, found: &Found) -> Vec<String> {
        let confidence = self.facts.knowledge.answers.confidence(found.evidence);
        let Some(best) = found.ranked.first().filter(|_| self.urgent) else {
            return Vec::new();
        };
        let least = if confidence < STEPS_FROM { 1.0 } else { STEPS };
        let near = found
            .ranked
            .iter()
            .take_while(|scored| scored.score >= least * best.score);
        near.filter(|scored| self.entry(&scored.id).is_some_and(|entry| entry.emergency))
            .map(|scored| scored.id.clone())
            .take(OFFERED)
            .collect()
    }

    /// What a question finds that goes on from the last: by itself if it says enough, otherwise
    /// what it and the last question find together.
    fn go_on(&self, entry: &Curated, text: &str) -> Looked {
        let own = self.look(text);
        let Shown::Offer(offered) = &own.shown else {
            return own;
        };
        let question = entry.question.best(self.lang);
        let both = format!("{} {text}", question.map_or("", String::as_str));
        let mut found = self.facts.knowledge.answers.look(self.lang, &both);
        self.keep_served(&mut found);
        found.ranked.retain(|scored| scored.id != entry.id);
        let best = found.ranked.first().map(|scored| scored.id.clone());
        match best {
            Some(best) if offered.first() == Some(&best) => {
                let others = offered.iter().chain(&own.rest);
                Looked {
                    rest: others.filter(|id| **id != best).cloned().collect(),
                    shown: Shown::Answer(best),
                }
            }
            _ => own,
        }
    }

    fn mask(&self, text: &str) -> String {
        self.facts.knowledge.cues.mask(text)
    }

    fn say(&self) -> Say {
        if self.urgent {
            Say::phrase("emergency").and("emergency-how")
        } else {
            Say::default()
        }
    }
}

/// Answers a question, offers entries, or says that the bot doesn't know.
pub(super) fn ask(
    mut resident: Resident,
    asked: &Asked,
    heard: Option<Lang>,
    facts: Facts<'_>,
) -> Turn {
    let Asked { text, urgent } = asked;
    let asking = Asking {
        facts,
        lang: heard.unwrap_or(resident.lang),
        urgent: *urgent,
    };
    // In an emergency, what to do goes before whom to ask.
    let steps = asking.urgent && matches!(asking.look(text).shown, Shown::Steps(_));
    if !steps && let Some(turn) = duty::who(&resident, text, asking) {
        return turn;
    }
    let last = std::mem::take(&mut resident.dialogue.recall).entry;
    let last = last.and_then(|id| asking.entry(&id));
    if let Some(several) = several(asking, text) {
        return several_answers(resident, several, asking);
    }
    let go_on = last.zip(facts.knowledge.cues.follow_up(text));
    let Some((entry, rest)) = go_on else {
        return one(resident, asking.look(text), text, asking);
    };
    let looked = asking.go_on(entry, rest);
    match looked.shown {
        Shown::Nothing if !asking.urgent => no_more(resident, entry, text, asking),
        _ => one(resident, looked, text, asking),
    }
}

/// The answers to the questions of a message, if it has several that all get one of their own.
fn several(asking: Asking<'_>, text: &str) -> Option<Vec<String>> {
    let mut entries = Vec::new();
    for question in asking.facts.knowledge.cues.questions(text) {
        match asking.look(question).shown {
            Shown::Answer(id) if !entries.contains(&id) => entries.push(id),
            _ => return None,
        }
    }
    (entries.len() > 1).then_some(entries)
}

fn several_answers(mut resident: Resident, entries: Vec<String>, asking: Asking<'_>) -> Turn {
    resident.dialogue.recall.entry = entries.last().cloned();
    let mut turn = Turn::new(resident).outcome(Outcome::Answered);
    let mut say = asking.say();
    for id in entries {
        if let Some(entry) = asking.entry(&id) {
            turn = turn.say(answer(std::mem::take(&mut say), entry, asking.facts));
        }
    }
    turn
}

fn one(mut resident: Resident, looked: Looked, text: &str, asking: Asking<'_>) -> Turn {
    let recall = &mut resident.dialogue.recall;
    recall.rest = looked.rest;
    recall.rest.truncate(REST);
    match looked.shown {
        Shown::Answer(id) => {
            recall.entry = Some(id.clone());
            recall.asked = Some(asking.mask(text));
            match asking.entry(&id) {
                Some(entry) => Turn::new(resident)
                    .say(answer(asking.say(), entry, asking.facts))
                    .outcome(Outcome::Answered),
                None => unknown(resident, text, asking),
            }
        }
        Shown::Steps(ids) => {
            recall.entry = ids.first().cloned();
            recall.asked = Some(asking.mask(text));
            let mut entries = ids.iter().filter_map(|id| asking.entry(id));
            match entries.next() {
                Some(first) => {
                    let mut say = asking.say();
                    for other in entries.filter(|other| !first.related.contains(&other.id)) {
                        say = say.row([open(other)]);
                    }
                    let mut say = answer(say, first, asking.facts);
                    // Which others are near depends on the question.
                    say.stock = None;
                    Turn::new(resident).say(say).outcome(Outcome::Answered)
                }
                None => unknown(resident, text, asking),
            }
        }
        Shown::Offer(ids) => {
            recall.question = Some(asking.mask(text));
            let say = offer(asking.say().and("offer"), "?", &ids, asking);
            Turn::new(resident).say(say).outcome(Outcome::Offered)
        }
        Shown::Nothing => unknown(resident, text, asking),
    }
}

/// Entries to choose from, or none of them.
fn offer(say: Say, kind: &str, ids: &[String], asking: Asking<'_>) -> Say {
    let mut say = say;
    say.stock = Some(format!("{kind}{}{}", ids.join(","), mark(asking.urgent)));
    for entry in ids.iter().filter_map(|id| asking.entry(id)) {
        say = say.row([open(entry)]);
    }
    say.row([Button::new("button-none-of-these", Action::NoneOfThese)])
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
                .arg(
                    "authority",
                    duty::authority(entry, &source.authority, facts),
                )
                .arg("day", crate::domain::Arg::Day(year, month, day)),
        );
        if let Some(origin) = &source.origin {
            say = say.and(Phrase::new("answer-origin").arg("origin", origin.clone()));
        }
        if !source.verified {
            say = say.and("answer-verify");
        }
    }
    say = related(say, entry, facts);
    let feedback = |helped| Action::Feedback(entry.id.clone(), helped);
    say.reactions = vec![
        Button::new("button-helped", feedback(true)),
        Button::new("button-helped-not", feedback(false)),
    ];
    say.stock = Some(format!("{}{}", entry.id, mark(urgent)));
    say
}

/// A row for each entry that belongs to one.
fn related(mut say: Say, entry: &Curated, facts: Facts<'_>) -> Say {
    let related = entry.related.iter();
    for related in related.filter_map(|id| facts.knowledge.served(id, facts.now)) {
        say = say.row([open(related)]);
    }
    say
}

/// Counts what was said of an answer.
pub(super) fn feedback(mut resident: Resident, id: String, helped: bool, facts: Facts<'_>) -> Turn {
    let lang = resident.lang;
    let recall = &mut resident.dialogue.recall;
    let asked = recall
        .asked
        .take_if(|_| !helped && recall.entry.as_deref() == Some(id.as_str()));
    let mut turn = Turn::new(resident).outcome(Outcome::Noted);
    if facts.knowledge.entry(&id).is_none() {
        return turn.toast(Say::phrase("stale-button"));
    }
    if let Some(question) = asked {
        turn = turn.effect(Effect::Gap {
            lang,
            question,
            kind: Missed::Down,
            entry: Some(id.clone()),
        });
    }
    turn.effect(Effect::Feedback { entry: id, helped })
        .toast(Say::phrase("feedback-noted"))
}

/// Tells the words with "112" before them from those without, among names of stock.
fn mark(urgent: bool) -> &'static str {
    if urgent { "!" } else { "" }
}

/// Shows one entry.
pub(super) fn entry(mut resident: Resident, id: &str, facts: Facts<'_>) -> Turn {
    let Some(entry) = facts.knowledge.served(id, facts.now) else {
        if facts.knowledge.entry(id).is_some() {
            let say = Say::phrase("answer-expired").curated(facts.knowledge.contact.clone());
            return Turn::new(resident).say(say);
        }
        return Turn::new(resident).toast(Say::phrase("stale-button"));
    };
    resident.dialogue.recall = Recall {
        entry: Some(entry.id.clone()),
        ..Recall::default()
    };
    Turn::new(resident)
        .say(answer(Say::default(), entry, facts))
        .outcome(Outcome::Answered)
}

/// Shows what else is near the last question.
pub(super) fn more(mut resident: Resident, facts: Facts<'_>) -> Turn {
    let asking = Asking {
        facts,
        lang: resident.lang,
        urgent: false,
    };
    let recall = &mut resident.dialogue.recall;
    let split = recall.rest.len().min(OFFERED);
    let ids: Vec<String> = recall.rest.drain(..split).collect();
    let ids: Vec<String> = ids
        .into_iter()
        .filter(|id| asking.entry(id).is_some())
        .collect();
    if !ids.is_empty() {
        let say = offer(Say::phrase("more"), "+", &ids, asking);
        return Turn::new(resident).say(say).outcome(Outcome::Offered);
    }
    let last = recall.entry.clone();
    match last.and_then(|id| asking.entry(&id)) {
        Some(entry) => {
            let say = Say::phrase("more-none").curated(facts.knowledge.contact.clone());
            Turn::new(resident).say(related(say, entry, facts))
        }
        None => {
            let say = Say::phrase("more-of-what");
            Turn::new(resident).say(say.row([Button::new("button-help", Action::Help)]))
        }
    }
}

/// Says that there is no more to say on the matter of the last answer.
fn no_more(mut resident: Resident, entry: &Curated, text: &str, asking: Asking<'_>) -> Turn {
    let recall = &mut resident.dialogue.recall;
    recall.entry = Some(entry.id.clone());
    let question = entry.question.best(asking.lang);
    let both = format!("{} {text}", question.map_or("", String::as_str));
    let missing = asking.mask(&both);
    recall.question = Some(missing.clone());
    let say = Say::phrase(Phrase::new("follow-up-none").arg("question", entry.question.clone()))
        .curated(asking.facts.knowledge.contact.clone())
        .and("unknown-112");
    let say = or_send(related(say, entry, asking.facts), &resident);
    missed(resident, asking.lang, missing).say(say)
}

/// What is said when no entry answers: who to ask, and the offer to tell the municipality.
fn unknown(mut resident: Resident, text: &str, asking: Asking<'_>) -> Turn {
    let key = match (asking.urgent, text.chars().count() > LONG_CHARS) {
        (true, _) => "emergency-unknown",
        (false, true) => "unknown-long",
        (false, false) => "unknown",
    };
    let question = asking.mask(text);
    resident.dialogue.recall.question = Some(question.clone());
    let mut say = asking.say().and(key);
    say.stock = Some(format!("?{key}"));
    let say = if asking.urgent {
        say.row([Button::new("button-help", Action::Help)])
    } else {
        let say = say.curated(asking.facts.knowledge.contact.clone());
        or_send(say.and("unknown-112"), &resident)
    };
    missed(resident, asking.lang, question).say(say)
}

/// A turn in which a question got no answer: the municipality learns what was asked, not who did.
fn missed(resident: Resident, lang: Lang, question: String) -> Turn {
    let gap = Effect::Gap {
        lang,
        question,
        kind: Missed::Unknown,
        entry: None,
    };
    Turn::new(resident).effect(gap).outcome(Outcome::Unknown)
}

/// Offers to send the question that got no answer to the municipality.
fn or_send(mut say: Say, resident: &Resident) -> Say {
    if resident.dialogue.recall.question.is_some() {
        say = say
            .and("unknown-send")
            .row([Button::new("button-send-question", Action::SendQuestion)]);
    }
    say.row([Button::new("button-help", Action::Help)])
}

/// A word of courtesy in English, and the languages to choose from.
pub(super) fn foreign(resident: Resident, asked: &Asked, facts: Facts<'_>) -> Turn {
    let languages = facts.knowledge.languages.iter().map(|(lang, name)| {
        let name = [(*lang, name.clone())].into_iter().collect();
        Button::local(name, Action::Language(*lang))
    });
    let say = if asked.urgent {
        Say::phrase("other-emergency").and("other-language")
    } else {
        Say::phrase("other-language")
    };
    let say = say.row(languages);
    Turn::new(resident).say(say).outcome(Outcome::Unknown)
}

/// None of the entries offered was meant.
pub(super) fn none_of_these(resident: Resident, facts: Facts<'_>) -> Turn {
    let say = Say::phrase("unknown")
        .curated(facts.knowledge.contact.clone())
        .and("unknown-112");
    let say = or_send(say, &resident);
    let lang = resident.lang;
    match resident.dialogue.recall.question.clone() {
        Some(question) => missed(resident, lang, question).say(say),
        None => Turn::new(resident).say(say).outcome(Outcome::Unknown),
    }
}

/// Gives the question that got no answer to the municipality, without the asker.
pub(super) fn send_question(mut resident: Resident) -> Turn {
    let Some(question) = resident.dialogue.recall.question.take() else {
        return Turn::new(resident).say(Say::phrase("question-gone"));
    };
    let lang = resident.lang;
    Turn::new(resident)
        .say(Say::phrase("question-sent"))
        .effect(Effect::Gap {
            lang,
            question,
            kind: Missed::Sent,
            entry: None,
        })
}
