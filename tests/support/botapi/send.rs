//! Sending, editing and deleting messages.

use std::borrow::Cow;
use std::time::Instant;

use serde_json::{Value, json};

use super::model::{Edit, Message};
use super::params::Params;
use super::state::{State, unix_now};
use super::text::{Formatted, format};
use super::{ApiError, Reply};

const TEXT_LIMIT: u32 = 4096;
const CAPTION_LIMIT: u32 = 1024;

/// What is checked before the state is locked.
pub(super) struct Prepared {
    formatted: Formatted,
}

/// Parses the text and checks the keyboard of a send or edit.
pub(super) fn prepare(method: &str, params: &Params) -> Result<Prepared, ApiError> {
    if let Some(markup) = params.values.get("reply_markup") {
        check_keyboard(markup)?;
    }
    let formatted = match method {
        "sendMessage" | "editMessageText" => {
            let formatted =
                format(params, "text", "parse_mode", "entities").map_err(ApiError::bad)?;
            if formatted.plain.is_empty() {
                return Err(ApiError::bad("message text is empty"));
            }
            if formatted.units() > TEXT_LIMIT {
                return Err(ApiError::bad("message is too long"));
            }
            formatted
        }
        "sendPhoto" => {
            let formatted = format(params, "caption", "parse_mode", "caption_entities")
                .map_err(ApiError::bad)?;
            if formatted.units() > CAPTION_LIMIT {
                return Err(ApiError::bad("message caption is too long"));
            }
            formatted
        }
        _ => Formatted::default(),
    };
    Ok(Prepared { formatted })
}

fn check_keyboard(markup: &Value) -> Result<(), ApiError> {
    let Some(rows) = markup.get("inline_keyboard").and_then(Value::as_array) else {
        return Ok(());
    };
    let mut count = 0;
    for button in rows.iter().filter_map(Value::as_array).flatten() {
        count += 1;
        let text = button["text"].as_str().unwrap_or_default();
        if text.trim().is_empty() {
            return Err(ApiError::bad("BUTTON_TEXT_INVALID"));
        }
        let fields = button.as_object().map_or(0, serde_json::Map::len);
        let looks = ["text", "icon_custom_emoji_id", "style"];
        match fields
            - looks
                .iter()
                .filter(|name| button.get(**name).is_some())
                .count()
        {
            0 => {
                return Err(ApiError::bad(
                    "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard",
                ));
            }
            1 => {}
            _ => return Err(ApiError::bad("BUTTON_TYPE_INVALID")),
        }
        if let Some(data) = button["callback_data"].as_str()
            && !(1..=64).contains(&data.len())
        {
            return Err(ApiError::bad("BUTTON_DATA_INVALID"));
        }
        if let Some(url) = button["url"].as_str()
            && super::text::link(url).is_err()
        {
            return Err(ApiError::bad(format!(
                "inline keyboard button URL '{url}' is invalid"
            )));
        }
        if button["copy_text"]["text"]
            .as_str()
            .is_some_and(|t| t.is_empty() || t.chars().count() > 256)
        {
            return Err(ApiError::bad("BUTTON_COPY_TEXT_INVALID"));
        }
    }
    if count > 100
        || rows
            .iter()
            .filter_map(Value::as_array)
            .any(|row| row.len() > 8)
    {
        return Err(ApiError::bad("REPLY_MARKUP_TOO_LONG"));
    }
    Ok(())
}

/// An empty inline keyboard is no keyboard.
fn markup(params: &Params) -> Option<Value> {
    let markup = params.values.get("reply_markup")?;
    let rows = markup.get("inline_keyboard").and_then(Value::as_array);
    let empty =
        rows.is_some_and(|rows| rows.iter().all(|r| r.as_array().is_none_or(Vec::is_empty)));
    (!empty).then(|| markup.clone())
}

impl State {
    /// `sendMessage` and `sendPhoto`.
    pub(super) fn send(&mut self, method: &str, params: &Params, prepared: Prepared) -> Reply {
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        let group = self.check_chat(chat_id)?;
        let reply_to = self.reply_target(chat_id, params)?;
        let content = if method == "sendPhoto" {
            Some(photo(params)?)
        } else {
            None
        };
        let now = Instant::now();
        self.limits
            .admit(chat_id, group, params.flag("allow_paid_broadcast"), now)
            .map_err(ApiError::too_many)?;

        let message_id = self.next_message_id(chat_id);
        let mut message = Message::new(chat_id, message_id, None, unix_now());
        message.plain = prepared.formatted.plain;
        message.entities = prepared.formatted.entities;
        message.reply_markup = markup(params);
        message.reply_to = reply_to;
        message.protected = params.flag("protect_content");
        message.link_preview_options = params.values.get("link_preview_options").cloned();
        message.content = content;
        let json = self.message_json(&message);
        if self.stores(chat_id) {
            let text = if method == "sendPhoto" {
                "caption"
            } else {
                "text"
            };
            message.text = params.text(text).unwrap_or_default().to_owned();
            message.parse_mode = params.text("parse_mode").map(str::to_owned);
            message.silent = params.flag("disable_notification");
            message.file = params.file("photo").cloned();
            self.store(message);
        }
        self.bot_said(chat_id, now);
        Ok(json)
    }

    /// Tells the load generators that a message of the bot arrived.
    fn bot_said(&mut self, chat_id: i64, now: Instant) {
        if let Some(watch) = &mut self.watch {
            watch.arrived(chat_id, now);
        }
        if let Some(questions) = &mut self.questions {
            questions.answered(chat_id, now, &mut self.queue, &mut self.last_message_id);
        }
    }

    fn reply_target(&self, chat_id: i64, params: &Params) -> Result<Option<i64>, ApiError> {
        let Some(reply) = params.values.get("reply_parameters") else {
            return Ok(None);
        };
        let Some(id) = reply["message_id"].as_i64() else {
            return Ok(None);
        };
        if reply
            .get("chat_id")
            .is_some_and(|c| self.chat_id(Some(c)).ok() != Some(chat_id))
        {
            return Ok(None);
        }
        let known = self.message(chat_id, id).is_some_and(|m| !m.deleted);
        if known || !self.stores(chat_id) {
            Ok(Some(id))
        } else if reply["allow_sending_without_reply"] == Value::Bool(true) {
            Ok(None)
        } else {
            Err(ApiError::bad("message to be replied not found"))
        }
    }

    /// `editMessageText` and `editMessageReplyMarkup`.
    pub(super) fn edit(&mut self, method: &str, params: &Params, prepared: Prepared) -> Reply {
        if params.values.contains_key("inline_message_id") {
            return Err(ApiError::bad("MESSAGE_ID_INVALID"));
        }
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        let group = self.check_chat(chat_id)?;
        let id = params.int("message_id");
        let id = id.ok_or_else(|| ApiError::bad("message identifier is not specified"))?;
        let edits_text = method == "editMessageText";
        if self.limits.limits.count_edits {
            self.limits
                .admit(chat_id, group, false, Instant::now())
                .map_err(ApiError::too_many)?;
        }
        if !self.stores(chat_id) {
            return self.edit_unknown(chat_id, id, params, prepared);
        }
        let not_found = || ApiError::bad("message to edit not found");
        let message = self
            .message_mut(chat_id, id)
            .filter(|m| !m.deleted)
            .ok_or_else(not_found)?;
        if !message.by_bot() {
            return Err(ApiError::bad("message can't be edited"));
        }
        if edits_text && message.content.is_some() {
            return Err(ApiError::bad("there is no text in the message to edit"));
        }
        let new_markup = markup(params);
        let f = prepared.formatted;
        let same_text = !edits_text || (message.plain == f.plain && message.entities == f.entities);
        if same_text && message.reply_markup == new_markup {
            return Err(ApiError::bad(
                "message is not modified: specified new message content and reply markup are \
                 exactly the same as a current content and reply markup of the message",
            ));
        }
        let before = Edit {
            text: message.text.clone(),
            plain: message.plain.clone(),
            reply_markup: std::mem::replace(&mut message.reply_markup, new_markup),
        };
        message.edits.push(before);
        message.edit_date = Some(unix_now());
        if edits_text {
            (message.plain, message.entities) = (f.plain, f.entities);
            message.text = params.text("text").unwrap_or_default().to_owned();
            message.parse_mode = params.text("parse_mode").map(str::to_owned);
            message.link_preview_options = params.values.get("link_preview_options").cloned();
        }
        let message = self.message(chat_id, id).ok_or_else(not_found)?;
        Ok(self.message_json(message))
    }

    /// An edit of a message that was not kept: taken as it is.
    fn edit_unknown(&self, chat_id: i64, id: i64, params: &Params, prepared: Prepared) -> Reply {
        if !(1..=self.last_message_id).contains(&id) {
            return Err(ApiError::bad("message to edit not found"));
        }
        let mut message = Message::new(chat_id, id, None, unix_now());
        message.plain = prepared.formatted.plain;
        message.entities = prepared.formatted.entities;
        message.reply_markup = markup(params);
        message.edit_date = Some(message.date);
        Ok(self.message_json(&message))
    }

    /// `deleteMessage`.
    pub(super) fn delete(&mut self, params: &Params) -> Reply {
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        let group = self.check_chat(chat_id)?;
        let id = params.int("message_id").unwrap_or_default();
        if !self.stores(chat_id) {
            return Ok("true".to_owned());
        }
        let manages = self.groups.get(&chat_id).is_some_and(|g| g.bot.manages());
        let found = self.message_mut(chat_id, id).filter(|m| !m.deleted);
        let message = found.ok_or_else(|| ApiError::bad("message to delete not found"))?;
        if group && !message.by_bot() && !manages {
            return Err(ApiError::bad("message can't be deleted"));
        }
        // Bot API, `deleteMessage`: only if it was sent less than 48 hours ago.
        if unix_now() - message.date >= 48 * 3_600 && !(group && manages) {
            return Err(ApiError::bad("message can't be deleted for everyone"));
        }
        message.deleted = true;
        Ok("true".to_owned())
    }

    /// `pinChatMessage`.
    pub(super) fn pin(&mut self, params: &Params) -> Reply {
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        let group = self.check_chat(chat_id)?;
        if group && !self.groups.get(&chat_id).is_some_and(|g| g.bot.manages()) {
            return Err(ApiError::bad(
                "not enough rights to manage pinned messages in the chat",
            ));
        }
        let id = params.int("message_id").unwrap_or_default();
        if self.stores(chat_id) {
            let found = self.message_mut(chat_id, id).filter(|m| !m.deleted);
            found
                .ok_or_else(|| ApiError::bad("message to pin not found"))?
                .pinned = true;
        }
        Ok("true".to_owned())
    }

    /// `setMessageReaction`.
    pub(super) fn react(&mut self, params: &Params) -> Reply {
        let chat_id = self.chat_id(params.values.get("chat_id"))?;
        self.check_chat(chat_id)?;
        let reactions = params.values.get("reaction").and_then(Value::as_array);
        let emoji = |r: &Value| {
            r["emoji"]
                .as_str()
                .or(r["custom_emoji_id"].as_str())
                .map(str::to_owned)
        };
        let reactions: Vec<String> = reactions.into_iter().flatten().filter_map(emoji).collect();
        if reactions.len() > 1 {
            return Err(ApiError::bad("REACTIONS_TOO_MANY"));
        }
        let id = params.int("message_id").unwrap_or_default();
        if self.stores(chat_id) {
            let found = self.message_mut(chat_id, id).filter(|m| !m.deleted);
            found
                .ok_or_else(|| ApiError::bad("message to react not found"))?
                .reactions = reactions;
        }
        Ok("true".to_owned())
    }
}

fn photo(params: &Params) -> Result<(Cow<'static, str>, Value), ApiError> {
    let source = params.text("photo").unwrap_or_default();
    let size = match params.file("photo") {
        Some(file) if file.size == 0 => return Err(ApiError::bad("file must be non-empty")),
        Some(file) => file.size,
        None if source.is_empty() => return Err(ApiError::bad("there is no photo in the request")),
        None if source.starts_with("attach://") => {
            return Err(ApiError::bad(format!(
                "can't find the uploaded file {source}"
            )));
        }
        None => 1000,
    };
    let id = |suffix: &str| format!("sim-photo-{size}{suffix}");
    let photo = json!([
        {"file_id": id("-s"), "file_unique_id": id("-su"), "width": 90, "height": 90, "file_size": 900},
        {"file_id": id(""), "file_unique_id": id("-u"), "width": 800, "height": 800, "file_size": size},
    ]);
    Ok((Cow::Borrowed("photo"), photo))
}
