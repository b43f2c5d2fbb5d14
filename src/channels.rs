//! Ways to residents. A channel turns platform updates into [`crate::domain::Inbound`] and takes
//! ledger rows to the platform; it knows neither the store nor what is said.

pub mod matrix;
pub mod telegram;
pub mod web;

use std::future::Future;

use crate::domain::{ChannelKind, Delivery, Inbound, SendError, Sent};

/// What a platform can do beyond showing text with buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Answers to a button press that pass by (Telegram: `answerCallbackQuery`).
    pub toasts: bool,
    /// Buttons under messages; without them every list is picked from by number or words.
    pub buttons: bool,
    /// Messages that change after they were sent.
    pub edits: bool,
    /// A message given twice arrives once: an unclear send may always be repeated.
    pub idempotent: bool,
    /// Messages lie on a page of ours: writing them to the store is all there is to sending them.
    pub page: bool,
}

/// The powers of a channel.
#[must_use]
pub fn capabilities(kind: ChannelKind) -> Capabilities {
    match kind {
        ChannelKind::Telegram => Capabilities {
            toasts: true,
            buttons: true,
            edits: true,
            idempotent: false,
            page: false,
        },
        ChannelKind::Matrix => Capabilities {
            toasts: false,
            buttons: false,
            edits: true,
            idempotent: true,
            page: false,
        },
        ChannelKind::Web => Capabilities {
            toasts: false,
            buttons: true,
            edits: false,
            idempotent: true,
            page: true,
        },
    }
}

/// A way to send.
pub trait Channel: Send + Sync + 'static {
    /// Which channel it is.
    fn kind(&self) -> ChannelKind;

    /// Whether several people read what is sent to the address; groups have limits of their own.
    fn is_group(&self, address: &str) -> bool;

    /// Gives one message to the platform. The error says what to do next.
    fn send(&self, delivery: &Delivery) -> impl Future<Output = Result<Sent, SendError>> + Send;
}

/// The store can't take events now; the platform must keep them and offer them again.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the store takes no events now")]
pub struct Unavailable;

/// Something a channel keeps for itself between two starts, such as its place in a stream of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Whose it is.
    pub channel: ChannelKind,
    /// Its name.
    pub name: String,
    /// Its value; `None` forgets it.
    pub value: Option<String>,
}

/// Where a channel hands in what it received.
pub trait Sink: Send + Sync + 'static {
    /// Takes events in order, and notes in the same transaction. Returns once they and everything
    /// they led to are committed, with what to say in passing to each (plain words in the
    /// resident's language): only then may the channel tell the platform that it has them.
    fn take(
        &self,
        events: Vec<Inbound>,
        notes: Vec<Note>,
    ) -> impl Future<Output = Result<Vec<Option<String>>, Unavailable>> + Send;
}
