//! From raw updates to committed events: the part that polling and webhook share.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt as _;
use serde_json::value::RawValue;

use super::Me;
use super::callbacks::Callbacks;
use super::updates::{self, Content, Received};
use crate::channels::{Sink, Unavailable};
use crate::domain::Millis;

/// First and longest pause while the sink takes nothing; each is twice the one before.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// Where updates go.
pub(super) struct Intake<'a, S, C> {
    pub(super) sink: &'a S,
    pub(super) callbacks: &'a Callbacks,
    pub(super) clock: &'a C,
}

impl<S: Sink, C: Fn() -> Millis> Intake<'_, S, C> {
    /// Hands in a batch in the order of its numbers, however long that takes. Returns the highest
    /// number once everything is committed.
    pub(super) async fn take_all(&self, batch: &[Box<RawValue>], me: &Me) -> Option<i64> {
        let mut read: Vec<_> = batch.iter().map(|raw| self.read(raw.get(), me)).collect();
        // Stable: what has no number comes first, what has the same number stays in order.
        read.sort_by_key(|(update_id, _)| *update_id);
        let highest = read.last().and_then(|(update_id, _)| *update_id);
        let received: Vec<_> = read
            .into_iter()
            .filter_map(|(_, received)| received)
            .collect();
        let mut pause = PAUSES.0;
        while self.offer(&received).await.is_err() {
            if pause == PAUSES.0 {
                tracing::warn!("the store takes no Telegram updates; they wait at Telegram");
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
        if pause != PAUSES.0 {
            tracing::info!("the store takes Telegram updates again");
        }
        highest
    }

    /// Reads one update, counting what can't be read.
    pub(super) fn read(&self, json: &str, me: &Me) -> (Option<i64>, Option<Box<Received>>) {
        let read = updates::read(json, me, (self.clock)());
        let received = match read.content {
            Content::Event(received) => Some(received),
            Content::Nothing => None,
            Content::Unreadable(received) => {
                metrics::counter!("turvabot_telegram_unparsable_updates").increment(1);
                tracing::warn!(
                    answered = received.is_some(),
                    "an update from Telegram cannot be read"
                );
                received
            }
        };
        (read.update_id, received)
    }

    /// Offers events once and, if they are taken, answers the button presses among them.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when the sink says so or panics.
    pub(super) async fn offer(&self, received: &[Box<Received>]) -> Result<(), Unavailable> {
        if received.is_empty() {
            return Ok(());
        }
        let events = received
            .iter()
            .map(|received| received.inbound.clone())
            .collect();
        // The loop outlives a bug behind the sink; the events are offered again.
        let taken = AssertUnwindSafe(self.sink.take(events, Vec::new()))
            .catch_unwind()
            .await;
        let toasts = taken.unwrap_or_else(|_| {
            tracing::error!("a panic while handling Telegram updates");
            Err(Unavailable)
        })?;
        let mut toasts = toasts.into_iter();
        for received in received {
            let toast = toasts.next().flatten();
            if let Some(id) = &received.callback_id {
                self.callbacks.answer(id, toast.as_deref());
            }
        }
        Ok(())
    }
}
