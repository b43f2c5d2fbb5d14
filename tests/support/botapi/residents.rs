//! What residents do: writing, pressing buttons, sending odd things, blocking the bot.

use std::borrow::Cow;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::bot::{SimBot, SimError};
use super::model::{Message, Standing, User, json as to_json};
use super::state::{Press, State, unix_now};
use super::text::detect;

/// A text a resident writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Say {
    /// Who writes.
    pub user: i64,
    /// Where; the private chat when `None`.
    pub chat: Option<i64>,
    /// Text; its entities are computed as Telegram does.
    pub text: String,
    /// Message that is answered.
    pub reply_to: Option<i64>,
    /// Instead of a text, or with the text as caption.
    pub media: Option<Media>,
}

/// Something that is not text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Media {
    /// Sticker.
    Sticker,
    /// Voice message.
    Voice,
    /// Photo, with the text as caption.
    Photo,
    /// Location.
    Location,
    /// Contact.
    Contact,
    /// Any field of a message with any content.
    Other(String, Value),
}

/// A message a resident sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Number of the message.
    pub message_id: i64,
    /// Number of the update, unless the bot does not get one (privacy mode, `allowed_updates`).
    pub update_id: Option<i64>,
}

/// Which button is pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PressTarget {
    /// The button with this label.
    Label(String),
    /// The button with this callback data.
    Data(String),
    /// Callback data no button needs to have.
    Forged(String),
}

/// A button press.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pressed {
    /// Identifier to be answered.
    pub id: String,
    /// Number of the update.
    pub update_id: Option<i64>,
}

impl SimBot {
    /// A resident writes in the private chat; returns what became of it.
    pub fn say(&self, user: i64, text: &str) -> Said {
        let say = Say {
            user,
            text: text.to_owned(),
            ..Say::default()
        };
        // Invariant: only messages in groups can fail.
        self.with(|state| state.say(&say))
            .expect("private messages always arrive")
    }

    /// A resident writes in a group.
    ///
    /// # Errors
    ///
    /// When there is no such group or the resident was removed from it.
    pub fn say_in(&self, chat: i64, user: i64, text: &str) -> Result<Said, SimError> {
        self.say_with(&Say {
            user,
            chat: Some(chat),
            text: text.to_owned(),
            ..Say::default()
        })
    }

    /// A resident sends any kind of message.
    ///
    /// # Errors
    ///
    /// As [`Self::say_in`].
    pub fn say_with(&self, say: &Say) -> Result<Said, SimError> {
        self.with(|state| state.say(say))
    }

    /// A resident sends something that is not text in the private chat.
    pub fn send_media(&self, user: i64, media: Media) -> Said {
        let say = Say {
            user,
            media: Some(media),
            ..Say::default()
        };
        // Invariant: only messages in groups can fail.
        self.with(|state| state.say(&say))
            .expect("private messages always arrive")
    }

    /// A resident changes an own message.
    ///
    /// # Errors
    ///
    /// When there is no such message of the resident.
    pub fn edit_said(
        &self,
        chat: i64,
        user: i64,
        message_id: i64,
        text: &str,
    ) -> Result<Option<i64>, SimError> {
        self.with(|state| {
            let found = state
                .message_mut(chat, message_id)
                .filter(|m| m.from == Some(user));
            let message = found.ok_or_else(|| SimError::new("no such message of this resident"))?;
            text.clone_into(&mut message.text);
            text.clone_into(&mut message.plain);
            message.entities = detect(text);
            message.edit_date = Some(unix_now());
            let message = message.clone();
            let payload = state.message_json(&message);
            Ok(state.queue.push("edited_message", chat, &payload))
        })
    }

    /// A resident presses a button.
    ///
    /// # Errors
    ///
    /// When the message has no such button (never for [`PressTarget::Forged`]).
    pub fn press(
        &self,
        user: i64,
        chat: i64,
        message_id: i64,
        target: &PressTarget,
    ) -> Result<Pressed, SimError> {
        self.with(|state| state.press(user, chat, message_id, target))
    }

    /// A resident presses the button with this label under the bot's last message in the private chat.
    ///
    /// # Errors
    ///
    /// When there is no such button.
    pub fn press_last(&self, user: i64, label: &str) -> Result<Pressed, SimError> {
        self.with(|state| {
            let last = state.last_bot_message(user).map(|m| m.message_id);
            let id = last.ok_or_else(|| SimError::new("no message of the bot"))?;
            state.press(user, user, id, &PressTarget::Label(label.to_owned()))
        })
    }

    /// A resident votes in a poll of Telegram's own kind.
    pub fn poll_answer(&self, user: i64, poll_id: &str, option_ids: &[i64]) -> Option<i64> {
        self.with(|state| {
            state.start_user(user);
            let wire = state.user_json(user);
            let keys: Vec<String> = option_ids.iter().map(i64::to_string).collect();
            let answer = json!({
                "poll_id": poll_id, "user": wire, "option_ids": option_ids,
                "option_persistent_ids": keys,
            });
            state.queue.push("poll_answer", user, &answer.to_string())
        })
    }

    /// Queues an update with these fields (`update_id` is added), whatever they are: an unknown
    /// kind, a field of a wrong type, nothing at all.
    pub fn odd_update(&self, mut fields: Map<String, Value>) -> i64 {
        self.with(|state| {
            let id = state.queue.next_id();
            fields.entry("update_id").or_insert_with(|| id.into());
            state
                .queue
                .push_raw(0, Value::Object(fields).to_string().into());
            id
        })
    }

    /// An update of a kind nobody knows.
    pub fn unknown_update(&self) -> i64 {
        self.odd_update(Map::from_iter([(
            "quantum_message".to_owned(),
            json!({"spin": "up"}),
        )]))
    }

    /// An update with fields of wrong types.
    pub fn unparsable_update(&self) -> i64 {
        let message = json!({"message_id": "not a number", "date": [], "chat": 17, "text": {}});
        self.odd_update(Map::from_iter([("message".to_owned(), message)]))
    }

    /// An update without any content.
    pub fn empty_update(&self) -> i64 {
        self.odd_update(Map::new())
    }

    /// A resident blocks the bot.
    pub fn block(&self, user: i64) -> Option<i64> {
        self.with(|state| state.set_blocked(user, true))
    }

    /// A resident lets the bot write again.
    pub fn unblock(&self, user: i64) -> Option<i64> {
        self.with(|state| state.set_blocked(user, false))
    }

    /// A resident's account is deleted.
    pub fn deactivate(&self, user: i64) {
        self.with(|state| state.user_mut(user).deactivated = true);
    }

    /// Sets what is known about a resident.
    pub fn set_user(&self, id: i64, user: User) {
        self.with(|state| state.users.insert(id, user));
    }

    /// Sets the language of a resident's Telegram.
    pub fn set_language(&self, user: i64, language_code: Option<&str>) {
        self.with(|state| {
            state.user_mut(user).language_code = language_code.map(str::to_owned);
        });
    }
}

impl State {
    /// The resident as on the wire.
    pub(super) fn user_json(&self, id: i64) -> Value {
        let user = self.user(id).unwrap_or_default();
        // Invariant: `to_json` writes JSON.
        serde_json::from_str(&to_json(&user.wire(id))).expect("own JSON")
    }

    /// The private chat comes into being; a resident who blocked the bot has to unblock it first.
    fn start_user(&mut self, id: i64) {
        match self.user(id) {
            Some(user) if user.started && !user.blocked => return,
            Some(user) if user.blocked => {
                self.set_blocked(id, false);
            }
            _ => {}
        }
        self.user_mut(id).started = true;
    }

    fn say(&mut self, say: &Say) -> Result<Said, SimError> {
        let chat = say.chat.unwrap_or(say.user);
        if chat == say.user {
            self.start_user(say.user);
        } else {
            self.join_if_new(chat, say.user)?;
        }
        let id = self.next_message_id(chat);
        let mut message = Message::new(chat, id, Some(say.user), unix_now());
        message.text.clone_from(&say.text);
        message.plain.clone_from(&say.text);
        message.entities = detect(&say.text);
        message.reply_to = say.reply_to;
        message.content = say
            .media
            .as_ref()
            .map(|media| self.content(say.user, media));
        let wanted = chat == say.user || self.reaches_bot(chat, &message);
        let payload = self.message_json(&message);
        self.store(message);
        let channel = self
            .groups
            .get(&chat)
            .is_some_and(|g| g.kind == super::GroupKind::Channel);
        let kind = if channel { "channel_post" } else { "message" };
        let update_id = if wanted {
            self.queue.push(kind, chat, &payload)
        } else {
            None
        };
        Ok(Said {
            message_id: id,
            update_id,
        })
    }

    fn content(&self, user: i64, media: &Media) -> (Cow<'static, str>, Value) {
        let id = |kind: &str| format!("sim-{kind}-{user}");
        let (key, value) = match media {
            Media::Sticker => (
                "sticker",
                json!({
                    "file_id": id("sticker"), "file_unique_id": id("stickeru"), "type": "regular",
                    "width": 512, "height": 512, "is_animated": false, "is_video": false,
                    "emoji": "👍", "file_size": 20000,
                }),
            ),
            Media::Voice => (
                "voice",
                json!({
                    "file_id": id("voice"), "file_unique_id": id("voiceu"), "duration": 3,
                    "mime_type": "audio/ogg", "file_size": 9000,
                }),
            ),
            Media::Photo => (
                "photo",
                json!([
                    {"file_id": id("s"), "file_unique_id": id("su"), "width": 90, "height": 60, "file_size": 900},
                    {"file_id": id("l"), "file_unique_id": id("lu"), "width": 1280, "height": 853, "file_size": 90000},
                ]),
            ),
            Media::Location => (
                "location",
                json!({"latitude": 60.1699, "longitude": 24.9384}),
            ),
            Media::Contact => (
                "contact",
                json!({"phone_number": "+358401234567", "first_name": "Aino", "user_id": user}),
            ),
            Media::Other(key, value) => return (Cow::Owned(key.clone()), value.clone()),
        };
        (Cow::Borrowed(key), value)
    }

    fn press(
        &mut self,
        user: i64,
        chat: i64,
        message_id: i64,
        target: &PressTarget,
    ) -> Result<Pressed, SimError> {
        if chat == user {
            self.start_user(user);
        } else {
            self.join_if_new(chat, user)?;
        }
        let message = self.message(chat, message_id).filter(|m| !m.deleted);
        let none = || SimError::new(format!("message {message_id} has no button {target:?}"));
        let data = match target {
            PressTarget::Forged(data) => data.clone(),
            PressTarget::Label(label) => message
                .and_then(|m| m.callback_data(label))
                .ok_or_else(none)?,
            PressTarget::Data(data) => message
                .and_then(|m| m.all_callback_data().into_iter().find(|d| d == data))
                .ok_or_else(none)?,
        };
        let message = match message {
            Some(message) => self.message_json(message),
            None => {
                let chat = self.with_chat(chat, |chat| json!(chat));
                json!({"chat": chat, "message_id": message_id, "date": 0}).to_string()
            }
        };
        self.last_press += 1;
        let id = self.last_press;
        self.presses.insert(
            id,
            Press {
                user,
                data: data.clone(),
                at: Instant::now(),
            },
        );
        let payload = format!(
            "{{\"id\":\"{id}\",\"from\":{},\"message\":{message},\"chat_instance\":\"{}\",\"data\":{}}}",
            self.user_json(user),
            chat.wrapping_mul(7_919),
            Value::from(data),
        );
        let update_id = self.queue.push("callback_query", user, &payload);
        Ok(Pressed {
            id: id.to_string(),
            update_id,
        })
    }

    fn set_blocked(&mut self, user: i64, blocked: bool) -> Option<i64> {
        let known = self.user_mut(user);
        known.started = true;
        if std::mem::replace(&mut known.blocked, blocked) == blocked {
            return None;
        }
        let (old, new) = (Standing::Member, Standing::Kicked);
        let (old, new) = if blocked { (old, new) } else { (new, old) };
        let update = json!({
            "chat": self.with_chat(user, |chat| json!(chat)),
            "from": self.user_json(user),
            "date": unix_now(),
            "old_chat_member": self.member_json(self.bot_id, old),
            "new_chat_member": self.member_json(self.bot_id, new),
        });
        self.queue.push("my_chat_member", user, &update.to_string())
    }
}
