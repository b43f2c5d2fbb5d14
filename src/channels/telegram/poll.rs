//! Fetches updates by long polling (Bot API, `getUpdates`).
//!
//! A call with a higher offset is what confirms updates, so the offset moves only after the sink
//! has committed them. It is not kept anywhere: Telegram keeps what is unconfirmed for 24 hours.
//!
//! After an empty answer the next call has no offset at all. Everything is confirmed then, and
//! after a week without updates Telegram may go on with *lower* numbers ("If there are no new
//! updates for at least a week, then identifier of the next update will be chosen randomly
//! instead of sequentially"), which an old offset would confirm unseen. (The server gives one
//! update at a time to whoever repeats an offset within half a second; a batch always moves it.)

use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::api::{CallError, Method};
use super::intake::Intake;
use super::updates::ALLOWED_UPDATES;
use super::{Me, Telegram};
use crate::channels::Sink;
use crate::domain::Millis;

/// How long the server may hold a call without updates, in seconds. Firewalls forget silent
/// connections after half a minute or more.
const HOLD_S: u32 = 25;

/// How much longer than that a call may take.
const GRACE: Duration = Duration::from_secs(10);

/// "Values between 1-100 are accepted."
const BATCH: u8 = 100;

/// First and longest pause after a failed call; each is twice the one before.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Pause after "409 Conflict".
const CONFLICT_PAUSE: Duration = Duration::from_secs(5);

/// Pause after the token was refused.
const TOKEN_PAUSE: Duration = Duration::from_secs(30);

/// Pause after a batch without a single number, which can't be confirmed.
const NUMBERLESS_PAUSE: Duration = Duration::from_secs(5);

/// The parameters of `getUpdates`.
#[derive(Serialize)]
struct GetUpdates {
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<i64>,
    limit: u8,
    timeout: u32,
    allowed_updates: [&'static str; ALLOWED_UPDATES.len()],
}

/// What goes wrong at present, so that an outage is one line in the log and its end another.
#[derive(Default)]
struct Trouble {
    kind: Option<&'static str>,
    pause: Duration,
}

impl Trouble {
    /// Notes a failed call; returns how long to wait.
    fn add(&mut self, error: &CallError) -> Duration {
        let fixed = match error {
            CallError::Refused { code: 409, .. } => Some(("conflict", CONFLICT_PAUSE)),
            error if error.token_refused() => Some(("token", TOKEN_PAUSE)),
            _ => None,
        };
        let (kind, pause) = fixed.unwrap_or_else(|| ("outage", self.longer(error)));
        self.pause = pause;
        if self.kind.replace(kind) != Some(kind) {
            match kind {
                "conflict" => tracing::error!(
                    "another process fetches this bot's updates (409); stop it, or give it another token"
                ),
                // The client has said which setting to check.
                "token" => tracing::warn!("no Telegram updates until the token is accepted"),
                _ => tracing::warn!(%error, "Telegram updates cannot be fetched; trying again"),
            }
        }
        pause
    }

    fn longer(&self, error: &CallError) -> Duration {
        let (first, longest) = PAUSES;
        match error {
            CallError::Refused {
                retry_after: Some(after),
                ..
            } => *after,
            _ if self.kind == Some("outage") => (self.pause * 2).clamp(first, longest),
            _ => first,
        }
    }

    fn end(&mut self) {
        if self.kind.take().is_some() {
            tracing::info!("Telegram updates arrive again");
        }
        self.pause = Duration::ZERO;
    }
}

impl Telegram {
    /// Fetches updates and hands them in, until cancelled.
    pub(super) async fn run_polling<S: Sink, C: Fn() -> Millis + Send + Sync>(
        &self,
        intake: &Intake<'_, S, C>,
        me: &Me,
        cancel: &CancellationToken,
    ) {
        let looping = self.poll_forever(intake, me);
        // Dropping the loop closes the connection; what it held stays unconfirmed.
        cancel.run_until_cancelled(looping).await;
    }

    async fn poll_forever<S: Sink, C: Fn() -> Millis + Send + Sync>(
        &self,
        intake: &Intake<'_, S, C>,
        me: &Me,
    ) {
        let mut trouble = Trouble::default();
        let mut webhook = true;
        let mut offset = None;
        loop {
            let batch = match self.fetch(&mut webhook, offset).await {
                Ok(batch) => batch,
                Err(error) => {
                    // Somebody may have set a webhook meanwhile: that is a 409, too.
                    webhook |= matches!(&error, CallError::Refused { code: 409, .. });
                    tokio::time::sleep(trouble.add(&error)).await;
                    continue;
                }
            };
            trouble.end();
            if batch.is_empty() {
                offset = None;
                continue;
            }
            let highest = intake.take_all(&batch, me).await;
            match highest {
                Some(highest) => offset = Some(highest.saturating_add(1)),
                None => tokio::time::sleep(NUMBERLESS_PAUSE).await,
            }
        }
    }

    /// One call, after removing a webhook where there may be one; what waits for it is kept.
    async fn fetch(
        &self,
        webhook: &mut bool,
        offset: Option<i64>,
    ) -> Result<Vec<Box<RawValue>>, CallError> {
        if *webhook {
            let keep = br#"{"drop_pending_updates":false}"#.to_vec();
            self.api.call::<bool>(Method::DeleteWebhook, keep).await?;
            *webhook = false;
        }
        let parameters = GetUpdates {
            offset,
            limit: BATCH,
            timeout: HOLD_S,
            allowed_updates: ALLOWED_UPDATES,
        };
        // Numbers and fixed strings always serialise.
        let body = serde_json::to_vec(&parameters).unwrap_or_default();
        let timeout = Duration::from_secs(u64::from(HOLD_S)) + GRACE;
        self.api
            .call_within(Method::GetUpdates, body, timeout)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_half_a_minute_and_start_anew() {
        let mut trouble = Trouble::default();
        let error = CallError::NotSent("x");
        let pauses: Vec<_> = (0..9).map(|_| trouble.add(&error).as_millis()).collect();
        assert_eq!(
            pauses,
            [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
        );
        trouble.end();
        assert_eq!(trouble.add(&error).as_millis(), 500);
    }

    #[test]
    fn conflicts_and_refused_tokens_have_pauses_of_their_own() {
        let refused = |code| CallError::Refused {
            code,
            description: String::new(),
            retry_after: None,
            migrate_to: None,
        };
        let mut trouble = Trouble::default();
        assert_eq!(trouble.add(&refused(409)), CONFLICT_PAUSE);
        assert_eq!(trouble.add(&refused(401)), TOKEN_PAUSE);
        assert_eq!(trouble.add(&CallError::Unclear(String::new())), PAUSES.0);
    }
}
