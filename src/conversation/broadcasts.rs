//! What notices and polls look like when they are sent unasked.

use super::{notices, polling};
use crate::domain::{Action, Arg, Button, Localized, Millis, Notice, Phrase, Poll, Say};
use crate::knowledge::Knowledge;

/// With fewer answers than this a poll's result could tell who answered what.
const SHOWN_FROM: i64 = 5;

fn sender(knowledge: &Knowledge, topic: Option<&str>, area: Option<&str>) -> Phrase {
    let of = |named: &[crate::knowledge::Named], id: Option<&str>| -> Option<Localized> {
        named
            .iter()
            .find(|one| Some(one.id.as_str()) == id)
            .map(|one| one.name.clone())
    };
    let municipality = knowledge.municipality.clone();
    let (topic, area) = (of(&knowledge.topics, topic), of(&knowledge.areas, area));
    match (topic, area) {
        (Some(topic), Some(area)) => Phrase::new("sender-topic-area")
            .arg("municipality", municipality)
            .arg("topic", topic)
            .arg("area", area),
        (Some(topic), None) => Phrase::new("sender-topic")
            .arg("municipality", municipality)
            .arg("topic", topic),
        (None, Some(area)) => Phrase::new("sender-area")
            .arg("municipality", municipality)
            .arg("area", area),
        (None, None) => Phrase::new("sender").arg("municipality", municipality),
    }
}

/// The message that carries a notice to residents.
#[must_use]
pub fn notice_message(notice: &Notice, knowledge: &Knowledge) -> Say {
    let mut say = notices::body(Say::default(), notice);
    if notice.severity.is_alert() {
        say = say.and("notice-112");
    }
    if let Some(at) = notice.updated_at {
        say = say.and(Phrase::new("notice-updated").arg("at", Arg::Instant(at)));
    }
    say.and(sender(
        knowledge,
        notice.topic.as_deref(),
        notice.area.as_deref(),
    ))
    .row([Button::new("button-subscriptions", Action::Topics)])
}

/// The words that take the place of a cancelled notice.
#[must_use]
pub fn cancel_message(notice: &Notice, at: Millis, knowledge: &Knowledge) -> Say {
    let mut say =
        Say::phrase(Phrase::new("notice-cancelled").arg("headline", notice.headline.clone()));
    say.over = true;
    say.and(Phrase::new("notice-cancelled-at").arg("at", Arg::Instant(at)))
        .and(sender(
            knowledge,
            notice.topic.as_deref(),
            notice.area.as_deref(),
        ))
}

/// The message that carries a poll to residents.
#[must_use]
pub fn poll_message(poll: &Poll, knowledge: &Knowledge) -> Say {
    let sender = sender(knowledge, poll.topic.as_deref(), poll.area.as_deref());
    polling::question(poll, None).and(sender)
}

/// The message that tells those who were asked how a poll ended. `votes` per option, from the first.
#[must_use]
pub fn result_message(poll: &Poll, votes: &[i64], knowledge: &Knowledge) -> Say {
    let all: i64 = votes.iter().sum();
    let mut say = Say::phrase(Phrase::new("poll-ended").arg("question", poll.question.clone()));
    if all < SHOWN_FROM {
        say = say.and("poll-too-few");
    } else {
        for (option, votes) in poll.options.iter().zip(votes) {
            say = say.and(
                Phrase::new("poll-option-votes")
                    .arg("option", option.clone())
                    .arg("count", *votes)
                    // Half a percent counts as a whole one.
                    .arg("percent", (votes * 200 + all) / (all * 2)),
            );
        }
        say = say.and(Phrase::new("poll-votes").arg("count", all));
    }
    let sender = sender(knowledge, poll.topic.as_deref(), poll.area.as_deref());
    say.and("poll-thanks").and(sender)
}
