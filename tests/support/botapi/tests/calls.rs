//! Results of calls: messages, edits, presses, profile, refusals, migration, limits.

use serde_json::json;

use super::super::{
    Config, GroupKind, LimitKind, LimitMode, Limits, NewGroup, PressTarget, Standing, User,
};
use super::{LONG, hello, start, start_with};

const TOO_OLD: &str =
    "Bad Request: query is too old and response timeout expired or query ID is invalid";

#[tokio::test]
async fn messages_and_presses() {
    let (sim, client) = start();
    sim.say(1, "/start");
    let markup = json!({"inline_keyboard": [[{"text": "Joo", "callback_data": "v:1"}]]});
    let sent =
        json!({"chat_id": 1, "text": "<b>Hei</b>", "parse_mode": "HTML", "reply_markup": markup});
    let id = client.ok("sendMessage", sent).await["message_id"].clone();
    let pressed = sim.press_last(1, "Joo").expect("a button");
    let answer = json!({"callback_query_id": pressed.id, "text": "Kiitos", "show_alert": true});
    client.ok("answerCallbackQuery", answer.clone()).await;
    let seen = sim
        .wait_for(|s| s.callback_answer(&pressed.id).cloned(), LONG)
        .await
        .expect("an answer");
    assert_eq!(
        (seen.text.as_deref(), seen.show_alert, seen.data.as_str()),
        (Some("Kiitos"), true, "v:1")
    );
    sim.expire_presses();
    assert_eq!(client.refused("answerCallbackQuery", answer).await, TOO_OLD);
    assert!(sim.press_last(1, "Ei").is_err());
    let number = id.as_i64().expect("a number");
    assert!(
        sim.press(1, 1, number, &PressTarget::Data("v:2".to_owned()))
            .is_err()
    );
    assert!(
        sim.press(1, 1, number, &PressTarget::Forged("v:2".to_owned()))
            .is_ok()
    );

    let edit = |text: &str| json!({"chat_id": 1, "message_id": id, "text": text});
    let same = json!({"chat_id": 1, "message_id": id, "text": "<strong>Hei</strong>",
        "parse_mode": "HTML", "reply_markup": markup});
    let refusal = client.refused("editMessageText", same).await;
    assert!(
        refusal.starts_with("Bad Request: message is not modified: specified new"),
        "{refusal}"
    );
    client.ok("editMessageText", edit("Moi")).await;
    let message = sim
        .read(|s| s.message(1, number).cloned())
        .expect("a message");
    assert_eq!(
        (message.plain.as_str(), message.buttons().len()),
        ("Moi", 0)
    );
    assert_eq!(
        (
            message.edits[0].text.as_str(),
            message.edits[0].plain.as_str()
        ),
        ("<b>Hei</b>", "Hei")
    );
    client
        .ok("deleteMessage", json!({"chat_id": 1, "message_id": id}))
        .await;
    let gone = client.refused("editMessageText", edit("x")).await;
    assert_eq!(gone, "Bad Request: message to edit not found");
    let gone = client
        .refused("deleteMessage", json!({"chat_id": 1, "message_id": id}))
        .await;
    assert_eq!(gone, "Bad Request: message to delete not found");
    assert_eq!(
        sim.read(|s| s.calls("editMessageText").errors.get(&400).copied()),
        Some(2)
    );
}

#[tokio::test]
async fn forbidden_chats() {
    let (sim, client) = start();
    sim.say(1, "/start");
    sim.block(1);
    assert_eq!(
        client.refused("sendMessage", hello()).await,
        "Forbidden: bot was blocked by the user"
    );
    sim.unblock(1);
    client.ok("sendMessage", hello()).await;
    sim.deactivate(1);
    assert_eq!(
        client.refused("sendMessage", hello()).await,
        "Forbidden: user is deactivated"
    );
    sim.set_user(
        1,
        User {
            started: false,
            ..User::default()
        },
    );
    assert_eq!(
        client.refused("sendMessage", hello()).await,
        "Forbidden: bot can't initiate conversation with a user"
    );
    let kinds = client.ok("getUpdates", json!({})).await;
    assert_eq!(
        kinds[1]["my_chat_member"]["new_chat_member"]["status"],
        "kicked"
    );
    assert_eq!(
        kinds[2]["my_chat_member"]["new_chat_member"]["status"],
        "member"
    );

    sim.create_group(NewGroup {
        id: -1_001,
        members: vec![5, 6],
        ..NewGroup::default()
    })
    .expect("a new group");
    let to_group = json!({"chat_id": -1_001, "text": "hei"});
    client.ok("sendMessage", to_group.clone()).await;
    let pin = json!({"chat_id": -1_001, "message_id": 2});
    assert!(
        client
            .refused("pinChatMessage", pin.clone())
            .await
            .contains("not enough rights")
    );
    sim.set_bot_standing(-1_001, 5, Standing::Administrator)
        .expect("a group");
    client.ok("pinChatMessage", pin).await;
    let pinned = client.ok("getChat", json!({"chat_id": -1_001})).await;
    assert_eq!(pinned["pinned_message"]["text"], "hei");
    let member = json!({"chat_id": -1_001, "user_id": 5});
    assert_eq!(
        client.ok("getChatMember", member).await["status"],
        "creator"
    );
    sim.set_bot_standing(-1_001, 5, Standing::Kicked)
        .expect("a group");
    assert_eq!(
        client.refused("sendMessage", to_group).await,
        "Forbidden: bot was kicked from the supergroup chat"
    );
}

#[tokio::test]
async fn migration_and_privacy() {
    let (sim, client) = start();
    let group = NewGroup {
        id: -77,
        kind: GroupKind::Group,
        members: vec![5],
        ..NewGroup::default()
    };
    sim.create_group(group).expect("a new group");
    let sent = client
        .ok("sendMessage", json!({"chat_id": -77, "text": "hei"}))
        .await;
    let heard = |text: &str| {
        sim.say_in(-77, 6, text)
            .expect("a member")
            .update_id
            .is_some()
    };
    assert!(!heard("moi"));
    assert!(heard("/apua"));
    assert!(!heard("/apua@toinen_bot"));
    assert!(heard("hei @Turva_test_bot"));
    let reply = super::super::Say {
        user: 6,
        chat: Some(-77),
        text: "vastaus".to_owned(),
        reply_to: sent["message_id"].as_i64(),
        media: None,
    };
    assert!(sim.say_with(&reply).expect("a member").update_id.is_some());

    let new = sim.migrate(-77).expect("a basic group");
    let body = client
        .call("sendMessage", json!({"chat_id": -77, "text": "hei"}))
        .await;
    assert_eq!(
        body["description"],
        "Bad Request: group chat was upgraded to a supergroup chat"
    );
    assert_eq!(body["parameters"]["migrate_to_chat_id"], new);
    client
        .ok("sendMessage", json!({"chat_id": new, "text": "hei"}))
        .await;
    let updates = client.ok("getUpdates", json!({"offset": -2})).await;
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], new);
    assert_eq!(updates[1]["message"]["migrate_from_chat_id"], -77);
    assert!(sim.say_in(-77, 5, "moi").is_err());
}

#[tokio::test]
async fn profile() {
    let (sim, client) = start();
    let commands = json!([{"command": "apua", "description": "Ohje"}]);
    let scope = json!({"type": "all_private_chats"});
    let set = json!({"commands": commands, "scope": scope, "language_code": "sv"});
    client.ok("setMyCommands", set).await;
    let key = json!({"scope": scope, "language_code": "sv"});
    assert_eq!(client.ok("getMyCommands", key.clone()).await, commands);
    assert_eq!(
        client.ok("getMyCommands", json!({"scope": scope})).await,
        json!([])
    );
    assert_eq!(sim.read(|s| s.commands(&scope, "sv").len()), 1);
    client.ok("deleteMyCommands", key.clone()).await;
    assert_eq!(client.ok("getMyCommands", key).await, json!([]));
    let bad = json!({"commands": [{"command": "Apua!", "description": "x"}]});
    assert_eq!(
        client.refused("setMyCommands", bad).await,
        "Bad Request: BOT_COMMAND_INVALID"
    );
    let scope = json!({"type": "everybody"});
    assert!(
        client
            .refused("getMyCommands", json!({"scope": scope}))
            .await
            .contains("\"scope")
    );
    client
        .ok(
            "setMyDescription",
            json!({"description": "Hei", "language_code": "fi"}),
        )
        .await;
    let described = client
        .ok("getMyDescription", json!({"language_code": "fi"}))
        .await;
    assert_eq!(described["description"], "Hei");
    client.ok("setMyName", json!({"name": "Turva"})).await;
    assert_eq!(client.ok("getMe", json!({})).await["first_name"], "Turva");
}

#[tokio::test]
async fn rate_limits() {
    // A "second" of ten minutes: no refill during the test.
    let limits = Limits {
        mode: LimitMode::Enforce,
        second_ms: 600_000,
        ..Limits::default()
    };
    let (sim, client) = start_with(Config {
        limits: limits.clone(),
        ..Config::default()
    });
    sim.seed_chats(1, 100, "sv");
    for _ in 0..3 {
        client.ok("sendMessage", hello()).await;
    }
    let body = client.call("sendMessage", hello()).await;
    assert_eq!(body["error_code"], 429);
    let wait = body["parameters"]["retry_after"]
        .as_u64()
        .expect("a number");
    assert_eq!(
        body["description"],
        format!("Too Many Requests: retry after {wait}")
    );
    assert!((590..=600).contains(&wait), "{wait}");
    for chat in 2..29 {
        client
            .ok("sendMessage", json!({"chat_id": chat, "text": "hei"}))
            .await;
    }
    assert_eq!(
        client
            .call("sendMessage", json!({"chat_id": 50, "text": "x"}))
            .await["error_code"],
        429
    );
    let paid = json!({"chat_id": 50, "text": "x", "allow_paid_broadcast": true});
    client.ok("sendMessage", paid).await;
    let report = sim.read(|s| s.limit_report().clone());
    let kinds: Vec<LimitKind> = report.first.iter().map(|v| v.limit).collect();
    assert_eq!(kinds, [LimitKind::Chat, LimitKind::Overall]);
    assert_eq!((report.violations, report.max_in_second), (2, 31));

    sim.create_group(NewGroup {
        id: -9,
        ..NewGroup::default()
    })
    .expect("a new group");
    sim.set_limits(Limits {
        per_second: 1000,
        mode: LimitMode::Record,
        ..limits
    });
    sim.reset_limits();
    for _ in 0..21 {
        client
            .ok("sendMessage", json!({"chat_id": -9, "text": "hei"}))
            .await;
    }
    let report = sim.read(|s| s.limit_report().clone());
    assert_eq!((report.violations, report.max_in_group_minute), (1, 21));
    assert_eq!(report.first[0].limit, LimitKind::Group);
}

#[tokio::test]
async fn limits_refill() {
    // A "second" of one millisecond: there is always room by the next request, or soon after.
    let limits = Limits {
        mode: LimitMode::Enforce,
        second_ms: 1,
        chat_burst: 1,
        ..Limits::default()
    };
    let (sim, client) = start_with(Config {
        limits,
        ..Config::default()
    });
    sim.say(1, "/start");
    let mut sent = 0;
    while sent < 5 {
        sent += u32::from(client.call("sendMessage", hello()).await["ok"] == true);
    }
    assert_eq!(sim.read(|s| s.bot_messages(1).len()), 5);
}
