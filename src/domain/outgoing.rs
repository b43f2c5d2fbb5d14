//! What goes out, and what became of it.

use std::sync::Arc;
use std::time::Duration;

use super::{ChannelKind, Message, Millis};

/// The ledger's number of one message to one address.
pub type DeliveryId = i64;

/// Which messages go first, first lane first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Lane {
    /// Severe and extreme notices.
    Alert,
    /// Replies to residents.
    Reply,
    /// Other notices.
    Notice,
    /// Polls and their results.
    Poll,
}

impl Lane {
    /// Every lane, in order of precedence.
    pub const ALL: [Self; 4] = [Self::Alert, Self::Reply, Self::Notice, Self::Poll];

    /// The lane's number in the ledger, 0 first.
    #[must_use]
    pub fn rank(self) -> i64 {
        self as i64
    }

    /// The lane of a number in the ledger.
    #[must_use]
    pub fn from_rank(rank: i64) -> Option<Self> {
        Self::ALL.get(usize::try_from(rank).ok()?).copied()
    }

    /// The name used in settings and metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Reply => "reply",
            Self::Notice => "notice",
            Self::Poll => "poll",
        }
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum DeliveryState {
    /// Waiting for its turn.
    Queued,
    /// Given to a sender; no word yet.
    Sending,
    /// Given to the platform, no word came back: it may or may not have arrived.
    Ambiguous,
    /// The platform took it.
    Sent,
    /// The address doesn't work any more.
    Gone,
    /// The platform refused this message, or time ran out.
    Failed,
}

impl DeliveryState {
    /// Every state, in the order of a delivery's life.
    pub const ALL: [Self; 6] = [
        Self::Queued,
        Self::Sending,
        Self::Ambiguous,
        Self::Sent,
        Self::Gone,
        Self::Failed,
    ];

    /// The name used in the ledger.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sending => "sending",
            Self::Ambiguous => "ambiguous",
            Self::Sent => "sent",
            Self::Gone => "gone",
            Self::Failed => "failed",
        }
    }
}

/// A ledger row handed to a sender.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The row.
    pub id: DeliveryId,
    /// The channel to send on.
    pub channel: ChannelKind,
    /// The chat on that channel.
    pub address: String,
    /// The row's lane.
    pub lane: Lane,
    /// The frozen message; shared by all recipients of a broadcast.
    pub message: Arc<Message>,
    /// How it relates to an earlier message.
    pub relation: Option<Relation>,
    /// How often it was given to a sender, this time included.
    pub attempts: i64,
    /// How many earlier attempts left it unclear whether it arrived.
    pub doubts: i64,
    /// When it was first given to a sender.
    pub tried_at: Millis,
}

/// How a message relates to an earlier one, by the platform's id of that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Relation {
    /// It takes the place of the bot's message.
    Replaces(String),
    /// It is said in the thread that begins with the message.
    Thread(String),
    /// It ends the poll in the bot's message and tells the result.
    Ends(String),
    /// The bot's message is taken away, words and all. The message's own words stand in where that
    /// can't be done.
    Redacts(String),
}

impl Relation {
    /// The form kept in the ledger: a word, a space, the id.
    #[must_use]
    pub fn encode(&self) -> String {
        let (word, id) = match self {
            Self::Replaces(id) => ("replaces", id),
            Self::Thread(id) => ("thread", id),
            Self::Ends(id) => ("ends", id),
            Self::Redacts(id) => ("redacts", id),
        };
        format!("{word} {id}")
    }

    /// The relation of a form kept in the ledger.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let (word, id) = text.split_once(' ')?;
        let id = id.to_owned();
        Some(match word {
            "replaces" => Self::Replaces(id),
            "thread" => Self::Thread(id),
            "ends" => Self::Ends(id),
            "redacts" => Self::Redacts(id),
            _ => return None,
        })
    }
}

/// What a broadcast does to the messages of another one; the word of its rows' [`Relation`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Deed {
    /// New words in their place.
    Replaces,
    /// The poll in them is over; the words tell the result.
    Ends,
    /// They are taken away; the words stand in where that can't be done.
    Redacts,
}

impl Deed {
    /// The word in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replaces => "replaces",
            Self::Ends => "ends",
            Self::Redacts => "redacts",
        }
    }
}

/// What the platform said when it took a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The platform's id of the message.
    pub external_id: String,
}

/// Why a message wasn't taken, by what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// Not now: again after this long.
    Retry {
        /// How long to wait at least.
        after: Duration,
        /// What the platform said, without addresses or text.
        reason: String,
    },
    /// The platform takes no more for now: again after exactly this long; no attempt is spent.
    Limited {
        /// How long to wait.
        after: Duration,
    },
    /// Given to the platform but no word came back.
    Ambiguous {
        /// What broke.
        reason: String,
    },
    /// The resident blocked the bot, left, or never existed: stop using the address.
    Gone {
        /// What the platform said.
        reason: String,
    },
    /// The address changed: the same message to this one.
    Moved {
        /// The new address.
        to: String,
    },
    /// This message will never be taken.
    Rejected {
        /// What the platform said.
        reason: String,
    },
}
