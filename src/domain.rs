//! The town's words: plain types that every other module speaks. No async, no SQL, no SDK.

mod action;
mod event;
pub mod markup;
mod message;
mod notice;
mod outgoing;
mod poll;
mod resident;

pub use action::{Action, ActionKey};
pub use event::{ChannelKind, Chat, Inbound, Input, Media};
pub use message::{Arg, Button, Label, Message, MessageButton, Part, Phrase, PollForm, Say};
pub use notice::{Notice, Severity};
pub use outgoing::{Deed, Delivery, DeliveryId, DeliveryState, Lane, Relation, SendError, Sent};
pub use poll::Poll;
pub use resident::{Dialogue, MenuItem, Pending, QuietHours, Recall, Resident, Status};

pub use turvabot_answers::{Lang, Localized, UnknownLang};

/// An instant in milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;
