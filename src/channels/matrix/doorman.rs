//! Whose invitations are accepted, and how fast.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use turvabot_matrix::{Account, Invite, Trouble};

use crate::config::{self, Guests};

/// How long to wait before an invitation is tried again.
const AGAIN: Duration = Duration::from_secs(10);

/// Invitations answered at the same time: one that hangs must not keep the others out.
const AT_ONCE: usize = 4;

/// How often an invitation is tried before it is declined.
const TRIES: u32 = 20;

/// Accepts invitations.
pub(super) struct Doorman {
    guests: Guests,
    pace: DefaultDirectRateLimiter,
    /// Somebody may wait.
    pub bell: Notify,
    /// An announcement room may have changed.
    pub boards: Notify,
    /// Rooms to follow residents to, with somebody who is there.
    moves: Mutex<Vec<(String, String)>>,
}

impl Doorman {
    pub fn new(config: &config::Matrix) -> Self {
        Self {
            guests: config.guests.clone(),
            pace: RateLimiter::direct(Quota::per_minute(config.invites_per_minute)),
            bell: Notify::new(),
            boards: Notify::new(),
            moves: Mutex::default(),
        }
    }

    /// Whether the bot speaks with a user.
    pub fn admits(&self, user: &str) -> bool {
        let server = user.split_once(':').map_or("", |(_, server)| server);
        let listed = |servers: &[String]| servers.iter().any(|known| known == server);
        !self.guests.deny_users.iter().any(|denied| denied == user)
            && !listed(&self.guests.deny_servers)
            && self.guests.allow_servers.as_deref().is_none_or(listed)
    }

    /// Answers invitations until cancelled.
    pub async fn serve(&self, account: &Account, cancel: &CancellationToken) {
        let serving = async {
            loop {
                self.follow_all(account).await;
                self.answer_all(account).await;
                self.bell.notified().await;
            }
        };
        cancel.run_until_cancelled(serving).await;
    }

    /// Goes to a room that took another's place, as soon as that can be done; `via` is there.
    pub fn follow(&self, room: &str, via: &str) {
        let mut moves = self.moves.lock().unwrap_or_else(PoisonError::into_inner);
        moves.push((room.to_owned(), via.to_owned()));
        self.bell.notify_one();
    }

    /// Who can't be followed is found gone when something is sent.
    async fn follow_all(&self, account: &Account) {
        let moves = std::mem::take(&mut *self.moves.lock().unwrap_or_else(PoisonError::into_inner));
        for (room, via) in moves {
            self.wait().await;
            if let Err(trouble) = account.follow(&room, &via).await {
                tracing::warn!(%trouble, "a room that moved cannot be followed");
            }
        }
    }

    async fn answer_all(&self, account: &Account) {
        let mut tries: HashMap<String, u32> = HashMap::new();
        loop {
            let invites = account.invites().await;
            let answers = futures::stream::iter(invites).map(|invite| {
                let tried = tries.get(&invite.room).copied().unwrap_or(0);
                async move {
                    let wait = self.answer(account, &invite, tried).await;
                    (invite.room, wait)
                }
            });
            let answers: Vec<_> = answers.buffer_unordered(AT_ONCE).collect().await;
            let mut again: Option<Duration> = None;
            for (room, wait) in answers {
                if let Some(wait) = wait {
                    *tries.entry(room).or_default() += 1;
                    again = Some(again.map_or(wait, |again| again.min(wait)));
                }
            }
            match again {
                // Somebody else may come meanwhile.
                Some(wait) => {
                    let _ = tokio::time::timeout(wait, self.bell.notified()).await;
                }
                None => return,
            }
        }
    }

    /// Accepts or refuses one invitation. Returns how long to wait before it is tried again.
    async fn answer(&self, account: &Account, invite: &Invite, tried: u32) -> Option<Duration> {
        let welcome = self.admits(&invite.by) && tried < TRIES;
        if welcome {
            self.wait().await;
        }
        let answered = if welcome {
            account.join(&invite.room).await
        } else {
            account.leave(&invite.room).await
        };
        match answered {
            Ok(()) => {
                metrics::counter!("turvabot_matrix_invites_total",
                    "accepted" => if welcome { "yes" } else { "no" })
                .increment(1);
                None
            }
            Err(Trouble::Limited(after)) => Some(after),
            Err(Trouble::Refused { code, .. }) => {
                // The room is gone, or the invitation was taken back.
                tracing::debug!(%code, "an invitation cannot be accepted");
                let left = account.leave(&invite.room).await;
                left.err().map(|_| AGAIN)
            }
            Err(_) => Some(AGAIN),
        }
    }

    /// Waits for the turn to join another room.
    async fn wait(&self) {
        while let Err(early) = self.pace.check() {
            let wait = early.wait_time_from(self.pace.clock().now());
            tokio::time::sleep(wait).await;
        }
    }
}
