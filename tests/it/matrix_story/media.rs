//! What isn't a question: media, machines, events of other kinds, hostile and huge messages.

use serde_json::json;

use super::{Chat, MODES, assert_answer, question, words};
use crate::support::matrix::resident::Text;
use crate::support::words::{label, phrase};

#[tokio::test]
async fn media_are_answered_by_what_they_are() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (resident, room) = (&chat.resident, &*chat.room);
        for lang in ["fi", "sv"] {
            chat.say(&label(lang, "speak-this")).await;
            let sticker = json!({"body": "🐻", "url": "mxc://turva.test/karhu", "info": {}});
            resident.send_raw(room, "m.sticker", sticker).await;
            assert!(words(&chat.next().await).starts_with(&phrase(lang, "media-sticker")));
            for (kind, key) in [
                ("m.image", "media-photo"),
                ("m.video", "media-photo"),
                ("m.audio", "media-voice"),
                ("m.file", "media-other"),
            ] {
                resident.send_media(room, kind).await;
                let answer = chat.next().await;
                assert!(words(&answer).starts_with(&phrase(lang, key)), "{answer:?}");
                assert!(
                    answer.body.contains(&label(lang, "button-help")),
                    "{answer:?}"
                );
            }
            resident.send_location(room, "geo:60.2,24.6").await;
            assert!(words(&chat.next().await).starts_with(&phrase(lang, "media-location")));
            let newer = json!({"msgtype": "fi.example.hologram", "body": "hologram.bin"});
            resident.send_raw(room, "m.room.message", newer).await;
            assert!(words(&chat.next().await).starts_with(&phrase(lang, "media-other")));
        }
    }
}

#[tokio::test]
async fn machines_and_events_of_other_kinds_are_not_answered() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (resident, room) = (&chat.resident, &*chat.room);
        let machine = json!({"msgtype": "m.notice", "body": question("fi")});
        resident.send_raw(room, "m.room.message", machine).await;
        for (kind, content) in [
            ("fi.example.unknown", json!({"body": question("fi")})),
            ("m.room.message", json!({})),
            ("m.room.message", json!({"msgtype": 7, "body": ["x"]})),
            ("m.room.message", json!({"msgtype": "m.text"})),
            (
                "m.room.message",
                json!({"msgtype": "m.key.verification.request", "body": "x"}),
            ),
            ("org.matrix.msc3381.poll.start", json!({"question": "x"})),
            (
                "org.matrix.msc3381.poll.response",
                json!({"m.relates_to": 1}),
            ),
            ("m.poll.end", json!({"m.relates_to": {"event_id": "$x"}})),
            ("m.call.invite", json!({"call_id": "1", "version": 1})),
        ] {
            let event = json!({"room": room, "type": kind, "content": content, "plain": false});
            // In the clear, the homeserver refuses what is no message at all.
            let _ = resident.order("send_raw", event).await;
        }
        let path = format!(
            "/_matrix/client/v3/rooms/{}/state",
            crate::support::matrix::synapse::escape(room)
        );
        for (kind, content) in [
            ("m.room.name", json!({"name": question("fi")})),
            ("m.room.topic", json!({"topic": question("fi")})),
            ("fi.example.state", json!({"body": question("fi")})),
        ] {
            let path = format!("{path}/{kind}/");
            let set = resident.call("PUT", &path, Some(content)).await;
            set.expect("a state");
        }
        resident.set_displayname("Maria Toinen").await;
        // An answer to any of these would have come before the one to this.
        let asked = resident.send(room, question("sv")).await;
        assert_answer("sv", &chat.next().await);
        resident.redact(room, &asked).await;
        chat.nothing_more().await;
    }
}

#[tokio::test]
async fn hostile_and_huge_messages_are_met_with_words() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (resident, room) = (&chat.resident, &*chat.room);
        let hostile = Text {
            body: "<script>alert(1)</script> **x** [y](javascript:1)",
            formatted: Some("<script>alert(1)</script><img src=x onerror=alert(1)>"),
            ..Text::default()
        };
        resident.send_text(room, hostile).await;
        let answer = chat.next().await;
        let html = answer.formatted.as_deref().expect("HTML");
        for markup in ["<script", "<img", "javascript:"] {
            assert!(
                !html.contains(markup) && !answer.body.contains(markup),
                "{html}"
            );
        }
        // Base64 takes a quarter of what a message may hold.
        let length = if encrypted { 45_000 } else { 60_000 };
        // The others are written as escapes on their way.
        let long = [
            ("a", 1),
            ("ä", 6),
            ("\u{202e}", 6),
            ("\0", 6),
            ("> x\n", 5),
            ("🐻", 12),
        ];
        for (letter, bytes) in long {
            let huge = letter.repeat(length / bytes);
            resident.send(room, &huge).await;
            let answer = chat.next().await;
            assert!(answer.body.len() < 4_000, "{answer:?}");
        }
        let question = format!("{}{}", "> x\n".repeat(100), question("fi"));
        let answer = chat.say(&question).await;
        assert!(!answer.body.is_empty());
        assert_answer("fi", &chat.say(super::question("fi")).await);
        chat.nothing_more().await;
    }
}
