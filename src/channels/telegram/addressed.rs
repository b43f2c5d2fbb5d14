//! Whether a message in a group is meant for the bot, and what it says without the bot's name.
//!
//! Meant for the bot are commands (`/help`, `/help@ourname`, not `/help@other`), mentions of
//! `@ourname`, and replies to the bot's messages. Everything else in a group is none of its
//! business, whatever Telegram's privacy mode lets through.

use super::Me;
use super::wire::{Entity, Message};

/// A message's words as the bot should read them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// The words without our name.
    pub(super) text: String,
    /// Whether they are a command or mention of ours.
    pub(super) ours: bool,
    /// Whether they are a command of another bot.
    pub(super) others: bool,
}

/// Whether a message answers one of ours.
pub(super) fn replies_to(message: &Message<'_>, me: &Me) -> bool {
    let from = message
        .reply_to_message
        .as_ref()
        .and_then(|replied| replied.from.as_ref());
    from.is_some_and(|from| from.id == me.id)
}

/// Reads a text with its entities. Entities that don't fit the text are passed over.
pub(super) fn read(text: &str, entities: &[Entity<'_>], me: &Me) -> Reading {
    let mut reading = Reading {
        text: String::with_capacity(text.len()),
        ours: false,
        others: false,
    };
    let mut from = 0;
    let mut gap = false;
    for entity in entities {
        let Some(range) = bytes(text, entity).filter(|range| range.start >= from) else {
            continue;
        };
        let words = &text[range.clone()];
        let cut = match &*entity.kind {
            "bot_command" if range.start == 0 => match words.split_once('@') {
                None => {
                    reading.ours = true;
                    continue;
                }
                Some((command, name)) if is_me(name, me) => command.len()..words.len(),
                Some(_) => {
                    reading.others = true;
                    continue;
                }
            },
            "mention" if words.strip_prefix('@').is_some_and(|name| is_me(name, me)) => {
                0..words.len()
            }
            "text_mention" if entity.user.as_ref().is_some_and(|user| user.id == me.id) => {
                0..words.len()
            }
            _ => continue,
        };
        reading.ours = true;
        push(&mut reading.text, &text[from..range.start + cut.start], gap);
        from = range.start + cut.end;
        gap = cut.start == 0;
    }
    push(&mut reading.text, &text[from..], gap);
    if gap {
        reading.text.truncate(reading.text.trim_end().len());
    }
    reading
}

/// Adds words; behind a name that was taken out, without the gap or mark that it leaves.
fn push(out: &mut String, words: &str, gap: bool) {
    if !gap {
        out.push_str(words);
        return;
    }
    out.truncate(out.trim_end_matches(' ').len());
    let mut words = words.trim_start_matches(' ');
    if out.is_empty() || out.ends_with([',', ':', '\n']) {
        words = words.trim_start_matches([',', ':', ';', '.', '!', ' ']);
    }
    let apart = words.starts_with(|c: char| c.is_alphanumeric() || !c.is_ascii());
    if apart && !out.is_empty() && !out.ends_with('\n') {
        out.push(' ');
    }
    out.push_str(words);
}

/// Names are compared as Telegram does.
fn is_me(name: &str, me: &Me) -> bool {
    name.eq_ignore_ascii_case(&me.username)
}

/// The bytes of an entity.
fn bytes(text: &str, entity: &Entity<'_>) -> Option<std::ops::Range<usize>> {
    let start = byte(text, entity.offset)?;
    let end = byte(text, entity.offset.checked_add(entity.length)?)?;
    (start <= end).then_some(start..end)
}

/// The byte at a UTF-16 offset; `None` inside a character or behind the end.
fn byte(text: &str, offset: usize) -> Option<usize> {
    let mut units = 0;
    for (at, c) in text.char_indices() {
        if units >= offset {
            return (units == offset).then_some(at);
        }
        units += c.len_utf16();
    }
    (units == offset).then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_json(text: &str, entities: &str) -> Reading {
        let me = Me {
            id: 7,
            username: "TurvaBot".into(),
        };
        let entities: Vec<Entity<'_>> = serde_json::from_str(entities).expect("entities");
        read(text, &entities, &me)
    }

    #[test]
    fn commands_are_ours_unless_they_name_another_bot() {
        let entity = |length| format!(r#"[{{"type":"bot_command","offset":0,"length":{length}}}]"#);
        let plain = read_json("/help nyt", &entity(5));
        assert_eq!((plain.text.as_str(), plain.ours), ("/help nyt", true));
        let named = read_json("/help@turvabot nyt", &entity(14));
        assert_eq!((named.text.as_str(), named.ours), ("/help nyt", true));
        let other = read_json("/help@other nyt", &entity(11));
        assert_eq!((other.ours, other.others), (false, true));
    }

    #[test]
    fn mentions_are_found_by_utf16_offset_and_taken_out() {
        let entities = r#"[{"type":"mention","offset":3,"length":9}]"#;
        let reading = read_json("🚒 @turvabot, mikä palaa?", entities);
        assert_eq!(
            (reading.text.as_str(), reading.ours),
            ("🚒, mikä palaa?", true)
        );
        let entities = r#"[{"type":"mention","offset":5,"length":9}]"#;
        assert_eq!(
            read_json("Moi, @turvabot: apua", entities).text,
            "Moi, apua"
        );
        let entities = r#"[{"type":"mention","offset":0,"length":9}]"#;
        assert_eq!(read_json("@turvabot: apua", entities).text, "apua");
        assert!(!read_json("@otherbot apua", entities).ours);
    }

    #[test]
    fn nonsense_offsets_change_nothing() {
        for (offset, length) in [(1, 1), (900, 4), (0, usize::MAX), (0, 0)] {
            let entity = format!(r#"[{{"type":"mention","offset":{offset},"length":{length}}}]"#);
            assert_eq!(read_json("🚒 @turvabot", &entity).text, "🚒 @turvabot");
        }
    }
}
