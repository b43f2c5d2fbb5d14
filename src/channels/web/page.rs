//! `GET /`: the page with the whole conversation.

use askama::Template as _;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};

use super::error::WebError;
use super::port::ChatPort;
use super::view::{ChatPage, LineView};
use super::visitor::Visitor;
use super::{Web, add_cookie, language};

/// Shows the page. A language in the address is remembered.
pub async fn show<P: ChatPort>(State(web): State<Web<P>>, visitor: Visitor) -> Response {
    match write(&web, &visitor).await {
        Ok(page) => {
            let mut answer = Html(page).into_response();
            if let Some(chosen) = visitor.chosen {
                let cookie = language::remember(chosen, web.config.https());
                add_cookie(&mut answer, &cookie);
            }
            answer
        }
        Err(error) => web.fail(&visitor, &error, None),
    }
}

async fn write<P: ChatPort>(web: &Web<P>, visitor: &Visitor) -> Result<String, WebError> {
    web.throttle.address(visitor.address)?;
    let lines = match &visitor.session {
        Some(secret) => web.port.lines(&secret.key(), 0).await?,
        None => Vec::new(),
    };
    let texts = web.port.page(visitor.lang);
    let page = ChatPage {
        frame: web.frame(visitor),
        has_session: visitor.session.is_some(),
        last_seq: lines.last().map_or(0, |line| line.seq),
        max_bytes: web.config.max_text_bytes,
        start: visitor.start.clone().unwrap_or_default(),
        offers_start: lines.is_empty() || visitor.start.is_some(),
        lines: lines
            .into_iter()
            .map(|line| LineView::new(line, &texts, &web.config.time_zone))
            .collect(),
    };
    Ok(page.render()?)
}
