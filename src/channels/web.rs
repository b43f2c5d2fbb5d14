//! The web chat: pages that work without a script, and live lines for browsers that run one.
//!
//! Build it with [`router`]. It expects to live at the root of its own host and knows the core of
//! the bot only as a [`ChatPort`].
//!
//! | Address | What it does |
//! |---|---|
//! | `GET /` | the page with the whole conversation; `?lang=sv` chooses the language, `?start=…` offers a deep link |
//! | `POST /say` | a message (`text`), a pressed button (`action`) or a start (`start`) |
//! | `GET /events` | new lines as server-sent events, from `Last-Event-ID` or `?after=` on |
//! | `GET /assets/{file}` | style, script and pictures |
//!
//! A resident gets a session cookie with the first message, not before.

mod assets;
mod error;
mod events;
mod guard;
mod language;
mod page;
mod port;
mod say;
mod session;
#[cfg(test)]
mod tests;
mod texts;
mod throttle;
mod view;
mod visitor;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::HeaderValue;
use axum::http::header::{RETRY_AFTER, SET_COOKIE};
use axum::middleware::map_response;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use jiff::tz::TimeZone;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use url::Url;

pub use self::error::WebError;
pub use self::port::{ChatPort, Line, LineButton, Said, Speaker, Unavailable};
pub use self::session::{SESSION_COOKIE, SessionKey};
pub use self::texts::{FooterLink, PageTexts};
pub use self::throttle::Pace;

use self::throttle::Throttle;
use self::visitor::Visitor;
use crate::domain::Lang;

/// How the web chat is set up.
#[derive(Clone, Debug)]
pub struct WebConfig {
    /// Where residents find the page; `https` makes cookies `Secure` and sends HSTS.
    pub public_url: Url,
    /// The languages of the page; the first is for browsers that wish for none of them.
    pub languages: Vec<Lang>,
    /// The time zone of the times shown.
    pub time_zone: TimeZone,
    /// How long a session lasts after its last message.
    pub session_max_age: Duration,
    /// The longest message in bytes of UTF-8.
    pub max_text_bytes: usize,
    /// Whether the last address in `X-Forwarded-For` comes from an own proxy.
    pub behind_proxy: bool,
    /// How often one session may send something.
    pub session_pace: Pace,
    /// How often one network address may ask for something.
    pub address_pace: Pace,
    /// How many browsers may wait for new lines at the same time.
    pub max_streams: usize,
}

impl WebConfig {
    /// Finnish and Swedish, Finnish time, 30 days, 16 kB, and generous limits.
    #[must_use]
    pub fn new(public_url: Url) -> Self {
        Self {
            public_url,
            languages: vec![Lang::FI, Lang::SV],
            time_zone: TimeZone::get("Europe/Helsinki").unwrap_or(TimeZone::UTC),
            session_max_age: Duration::from_secs(30 * 24 * 60 * 60),
            max_text_bytes: 16 * 1024,
            behind_proxy: false,
            session_pace: Pace::new(20, 40),
            address_pace: Pace::new(200, 600),
            max_streams: 5_000,
        }
    }

    fn https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// A form's encoding makes three bytes of most that are not ASCII letters.
    fn max_body_bytes(&self) -> usize {
        self.max_text_bytes.saturating_mul(3).saturating_add(1024)
    }
}

/// The web chat's routes, with a page for every other address.
///
/// Serve it with `into_make_service_with_connect_info::<SocketAddr>()`, so that the limit per
/// network address has an address. Event streams end when `shutdown` is cancelled.
pub fn router<P: ChatPort>(port: Arc<P>, config: WebConfig, shutdown: CancellationToken) -> Router {
    let https = config.https();
    let max_body = config.max_body_bytes();
    let web = Web {
        port,
        throttle: Arc::new(Throttle::new(config.session_pace, config.address_pace)),
        streams: Arc::new(Semaphore::new(
            config.max_streams.min(Semaphore::MAX_PERMITS),
        )),
        config: Arc::new(config),
        shutdown,
    };
    Router::new()
        .route("/", get(page::show::<P>))
        .route(
            "/say",
            post(say::say::<P>).layer(DefaultBodyLimit::max(max_body)),
        )
        .route("/events", get(events::events::<P>))
        .route("/assets/{name}", get(asset::<P>))
        .method_not_allowed_fallback(wrong_method::<P>)
        .fallback(no_such_page::<P>)
        .with_state(web)
        .layer(map_response(move |mut answer: Response| async move {
            guard::protect(answer.headers_mut(), https);
            answer
        }))
}

/// What the handlers share.
struct Web<P> {
    port: Arc<P>,
    config: Arc<WebConfig>,
    throttle: Arc<Throttle>,
    streams: Arc<Semaphore>,
    shutdown: CancellationToken,
}

impl<P> Clone for Web<P> {
    fn clone(&self) -> Self {
        Self {
            port: Arc::clone(&self.port),
            config: Arc::clone(&self.config),
            throttle: Arc::clone(&self.throttle),
            streams: Arc::clone(&self.streams),
            shutdown: self.shutdown.clone(),
        }
    }
}

impl<P: ChatPort> Web<P> {
    /// The frame of a page for this visitor.
    fn frame(&self, visitor: &Visitor) -> view::Frame {
        let languages = self
            .config
            .languages
            .iter()
            .map(|&lang| (lang, self.port.page(lang).language_name.clone()))
            .collect();
        view::Frame::new(self.port.page(visitor.lang), languages, visitor)
    }

    /// The answer to a request that failed: JSON for the script, else a page.
    ///
    /// `draft` is a message that was not sent; the page keeps it.
    fn fail(&self, visitor: &Visitor, error: &WebError, draft: Option<&str>) -> Response {
        let status = error.status();
        if status.is_server_error() {
            tracing::warn!(%error, "the web chat could not answer");
        }
        let texts = self.port.page(visitor.lang);
        let mut answer = if visitor.wants_json {
            view::json_error(error.message(&texts))
        } else {
            let page = view::ErrorPage {
                frame: self.frame(visitor),
                message: error.message(&texts).to_owned(),
                draft: draft.map(str::to_owned),
            };
            // The template has no part that can fail; an empty page beats none.
            Html(askama::Template::render(&page).unwrap_or_default()).into_response()
        };
        *answer.status_mut() = status;
        if let Some(seconds) = error.retry_after_s() {
            answer
                .headers_mut()
                .insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

/// Adds a cookie to an answer.
fn add_cookie(answer: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        answer.headers_mut().append(SET_COOKIE, value);
    }
}

async fn asset<P: ChatPort>(
    State(web): State<Web<P>>,
    visitor: Visitor,
    name: axum::extract::Path<String>,
    asked: axum::extract::Query<assets::Version>,
    headers: axum::http::HeaderMap,
) -> Response {
    assets::answer(name, asked, &headers)
        .unwrap_or_else(|| web.fail(&visitor, &WebError::NotFound, None))
}

async fn no_such_page<P: ChatPort>(State(web): State<Web<P>>, visitor: Visitor) -> Response {
    web.fail(&visitor, &WebError::NotFound, None)
}

async fn wrong_method<P: ChatPort>(State(web): State<Web<P>>, visitor: Visitor) -> Response {
    web.fail(&visitor, &WebError::WrongMethod, None)
}
