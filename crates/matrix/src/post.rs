//! Sending, so that what is sent twice arrives once.
//!
//! A homeserver takes a transaction id once per device and remembers it for a day or so
//! (specification, "Transaction identifiers"). Beyond that, what was sent is found by its mark.

use futures::future::BoxFuture;
use matrix_sdk::deserialized_responses::TimelineEvent;
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::{EventId, TransactionId};
use serde_json::Value;

use crate::read;
use crate::sync::once;
use crate::{Account, OWN, Trouble};

/// Events of one page when looking for one.
const PAGE: u32 = 100;

/// Pages looked through.
const PAGES: usize = 50;

/// An event to be sent.
#[derive(Clone, Debug)]
pub struct Post {
    /// Its type, such as `m.room.message`.
    pub kind: &'static str,
    /// Its content.
    pub content: Value,
}

/// What tells an event of ours from all others: its transaction id, also kept in its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark(pub String);

impl Account {
    /// Sends an event, encrypted where the room is. Repeating it with the same mark is safe for a
    /// day. Returns the event's id.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn post<'a>(
        &'a self,
        room: &'a str,
        mark: &'a Mark,
        post: &'a Post,
    ) -> BoxFuture<'a, Result<String, Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            let mut content = post.content.clone();
            content[OWN]["mark"] = Value::String(mark.0.clone());
            let transaction = <&TransactionId>::from(mark.0.as_str());
            let sending = room
                .send_raw(post.kind, content)
                .with_transaction_id(transaction)
                .with_request_config(once(&self.client));
            Ok(sending.await?.response.event_id.to_string())
        })
    }

    /// Takes an event away. Returns the id of the event that says so.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn redact<'a>(
        &'a self,
        room: &'a str,
        mark: &'a Mark,
        event: &'a str,
    ) -> BoxFuture<'a, Result<String, Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            let event = EventId::parse(event).map_err(|error| Trouble::Other(error.to_string()))?;
            let transaction = <&TransactionId>::from(mark.0.as_str()).to_owned();
            let redacted = room.redact(&event, None, Some(transaction)).await;
            Ok(redacted.map_err(Trouble::from)?.event_id.to_string())
        })
    }

    /// The event with this mark, if it is among those the bot sent to the room since an instant
    /// (Unix milliseconds).
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn find<'a>(
        &'a self,
        room: &'a str,
        mark: &'a Mark,
        since: i64,
    ) -> BoxFuture<'a, Result<Option<String>, Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            let mut from: Option<String> = None;
            let mut keys_fetched = false;
            let mut unread = false;
            // It may be one of those that this device can't read yet.
            let done = |unread| match unread {
                true => Err(Trouble::Unclear(
                    "earlier messages cannot be read yet".into(),
                )),
                false => Ok(None),
            };
            for _ in 0..PAGES {
                let mut page = room.messages(backward(from.as_deref())).await?;
                if !keys_fetched && page.chunk.iter().any(|event| self.is_sealed_own(event)) {
                    // Another device of the bot's sent it; its keys are in the backup.
                    let backups = self.client.encryption().backups();
                    let fetched = backups.download_room_keys_for_room(room.room_id()).await;
                    if fetched.is_ok() {
                        page = room.messages(backward(from.as_deref())).await?;
                    }
                    keys_fetched = true;
                }
                for event in &page.chunk {
                    let (at, found) = self.marked(event, mark);
                    if found.is_some() {
                        return Ok(found);
                    }
                    if at < since {
                        return done(unread);
                    }
                    unread |= self.is_sealed_own(event);
                }
                let Some(end) = page.end else { break };
                from = Some(end);
            }
            done(unread)
        })
    }

    /// Whether the bot sent an event that this device can't read.
    fn is_sealed_own(&self, event: &TimelineEvent) -> bool {
        event.kind.is_utd()
            && read::envelope(event.kind.raw().json().get())
                .is_some_and(|(_, sender, _)| sender == self.me())
    }

    /// When an event was sent, and its id if it is ours and has the mark.
    fn marked(&self, event: &TimelineEvent, mark: &Mark) -> (i64, Option<String>) {
        let Ok(value) = serde_json::from_str::<Value>(event.kind.raw().json().get()) else {
            return (i64::MAX, None);
        };
        let at = value["origin_server_ts"].as_i64().unwrap_or(i64::MAX);
        let ours = value["sender"] == self.me() && value["content"][OWN]["mark"] == mark.0.as_str();
        let id = value["event_id"].as_str().filter(|_| ours);
        (at, id.map(str::to_owned))
    }
}

/// A page that ends at a place, or now.
fn backward(from: Option<&str>) -> MessagesOptions {
    let mut options = MessagesOptions::backward().from(from);
    options.limit = PAGE.into();
    options
}
