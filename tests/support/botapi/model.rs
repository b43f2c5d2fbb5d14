//! What the simulator remembers: messages, residents, groups; and how they look on the wire.

use std::borrow::Cow;
use std::collections::HashMap;

use serde::ser::SerializeMap as _;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::params::UploadedFile;
use super::text::Entity;

/// A button of an inline keyboard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Button {
    /// Label.
    pub text: String,
    /// Callback data, for a callback button.
    pub callback_data: Option<String>,
    /// Link, for a link button.
    pub url: Option<String>,
}

/// An earlier version of a message.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edit {
    /// Text before the edit, as sent.
    pub text: String,
    /// Plain text before the edit.
    pub plain: String,
    /// Keyboard before the edit.
    pub reply_markup: Option<Value>,
}

/// A message of a chat.
#[derive(Clone, Debug, Serialize)]
pub struct Message {
    /// Chat.
    pub chat_id: i64,
    /// Number in the chat.
    pub message_id: i64,
    /// Unix time.
    pub date: i64,
    /// Who wrote it; `None` is the bot.
    pub from: Option<i64>,
    /// Text or caption as sent, with markup.
    pub text: String,
    /// Text or caption without markup.
    pub plain: String,
    /// Entities of the plain text.
    pub entities: Vec<Entity>,
    /// Parse mode as sent.
    pub parse_mode: Option<String>,
    /// Keyboard as sent.
    pub reply_markup: Option<Value>,
    /// Number of the message this one answers.
    pub reply_to: Option<i64>,
    /// Earlier versions, oldest first.
    pub edits: Vec<Edit>,
    /// Unix time of the last edit.
    pub edit_date: Option<i64>,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Whether it was pinned.
    pub pinned: bool,
    /// Reactions the bot set.
    pub reactions: Vec<String>,
    /// `disable_notification` as sent.
    pub silent: bool,
    /// `protect_content` as sent.
    pub protected: bool,
    /// `link_preview_options` as sent.
    pub link_preview_options: Option<Value>,
    /// Uploaded file of a photo the bot sent.
    pub file: Option<UploadedFile>,
    /// Field name and value of anything that is not text, such as `sticker` or a service message.
    pub content: Option<(Cow<'static, str>, Value)>,
}

impl Message {
    /// An empty message.
    pub fn new(chat_id: i64, message_id: i64, from: Option<i64>, date: i64) -> Self {
        Self {
            chat_id,
            message_id,
            date,
            from,
            text: String::new(),
            plain: String::new(),
            entities: Vec::new(),
            parse_mode: None,
            reply_markup: None,
            reply_to: None,
            edits: Vec::new(),
            edit_date: None,
            deleted: false,
            pinned: false,
            reactions: Vec::new(),
            silent: false,
            protected: false,
            link_preview_options: None,
            file: None,
            content: None,
        }
    }

    /// Whether the bot sent it.
    pub fn by_bot(&self) -> bool {
        self.from.is_none()
    }

    /// Rows of the inline keyboard.
    pub fn buttons(&self) -> Vec<Vec<Button>> {
        let rows = self
            .reply_markup
            .as_ref()
            .and_then(|m| m["inline_keyboard"].as_array());
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let button = |b: &Value| Button {
            text: text(&b["text"]).unwrap_or_default(),
            callback_data: text(&b["callback_data"]),
            url: text(&b["url"]),
        };
        let row = |row: &Value| row.as_array().into_iter().flatten().map(button).collect();
        rows.into_iter().flatten().map(row).collect()
    }

    /// Callback data of the button with this label.
    pub fn callback_data(&self, label: &str) -> Option<String> {
        let mut all = self.buttons().into_iter().flatten();
        all.find(|b| b.text == label && b.callback_data.is_some())
            .and_then(|b| b.callback_data)
    }

    /// Callback data of all buttons.
    pub fn all_callback_data(&self) -> Vec<String> {
        self.buttons()
            .into_iter()
            .flatten()
            .filter_map(|b| b.callback_data)
            .collect()
    }
}

/// A resident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// First name.
    pub first_name: String,
    /// User name, without `@`.
    pub username: Option<String>,
    /// Language of the resident's Telegram.
    pub language_code: Option<String>,
    /// Whether the private chat with the bot exists.
    pub started: bool,
    /// Whether the bot is blocked.
    pub blocked: bool,
    /// Whether the account was deleted.
    pub deactivated: bool,
}

impl Default for User {
    fn default() -> Self {
        Self {
            first_name: "Resident".to_owned(),
            username: None,
            language_code: Some("fi".to_owned()),
            started: true,
            blocked: false,
            deactivated: false,
        }
    }
}

impl User {
    pub(super) fn wire(&self, id: i64) -> WireUser<'_> {
        WireUser {
            id,
            is_bot: false,
            first_name: &self.first_name,
            username: self.username.as_deref(),
            language_code: self.language_code.as_deref(),
        }
    }
}

/// Kind of a chat with several members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    /// Basic group.
    Group,
    /// Supergroup.
    Supergroup,
    /// Channel.
    Channel,
}

impl GroupKind {
    /// Telegram's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Supergroup => "supergroup",
            Self::Channel => "channel",
        }
    }
}

/// A member's standing in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// Owner.
    Creator,
    /// Administrator.
    Administrator,
    /// Member.
    Member,
    /// Not in the group.
    Left,
    /// Removed.
    Kicked,
}

impl Standing {
    /// Whether messages reach the member.
    pub fn present(self) -> bool {
        !matches!(self, Self::Left | Self::Kicked)
    }

    /// Whether the member may manage the group.
    pub fn manages(self) -> bool {
        matches!(self, Self::Creator | Self::Administrator)
    }
}

/// A group, supergroup or channel.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Kind.
    pub kind: GroupKind,
    /// Title.
    pub title: String,
    /// Public name, without `@`.
    pub username: Option<String>,
    /// Members other than the bot.
    pub members: HashMap<i64, Standing>,
    /// The bot's standing.
    pub bot: Standing,
    /// The supergroup this group became.
    pub migrated_to: Option<i64>,
    /// Number of the last message; only supergroups and channels count by themselves.
    pub(super) last_message_id: i64,
}

/// An answer to a button press.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CallbackAnswer {
    /// Identifier of the press.
    pub id: String,
    /// Who pressed.
    pub user: i64,
    /// Callback data of the press.
    pub data: String,
    /// Text shown, if any.
    pub text: Option<String>,
    /// Whether it was shown as an alert.
    pub show_alert: bool,
    /// Link opened.
    pub url: Option<String>,
}

#[derive(Serialize)]
pub(super) struct WireUser<'a> {
    pub id: i64,
    pub is_bot: bool,
    pub first_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct WireChat<'a> {
    pub id: i64,
    #[serde(rename = "type")]
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<&'a str>,
}

/// A message as Telegram sends it.
pub(super) struct WireMessage<'a> {
    pub message: &'a Message,
    pub from: WireUser<'a>,
    pub chat: &'a WireChat<'a>,
    pub reply_to: Option<Box<WireMessage<'a>>>,
}

impl Serialize for WireMessage<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let m = self.message;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message_id", &m.message_id)?;
        if self.chat.kind == "channel" {
            map.serialize_entry("sender_chat", self.chat)?;
        } else {
            map.serialize_entry("from", &self.from)?;
        }
        map.serialize_entry("chat", self.chat)?;
        map.serialize_entry("date", &m.date)?;
        if let Some(date) = m.edit_date {
            map.serialize_entry("edit_date", &date)?;
        }
        if let Some(reply) = &self.reply_to {
            map.serialize_entry("reply_to_message", reply)?;
        }
        let (text, entities) = match &m.content {
            Some((key, value)) => {
                map.serialize_entry(key, value)?;
                ("caption", "caption_entities")
            }
            None => ("text", "entities"),
        };
        if m.content.is_none() || !m.plain.is_empty() {
            map.serialize_entry(text, &m.plain)?;
        }
        if !m.entities.is_empty() {
            map.serialize_entry(entities, &m.entities)?;
        }
        if let Some(options) = &m.link_preview_options {
            map.serialize_entry("link_preview_options", options)?;
        }
        if m.protected {
            map.serialize_entry("has_protected_content", &true)?;
        }
        // Only inline keyboards come back in messages.
        if let Some(markup) = m
            .reply_markup
            .as_ref()
            .filter(|m| m.get("inline_keyboard").is_some())
        {
            map.serialize_entry("reply_markup", markup)?;
        }
        map.end()
    }
}

/// Serializes something that can't fail to serialize: plain structs, maps with text keys.
pub(super) fn json(value: &impl Serialize) -> String {
    let mut out = Vec::with_capacity(512);
    // Invariant: no map with keys other than texts, no failing Serialize is ever passed here.
    serde_json::to_writer(&mut out, value).expect("plain data serializes");
    String::from_utf8(out).expect("serde_json writes UTF-8")
}
