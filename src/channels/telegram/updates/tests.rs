//! Updates as recorded, shortened to what matters.

use super::*;

fn me() -> Me {
    Me {
        id: 7,
        username: "turva_bot".into(),
    }
}

fn read_one(fields: &str) -> Read {
    read(&format!("{{\"update_id\":5,{fields}}}"), &me(), 99)
}

fn event(fields: &str) -> Option<Received> {
    match read_one(fields).content {
        Content::Event(received) => Some(*received),
        Content::Nothing => None,
        Content::Unreadable(_) => panic!("unreadable: {fields}"),
    }
}

fn input(fields: &str) -> Option<Input> {
    event(fields).map(|received| received.inbound.input)
}

fn private(rest: &str) -> Option<Input> {
    input(&format!(
        r#""message":{{"message_id":3,"from":{{"id":9,"is_bot":false,"first_name":"A","language_code":"sv-FI"}},"chat":{{"id":9,"type":"private","first_name":"A"}},"date":1,{rest}}}"#
    ))
}

fn group(rest: &str) -> Option<Input> {
    input(&format!(
        r#""message":{{"message_id":3,"from":{{"id":9,"is_bot":false}},"chat":{{"id":-4,"type":"supergroup"}},{rest}}}"#
    ))
}

#[test]
fn a_message_is_an_event_with_everything_known_about_it() {
    let received = event(r#""message":{"message_id":3,"from":{"id":9,"language_code":"sv-FI"},"chat":{"id":9,"type":"private"},"text":"Hej \ud83d\ude92","new_field":[{}]}"#)
        .expect("an event");
    let inbound = received.inbound;
    assert_eq!(
        (inbound.address.as_str(), inbound.external_id.as_str()),
        ("9", "5")
    );
    assert_eq!(
        (inbound.chat, inbound.lang_hint),
        (Chat::Direct, Some(Lang::SV))
    );
    assert_eq!(
        (inbound.input, inbound.received_at),
        (Input::Text("Hej 🚒".into()), 99)
    );
    assert_eq!(received.callback_id, None);
}

#[test]
fn private_messages_become_what_they_are() {
    for (rest, expected) in [
        (
            r#""text":"/start abc-1""#,
            Some(Input::Start(Some("abc-1".into()))),
        ),
        (r#""text":"/start""#, Some(Input::Start(None))),
        (r#""text":"/started""#, Some(Input::Text("/started".into()))),
        (
            r#""sticker":{"file_id":"x"}"#,
            Some(Input::Media(Media::Sticker)),
        ),
        (
            r#""animation":{},"document":{}"#,
            Some(Input::Media(Media::Sticker)),
        ),
        (r#""video_note":{}"#, Some(Input::Media(Media::Voice))),
        (
            r#""photo":[{"file_id":"x"}]"#,
            Some(Input::Media(Media::Photo)),
        ),
        (
            r#""photo":[],"caption":"Palaa!""#,
            Some(Input::Text("Palaa!".into())),
        ),
        (
            r#""venue":{},"location":{"latitude":60.1}"#,
            Some(Input::Media(Media::Location)),
        ),
        (r#""document":{}"#, Some(Input::Media(Media::Other))),
        (r#""a_kind_of_2030":{}"#, Some(Input::Media(Media::Other))),
        (r#""pinned_message":{}"#, None),
        (r#""new_chat_title":"x""#, None),
        (
            r#""text":null,"voice":null,"contact":{}"#,
            Some(Input::Media(Media::Other)),
        ),
    ] {
        assert_eq!(private(rest), expected, "{rest}");
    }
}

#[test]
fn groups_are_heard_only_when_they_address_the_bot() {
    let ours =
        r#""reply_to_message":{"message_id":1,"from":{"id":7,"is_bot":true},"chat":{"id":-4}}"#;
    let command = |text: &str| {
        let length = text.split(' ').next().map_or(0, str::len);
        format!(
            r#""text":"{text}","entities":[{{"type":"bot_command","offset":0,"length":{length}}}]"#
        )
    };
    for (rest, expected) in [
        (r#""text":"moi""#.to_owned(), None),
        (r#""sticker":{}"#.to_owned(), None),
        (r#""new_chat_members":[{"id":7}]"#.to_owned(), None),
        (command("/apua"), Some(Input::Text("/apua".into()))),
        (command("/apua@Turva_Bot nyt"), Some(Input::Text("/apua nyt".into()))),
        (command("/start@turva_bot x"), Some(Input::Start(Some("x".into())))),
        (command("/apua@muu_bot"), None),
        (format!(r#"{ours},"text":"kiitos""#), Some(Input::Text("kiitos".into()))),
        (format!(r#"{ours},"voice":{{}}"#), Some(Input::Media(Media::Voice))),
        (format!("{ours},{}", command("/apua@muu_bot")), None),
        (
            r#""text":"@turva_bot palaako?","entities":[{"type":"mention","offset":0,"length":10}]"#.to_owned(),
            Some(Input::Text("palaako?".into())),
        ),
        (
            r#""text":"@turva_bot","entities":[{"type":"mention","offset":0,"length":10}]"#.to_owned(),
            Some(Input::Start(None)),
        ),
        (
            r#""photo":[],"caption":"@turva_bot mitä?","caption_entities":[{"type":"mention","offset":0,"length":10}]"#.to_owned(),
            Some(Input::Text("mitä?".into())),
        ),
        (r#""migrate_to_chat_id":-1009"#.to_owned(), Some(Input::Moved("-1009".into()))),
    ] {
        assert_eq!(group(&rest), expected, "{rest}");
    }
}

#[test]
fn other_bots_and_channels_are_ignored_but_not_anonymous_administrators() {
    let bot = r#""from":{"id":1087968824,"is_bot":true}"#;
    let command = r#""text":"/apua","entities":[{"type":"bot_command","offset":0,"length":5}]"#;
    let message = |chat: &str, rest: &str| {
        input(&format!(
            r#""message":{{"message_id":1,{bot},"chat":{chat},{command}{rest}}}"#
        ))
    };
    let chat = r#"{"id":-4,"type":"supergroup"}"#;
    assert_eq!(message(chat, ""), None);
    assert!(message(chat, r#","sender_chat":{"id":-4,"type":"supergroup"}"#).is_some());
    assert_eq!(message(r#"{"id":-5,"type":"channel"}"#, ""), None);
    assert_eq!(input(r#""channel_post":{"message_id":1}"#), None);
    assert_eq!(input(r#""poll":{}"#), None);
}

#[test]
fn edits_are_new_words_or_nothing() {
    let edit = |rest: &str| {
        input(&format!(
            r#""edited_message":{{"message_id":1,"from":{{"id":9}},"chat":{{"id":9,"type":"private"}},{rest}}}"#
        ))
    };
    assert_eq!(edit(r#""text":"uusi""#), Some(Input::Edited("uusi".into())));
    assert_eq!(edit(r#""location":{}"#), None);
}

#[test]
fn presses_carry_their_token_their_message_and_their_id() {
    let press = |rest: &str| {
        event(&format!(
            r#""callback_query":{{"id":"77","from":{{"id":9,"language_code":"fi"}},"chat_instance":"1"{rest}}}"#
        ))
    };
    let message = r#","message":{"message_id":12,"date":0,"chat":{"id":9,"type":"private"}}"#;
    let received = press(&format!(r#"{message},"data":"h.x""#)).expect("an event");
    assert_eq!(received.inbound.input, Input::Token("h.x".into()));
    assert_eq!(received.inbound.on_message.as_deref(), Some("12"));
    assert_eq!(received.callback_id.as_deref(), Some("77"));
    let received = press(message).expect("an event");
    assert_eq!(received.inbound.input, Input::Token(String::new()));
    assert!(press(r#","inline_message_id":"1","data":"h.x""#).is_none());
}

#[test]
fn comings_and_goings_of_the_bot() {
    let change = |kind: &str, old: &str, new: &str| {
        input(&format!(
            r#""my_chat_member":{{"chat":{{"id":9,"type":"{kind}"}},"from":{{"id":9}},"date":1,"old_chat_member":{{"status":"{old}"}},"new_chat_member":{{"status":"{new}","until_date":0}}}}"#
        ))
    };
    assert_eq!(change("private", "member", "kicked"), Some(Input::Gone));
    assert_eq!(change("private", "kicked", "member"), Some(Input::Returned));
    assert_eq!(
        change("supergroup", "left", "member"),
        Some(Input::Start(None))
    );
    assert_eq!(change("group", "member", "administrator"), None);
    assert_eq!(change("group", "administrator", "left"), Some(Input::Gone));
    assert_eq!(change("channel", "left", "administrator"), None);
}

#[test]
fn what_cannot_be_read_still_gets_an_answer_where_there_is_a_chat() {
    let unreadable = |fields: &str| {
        let read = read_one(fields);
        assert_eq!(read.update_id, Some(5));
        match read.content {
            Content::Unreadable(received) => received.map(|received| received.inbound.input),
            content => panic!("{content:?}"),
        }
    };
    let message = r#""message":{"message_id":"x","chat":{"id":9,"type":17},"text":3}"#;
    assert_eq!(unreadable(message), Some(Input::Media(Media::Other)));
    assert_eq!(unreadable(r#""message":{"chat":{"id":-9},"text":3}"#), None);
    assert_eq!(
        unreadable(r#""callback_query":{"id":"1","from":3,"message":{"chat":{"id":9}}}"#),
        Some(Input::Token(String::new()))
    );
    assert_eq!(unreadable(r#""message":17"#), None);
    let surrogate = r#""message":{"chat":{"id":9,"type":"private"},"text":"\ud83d"}"#;
    assert_eq!(unreadable(surrogate), Some(Input::Media(Media::Other)));
    let deep = format!(
        r#""message":{{"chat":{{"id":9}},"x":{}1{}}}"#,
        "[".repeat(9000),
        "]".repeat(9000)
    );
    assert_eq!(unreadable(&deep), Some(Input::Media(Media::Other)));
    for json in ["", "null", "[]", "{", "{\"update_id\":\"x\"}", "\u{0}"] {
        let read = read(json, &me(), 0);
        assert!(
            matches!(
                (read.update_id, read.content),
                (None, Content::Unreadable(None))
            ),
            "{json}"
        );
    }
}

#[test]
fn damaged_updates_never_panic() {
    let whole = r#"{"update_id":5,"message":{"message_id":3,"from":{"id":9,"is_bot":false,"language_code":"sv"},"chat":{"id":9,"type":"private"},"text":"🚒 @turva_bot å /a","entities":[{"type":"mention","offset":3,"length":10}],"reply_to_message":{"from":{"id":7}}}}"#;
    let pieces = [
        "null",
        "-1",
        "\"",
        "{",
        "}",
        "18446744073709551615",
        "[]",
        "\\u0000",
        "é",
    ];
    let mut seed = 1_u64;
    for _ in 0..20_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let number = |shift: u32, below: usize| usize::try_from(seed >> shift).unwrap_or(0) % below;
        let (from, length) = (number(33, whole.len()), number(20, 12));
        let to = (from + length).min(whole.len());
        if whole.is_char_boundary(from) && whole.is_char_boundary(to) {
            let json = format!(
                "{}{}{}",
                &whole[..from],
                pieces[number(50, pieces.len())],
                &whole[to..]
            );
            let _ = read(&json, &me(), 0);
        }
    }
}
