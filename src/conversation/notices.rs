//! The notices in force.

use super::respond::{Facts, Turn};
use crate::domain::{Action, Button, Notice, Phrase, Resident, Say};

/// Shows the notices in force, newest first.
pub(super) fn list(resident: Resident, facts: Facts<'_>) -> Turn {
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
