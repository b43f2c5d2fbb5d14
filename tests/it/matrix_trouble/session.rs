//! Sessions that end, and stores that are in use.

use serde_json::{Value, json};

use super::{QUESTION, asks, count, database, has_session, hears, told, web_works};
use crate::support::home::Home;
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Residents;
use crate::support::matrix::synapse::Synapse;
use crate::support::server::TestServer;
use crate::support::telegram::set;
use crate::support::wait::eventually;

fn device(home: &Home) -> String {
    let text = std::fs::read_to_string(home.path("matrix-store/session.json"));
    let session: Value = serde_json::from_str(&text.expect("a session")).expect("JSON");
    session["device_id"].as_str().expect("a device").to_owned()
}

#[tokio::test]
async fn a_session_that_ends_for_good_waits_for_a_login_and_the_running_server_goes_on() {
    let synapse = Synapse::shared().await;
    let bot = MatrixBot::start(synapse, database().await).await;
    let maria = Residents::shared().await.join("maria").await;
    let (room, _) = bot.meet(&maria, true).await;
    asks(&maria, &room).await;
    let bo = Residents::shared().await.join("bo").await;
    let (open, _) = bot.meet(&bo, false).await;
    bot.quiet().await;
    let before = device(&bot.server);

    synapse.revoke_devices(bot.id(), false).await;
    // The sync that waits isn't disturbed; with this it comes back, and the next one is refused.
    bo.send(&open, QUESTION.0).await;
    let line = bot
        .logged("the homeserver has ended the Matrix session")
        .await;
    assert!(
        line.contains("turvabot matrix login") && line.contains("ERROR"),
        "{line}"
    );
    web_works(&bot.server).await;
    eventually("the dead session is gone", async || {
        (!has_session(&bot.server)).then_some(())
    })
    .await;
    let status = bot.server.cli(&["matrix", "status", "--json"]).await;
    told(&status, &["not ready"]);
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(status["account"], json!(null));

    let login = bot.json(&["matrix", "login"]).await;
    assert_ne!(login["device"], *before);
    eventually("the server goes on", async || {
        (count(&bot, "Matrix is connected") == 2).then_some(())
    })
    .await;
    hears(&bo, &open).await;
    // Her client has heard of the new device when it has seen all this.
    maria.catch_up(&room).await;
    maria.catch_up(&room).await;
    asks(&maria, &room).await;
    bot.quiet().await;
    assert!(maria.messages_left(&room).await.is_empty());
    assert!(bo.messages_left(&open).await.is_empty());
}

#[tokio::test]
async fn a_session_that_ends_softly_is_renewed_on_the_same_device() {
    let synapse = Synapse::shared().await;
    let bot = MatrixBot::start(synapse, database().await).await;
    let maria = Residents::shared().await.join("maria").await;
    let (room, _) = bot.meet(&maria, true).await;
    let before = device(&bot.server);

    synapse.revoke_devices(bot.id(), true).await;
    maria.send(&room, QUESTION.0).await;
    bot.logged("the device is the same").await;
    hears(&maria, &room).await;
    asks(&maria, &room).await;
    assert_eq!(device(&bot.server), before);
    // The new session is kept.
    let bot = bot.killed_and_started().await;
    asks(&maria, &room).await;
    bot.quiet().await;
    assert!(maria.messages_left(&room).await.is_empty());
}

#[tokio::test]
async fn a_dead_session_is_told_by_status_while_no_server_runs() {
    let synapse = Synapse::shared().await;
    let bot = MatrixBot::start(synapse, database().await).await;
    let user = bot.id().to_owned();
    let (home, _) = bot.stop().await;
    synapse.revoke_devices(&user, false).await;
    let status = home.cli(&["matrix", "status", "--json"]).await;
    told(&status, &["not ready"]);
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    assert_eq!(status["account"]["session"], json!(false));
    let trouble = status["account"]["trouble"].as_str().expect("a reason");
    assert!(trouble.contains("ended the session"), "{trouble}");
}

#[tokio::test]
async fn a_store_in_use_is_told_by_whoever_comes_second() {
    let synapse = Synapse::shared().await;
    let bot = MatrixBot::start(synapse, database().await).await;
    let in_use = ["matrix.store_dir", "in use by another process"];
    told(&bot.server.cli(&["matrix", "verify"]).await, &in_use);
    told(&bot.server.cli(&["matrix", "login"]).await, &in_use);

    let store = bot.server.path("matrix-store").display().to_string();
    let home = Home::with(database().await, |settings| {
        *settings = bot.server.settings.clone();
        set(settings, "matrix", "store_dir", store);
        let key = bot.server.path("recovery-key").display().to_string();
        set(settings, "matrix", "recovery_key_file", key);
        let password = bot.server.path("password").display().to_string();
        set(settings, "matrix", "password_file", password);
    });
    let mut settings = home.settings.clone();
    set(&mut settings, "database", "url", home.database.url.clone());
    home.write("turvabot.toml", &settings.to_string());
    let second = TestServer::serve(home).await;
    let line = eventually("the second one says so", async || {
        let log = second.log();
        log.into_iter().find(|line| line.contains(in_use[1]))
    })
    .await;
    assert!(line.contains("Matrix is not connected"), "{line}");
    web_works(&second).await;

    let maria = Residents::shared().await.join("maria").await;
    let (room, _) = bot.meet(&maria, true).await;
    asks(&maria, &room).await;
    bot.server.terminate();
    eventually("the second one takes over", async || {
        let log = second.log();
        log.into_iter()
            .find(|line| line.contains("Matrix is connected"))
    })
    .await;
}
