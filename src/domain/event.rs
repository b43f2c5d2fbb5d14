//! What comes in from a channel.

use std::fmt;
use std::str::FromStr;

use super::{Lang, Millis};

/// A way to reach a resident.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum ChannelKind {
    /// Telegram bot chats.
    Telegram,
    /// Matrix rooms.
    Matrix,
    /// The municipality's own web chat.
    Web,
}

impl ChannelKind {
    /// Every channel.
    pub const ALL: [Self; 3] = [Self::Telegram, Self::Matrix, Self::Web];

    /// The name used in the database, in metrics and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Matrix => "matrix",
            Self::Web => "web",
        }
    }
}

impl fmt::Display for ChannelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ChannelKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "telegram" => Ok(Self::Telegram),
            "matrix" => Ok(Self::Matrix),
            "web" => Ok(Self::Web),
            other => Err(format!(
                "\"{other}\" is not a channel; write telegram, matrix or web"
            )),
        }
    }
}

/// One event from a channel, already in the town's words.
#[derive(Clone, Debug)]
pub struct Inbound {
    /// Where it came from.
    pub channel: ChannelKind,
    /// The chat on that channel: where an answer goes.
    pub address: String,
    /// The platform's own id of the event; the same event again has the same id.
    pub external_id: String,
    /// Whether one resident or a group is at the address.
    pub chat: Chat,
    /// The language that the platform says the person uses.
    pub lang_hint: Option<Lang>,
    /// What happened.
    pub input: Input,
    /// The platform's id of the bot's message that a button was pressed on.
    pub on_message: Option<String>,
    /// The platform's id of the resident's own message, where edits refer to it.
    pub message: Option<String>,
    /// The thread to answer in, by the platform's id of its first message.
    pub thread: Option<String>,
    /// When the channel received it.
    pub received_at: Millis,
}

/// Who can read an answer at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Chat {
    /// One resident alone with the bot.
    Direct,
    /// Several people; the bot was addressed by name, by command or by a reply.
    Group,
    /// A public room of the municipality's, where the bot speaks and others read.
    Public,
}

impl Chat {
    /// The number used in the database.
    #[must_use]
    pub fn rank(self) -> i64 {
        match self {
            Self::Group => 0,
            Self::Direct => 1,
            Self::Public => 2,
        }
    }

    /// The kind of a number from the database.
    #[must_use]
    pub fn from_rank(rank: i64) -> Option<Self> {
        [Self::Group, Self::Direct, Self::Public]
            .into_iter()
            .find(|chat| chat.rank() == rank)
    }
}

/// The content of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Words.
    Text(String),
    /// New words for a message sent earlier.
    Edited(String),
    /// A button's token, not yet checked.
    Token(String),
    /// The choice in the poll at `on_message` is taken back.
    Withdrawn,
    /// Something that could not be decrypted, however long the keys were waited for.
    Unreadable,
    /// The chat was opened, with the link's payload where it had one.
    Start(Option<String>),
    /// Something that isn't words.
    Media(Media),
    /// The resident blocked the bot or left: nothing more may be sent.
    Gone,
    /// The resident unblocked the bot.
    Returned,
    /// The chat lives at another address from now on.
    Moved(String),
}

/// A message that isn't words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Media {
    /// A sticker or an animation.
    Sticker,
    /// Speech, as a voice or video message.
    Voice,
    /// A picture or a film.
    Photo,
    /// A place on the map.
    Location,
    /// Anything else: a file, a contact card, a game.
    Other,
}
