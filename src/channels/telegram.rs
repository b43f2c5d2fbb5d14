//! Telegram (Bot API, <https://core.telegram.org/bots/api>), by long polling or by webhook.
//!
//! Updates become [`crate::domain::Inbound`] and are confirmed only after the sink has committed
//! them. Messages go out through [`crate::channels::Channel`]; their pace is the outbox's business.
//! Neither text, chats nor the token are logged.
//!
//! ```text
//! getUpdates → poll ┐
//!                   ├→ intake (updates → Inbound) → Sink::take → callbacks → answerCallbackQuery
//! webhook ──────────┘
//! Delivery → send (render → sendMessage / editMessageText) → Sent | SendError
//! ```

mod addressed;
mod api;
mod callbacks;
mod intake;
mod poll;
mod render;
mod send;
mod setup;
mod updates;
mod webhook;
mod wire;

use std::sync::{Arc, OnceLock};

use teloxide::Bot;
use tokio_util::sync::CancellationToken;

pub use self::api::{Api, CallError, Method, Unusable};
pub use self::setup::Introduction;
pub use self::updates::{ALLOWED_UPDATES, Content, Read, Received, read};
pub use self::webhook::webhook_router;

use self::callbacks::Callbacks;
use self::intake::Intake;
use crate::channels::Sink;
use crate::config::{self, Mode};
use crate::domain::Millis;

/// Who the bot is (Bot API, `getMe`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Me {
    /// The bot's own number.
    pub id: i64,
    /// Its name without `@`.
    pub username: String,
}

/// The Telegram channel.
pub struct Telegram {
    api: Arc<Api>,
    bot: Bot,
    mode: Mode,
    me: OnceLock<Me>,
    callbacks: Callbacks,
    gallery: render::Gallery,
    halfway: send::Halfway,
}

// Not derived: teloxide's `Bot` would show the token.
impl std::fmt::Debug for Telegram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Telegram")
            .field("mode", &self.mode)
            .field("me", &self.me)
            .finish_non_exhaustive()
    }
}

impl Telegram {
    /// A channel that can send at once; it receives while [`Telegram::run`] runs. Nothing is
    /// called yet.
    ///
    /// # Errors
    ///
    /// [`Unusable`] when the HTTP client can't be set up.
    pub fn connect(config: &config::Telegram) -> Result<Self, Unusable> {
        let api = Api::new(&config.api_url, &config.token, config.connections.get())?;
        let api = Arc::new(api);
        let bot = Bot::with_client(config.token.expose(), api.http().clone());
        Ok(Self {
            bot: bot.set_api_url(config.api_url.clone()),
            callbacks: Callbacks::new(Arc::clone(&api)),
            api,
            mode: config.mode.clone(),
            me: OnceLock::new(),
            gallery: render::Gallery::default(),
            halfway: send::Halfway::default(),
        })
    }

    /// Learns who the bot is, introduces it and receives updates until cancelled. In webhook mode
    /// the route of [`webhook_router`] receives them.
    pub async fn run<S, C>(
        self: Arc<Self>,
        sink: Arc<S>,
        introductions: Vec<Introduction>,
        clock: C,
        cancel: CancellationToken,
    ) where
        S: Sink,
        C: Fn() -> Millis + Send + Sync + 'static,
    {
        let Some(me) = self.meet(&cancel).await else {
            return;
        };
        // Introducing may take long when its calls are limited; residents don't wait for it.
        let introducing = cancel.run_until_cancelled(self.introduce(&introductions));
        let receiving = async {
            match &self.mode {
                Mode::Polling => {
                    let intake = Intake {
                        sink: &*sink,
                        callbacks: &self.callbacks,
                        clock: &clock,
                    };
                    self.run_polling(&intake, me, &cancel).await;
                }
                Mode::Webhook { secret, public_url } => {
                    self.set_webhook(secret, public_url, &cancel).await;
                    cancel.cancelled().await;
                }
            }
        };
        tokio::join!(introducing, receiving);
    }
}
