//! Encrypted messages whose keys come late, or never.

use super::{Chat, assert_answer, bot, greets, person, question, stored, words};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Client;
use crate::support::words::phrase;

/// How many messages the bot keeps until their keys come.
const SEALED: &str = "SELECT COUNT(*) FROM channel_note WHERE name LIKE 'sealed/%'";

/// A chat whose resident has sent these without a key that the bot has got.
async fn sealed(messages: &[&str]) -> Chat {
    let chat = Chat::open(true).await;
    chat.resident.hold_keys(true).await;
    for message in messages {
        chat.resident.send(&chat.room, message).await;
    }
    let count = i64::try_from(messages.len()).expect("a few");
    stored(&chat.bot, SEALED, count).await;
    chat
}

#[tokio::test]
async fn a_message_whose_key_comes_late_is_answered_then_once() {
    let chat = sealed(&[question("fi"), question("sv")]).await;
    chat.nothing_more().await;
    chat.resident.hold_keys(false).await;
    assert_answer("fi", &chat.next().await);
    assert_answer("sv", &chat.next().await);
    stored(&chat.bot, SEALED, 0).await;
    chat.nothing_more().await;
    assert_answer("fi", &chat.say(question("fi")).await);
}

#[tokio::test]
async fn also_after_a_crash_between_message_and_key() {
    let mut chat = sealed(&[question("fi")]).await;
    chat.bot = chat.bot.killed_and_started().await;
    chat.resident.hold_keys(false).await;
    assert_answer("fi", &chat.next().await);
    stored(&chat.bot, SEALED, 0).await;
    chat.nothing_more().await;
}

/// Starts the bot again after so many milliseconds have passed for the messages that it keeps.
async fn later(chat: Chat, passed: i64) -> Chat {
    let Chat {
        bot,
        resident,
        room,
    } = chat;
    let (home, account) = bot.stop().await;
    let notes = "SELECT name || ' ' || value FROM channel_note WHERE name LIKE 'sealed/%'";
    for note in home.database.texts(notes).await {
        let (name, value) = note.split_once(' ').expect("a note");
        let mut value: serde_json::Value = serde_json::from_str(value).expect("JSON");
        let at = value["at"].as_i64().expect("an instant");
        value["at"] = (at - passed).into();
        let value = value.to_string().replace('\'', "''");
        let sql = format!("UPDATE channel_note SET value = '{value}' WHERE name = '{name}'");
        home.database.execute(&sql).await;
    }
    Chat {
        bot: MatrixBot::serve(home, account).await,
        resident,
        room,
    }
}

#[tokio::test]
async fn a_message_whose_key_never_comes_is_explained_once_and_given_up_after_a_day() {
    let chat = sealed(&[question("fi"), question("sv"), "kiitos"]).await;
    let chat = later(chat, 61_000).await;
    let told = chat.next().await;
    assert!(
        words(&told).starts_with(&phrase("fi", "unreadable")),
        "{told:?}"
    );
    chat.nothing_more().await;

    // The key may still come.
    let chat = later(chat, 3_600_000).await;
    chat.nothing_more().await;
    chat.resident.hold_keys(false).await;
    for said in ["SPEK", "SPEK"] {
        assert!(words(&chat.next().await).contains(said));
    }
    assert_eq!(words(&chat.next().await), phrase("fi", "thanks"));
    stored(&chat.bot, SEALED, 0).await;

    let chat = later(sealed(&["hukassa"]).await, 25 * 3_600_000).await;
    stored(&chat.bot, SEALED, 0).await;
    chat.nothing_more().await;
}

#[tokio::test]
async fn what_was_encrypted_before_the_invitation_is_history() {
    let bot = bot().await;
    let (maria, bo) = (person("maria").await, person("bo").await);
    let room = maria.create_dm(bo.id(), true).await;
    bo.join(&room).await;
    for _ in 0..3 {
        maria.send(&room, question("fi")).await;
        bo.next_message(&room).await;
    }
    bo.leave(&room).await;
    maria.sees_member(&room, bo.id(), "leave").await;
    let (home, account) = bot.stop().await;
    maria.invite(&room, &account.user.id).await;
    // Some clients give no keys to those who are only invited.
    maria.hold_keys(true).await;
    maria.send(&room, question("sv")).await;
    let bot = MatrixBot::serve(home, account).await;
    stored(&bot, SEALED, 1).await;
    let chat = Chat {
        bot,
        resident: maria,
        room,
    };
    assert!(words(&chat.next().await).starts_with(&greets("fi")));
    let chat = later(chat, 61_000).await;
    assert!(words(&chat.next().await).starts_with(&phrase("fi", "unreadable")));
    chat.nothing_more().await;
}

#[tokio::test]
async fn a_resident_without_any_encryption_is_still_read_in_an_encrypted_chat() {
    let chat = Chat::open(true).await;
    let phone = chat
        .resident
        .another_device(Client::without_encryption())
        .await;
    phone.send(&chat.room, question("fi")).await;
    assert_answer("fi", &chat.next().await);
}
