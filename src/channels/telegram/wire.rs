//! The parts of the Bot API's objects that matter here (sections "Available types" and "Getting
//! updates"). Unknown fields are skipped; optional ones may be absent or `null`.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// `Update`, its content not yet read. At most one of the optional fields is there.
#[derive(Deserialize)]
pub(super) struct Update<'a> {
    pub(super) update_id: i64,
    #[serde(borrow)]
    pub(super) message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) edited_message: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) callback_query: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) my_chat_member: Option<&'a RawValue>,
}

/// Of an `Update`, its number: what confirms it, whatever else it is.
#[derive(Deserialize)]
pub(super) struct Numbered {
    pub(super) update_id: i64,
}

/// Of a `Message`, where it is.
#[derive(Deserialize)]
pub(super) struct Placed {
    pub(super) chat: ChatNumber,
}

/// Of a `Chat`, its number.
#[derive(Deserialize)]
pub(super) struct ChatNumber {
    pub(super) id: i64,
}

/// Of a `CallbackQuery`, what answers it.
#[derive(Deserialize)]
pub(super) struct Press {
    pub(super) id: String,
    pub(super) message: Placed,
}

/// `Chat`.
#[derive(Deserialize)]
pub(super) struct Chat<'a> {
    pub(super) id: i64,
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
}

/// `User`.
#[derive(Deserialize)]
pub(super) struct User<'a> {
    pub(super) id: i64,
    #[serde(default)]
    pub(super) is_bot: bool,
    #[serde(borrow)]
    pub(super) language_code: Option<Cow<'a, str>>,
}

/// `Message`.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    #[serde(borrow)]
    pub(super) chat: Chat<'a>,
    #[serde(borrow)]
    pub(super) from: Option<User<'a>>,
    pub(super) sender_chat: Option<SenderChat>,
    #[serde(borrow)]
    pub(super) text: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) caption: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) entities: Option<Vec<Entity<'a>>>,
    #[serde(borrow)]
    pub(super) caption_entities: Option<Vec<Entity<'a>>>,
    #[serde(borrow)]
    pub(super) reply_to_message: Option<Replied<'a>>,
    pub(super) migrate_to_chat_id: Option<i64>,
    pub(super) sticker: Option<IgnoredAny>,
    pub(super) animation: Option<IgnoredAny>,
    pub(super) voice: Option<IgnoredAny>,
    pub(super) video_note: Option<IgnoredAny>,
    pub(super) audio: Option<IgnoredAny>,
    pub(super) photo: Option<IgnoredAny>,
    pub(super) video: Option<IgnoredAny>,
    pub(super) location: Option<IgnoredAny>,
    pub(super) venue: Option<IgnoredAny>,
}

/// `Message.sender_chat`.
#[derive(Deserialize)]
pub(super) struct SenderChat {
    pub(super) id: i64,
}

/// `Message.reply_to_message`.
#[derive(Deserialize)]
pub(super) struct Replied<'a> {
    #[serde(borrow)]
    pub(super) from: Option<User<'a>>,
}

/// `MessageEntity`; offset and length in UTF-16 units.
#[derive(Deserialize)]
pub(super) struct Entity<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    pub(super) offset: usize,
    pub(super) length: usize,
    #[serde(borrow)]
    pub(super) user: Option<User<'a>>,
}

/// `CallbackQuery`.
#[derive(Deserialize)]
pub(super) struct Callback<'a> {
    #[serde(borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(super) from: User<'a>,
    #[serde(borrow)]
    pub(super) message: Option<Pressed<'a>>,
    #[serde(borrow)]
    pub(super) data: Option<Cow<'a, str>>,
}

/// `MaybeInaccessibleMessage`.
#[derive(Deserialize)]
pub(super) struct Pressed<'a> {
    pub(super) message_id: i64,
    #[serde(borrow)]
    pub(super) chat: Chat<'a>,
}

/// `ChatMemberUpdated`.
#[derive(Deserialize)]
pub(super) struct Membership<'a> {
    #[serde(borrow)]
    pub(super) chat: Chat<'a>,
    #[serde(borrow)]
    pub(super) from: Option<User<'a>>,
    #[serde(borrow)]
    pub(super) old_chat_member: Option<Member<'a>>,
    #[serde(borrow)]
    pub(super) new_chat_member: Member<'a>,
}

/// `ChatMember`.
#[derive(Deserialize)]
pub(super) struct Member<'a> {
    #[serde(borrow)]
    pub(super) status: Cow<'a, str>,
    pub(super) is_member: Option<bool>,
}

impl Member<'_> {
    /// Whether the member is in the chat.
    pub(super) fn present(&self) -> bool {
        match &*self.status {
            "creator" | "administrator" | "member" => true,
            "restricted" => self.is_member.unwrap_or(true),
            _ => false,
        }
    }
}

/// The field of a service message: something that happened in the chat, not something said.
/// Names of fields of `Message`, Bot API 10.
pub(super) fn is_service(field: &str) -> bool {
    const NAMES: [&str; 24] = [
        "boost_added",
        "channel_chat_created",
        "chat_background_set",
        "chat_owner_changed",
        "chat_owner_left",
        "chat_shared",
        "connected_website",
        "delete_chat_photo",
        "direct_message_price_changed",
        "gift",
        "giveaway_completed",
        "giveaway_created",
        "group_chat_created",
        "left_chat_member",
        "message_auto_delete_timer_changed",
        "migrate_from_chat_id",
        "paid_message_price_changed",
        "pinned_message",
        "proximity_alert_triggered",
        "supergroup_chat_created",
        "unique_gift",
        "users_shared",
        "web_app_data",
        "write_access_allowed",
    ];
    const FAMILIES: [&str; 9] = [
        "checklist_tasks_",
        "forum_topic_",
        "general_forum_topic_",
        "gift_upgrade_",
        "new_chat_",
        "refunded_",
        "successful_",
        "suggested_post_",
        "video_chat_",
    ];
    NAMES.contains(&field) || FAMILIES.iter().any(|family| field.starts_with(family))
}
