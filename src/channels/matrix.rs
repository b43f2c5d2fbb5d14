//! Matrix (<https://spec.matrix.org/v1.18/client-server-api/>), in direct chats with and without
//! encryption, in groups, and in announcement rooms.
//!
//! The SDK is behind `turvabot_matrix`; here its plain events become [`crate::domain::Inbound`] and
//! ledger rows become events. The place in the stream is a note committed with what it brought, so a
//! crash at any moment brings the same again; the ledger's number is the transaction id, so what is
//! sent again arrives once.
//!
//! ```text
//! sync → receive (Event → Inbound) → Sink::take with the token → receipts
//! Delivery → send (draw → post | redact) → Sent | SendError
//! ```
//!
//! An address is `0/@user:server` for a resident's direct chat and `0/!room` for a room that several
//! people read; the number is that of the bot's account. The id of a message is its room's id and its
//! own, `!room$event`: an edit only works in the room of what it changes.

mod addressed;
mod boards;
mod connection;
mod doorman;
mod draw;
mod homes;
mod receive;
mod run;
mod sealed;
mod send;

use std::collections::HashMap;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, PoisonError, RwLock};

use turvabot_matrix::{Account, Settings};

pub use self::boards::{Board, Found};
pub use self::run::Tools;

use crate::config;
use crate::domain::Lang;

/// The one account there is. Chats beyond some ten thousand want further accounts, each with a
/// number of its own.
const SHARD: &str = "0/";

/// The words that are the channel's own, in one language.
#[derive(Clone, Debug)]
pub struct Words {
    /// The language.
    pub lang: Lang,
    /// Stands before choices that have no buttons.
    pub choose: String,
    /// Says that a poll has ended.
    pub poll_ended: String,
    /// The name of an announcement room.
    pub board_name: String,
    /// The topic of an announcement room without a live notice.
    pub board_quiet: String,
    /// The topic of one with live notices.
    pub board_live: String,
}

/// What the channel is set up with.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The settings.
    pub config: config::Matrix,
    /// Tells this installation's messages from all others.
    pub installation: String,
    /// The bot's name.
    pub name: String,
    /// The channel's words, the default language first.
    pub words: Vec<Words>,
}

/// The Matrix channel.
pub struct Matrix {
    setup: Setup,
    /// The account, while it is connected.
    account: RwLock<Option<Arc<Account>>>,
    /// The announcement rooms by room id.
    boards: RwLock<HashMap<String, Board>>,
    /// Since when this device is the account's: what was tried before was tried by another.
    device_since: AtomicI64,
    doorman: doorman::Doorman,
    threads: receive::Threads,
    homes: homes::Homes,
}

// Not derived: there are secrets in the settings.
impl std::fmt::Debug for Matrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Matrix")
            .field("user", &self.setup.config.user)
            .finish_non_exhaustive()
    }
}

/// Where the account of a configuration is.
#[must_use]
pub fn settings(config: &config::Matrix) -> Settings {
    Settings {
        homeserver: config.homeserver.to_string(),
        store_dir: config.store_dir.clone(),
    }
}

impl Matrix {
    /// A channel that isn't connected yet: what it is given to send waits in the ledger until
    /// [`Matrix::run`] has connected it.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self {
            doorman: doorman::Doorman::new(&setup.config),
            setup,
            account: RwLock::default(),
            boards: RwLock::default(),
            device_since: AtomicI64::new(0),
            threads: receive::Threads::default(),
            homes: homes::Homes::default(),
        }
    }

    fn account(&self) -> Option<Arc<Account>> {
        let account = self.account.read().unwrap_or_else(PoisonError::into_inner);
        account.clone()
    }

    fn set_account(&self, account: Option<Arc<Account>>) {
        metrics::gauge!("turvabot_matrix_connected").set(f64::from(u8::from(account.is_some())));
        *self.account.write().unwrap_or_else(PoisonError::into_inner) = account;
    }

    fn board(&self, room: &str) -> Option<Board> {
        let boards = self.boards.read().unwrap_or_else(PoisonError::into_inner);
        boards.get(room).cloned()
    }

    /// The channel's words in a language, or in the default one.
    fn words(&self, lang: Option<Lang>) -> Option<&Words> {
        let words = &self.setup.words;
        let own = words.iter().find(|words| Some(words.lang) == lang);
        own.or_else(|| words.first())
    }
}
