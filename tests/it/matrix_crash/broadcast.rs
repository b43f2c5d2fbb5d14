//! Power cuts in the middle of a broadcast to encrypted rooms.

use std::collections::HashMap;
use std::time::Duration;

use futures::StreamExt as _;
use serde_json::json;

use crate::support::database::{Database, Kind};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::unique;
use crate::support::matrix::synapse::{Options, Synapse};
use crate::support::telegram::set;
use crate::support::wait::patiently;

/// How many rooms there are, unless the environment says otherwise: keys are shared with each, which
/// takes an unoptimised server half a second.
const ROOMS: (&str, usize) = ("TURVABOT_TEST_ROOMS", 200);

/// Making hundreds of rooms, and reaching them.
const PATIENCE: Duration = Duration::from_secs(900);

/// Deliveries of broadcasts that have arrived.
const ARRIVED: &str =
    "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL AND state = 'sent'";

/// A resident without a client, who has opened an encrypted chat with the bot.
async fn invite(synapse: &Synapse, bot: &str) {
    let user = synapse.register(&unique("naapuri"), "salasana").await;
    let room = json!({
        "preset": "trusted_private_chat", "is_direct": true, "invite": [bot],
        "initial_state": [{
            "type": "m.room.encryption", "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }],
    });
    let path = "/_matrix/client/v3/createRoom";
    synapse.post(&user.token, path, room).await.ok();
}

/// How many encrypted events of the bot's each room has.
async fn copies(synapse: &Synapse, bot: &MatrixBot) -> HashMap<String, i64> {
    synapse.sent_by(bot.id(), "m.room.encrypted").await
}

async fn arrived(bot: &MatrixBot, count: usize) {
    let enough = i64::try_from(count).expect("a number");
    let what = format!("{count} copies arrive");
    patiently(PATIENCE, &what, async || {
        (bot.server.database.number(ARRIVED).await >= enough).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_warning_reaches_every_encrypted_room_once_through_power_cuts() {
    let rooms = std::env::var(ROOMS.0).map_or(ROOMS.1, |n| n.parse().expect("a number of rooms"));
    let synapse = Synapse::start(Options::default()).await;
    let database = Database::create(Kind::Sqlite).await;
    let mut bot = MatrixBot::with(&synapse, database, |settings| {
        set(settings, "matrix", "invites_per_minute", 1_000);
    })
    .await;
    let invitations = (0..rooms).map(|_| invite(&synapse, bot.id()));
    futures::stream::iter(invitations)
        .buffer_unordered(4)
        .collect::<Vec<()>>()
        .await;
    let greetings = patiently(PATIENCE, "every room is greeted", async || {
        let greetings = copies(&synapse, &bot).await;
        (greetings.len() == rooms).then_some(greetings)
    })
    .await;
    bot.quiet().await;

    let notice = bot
        .server
        .send_notice("Vaara", &["--severity", "severe"])
        .await;
    for (cut, restart) in [(rooms / 3, true), (rooms * 2 / 3, false)] {
        arrived(&bot, cut).await;
        let home = bot.server.kill().await;
        if restart {
            synapse.restart().await;
        }
        bot = MatrixBot::serve(home, bot.account).await;
        bot.logged("deliveries were under way").await;
    }
    arrived(&bot, rooms).await;
    bot.quiet().await;

    let after = copies(&synapse, &bot).await;
    for (room, before) in &greetings {
        assert_eq!(after[room], before + 1, "one copy in {room}");
    }
    assert_eq!(after.len(), rooms);
    let status = bot.json(&["notice", "status", &notice]).await;
    let sent = json!([["matrix", "sent", rooms]]);
    assert_eq!(status["standing"]["deliveries"], sent);
}
