//! What strangers try: rooms and events made to look like somebody else's.

use serde_json::json;

use super::{Chat, MODES, assert_answer, bot, person, question, stored, subscribe, words};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::{Resident, Text};
use crate::support::matrix::said::Said;
use crate::support::matrix::synapse::{Synapse, escape};
use crate::support::words::phrase;

/// Asserts that a resident's chat with the bot is as it was, subscription and all.
async fn unharmed(chat: &Chat) {
    chat.bot
        .server
        .send_notice("Oma", &["--topic", "water-and-power"])
        .await;
    let notice = chat.next().await;
    assert!(words(&notice).contains("Oma"), "{notice:?}");
    assert_answer("fi", &chat.say(question("fi")).await);
    chat.nothing_more().await;
}

/// Waits until the bot has answered a resident of its own: by then it has seen what came before.
async fn seen(bot: &MatrixBot) {
    let neighbour = person("naapuri").await;
    bot.meet(&neighbour, false).await;
}

/// Sets a state of a room.
async fn set_state(resident: &Resident, room: &str, kind: &str, content: serde_json::Value) {
    let path = format!("/_matrix/client/v3/rooms/{}/state/{kind}/", escape(room));
    let set = resident.call("PUT", &path, Some(content)).await;
    set.expect("a state");
}

#[tokio::test]
async fn a_room_with_somebody_elses_name_in_it_takes_nothing_of_theirs() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        subscribe(&chat.resident, &chat.room).await;
        let mallory = person("mallory").await;
        // Invited people count as members, and are the first named of a room without a name.
        let people = [chat.resident.id(), chat.bot.id()];
        let open = json!({"preset": "public_chat"});
        let trap = mallory.create_room(&people, encrypted, true, open).await;
        mallory.sees_member(&trap, chat.bot.id(), "join").await;
        mallory.leave(&trap).await;
        seen(&chat.bot).await;
        mallory.join(&trap).await;
        mallory.send(&trap, "omat tiedot").await;
        seen(&chat.bot).await;
        let told = mallory.messages_left(&trap).await;
        assert!(
            told.iter().all(|said| !said.body.contains("Vesi")),
            "{told:?}"
        );
        unharmed(&chat).await;
    }
}

#[tokio::test]
async fn a_room_that_names_another_as_its_predecessor_does_not_make_the_bot_leave_that() {
    let chat = Chat::open(false).await;
    subscribe(&chat.resident, &chat.room).await;
    let mallory = person("mallory").await;
    let born_of = json!({"creation_content": {"predecessor": {"room_id": chat.room}}});
    let trap = mallory
        .create_room(&[chat.bot.id()], false, true, born_of)
        .await;
    mallory.sees_member(&trap, chat.bot.id(), "join").await;
    mallory.leave(&trap).await;
    let events = Synapse::shared().await;
    crate::support::wait::eventually("the bot leaves", async || {
        let events = events.events(&trap).await;
        let left = |event: &&serde_json::Value| {
            event["state_key"] == chat.bot.id() && event["content"]["membership"] == "leave"
        };
        events.iter().find(left).map(drop)
    })
    .await;
    unharmed(&chat).await;
}

#[tokio::test]
async fn a_tombstone_moves_nobody_but_its_room() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        subscribe(&chat.resident, &chat.room).await;
        let mallory = person("mallory").await;
        // One's own room, said to live on in somebody else's.
        let trap = mallory.create_dm(chat.bot.id(), encrypted).await;
        mallory.next_message(&trap).await;
        let to = json!({"body": "x", "replacement_room": chat.room});
        set_state(&mallory, &trap, "m.room.tombstone", to.clone()).await;
        // In somebody else's room, as a message that only looks like state.
        chat.resident.invite(&chat.room, mallory.id()).await;
        mallory.join(&chat.room).await;
        let here = json!({"body": "x", "replacement_room": trap});
        let fake = json!({"room": chat.room, "type": "m.room.tombstone", "content": here,
                          "plain": false});
        let _ = mallory.order("send_raw", fake).await;
        let member = json!({"room": chat.room, "type": "m.room.member", "plain": false,
                            "content": {"membership": "join"}});
        let _ = mallory.order("send_raw", member).await;
        mallory.leave(&chat.room).await;
        chat.resident
            .sees_member(&chat.room, mallory.id(), "leave")
            .await;
        assert_answer("fi", &chat.say(question("fi")).await);
        unharmed(&chat).await;
        let rows = chat
            .bot
            .server
            .database
            .texts("SELECT address FROM resident WHERE address LIKE '%maria%'")
            .await;
        assert_eq!(rows, [format!("0/{}", chat.resident.id())]);
    }
}

#[tokio::test]
async fn who_inherits_a_chat_inherits_no_resident() {
    let chat = Chat::open(false).await;
    subscribe(&chat.resident, &chat.room).await;
    let mallory = person("mallory").await;
    chat.resident.invite(&chat.room, mallory.id()).await;
    mallory.join(&chat.room).await;
    chat.resident.leave(&chat.room).await;
    mallory
        .sees_member(&chat.room, chat.resident.id(), "leave")
        .await;
    let gone = "SELECT COUNT(*) FROM resident WHERE status = 'gone'";
    stored(&chat.bot, gone, 1).await;
    chat.bot
        .server
        .send_notice("Salaista", &["--topic", "water-and-power"])
        .await;
    mallory.send(&chat.room, "omat tiedot").await;
    seen(&chat.bot).await;
    let told = mallory.messages_left(&chat.room).await;
    let data = phrase("fi", "my-data");
    let secret = |said: &Said| said.body.contains("Salaista") || words(said).starts_with(&data);
    assert!(!told.iter().any(secret), "{told:?}");
}

#[tokio::test]
async fn somebody_with_two_chats_has_one_vote() {
    let chat = Chat::open(false).await;
    subscribe(&chat.resident, &chat.room).await;
    let id = chat.bot.server.open_poll(&[]).await;
    chat.next().await;
    chat.next().await;
    chat.say("1").await;
    assert_eq!(chat.bot.server.votes(&id).await, [1, 0, 0]);
    let (other, _) = chat.bot.meet(&chat.resident, false).await;
    // A number would pick from the greeting, which is newer than the poll.
    chat.resident.send(&other, "Ei").await;
    chat.resident.next_message(&other).await;
    assert_eq!(chat.bot.server.votes(&id).await, [0, 1, 0]);
    chat.resident.send(&other, "poista tietoni").await;
    chat.resident.next_message(&other).await;
    chat.resident.send(&other, "kyllä").await;
    chat.resident.next_message(&other).await;
    assert_eq!(chat.bot.server.votes(&id).await, [0, 0, 0]);
}

#[tokio::test]
async fn two_bots_do_not_talk_to_each_other() {
    let (one, other) = (bot().await, bot().await);
    let mallory = person("mallory").await;
    let room = mallory
        .create_room(&[one.id(), other.id()], false, false, json!({}))
        .await;
    mallory.sees_member(&room, one.id(), "join").await;
    mallory.sees_member(&room, other.id(), "join").await;
    let both = Text {
        body: question("fi"),
        mentions: &[one.id(), other.id()],
        ..Text::default()
    };
    mallory.send_text(&room, both).await;
    seen(&one).await;
    seen(&other).await;
    one.quiet().await;
    other.quiet().await;
    let replies = "SELECT COUNT(*) FROM outbox WHERE address LIKE '0/!%'";
    // A greeting and an answer each.
    for bot in [&one, &other] {
        assert_eq!(bot.server.database.number(replies).await, 2);
    }
}
