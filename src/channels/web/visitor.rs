//! Who asks: language, session and origin of a request.

use std::convert::Infallible;
use std::net::IpAddr;

use axum::extract::{FromRequestParts, Query};
use axum::http::header::ACCEPT;
use axum::http::request::Parts;
use serde::Deserialize;

use super::Web;
use super::guard::from_this_site;
use super::language::{page_language, served_language};
use super::port::ChatPort;
use super::session::SessionSecret;
use super::throttle::client_address;
use crate::domain::Lang;

/// The longest payload of a deep link, as on the other channels.
const MAX_START: usize = 64;

/// What a request says about the one who sends it.
#[derive(Debug)]
pub struct Visitor {
    /// The language of the answer.
    pub lang: Lang,
    /// The language in the address, if it is one of the page's.
    pub chosen: Option<Lang>,
    /// The payload of a deep link in the address.
    pub start: Option<String>,
    /// The last line the browser knows, if it says so.
    pub after: i64,
    /// The session, if the resident has said something before.
    pub session: Option<SessionSecret>,
    /// The network address.
    pub address: Option<IpAddr>,
    /// Whether the page's script asks.
    pub wants_json: bool,
    /// Whether a POST can have been made by this site's own page.
    pub own: bool,
}

#[derive(Default, Deserialize)]
struct Asked {
    lang: Option<String>,
    start: Option<String>,
    after: Option<String>,
}

impl<P: ChatPort> FromRequestParts<Web<P>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Web<P>) -> Result<Self, Infallible> {
        let Query(asked) = Query::<Asked>::try_from_uri(&parts.uri).unwrap_or_default();
        let headers = &parts.headers;
        let served = &web.config.languages;
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let code = asked.lang.as_deref();
        Ok(Self {
            lang: page_language(code, headers, served),
            chosen: code.and_then(|code| served_language(code, served)),
            start: asked.start.filter(|payload| is_payload(payload)),
            after: after(text("last-event-id"), asked.after.as_deref()),
            session: SessionSecret::from_headers(headers),
            address: client_address(parts, web.config.behind_proxy),
            wants_json: text(ACCEPT.as_str()).is_some_and(|kinds| kinds.contains("/json")),
            own: from_this_site(headers, &web.config.public_url),
        })
    }
}

/// Whether this can be a deep link's payload.
#[must_use]
pub fn is_payload(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= MAX_START
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// The last line a browser knows: what it says when it connects again, else what the page said.
fn after(last_event_id: Option<&str>, query: Option<&str>) -> i64 {
    [last_event_id, query]
        .into_iter()
        .flatten()
        .find_map(|text| text.trim().parse().ok().filter(|seq| *seq >= 0))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_event_id_beats_the_address() {
        assert_eq!(after(Some("12"), Some("3")), 12);
        assert_eq!(after(None, Some("3")), 3);
        assert_eq!(after(None, None), 0);
    }

    #[test]
    fn a_last_event_id_that_is_no_number_is_passed_over() {
        assert_eq!(after(Some("x"), Some("3")), 3);
        assert_eq!(after(Some(""), None), 0);
        assert_eq!(after(Some("-1"), Some("-2")), 0);
        assert_eq!(after(Some("99999999999999999999"), Some("3")), 3);
    }

    #[test]
    fn payloads_are_short_and_plain() {
        assert!(is_payload("poll-3_a"));
        for bad in ["", "a b", "<b>", "ä", &"x".repeat(65)] {
            assert!(!is_payload(bad), "{bad}");
        }
    }
}
