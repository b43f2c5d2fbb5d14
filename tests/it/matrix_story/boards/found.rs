//! Announcement rooms that the municipality has made.

use serde_json::json;

use super::super::{bot_with, person, question, stored, words};
use super::{alias, pinned, rooms};
use crate::support::database::{Database, Kind};
use crate::support::matrix::bot::{self, MatrixBot};
use crate::support::matrix::resident::Text;
use crate::support::matrix::synapse::Synapse;

#[tokio::test]
async fn a_room_of_the_municipality_is_joined_and_its_readers_are_left_alone() {
    let synapse = Synapse::shared().await;
    let name = alias();
    let clerk = person("virkailija").await;
    let local = name
        .trim_start_matches('#')
        .split(':')
        .next()
        .expect("a name")
        .to_owned();
    let database = Database::create(Kind::Sqlite).await;
    let (mut home, mut account) = bot::home(synapse, database, |settings| {
        rooms(settings, false, &[(&name, "fi", &[])]);
    })
    .await;
    bot::log_in(&mut home, &mut account).await;
    let id = account.user.id.clone();
    let more = json!({
        "room_alias_name": local, "name": "Kunta tiedottaa",
        "power_level_content_override": {"users_default": 0, "users": {&id: 50, clerk.id(): 100}},
        "room_version": "11",
    });
    let room = clerk.create_room(&[&id], false, false, more).await;
    let bot = MatrixBot::serve(home, account).await;
    clerk.sees_member(&room, &id, "join").await;
    stored(&bot, "SELECT COUNT(*) FROM resident WHERE direct = 2", 1).await;
    // Two are in the room by now, and still it is no chat with the bot.
    let asked = Text {
        body: question("fi"),
        mentions: &[&id],
        ..Text::default()
    };
    clerk.send_text(&room, asked).await;
    // A chat with the bot doesn't end the room either.
    let (chat, _) = bot.meet(&clerk, false).await;
    clerk.send(&chat, question("fi")).await;
    clerk.next_message(&chat).await;
    bot.server.send_notice("Tiedote", &[]).await;
    let notice = clerk.next_message(&room).await;
    assert!(words(&notice).starts_with("Tiedote"), "{notice:?}");
    pinned(&clerk, &room, "fi", &[&notice]).await;
    clerk
        .react(&room, &notice.event_id, "1\u{fe0f}\u{20e3}")
        .await;

    // What was said there while the bot was away isn't answered either.
    let (home, account) = bot.stop().await;
    clerk.send_text(&room, asked).await;
    let bot = MatrixBot::serve(home, account).await;
    bot.server.send_notice("Toinen", &[]).await;
    let notice = clerk.next_message(&room).await;
    assert!(words(&notice).starts_with("Toinen"), "{notice:?}");
    bot.quiet().await;
    assert!(clerk.messages_left(&room).await.is_empty());
}

#[tokio::test]
async fn an_invitation_to_a_room_that_was_missing_is_no_chat() {
    let name = alias();
    let bot = bot_with(|settings| rooms(settings, false, &[(&name, "fi", &[])])).await;
    bot.logged("the room cannot be had").await;
    let clerk = person("virkailija").await;
    let local = name
        .trim_start_matches('#')
        .split(':')
        .next()
        .expect("a name")
        .to_owned();
    let more = json!({
        "room_alias_name": local, "room_version": "11",
        "power_level_content_override": {"users": {bot.id(): 50, clerk.id(): 100}},
    });
    let room = clerk.create_room(&[bot.id()], false, false, more).await;
    stored(&bot, "SELECT COUNT(*) FROM resident WHERE direct = 2", 1).await;
    bot.server.send_notice("Tiedote", &[]).await;
    let notice = clerk.next_message(&room).await;
    assert!(
        words(&notice).starts_with("Tiedote"),
        "no greeting: {notice:?}"
    );
}
