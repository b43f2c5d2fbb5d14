//! What clients send that is broken, huge or meant to harm, and what the log says of all that.

use serde_json::json;

use super::{QUESTION, asks, database};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::{Residents, Text};
use crate::support::matrix::synapse::Synapse;
use crate::support::telegram::set;
use crate::support::wait::patiently;
use crate::support::words::phrase;

/// A little more than the minute for which the bot waits for keys.
const EXPLAINED: std::time::Duration = std::time::Duration::from_secs(120);

#[tokio::test]
async fn a_flood_that_nobody_can_read_is_explained_once_and_kept_in_bounds() {
    let bot = MatrixBot::start(Synapse::shared().await, database().await).await;
    let maria = Residents::shared().await.join("maria").await;
    let (room, _) = bot.meet(&maria, true).await;
    for number in 0..200 {
        let sealed = json!({
            "algorithm": "m.megolm.v1.aes-sha2",
            "ciphertext": "AwgAEnACgAkLmt6qF84IK++J7UDH2Za1YVchHyprqTqsg2yyOwAtHaZTwyNg37afzg8f3r9IsN9r4RNFg7MaZencUJe4qvELiDiopUjy5wYVDAtqdBzer5bWRD9ldxp1FLgbQvBcjkkywYjCsmsq6+hArILd9oAQZnGKn/qLsK+5uNX3PaWzDRC9wZPQvWYYPCTov3jCwXKTPsLKIiTrcCXDqMvnn8m+T3zF/I2zqxg158tnUwWWIw51UO",
            "device_id": maria.device, "sender_key": "x",
            "session_id": format!("session{number}"),
        });
        maria.send_plain(&room, "m.room.encrypted", sealed).await;
    }
    let notes = "SELECT COUNT(*) FROM channel_note WHERE name LIKE 'sealed/%'";
    let told = "SELECT COUNT(*) FROM channel_note WHERE name LIKE 'sealed/%' \
                AND value LIKE '%\"told\":true%'";
    asks(&maria, &room).await;
    assert_eq!(bot.server.database.number(notes).await, 20);
    patiently(EXPLAINED, "the flood is dealt with", async || {
        (bot.server.database.number(told).await == 20).then_some(())
    })
    .await;
    bot.quiet().await;
    let left = maria.messages_left(&room).await;
    assert_eq!(left.len(), 1, "one explanation: {left:#?}");
    assert!(phrase("fi", "unreadable").contains(&left[0].body[..30]));
    asks(&maria, &room).await;

    // The next flood is another day's, and pushes out what was dealt with.
    let sealed =
        json!({"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "AwgA", "session_id": "new"});
    let last = maria.send_plain(&room, "m.room.encrypted", sealed).await;
    let kept = format!("SELECT COUNT(*) FROM channel_note WHERE name = 'sealed/{last}'");
    patiently(EXPLAINED, "the new one is kept", async || {
        (bot.server.database.number(&kept).await == 1).then_some(())
    })
    .await;
    assert_eq!(bot.server.database.number(notes).await, 20);
}

#[tokio::test]
async fn huge_broken_and_hostile_events_stop_nobody() {
    let bot = MatrixBot::start(Synapse::shared().await, database().await).await;
    let maria = Residents::shared().await.join("maria").await;
    let (room, _) = bot.meet(&maria, false).await;
    maria.send(&room, &"hätä ".repeat(8_000)).await;
    let answer = maria.next_message(&room).await;
    assert!(answer.body.contains("112"), "{}", answer.body);

    let nested = format!("{}x{}", "<b>".repeat(5_000), "</b>".repeat(5_000));
    for formatted in [
        "<script>alert(1)</script><img src=x onerror=alert(1)>",
        &nested,
    ] {
        let text = Text {
            body: QUESTION.0,
            formatted: Some(formatted),
            ..Text::default()
        };
        maria.send_text(&room, text).await;
        let answer = maria.next_message(&room).await;
        assert!(answer.body.contains(QUESTION.1), "{}", answer.body);
        let shown = answer.formatted.expect("HTML");
        assert!(
            !shown.contains("script") && !shown.contains("<img"),
            "{shown}"
        );
    }
    for content in [
        json!({"msgtype": "m.text", "body": "x", "m.relates_to": "y"}),
        json!({"msgtype": "fi.turvabot.unheard-of", "body": "x"}),
        json!({"msgtype": "m.text", "body": "\u{202e}\u{0}\u{feff}"}),
        json!({"msgtype": "m.text", "body": "> <@a:b> q\n\n", "m.relates_to": {"m.in_reply_to": 1}}),
    ] {
        maria.send_plain(&room, "m.room.message", content).await;
    }
    for ty in [
        "m.reaction",
        "org.matrix.msc3381.poll.response",
        "m.room.encrypted",
        "m.sticker",
    ] {
        maria
            .send_plain(
                &room,
                ty,
                json!({"m.relates_to": {"event_id": 1, "key": []}}),
            )
            .await;
    }
    maria.send(&room, QUESTION.0).await;
    maria
        .wait_for(&room, "an answer after all that", |said| {
            said.sender == bot.id() && said.body.contains(QUESTION.1)
        })
        .await;
    bot.quiet().await;
    let panics = bot.server.log();
    assert!(!panics.iter().any(|line| line.contains("panicked")));
}

#[tokio::test]
async fn the_log_holds_no_words_no_password_no_token_and_no_key() {
    let synapse = Synapse::shared().await;
    let bot = MatrixBot::with(synapse, database().await, |settings| {
        set(settings, "log", "level", "debug");
    })
    .await;
    let residents = Residents::shared().await;
    let mut texts = Vec::new();
    let session = || std::fs::read_to_string(bot.server.path("matrix-store/session.json"));
    let token = |text: String| {
        let session: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        session["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    };
    texts.push(token(session().expect("a session")));
    for encrypted in [false, true] {
        let maria = residents.join("maria").await;
        let (room, _) = bot.meet(&maria, encrypted).await;
        synapse.revoke_devices(bot.id(), true).await;
        maria.send(&room, "kellarissani on yhdeksän siiliä").await;
        maria.next_message(&room).await;
    }
    texts.push(token(session().expect("a session")));
    texts.push("salasana".to_owned());
    texts.push("siiliä".to_owned());
    texts.push(bot.account.recovery_key.clone().expect("a key"));
    let log = bot.server.log();
    assert!(
        log.iter().any(|line| line.contains("DEBUG")),
        "a log at debug"
    );
    for text in texts {
        let found = log.iter().find(|line| line.contains(&text));
        assert!(found.is_none(), "{text}: {}", found.expect("a line"));
    }
}
