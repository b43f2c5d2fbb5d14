//! Messages that can't be read yet: kept until their keys come, explained when they don't.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use turvabot_matrix::Sealed;

use crate::channels::Note;
use crate::domain::{ChannelKind, Millis};

/// What the names of the notes begin with.
pub(super) const PREFIX: &str = "sealed/";

/// After this long a resident is told that the message can't be read.
const PATIENCE: Millis = 60_000;

/// After this long the keys won't come any more.
const LIFE: Millis = 24 * 3_600_000;

/// A room is told once in so long, however many messages it sends.
const QUIET: Millis = 600_000;

/// Messages kept per room, and in all: what comes on top is told about, but not kept.
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

    /// Keeps a message. Returns the note that makes it last.
    pub fn keep(&mut self, sealed: Sealed, now: Millis) -> Option<Note> {
        let of_room = |kept: &&Kept| kept.sealed.room == sealed.room;
        if self.kept.len() >= IN_ALL || self.kept.values().filter(of_room).count() >= PER_ROOM {
            metrics::counter!("turvabot_matrix_sealed_dropped_total").increment(1);
            return None;
        }
        let id = sealed.id.clone();
        let kept = Kept {
            sealed,
            at: now,
            told: false,
        };
        let note = note(&id, Some(&kept));
        self.kept.insert(id, kept);
        Some(note)
    }

    /// The messages that a key may open, in the order in which they were said.
    pub fn opened_by(&self, room: &str, session: &str) -> Vec<Sealed> {
        let fits = |kept: &&Kept| {
            let known = kept.sealed.session.as_deref();
            kept.sealed.room == room && known.is_none_or(|known| known == session)
        };
        let mut fitting: Vec<&Kept> = self.kept.values().filter(fits).collect();
        fitting.sort_by_key(|kept| (kept.at, kept.sealed.sent_at));
        let sealed = fitting.into_iter().map(|kept| kept.sealed.clone());
        sealed.collect()
    }

    /// Lets go of a message. Returns the note that makes it last.
    pub fn release(&mut self, id: &str) -> Note {
        self.kept.remove(id);
        note(id, None)
    }

    /// When the next message is due to be explained or given up.
    pub fn next_due(&self) -> Option<Millis> {
        let due = |kept: &Kept| kept.at + if kept.told { LIFE } else { PATIENCE };
        self.kept.values().map(due).min()
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

    fn sealed(room: &str, id: &str) -> Sealed {
        Sealed {
            room: room.into(),
            id: id.into(),
            session: Some("s".into()),
            sent_at: 0,
            raw: "{}".into(),
        }
    }

    #[test]
    fn a_room_is_told_once_and_a_flood_is_not_kept() {
        let mut vault = Vault::default();
        for number in 0..100 {
            vault.keep(sealed("!a", &format!("${number}")), 0);
        }
        assert_eq!(vault.opened_by("!a", "s").len(), PER_ROOM);
        assert_eq!(vault.due(PATIENCE - 1).0.len(), 0);
        let (explain, notes) = vault.due(PATIENCE);
        assert_eq!((explain.len(), notes.len()), (1, PER_ROOM));
        assert_eq!(vault.due(PATIENCE + 1).0.len(), 0);
        let (_, forgotten) = vault.due(LIFE);
        assert_eq!(forgotten.len(), PER_ROOM);
        assert_eq!(vault.next_due(), None);
    }

    #[test]
    fn messages_of_one_key_are_read_in_order() {
        let mut vault = Vault::default();
        for (id, sent_at) in [("$b", 1), ("$a", 2)] {
            let sealed = sealed("!a", id);
            vault.keep(Sealed { sent_at, ..sealed }, 5);
        }
        let read = vault.opened_by("!a", "s");
        let ids: Vec<&str> = read.iter().map(|sealed| &*sealed.id).collect();
        assert_eq!(ids, ["$b", "$a"]);
    }

    #[test]
    fn what_was_kept_is_known_after_a_start() {
        let mut vault = Vault::default();
        let note = vault.keep(sealed("!a", "$1"), 5).expect("a note");
        let mut again = Vault::default();
        again.load(&note.name, note.value.as_deref().expect("a value"));
        assert_eq!(again.opened_by("!a", "s"), [sealed("!a", "$1")]);
        assert_eq!(again.opened_by("!a", "other"), []);
    }
}
