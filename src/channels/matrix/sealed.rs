//! Messages that can't be read yet: kept until their keys come, explained when they don't.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use turvabot_matrix::{RoomKey, Sealed};

use crate::channels::Note;
use crate::domain::{ChannelKind, Millis};

/// What the names of the notes begin with.
pub(super) const PREFIX: &str = "sealed/";

/// After this long a resident is told that the message can't be read.
const PATIENCE: Millis = 60_000;

/// So often what waits is tried again: a key may be there although nobody told.
const AGAIN: Millis = 5_000;

/// After this long the keys won't come any more.
const LIFE: Millis = 24 * 3_600_000;

/// A room is told once in so long, however many messages it sends.
const QUIET: Millis = 600_000;

/// Messages kept per room, and in all. What comes on top takes the place of one that its sender was
/// told about, or isn't kept.
const PER_ROOM: usize = 20;
const IN_ALL: usize = 2_000;

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The message.
    pub sealed: Sealed,
    /// When it came.
    pub at: Millis,
    /// Whether its sender was told, or needn't be.
    pub told: bool,
}

/// All of them, by event id.
#[derive(Default)]
pub(super) struct Vault {
    kept: BTreeMap<String, Kept>,
    told_rooms: HashMap<String, Millis>,
    tried_at: Millis,
}

fn note(id: &str, kept: Option<&Kept>) -> Note {
    Note {
        channel: ChannelKind::Matrix,
        name: format!("{PREFIX}{id}"),
        // Strings and numbers always serialise.
        value: kept.map(|kept| serde_json::to_string(kept).unwrap_or_default()),
    }
}

impl Vault {
    /// Takes in what was kept at the last run.
    pub fn load(&mut self, name: &str, value: &str) {
        if let (Some(id), Ok(kept)) = (name.strip_prefix(PREFIX), serde_json::from_str(value)) {
            self.kept.insert(id.to_owned(), kept);
        }
    }

    /// Keeps a message. Returns the notes that make it last.
    pub fn keep(&mut self, sealed: Sealed, now: Millis) -> Vec<Note> {
        let of_room = |kept: &&Kept| kept.sealed.room == sealed.room;
        let count = self.kept.values().filter(of_room).count();
        let crowded = count >= PER_ROOM;
        let mut notes = Vec::new();
        // Whatever others send, one of each room is kept: its sender is told.
        if crowded || (count > 0 && self.kept.len() >= IN_ALL) {
            metrics::counter!("turvabot_matrix_sealed_dropped_total").increment(1);
            let told = self.kept.iter().filter(|(_, kept)| kept.told);
            let told = told.filter(|(_, kept)| !crowded || of_room(kept));
            let oldest = told.min_by_key(|(_, kept)| kept.at);
            let Some(id) = oldest.map(|(id, _)| id.clone()) else {
                return notes;
            };
            notes.push(self.release(&id));
        }
        let id = sealed.id.clone();
        let kept = Kept {
            sealed,
            at: now,
            told: false,
        };
        notes.push(note(&id, Some(&kept)));
        self.kept.insert(id, kept);
        notes
    }

    /// All messages.
    pub fn all(&self) -> Vec<Sealed> {
        let mut all: Vec<_> = self.kept.values().map(|kept| kept.sealed.clone()).collect();
        all.sort_by_key(|sealed| sealed.at);
        all
    }

    /// The messages that a key may open.
    pub fn opened_by(&self, key: &RoomKey) -> Vec<Sealed> {
        let mut fitting = self.all();
        fitting.retain(|sealed| {
            let known = sealed.session.as_ref();
            sealed.room == key.room && known.is_none_or(|known| *known == key.session)
        });
        fitting
    }

    /// Lets go of a message. Returns the note that makes it last.
    pub fn release(&mut self, id: &str) -> Note {
        self.kept.remove(id);
        note(id, None)
    }

    /// When the next message is due to be tried again, explained or given up.
    pub fn next_due(&self) -> Option<Millis> {
        let due = |kept: &Kept| {
            let again = (self.tried_at + AGAIN).max(kept.at + AGAIN);
            if kept.told {
                kept.at + LIFE
            } else {
                (kept.at + PATIENCE).min(again)
            }
        };
        self.kept.values().map(due).min()
    }

    /// The messages to be tried again now: those whose senders are still to be told.
    pub fn again(&mut self, now: Millis) -> Vec<Sealed> {
        self.tried_at = now;
        let waiting = self.kept.values().filter(|kept| !kept.told);
        waiting.map(|kept| kept.sealed.clone()).collect()
    }

    /// What is due: the messages to be explained to their senders, and the notes that make it last.
    pub fn due(&mut self, now: Millis) -> (Vec<Sealed>, Vec<Note>) {
        let mut explain = Vec::new();
        let mut notes = Vec::new();
        self.told_rooms.retain(|_, at| *at + QUIET > now);
        self.kept.retain(|id, kept| {
            if kept.at + LIFE <= now {
                notes.push(note(id, None));
                return false;
            }
            if !kept.told && kept.at + PATIENCE <= now {
                kept.told = true;
                notes.push(note(id, Some(kept)));
                let room = kept.sealed.room.clone();
                if self.told_rooms.insert(room, now).is_none() {
                    explain.push(kept.sealed.clone());
                }
            }
            true
        });
        (explain, notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(room: &str, session: &str) -> RoomKey {
        RoomKey {
            room: room.to_owned(),
            session: session.to_owned(),
        }
    }

    fn sealed(room: &str, id: &str) -> Sealed {
        Sealed {
            room: room.into(),
            id: id.into(),
            session: Some("s".into()),
            sender: "@a:b".into(),
            at: 0,
            raw: "{}".into(),
        }
    }

    #[test]
    fn a_room_is_told_once_and_a_flood_is_not_kept() {
        let mut vault = Vault::default();
        for number in 0..100 {
            vault.keep(sealed("!a", &format!("${number}")), 0);
        }
        assert_eq!(vault.opened_by(&key("!a", "s")).len(), PER_ROOM);
        assert_eq!(vault.next_due(), Some(AGAIN));
        assert_eq!(vault.again(AGAIN).len(), PER_ROOM);
        assert_eq!(vault.next_due(), Some(2 * AGAIN));
        assert_eq!(vault.due(PATIENCE - 1).0.len(), 0);
        let (explain, notes) = vault.due(PATIENCE);
        assert_eq!((explain.len(), notes.len()), (1, PER_ROOM));
        assert_eq!(vault.due(PATIENCE + 1).0.len(), 0);
        let replaced = vault.keep(sealed("!a", "$new"), 1);
        let values: Vec<bool> = replaced.iter().map(|note| note.value.is_some()).collect();
        assert_eq!(values, [false, true], "one that was told makes room");
        assert_eq!(vault.opened_by(&key("!a", "s")).len(), PER_ROOM);
        let (_, forgotten) = vault.due(LIFE + 1);
        assert_eq!(forgotten.len(), PER_ROOM);
        assert_eq!(vault.next_due(), None);
    }

    #[test]
    fn what_was_kept_is_known_after_a_start() {
        let mut vault = Vault::default();
        let notes = vault.keep(sealed("!a", "$1"), 5);
        let note = notes.first().expect("a note");
        let mut again = Vault::default();
        again.load(&note.name, note.value.as_deref().expect("a value"));
        assert_eq!(again.opened_by(&key("!a", "s")), [sealed("!a", "$1")]);
        assert_eq!(again.opened_by(&key("!a", "other")), []);
    }
}
