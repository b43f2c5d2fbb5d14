//! From an intent to what is said and done.

use super::intent::{Intent, Understood};
use super::{answering, menus, notices, personal, polling};
use crate::domain::{
    Action, Button, Chat, Lang, Media, Millis, Notice, Poll, Resident, Say, Status,
};
use crate::knowledge::Knowledge;
use crate::locale::Command;

/// What is known when an answer is made.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// Curated content and what is built on it.
    pub knowledge: &'a Knowledge,
    /// The notices in force, if needed.
    pub notices: &'a [Notice],
    /// The open polls, if needed.
    pub polls: &'a [Poll],
    /// What else is stored of the resident, if needed.
    pub own: &'a Own,
    /// Who reads the answer.
    pub chat: Chat,
    /// Whether the platform says which language the resident uses.
    pub lang_hinted: bool,
    /// Now.
    pub now: Millis,
}

/// What is stored of a resident besides the resident's row.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// Choices in open polls: poll, option from 0.
    pub votes: Vec<(i64, i64)>,
    /// Messages in the ledger.
    pub deliveries: i64,
    /// Lines on the web chat's page.
    pub lines: i64,
}

impl Own {
    /// The resident's choice in a poll.
    #[must_use]
    pub fn vote(&self, poll: i64) -> Option<i64> {
        self.votes
            .iter()
            .find(|(id, _)| *id == poll)
            .map(|(_, choice)| *choice)
    }
}

/// Something to be done besides speaking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Count this choice.
    Vote {
        /// The poll.
        poll: i64,
        /// The option, from 0.
        choice: i64,
    },
    /// Take the choice back.
    Unvote {
        /// The poll.
        poll: i64,
    },
    /// Write the topics and areas.
    Subscriptions,
    /// Drop what waits for the resident unasked.
    DropUnasked,
    /// Erase the resident.
    Erase,
    /// Count what was said of an entry's answer.
    Feedback {
        /// The entry.
        entry: String,
        /// Whether it helped.
        helped: bool,
    },
    /// Keep the question for the municipality, without who asked it.
    Gap {
        /// The language.
        lang: Lang,
        /// The words, masked.
        question: String,
        /// Why it is kept.
        kind: Missed,
        /// The entry that did not help.
        entry: Option<String>,
    },
}

/// Why a question is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// No entry answers it.
    Unknown,
    /// The answer did not help.
    Down,
    /// The resident sent it to the municipality.
    Sent,
}

/// How a message was met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A curated answer.
    Answered,
    /// A choice of entries.
    Offered,
    /// No answer: told where to ask.
    Unknown,
    /// A command or button was carried out.
    Done,
    /// Nothing to say: the platform reported something.
    Noted,
}

impl Outcome {
    /// The name in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Offered => "offered",
            Self::Unknown => "unknown",
            Self::Done => "done",
            Self::Noted => "noted",
        }
    }
}

/// The result of one event.
#[derive(Clone, Debug)]
pub struct Turn {
    /// The resident afterwards.
    pub resident: Resident,
    /// What to say.
    pub replies: Vec<Say>,
    /// What to say in passing, where the channel can; else before the replies.
    pub toast: Option<Say>,
    /// What to do.
    pub effects: Vec<Effect>,
    /// How the message was met.
    pub outcome: Outcome,
}

impl Turn {
    pub(super) fn new(resident: Resident) -> Self {
        Self {
            resident,
            replies: Vec::new(),
            toast: None,
            effects: Vec::new(),
            outcome: Outcome::Done,
        }
    }

    pub(super) fn say(mut self, say: Say) -> Self {
        self.replies.push(say);
        self
    }

    pub(super) fn toast(mut self, say: Say) -> Self {
        self.toast = Some(say);
        self
    }

    pub(super) fn effect(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    pub(super) fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// What is said when something broke inside: the message got through, the answer didn't.
#[must_use]
pub fn mishap() -> Say {
    Say::phrase("mishap")
}

/// What is said and done. Never fails and never stays silent to a person.
#[must_use]
pub fn respond(mut resident: Resident, understood: Understood, facts: Facts<'_>) -> Turn {
    let Understood {
        intent,
        heard,
        choice,
    } = understood;
    let chosen = choice.and_then(|choice| polling::choose(&choice, facts));
    let intent = chosen.unwrap_or(intent);
    if let Some(lang) = heard
        && !resident.lang_chosen
    {
        resident.lang = lang;
    }
    let pending = resident.dialogue.pending.take();
    if facts.chat == Chat::Group && is_personal(&intent) {
        return Turn::new(resident).say(Say::phrase("group-private"));
    }
    if resident.status == Status::Gone && intent != Intent::Gone {
        // Whoever writes can be reached.
        resident.status = Status::Active;
    }
    match intent {
        Intent::Command(command) => by_command(resident, command, facts),
        Intent::Act(action) => by_action(resident, action, pending.is_some(), facts),
        Intent::UnknownCommand => {
            Turn::new(resident).say(help_buttons(Say::phrase("unknown-command")))
        }
        Intent::Unreadable => Turn::new(resident).say(help_buttons(Say::phrase("unreadable"))),
        Intent::NoSuchOption(last) => polling::no_such_option(resident, last),
        Intent::Withdraw | Intent::StaleButton => {
            Turn::new(resident).toast(Say::phrase("stale-button"))
        }
        Intent::Cry => Turn::new(resident).say(help_buttons(
            Say::phrase("emergency")
                .and("emergency-how")
                .and("cry-help"),
        )),
        Intent::Greeting => Turn::new(resident).say(help_buttons(Say::phrase("greeting"))),
        Intent::Thanks => Turn::new(resident).say(Say::phrase("thanks")),
        Intent::Subscribe(topic) => menus::subscribe(resident, topic, true, facts),
        Intent::Unsubscribe(topic) => menus::subscribe(resident, topic, false, facts),
        Intent::Ask(asked) => answering::ask(resident, &asked, heard, facts),
        Intent::Foreign(asked) => answering::foreign(resident, &asked, facts),
        Intent::More => answering::more(resident, facts),
        Intent::Empty => Turn::new(resident).say(help_buttons(Say::phrase("empty"))),
        Intent::Media(media) => Turn::new(resident).say(help_buttons(by_media(media))),
        Intent::Gone => {
            // Whoever had asked for silence still wants it when the address works again.
            if resident.status == Status::Active {
                resident.status = Status::Gone;
            }
            Turn::new(resident)
                .effect(Effect::DropUnasked)
                .outcome(Outcome::Noted)
        }
        Intent::Returned => Turn::new(resident).outcome(Outcome::Noted),
    }
}

/// What only the resident alone should see or change.
fn is_personal(intent: &Intent) -> bool {
    match intent {
        Intent::Command(command) => matches!(
            command,
            Command::Topics
                | Command::Areas
                | Command::Quiet
                | Command::MyData
                | Command::Erase
                | Command::Stop
        ),
        Intent::Subscribe(_) | Intent::Unsubscribe(_) => true,
        Intent::Act(action) => !matches!(
            action,
            Action::Help
                | Action::Languages
                | Action::Language(_)
                | Action::Notices
                | Action::Polls
                | Action::Poll(_)
                | Action::Entry(_)
                | Action::Matter(_)
                | Action::NoneOfThese
                | Action::SendQuestion
                | Action::Feedback(..)
                | Action::Privacy
        ),
        _ => false,
    }
}

fn by_command(resident: Resident, command: Command, facts: Facts<'_>) -> Turn {
    match command {
        Command::Start => start(resident, facts),
        Command::Help => Turn::new(resident).say(help()),
        Command::Language => menus::languages(resident, facts),
        Command::Topics => menus::topics(resident, facts),
        Command::Areas => menus::areas(resident, facts),
        Command::Notices => notices::list(resident, facts),
        Command::Polls => polling::list(resident, facts),
        Command::Quiet => menus::quiet(resident),
        Command::Privacy => personal::privacy(resident, facts),
        Command::MyData => personal::my_data(resident, facts),
        Command::Erase => personal::erase(resident),
        Command::Stop => personal::stop(resident),
    }
}

fn by_action(resident: Resident, action: Action, asked: bool, facts: Facts<'_>) -> Turn {
    match action {
        Action::Help => Turn::new(resident).say(help()),
        Action::Languages => menus::languages(resident, facts),
        Action::Language(lang) => menus::language(resident, lang, facts),
        Action::Topics => menus::topics(resident, facts),
        Action::Topic(id) => menus::toggle_topic(resident, &id, facts),
        Action::Areas => menus::areas(resident, facts),
        Action::Area(id) => menus::toggle_area(resident, &id, facts),
        Action::Notices => notices::list(resident, facts),
        Action::Polls => polling::list(resident, facts),
        Action::Poll(id) => polling::show(resident, id, facts),
        Action::Vote(poll, option) => polling::vote(resident, poll, option, facts),
        Action::Unvote(poll) => polling::unvote(resident, poll, facts),
        Action::Entry(id) => answering::entry(resident, &id, facts),
        Action::Matter(id) => answering::matter(resident, &id, facts),
        Action::NoneOfThese => answering::none_of_these(resident, facts),
        Action::SendQuestion => answering::send_question(resident),
        Action::Quiet => menus::quiet(resident),
        Action::QuietSet(on) => menus::set_quiet(resident, on, facts),
        Action::Privacy => personal::privacy(resident, facts),
        Action::MyData => personal::my_data(resident, facts),
        Action::Erase => personal::erase(resident),
        // The button outlives the question: only a question still open is answered by it.
        Action::EraseConfirmed if asked => personal::erase_all(resident),
        Action::EraseConfirmed => personal::erase(resident),
        Action::EraseCancelled => Turn::new(resident).say(Say::phrase("erase-cancelled")),
        Action::Stop => personal::stop(resident),
        Action::Resume => personal::resume(resident),
        Action::Feedback(id, helped) => answering::feedback(resident, id, helped, facts),
    }
}

fn start(mut resident: Resident, facts: Facts<'_>) -> Turn {
    resident.status = Status::Active;
    let municipality = facts.knowledge.municipality.clone();
    if facts.chat == Chat::Group {
        let say = Say::phrase(
            crate::domain::Phrase::new("start-group").arg("municipality", municipality),
        );
        let say = in_other_languages(say, &resident, facts);
        return Turn::new(resident).say(say);
    }
    let mut say =
        Say::phrase(crate::domain::Phrase::new("start").arg("municipality", municipality))
            .row([Button::new("button-topics", Action::Topics)])
            .row([Button::new("button-areas", Action::Areas)]);
    say = in_other_languages(say, &resident, facts);
    let others: Vec<_> = facts
        .knowledge
        .languages
        .iter()
        .filter(|(lang, _)| *lang != resident.lang)
        .collect();
    say = match others.as_slice() {
        [(lang, name)] => say.row([Button::local(
            [(*lang, name.clone())].into_iter().collect(),
            Action::Language(*lang),
        )]),
        _ => say.row([Button::new("button-language", Action::Languages)]),
    };
    Turn::new(resident).say(say)
}

/// While nobody knows which language is wanted, each says for itself that it is spoken.
fn in_other_languages(mut say: Say, resident: &Resident, facts: Facts<'_>) -> Say {
    if facts.lang_hinted || resident.lang_chosen {
        return say;
    }
    for (lang, text) in &facts.knowledge.also {
        if *lang != resident.lang {
            say = say.curated([(*lang, text.clone())].into_iter().collect());
        }
    }
    say
}

fn help() -> Say {
    Say::phrase("help")
        .row([
            Button::new("button-notices", Action::Notices),
            Button::new("button-polls", Action::Polls),
        ])
        .row([
            Button::new("button-topics", Action::Topics),
            Button::new("button-areas", Action::Areas),
        ])
        .row([
            Button::new("button-language", Action::Languages),
            Button::new("button-privacy", Action::Privacy),
        ])
}

fn help_buttons(say: Say) -> Say {
    say.row([Button::new("button-help", Action::Help)])
}

fn by_media(media: Media) -> Say {
    Say::phrase(match media {
        Media::Sticker => "media-sticker",
        Media::Voice => "media-voice",
        Media::Photo => "media-photo",
        Media::Location => "media-location",
        Media::Other => "media-other",
    })
}
