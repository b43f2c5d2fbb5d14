//! The direct chat of each resident: a room that the resident made and in which nobody else is.
//!
//! Who somebody is, the homeserver vouches for with every event; who is in a room, and what a room
//! says of itself, is up to whoever made it. So a resident is a user, never a room, and only a room
//! of the user's own making is one where the user is written to.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use turvabot_matrix::Account;

use super::SHARD;

/// People in a direct chat: a resident and the bot.
const PAIR: u64 = 2;

/// Where something happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A room with the bot and one other, made by this user.
    Home(String),
    /// A room with the bot and one other, made by somebody else.
    Pair,
    /// A room with more people.
    Group,
}

/// The direct chats by user. Built from the rooms the bot is in: nothing about them need be stored.
#[derive(Default)]
pub(super) struct Homes(RwLock<HashMap<String, String>>);

/// The address of a user's direct chat.
pub(super) fn of_user(user: &str) -> String {
    format!("{SHARD}{user}")
}

/// The address of a room that several people read.
pub(super) fn of_room(room: &str) -> String {
    format!("{SHARD}{room}")
}

/// What is known of a room now.
pub(super) fn place(account: &Account, room: &str) -> Place {
    if account.people(room) != PAIR {
        return Place::Group;
    }
    account.maker(room).map_or(Place::Pair, Place::Home)
}

impl Homes {
    /// Takes in the rooms the bot is in.
    pub fn build(&self, account: &Account) {
        let mut homes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        homes.clear();
        homes.extend(account.pairs().into_iter().map(|(room, user)| (user, room)));
    }

    /// The direct chat of a user.
    pub fn get(&self, user: &str) -> Option<String> {
        let homes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        homes.get(user).cloned()
    }

    /// Notes the direct chat of a user. Returns the one before, if it was another.
    pub fn set(&self, user: &str, room: &str) -> Option<String> {
        if self.get(user).as_deref() == Some(room) {
            return None;
        }
        let mut homes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        homes.insert(user.to_owned(), room.to_owned())
    }

    /// Forgets that a room is the direct chat of a user. Returns whether it was.
    pub fn remove(&self, user: &str, room: &str) -> bool {
        let mut homes = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let was = homes.get(user).is_some_and(|known| known == room);
        if was {
            homes.remove(user);
        }
        was
    }

    /// Whose direct chat a room is.
    pub fn owner(&self, room: &str) -> Option<String> {
        let homes = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all = homes.iter();
        all.find(|(_, known)| *known == room)
            .map(|(user, _)| user.clone())
    }
}
