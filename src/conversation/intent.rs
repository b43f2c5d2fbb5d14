//! What a resident wants.

use crate::domain::{Action, Lang, Media, Millis};
use crate::locale::Command;

/// What a resident wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A command by slash, word or first contact.
    Command(Command),
    /// A slash and something that is no command.
    UnknownCommand,
    /// A button.
    Act(Action),
    /// A button that isn't one of ours, or not any more.
    StaleButton,
    /// "Help!", which may be an emergency.
    Cry,
    /// A greeting.
    Greeting,
    /// Thanks or a farewell.
    Thanks,
    /// Subscribe to the topic.
    Subscribe(String),
    /// Unsubscribe from the topic.
    Unsubscribe(String),
    /// A question.
    Ask(Asked),
    /// A question in a language that isn't served.
    Foreign(Asked),
    /// Show more on the last question.
    More,
    /// No words at all.
    Empty,
    /// Something that isn't words.
    Media(Media),
    /// A number that no option of the open poll has; the last one that has an option.
    NoSuchOption(usize),
    /// Take back the vote in the poll that the event names.
    Withdraw,
    /// Something nobody but its sender can read.
    Unreadable,
    /// The address works no more.
    Gone,
    /// The address works again.
    Returned,
}

/// A question in the resident's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The words.
    pub text: String,
    /// Whether they report an emergency in progress.
    pub urgent: bool,
}

/// An intent, and the language it was told in where that was clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Understood {
    /// What the resident wants.
    pub intent: Intent,
    /// The language of the words.
    pub heard: Option<Lang>,
    /// The option that the words name, if an open poll has one like it: then that is what the
    /// resident wants.
    pub choice: Option<Choice>,
}

/// Words that may name an option of a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The words, folded: perhaps an option's label.
    pub label: String,
    /// An option's number, from 1, if the words are one.
    pub number: Option<usize>,
    /// Only a poll opened after this instant is meant: a number picks from what was shown last.
    pub after: Option<Millis>,
}

impl From<Intent> for Understood {
    fn from(intent: Intent) -> Self {
        Self {
            intent,
            heard: None,
            choice: None,
        }
    }
}

impl Understood {
    /// What must be looked up before an answer.
    #[must_use]
    pub fn needs(&self) -> Needs {
        let mut needs = self.intent.needs();
        needs.polls |= self.choice.is_some();
        needs
    }
}

/// What must be looked up before an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// The notices in force.
    pub notices: bool,
    /// The open polls.
    pub polls: bool,
    /// What the resident voted in them, and what else is stored of the resident.
    pub own: bool,
}

impl Intent {
    fn needs(&self) -> Needs {
        let notices = matches!(
            self,
            Self::Command(Command::Notices) | Self::Act(Action::Notices)
        );
        let own = matches!(
            self,
            Self::Command(Command::MyData | Command::Polls)
                | Self::Act(Action::MyData | Action::Polls | Action::Poll(_))
        );
        let polls = own || matches!(self, Self::Act(Action::Vote(..) | Action::Unvote(_)));
        Needs {
            notices,
            polls,
            own,
        }
    }
}
