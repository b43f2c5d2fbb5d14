//! The connection to the homeserver: opening it, finding the place to go on from, and what to do
//! when it fails.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use turvabot_matrix::{Account, Trouble};

use super::sealed::Vault;
use super::{Matrix, settings};
use crate::channels::Note;
use crate::domain::{ChannelKind, Millis};

/// First and longest pause after a failure; each is twice the one before.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// How often a missing session, or a room that can't be had, is looked for again.
pub(super) const OPERATOR: Duration = Duration::from_secs(15);

/// The note with the account and its place in the stream.
const TOKEN: &str = "token";

/// The note with the device and since when it is the account's.
const DEVICE: &str = "device";

/// Why a connection ended.
pub(super) enum End {
    Cancelled,
    /// The session is over for good.
    LoggedOut,
    /// There is a new session of the same device.
    Renewed,
}

/// Where a connection stands.
#[derive(Default)]
pub(super) struct Course {
    pub token: String,
    pub vault: Vault,
    pub pause: Duration,
    /// Syncs in a row that brought nothing.
    pub echoes: u32,
    /// When the place was noted last.
    pub noted: Option<Instant>,
}

fn note(name: &str, value: String) -> Note {
    Note {
        channel: ChannelKind::Matrix,
        name: name.to_owned(),
        value: Some(value),
    }
}

impl Matrix {
    /// Opens the account of an earlier login, however long it takes until there is one.
    pub(super) async fn connect(&self, cancel: &CancellationToken) -> Option<Arc<Account>> {
        let mut said = String::new();
        loop {
            let opened = cancel.run_until_cancelled(self.open());
            let trouble = match opened.await? {
                Ok(account) => return Some(Arc::new(account)),
                Err(trouble) => trouble.to_string(),
            };
            if trouble != said {
                tracing::error!(%trouble, "Matrix is not connected; the other channels work");
                said = trouble;
            }
            cancel
                .run_until_cancelled(tokio::time::sleep(OPERATOR))
                .await?;
        }
    }

    async fn open(&self) -> Result<Account, Trouble> {
        let settings = settings(&self.setup.config);
        let mut account = Account::restore(&settings).await?;
        if account.is_fresh().await? {
            // A store without the state of rooms needs that first, whatever the place.
            account.first_sync().await?;
            drop(account);
            account = Account::restore(&settings).await?;
        }
        if account.me() != self.setup.config.user {
            return Err(Trouble::Store(format!(
                "the session is of {}, but matrix.user is {}",
                account.me(),
                self.setup.config.user
            )));
        }
        if !account.standing().await?.signed {
            // Clients that exclude unsigned devices would not let it read a word.
            match &self.setup.config.recovery_key {
                Some(key) => account.recover(key.expose()).await?,
                None => {
                    return Err(Trouble::Other(
                        "the bot's device is not signed; set matrix.recovery_key_file, \
                     then run `turvabot matrix verify`"
                            .into(),
                    ));
                }
            }
        }
        Ok(account)
    }

    /// Since when this device is the account's; a new one is noted.
    pub(super) fn know_device(
        &self,
        account: &Account,
        notes: &HashMap<String, String>,
        now: Millis,
    ) -> Vec<Note> {
        let known = notes.get(DEVICE).and_then(|value| value.split_once(' '));
        let since = known
            .filter(|(device, _)| *device == account.device())
            .and_then(|(_, since)| since.parse().ok());
        let fresh = since.is_none();
        self.device_since
            .store(since.unwrap_or(now), std::sync::atomic::Ordering::Relaxed);
        let value = format!("{} {}", account.device(), since.unwrap_or(now));
        if fresh {
            vec![note(DEVICE, value)]
        } else {
            Vec::new()
        }
    }

    pub(super) fn place(&self, token: &str) -> Note {
        note(TOKEN, format!("{} {token}", self.setup.config.user))
    }

    /// Finds the place to go on from: where the last run stopped; or, without one, now. What was
    /// said before the first start is history.
    pub(super) async fn begin(
        &self,
        account: &Account,
        notes: &HashMap<String, String>,
        course: &mut Course,
        cancel: &CancellationToken,
    ) -> Result<(), End> {
        let known = notes.get(TOKEN).and_then(|value| value.split_once(' '));
        let known = known.filter(|(user, _)| *user == account.me());
        loop {
            let begun = async {
                match known {
                    Some((_, token)) => Ok(token.to_owned()),
                    None => account.settled().await,
                }
            };
            match cancel.run_until_cancelled(begun).await {
                None => return Err(End::Cancelled),
                Some(Ok(token)) => {
                    course.token = token;
                    return Ok(());
                }
                Some(Err(trouble)) => self.recover(account, &trouble, course, cancel).await?,
            }
        }
    }

    /// Waits after a failure, longer each time; logs the device in again where that helps.
    pub(super) async fn recover(
        &self,
        account: &Account,
        trouble: &Trouble,
        course: &mut Course,
        cancel: &CancellationToken,
    ) -> Result<(), End> {
        if let Trouble::LoggedOut { soft } = trouble
            && let Some(end) = self.log_in_again(account, *soft).await
        {
            return Err(end);
        }
        if course.pause.is_zero() {
            tracing::error!(%trouble, "the homeserver fails; the other channels work, and it is tried again");
        }
        course.pause = (course.pause * 2).clamp(PAUSES.0, PAUSES.1);
        let pause = match trouble {
            Trouble::Limited(after) => *after,
            _ => course.pause,
        };
        let slept = cancel.run_until_cancelled(tokio::time::sleep(pause)).await;
        slept.ok_or(End::Cancelled)
    }

    /// After the homeserver has ended the session: the same device logs in again where that may be,
    /// else the session is set aside. `None`: neither could be done now.
    async fn log_in_again(&self, account: &Account, soft: bool) -> Option<End> {
        let settings = settings(&self.setup.config);
        if !soft {
            let ended = account.set_aside(&settings).await;
            return ended.is_ok_and(|ended| ended).then_some(End::LoggedOut);
        }
        let Some(password) = &self.setup.config.password else {
            tracing::error!("the homeserver wants a new login; set matrix.password_file");
            return None;
        };
        match account.renew(&settings, password.expose()).await {
            Ok(()) => {
                tracing::info!("the homeserver wanted a new login; the device is the same");
                Some(End::Renewed)
            }
            Err(trouble) => {
                tracing::error!(%trouble, "the homeserver wants a new login and doesn't take it");
                None
            }
        }
    }
}
