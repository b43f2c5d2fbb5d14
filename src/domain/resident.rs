//! A resident as the bot knows one: an address and choices, nothing more.

use serde::{Deserialize, Serialize};

use super::{ChannelKind, Chat, Lang, Millis};

/// One resident at one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resident {
    /// The ledger's number of the resident.
    pub id: i64,
    /// The channel of the address.
    pub channel: ChannelKind,
    /// The chat on that channel.
    pub address: String,
    /// Who reads what is sent there.
    pub chat: Chat,
    /// The language to speak.
    pub lang: Lang,
    /// Whether the resident chose the language, rather than the bot guessing it.
    pub lang_chosen: bool,
    /// Whether anything may be sent unasked.
    pub status: Status,
    /// Topics subscribed to, by id.
    pub topics: Vec<String>,
    /// Areas followed, by id; none means the whole municipality.
    pub areas: Vec<String>,
    /// When routine notices wait; `None` means never.
    pub quiet: Option<QuietHours>,
    /// Where the conversation stands.
    pub dialogue: Dialogue,
}

/// Whether a resident may be sent messages unasked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Has spoken to the bot and not stopped it.
    Active,
    /// Asked the bot to stop.
    Stopped,
    /// The address doesn't work any more.
    Gone,
}

impl Status {
    /// The name used in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Stopped => "stopped",
            Self::Gone => "gone",
        }
    }

    /// The status of a name from the database.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "active" => Some(Self::Active),
            "stopped" => Some(Self::Stopped),
            "gone" => Some(Self::Gone),
            _ => None,
        }
    }
}

/// A daily span in local time, in minutes after midnight; it may cross midnight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QuietHours {
    /// First quiet minute, 0–1439.
    pub from: u16,
    /// First minute that is no longer quiet, 0–1439.
    pub to: u16,
}

/// Where a conversation stands between two messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialogue {
    /// A question of the bot's that awaits an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// The choices last shown, so that "2" or the label itself picks one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub menu: Vec<MenuItem>,
    /// When they were shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub menu_at: Option<Millis>,
    /// The last question, as far as the next message may refer to it.
    #[serde(default, skip_serializing_if = "Recall::is_empty")]
    pub recall: Recall,
}

/// What the next message may refer to: "and at night?", "more", "send it".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recall {
    /// The entry whose answer was shown last.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// Entries near the last question that were not shown, best first; a few.
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    pub rest: Vec<String>,
    /// The question that the entry answered, masked.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
    /// The last question, masked, when it got no answer that was asked for.
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
}

impl Recall {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A choice last shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuItem {
    /// The folded label; empty for an entry, whose question is known.
    #[serde(rename = "l", default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    /// The encoded action, without a seal: it never leaves the store.
    #[serde(rename = "a")]
    pub action: String,
}

/// A question of the bot's that awaits an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pending {
    /// "Shall I erase everything?"
    Erase,
}
