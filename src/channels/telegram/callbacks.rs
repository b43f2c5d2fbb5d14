//! Answers to button presses (Bot API, `answerCallbackQuery`): what stops the button from
//! spinning, with a few words that pass by. Not in the ledger, as nobody misses them later.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Semaphore;

use super::api::{Api, Method};

/// "Text of the notification. If not specified, nothing will be shown to the user, 0-200
/// characters".
const TOAST_UNITS: usize = 200;

/// How many answers are on their way at a time.
const AT_A_TIME: usize = 32;

/// How many wait at most; more are dropped.
const WAITING: usize = 2000;

/// An answer that took longer is of no use.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Sends answers beside everything else.
#[derive(Debug)]
pub(super) struct Callbacks {
    api: Arc<Api>,
    waiting: Arc<Semaphore>,
    sending: Arc<Semaphore>,
}

/// The parameters of `answerCallbackQuery`.
#[derive(Serialize)]
struct Answer<'a> {
    callback_query_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Callbacks {
    pub(super) fn new(api: Arc<Api>) -> Self {
        Self {
            api,
            waiting: Arc::new(Semaphore::new(WAITING)),
            sending: Arc::new(Semaphore::new(AT_A_TIME)),
        }
    }

    /// Answers a press, without waiting for it and without saying when it fails.
    pub(super) fn answer(&self, id: &str, toast: Option<&str>) {
        let Ok(place) = Arc::clone(&self.waiting).try_acquire_owned() else {
            metrics::counter!("turvabot_telegram_unanswered_presses_total").increment(1);
            return;
        };
        let answer = Answer {
            callback_query_id: id,
            text: toast.map(shortened).filter(|text| !text.is_empty()),
        };
        let Ok(body) = serde_json::to_vec(&answer) else {
            return;
        };
        let api = Arc::clone(&self.api);
        let sending = Arc::clone(&self.sending);
        tokio::spawn(async move {
            let _place = place;
            let _turn = sending.acquire().await;
            let answered = api
                .call_within::<bool>(Method::AnswerCallbackQuery, body, TIMEOUT)
                .await;
            if let Err(error) = answered {
                tracing::debug!(%error, "a button press could not be answered");
            }
        });
    }
}

/// The longest beginning of at most [`TOAST_UNITS`] UTF-16 units.
fn shortened(text: &str) -> &str {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        units += c.len_utf16();
        if units > TOAST_UNITS {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toasts_are_at_most_200_units() {
        assert_eq!(shortened("Hei"), "Hei");
        assert_eq!(shortened(&"🚒".repeat(150)), "🚒".repeat(100));
    }
}
