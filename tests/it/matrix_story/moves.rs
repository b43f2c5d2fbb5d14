//! Residents who move: to another chat with the bot, and with a room that is replaced.

use serde_json::json;

use super::{Chat, MODES, assert_answer, bot, greets, person, question, subscribe, words};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Resident;

#[tokio::test]
async fn a_resident_who_opens_another_chat_goes_on_there() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (maria, id) = (&chat.resident, chat.bot.id());
        subscribe(maria, &chat.room).await;
        let mut room = chat.room.clone();
        // Of rooms that have a name, homeservers tell less.
        for more in [json!({"name": "Botti"}), json!({})] {
            let other = maria.create_room(&[id], encrypted, true, more).await;
            let greeting = maria.next_message(&other).await;
            assert!(words(&greeting).starts_with(&greets("fi")));
            maria.sees_member(&room, id, "leave").await;
            moved(&chat.bot, maria, &other).await;
            room = other;
        }
        chat.nothing_more().await;
        assert_eq!(
            chat.bot
                .server
                .database
                .number("SELECT COUNT(*) FROM resident WHERE status = 'gone'")
                .await,
            0
        );
    }
}

#[tokio::test]
async fn a_room_that_is_replaced_is_followed() {
    for encrypted in MODES {
        let bot = bot().await;
        let maria = person("maria").await;
        // Anyone may follow where anyone may come in.
        let open = json!({"preset": "public_chat", "room_version": "10"});
        let room = maria.create_room(&[bot.id()], encrypted, true, open).await;
        maria.next_message(&room).await;
        subscribe(&maria, &room).await;
        let other = maria.upgrade_room(&room, "11").await;
        maria.sees_member(&other, bot.id(), "join").await;
        moved(&bot, &maria, &other).await;
    }
}

#[tokio::test]
async fn so_is_one_that_the_bot_is_invited_to_only_later() {
    let chat = {
        let bot = bot().await;
        let maria = person("maria").await;
        let old = json!({"room_version": "10"});
        let room = maria.create_room(&[bot.id()], true, true, old).await;
        maria.next_message(&room).await;
        Chat {
            bot,
            resident: maria,
            room,
        }
    };
    subscribe(&chat.resident, &chat.room).await;
    let other = chat.resident.upgrade_room(&chat.room, "11").await;
    chat.resident.invite(&other, chat.bot.id()).await;
    chat.resident
        .sees_member(&other, chat.bot.id(), "join")
        .await;
    moved(&chat.bot, &chat.resident, &other).await;
}

/// Asserts that there is one resident, whose subscription lives on in this room.
async fn moved(bot: &MatrixBot, resident: &Resident, room: &str) {
    // Once it answers there it has arrived.
    resident.send(room, question("fi")).await;
    assert_answer("fi", &resident.next_message(room).await);
    let residents = bot
        .server
        .database
        .texts("SELECT address FROM resident")
        .await;
    assert_eq!(residents, [format!("0/{}", resident.id())]);
    bot.server
        .send_notice("Muutto", &["--topic", "water-and-power"])
        .await;
    let notice = resident.next_message(room).await;
    assert!(words(&notice).contains("Muutto"), "{notice:?}");
}
