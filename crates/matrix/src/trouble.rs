//! What can go wrong with a homeserver, by what to do next.

use std::time::Duration;

use matrix_sdk::HttpError;
use matrix_sdk::ruma::api::error::{ErrorBody, ErrorKind, RetryAfter};

/// How long to wait when a homeserver limits without saying for how long.
const UNSAID: Duration = Duration::from_secs(5);

/// Why something wasn't done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection came about: nothing was done.
    #[error("the homeserver cannot be reached ({0})")]
    Unreachable(String),
    /// The request left, but no clear answer came back.
    #[error("the homeserver gave no clear answer ({0})")]
    Unclear(String),
    /// `M_LIMIT_EXCEEDED`: again after exactly this long.
    #[error("the homeserver limits requests for {} ms", .0.as_millis())]
    Limited(Duration),
    /// The access token isn't valid any more.
    #[error("the homeserver has ended the session{}", if *.soft { " until the next login" } else { "" })]
    LoggedOut {
        /// Whether the device may log in again and stay the same (specification, "Soft logout").
        soft: bool,
    },
    /// The homeserver refused.
    #[error("{code}: {message}")]
    Refused {
        /// Such as `M_FORBIDDEN`.
        code: String,
        /// What the homeserver said.
        message: String,
    },
    /// The bot isn't in the room.
    #[error("the bot is not in the room")]
    Outside,
    /// The store on disk fails.
    #[error("matrix.store_dir: {0}")]
    Store(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Trouble {
    /// Whether a homeserver refused with this code.
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == wanted)
    }
}

impl From<&HttpError> for Trouble {
    fn from(error: &HttpError) -> Self {
        if let HttpError::Cached(inner) = error {
            return Self::from(&**inner);
        }
        if let HttpError::Reqwest(error) = error {
            // Addresses and tokens are in the long form only.
            let reason = |what: &str| what.to_owned();
            return if error.is_connect() {
                Self::Unreachable(reason("no connection"))
            } else if error.is_timeout() {
                Self::Unclear(reason("no answer in time"))
            } else {
                Self::Unclear(reason("the connection broke"))
            };
        }
        let Some(error) = error.as_client_api_error() else {
            return Self::Unclear("an answer that is not of Matrix".into());
        };
        match error.error_kind() {
            Some(ErrorKind::LimitExceeded(data)) => Self::Limited(match &data.retry_after {
                Some(RetryAfter::Delay(delay)) => *delay,
                Some(RetryAfter::DateTime(at)) => at
                    .duration_since(std::time::SystemTime::now())
                    .unwrap_or(UNSAID),
                None => UNSAID,
            }),
            Some(ErrorKind::UnknownToken(data)) => Self::LoggedOut {
                soft: data.soft_logout,
            },
            Some(ErrorKind::MissingToken) => Self::LoggedOut { soft: false },
            _ if error.status_code.as_u16() == 429 => Self::Limited(UNSAID),
            _ if error.status_code.is_server_error() => {
                Self::Unclear(format!("status {}", error.status_code.as_u16()))
            }
            Some(kind) => Self::Refused {
                code: kind.errcode().to_string(),
                message: match &error.body {
                    ErrorBody::Standard(body) => body.message.clone(),
                    _ => String::new(),
                },
            },
            None => Self::Unclear(format!("status {}", error.status_code.as_u16())),
        }
    }
}

impl From<HttpError> for Trouble {
    fn from(error: HttpError) -> Self {
        Self::from(&error)
    }
}

impl From<matrix_sdk::Error> for Trouble {
    fn from(error: matrix_sdk::Error) -> Self {
        use matrix_sdk::Error;
        match error {
            Error::Http(error) => Self::from(&*error),
            Error::WrongRoomState(_) => Self::Outside,
            error @ (Error::Io(_)
            | Error::StateStore(_)
            | Error::CryptoStoreError(_)
            | Error::EventCacheStore(_)) => Self::Store(error.to_string()),
            Error::AuthenticationRequired => Self::LoggedOut { soft: false },
            error => Self::Other(error.to_string()),
        }
    }
}
