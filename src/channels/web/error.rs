//! What can go wrong with a request, and what the resident is told about it.

use axum::http::StatusCode;

use super::port::Unavailable;
use super::session::NoRandom;
use super::texts::PageTexts;
use super::throttle::Wait;

/// Why a request to the web chat failed.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The message is longer than allowed.
    #[error("the message is too long")]
    TooLong,
    /// The request is not one that the page makes.
    #[error("the request was not understood")]
    BadRequest,
    /// The request comes from another site.
    #[error("the request comes from another site")]
    Forbidden,
    /// There is nothing at this address.
    #[error("there is no such page")]
    NotFound,
    /// The address exists, but not with this method.
    #[error("the address does not take this method")]
    WrongMethod,
    /// The session or the network address asks too often.
    #[error("too many requests; the next is welcome in {} s", .0.0)]
    TooMany(Wait),
    /// As many browsers as allowed wait for lines already.
    #[error("too many open event streams")]
    TooManyStreams,
    /// The core cannot do its part.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// No session could be made.
    #[error(transparent)]
    NoSession(#[from] NoRandom),
    /// A page could not be written.
    #[error("a page could not be written: {0}")]
    Page(#[from] askama::Error),
}

impl From<Wait> for WebError {
    fn from(wait: Wait) -> Self {
        Self::TooMany(wait)
    }
}

impl WebError {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::TooManyStreams | Self::Unavailable(_) | Self::NoSession(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Page(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What the resident reads.
    #[must_use]
    pub fn message<'t>(&self, texts: &'t PageTexts) -> &'t str {
        match self {
            Self::TooLong => &texts.error_too_long,
            Self::BadRequest => &texts.error_bad_request,
            Self::Forbidden => &texts.error_forbidden,
            Self::NotFound | Self::WrongMethod => &texts.error_not_found,
            Self::TooMany(_) => &texts.error_too_many,
            Self::TooManyStreams | Self::Unavailable(_) | Self::NoSession(_) | Self::Page(_) => {
                &texts.error_unavailable
            }
        }
    }

    /// When to try again, for the `Retry-After` header.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooMany(Wait(seconds)) => Some(*seconds),
            Self::TooManyStreams | Self::Unavailable(_) => Some(30),
            _ => None,
        }
    }
}
