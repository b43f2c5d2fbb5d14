//! Takes ledger rows to Matrix.

use std::sync::atomic::Ordering;
use std::time::Duration;

use turvabot_matrix::{Account, Mark, Post, Trouble};

use super::draw::{self, Tone};
use super::{Matrix, room};
use crate::channels::Channel;
use crate::domain::{ChannelKind, Chat, Delivery, Lane, Millis, Relation, SendError, Sent};

/// Pause while the account isn't connected.
const UNCONNECTED: Duration = Duration::from_secs(1);

/// Pause after no connection came about.
const UNREACHABLE: Duration = Duration::from_secs(2);

/// Pause after something here failed that somebody has to mend.
const OPERATOR: Duration = Duration::from_mins(1);

/// For how long a homeserver surely remembers a transaction: Synapse keeps them for a day.
const REMEMBERED: Millis = 23 * 3_600_000;

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
        let Some(room) = room(&delivery.address) else {
            return Err(SendError::Rejected {
                reason: "the address is not of this account".into(),
            });
        };
        let Some(account) = self.account() else {
            return Err(SendError::Limited { after: UNCONNECTED });
        };
        let sending = self.deliver(&account, room, delivery);
        tokio::pin!(sending);
        let sent = tokio::select! {
            sent = &mut sending => sent,
            () = tokio::time::sleep(SLOW) => {
                // It disappears when the message comes; nobody waits for it.
                let typing = async {
                    let _ = account.typing(room).await;
                    std::future::pending().await
                };
                tokio::select! {
                    sent = &mut sending => sent,
                    never = typing => never,
                }
            }
        };
        sent.map(|external_id| Sent { external_id })
            .map_err(|trouble| verdict(&trouble))
    }
}

impl Matrix {
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
        let message = &delivery.message;
        let words = self.words(message.lang);
        if let Some(Relation::Redacts(id)) = &delivery.relation {
            let mark = self.mark(delivery, 0);
            let redaction = account.redact(room, &mark, id).await?;
            self.unpin(account, room, id).await;
            return Ok(redaction);
        }
        let posts = match &delivery.relation {
            Some(Relation::Replaces(id)) => vec![draw::replacing(message, tone, words, id)],
            Some(Relation::Ends(id)) => draw::ending(message, tone, words, id),
            Some(Relation::Thread(root)) => {
                let mut posts = draw::draw(message, tone, words);
                draw::in_thread(&mut posts, root);
                posts
            }
            _ => draw::draw(message, tone, words),
        };
        let mut last = String::new();
        for (part, post) in posts.iter().enumerate() {
            let mark = self.mark(delivery, part);
            last = self.post(account, room, delivery, &mark, post).await?;
        }
        if board.is_some_and(|board| board.chat == Chat::Public) {
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
            && let Some(known) = account
                .find(room, mark, delivery.tried_at - REMEMBERED)
                .await?
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
        delivery.attempts > 1 && (long_ago || delivery.tried_at < since)
    }
}

/// What trouble means for the ledger row.
fn verdict(trouble: &Trouble) -> SendError {
    let reason = trouble.to_string();
    match trouble {
        Trouble::Unreachable(_) => SendError::Retry {
            after: UNREACHABLE,
            reason,
        },
        Trouble::Unclear(_) => SendError::Ambiguous { reason },
        Trouble::Limited(after) => SendError::Limited { after: *after },
        // The channel connects again, or waits for the operator.
        Trouble::LoggedOut { .. } => SendError::Limited { after: UNREACHABLE },
        Trouble::Outside => SendError::Gone { reason },
        Trouble::Refused { code, .. } if code == "M_FORBIDDEN" || code == "M_USER_DEACTIVATED" => {
            SendError::Gone { reason }
        }
        Trouble::Refused { .. } => SendError::Rejected { reason },
        Trouble::Store(_) | Trouble::Other(_) => SendError::Retry {
            after: OPERATOR,
            reason,
        },
    }
}
