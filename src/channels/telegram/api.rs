//! A thin client for the Bot API (<https://core.telegram.org/bots/api#making-requests>), used for
//! everything that happens more than once per start.
//!
//! It is our own, because teloxide's sleeps 10 s inside the request after any 5xx and gives up
//! after 17 s: a pool of senders would stand still. What goes wrong is a [`CallError`], sorted by
//! what is known about the call: refused, never sent, or unclear.
//!
//! It is built on reqwest for the HTTP proxies that municipal networks ask for.
//!
//! The token is part of every address, so no error of the HTTP library is kept or shown here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tokio::sync::Semaphore;
use url::Url;

use crate::config::Secret;

/// How long a connection may take to come about, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a call may take unless it says otherwise.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Unused connections are closed before a server or firewall between does it: a request on a
/// connection that has just been closed has an unclear end.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The longest part of a description that is kept.
const REASON_CHARS: usize = 120;

/// A method of the Bot API that this client calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// `sendMessage`
    SendMessage,
    /// `editMessageText`
    EditMessageText,
    /// `editMessageReplyMarkup`
    EditMessageReplyMarkup,
    /// `deleteMessage`
    DeleteMessage,
    /// `answerCallbackQuery`
    AnswerCallbackQuery,
    /// `getUpdates`
    GetUpdates,
    /// `setWebhook`
    SetWebhook,
    /// `deleteWebhook`
    DeleteWebhook,
}

impl Method {
    const ALL: [Self; 8] = [
        Self::SendMessage,
        Self::EditMessageText,
        Self::EditMessageReplyMarkup,
        Self::DeleteMessage,
        Self::AnswerCallbackQuery,
        Self::GetUpdates,
        Self::SetWebhook,
        Self::DeleteWebhook,
    ];

    /// The name in the address and in metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SendMessage => "sendMessage",
            Self::EditMessageText => "editMessageText",
            Self::EditMessageReplyMarkup => "editMessageReplyMarkup",
            Self::DeleteMessage => "deleteMessage",
            Self::AnswerCallbackQuery => "answerCallbackQuery",
            Self::GetUpdates => "getUpdates",
            Self::SetWebhook => "setWebhook",
            Self::DeleteWebhook => "deleteWebhook",
        }
    }
}

/// Why a call has no result, by what is known about it. No variant holds token, address or text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server refused the call: `ok` was `false` and the code below 500.
    #[error("{code} {description}")]
    Refused {
        /// `error_code`.
        code: u16,
        /// `description`, without quoted parts and long numbers.
        description: String,
        /// `parameters.retry_after`.
        retry_after: Option<Duration>,
        /// `parameters.migrate_to_chat_id`.
        migrate_to: Option<i64>,
    },
    /// No connection came about, so nothing was sent.
    #[error("no connection: {0}")]
    NotSent(&'static str),
    /// Something other than the Bot API refused the request: a proxy, or a wrong `api_url`.
    #[error("HTTP {0}, not from the Bot API")]
    Foreign(u16),
    /// The request may have been carried out: a server error, a timeout, a broken connection or
    /// an unreadable answer.
    #[error("unclear: {0}")]
    Unclear(String),
}

impl CallError {
    /// Whether the server doesn't know the token.
    #[must_use]
    pub fn token_refused(&self) -> bool {
        matches!(
            self,
            Self::Refused {
                code: 401 | 404,
                ..
            }
        )
    }

    fn outcome(&self) -> &'static str {
        match self {
            Self::Refused { code: 429, .. } => "limited",
            Self::Refused { .. } => "refused",
            Self::NotSent(_) => "not-sent",
            Self::Foreign(_) => "foreign",
            Self::Unclear(_) => "unclear",
        }
    }
}

/// The client. Connections are kept open between calls.
#[derive(Debug)]
pub struct Api {
    http: reqwest::Client,
    base: Base,
    /// Bounds the connections of all calls but `getUpdates`.
    slots: Semaphore,
    refusal_logged: AtomicBool,
}

/// The address of every method; its `Debug` shows no token.
struct Base([Url; Method::ALL.len()]);

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Base(***)")
    }
}

/// The client can't be set up: a proxy variable of the environment or the address won't do.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the HTTP client for Telegram cannot be set up: {0}")]
pub struct Unusable(&'static str);

impl Api {
    /// A client for the bot of `token` at `api_url` (a path ending in `/`), with at most
    /// `connections` calls at a time, `getUpdates` not counted.
    ///
    /// # Errors
    ///
    /// [`Unusable`] when the HTTP library can't be set up.
    pub fn new(api_url: &Url, token: &Secret, connections: u32) -> Result<Self, Unusable> {
        let connections = usize::try_from(connections).unwrap_or(1).max(1);
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .pool_max_idle_per_host(connections.saturating_add(1))
            .tcp_nodelay(true)
            .redirect(Policy::none())
            .build()
            .map_err(|_| Unusable("check the proxy variables"))?;
        let address = |method: Method| {
            let path = format!("bot{}/{}", token.expose(), method.as_str());
            let mut url = api_url.clone();
            let base = url.path().trim_end_matches('/').to_owned();
            url.set_path(&format!("{base}/{path}"));
            url
        };
        Ok(Self {
            http,
            base: Base(Method::ALL.map(address)),
            slots: Semaphore::new(connections.min(Semaphore::MAX_PERMITS)),
            refusal_logged: AtomicBool::new(false),
        })
    }

    /// The HTTP client, for others who talk to the same server.
    #[must_use]
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// Calls a method with a JSON object and reads its result.
    ///
    /// # Errors
    ///
    /// A [`CallError`].
    pub async fn call<T: DeserializeOwned>(
        &self,
        method: Method,
        body: Vec<u8>,
    ) -> Result<T, CallError> {
        // The semaphore is never closed; without a slot the call goes ahead all the same.
        let _slot = self.slots.acquire().await.ok();
        self.call_within(method, body, CALL_TIMEOUT).await
    }

    /// As [`Api::call`], without a slot and with a timeout of its own.
    ///
    /// # Errors
    ///
    /// A [`CallError`].
    pub async fn call_within<T: DeserializeOwned>(
        &self,
        method: Method,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<T, CallError> {
        let result = self.exchange(method, body, timeout).await;
        let outcome = result.as_ref().map_or_else(CallError::outcome, |_| "ok");
        metrics::counter!("turvabot_telegram_calls_total", "method" => method.as_str(), "outcome" => outcome)
            .increment(1);
        self.note_token(&result);
        result
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        method: Method,
        body: Vec<u8>,
        timeout: Duration,
    ) -> Result<T, CallError> {
        let answer = self
            .http
            .post(self.base.0[method as usize].clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .timeout(timeout)
            .body(body)
            .send()
            .await
            .map_err(|error| broken(&error))?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|error| broken(&error))?;
        read_reply(status, &body)
    }

    /// Says once that the token is refused, and again only after it was good in between.
    fn note_token<T>(&self, result: &Result<T, CallError>) {
        match result {
            Ok(_) => {
                if self.refusal_logged.load(Ordering::Relaxed) {
                    self.refusal_logged.store(false, Ordering::Relaxed);
                }
            }
            Err(error) if error.token_refused() => {
                if !self.refusal_logged.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        "Telegram refuses the bot's token; check telegram.token and telegram.api_url"
                    );
                }
            }
            Err(_) => {}
        }
    }
}

/// The common shape of all answers (Bot API, "Making requests").
#[derive(Deserialize)]
struct Reply<'a> {
    ok: bool,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error_code: Option<u16>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

/// `ResponseParameters`.
#[derive(Deserialize, Default)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// Reads the body of an answer that came with an HTTP status.
///
/// # Errors
///
/// A [`CallError`] for everything that is not `ok` or not a `T`.
pub(super) fn read_reply<T: DeserializeOwned>(status: u16, body: &[u8]) -> Result<T, CallError> {
    let Ok(reply) = serde_json::from_slice::<Reply<'_>>(body) else {
        return Err(match status {
            400..=499 => CallError::Foreign(status),
            _ => CallError::Unclear(format!("HTTP {status} without a readable answer")),
        });
    };
    if reply.ok {
        let result = reply.result.map_or("null", RawValue::get);
        return serde_json::from_str(result)
            .map_err(|_| CallError::Unclear("a result of an unknown shape".to_owned()));
    }
    let code = reply.error_code.unwrap_or(status);
    let description = clean(&reply.description.unwrap_or_default());
    if !(400..500).contains(&code) {
        return Err(CallError::Unclear(format!("{code} {description}")));
    }
    let parameters = reply.parameters.unwrap_or_default();
    Err(CallError::Refused {
        code,
        description,
        retry_after: parameters.retry_after.map(Duration::from_secs),
        migrate_to: parameters.migrate_to_chat_id,
    })
}

/// A description without what it may quote from the message, and without numbers of chats.
fn clean(description: &str) -> String {
    let mut end = description.len();
    for quote in ["\"", " '", "`", "«", "“"] {
        end = description.find(quote).map_or(end, |at| end.min(at));
    }
    let mut out = String::new();
    let mut digits = 0;
    for c in description[..end].chars().take(REASON_CHARS) {
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        if digits > 4 {
            out.truncate(out.len() - usize::from(digits == 5) * 4);
            if digits == 5 {
                out.push('#');
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// What an error of the HTTP library says about the call. The error itself is dropped: it knows
/// the address, and with it the token.
fn broken(error: &reqwest::Error) -> CallError {
    if error.is_connect() {
        CallError::NotSent(if error.is_timeout() {
            "connecting took too long"
        } else {
            "the server cannot be reached"
        })
    } else if error.is_builder() {
        CallError::NotSent("the request cannot be built")
    } else if error.is_timeout() {
        CallError::Unclear("no answer in time".to_owned())
    } else {
        CallError::Unclear("the connection broke".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_lose_quotations_and_long_numbers() {
        assert_eq!(
            clean("Bad Request: can't parse entities: unsupported start tag \"x\" at 3"),
            "Bad Request: can't parse entities: unsupported start tag "
        );
        assert_eq!(clean("chat 123456789 at byte 1234"), "chat # at byte 1234");
        assert_eq!(clean(&"å".repeat(500)).chars().count(), REASON_CHARS);
    }

    #[test]
    fn the_token_is_not_shown() {
        let url = Url::parse("http://127.0.0.1:9/").expect("a sound address");
        let api = Api::new(&url, &Secret::new("1:geheim"), 4).expect("a client");
        assert!(!format!("{api:?}").contains("geheim"));
        assert_eq!(
            api.base.0[0].as_str(),
            "http://127.0.0.1:9/bot1:geheim/sendMessage"
        );
    }

    #[tokio::test]
    async fn a_closed_port_means_that_nothing_was_sent() {
        let url = Url::parse("http://127.0.0.1:9/").expect("a sound address");
        let api = Api::new(&url, &Secret::new("1:geheim"), 4).expect("a client");
        let error = api
            .call::<bool>(Method::SendMessage, b"{}".to_vec())
            .await
            .expect_err("nobody listens");
        assert!(matches!(error, CallError::NotSent(_)), "{error:?}");
    }
}
