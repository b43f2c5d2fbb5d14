//! `POST /say`: what the resident writes or presses.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::error::WebError;
use super::port::{ChatPort, Said};
use super::session::SessionSecret;
use super::visitor::{Visitor, is_payload};
use super::{Web, add_cookie};

/// The longest token of a button.
const MAX_ACTION: usize = 64;

/// Tells the script that the answer began a new session.
const NEW_SESSION: &str = "x-turvabot-session";

/// The fields of the page's forms; each form has one of them.
#[derive(Default, Deserialize)]
pub struct SayForm {
    text: Option<String>,
    action: Option<String>,
    start: Option<String>,
}

/// Passes on what the resident says; begins a session with the first message.
pub async fn say<P: ChatPort>(
    State(web): State<Web<P>>,
    visitor: Visitor,
    form: Result<Form<SayForm>, FormRejection>,
) -> Response {
    let form = match form {
        Ok(Form(form)) => form,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return web.fail(&visitor, &WebError::TooLong, None);
        }
        Err(_) => return web.fail(&visitor, &WebError::BadRequest, None),
    };
    let draft = form.text.clone();
    match pass_on(&web, &visitor, form).await {
        Ok(cookie) => done(&visitor, cookie.as_deref()),
        Err(error) => web.fail(&visitor, &error, draft.as_deref()),
    }
}

/// Returns the session's cookie, unless there was nothing to say.
async fn pass_on<P: ChatPort>(
    web: &Web<P>,
    visitor: &Visitor,
    form: SayForm,
) -> Result<Option<String>, WebError> {
    if !visitor.own {
        return Err(WebError::Forbidden);
    }
    web.throttle.address(visitor.address)?;
    let Some(said) = understand(form, web.config.max_text_bytes)? else {
        return Ok(None);
    };
    let fresh;
    let secret = match &visitor.session {
        Some(secret) => secret,
        None => {
            fresh = SessionSecret::generate()?;
            &fresh
        }
    };
    let key = secret.key();
    web.throttle.session(&key)?;
    web.port.say(&key, said, Some(visitor.lang)).await?;
    let max_age_s = web.config.session_max_age.as_secs();
    Ok(Some(secret.set_cookie(max_age_s, web.config.https())))
}

fn done(visitor: &Visitor, cookie: Option<&str>) -> Response {
    let mut answer = if visitor.wants_json {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Redirect::to("/#end").into_response()
    };
    if let Some(cookie) = cookie {
        add_cookie(&mut answer, cookie);
        if visitor.session.is_none() {
            let new = axum::http::HeaderValue::from_static("new");
            answer.headers_mut().insert(NEW_SESSION, new);
        }
    }
    answer
}

/// What a form says; `None` when its message is empty.
fn understand(form: SayForm, max_text_bytes: usize) -> Result<Option<Said>, WebError> {
    match form {
        SayForm {
            text: Some(text),
            action: None,
            start: None,
        } => {
            let text = tidy(&text);
            if text.len() > max_text_bytes {
                return Err(WebError::TooLong);
            }
            Ok((!text.is_empty()).then_some(Said::Text(text)))
        }
        SayForm {
            text: None,
            action: Some(action),
            start: None,
        } if (1..=MAX_ACTION).contains(&action.len()) => Ok(Some(Said::Action(action))),
        SayForm {
            text: None,
            action: None,
            start: Some(payload),
        } => Ok(Some(Said::Start(Some(payload).filter(|p| is_payload(p))))),
        _ => Err(WebError::BadRequest),
    }
}

/// The message with plain line ends, without control characters and outer space.
fn tidy(text: &str) -> String {
    let text: String = text
        .replace("\r\n", "\n")
        .replace('\r', "\n")
        .chars()
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> SayForm {
        SayForm {
            text: Some(text.to_owned()),
            ..SayForm::default()
        }
    }

    #[test]
    fn messages_are_tidied() {
        let said = understand(text(" Hei\r\nsiellä\0!\u{7f} "), 100).expect("fine");
        assert_eq!(said, Some(Said::Text("Hei\nsiellä!".to_owned())));
        assert_eq!(understand(text(" \r\n "), 100).expect("fine"), None);
    }

    #[test]
    fn long_messages_are_refused_by_their_bytes() {
        assert!(understand(text(&"ä".repeat(5)), 10).is_ok());
        let refused = understand(text(&"ä".repeat(6)), 10);
        assert!(matches!(refused, Err(WebError::TooLong)));
    }

    #[test]
    fn buttons_send_their_token() {
        let press = |action: &str| {
            let action = Some(action.to_owned());
            understand(
                SayForm {
                    action,
                    ..SayForm::default()
                },
                10,
            )
        };
        assert_eq!(
            press("abc").expect("fine"),
            Some(Said::Action("abc".to_owned()))
        );
        assert!(press("").is_err());
        assert!(press(&"x".repeat(65)).is_err());
    }

    #[test]
    fn a_start_keeps_only_a_plain_payload() {
        let start = |payload: &str| {
            let start = Some(payload.to_owned());
            let form = SayForm {
                start,
                ..SayForm::default()
            };
            understand(form, 10).expect("fine")
        };
        assert_eq!(start(""), Some(Said::Start(None)));
        assert_eq!(start("a b"), Some(Said::Start(None)));
        assert_eq!(
            start("poll-3"),
            Some(Said::Start(Some("poll-3".to_owned())))
        );
    }

    #[test]
    fn a_form_says_one_thing() {
        assert!(understand(SayForm::default(), 10).is_err());
        let both = SayForm {
            action: Some("a".to_owned()),
            ..text("b")
        };
        assert!(understand(both, 10).is_err());
    }
}
