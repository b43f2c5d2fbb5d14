//! What the templates show.

use std::sync::Arc;

use askama::Template;
use axum::Json;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::assets;
use super::port::{Line, LineButton, Speaker};
use super::texts::PageTexts;
use super::visitor::Visitor;
use crate::domain::Lang;

/// What every page has: head, emergency strip, header and footer.
pub struct Frame {
    /// The texts in the page's language.
    pub texts: Arc<PageTexts>,
    /// The language switch.
    pub languages: Vec<LanguageLink>,
    /// The address of the style sheet.
    pub css: String,
    /// The address of the script.
    pub js: String,
    /// The address of the mark in the header.
    pub mark: String,
    /// The address of the window's symbol.
    pub favicon: String,
}

/// One language in the language switch.
pub struct LanguageLink {
    /// The language's code.
    pub code: String,
    /// Its own name.
    pub name: String,
    /// The address of the page in this language.
    pub href: String,
    /// Whether it is the page's language.
    pub current: bool,
}

impl Frame {
    /// The frame in the language of `texts`, with a switch between `languages`.
    #[must_use]
    pub fn new(texts: Arc<PageTexts>, languages: Vec<(Lang, String)>, visitor: &Visitor) -> Self {
        let start = match &visitor.start {
            Some(payload) => format!("&start={payload}"),
            None => String::new(),
        };
        let languages = languages
            .into_iter()
            .map(|(lang, name)| LanguageLink {
                code: lang.to_string(),
                name,
                href: format!("/?lang={lang}{start}"),
                current: lang == visitor.lang,
            })
            .collect();
        Self {
            texts,
            languages,
            css: assets::address("chat.css"),
            js: assets::address("chat.js"),
            mark: assets::address("mark.svg"),
            favicon: assets::address("favicon.svg"),
        }
    }
}

/// The page with the conversation.
#[derive(Template)]
#[template(path = "chat.html")]
pub struct ChatPage {
    /// What every page has.
    pub frame: Frame,
    /// The conversation so far.
    pub lines: Vec<LineView>,
    /// Whether the resident has a session to wait for lines of.
    pub has_session: bool,
    /// The last line's `seq`, or 0.
    pub last_seq: i64,
    /// The longest message in bytes.
    pub max_bytes: usize,
    /// The payload of a deep link, or nothing.
    pub start: String,
    /// Whether there is a start button.
    pub offers_start: bool,
}

/// The page about a failed request.
#[derive(Template)]
#[template(path = "chat/error.html")]
pub struct ErrorPage {
    /// What every page has.
    pub frame: Frame,
    /// What went wrong.
    pub message: String,
    /// A message that was not sent.
    pub draft: Option<String>,
}

/// A line of the conversation.
#[derive(Template)]
#[template(path = "chat/line.html")]
pub struct LineView {
    seq: i64,
    side: &'static str,
    who: String,
    lang: Option<String>,
    iso_time: String,
    time: String,
    html: String,
    buttons_label: String,
    buttons: Vec<Vec<ButtonView>>,
}

enum ButtonView {
    Press { label: String, action: String },
    Open { label: String, url: String },
}

impl LineView {
    /// A line as it looks on a page with these texts.
    #[must_use]
    pub fn new(line: Line, texts: &PageTexts, zone: &TimeZone) -> Self {
        let (side, who) = match line.from {
            Speaker::Resident => ("resident", &texts.you),
            Speaker::Bot => ("bot", &texts.bot_name),
        };
        let (iso_time, time) = times(line.at_ms, zone, &texts.time_pattern);
        let buttons = line
            .buttons
            .into_iter()
            .map(|row| row.into_iter().filter_map(button).collect::<Vec<_>>())
            .filter(|row| !row.is_empty())
            .collect();
        Self {
            seq: line.seq,
            side,
            who: who.clone(),
            lang: (line.lang != texts.lang).then(|| line.lang.to_string()),
            iso_time,
            time,
            html: line.html,
            buttons_label: texts.buttons_label.clone(),
            buttons,
        }
    }
}

/// A button as shown; one that leads to an unusual kind of address is left out.
fn button(button: LineButton) -> Option<ButtonView> {
    let label = button.label;
    match button.url {
        Some(url) => is_link(&url).then_some(ButtonView::Open { label, url }),
        None => Some(ButtonView::Press {
            label,
            action: button.action,
        }),
    }
}

fn is_link(url: &str) -> bool {
    let kind = url.split_once(':').map(|(kind, _)| kind);
    kind.is_some_and(|kind| {
        ["https", "http", "tel", "sms", "mailto"]
            .iter()
            .any(|known| kind.eq_ignore_ascii_case(known))
    })
}

/// A moment for machines and as `pattern` says; both empty when it is no moment.
fn times(at_ms: i64, zone: &TimeZone, pattern: &str) -> (String, String) {
    let Ok(moment) = Timestamp::from_millisecond(at_ms) else {
        return (String::new(), String::new());
    };
    let local = moment.to_zoned_datetime(zone.clone());
    let iso = jiff::fmt::strtime::format("%Y-%m-%dT%H:%M:%S%:z", &local).unwrap_or_default();
    let shown = jiff::fmt::strtime::format(pattern, &local).unwrap_or_else(|error| {
        tracing::warn!(%error, pattern, "the pattern of times does not work");
        iso.clone()
    });
    (iso, shown)
}

/// The script's answer to a failed request.
#[must_use]
pub fn json_error(message: &str) -> Response {
    #[derive(Serialize)]
    struct Failure<'m> {
        message: &'m str,
    }
    Json(Failure { message }).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts() -> PageTexts {
        PageTexts::from_lookup(Lang::FI, "Kunta".to_owned(), Vec::new(), |key| {
            match key {
                "web-time-pattern" => "%-d.%-m. klo %-H.%M",
                key => key,
            }
            .to_owned()
        })
    }

    fn line(buttons: Vec<LineButton>) -> Line {
        Line {
            seq: 7,
            at_ms: 1_763_892_300_000,
            from: Speaker::Bot,
            lang: Lang::SV,
            html: "<p>Hej <b>du</b></p>".to_owned(),
            buttons: vec![buttons],
        }
    }

    fn shown(line: Line) -> String {
        let zone = TimeZone::get("Europe/Helsinki").expect("zone");
        let view = LineView::new(line, &texts(), &zone);
        view.render().expect("a line")
    }

    #[test]
    fn a_line_names_its_language_only_when_it_differs() {
        assert!(shown(line(Vec::new())).contains(" lang=\"sv\""));
        let same = Line {
            lang: Lang::FI,
            ..line(Vec::new())
        };
        assert!(!shown(same).contains("lang="));
    }

    #[test]
    fn the_content_is_kept_and_labels_are_escaped() {
        let html = shown(line(vec![LineButton {
            label: "<i>".to_owned(),
            action: "a\"b".to_owned(),
            url: None,
        }]));
        assert!(html.contains("<p>Hej <b>du</b></p>"), "{html}");
        assert!(!html.contains("<i>"), "{html}");
        assert!(!html.contains("a\"b"), "{html}");
    }

    #[test]
    fn times_are_local_and_follow_the_pattern() {
        let html = shown(line(Vec::new()));
        assert!(
            html.contains("datetime=\"2025-11-23T12:05:00+02:00\""),
            "{html}"
        );
        assert!(html.contains("23.11. klo 12.05"), "{html}");
        let (iso, shown) = times(0, &TimeZone::UTC, "%");
        assert_eq!(iso, shown);
    }

    #[test]
    fn links_lead_only_to_usual_addresses() {
        for good in ["https://a.fi", "HTTP://a.fi", "tel:112", "mailto:a@b.fi"] {
            assert!(is_link(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "//a.fi",
            "",
            "a b",
        ] {
            assert!(!is_link(bad), "{bad}");
        }
        let url = Some("javascript:alert(1)".to_owned());
        let html = shown(line(vec![LineButton {
            label: "x".to_owned(),
            action: String::new(),
            url,
        }]));
        assert!(!html.contains("javascript"), "{html}");
    }
}
