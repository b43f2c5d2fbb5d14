//! Takes ledger rows to Matrix.

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::time::Duration;

use turvabot_matrix::{Account, Mark, Post, Trouble};

use super::draw::{self, Tone};
use super::{Matrix, SHARD};
use crate::channels::Channel;
use crate::domain::{ChannelKind, Delivery, Lane, Message, Millis, Relation, SendError, Sent};

/// Pause while the account isn't connected: long enough to wait in the ledger.
const UNCONNECTED: Duration = Duration::from_secs(2);

/// Pause after no connection came about.
const UNREACHABLE: Duration = Duration::from_secs(2);

/// Pause after something here failed that somebody has to mend.
const OPERATOR: Duration = Duration::from_mins(1);

/// For how long a homeserver surely remembers a transaction: Synapse keeps them for a day.
const REMEMBERED: Millis = 23 * 3_600_000;

/// How far the homeserver's clock may be from ours.
const SKEW: Millis = 10 * 60_000;

/// From here on the bot is shown to be writing.
const SLOW: Duration = Duration::from_millis(400);

impl Channel for Matrix {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Matrix
    }

    /// The homeserver's limits are the account's, not the room's.
    fn is_group(&self, _: &str) -> bool {
        false
    }

    async fn send(&self, delivery: &Delivery) -> Result<Sent, SendError> {
        let Some(account) = self.account() else {
            return Err(SendError::Limited { after: UNCONNECTED });
        };
        let room = self.destination(&account, &delivery.address).await?;
        let sending = self.deliver(&account, &room, delivery);
        tokio::pin!(sending);
        let writing = async {
            tokio::time::sleep(SLOW).await;
            // It disappears when the message comes.
            let _ = account.typing(&room).await;
            std::future::pending::<Infallible>().await
        };
        let sent = if delivery.lane == Lane::Reply {
            tokio::select! {
                sent = &mut sending => sent,
                never = writing => match never {},
            }
        } else {
            sending.await
        };
        match sent {
            Ok(event) => Ok(Sent {
                external_id: format!("{room}{event}"),
            }),
            // The resident has gone to another room meanwhile.
            Err(Trouble::Outside) if self.has_moved(&delivery.address, &room) => {
                Err(SendError::Limited { after: UNCONNECTED })
            }
            Err(trouble) => Err(self.verdict(&trouble, &room)),
        }
    }
}

impl Matrix {
    /// The room of an address: for a resident one where nobody else reads along.
    async fn destination(&self, account: &Account, address: &str) -> Result<String, SendError> {
        let rejected = |reason: &str| SendError::Rejected {
            reason: reason.into(),
        };
        let Some(place) = address.strip_prefix(SHARD) else {
            return Err(rejected("the address is not of this account"));
        };
        if place.starts_with('!') {
            return Ok(place.to_owned());
        }
        let Some(room) = self.homes.get(place) else {
            return Err(SendError::Gone {
                reason: "the resident has no chat with the bot".into(),
            });
        };
        match account.alone_with(&room, place).await {
            Ok(true) => Ok(room),
            Ok(false) => Err(rejected("somebody else is in the chat")),
            Err(trouble) => Err(self.verdict(&trouble, &room)),
        }
    }

    fn has_moved(&self, address: &str, room: &str) -> bool {
        let user = address.strip_prefix(SHARD).unwrap_or(address);
        self.homes.get(user).is_some_and(|home| home != room)
    }

    /// Sends every event of a delivery. Returns the id of the one that edits and votes refer to.
    async fn deliver(
        &self,
        account: &Account,
        room: &str,
        delivery: &Delivery,
    ) -> Result<String, Trouble> {
        let board = self.board(room);
        let tone = match (&board, delivery.lane) {
            (None, _) => Tone::Talk,
            (Some(_), Lane::Alert) => Tone::Alarm,
            (Some(_), _) => Tone::Post,
        };
        // A number picks from what the bot said last in answer, or from a poll.
        let unasked = delivery.lane != Lane::Reply && delivery.message.poll.is_none();
        let message = match board.is_some() || unasked {
            true => &to_read(&delivery.message),
            false => &*delivery.message,
        };
        let words = self.words(message.lang);
        // What was said in another room can't be changed from here.
        let here = |id: &str| id.strip_prefix(room).map(str::to_owned);
        if let Some(Relation::Redacts(id)) = &delivery.relation {
            let event = here(id).ok_or(Trouble::Outside)?;
            let mark = self.mark(delivery, 0);
            let redaction = account.redact(room, &mark, &event).await?;
            self.unpin(account, room, &event).await;
            return Ok(redaction);
        }
        let mut posts = draw::draw(message, tone, words);
        match &delivery.relation {
            Some(Relation::Replaces(id)) => {
                if let Some(event) = here(id) {
                    posts = vec![draw::replacing(message, tone, words, &event)];
                }
            }
            Some(Relation::Ends(id)) => {
                if let Some(event) = here(id) {
                    posts.insert(0, draw::ending(words, &event));
                }
            }
            Some(Relation::Thread(id)) => {
                if let Some(root) = here(id) {
                    draw::in_thread(&mut posts, &root);
                }
            }
            _ => {}
        }
        let mut last = String::new();
        for (part, post) in posts.iter().enumerate() {
            let mark = self.mark(delivery, part);
            last = self.post(account, room, delivery, &mark, post).await?;
        }
        if board.is_some() {
            self.keep_pins(account, room, delivery, &last).await;
        }
        Ok(last)
    }

    /// The transaction id of a part of a delivery.
    fn mark(&self, delivery: &Delivery, part: usize) -> Mark {
        Mark(format!(
            "{}.{}.{part}",
            self.setup.installation, delivery.id
        ))
    }

    async fn post(
        &self,
        account: &Account,
        room: &str,
        delivery: &Delivery,
        mark: &Mark,
        post: &Post,
    ) -> Result<String, Trouble> {
        if self.may_be_forgotten(delivery)
            && let Some(known) = account.find(room, mark, delivery.tried_at - SKEW).await?
        {
            return Ok(known);
        }
        account.post(room, mark, post).await
    }

    /// Whether an earlier attempt may have arrived without the homeserver knowing it again by the
    /// transaction: it is long ago, or another device made it.
    fn may_be_forgotten(&self, delivery: &Delivery) -> bool {
        let long_ago = crate::clock::Clock::System.now() - delivery.tried_at > REMEMBERED;
        let since = self.device_since.load(Ordering::Relaxed);
        delivery.doubts > 0 && (long_ago || delivery.tried_at < since)
    }

    /// What trouble means for the ledger row. Of a refusal only the code is kept: its words name
    /// users and rooms.
    fn verdict(&self, trouble: &Trouble, room: &str) -> SendError {
        let again = |after, reason: &str| SendError::Retry {
            after,
            reason: reason.to_owned(),
        };
        match trouble {
            Trouble::Unreachable(reason) => again(UNREACHABLE, reason),
            Trouble::Unclear(reason) => SendError::Ambiguous {
                reason: reason.clone(),
            },
            Trouble::Limited(after) => SendError::Limited { after: *after },
            // The channel connects again, or waits for the operator.
            Trouble::LoggedOut { .. } => SendError::Limited { after: UNREACHABLE },
            Trouble::Outside | Trouble::Refused { .. } if self.board(room).is_some() => {
                tracing::error!("an announcement room takes no notices; see matrix.rooms");
                self.doorman.boards.notify_one();
                again(OPERATOR, "the announcement room takes no notices")
            }
            Trouble::Outside => SendError::Gone {
                reason: "the bot is not in the room".into(),
            },
            Trouble::Refused { code, .. } => match code.as_str() {
                "M_FORBIDDEN" => SendError::Gone {
                    reason: code.clone(),
                },
                // Of the account, not of the message.
                "M_RESOURCE_LIMIT_EXCEEDED"
                | "M_USER_LOCKED"
                | "M_USER_SUSPENDED"
                | "M_USER_DEACTIVATED"
                | "M_CONSENT_NOT_GIVEN" => {
                    tracing::error!(%code, "the homeserver takes nothing from the bot");
                    SendError::Limited { after: OPERATOR }
                }
                _ => SendError::Rejected {
                    reason: code.clone(),
                },
            },
            Trouble::Store(reason) | Trouble::Other(reason) => again(OPERATOR, reason),
        }
    }
}

/// A message without choices.
fn to_read(message: &Message) -> Message {
    Message {
        buttons: Vec::new(),
        reactions: Vec::new(),
        ..message.clone()
    }
}
