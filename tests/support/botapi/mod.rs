//! A strict and fast simulator of the Telegram Bot API, for tests, crash tests and benches.
//!
//! [`Simulator::start`] serves plain HTTP/1.1 on a loopback port from a thread of its own. Bots talk
//! to it as they talk to Telegram; residents are played through [`SimBot`] (which a [`Simulator`]
//! dereferences to) or, from another process, through the same actions under `/sim/…`.
//!
//! It is stricter than Telegram on purpose: unknown or ill-typed parameters are refused.
//! The table of methods is `methods.json`. Every bot (token) has a world of its own.
#![allow(
    dead_code,
    unused_imports,
    reason = "each of the crates that include this module uses a part of it"
)]

mod bot;
mod calls;
mod control;
mod control_load;
pub mod echo;
mod faults;
mod groups;
mod html;
mod http;
mod limits;
mod load;
mod markdown;
mod model;
mod params;
mod profile;
mod queue;
mod residents;
mod schema;
mod send;
mod state;
#[cfg(test)]
mod tests;
mod text;
mod updates;
mod webhook;

use std::borrow::Cow;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

pub use bot::{SimBot, SimError};
pub use faults::{Fault, Faults, Script};
pub use groups::NewGroup;
pub use limits::{LimitKind, LimitMode, LimitReport, Limits, Violation};
pub use load::{BroadcastReport, LoadQuestions, LoadReport, LoadVotes};
pub use model::{Button, CallbackAnswer, Edit, Group, GroupKind, Message, Standing, User};
pub use params::UploadedFile;
pub use residents::{Media, PressTarget, Pressed, Said, Say};
pub use state::{CallCount, CallRecord, SeedRange, State};
pub use text::Entity;

/// How a simulator is set up.
#[derive(Clone, Debug)]
pub struct Config {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Tokens of the bots; each has a world of its own.
    pub tokens: Vec<String>,
    /// User name of the first bot, without `@`; the others get a number appended.
    pub username: String,
    /// Faults from the start.
    pub faults: Faults,
    /// Rate limits.
    pub limits: Limits,
    /// Whether messages of private chats are kept; those of groups always are.
    pub store_messages: bool,
    /// Whether every call is kept with its parameters.
    pub record_calls: bool,
    /// Whether bots get only commands, mentions and replies in groups, as is Telegram's default.
    pub privacy_mode: bool,
    /// How long a second of a long poll's `timeout` takes.
    pub poll_second: Duration,
    /// How long a webhook may take to answer.
    pub webhook_timeout: Duration,
    /// Pause before a failed webhook request is repeated; doubles up to 32 times this.
    pub webhook_backoff: Duration,
    /// How long a button press can be answered.
    pub callback_ttl: Duration,
    /// Number of the first update.
    pub first_update_id: i64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tokens: vec!["1000001:SIMULATED-token_of_the_first_test_bot".to_owned()],
            username: "turva_test_bot".to_owned(),
            faults: Faults::default(),
            limits: Limits::default(),
            store_messages: true,
            record_calls: false,
            privacy_mode: true,
            poll_second: Duration::from_secs(1),
            webhook_timeout: Duration::from_secs(5),
            webhook_backoff: Duration::from_millis(20),
            callback_ttl: Duration::from_secs(60),
            first_update_id: 700_000_001,
        }
    }
}

/// A running simulator; stops when dropped. Dereferences to its first bot.
pub struct Simulator {
    shared: Arc<http::Shared>,
    address: SocketAddr,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Simulator {
    /// Starts serving.
    ///
    /// # Panics
    ///
    /// When the address can't be listened on, or the thread can't be started.
    pub fn start(config: Config) -> Self {
        let (listener, shared) = http::bind(&config).expect("the simulator can listen");
        let address = listener
            .local_addr()
            .expect("a bound socket has an address");
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("botapi-sim".to_owned())
            .spawn(move || http::run(listener, &for_thread))
            .expect("a thread can be started");
        Self {
            shared,
            address,
            thread: Some(thread),
        }
    }

    /// Base URL, such as `http://127.0.0.1:40001`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bot with this token.
    pub fn bot(&self, token: &str) -> Option<&SimBot> {
        self.shared
            .bots
            .iter()
            .find(|bot| bot.token() == token)
            .map(|bot| &**bot)
    }

    /// Blocks until the simulator is stopped from outside (`POST /sim/stop`).
    pub fn join(mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic of the serving thread has been printed already.
            let _ = thread.join();
        }
    }
}

impl std::ops::Deref for Simulator {
    type Target = SimBot;

    fn deref(&self) -> &SimBot {
        // Invariant: `http::bind` refuses a configuration without tokens.
        &self.shared.bots[0]
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stop.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic of the serving thread has been printed already.
            let _ = thread.join();
        }
    }
}

/// A refusal as Telegram words it.
#[derive(Clone, Debug)]
struct ApiError {
    code: u16,
    description: Cow<'static, str>,
    retry_after: Option<u32>,
    migrate_to_chat_id: Option<i64>,
}

impl ApiError {
    fn new(code: u16, description: impl Into<Cow<'static, str>>) -> Self {
        let description = description.into();
        Self {
            code,
            description,
            retry_after: None,
            migrate_to_chat_id: None,
        }
    }

    fn bad(problem: impl AsRef<str>) -> Self {
        Self::new(400, format!("Bad Request: {}", problem.as_ref()))
    }

    fn forbidden(problem: impl AsRef<str>) -> Self {
        Self::new(403, format!("Forbidden: {}", problem.as_ref()))
    }

    fn conflict(problem: &str) -> Self {
        Self::new(409, format!("Conflict: {problem}"))
    }

    fn too_many(retry_after: u32) -> Self {
        let description = format!("Too Many Requests: retry after {retry_after}");
        Self {
            retry_after: Some(retry_after),
            ..Self::new(429, description)
        }
    }

    fn migrated(to: i64) -> Self {
        let error = Self::bad("group chat was upgraded to a supergroup chat");
        Self {
            migrate_to_chat_id: Some(to),
            ..error
        }
    }

    fn body(&self) -> String {
        let mut parameters = serde_json::Map::new();
        if let Some(seconds) = self.retry_after {
            parameters.insert("retry_after".to_owned(), seconds.into());
        }
        if let Some(chat) = self.migrate_to_chat_id {
            parameters.insert("migrate_to_chat_id".to_owned(), chat.into());
        }
        let mut body = serde_json::json!({
            "ok": false, "error_code": self.code, "description": self.description,
        });
        if !parameters.is_empty() {
            body["parameters"] = parameters.into();
        }
        body.to_string()
    }
}

/// JSON of a result, or a refusal.
type Reply = Result<String, ApiError>;
