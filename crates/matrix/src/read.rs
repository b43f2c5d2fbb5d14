//! From an event's JSON to what it says. Tolerant: what isn't understood is nothing, never an error.

use serde_json::Value;

use crate::OWN;

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
        /// The event it answers.
        replies: Option<String>,
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
    Members {
        /// Who.
        who: String,
        /// Whether they are in the room, or invited to it, now.
        here: bool,
    },
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

/// Id, sender and time of an event.
pub(crate) fn envelope(raw: &str) -> Option<(String, String, i64)> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let id = text(&value, &["event_id"])?.to_owned();
    let sender = text(&value, &["sender"])?.to_owned();
    Some((id, sender, value["origin_server_ts"].as_i64().unwrap_or(0)))
}

/// What an event says; `None` for what the bot said itself and for what is of no interest.
///
/// State is believed only in the clear, where the homeserver has authorised it: anyone may put what
/// looks like state into an encrypted event.
pub(crate) fn read(room: &str, raw: &str, me: &str, clear: bool) -> Option<Event> {
    let value: Value = serde_json::from_str(raw).ok()?;
    let sender = text(&value, &["sender"])?;
    let content = value.get("content")?;
    let kind = text(&value, &["type"])?;
    let what = match (kind, text(&value, &["state_key"]).filter(|_| clear)) {
        ("m.room.member", Some(who)) => membership(&value, content, who, me)?,
        ("m.room.tombstone", Some("")) => {
            What::Replaced(text(content, &["replacement_room"])?.to_owned())
        }
        _ if sender == me || value.get("state_key").is_some() => return None,
        // Another bot of this kind would be answered for ever.
        _ if content.get(OWN).is_some() => return None,
        (kind, _) => said(kind, content)?,
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

fn said(kind: &str, content: &Value) -> Option<What> {
    Some(match kind {
        "m.room.message" => message(content)?,
        "m.sticker" => What::Media(MediaKind::Sticker),
        "m.reaction" => What::Reaction {
            to: text(content, &["m.relates_to", "event_id"])?.to_owned(),
            key: text(content, &["m.relates_to", "key"])?.to_owned(),
        },
        "org.matrix.msc3381.poll.response" | "m.poll.response" => choice(content)?,
        _ => return None,
    })
}

fn membership(value: &Value, content: &Value, who: &str, me: &str) -> Option<What> {
    let own = who == me;
    let now = text(content, &["membership"])?;
    let before = text(value, &["unsigned", "prev_content", "membership"]);
    match (own, now) {
        // A new display name is a membership event as well.
        (_, "join") if before == Some("join") => None,
        (true, "invite") => Some(What::Invited),
        (true, "join") => Some(What::Joined),
        (true, _) => None,
        (false, now) => Some(What::Members {
            who: who.to_owned(),
            here: matches!(now, "join" | "invite"),
        }),
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
    let replies = relation.and_then(|relation| text(relation, &["m.in_reply_to", "event_id"]));
    let body = text(said, &["body"])?;
    let mentions = said
        .get("m.mentions")
        .and_then(|mentions| mentions.get("user_ids"));
    Some(What::Text {
        body: clip(if replies.is_some() {
            without_quote(body)
        } else {
            body
        })
        .to_owned(),
        edits,
        thread: relates("m.thread").map(str::to_owned),
        replies: replies.map(str::to_owned),
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
    while let Some((_, after)) = rest
        .split_once('\n')
        .filter(|(line, _)| line.starts_with("> "))
    {
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ME: &str = "@bot:e.fi";

    fn what(kind: &str, content: &Value) -> Option<What> {
        let event = json!({
            "type": kind, "event_id": "$1", "sender": "@maria:e.fi",
            "origin_server_ts": 5, "content": content,
        });
        read("!room", &event.to_string(), ME, true).map(|event| event.what)
    }

    fn body(content: &Value) -> String {
        match what("m.room.message", content) {
            Some(What::Text { body, .. }) => body,
            other => panic!("no words: {other:?}"),
        }
    }

    #[test]
    fn words_are_read_without_what_older_clients_quote() {
        let said = |body: &str| {
            json!({
                "msgtype": "m.text", "body": body,
                "m.relates_to": { "m.in_reply_to": { "event_id": "$0" } },
            })
        };
        assert_eq!(
            body(&said("> <@bot:e.fi> moi\n> toinen\n\nentä yöllä?")),
            "entä yöllä?"
        );
        assert_eq!(body(&said("> vain lainaus")), "> vain lainaus");
        assert_eq!(body(&said("5 > 3\nja muuta")), "5 > 3\nja muuta");
        let plain = json!({ "msgtype": "m.text", "body": "> en lainaa" });
        assert_eq!(body(&plain), "> en lainaa");
        let long = json!({ "msgtype": "m.text", "body": "å".repeat(60_000) });
        assert_eq!(body(&long).len(), TEXT);
    }

    #[test]
    fn an_edit_is_read_by_its_new_words() {
        let content = json!({
            "msgtype": "m.text", "body": "* uusi",
            "m.new_content": { "msgtype": "m.text", "body": "uusi" },
            "m.relates_to": { "rel_type": "m.replace", "event_id": "$0" },
        });
        let Some(What::Text { body, edits, .. }) = what("m.room.message", &content) else {
            panic!("no words");
        };
        assert_eq!((body.as_str(), edits.as_deref()), ("uusi", Some("$0")));
    }

    #[test]
    fn a_choice_is_read_in_both_spellings_and_none_takes_it_back() {
        let poll = json!({ "rel_type": "m.reference", "event_id": "$0" });
        let unstable = json!({
            "m.relates_to": poll, "org.matrix.msc3381.poll.response": { "answers": ["a"] },
        });
        let stable = json!({ "m.relates_to": poll, "m.selections": ["a"] });
        let none = json!({
            "m.relates_to": poll, "org.matrix.msc3381.poll.response": { "answers": [] },
        });
        let chosen = |answers: &[&str]| {
            Some(What::Choice {
                poll: "$0".into(),
                answers: answers.iter().map(|one| (*one).to_owned()).collect(),
            })
        };
        assert_eq!(
            what("org.matrix.msc3381.poll.response", &unstable),
            chosen(&["a"])
        );
        assert_eq!(what("m.poll.response", &stable), chosen(&["a"]));
        assert_eq!(what("org.matrix.msc3381.poll.response", &none), chosen(&[]));
    }

    #[test]
    fn what_is_malformed_or_unknown_is_nothing() {
        for content in [
            json!({}),
            json!({ "msgtype": 5, "body": "x" }),
            json!({ "msgtype": "m.text", "body": { "a": 1 } }),
            json!({ "msgtype": "m.text" }),
            json!([]),
            json!("x"),
        ] {
            assert_eq!(what("m.room.message", &content), None, "{content}");
        }
        assert_eq!(what("m.reaction", &json!({ "m.relates_to": 7 })), None);
        assert_eq!(what("fi.example.unknown", &json!({})), None);
        assert_eq!(read("!room", "not json", ME, true), None);
    }

    #[test]
    fn a_new_display_name_is_no_arrival() {
        let member = |before: Option<&str>| {
            let unsigned = before.map(|before| json!({ "prev_content": { "membership": before } }));
            let event = json!({
                "type": "m.room.member", "state_key": ME, "sender": ME, "event_id": "$1",
                "content": { "membership": "join" }, "unsigned": unsigned,
            });
            read("!room", &event.to_string(), ME, true).map(|event| event.what)
        };
        assert_eq!(member(Some("invite")), Some(What::Joined));
        assert_eq!(member(Some("join")), None);
    }
}
