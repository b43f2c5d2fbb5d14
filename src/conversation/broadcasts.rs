//! What notices and polls look like when they are sent unasked.

use super::{answering, polling};
use crate::domain::{Action, Button, Localized, Notice, Phrase, Poll, Say};
use crate::knowledge::Knowledge;

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
    let mut say = answering::body(Say::default(), notice);
    if notice.severity.is_alert() {
        say = say.and("notice-112");
    }
    say.and(sender(
        knowledge,
        notice.topic.as_deref(),
        notice.area.as_deref(),
    ))
    .row([Button::new("button-subscriptions", Action::Topics)])
}

/// The message that carries a poll to residents.
#[must_use]
pub fn poll_message(poll: &Poll, knowledge: &Knowledge) -> Say {
    let sender = sender(knowledge, poll.topic.as_deref(), poll.area.as_deref());
    polling::question(poll, None).and(sender)
}
