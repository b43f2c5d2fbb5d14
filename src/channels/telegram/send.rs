//! Takes ledger rows to Telegram (Bot API, `sendMessage`, `editMessageText`, `deleteMessage`).

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;

use super::Telegram;
use super::api::{CallError, Method};
use super::render::{self, Drawn};
use crate::channels::Channel;
use crate::domain::{ChannelKind, Delivery, DeliveryId, Relation, SendError, Sent};

/// Pause after no connection came about.
const UNREACHABLE_PAUSE: Duration = Duration::from_secs(2);

/// Pause after the token, or the request as a whole, was refused: somebody has to mend something.
const OPERATOR_PAUSE: Duration = Duration::from_mins(1);

/// Pause after a 429 that doesn't say for how long.
const UNSAID_PAUSE: Duration = Duration::from_secs(5);

/// How many deliveries of several parts are remembered halfway.
const HALFWAY: usize = 1024;

/// Of a `Message`, what the ledger keeps.
#[derive(Deserialize)]
struct Posted {
    message_id: i64,
}

/// How many parts of unfinished deliveries have been taken, so that another attempt goes on from
/// there. Forgotten at a restart: then the first parts come twice.
#[derive(Debug, Default)]
pub(super) struct Halfway(Mutex<HashMap<DeliveryId, usize>>);

impl Halfway {
    fn taken(&self, id: DeliveryId) -> usize {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&id).copied().unwrap_or(0)
    }

    fn note(&self, id: DeliveryId, taken: usize) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= HALFWAY && !known.contains_key(&id) {
            known.clear();
        }
        known.insert(id, taken);
    }

    fn forget(&self, id: DeliveryId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id);
    }
}

impl Channel for Telegram {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Telegram
    }

    /// Groups have negative numbers (Bot API, `Chat`).
    fn is_group(&self, address: &str) -> bool {
        address.starts_with('-')
    }

    async fn send(&self, delivery: &Delivery) -> Result<Sent, SendError> {
        let Ok(chat) = delivery.address.parse::<i64>() else {
            return Err(rejected("the address is not the number of a chat"));
        };
        // Words that nobody else holds have one reader; they would only push others out of memory.
        let drawn = if Arc::strong_count(&delivery.message) > 1 {
            self.gallery.get(&delivery.message)
        } else {
            Arc::new(render::draw(&delivery.message))
        };
        match drawn.tails.as_slice() {
            [] => Err(rejected("the message has no text")),
            [tail] => self
                .first(chat, delivery, tail)
                .await
                .map(sent)
                .map_err(verdict),
            _ => self.several(chat, delivery, &drawn).await,
        }
    }
}

impl Telegram {
    /// Sends the parts of a long message one after the other.
    async fn several(
        &self,
        chat: i64,
        delivery: &Delivery,
        drawn: &Drawn,
    ) -> Result<Sent, SendError> {
        let mut last = 0;
        for (index, tail) in drawn
            .tails
            .iter()
            .enumerate()
            .skip(self.halfway.taken(delivery.id))
        {
            let posted = match index {
                0 => self.first(chat, delivery, tail).await,
                _ => self.post(chat, tail).await,
            };
            last = posted.map_err(verdict).inspect_err(|error| {
                if matches!(error, SendError::Gone { .. } | SendError::Rejected { .. }) {
                    self.halfway.forget(delivery.id);
                }
            })?;
            // The last part is never noted, so that another attempt sends something.
            if index + 1 < drawn.tails.len() {
                self.halfway.note(delivery.id, index + 1);
            }
        }
        self.halfway.forget(delivery.id);
        Ok(sent(last))
    }

    /// Sends a message or its first part, or changes the earlier one that it is about.
    async fn first(&self, chat: i64, delivery: &Delivery, tail: &str) -> Result<i64, CallError> {
        let number = |id: &String| id.parse::<i64>().ok();
        match &delivery.relation {
            Some(Relation::Replaces(id)) if let Some(message) = number(id) => {
                match self.edit(chat, message, tail).await {
                    Err(CallError::Refused {
                        code: 400,
                        description,
                        ..
                    }) if uneditable(&description) => self.post(chat, tail).await,
                    edited => edited,
                }
            }
            Some(Relation::Redacts(id)) if let Some(message) = number(id) => {
                self.redact(chat, message, tail).await
            }
            Some(Relation::Ends(id)) if let Some(message) = number(id) => {
                let posted = self.post(chat, tail).await?;
                self.strip(chat, message).await;
                Ok(posted)
            }
            _ => self.post(chat, tail).await,
        }
    }

    /// Gives a message new words and buttons.
    async fn edit(&self, chat: i64, message: i64, tail: &str) -> Result<i64, CallError> {
        let body = body(
            format_args!("{{\"chat_id\":{chat},\"message_id\":{message},"),
            tail,
        );
        let edited = self.api.call::<Posted>(Method::EditMessageText, body).await;
        match edited {
            Ok(posted) => Ok(posted.message_id),
            Err(CallError::Refused {
                code: 400,
                description,
                ..
            }) if same(&description) => Ok(message),
            Err(error) => Err(error),
        }
    }

    /// Takes a message away. One that is too old for it gets other words instead; one that isn't
    /// there any more is what it should be.
    async fn redact(&self, chat: i64, message: i64, tail: &str) -> Result<i64, CallError> {
        let body = about(chat, message);
        match self.api.call::<bool>(Method::DeleteMessage, body).await {
            Ok(_) => Ok(message),
            Err(CallError::Refused {
                code: 400,
                description,
                ..
            }) if description.contains("message to delete not found") => Ok(message),
            Err(CallError::Refused {
                code: 400,
                description,
                ..
            }) if description.contains("message can't be deleted") => {
                self.edit(chat, message, tail).await
            }
            Err(error) => Err(error),
        }
    }

    /// Takes the buttons off a message. They would only say that they don't work any more, so it
    /// is no matter if this fails.
    async fn strip(&self, chat: i64, message: i64) {
        let body = about(chat, message);
        let stripped = self
            .api
            .call::<Posted>(Method::EditMessageReplyMarkup, body);
        if let Err(error) = stripped.await {
            tracing::debug!(%error, "a poll that ended keeps its buttons");
        }
    }

    async fn post(&self, chat: i64, tail: &str) -> Result<i64, CallError> {
        let body = body(format_args!("{{\"chat_id\":{chat},"), tail);
        let posted = self.api.call::<Posted>(Method::SendMessage, body).await?;
        Ok(posted.message_id)
    }
}

/// A JSON object from its beginning and its end.
fn body(head: std::fmt::Arguments<'_>, tail: &str) -> Vec<u8> {
    let mut body = Vec::with_capacity(64 + tail.len());
    // Writing to a vector can't fail.
    let _ = body.write_fmt(head);
    body.extend_from_slice(tail.as_bytes());
    body
}

/// A JSON object that names a message and nothing else.
fn about(chat: i64, message: i64) -> Vec<u8> {
    format!("{{\"chat_id\":{chat},\"message_id\":{message}}}").into_bytes()
}

fn sent(message: i64) -> Sent {
    Sent {
        external_id: message.to_string(),
    }
}

fn rejected(reason: &str) -> SendError {
    SendError::Rejected {
        reason: reason.to_owned(),
    }
}

/// Whether an edit was refused because the message already is what it should be.
fn same(description: &str) -> bool {
    description.contains("message is not modified")
}

/// Whether an edit was refused because the message can't be edited any more.
fn uneditable(description: &str) -> bool {
    [
        "message to edit not found",
        "message can't be edited",
        "MESSAGE_ID_INVALID",
    ]
    .iter()
    .any(|known| description.contains(known))
}

/// Whether a chat doesn't exist for the bot.
fn nobody(description: &str) -> bool {
    ["chat not found", "user not found", "PEER_ID_INVALID"]
        .iter()
        .any(|known| description.contains(known))
}

/// What a failed call means for the ledger row.
pub(super) fn verdict(error: CallError) -> SendError {
    match error {
        CallError::Refused {
            migrate_to: Some(to),
            ..
        } => SendError::Moved { to: to.to_string() },
        CallError::Refused {
            code: 429,
            retry_after,
            ..
        } => SendError::Limited {
            after: retry_after.unwrap_or(UNSAID_PAUSE),
        },
        CallError::Refused {
            code: 403,
            description,
            ..
        } => SendError::Gone {
            reason: description,
        },
        CallError::Refused {
            code: 400,
            description,
            ..
        } if nobody(&description) => SendError::Gone {
            reason: description,
        },
        CallError::Refused {
            code: 401 | 404, ..
        } => SendError::Retry {
            after: OPERATOR_PAUSE,
            reason: "token refused".to_owned(),
        },
        CallError::Refused { description, .. } => SendError::Rejected {
            reason: description,
        },
        CallError::NotSent(reason) => SendError::Retry {
            after: UNREACHABLE_PAUSE,
            reason: reason.to_owned(),
        },
        error @ CallError::Foreign(_) => SendError::Retry {
            after: OPERATOR_PAUSE,
            reason: error.to_string(),
        },
        CallError::Unclear(reason) => SendError::Ambiguous { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::super::api::read_reply;
    use super::*;

    fn judged(status: u16, body: &str) -> SendError {
        verdict(
            read_reply::<Posted>(status, body.as_bytes())
                .map(|_| ())
                .expect_err("no success"),
        )
    }

    fn refusal(code: u16, description: &str) -> SendError {
        let body = format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"}}"#);
        judged(code, &body)
    }

    #[test]
    fn residents_who_are_gone_are_given_up() {
        for (code, description) in [
            (403, "Forbidden: bot was blocked by the user"),
            (403, "Forbidden: user is deactivated"),
            (403, "Forbidden: bot was kicked from the supergroup chat"),
            (
                403,
                "Forbidden: bot can't initiate conversation with a user",
            ),
            (400, "Bad Request: chat not found"),
            (400, "Bad Request: user not found"),
            (400, "Bad Request: PEER_ID_INVALID"),
        ] {
            assert_eq!(
                refusal(code, description),
                SendError::Gone {
                    reason: description.into()
                }
            );
        }
    }

    #[test]
    fn limits_and_moves_carry_their_parameters() {
        let body = r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 17","parameters":{"retry_after":17}}"#;
        assert_eq!(
            judged(429, body),
            SendError::Limited {
                after: Duration::from_secs(17)
            }
        );
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a supergroup chat","parameters":{"migrate_to_chat_id":-1001234}}"#;
        assert_eq!(
            judged(400, body),
            SendError::Moved {
                to: "-1001234".into()
            }
        );
    }

    #[test]
    fn what_may_have_been_carried_out_is_ambiguous() {
        let nginx = "<html>\r\n<head><title>502 Bad Gateway</title></head></html>";
        for (status, body) in [
            (502, nginx),
            (
                500,
                r#"{"ok":false,"error_code":500,"description":"Internal Server Error"}"#,
            ),
            (200, "{\"ok\":tr"),
            (200, r#"{"ok":true,"result":{}}"#),
            (302, ""),
        ] {
            assert!(
                matches!(judged(status, body), SendError::Ambiguous { .. }),
                "{status}"
            );
        }
    }

    #[test]
    fn a_refused_token_waits_for_the_operator() {
        for (code, description) in [(401, "Unauthorized"), (404, "Not Found")] {
            let reason = "token refused".to_owned();
            assert_eq!(
                refusal(code, description),
                SendError::Retry {
                    after: OPERATOR_PAUSE,
                    reason
                }
            );
        }
    }

    #[test]
    fn a_proxy_that_forbids_does_not_make_residents_vanish() {
        assert!(matches!(
            judged(403, "<html>blocked</html>"),
            SendError::Retry { .. }
        ));
        assert!(matches!(judged(407, ""), SendError::Retry { .. }));
    }

    #[test]
    fn other_refusals_are_final() {
        let error = refusal(400, "Bad Request: message text is empty");
        assert_eq!(error, rejected("Bad Request: message text is empty"));
    }
}
