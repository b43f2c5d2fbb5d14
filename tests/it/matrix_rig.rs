//! The Matrix homeserver and residents that other tests rely on: that they are what they seem.

use serde_json::json;

use crate::support::matrix::resident::{Client, Resident, Residents, Text};
use crate::support::matrix::synapse::{Options, Synapse};

const POLL_START: &str = "org.matrix.msc3381.poll.start";
const POLL_RESPONSE: &str = "org.matrix.msc3381.poll.response";
const POLL_END: &str = "org.matrix.msc3381.poll.end";

/// Two residents in a direct chat: the first has opened it.
async fn chat(residents: &Residents<'_>, encrypted: bool) -> (Resident, Resident, String) {
    let maria = residents.join("maria").await;
    let bo = residents.join("bo").await;
    let room = meet(&maria, &bo, encrypted).await;
    (maria, bo, room)
}

async fn meet(maria: &Resident, bo: &Resident, encrypted: bool) -> String {
    let room = maria.create_dm(bo.id(), encrypted).await;
    assert_eq!(bo.invited_by(maria.id()).await, room);
    bo.join(&room).await;
    maria.sees_member(&room, bo.id(), "join").await;
    room
}

async fn talk_both_ways(encrypted: bool) {
    let (maria, bo, room) = chat(Residents::shared().await, encrypted).await;

    let sent = maria.send(&room, "Hei, Bo!").await;
    let heard = bo.next_message(&room).await;
    assert_eq!(heard.body, "Hei, Bo!");
    assert_eq!(heard.event_id, sent);
    assert_eq!(heard.sender, maria.id());
    assert_eq!(heard.msgtype.as_deref(), Some("m.text"));
    assert_eq!(heard.encrypted, encrypted);

    let long = "a".repeat(40_000);
    bo.send(&room, &long).await;
    let heard = maria.next_message(&room).await;
    assert_eq!(heard.body, long);
    assert_eq!(heard.encrypted, encrypted);

    let events = Synapse::shared().await.events(&room).await;
    let stored = events.iter().find(|event| event["event_id"] == sent);
    let ty = if encrypted {
        "m.room.encrypted"
    } else {
        "m.room.message"
    };
    assert_eq!(stored.expect("the message")["type"], ty);
    assert!(maria.messages_left(&room).await.is_empty());
}

#[tokio::test]
async fn residents_talk_in_the_clear() {
    talk_both_ways(false).await;
}

#[tokio::test]
async fn residents_talk_encrypted() {
    talk_both_ways(true).await;
}

#[tokio::test]
async fn what_refers_to_messages_arrives_with_its_reference() {
    for encrypted in [false, true] {
        let (maria, bo, room) = chat(Residents::shared().await, encrypted).await;
        let first = maria.send(&room, "Missä on väestönsuoja?").await;
        bo.next_message(&room).await;

        maria
            .edit(&room, &first, "Missä on lähin väestönsuoja?")
            .await;
        let edit = bo.next_message(&room).await;
        assert_eq!(edit.edits.as_deref(), Some(&*first));
        assert_eq!(edit.body, "Missä on lähin väestönsuoja?");
        assert_eq!(edit.content["body"], "* Missä on lähin väestönsuoja?");

        let reply = Text {
            body: "Kallion alla",
            formatted: Some("<em>Kallion</em> alla"),
            reply_to: Some(&first),
            mentions: &[maria.id()],
            ..Text::default()
        };
        bo.send_text(&room, reply).await;
        let reply = maria.next_message(&room).await;
        assert_eq!(reply.in_reply_to.as_deref(), Some(&*first));
        assert_eq!(reply.formatted.as_deref(), Some("<em>Kallion</em> alla"));
        assert_eq!(reply.content["m.mentions"]["user_ids"], json!([maria.id()]));

        let in_thread = Text {
            body: "Ja toinen?",
            thread: Some(&first),
            ..Text::default()
        };
        maria.send_text(&room, in_thread).await;
        let in_thread = bo.next_message(&room).await;
        assert_eq!(in_thread.thread.as_deref(), Some(&*first));
        assert_eq!(in_thread.in_reply_to, None);

        let reaction = bo.react(&room, &first, "👍").await;
        let reaction = maria
            .wait_for(&room, "a reaction", |one| one.event_id == reaction)
            .await;
        assert_eq!(reaction.content["m.relates_to"]["key"], "👍");
        assert!(!reaction.encrypted, "clients never encrypt reactions");

        maria.redact(&room, &first).await;
        bo.wait_for(&room, "a redaction", |one| {
            one.redacts.as_deref() == Some(&*first)
        })
        .await;
    }
}

#[tokio::test]
async fn polls_go_from_start_to_end() {
    for encrypted in [false, true] {
        let (maria, bo, room) = chat(Residents::shared().await, encrypted).await;
        let start = json!({
            "org.matrix.msc1767.text": "Onko valoa? 1. On 2. Ei",
            POLL_START: {
                "kind": "org.matrix.msc3381.poll.undisclosed",
                "max_selections": 1,
                "question": {"org.matrix.msc1767.text": "Onko valoa?"},
                "answers": [
                    {"id": "a", "org.matrix.msc1767.text": "On"},
                    {"id": "b", "org.matrix.msc1767.text": "Ei"},
                ],
            },
        });
        let poll = bo.send_raw(&room, POLL_START, start).await;
        let seen = maria.next_message(&room).await;
        assert_eq!((&*seen.ty, &*seen.body), (POLL_START, "Onko valoa?"));
        let answers = [("a", "On"), ("b", "Ei")].map(|(id, text)| (id.to_owned(), text.to_owned()));
        assert_eq!(seen.answers(), answers);

        let vote = maria.vote(&room, &poll, &["b"]).await;
        let vote = bo
            .wait_for(&room, "a vote", |one| one.event_id == vote)
            .await;
        assert_eq!(vote.ty, POLL_RESPONSE);
        assert_eq!(vote.encrypted, encrypted);
        assert_eq!(vote.content[POLL_RESPONSE]["answers"], json!(["b"]));
        assert_eq!(vote.content["m.relates_to"]["event_id"], *poll);
        let vote = maria.vote_stable(&room, &poll, &["a"]).await;
        let vote = bo
            .wait_for(&room, "a vote", |one| one.event_id == vote)
            .await;
        assert_eq!(
            (&*vote.ty, &vote.content["m.selections"][0]),
            ("m.poll.response", &json!("a"))
        );

        let end = json!({
            "org.matrix.msc1767.text": "Kysely päättyi.",
            POLL_END: {},
            "m.relates_to": {"rel_type": "m.reference", "event_id": poll},
        });
        bo.send_raw(&room, POLL_END, end).await;
        let end = maria.next_message(&room).await;
        assert_eq!((&*end.ty, &*end.body), (POLL_END, "Kysely päättyi."));
    }
}

#[tokio::test]
async fn a_strict_resident_has_nothing_to_do_with_unsigned_devices() {
    let residents = Residents::shared().await;
    let maria = residents.join_with("maria", Client::strict()).await;
    let bo = residents.join("bo").await;
    let room = meet(&maria, &bo, true).await;

    bo.stop_syncing().await;
    let hidden = maria.send(&room, "Tämä ei ole sinulle").await;
    let sync = bo.call("GET", "/_matrix/client/v3/sync?timeout=0", None);
    let sync = sync.await.expect("a sync");
    let mut to_device = sync["to_device"]["events"].as_array().unwrap().iter();
    let withheld = to_device.find(|one| one["type"] == "m.room_key.withheld");
    assert_eq!(withheld.unwrap()["content"]["code"], "m.unverified");
    bo.start_syncing().await;
    let unread = bo
        .wait_for(&room, "an unreadable message", |one| one.event_id == hidden)
        .await;
    assert_eq!(unread.kind, "undecryptable");
    let from_stranger = bo.send(&room, "Kuka siellä?").await;
    let seen = maria
        .wait_for(&room, "a message", |one| one.event_id == from_stranger)
        .await;
    assert!(seen.refused);

    assert!(!maria.devices_of(bo.id()).await[&bo.device]);
    bo.cross_sign().await;
    assert!(maria.devices_of(bo.id()).await[&bo.device]);
    maria.send(&room, "Tämä on sinulle").await;
    assert_eq!(bo.next_message(&room).await.body, "Tämä on sinulle");
    bo.send(&room, "Kiitos").await;
    assert_eq!(maria.next_message(&room).await.body, "Kiitos");
    let key_came_late = bo.events(&room).iter().any(|one| one.late);
    assert!(!key_came_late, "what was withheld stays so");
}

#[tokio::test]
async fn residents_come_go_and_show_signs_of_life() {
    let residents = Residents::shared().await;
    let maria = residents.join("maria").await;
    let bo = residents.join("bo").await;
    let room = maria.create_group(&[], true).await;
    maria.invite(&room, bo.id()).await;
    assert_eq!(bo.invited_by(maria.id()).await, room);
    bo.join(&room).await;
    maria.sees_member(&room, bo.id(), "join").await;

    maria.send_media(&room, "m.image").await;
    let image = bo.next_message(&room).await;
    assert_eq!(image.msgtype.as_deref(), Some("m.image"));
    assert!(image.content["file"]["url"].is_string(), "{image:?}");
    let place = maria.send_location(&room, "geo:60.2,24.6").await;
    assert_eq!(
        bo.next_message(&room).await.content["geo_uri"],
        "geo:60.2,24.6"
    );

    bo.read_up_to(&room, &place).await;
    maria
        .wait_for(&room, "a receipt", |one| one.kind == "receipts")
        .await;
    bo.typing(&room, true).await;
    maria
        .wait_for(&room, "typing", |one| {
            one.kind == "typing" && one.content["users"] == json!([bo.id()])
        })
        .await;
    bo.set_displayname("Bosse").await;
    maria
        .wait_for(&room, "a name", |one| one.content["displayname"] == "Bosse")
        .await;
    assert_eq!(bo.whoami().await["device_id"], *bo.device);

    let new = maria.upgrade_room(&room, "12").await;
    let tombstone = maria.read_state(&room, "m.room.tombstone", "").await;
    assert_eq!(tombstone["replacement_room"], *new);
    bo.wait_for(&room, "a tombstone", |one| one.ty == "m.room.tombstone")
        .await;
    maria.kick(&room, bo.id()).await;
    bo.sees_member(&room, bo.id(), "leave").await;
    maria.leave(&new).await;
}

#[tokio::test]
async fn a_client_that_looked_away_and_a_new_device_catch_up() {
    let (maria, bo, room) = chat(Residents::shared().await, true).await;
    bo.stop_syncing().await;
    maria.send(&room, "Herätys").await;
    assert!(bo.events(&room).iter().all(|one| !one.is_read()));
    bo.start_syncing().await;
    assert_eq!(bo.next_message(&room).await.body, "Herätys");

    let phone = bo.another_device(Client::default()).await;
    maria.send(&room, "Kuuletteko molemmat?").await;
    assert_eq!(bo.next_message(&room).await.body, "Kuuletteko molemmat?");
    assert_eq!(phone.next_message(&room).await.body, "Kuuletteko molemmat?");
}

#[tokio::test]
async fn a_homeserver_keeps_its_data_when_it_restarts_or_is_killed() {
    let synapse = Synapse::start(Options::default()).await;
    let residents = Residents::start(&synapse).await;
    let (maria, bo, room) = chat(&residents, true).await;
    let mut pids = vec![synapse.pid()];
    maria.send(&room, "Ennen").await;
    assert_eq!(bo.next_message(&room).await.body, "Ennen");
    assert!(synapse.cpu_seconds() > 0.1);

    synapse.restart().await;
    pids.push(synapse.pid());
    maria.send(&room, "Välillä").await;
    assert_eq!(bo.next_message(&room).await.body, "Välillä");

    synapse.kill().await;
    synapse.start_again().await;
    pids.push(synapse.pid());
    maria.send(&room, "Jälkeen").await;
    assert_eq!(bo.next_message(&room).await.body, "Jälkeen");
    let events = synapse.events(&room).await;
    let sent = events
        .iter()
        .filter(|event| event["type"] == "m.room.encrypted");
    assert_eq!(sent.count(), 3);

    synapse.pause();
    assert!(synapse.is_paused());
    // In this order: the message is under way before the homeserver wakes.
    tokio::join!(maria.send(&room, "Hitaasti"), async { synapse.resume() });
    assert_eq!(bo.next_message(&room).await.body, "Hitaasti");

    drop(bo);
    drop(maria);
    drop(residents);
    drop(synapse);
    for pid in pids {
        let gone = !std::path::Path::new(&format!("/proc/{pid}")).exists();
        assert!(gone, "a homeserver is left behind");
    }
}

#[tokio::test]
async fn the_usual_limits_refuse_the_eleventh_message() {
    let limits = Options {
        default_limits: true,
    };
    let synapse = Synapse::start(limits).await;
    let residents = Residents::start(&synapse).await;
    let maria = residents.join("maria").await;
    let room = maria.create_group(&[], false).await;
    let mut refusal = None;
    let mut taken = 0;
    while refusal.is_none() && taken < 20 {
        let order = json!({"room": room, "body": "Moi"});
        match maria.order("send_text", order).await {
            Ok(_) => taken += 1,
            Err(refused) => refusal = Some(refused),
        }
    }
    let refusal = refusal.expect("a limit");
    assert_eq!(refusal.errcode, "M_LIMIT_EXCEEDED");
    assert!(refusal.retry_after_ms > Some(0));
    assert!((8..=12).contains(&taken), "{taken} messages taken");

    synapse.lift_limits(maria.id()).await;
    for _ in 0..20 {
        maria.send(&room, "Moi").await;
    }
}

#[tokio::test]
async fn revoked_devices_learn_it() {
    let synapse = Synapse::shared().await;
    let residents = Residents::shared().await;
    for soft in [true, false] {
        let maria = residents.join("maria").await;
        let room = maria.create_group(&[], true).await;
        maria.send(&room, "Vielä täällä").await;
        synapse.revoke_devices(maria.id(), soft).await;
        let order = json!({"room": room, "body": "Vieläkö?"});
        let refusal = maria.order("send_text", order).await.expect_err("no");
        assert_eq!(refusal.errcode, "M_UNKNOWN_TOKEN");
        assert_eq!(refusal.json["soft_logout"] == true, soft);
        if soft {
            maria.log_in_again(Client::default()).await;
            maria.send(&room, "Taas täällä").await;
        }
    }
    let bo = residents.join("bo").await;
    let token = synapse.token_of(bo.id()).await;
    let whoami = synapse
        .get(&token, "/_matrix/client/v3/account/whoami")
        .await;
    assert_eq!(whoami.ok()["user_id"], *bo.id());
}

#[tokio::test]
async fn who_joins_later_reads_what_was_said_since_the_invitation() {
    let residents = Residents::shared().await;
    let maria = residents.join("maria").await;
    let bo = residents.join("bo").await;
    let room = maria.create_dm(bo.id(), true).await;
    // Her client gives keys to those it knows to be invited.
    maria.sees_member(&room, bo.id(), "invite").await;
    maria.send(&room, "Oletko siellä?").await;
    bo.join(&room).await;
    let heard = bo.next_message(&room).await;
    assert_eq!((&*heard.body, heard.encrypted), ("Oletko siellä?", true));
}

#[tokio::test]
async fn a_client_without_encryption_sees_that_it_can_not_read() {
    let residents = Residents::shared().await;
    let maria = residents.join("maria").await;
    let old = Client::without_encryption();
    let bo = residents.join_with("bo", old).await;
    let room = meet(&maria, &bo, true).await;
    let sent = maria.send(&room, "Salaisuus").await;
    let seen = bo
        .wait_for(&room, "a message", |one| one.event_id == sent)
        .await;
    assert_eq!(seen.kind, "undecryptable");
    bo.send(&room, "En osaa lukea").await;
    let heard = maria.next_message(&room).await;
    assert_eq!((&*heard.body, heard.encrypted), ("En osaa lukea", false));
}

#[tokio::test]
async fn a_second_device_is_signed_by_the_same_user() {
    let residents = Residents::shared().await;
    let maria = residents.join_with("maria", Client::strict()).await;
    let bo = residents.join("bo").await;
    let room = meet(&maria, &bo, true).await;
    bo.cross_sign().await;
    let phone = bo.another_device(Client::default()).await;
    let devices = maria.devices_of(bo.id()).await;
    assert!(devices[&bo.device] && !devices[&phone.device]);
    phone.cross_sign().await;
    let devices = maria.devices_of(bo.id()).await;
    assert!(devices[&bo.device] && devices[&phone.device]);
    phone.send(&room, "Puhelimesta").await;
    assert_eq!(maria.next_message(&room).await.body, "Puhelimesta");
}
