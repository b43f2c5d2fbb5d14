//! Polls and votes.

use super::intent::{Choice, Intent};
use super::respond::{Effect, Facts, Turn};
use crate::answers::fold;
use crate::domain::{Action, Button, Chat, Phrase, Poll, Resident, Say};
use crate::locale::Command;

/// The question with its options as buttons; `choice` is ticked.
pub(super) fn question(poll: &Poll, choice: Option<i64>) -> Say {
    let mut say = Say::phrase(Phrase::new("poll-question").arg("question", poll.question.clone()));
    if let Some(label) = choice.and_then(|at| poll.options.get(usize::try_from(at).ok()?)) {
        say = say
            .and(Phrase::new("poll-yours").arg("option", label.clone()))
            .ballot();
    }
    say = say.and("poll-rules");
    for (position, label) in (0_u8..).zip(&poll.options) {
        let button = Button::local(label.clone(), Action::Vote(poll.id, position));
        say = say.row([match choice {
            Some(choice) => button.ticked(choice == i64::from(position)),
            None => button,
        }]);
    }
    say.poll = Some(poll.question.clone());
    if choice.is_some() {
        say = say.row([Button::new("button-unvote", Action::Unvote(poll.id))]);
    }
    say
}

/// Shows the one open poll, or the list of them.
pub(super) fn list(resident: Resident, facts: Facts<'_>) -> Turn {
    match facts.polls {
        [] => Turn::new(resident).say(Say::phrase("polls-none")),
        [poll] => show(resident, poll.id, facts),
        polls => {
            let count = i64::try_from(polls.len()).unwrap_or(i64::MAX);
            let mut say = Say::phrase(Phrase::new("polls").arg("count", count));
            for poll in polls {
                say = say.row([Button::local(poll.question.clone(), Action::Poll(poll.id))]);
            }
            Turn::new(resident).say(say)
        }
    }
}

/// Shows one open poll with the resident's own choice.
pub(super) fn show(resident: Resident, id: i64, facts: Facts<'_>) -> Turn {
    let Some(poll) = facts.polls.iter().find(|poll| poll.id == id) else {
        return Turn::new(resident).toast(Say::phrase("poll-closed"));
    };
    if facts.chat == Chat::Group {
        // A vote is the resident's own: nobody else should see it being cast.
        let say = Say::phrase(Phrase::new("poll-question").arg("question", poll.question.clone()))
            .and("poll-private");
        return Turn::new(resident).say(say);
    }
    let say = question(poll, facts.own.vote(id));
    Turn::new(resident).say(say)
}

/// What words that may name an option mean with the polls that are open now; `None` if nothing. A
/// vote is cast alone with the bot only.
pub(super) fn choose(choice: &Choice, facts: Facts<'_>) -> Option<Intent> {
    if facts.chat != Chat::Direct {
        return None;
    }
    let since = |poll: &&Poll| choice.after.is_none_or(|after| poll.opened_at > after);
    let mut named = facts
        .polls
        .iter()
        .filter(since)
        .filter_map(|poll| Some((poll.id, option(poll, choice)?)));
    match (named.next(), named.next(), facts.polls) {
        (Some((poll, option)), None, _) => Some(Intent::Act(Action::Vote(poll, option))),
        (Some(_), Some(_), _) => Some(Intent::Command(Command::Polls)),
        (None, _, [poll]) if choice.after.is_none() => choice
            .number
            .map(|_| Intent::NoSuchOption(poll.options.len())),
        (None, _, _) => None,
    }
}

/// The option of a poll that words name, from 0: by its label in any language, else by its number.
fn option(poll: &Poll, choice: &Choice) -> Option<u8> {
    let named = |label: &crate::domain::Localized| {
        label.iter().any(|(_, label)| fold(label) == choice.label)
    };
    let numbered = || {
        let at = choice.number?.checked_sub(1)?;
        (at < poll.options.len()).then_some(at)
    };
    let at = poll.options.iter().position(named).or_else(numbered)?;
    u8::try_from(at).ok()
}

/// Names the numbers that there are.
pub(super) fn no_such_option(resident: Resident, last: usize) -> Turn {
    let last = i64::try_from(last).unwrap_or(i64::MAX);
    Turn::new(resident).say(
        Say::phrase(Phrase::new("poll-choices").arg("last", last))
            .row([Button::new("button-polls", Action::Polls)]),
    )
}

/// Counts a vote; a later one replaces it.
pub(super) fn vote(resident: Resident, id: i64, option: u8, facts: Facts<'_>) -> Turn {
    let Some(poll) = facts.polls.iter().find(|poll| poll.id == id) else {
        return Turn::new(resident).toast(Say::phrase("poll-closed"));
    };
    let Some(label) = poll.options.get(usize::from(option)) else {
        return Turn::new(resident).toast(Say::phrase("stale-button"));
    };
    let say = Say::phrase(Phrase::new("voted").arg("option", label.clone())).ballot();
    Turn::new(resident).toast(say).effect(Effect::Vote {
        poll: id,
        choice: i64::from(option),
    })
}

/// Takes a vote back.
pub(super) fn unvote(resident: Resident, id: i64, facts: Facts<'_>) -> Turn {
    if !facts.polls.iter().any(|poll| poll.id == id) {
        return Turn::new(resident).toast(Say::phrase("poll-closed"));
    }
    Turn::new(resident)
        .toast(Say::phrase("unvoted"))
        .effect(Effect::Unvote { poll: id })
}
