//! Announcement rooms: found by alias or made, live notices pinned, the topic saying which.

use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use turvabot_matrix::{Account, NewRoom, Trouble};

use super::Matrix;
use super::homes::of_room;
use crate::config::MatrixRoom;
use crate::domain::{Delivery, Lang, Relation};

/// An announcement room as the ledger knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// Its name in the settings.
    pub alias: String,
    /// Its address.
    pub address: String,
    /// The language of what is posted.
    pub lang: Lang,
    /// Notices of these topics only; none: of all.
    pub topics: Vec<String>,
    /// Notices for these areas and for all only; none: for any.
    pub areas: Vec<String>,
}

/// The announcement rooms that were found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The rooms.
    pub boards: Vec<Board>,
    /// Whether they are all that are configured: one that can't be had for a moment must not be
    /// given up.
    pub all: bool,
}

impl Matrix {
    /// Whether some of the configured rooms haven't been found yet.
    pub(super) fn lacks_boards(&self) -> bool {
        let boards = self.boards.read().unwrap_or_else(PoisonError::into_inner);
        boards.len() < self.setup.config.rooms.len()
    }

    /// Finds or makes the configured rooms. Those that can't be had now are told in the log; what
    /// was known of them stays known.
    pub(super) async fn find_boards(&self, account: &Account) -> Found {
        let mut found = HashMap::new();
        let mut all = true;
        for config in &self.setup.config.rooms {
            match self.find_board(account, config).await {
                Ok(room) => {
                    let board = Board {
                        alias: config.alias.clone(),
                        address: of_room(&room),
                        lang: config.lang,
                        topics: config.topics.clone(),
                        areas: config.areas.clone(),
                    };
                    found.insert(room, board);
                }
                Err(trouble) => {
                    all = false;
                    tracing::error!(room = %config.alias, %trouble,
                        "matrix.rooms: the room cannot be had; make it, invite the bot with \
                         power 50, or set create = true");
                }
            }
        }
        let boards = found.values().cloned().collect();
        let mut known = self.boards.write().unwrap_or_else(PoisonError::into_inner);
        let had: HashSet<&String> = found.values().map(|board| &board.alias).collect();
        known.retain(|_, board| !had.contains(&board.alias));
        known.extend(found);
        Found { all, boards }
    }

    async fn find_board(&self, account: &Account, config: &MatrixRoom) -> Result<String, Trouble> {
        let words = self.words(Some(config.lang));
        let new = words.filter(|_| config.create).map(|words| NewRoom {
            name: words.board_name.clone(),
            topic: words.board_quiet.clone(),
        });
        let board = account.board(&config.alias, new.as_ref()).await?;
        if board.made {
            tracing::info!(room = %config.alias, "an announcement room was made");
        }
        Ok(board.room)
    }

    /// Pins a live notice, and unpins one that a message marks as over.
    pub(super) async fn keep_pins(
        &self,
        account: &Account,
        room: &str,
        delivery: &Delivery,
        event: &str,
    ) {
        match &delivery.relation {
            None => self.pin(account, room, event, true).await,
            Some(Relation::Replaces(id)) if delivery.message.over => {
                let event = id.strip_prefix(room).unwrap_or(event);
                self.unpin(account, room, event).await;
            }
            Some(_) => {}
        }
    }

    pub(super) async fn unpin(&self, account: &Account, room: &str, event: &str) {
        if self.board(room).is_some() {
            self.pin(account, room, event, false).await;
        }
    }

    /// The notice itself has arrived by now: what goes wrong here is only told in the log. A room
    /// gets one message at a time, so nothing else changes its pins meanwhile.
    async fn pin(&self, account: &Account, room: &str, event: &str, pinned: bool) {
        let Some(board) = self.board(room) else {
            return;
        };
        let pins = account.pin(room, event, pinned).await;
        let outcome = match (pins, self.words(Some(board.lang))) {
            (Ok(0), Some(words)) => account.set_topic(room, &words.board_quiet).await,
            (Ok(_), Some(words)) => account.set_topic(room, &words.board_live).await,
            (pins, _) => pins.map(drop),
        };
        if let Err(trouble) = outcome {
            tracing::warn!(%trouble, "an announcement room's pins or topic could not be set");
        }
    }
}
