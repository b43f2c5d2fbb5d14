//! Groups: members, the bot's coming and going, migration to a supergroup.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::bot::{SimBot, SimError};
use super::model::{Group, GroupKind, Message, Standing};
use super::state::{State, unix_now};

/// A group to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NewGroup {
    /// Chat number (negative).
    pub id: i64,
    /// Kind.
    pub kind: GroupKind,
    /// Title.
    pub title: String,
    /// Public name, without `@`.
    pub username: Option<String>,
    /// Members; the first one owns the group and adds the bot.
    pub members: Vec<i64>,
    /// The bot's standing; with [`Standing::Left`] it is not told about the group.
    pub bot: Standing,
}

impl Default for NewGroup {
    fn default() -> Self {
        Self {
            id: -1,
            kind: GroupKind::Supergroup,
            title: "Talo".to_owned(),
            username: None,
            members: vec![1],
            bot: Standing::Member,
        }
    }
}

impl SimBot {
    /// Makes a group. When the bot is in it, it gets `my_chat_member` and, in groups, a service
    /// message.
    ///
    /// # Errors
    ///
    /// When the number is not negative or taken.
    pub fn create_group(&self, new: NewGroup) -> Result<(), SimError> {
        self.with(|state| {
            if new.id >= 0 || state.groups.contains_key(&new.id) {
                return Err(SimError::new("a group needs a negative number of its own"));
            }
            let owner = new.members.first().copied();
            let standing = |i| {
                if i == 0 {
                    Standing::Creator
                } else {
                    Standing::Member
                }
            };
            let members: HashMap<i64, Standing> = new
                .members
                .iter()
                .enumerate()
                .map(|(i, id)| (*id, standing(i)))
                .collect();
            for id in &new.members {
                state.user_mut(*id);
            }
            let (bot, migrated_to) = (Standing::Left, None);
            let Group { .. } = state.groups.entry(new.id).or_insert(Group {
                kind: new.kind,
                title: new.title,
                username: new.username,
                members,
                bot,
                migrated_to,
                last_message_id: 0,
            });
            if new.bot.present() {
                state.change_bot_standing(new.id, owner, new.bot, unix_now());
            } else if let Some(group) = state.groups.get_mut(&new.id) {
                group.bot = new.bot;
            }
            Ok(())
        })
    }

    /// Changes the bot's standing in a group: added, made administrator, removed.
    ///
    /// # Errors
    ///
    /// When there is no such group.
    pub fn set_bot_standing(&self, chat: i64, by: i64, standing: Standing) -> Result<(), SimError> {
        self.with(|state| {
            if !state.groups.contains_key(&chat) {
                return Err(SimError::new("no such group"));
            }
            state.user_mut(by);
            state.change_bot_standing(chat, Some(by), standing, unix_now());
            Ok(())
        })
    }

    /// Changes a member's standing; the bot gets `chat_member` if it asked for it, and a service
    /// message when the member came or went.
    ///
    /// # Errors
    ///
    /// When there is no such group.
    pub fn set_member(&self, chat: i64, user: i64, standing: Standing) -> Result<(), SimError> {
        self.with(|state| state.change_member(chat, user, standing))
    }

    /// A basic group becomes a supergroup; returns its number. Both chats get service messages, the
    /// old one answers with `migrate_to_chat_id` from now on.
    ///
    /// # Errors
    ///
    /// When there is no such basic group.
    pub fn migrate(&self, chat: i64) -> Result<i64, SimError> {
        self.with(|state| {
            let old = state.groups.get(&chat);
            let old = old.filter(|g| g.kind == GroupKind::Group && g.migrated_to.is_none());
            let mut group = old
                .cloned()
                .ok_or_else(|| SimError::new("no such basic group"))?;
            let new = -1_000_000_000_000 + chat % 1_000_000_000_000;
            if state.groups.contains_key(&new) {
                return Err(SimError::new("the supergroup's number is taken"));
            }
            group.kind = GroupKind::Supergroup;
            state.groups.insert(new, group);
            let owner = state.owner(chat);
            state.service(chat, owner, "migrate_to_chat_id", new.into());
            state.service(new, owner, "migrate_from_chat_id", chat.into());
            if let Some(group) = state.groups.get_mut(&chat) {
                group.migrated_to = Some(new);
            }
            Ok(new)
        })
    }
}

impl State {
    fn owner(&self, chat: i64) -> i64 {
        let members = self.groups.get(&chat).map(|g| &g.members);
        let owner = members.and_then(|m| m.iter().find(|(_, s)| **s == Standing::Creator));
        owner.map_or(1, |(id, _)| *id)
    }

    /// A service message, stored and sent to the bot.
    fn service(&mut self, chat: i64, from: i64, key: &'static str, value: Value) {
        let id = self.next_message_id(chat);
        let mut message = Message::new(chat, id, Some(from), unix_now());
        message.content = Some((Cow::Borrowed(key), value));
        let payload = self.message_json(&message);
        self.store(message);
        self.queue.push("message", chat, &payload);
    }

    /// The bot comes, goes or is promoted; `by` is `None` when it leaves by itself.
    pub(super) fn change_bot_standing(
        &mut self,
        chat: i64,
        by: Option<i64>,
        standing: Standing,
        date: i64,
    ) {
        let Some(group) = self.groups.get_mut(&chat) else {
            return;
        };
        let old = std::mem::replace(&mut group.bot, standing);
        if old == standing {
            return;
        }
        let in_channel = group.kind == GroupKind::Channel;
        let bot = json!(self.wire_bot());
        let update = json!({
            "chat": self.with_chat(chat, |chat| json!(chat)),
            "from": by.map_or_else(|| bot.clone(), |id| self.user_json(id)),
            "date": date,
            "old_chat_member": self.member_json(self.bot_id, old),
            "new_chat_member": self.member_json(self.bot_id, standing),
        });
        self.queue.push("my_chat_member", chat, &update.to_string());
        if let Some(by) = by.filter(|_| !in_channel) {
            match (old.present(), standing.present()) {
                (false, true) => self.service(chat, by, "new_chat_members", json!([bot])),
                (true, false) => self.service(chat, by, "left_chat_member", bot),
                _ => {}
            }
        }
    }

    fn change_member(&mut self, chat: i64, user: i64, standing: Standing) -> Result<(), SimError> {
        let group = self
            .groups
            .get_mut(&chat)
            .ok_or_else(|| SimError::new("no such group"))?;
        let old = group
            .members
            .insert(user, standing)
            .unwrap_or(Standing::Left);
        if old == standing {
            return Ok(());
        }
        let tell = group.bot.present() && group.kind != GroupKind::Channel;
        self.user_mut(user);
        let update = json!({
            "chat": self.with_chat(chat, |chat| json!(chat)),
            "from": self.user_json(user),
            "date": unix_now(),
            "old_chat_member": self.member_json(user, old),
            "new_chat_member": self.member_json(user, standing),
        });
        if tell {
            self.queue.push("chat_member", chat, &update.to_string());
            match (old.present(), standing.present()) {
                (false, true) => {
                    let members = json!([self.user_json(user)]);
                    self.service(chat, user, "new_chat_members", members);
                }
                (true, false) => self.service(chat, user, "left_chat_member", self.user_json(user)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whoever writes in a group is in it.
    pub(super) fn join_if_new(&mut self, chat: i64, user: i64) -> Result<(), SimError> {
        let group = self
            .groups
            .get_mut(&chat)
            .ok_or_else(|| SimError::new("no such group"))?;
        if let Some(new) = group.migrated_to {
            return Err(SimError::new(format!("the group became {new}")));
        }
        if *group.members.entry(user).or_insert(Standing::Member) == Standing::Kicked {
            return Err(SimError::new("the resident was removed from the group"));
        }
        self.user_mut(user);
        Ok(())
    }

    /// Whether the bot gets to see a message of a group, as its privacy mode says.
    pub(super) fn reaches_bot(&self, chat: i64, message: &Message) -> bool {
        let Some(group) = self.groups.get(&chat).filter(|g| g.bot.present()) else {
            return false;
        };
        if !self.config.privacy_mode || group.bot.manages() || group.kind == GroupKind::Channel {
            return true;
        }
        let reply = message.reply_to.and_then(|id| self.message(chat, id));
        if reply.is_some_and(Message::by_bot) {
            return true;
        }
        let name = format!("@{}", self.username);
        message.entities.iter().any(|e| {
            let text = utf16_slice(&message.plain, e.offset, e.length);
            let to_me = text.to_lowercase().ends_with(&name.to_lowercase());
            match e.kind {
                "mention" => text.eq_ignore_ascii_case(&name),
                "bot_command" => to_me || !text.contains('@'),
                _ => false,
            }
        })
    }
}

/// Part of a text by UTF-16 units.
fn utf16_slice(text: &str, offset: u32, length: u32) -> String {
    let units = text
        .encode_utf16()
        .skip(offset as usize)
        .take(length as usize);
    char::decode_utf16(units)
        .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}
