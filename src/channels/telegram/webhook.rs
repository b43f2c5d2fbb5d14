//! Takes updates that Telegram brings (Bot API, `setWebhook`).
//!
//! An update is answered with 200 only after the sink has committed it; any other answer makes
//! Telegram bring it again later.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::routing::post;
use serde::Serialize;
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Telegram;
use super::api::{CallError, Method};
use super::intake::Intake;
use super::updates::ALLOWED_UPDATES;
use crate::channels::Sink;
use crate::config::{Mode, Secret};
use crate::domain::Millis;

/// The address below the public one.
const PATH: &str = "telegram/webhook";

/// Where Telegram puts the secret.
const SECRET_HEADER: &str = "x-telegram-bot-api-secret-token";

/// The largest update taken, in bytes.
const MAX_BODY: usize = 1 << 20;

/// Telegram gives up on a webhook after a minute; by then it must have its answer.
const PATIENCE: Duration = Duration::from_secs(50);

/// Calls at a time.
const MAX_CONNECTIONS: u8 = 40;

/// First and longest pause after the webhook could not be set; each is twice the one before.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// The parameters of `setWebhook`.
#[derive(Serialize)]
struct SetWebhook<'a> {
    url: &'a str,
    secret_token: &'a str,
    allowed_updates: [&'static str; ALLOWED_UPDATES.len()],
    max_connections: u8,
    drop_pending_updates: bool,
}

/// What the handler needs.
struct Hook<S, C> {
    telegram: Arc<Telegram>,
    sink: Arc<S>,
    clock: Arc<C>,
}

impl<S, C> Clone for Hook<S, C> {
    fn clone(&self) -> Self {
        Self {
            telegram: Arc::clone(&self.telegram),
            sink: Arc::clone(&self.sink),
            clock: Arc::clone(&self.clock),
        }
    }
}

/// The route `POST /telegram/webhook`; no route in polling mode.
///
/// It answers 401 for a wrong secret, 413 above 1 MB, 503 while the bot doesn't know its own name
/// yet, the sink takes nothing or takes longer than 50 s, and else 200.
pub fn webhook_router<S, C>(telegram: Arc<Telegram>, sink: Arc<S>, clock: C) -> Router
where
    S: Sink,
    C: Fn() -> Millis + Send + Sync + 'static,
{
    if matches!(telegram.mode, Mode::Polling) {
        return Router::new();
    }
    let hook = Hook {
        telegram,
        sink,
        clock: Arc::new(clock),
    };
    Router::new()
        .route(&format!("/{PATH}"), post(receive::<S, C>))
        .with_state(hook)
}

async fn receive<S, C>(State(hook): State<Hook<S, C>>, request: Request) -> StatusCode
where
    S: Sink,
    C: Fn() -> Millis + Send + Sync + 'static,
{
    let given = request
        .headers()
        .get(SECRET_HEADER)
        .map_or(&b""[..], |value| value.as_bytes());
    let Mode::Webhook { secret, .. } = &hook.telegram.mode else {
        return StatusCode::NOT_FOUND;
    };
    if !bool::from(given.ct_eq(secret.expose().as_bytes())) {
        return StatusCode::UNAUTHORIZED;
    }
    let Some(me) = hook.telegram.me.get() else {
        return StatusCode::SERVICE_UNAVAILABLE;
    };
    let Ok(body) = to_bytes(request.into_body(), MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE;
    };
    let intake = Intake {
        sink: &*hook.sink,
        callbacks: &hook.telegram.callbacks,
        clock: &*hook.clock,
    };
    // What isn't UTF-8 is no JSON either, and read as such.
    let (_, received) = intake.read(std::str::from_utf8(&body).unwrap_or_default(), me);
    let received: Vec<_> = received.into_iter().collect();
    match tokio::time::timeout(PATIENCE, intake.offer(&received)).await {
        Ok(Ok(())) => StatusCode::OK,
        Ok(Err(_)) | Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl Telegram {
    /// Tells Telegram where to bring updates, however often that takes.
    pub(super) async fn set_webhook(
        &self,
        secret: &Secret,
        public_url: &Url,
        cancel: &CancellationToken,
    ) {
        let mut pause = PAUSES.0;
        while let Err(error) = self.try_set_webhook(secret, public_url).await {
            if pause == PAUSES.0 {
                tracing::warn!(%error, "the Telegram webhook cannot be set; trying again");
            }
            if cancel
                .run_until_cancelled(tokio::time::sleep(pause))
                .await
                .is_none()
            {
                return;
            }
            pause = (pause * 2).min(PAUSES.1);
        }
        tracing::info!("the Telegram webhook is set");
    }

    async fn try_set_webhook(&self, secret: &Secret, public_url: &Url) -> Result<(), CallError> {
        let url = format!("{}/{PATH}", public_url.as_str().trim_end_matches('/'));
        let parameters = SetWebhook {
            url: &url,
            secret_token: secret.expose(),
            allowed_updates: ALLOWED_UPDATES,
            max_connections: MAX_CONNECTIONS,
            drop_pending_updates: false,
        };
        // Strings and numbers always serialise.
        let body = serde_json::to_vec(&parameters).unwrap_or_default();
        self.api
            .call::<bool>(Method::SetWebhook, body)
            .await
            .map(drop)
    }
}
