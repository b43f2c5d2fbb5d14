//! Coming and going: whom the bot lets in, what it answers when it comes, how residents leave.

use serde_json::json;

use super::{Chat, MODES, assert_answer, bot, bot_with, greets, person, question, stored, words};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::{Resident, Text};
use crate::support::matrix::synapse::Synapse;
use crate::support::telegram::set;

const GONE: &str = "SELECT COUNT(*) FROM resident WHERE status = 'gone'";

/// Opens a chat that the bot shall refuse.
async fn turned_away(bot: &MatrixBot, resident: &Resident) {
    let room = resident.create_dm(bot.id(), false).await;
    resident.sees_member(&room, bot.id(), "leave").await;
}

#[tokio::test]
async fn those_whom_the_settings_deny_are_turned_away() {
    let (maria, bo) = (person("maria").await, person("bo").await);
    let denied = bo.id().to_owned();
    let bot = bot_with(|settings| {
        set(settings, "matrix", "deny_users", vec![denied]);
    })
    .await;
    turned_away(&bot, &bo).await;
    let (room, _) = bot.meet(&maria, false).await;
    // Nor is somebody denied heard in a room of somebody else's.
    maria.invite(&room, bo.id()).await;
    assert_eq!(bo.invited_by(maria.id()).await, room);
    bo.join(&room).await;
    let asked = Text {
        body: question("fi"),
        mentions: &[bot.id()],
        ..Text::default()
    };
    bo.send_text(&room, asked).await;
    maria.next_message(&room).await;
    maria.send_text(&room, asked).await;
    let answer = maria.next_message(&room).await;
    assert_answer("fi", &answer);
    assert!(maria.messages_left(&room).await.is_empty());
    let known = format!(
        "SELECT COUNT(*) FROM resident WHERE address = '0/{}'",
        bo.id()
    );
    assert_eq!(bot.server.database.number(&known).await, 0);
}

#[tokio::test]
async fn servers_are_denied_or_the_only_ones_let_in() {
    let resident = person("maria").await;
    for (key, servers, welcome) in [
        ("deny_servers", "turva.test", false),
        ("deny_servers", "example.com", true),
        ("allow_servers", "example.com", false),
        ("allow_servers", "turva.test", true),
    ] {
        let bot = bot_with(|settings| set(settings, "matrix", key, vec![servers.to_owned()])).await;
        if welcome {
            bot.meet(&resident, false).await;
        } else {
            turned_away(&bot, &resident).await;
            let known = "SELECT COUNT(*) FROM resident";
            assert_eq!(bot.server.database.number(known).await, 0, "{key}");
        }
    }
}

#[tokio::test]
async fn what_was_said_while_the_bot_was_on_its_way_is_answered_once_and_what_was_said_before_is_not()
 {
    let bot = bot().await;
    let (maria, bo) = (person("maria").await, person("bo").await);
    let room = maria.create_dm(bo.id(), false).await;
    bo.join(&room).await;
    maria.send(&room, "aiheet").await;
    bo.next_message(&room).await;
    bo.leave(&room).await;
    maria.sees_member(&room, bo.id(), "leave").await;
    maria.send(&room, "apua").await;

    let (home, account) = bot.stop().await;
    maria.invite(&room, &account.user.id).await;
    maria.send(&room, question("sv")).await;
    let bot = MatrixBot::serve(home, account).await;
    let answer = maria.next_message(&room).await;
    assert_answer("sv", &answer);
    bot.quiet().await;
    let left = maria.messages_left(&room).await;
    assert!(left.is_empty(), "{left:?}");
    // Nor is anything of it said again by a bot that was cut off.
    let bot = bot.killed_and_started().await;
    maria.send(&room, question("fi")).await;
    let answer = maria.next_message(&room).await;
    assert!(answer.body.contains("SPEK"), "{answer:?}");
    bot.quiet().await;
    assert!(maria.messages_left(&room).await.is_empty());
}

#[tokio::test]
async fn what_is_said_while_the_bot_is_away_is_answered_when_it_comes_back() {
    for encrypted in MODES {
        let mut chat = Chat::open(encrypted).await;
        let (home, account) = chat.bot.stop().await;
        for lang in ["fi", "sv"] {
            chat.resident.send(&chat.room, question(lang)).await;
        }
        // More than a sync brings at once.
        for number in 0..60 {
            let noise = json!({"number": number});
            chat.resident
                .send_plain(&chat.room, "fi.example.noise", noise)
                .await;
        }
        chat.bot = MatrixBot::serve(home, account).await;
        assert_answer("fi", &chat.next().await);
        assert_answer("sv", &chat.next().await);
        chat.nothing_more().await;
    }
}

#[tokio::test]
async fn who_leaves_or_sends_the_bot_away_gets_nothing_and_the_others_do() {
    let stays = Chat::open(true).await;
    let bot = &stays.bot;
    let id = bot.id();
    for (way, number) in [("leave", 1), ("kick", 2), ("ban", 3)] {
        let bo = person("bo").await;
        let room = host(&bo, bot, false).await;
        match way {
            "leave" => bo.leave(&room).await,
            "kick" => bo.kick(&room, id).await,
            _ => bo.ban(&room, id).await,
        }
        stored(bot, GONE, number).await;
        if way == "leave" {
            left(bot, &room).await;
        }
        let title = format!("Vaara {number}");
        bot.server
            .send_notice(&title, &["--severity", "extreme"])
            .await;
        let notice = stays.next().await;
        assert!(words(&notice).contains(&title), "{notice:?}");
    }
    bot.quiet().await;
    let tried = "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL";
    assert_eq!(bot.server.database.number(tried).await, 3);
    // Whoever comes back is known again.
    let (room, greeting) = bot.meet(&stays.resident, false).await;
    assert!(words(&greeting).starts_with(&greets("fi")), "{room}");
}

/// Opens a chat in which the bot has no say.
async fn host(resident: &Resident, bot: &MatrixBot, encrypted: bool) -> String {
    let more = json!({"preset": "private_chat"});
    let room = resident
        .create_room(&[bot.id()], encrypted, true, more)
        .await;
    let greeting = resident.next_message(&room).await;
    assert!(words(&greeting).starts_with(&greets("fi")));
    room
}

/// Waits until the bot is in a room no more.
async fn left(bot: &MatrixBot, room: &str) {
    let synapse = Synapse::shared().await;
    crate::support::wait::eventually("the bot leaves", async || {
        let events = synapse.events(room).await;
        let own = |event: &&serde_json::Value| {
            event["state_key"] == bot.id() && event["content"]["membership"] == "leave"
        };
        events.iter().find(own).map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_bot_that_was_sent_away_while_it_was_stopped_knows_it_when_it_comes_back() {
    let chat = Chat::open(false).await;
    let bo = person("bo").await;
    let room = host(&bo, &chat.bot, true).await;
    let (home, account) = chat.bot.stop().await;
    bo.ban(&room, &account.user.id).await;
    let bot = MatrixBot::serve(home, account).await;
    stored(&bot, GONE, 1).await;
    bot.server
        .send_notice("Vaara", &["--severity", "extreme"])
        .await;
    let notice = chat.resident.next_message(&chat.room).await;
    assert!(words(&notice).contains("Vaara"), "{notice:?}");
    bot.quiet().await;
    let tried = "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL";
    assert_eq!(bot.server.database.number(tried).await, 1);
}

#[tokio::test]
async fn the_bot_shows_its_name_its_picture_and_what_it_has_read() {
    let chat = Chat::open(false).await;
    let path = format!(
        "/_matrix/client/v3/profile/{}",
        crate::support::matrix::synapse::escape(chat.bot.id())
    );
    let profile = chat
        .resident
        .call("GET", &path, None)
        .await
        .expect("a profile");
    let name = super::with("fi", "profile-name", "municipality", "Espoo");
    assert_eq!(profile["displayname"], name);
    let picture = profile["avatar_url"].as_str().expect("a picture");
    assert!(picture.starts_with("mxc://"), "{picture}");
    let asked = chat.resident.send(&chat.room, question("fi")).await;
    let seen = chat.resident.wait_for(&chat.room, "a receipt", |one| {
        let receipts = one.content["receipts"].as_array();
        let mut receipts = receipts.into_iter().flatten();
        receipts.any(|one| one["event_id"] == *asked && one["user"] == chat.bot.id())
    });
    assert_eq!(seen.await.kind, "receipts");
    // Once is enough: a restart changes neither.
    let bot = chat.bot.killed_and_started().await;
    assert_eq!(
        chat.resident
            .call("GET", &path, None)
            .await
            .expect("a profile"),
        profile
    );
    drop(bot);
}
