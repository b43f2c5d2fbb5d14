//! Turns updates (Bot API, "Getting updates") into events.
//!
//! Not by way of teloxide's `Update`, which speaks Bot API 9.1 and makes anything it can't read an
//! error without content. Here an update is read as far as it matters, each by itself, so a bad
//! one stops nothing; and one that can't be read but names a chat is still an event, as unknown
//! input never gets silence.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;

use super::wire::{self, Callback, Member, Membership, Message, Update, User};
use super::{Me, addressed};
use crate::domain::{ChannelKind, Chat, Inbound, Input, Lang, Media, Millis};

/// The kinds of updates asked for: exactly those read here.
pub const ALLOWED_UPDATES: [&str; 4] = [
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
];

/// An event and the button press to be answered, if it is one.
#[derive(Clone, Debug)]
pub struct Received {
    /// The event.
    pub inbound: Inbound,
    /// `CallbackQuery.id`.
    pub callback_id: Option<String>,
}

/// What an update holds for the bot.
#[derive(Clone, Debug)]
pub enum Content {
    /// An event.
    Event(Box<Received>),
    /// Nothing that concerns the bot.
    Nothing,
    /// It can't be read. The event stands for it if at least its chat is known.
    Unreadable(Option<Box<Received>>),
}

/// An update, read.
#[derive(Clone, Debug)]
pub struct Read {
    /// `update_id`, wherever it can be made out.
    pub update_id: Option<i64>,
    /// What it holds.
    pub content: Content,
}

/// Reads the JSON of one update, received by bot `me` at `now`. Never fails.
#[must_use]
pub fn read(json: &str, me: &Me, now: Millis) -> Read {
    let outline = serde_json::from_str::<Update<'_>>(json);
    let content = outline.and_then(|update| Ok((update.update_id, content(&update, me, now)?)));
    match content {
        Ok((update_id, Some(received))) => Read {
            update_id: Some(update_id),
            content: Content::Event(Box::new(received)),
        },
        Ok((update_id, None)) => Read {
            update_id: Some(update_id),
            content: Content::Nothing,
        },
        Err(_) => salvage(json, now),
    }
}

fn content(
    update: &Update<'_>,
    me: &Me,
    now: Millis,
) -> Result<Option<Received>, serde_json::Error> {
    let frame = Frame {
        update_id: update.update_id,
        now,
    };
    if let Some(raw) = update.message {
        let message: Message<'_> = serde_json::from_str(raw.get())?;
        let input = said(&message, raw.get(), me);
        return Ok(input.map(|input| frame.event(&message.chat, message.from.as_ref(), input)));
    }
    if let Some(raw) = update.edited_message {
        let message: Message<'_> = serde_json::from_str(raw.get())?;
        let input = words(&message, me).map(Input::Edited);
        return Ok(input.map(|input| frame.event(&message.chat, message.from.as_ref(), input)));
    }
    if let Some(raw) = update.callback_query {
        return Ok(pressed(&frame, serde_json::from_str(raw.get())?));
    }
    if let Some(raw) = update.my_chat_member {
        let member: Membership<'_> = serde_json::from_str(raw.get())?;
        let input = membership(&member);
        return Ok(input.map(|input| frame.event(&member.chat, member.from.as_ref(), input)));
    }
    tracing::debug!("an update of a kind that was not asked for");
    Ok(None)
}

/// What every event of an update shares.
struct Frame {
    update_id: i64,
    now: Millis,
}

impl Frame {
    fn event(&self, chat: &wire::Chat<'_>, from: Option<&User<'_>>, input: Input) -> Received {
        let language = from.and_then(|from| from.language_code.as_deref());
        Received {
            inbound: Inbound {
                channel: ChannelKind::Telegram,
                address: chat.id.to_string(),
                external_id: self.update_id.to_string(),
                chat: if &*chat.kind == "private" {
                    Chat::Direct
                } else {
                    Chat::Group
                },
                lang_hint: language.and_then(Lang::from_tag),
                input,
                on_message: None,
                message: None,
                thread: None,
                received_at: self.now,
            },
            callback_id: None,
        }
    }
}

/// What a message says, if it is for the bot.
fn said(message: &Message<'_>, raw: &str, me: &Me) -> Option<Input> {
    if let Some(to) = message.migrate_to_chat_id {
        return Some(Input::Moved(to.to_string()));
    }
    if message.text.is_some() || message.caption.is_some() {
        return words(message, me).map(spoken);
    }
    let direct = &*message.chat.kind == "private";
    if !concerns(message) || !(direct || addressed::replies_to(message, me)) {
        return None;
    }
    media(message)
        .or_else(|| (!service(raw)).then_some(Media::Other))
        .map(Input::Media)
}

/// Whether a message can concern the bot at all: of a chat with people, and not from another bot.
/// (An anonymous administrator writes as a bot, on behalf of the group itself.)
fn concerns(message: &Message<'_>) -> bool {
    let by_bot = message.from.as_ref().is_some_and(|from| from.is_bot);
    let sender = message.sender_chat.as_ref();
    let as_group = sender.is_some_and(|sender| sender.id == message.chat.id);
    peopled(&message.chat) && (!by_bot || as_group)
}

fn peopled(chat: &wire::Chat<'_>) -> bool {
    matches!(&*chat.kind, "private" | "group" | "supergroup")
}

/// The words of a message or under its picture, if they are for the bot.
fn words(message: &Message<'_>, me: &Me) -> Option<String> {
    if !concerns(message) {
        return None;
    }
    let (text, entities) = match (&message.text, &message.caption) {
        (Some(text), _) => (text, &message.entities),
        (None, Some(caption)) => (caption, &message.caption_entities),
        (None, None) => return None,
    };
    let reading = addressed::read(text, entities.as_deref().unwrap_or_default(), me);
    let for_us = reading.ours || (addressed::replies_to(message, me) && !reading.others);
    (&*message.chat.kind == "private" || for_us).then_some(reading.text)
}

/// `/start` opens a chat, and so does our name alone in a group.
fn spoken(text: String) -> Input {
    let rest = match text.strip_prefix("/start") {
        _ if text.trim().is_empty() => "",
        Some(rest) if rest.is_empty() || rest.starts_with(char::is_whitespace) => rest.trim(),
        _ => return Input::Text(text),
    };
    Input::Start((!rest.is_empty()).then(|| rest.to_owned()))
}

fn media(message: &Message<'_>) -> Option<Media> {
    let is = |fields: &[&Option<IgnoredAny>]| fields.iter().any(|field| field.is_some());
    let m = message;
    if is(&[&m.sticker, &m.animation]) {
        Some(Media::Sticker)
    } else if is(&[&m.voice, &m.video_note, &m.audio]) {
        Some(Media::Voice)
    } else if is(&[&m.photo, &m.video]) {
        Some(Media::Photo)
    } else if is(&[&m.location, &m.venue]) {
        Some(Media::Location)
    } else {
        None
    }
}

/// Whether a message tells what happened in the chat.
fn service(raw: &str) -> bool {
    serde_json::from_str::<BTreeMap<String, IgnoredAny>>(raw)
        .is_ok_and(|fields| fields.keys().any(|field| wire::is_service(field)))
}

/// A button press. One without data is a token that opens nothing, so that it is answered.
fn pressed(frame: &Frame, callback: Callback<'_>) -> Option<Received> {
    let message = callback.message.filter(|message| peopled(&message.chat))?;
    let token = callback.data.unwrap_or_default().into_owned();
    let mut received = frame.event(&message.chat, Some(&callback.from), Input::Token(token));
    received.inbound.on_message = Some(message.message_id.to_string());
    received.callback_id = Some(callback.id.into_owned());
    Some(received)
}

/// What a change of the bot's own membership means.
fn membership(member: &Membership<'_>) -> Option<Input> {
    if !peopled(&member.chat) {
        return None;
    }
    let was = member.old_chat_member.as_ref().is_some_and(Member::present);
    match (was, member.new_chat_member.present()) {
        (_, false) => Some(Input::Gone),
        (false, true) if &*member.chat.kind == "private" => Some(Input::Returned),
        (false, true) => Some(Input::Start(None)),
        (true, true) => None,
    }
}

/// The least that an unreadable update can tell: its number, and the private chat of a message or
/// a button in it.
fn salvage(json: &str, now: Millis) -> Read {
    let update_id = serde_json::from_str::<wire::Numbered>(json).ok();
    let update_id = update_id.map(|numbered| numbered.update_id);
    let outline = serde_json::from_str::<Update<'_>>(json).ok();
    let received = outline.and_then(|update| {
        let (place, callback_id) = match (update.message, update.callback_query) {
            (Some(raw), _) => (serde_json::from_str::<wire::Placed>(raw.get()).ok()?, None),
            (None, Some(raw)) => {
                let press = serde_json::from_str::<wire::Press>(raw.get()).ok()?;
                (press.message, Some(press.id))
            }
            (None, None) => return None,
        };
        // Without its type, a chat is known by its sign: groups have negative numbers.
        let id = Some(place.chat.id).filter(|id| *id > 0)?;
        let kind = "private".into();
        let input = match &callback_id {
            Some(_) => Input::Token(String::new()),
            None => Input::Media(Media::Other),
        };
        let frame = Frame {
            update_id: update.update_id,
            now,
        };
        let received = frame.event(&wire::Chat { id, kind }, None, input);
        Some(Box::new(Received {
            callback_id,
            ..received
        }))
    });
    Read {
        update_id,
        content: Content::Unreadable(received),
    }
}

#[cfg(test)]
mod tests;
