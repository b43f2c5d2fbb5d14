//! What belongs to the resident: who runs this, own data, erasure, stopping.

use super::respond::{Effect, Facts, Turn};
use crate::domain::{
    Action, Button, ChannelKind, Localized, Pending, Phrase, QuietHours, Resident, Say, Status,
};
use crate::knowledge::Named;

/// Shows who runs the bot and what it stores.
pub(super) fn privacy(resident: Resident, facts: Facts<'_>) -> Turn {
    let knowledge = facts.knowledge;
    let say = Say::phrase(
        Phrase::new("privacy")
            .arg("controller", knowledge.controller.clone())
            .arg("address", knowledge.controller_address.clone()),
    )
    .and(Phrase::new("privacy-stored").arg("hours", knowledge.web_history_hours))
    .and("privacy-rights")
    .row([
        Button::new("button-my-data", Action::MyData),
        Button::new("button-erase", Action::Erase),
    ]);
    Turn::new(resident).say(say)
}

fn names(named: &[Named], ids: &[String]) -> Localized {
    let mut names: Localized = Localized::default();
    for id in ids {
        let Some(one) = named.iter().find(|one| one.id == *id) else {
            continue;
        };
        for (lang, name) in one.name.iter() {
            let listed = names.get(lang).map(|listed| format!("{listed}, {name}"));
            names.insert(lang, listed.unwrap_or_else(|| name.clone()));
        }
    }
    names
}

/// Shows everything stored about the resident.
pub(super) fn my_data(resident: Resident, facts: Facts<'_>) -> Turn {
    let knowledge = facts.knowledge;
    let channel = match resident.channel {
        ChannelKind::Telegram => "channel-telegram",
        ChannelKind::Matrix => "channel-matrix",
        ChannelKind::Web => "channel-web",
    };
    let language = if resident.lang_chosen {
        "my-data-lang-chosen"
    } else {
        "my-data-lang-guessed"
    };
    let list = |named: &[Named], ids: &[String], none: &'static str| -> crate::domain::Arg {
        if ids.is_empty() {
            Phrase::new(none).into()
        } else {
            names(named, ids).into()
        }
    };
    let quiet = match resident.quiet {
        Some(QuietHours { from, to }) => Phrase::new("my-data-quiet")
            .arg("from", format!("{}.{:02}", from / 60, from % 60))
            .arg("to", format!("{}.{:02}", to / 60, to % 60)),
        None => Phrase::new("my-data-quiet-off"),
    };
    let status = match resident.status {
        Status::Stopped => "my-data-stopped",
        Status::Active | Status::Gone => "my-data-active",
    };
    let mut say = Say::phrase("my-data")
        .and(
            Phrase::new("my-data-who")
                .arg("channel", Phrase::new(channel))
                .arg("address", resident.address.clone())
                .arg("language", Phrase::new(language)),
        )
        .and(
            Phrase::new("my-data-choices")
                .arg(
                    "topics",
                    list(&knowledge.topics, &resident.topics, "none-topics"),
                )
                .arg(
                    "areas",
                    list(&knowledge.areas, &resident.areas, "none-areas"),
                )
                .arg("quiet", quiet)
                .arg("status", Phrase::new(status)),
        );
    for (id, choice) in &facts.own.votes {
        let Some(poll) = facts.polls.iter().find(|poll| poll.id == *id) else {
            continue;
        };
        let option = usize::try_from(*choice)
            .ok()
            .and_then(|at| poll.options.get(at));
        if let Some(option) = option {
            say = say.ballot().and(
                Phrase::new("my-data-vote")
                    .arg("question", poll.question.clone())
                    .arg("option", option.clone()),
            );
        }
    }
    let recall = &resident.dialogue.recall;
    if let Some(entry) = recall.entry.as_deref().and_then(|id| knowledge.entry(id)) {
        say = say.and(Phrase::new("my-data-last").arg("question", entry.question.clone()));
    }
    if let Some(question) = &recall.asked {
        say = say.and(Phrase::new("my-data-asked").arg("question", question.clone()));
    }
    if let Some(question) = &recall.question {
        say = say.and(Phrase::new("my-data-question").arg("question", question.clone()));
    }
    say = say.and(
        Phrase::new("my-data-ledger")
            .arg("deliveries", facts.own.deliveries)
            .arg("lines", facts.own.lines),
    );
    Turn::new(resident).say(say.row([Button::new("button-erase", Action::Erase)]))
}

/// Asks whether to erase everything.
pub(super) fn erase(mut resident: Resident) -> Turn {
    resident.dialogue.pending = Some(Pending::Erase);
    Turn::new(resident).say(
        Say::phrase("erase-ask")
            .row([Button::new("button-erase-yes", Action::EraseConfirmed)])
            .row([Button::new("button-erase-no", Action::EraseCancelled)]),
    )
}

/// Erases everything.
pub(super) fn erase_all(resident: Resident) -> Turn {
    Turn::new(resident).say(erased()).effect(Effect::Erase)
}

/// The last words to somebody who was erased.
#[must_use]
pub fn erased() -> Say {
    Say::phrase("erased")
}

/// Sends nothing unasked any more.
pub(super) fn stop(mut resident: Resident) -> Turn {
    resident.status = Status::Stopped;
    Turn::new(resident)
        .say(Say::phrase("stopped").row([Button::new("button-resume", Action::Resume)]))
        .effect(Effect::DropUnasked)
}

/// Sends again.
pub(super) fn resume(mut resident: Resident) -> Turn {
    resident.status = Status::Active;
    Turn::new(resident)
        .say(Say::phrase("resumed").row([Button::new("button-topics", Action::Topics)]))
}
