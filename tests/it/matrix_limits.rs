//! Under the limits that a homeserver has for everybody: ten messages at once, then one in five
//! seconds.

use std::time::Duration;

use futures::StreamExt as _;
use reqwest::Method;
use serde_json::json;

use crate::support::database::{Database, Kind};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::{Residents, unique};
use crate::support::matrix::synapse::{Options, Synapse, escape};
use crate::support::telegram::set;
use crate::support::wait::patiently;

const ROOMS: i64 = 50;

/// Forty messages in five seconds each, and as much again for a busy machine.
const PATIENCE: Duration = Duration::from_secs(400);

/// A resident without a client, who has opened a chat with the bot.
async fn invite(synapse: &Synapse, bot: &str) {
    let user = synapse.register(&unique("naapuri"), "salasana").await;
    // Inviting is limited more than anything else; this is about the bot.
    synapse.lift_limits(&user.id).await;
    let room = json!({"preset": "trusted_private_chat", "is_direct": true, "invite": [bot]});
    let path = "/_matrix/client/v3/createRoom";
    synapse.post(&user.token, path, room).await.ok();
}

/// Gives a user the limits that everybody has.
async fn limit(synapse: &Synapse, user: &str) {
    let path = format!(
        "/_synapse/admin/v1/users/{}/override_ratelimit",
        escape(user)
    );
    synapse.admin(Method::DELETE, &path, None).await.ok();
}

#[tokio::test]
async fn a_notice_arrives_everywhere_under_the_usual_limits_and_replies_overtake_it() {
    let limits = Options {
        default_limits: true,
    };
    let synapse = Synapse::start(limits).await;
    let residents = Residents::start(&synapse).await;
    let database = Database::create(Kind::Sqlite).await;
    let bot = MatrixBot::with(&synapse, database, |settings| {
        set(settings, "matrix", "invites_per_minute", 1_000);
    })
    .await;
    // Coming to the rooms would take ten minutes more.
    synapse.lift_limits(bot.id()).await;
    let maria = residents.join("maria").await;
    synapse.lift_limits(maria.id()).await;
    let (room, _) = bot.meet(&maria, true).await;
    let invitations = (1..ROOMS).map(|_| invite(&synapse, bot.id()));
    let invited = futures::stream::iter(invitations).buffer_unordered(4);
    invited.collect::<Vec<()>>().await;
    let greeted = "SELECT COUNT(*) FROM outbox WHERE state = 'sent'";
    patiently(PATIENCE, "every room is greeted", async || {
        (bot.server.database.number(greeted).await == ROOMS).then_some(())
    })
    .await;
    limit(&synapse, bot.id()).await;
    let subscribe =
        "INSERT INTO resident_topic (resident_id, topic) SELECT id, 'weather' FROM resident";
    bot.server.database.execute(subscribe).await;

    let id = bot.server.send_notice("Sää", &["--topic", "weather"]).await;
    let open = "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL AND settled_at IS NULL";
    let sent = "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL AND state = 'sent'";
    // Past the ten that are allowed at once.
    patiently(PATIENCE, "the limit is reached", async || {
        (bot.server.database.number(sent).await > 10).then_some(())
    })
    .await;
    maria.send(&room, "Miten testaan palovaroittimen?").await;
    let answer = patiently(PATIENCE, "an answer", async || {
        let said = maria.events(&room).into_iter();
        said.filter(|one| one.sender == bot.id())
            .find(|one| one.body.contains("Testaa palovaroitin"))
    })
    .await;
    assert!(answer.encrypted);
    let waiting = bot.server.database.number(open).await;
    assert!(waiting > ROOMS / 2, "{waiting} rooms still wait");

    patiently(PATIENCE, "the notice is everywhere", async || {
        (bot.server.database.number(sent).await == ROOMS).then_some(())
    })
    .await;
    let status = bot.json(&["notice", "status", &id]).await;
    let all = json!([["matrix", "sent", ROOMS]]);
    assert_eq!(status["standing"]["deliveries"], all);
    let spent =
        "SELECT COUNT(*) FROM outbox WHERE attempts <> 1 OR doubts > 0 OR reason IS NOT NULL";
    assert_eq!(
        bot.server.database.number(spent).await,
        0,
        "no attempt is lost"
    );
    let copies = synapse.sent_by(bot.id(), "m.room.message").await;
    assert_eq!(copies.values().filter(|count| **count == 2).count(), 49);
}
