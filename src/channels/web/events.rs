//! `GET /events`: new lines as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use askama::Template as _;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, HeaderName};
use axum::http::{HeaderValue, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::Web;
use super::error::WebError;
use super::port::{ChatPort, Line};
use super::session::SessionKey;
use super::texts::PageTexts;
use super::view::LineView;
use super::visitor::Visitor;

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(2);

/// How often a silent stream shows that it is alive; proxies end those that stay silent.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Sends the lines that the browser does not know yet, then each new one.
///
/// The identifier of an event is the line's `seq`, so that a browser that connects again misses
/// nothing and gets nothing twice. Without a session there is nothing to wait for: 204 tells the
/// browser not to ask again.
pub async fn events<P: ChatPort>(State(web): State<Web<P>>, visitor: Visitor) -> Response {
    match open(web.clone(), &visitor).await {
        Ok(Some(feed)) => answer(feed),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => web.fail(&visitor, &error, None),
    }
}

async fn open<P: ChatPort>(web: Web<P>, visitor: &Visitor) -> Result<Option<Feed<P>>, WebError> {
    web.throttle.address(visitor.address)?;
    let Some(secret) = &visitor.session else {
        return Ok(None);
    };
    let permit = Arc::clone(&web.streams)
        .try_acquire_owned()
        .map_err(|_| WebError::TooManyStreams)?;
    let session = secret.key();
    let mut feed = Feed {
        signal: web.port.watch(&session),
        texts: web.port.page(visitor.lang),
        session,
        after: visitor.after,
        ready: VecDeque::new(),
        web,
        _permit: permit,
    };
    // An error is an answer with a status now, and the end of the stream later.
    feed.fetch().await?;
    Ok(Some(feed))
}

fn answer<P: ChatPort>(feed: Feed<P>) -> Response {
    let greeting = stream::iter([Ok::<_, Infallible>(Event::default().retry(RETRY))]);
    let lines = stream::unfold(feed, |mut feed| async move {
        let event = feed.next().await?;
        Some((Ok(event), feed))
    });
    let events = futures::StreamExt::chain(greeting, lines);
    let mut answer = Sse::new(events)
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that collect answers must pass this one on at once.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    answer
}

/// The lines on their way to one browser.
struct Feed<P> {
    web: Web<P>,
    session: SessionKey,
    texts: Arc<PageTexts>,
    signal: watch::Receiver<i64>,
    after: i64,
    ready: VecDeque<Line>,
    _permit: OwnedSemaphorePermit,
}

impl<P: ChatPort> Feed<P> {
    /// The next event; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if self.web.shutdown.is_cancelled() {
                return None;
            }
            if let Some(line) = self.ready.pop_front() {
                return self.event(line);
            }
            tokio::select! {
                () = self.web.shutdown.cancelled() => return None,
                changed = self.signal.changed() => changed.ok()?,
            }
            if let Err(error) = self.fetch().await {
                tracing::warn!(%error, "an event stream ends early");
                return None;
            }
        }
    }

    /// Fetches the lines after the last one known. The signal is marked as seen first: a line
    /// that comes meanwhile raises it again.
    async fn fetch(&mut self) -> Result<(), WebError> {
        self.signal.mark_unchanged();
        let lines = self.web.port.lines(&self.session, self.after).await?;
        for line in lines {
            if line.seq > self.after {
                self.after = line.seq;
                self.ready.push_back(line);
            }
        }
        Ok(())
    }

    fn event(&self, line: Line) -> Option<Event> {
        let seq = line.seq;
        let view = LineView::new(line, &self.texts, &self.web.config.time_zone);
        match view.render() {
            // A carriage return cannot be sent in an event.
            Ok(html) => Some(
                Event::default()
                    .id(seq.to_string())
                    .data(html.replace('\r', "")),
            ),
            Err(error) => {
                tracing::warn!(%error, "a line could not be written");
                None
            }
        }
    }
}
