//! From an event's JSON to what it says. Tolerant: what isn't understood is nothing, never an error.

use serde_json::Value;

/// Longest text taken from an event, in bytes: no question needs more.
const TEXT: usize = 16_384;

/// Something that happened in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The room.
    pub room: String,
    /// The event.
    pub id: String,
    /// Who sent it.
    pub sender: String,
    /// When the homeserver of the sender says it was sent, Unix milliseconds.
    pub at: i64,
    /// What it says.
    pub what: What,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Words.
    Text {
        /// The plain body, without a quoted reply.
        body: String,
        /// The event whose words these replace.
        edits: Option<String>,
        /// The first event of the thread.
        thread: Option<String>,
        /// The users it mentions.
        mentions: Vec<String>,
        /// Whether a machine says it (`m.notice`).
        notice: bool,
    },
    /// Something that isn't words.
    Media(MediaKind),
    /// A choice in a poll (MSC3381), none when it is taken back.
    Choice {
        /// The event that started the poll.
        poll: String,
        /// The ids of the answers.
        answers: Vec<String>,
    },
    /// A reaction.
    Reaction {
        /// The event reacted to.
        to: String,
        /// The emoji.
        key: String,
    },
    /// The bot was invited.
    Invited,
    /// The bot joined.
    Joined,
    /// The bot left, or was made to.
    Left,
    /// Somebody else came or went.
    Members,
    /// The room lives on as another one.
    Replaced(String),
}

/// What a message that isn't words is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaKind {
    /// A sticker.
    Sticker,
    /// Speech or music.
    Voice,
    /// A picture or a film.
    Photo,
    /// A place.
    Location,
    /// A file, or anything newer than this code.
    Other,
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    path.iter()
        .try_fold(value, |value, key| value.get(key))?
        .as_str()
}

/// The sender of an event.
pub(crate) fn sender(raw: &str) -> Option<String> {
    let value: Value = serde_json::from_str(raw).ok()?;
    text(&value, &["sender"]).map(str::to_owned)
}

/// The id of an event.
pub(crate) fn event_id(raw: &str) -> Option<String> {
    let value: Value = serde_json::from_str(raw).ok()?;
    text(&value, &["event_id"]).map(str::to_owned)
}

/// When an event was sent.
pub(crate) fn sent_at(raw: &str) -> Option<i64> {
    let value: Value = serde_json::from_str(raw).ok()?;
    value.get("origin_server_ts")?.as_i64()
}

/// The membership that an event newly gives a user, if that is what it does.
pub(crate) fn membership_of(raw: &str, user: &str) -> Option<String> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let own = text(&value, &["type"])? == "m.room.member" && text(&value, &["state_key"])? == user;
    let now = text(&value, &["content", "membership"])?;
    // A new display name is a membership event as well.
    let before = text(&value, &["unsigned", "prev_content", "membership"]);
    (own && before != Some(now)).then(|| now.to_owned())
}

/// What an event says; `None` for what the bot said itself and for what is of no interest.
pub(crate) fn read(room: &str, raw: &str, me: &str) -> Option<Event> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let sender = text(&value, &["sender"])?;
    let content = value.get("content")?;
    let kind = text(&value, &["type"])?;
    let what = match kind {
        "m.room.member" => membership(&value, content, me)?,
        "m.room.tombstone" => What::Replaced(text(content, &["replacement_room"])?.to_owned()),
        _ if sender == me || value.get("state_key").is_some() => return None,
        "m.room.message" => message(content)?,
        "m.sticker" => What::Media(MediaKind::Sticker),
        "m.reaction" => What::Reaction {
            to: text(content, &["m.relates_to", "event_id"])?.to_owned(),
            key: text(content, &["m.relates_to", "key"])?.to_owned(),
        },
        "org.matrix.msc3381.poll.response" | "m.poll.response" => choice(content)?,
        _ => return None,
    };
    Some(Event {
        room: room.to_owned(),
        id: text(&value, &["event_id"])?.to_owned(),
        sender: sender.to_owned(),
        at: value
            .get("origin_server_ts")
            .and_then(Value::as_i64)
            .unwrap_or(0),
        what,
    })
}

fn membership(value: &Value, content: &Value, me: &str) -> Option<What> {
    let own = text(value, &["state_key"])? == me;
    let now = text(content, &["membership"])?;
    let before = text(value, &["unsigned", "prev_content", "membership"]);
    match (own, now) {
        // A new display name is a membership event as well.
        (_, "join") if before == Some("join") => None,
        (true, "invite") => Some(What::Invited),
        (true, "join") => Some(What::Joined),
        (true, _) => None,
        (false, _) => Some(What::Members),
    }
}

fn message(content: &Value) -> Option<What> {
    let relation = content.get("m.relates_to");
    let relates = |kind: &str| {
        let relation = relation?;
        (text(relation, &["rel_type"])? == kind).then(|| text(relation, &["event_id"]))?
    };
    let edits = relates("m.replace").map(str::to_owned);
    let said = match (&edits, content.get("m.new_content")) {
        (Some(_), Some(new)) => new,
        _ => content,
    };
    let kind = text(said, &["msgtype"])?;
    let media = match kind {
        "m.text" | "m.emote" | "m.notice" => None,
        "m.image" | "m.video" => Some(MediaKind::Photo),
        "m.audio" => Some(MediaKind::Voice),
        "m.location" => Some(MediaKind::Location),
        "m.key.verification.request" => return None,
        _ => Some(MediaKind::Other),
    };
    if let Some(media) = media {
        return Some(What::Media(media));
    }
    let replies = relation.is_some_and(|relation| relation.get("m.in_reply_to").is_some());
    let body = text(said, &["body"])?;
    let mentions = said
        .get("m.mentions")
        .and_then(|mentions| mentions.get("user_ids"));
    Some(What::Text {
        body: clip(if replies { without_quote(body) } else { body }).to_owned(),
        edits,
        thread: relates("m.thread").map(str::to_owned),
        mentions: strings(mentions),
        notice: kind == "m.notice",
    })
}

fn choice(content: &Value) -> Option<What> {
    let poll = text(content, &["m.relates_to", "event_id"])?.to_owned();
    let unstable = content
        .get("org.matrix.msc3381.poll.response")
        .and_then(|response| response.get("answers"));
    let answers = unstable
        .or_else(|| content.get("m.selections"))
        .or_else(|| content.get("m.poll.response")?.get("answers"));
    Some(What::Choice {
        poll,
        answers: strings(answers),
    })
}

fn strings(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|one| one.as_str().map(str::to_owned))
        .take(20)
        .collect()
}

/// The words under a quoted reply (`> <@user> …` lines, then an empty one; older clients).
fn without_quote(body: &str) -> &str {
    let mut rest = body;
    while let Some((line, after)) = rest
        .split_once('\n')
        .filter(|(line, _)| line.starts_with("> "))
    {
        debug_assert!(line.starts_with('>'));
        rest = after;
    }
    let rest = rest.strip_prefix('\n').unwrap_or(rest);
    if rest.trim().is_empty() { body } else { rest }
}

fn clip(text: &str) -> &str {
    let mut end = text.len().min(TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
