//! What a resident's client saw.

use serde_json::Value;

/// The types of events that people read, by the names of today and of the specification.
const READ: [&str; 5] = [
    "m.room.message",
    "org.matrix.msc3381.poll.start",
    "org.matrix.msc3381.poll.end",
    "m.poll.start",
    "m.poll.end",
];

/// Something that a client saw.
#[derive(Clone, Debug, Default)]
pub struct Said {
    /// What it is: `event`, `undecryptable`, `state` (not part of the room's timeline), `invite`,
    /// `typing`, `receipts`, `sync_refused` or `sync_failed`.
    pub kind: String,
    /// The room.
    pub room: String,
    /// The event's id.
    pub event_id: String,
    /// Who sent it.
    pub sender: String,
    /// The event's type; of an encrypted event the inner one.
    pub ty: String,
    /// Of state events, what they are about.
    pub state_key: Option<String>,
    /// What a person reads: the text, of an edit the new one, of a poll the question.
    pub body: String,
    /// The same as HTML.
    pub formatted: Option<String>,
    /// The kind of message.
    pub msgtype: Option<String>,
    /// The message that this is the new form of.
    pub edits: Option<String>,
    /// The first message of the thread that this is in.
    pub thread: Option<String>,
    /// The message that this answers, but not what clients without threads shall show.
    pub in_reply_to: Option<String>,
    /// The event that this one removes.
    pub redacts: Option<String>,
    /// Whether it came encrypted.
    pub encrypted: bool,
    /// Whether a strict client hides it: a device sent it that its user didn't sign.
    pub refused: bool,
    /// Whether it had been seen before as `undecryptable`.
    pub late: bool,
    /// The whole content, decrypted.
    pub content: Value,
    /// What the client told, as it told it.
    pub raw: Value,
}

impl Said {
    /// Reads what the client told.
    pub fn new(raw: Value) -> Self {
        let content = raw["content"].clone();
        let relation = &content["m.relates_to"];
        let kind = relation["rel_type"].as_str().unwrap_or_default();
        let related = text(&relation["event_id"]);
        let edits = related.clone().filter(|_| kind == "m.replace");
        let shown = if edits.is_some() && content["m.new_content"].is_object() {
            &content["m.new_content"]
        } else {
            &content
        };
        Self {
            kind: text(&raw["kind"]).unwrap_or_default(),
            room: text(&raw["room"]).unwrap_or_default(),
            event_id: text(&raw["event_id"]).unwrap_or_default(),
            sender: text(&raw["sender"]).unwrap_or_default(),
            ty: text(&raw["type"]).unwrap_or_default(),
            state_key: text(&raw["state_key"]),
            body: words(shown).unwrap_or_default(),
            formatted: text(&shown["formatted_body"]),
            msgtype: text(&shown["msgtype"]),
            thread: related.filter(|_| kind == "m.thread"),
            in_reply_to: text(&relation["m.in_reply_to"]["event_id"])
                .filter(|_| relation["is_falling_back"] != true),
            edits,
            redacts: text(&raw["redacts"]),
            encrypted: raw["encrypted"] == true,
            refused: raw["refused"] == true,
            late: raw["late"] == true,
            content,
            raw,
        }
    }

    /// Whether it is something that a person reads: a message, an edit, a poll or its end.
    pub fn is_read(&self) -> bool {
        self.kind == "event" && !self.refused && READ.contains(&self.ty.as_str())
    }

    /// The user's membership that this event tells of.
    pub fn membership(&self) -> Option<(&str, &str)> {
        let membership = self.content["membership"].as_str()?;
        Some((self.state_key.as_deref()?, membership))
    }

    /// The answers of a poll: id and text.
    pub fn answers(&self) -> Vec<(String, String)> {
        let start = poll_start(&self.content);
        let answers = start["answers"].as_array();
        let answers = answers.into_iter().flatten();
        answers
            .map(|answer| {
                let id = text(&answer["id"]).or_else(|| text(&answer["m.id"]));
                (id.unwrap_or_default(), any_text(answer).unwrap_or_default())
            })
            .collect()
    }
}

fn poll_start(content: &Value) -> &Value {
    let of_today = &content["org.matrix.msc3381.poll.start"];
    if of_today.is_object() {
        of_today
    } else {
        &content["m.poll"]
    }
}

fn words(content: &Value) -> Option<String> {
    text(&content["body"])
        .or_else(|| any_text(&poll_start(content)["question"]))
        .or_else(|| any_text(content))
}

/// A text by one of the names that polls use.
fn any_text(value: &Value) -> Option<String> {
    text(&value["org.matrix.msc1767.text"])
        .or_else(|| text(&value["m.text"]))
        .or_else(|| text(&value["m.text"][0]["body"]))
        .or_else(|| text(&value["body"]))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}
