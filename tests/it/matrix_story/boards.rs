//! Announcement rooms: what the municipality says there, once, and nothing else.

mod found;

use serde_json::{Value, json};
use turvabot::locale::Locales;

use super::{bot_with, person, question, stored, with, words};
use crate::support::drafts::texts;
use crate::support::matrix::resident::{Resident, unique};
use crate::support::matrix::said::Said;
use crate::support::matrix::synapse::{Synapse, escape};
use crate::support::wait::eventually;
use crate::support::words::{LOCALES, lang};

/// A name that no room has got.
fn alias() -> String {
    format!("#{}:turva.test", unique("tiedotteet"))
}

/// Settings with these rooms: alias, language, topics.
fn rooms(settings: &mut toml::Table, create: bool, rooms: &[(&str, &str, &[&str])]) {
    let rooms: Vec<toml::Value> = rooms
        .iter()
        .map(|(alias, lang, topics)| {
            let mut room = toml::Table::new();
            room.insert("alias".into(), (*alias).into());
            room.insert("lang".into(), (*lang).into());
            room.insert("create".into(), create.into());
            let topics: Vec<toml::Value> = topics.iter().map(|one| (*one).into()).collect();
            room.insert("topics".into(), topics.into());
            room.into()
        })
        .collect();
    crate::support::telegram::set(settings, "matrix", "rooms", rooms);
}

/// Joins a room by its alias once there is one.
async fn join(reader: &Resident, alias: &str) -> String {
    let path = format!("/_matrix/client/v3/directory/room/{}", escape(alias));
    let room = eventually("the room is there", async || {
        reader.call("GET", &path, None).await.ok()
    })
    .await;
    let room = room["room_id"].as_str().expect("a room").to_owned();
    reader.join(&room).await;
    room
}

/// What a room's topic says.
fn topic(code: &str, key: &str) -> String {
    let place = if code == "fi" { "Espoo" } else { "Esbo" };
    Locales::page(&LOCALES, lang(code), key, place)
}

/// Waits until a state of a room is so.
async fn state(reader: &Resident, room: &str, kind: &str, key: &str, wanted: Value) {
    let path = format!("/_matrix/client/v3/rooms/{}/state/{kind}/", escape(room));
    eventually(&format!("{kind} is {wanted}"), async || {
        let state = reader.call("GET", &path, None).await.unwrap_or_default();
        (state[key] == wanted).then_some(())
    })
    .await;
}

/// Waits until these are pinned, and the topic says whether some are.
async fn pinned(reader: &Resident, room: &str, code: &str, events: &[&Said]) {
    let ids: Vec<&str> = events.iter().map(|one| &*one.event_id).collect();
    state(reader, room, "m.room.pinned_events", "pinned", json!(ids)).await;
    let key = if ids.is_empty() {
        "board-quiet"
    } else {
        "board-live"
    };
    state(
        reader,
        room,
        "m.room.topic",
        "topic",
        json!(topic(code, key)),
    )
    .await;
}

#[tokio::test]
async fn a_room_that_the_bot_makes_is_for_reading() {
    let (fi, sv) = (alias(), alias());
    let bot =
        bot_with(|settings| rooms(settings, true, &[(&fi, "fi", &[]), (&sv, "sv", &[])])).await;
    let reader = person("maria").await;
    for (code, alias) in [("fi", &fi), ("sv", &sv)] {
        let room = join(&reader, alias).await;
        state(
            &reader,
            &room,
            "m.room.name",
            "name",
            json!(topic(code, "board-name")),
        )
        .await;
        state(
            &reader,
            &room,
            "m.room.topic",
            "topic",
            json!(topic(code, "board-quiet")),
        )
        .await;
        let levels = reader.read_state(&room, "m.room.power_levels", "").await;
        for (key, level) in [
            ("users_default", 0),
            ("events_default", 50),
            ("state_default", 50),
        ] {
            assert_eq!(levels[key], level, "{key}: {levels}");
        }
        assert_eq!(levels["events"]["m.reaction"], 0, "{levels}");
        let speaking = json!({"msgtype": "m.text", "body": question("fi")});
        let order =
            json!({"room": room, "type": "m.room.message", "content": speaking, "plain": true});
        let refused = reader
            .order("send_raw", order)
            .await
            .expect_err("a refusal");
        assert_eq!(refused.errcode, "M_FORBIDDEN");
    }
    // The rooms are found again, not made again.
    let bot = bot.killed_and_started().await;
    stored(&bot, "SELECT COUNT(*) FROM resident WHERE direct = 2", 2).await;
    let made: Vec<String> = bot.server.log();
    assert!(
        !made.iter().any(|line| line.contains("was made")),
        "{made:?}"
    );
}

#[tokio::test]
async fn a_notice_is_posted_once_where_it_belongs_changes_and_goes() {
    let (water, all) = (alias(), alias());
    let bot = bot_with(|settings| {
        rooms(
            settings,
            true,
            &[(&water, "fi", &["water-and-power"]), (&all, "sv", &[])],
        );
    })
    .await;
    let reader = person("maria").await;
    let water = join(&reader, &water).await;
    let all = join(&reader, &all).await;
    stored(&bot, "SELECT COUNT(*) FROM resident WHERE direct = 2", 2).await;

    let id = bot
        .server
        .send_notice("Vesi poikki", &["--topic", "water-and-power"])
        .await;
    let there = reader.next_message(&water).await;
    assert!(
        words(&there).starts_with("Vesi poikki Teksti suomeksi."),
        "{there:?}"
    );
    assert_eq!(there.msgtype.as_deref(), Some("m.notice"));
    assert_eq!(there.content["m.mentions"], json!({}));
    // There is nothing to choose in a room where one reads.
    assert!(!there.body.contains("1. "), "{there:?}");
    assert_eq!(there.content["fi.turvabot"]["reactions"], Value::Null);
    let swedish = reader.next_message(&all).await;
    assert!(
        words(&swedish).starts_with("Vesi poikki Text på svenska."),
        "{swedish:?}"
    );
    pinned(&reader, &water, "fi", &[&there]).await;

    let alarm = bot
        .server
        .send_notice("Fara", &["--severity", "extreme", "--topic", "traffic"])
        .await;
    // Alerts go to every room.
    let fi_alert = reader.next_message(&water).await;
    let alert = reader.next_message(&all).await;
    for alert in [&fi_alert, &alert] {
        assert_eq!(alert.msgtype.as_deref(), Some("m.text"));
        assert_eq!(alert.content["m.mentions"], json!({"room": true}));
    }
    pinned(&reader, &water, "fi", &[&there, &fi_alert]).await;
    pinned(&reader, &all, "sv", &[&swedish, &alert]).await;

    let update = texts("Vesi palaa");
    let args: Vec<&str> = ["notice", "update", &id]
        .into_iter()
        .chain(update)
        .collect();
    bot.json(&args).await;
    for (room, original) in [(&water, &there), (&all, &swedish)] {
        let edit = reader.next_message(room).await;
        assert_eq!(edit.edits.as_deref(), Some(&*original.event_id));
        assert!(words(&edit).starts_with("Vesi palaa"), "{edit:?}");
        assert_eq!(edit.msgtype.as_deref(), Some("m.notice"));
    }
    bot.quiet().await;
    pinned(&reader, &all, "sv", &[&swedish, &alert]).await;

    bot.json(&["notice", "cancel", &id]).await;
    for (room, original, code) in [(&water, &there, "fi"), (&all, &swedish, "sv")] {
        let edit = reader.next_message(room).await;
        assert_eq!(edit.edits.as_deref(), Some(&*original.event_id));
        let told = with(code, "notice-cancelled", "headline", "Vesi palaa");
        assert!(words(&edit).starts_with(&told), "{edit:?}");
    }
    pinned(&reader, &water, "fi", &[&fi_alert]).await;
    pinned(&reader, &all, "sv", &[&alert]).await;

    bot.json(&["notice", "cancel", "--redact", &alarm]).await;
    for (room, alert, code) in [(&water, &fi_alert, "fi"), (&all, &alert, "sv")] {
        reader
            .wait_for(room, "a redaction", |one| {
                one.redacts.as_deref() == Some(&*alert.event_id)
            })
            .await;
        pinned(&reader, room, code, &[]).await;
    }
    bot.server
        .send_notice("Tie poikki", &["--topic", "traffic"])
        .await;
    let last = reader.next_message(&all).await;
    assert!(words(&last).starts_with("Tie poikki"), "{last:?}");
    bot.quiet().await;
    for (room, count) in [(&water, 4), (&all, 5)] {
        let events = Synapse::shared().await.events(room).await;
        let said = events.iter().filter(|one| one["type"] == "m.room.message");
        assert_eq!(said.count(), count, "{events:?}");
    }
}

#[tokio::test]
async fn notices_at_the_same_time_are_all_pinned() {
    let name = alias();
    let bot = bot_with(|settings| rooms(settings, true, &[(&name, "fi", &[])])).await;
    let reader = person("maria").await;
    let room = join(&reader, &name).await;
    stored(&bot, "SELECT COUNT(*) FROM resident WHERE direct = 2", 1).await;
    let (first, second, third) = tokio::join!(
        bot.server.send_notice("Yksi", &[]),
        bot.server.send_notice("Kaksi", &[]),
        bot.server.send_notice("Kolme", &[]),
    );
    for _ in 0..3 {
        reader.next_message(&room).await;
    }
    let path = format!(
        "/_matrix/client/v3/rooms/{}/state/m.room.pinned_events/",
        escape(&room)
    );
    eventually("all are pinned", async || {
        let state = reader.call("GET", &path, None).await.unwrap_or_default();
        (state["pinned"].as_array().map(Vec::len) == Some(3)).then_some(())
    })
    .await;
    let cancel = async |id: &str| bot.json(&["notice", "cancel", id]).await;
    tokio::join!(cancel(&first), cancel(&second), cancel(&third));
    pinned(&reader, &room, "fi", &[]).await;
}
