//! One resident's story from the first word to the last, in Finnish and in Swedish.

use turvabot::domain::Phrase;

use super::{
    Chat, POLL_END, POLL_START, assert_answer, bot, greets, number_of, on_homeserver, question,
    stored, with, words,
};
use crate::support::database::on_each_database;
use crate::support::drafts::texts;
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Client;
use crate::support::matrix::synapse::Synapse;
use crate::support::words::{label, phrase};

async fn story(bot: MatrixBot, encrypted: bool) {
    let chat = Chat::open_with(bot, Client::default(), encrypted).await;

    let answer = chat.say(question("fi")).await;
    assert_answer("fi", &answer);
    assert_eq!(answer.encrypted, encrypted);
    let set = chat.say("på svenska").await;
    assert!(words(&set).starts_with(&phrase("sv", "language-set")));
    assert_answer("sv", &chat.say(question("sv")).await);

    subscribe(&chat).await;
    notices(&chat).await;
    poll(&chat).await;
    leave(&chat).await;

    let log = chat.bot.server.log().join("\n");
    for person in [chat.resident.id(), &chat.room] {
        assert!(!log.contains(person), "the log names {person}: {log}");
    }
    let told = on_homeserver(&chat.room).await;
    for word in ["brandvarnare", "Vattnet", "Finns det ljus", "radera"] {
        assert_eq!(told.contains(word), !encrypted, "{word}");
    }
}

async fn subscribe(chat: &Chat) {
    let topic = "Vatten, el, telefon";
    let menu = chat.say("ämnen").await;
    let count = |count: i64| phrase("sv", Phrase::new("topics").arg("count", count));
    assert!(words(&menu).starts_with(&count(0)), "{menu:?}");
    assert!(menu.body.contains(&label("sv", "choose")), "{menu:?}");
    let on = chat.say(&number_of(&menu, topic)).await;
    let subscribed = with("sv", "subscribed", "topic", topic);
    assert!(words(&on).starts_with(&subscribed), "{on:?}");
    assert!(words(&on).contains(&count(1)), "{on:?}");
    assert!(on.body.contains(&format!("✓ {topic}")), "{on:?}");
    let weather = chat.say("prenumerera på väder").await;
    let subscribed = with("sv", "subscribed", "topic", "Väder och halka");
    assert!(words(&weather).starts_with(&subscribed), "{weather:?}");
    let sql = "SELECT COUNT(*) FROM resident_topic WHERE topic IN ('water-and-power', 'weather')";
    assert_eq!(chat.bot.server.database.number(sql).await, 2);
}

async fn notices(chat: &Chat) {
    let id = chat
        .bot
        .server
        .send_notice("Vattnet är slut", &["--topic", "water-and-power"])
        .await;
    let notice = chat.next().await;
    assert!(words(&notice).starts_with("Vattnet är slut Text på svenska."));
    assert_eq!(notice.msgtype.as_deref(), Some("m.text"));
    chat.nothing_more().await;

    let update = texts("Vattnet är tillbaka");
    let args: Vec<&str> = ["notice", "update", &id]
        .into_iter()
        .chain(update)
        .collect();
    chat.bot.json(&args).await;
    let update = chat.next().await;
    assert_eq!(update.edits.as_deref(), Some(&*notice.event_id));
    assert!(words(&update).starts_with("Vattnet är tillbaka Text på svenska."));
    let fallback = update.content["body"].as_str().expect("a body");
    assert!(fallback.starts_with("* Vattnet är tillbaka"), "{fallback}");

    chat.bot.json(&["notice", "cancel", &id]).await;
    let cancelled = chat.next().await;
    assert_eq!(cancelled.edits.as_deref(), Some(&*notice.event_id));
    let told = with("sv", "notice-cancelled", "headline", "Vattnet är tillbaka");
    assert!(words(&cancelled).starts_with(&told), "{cancelled:?}");

    let id = chat
        .bot
        .server
        .send_notice("Fel rum", &["--topic", "weather"])
        .await;
    let wrong = chat.next().await;
    chat.bot.json(&["notice", "cancel", "--redact", &id]).await;
    chat.resident
        .wait_for(&chat.room, "a redaction", |one| {
            one.redacts.as_deref() == Some(&*wrong.event_id)
        })
        .await;
    chat.nothing_more().await;
    let told = Synapse::shared().await.events(&chat.room).await;
    let redacted = told.iter().find(|one| one["event_id"] == *wrong.event_id);
    assert_eq!(
        redacted.expect("an event")["content"]["body"],
        serde_json::Value::Null
    );
}

async fn poll(chat: &Chat) {
    let id = chat.bot.server.open_poll(&[]).await;
    let text = chat.next().await;
    assert!(words(&text).starts_with(&with("sv", "poll-question", "question", "Finns det ljus?")));
    assert!(
        text.body.ends_with("\n1. Ja\n2. Nej\n3. Vet inte"),
        "{text:?}"
    );
    let poll = chat.next().await;
    assert_eq!((&*poll.ty, &*poll.body), (POLL_START, "Finns det ljus?"));
    let answers = poll.answers();
    let labels: Vec<&str> = answers.iter().map(|(_, label)| &**label).collect();
    assert_eq!(labels, ["Ja", "Nej", "Vet inte"]);
    let (resident, room) = (&chat.resident, &*chat.room);
    let voted = |option| with("sv", "voted", "option", option);

    resident.vote(room, &poll.event_id, &[&answers[0].0]).await;
    assert_eq!(words(&chat.next().await), voted("Ja"));
    assert_eq!(chat.bot.server.votes(&id).await, [1, 0, 0]);
    assert_eq!(words(&chat.say("2").await), voted("Nej"));
    assert_eq!(chat.bot.server.votes(&id).await, [0, 1, 0]);
    resident.vote(room, &poll.event_id, &[]).await;
    assert_eq!(words(&chat.next().await), phrase("sv", "unvoted"));
    assert_eq!(chat.bot.server.votes(&id).await, [0, 0, 0]);
    resident
        .vote_stable(room, &poll.event_id, &[&answers[2].0])
        .await;
    assert_eq!(words(&chat.next().await), voted("Vet inte"));
    assert_eq!(chat.bot.server.votes(&id).await, [0, 0, 1]);

    chat.bot.json(&["poll", "close", &id]).await;
    let end = chat.next().await;
    assert_eq!((&*end.ty, end.body), (POLL_END, label("sv", "poll-over")));
    let relation = &end.content["m.relates_to"];
    assert_eq!(relation["rel_type"], "m.reference");
    assert_eq!(relation["event_id"], *poll.event_id);
    let result = chat.next().await;
    let told = with("sv", "poll-ended", "question", "Finns det ljus?");
    assert!(words(&result).starts_with(&told), "{result:?}");
    resident.vote(room, &poll.event_id, &[&answers[0].0]).await;
    assert_eq!(words(&chat.next().await), phrase("sv", "poll-closed"));
}

async fn leave(chat: &Chat) {
    let data = words(&chat.say("mina uppgifter").await);
    assert!(data.starts_with(&phrase("sv", "my-data")), "{data}");
    assert!(data.contains(&phrase("sv", "channel-matrix")), "{data}");
    assert!(data.contains("Vatten, el, telefon"), "{data}");
    assert!(data.contains(chat.resident.id()), "{data}");

    let asked = chat.say("radera mina uppgifter").await;
    assert!(words(&asked).starts_with(&phrase("sv", "erase-ask")));
    let erased = chat.say("ja").await;
    assert!(
        words(&erased).starts_with(&phrase("sv", "erased")),
        "{erased:?}"
    );
    chat.bot.quiet().await;
    stored(&chat.bot, "SELECT COUNT(*) FROM resident", 0).await;
    // Last words are kept until the ledger is looked through.
    let named = "SELECT COUNT(*) FROM outbox WHERE resident_id <> 0 OR address <> '' \
                 OR external_id IS NOT NULL OR relation IS NOT NULL";
    stored(&chat.bot, named, 0).await;
    let kept = "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL";
    assert!(chat.bot.server.database.number(kept).await > 0);

    let again = chat.say("börja").await;
    assert!(words(&again).starts_with(&greets("sv")), "{again:?}");
    let stopped = chat.say("sluta").await;
    assert!(words(&stopped).starts_with(&phrase("sv", "stopped")));
    chat.bot
        .server
        .send_notice("Fara", &["--severity", "extreme"])
        .await;
    chat.nothing_more().await;
}

#[tokio::test]
async fn a_resident_begins_asks_subscribes_is_told_votes_and_leaves() {
    on_each_database(async |database| {
        let bot = MatrixBot::start(Synapse::shared().await, database).await;
        story(bot, false).await;
    })
    .await;
}

#[tokio::test]
async fn the_same_in_an_encrypted_chat_of_which_the_homeserver_reads_nothing() {
    on_each_database(async |database| {
        let bot = MatrixBot::start(Synapse::shared().await, database).await;
        story(bot, true).await;
    })
    .await;
}

#[tokio::test]
async fn a_client_that_trusts_signed_devices_only_is_answered() {
    let chat = Chat::open_with(bot().await, Client::strict(), true).await;
    assert_answer("fi", &chat.say(question("fi")).await);
    assert_answer("sv", &chat.say(question("sv")).await);
    let devices = chat.resident.devices_of(chat.bot.id()).await;
    assert!(devices.values().all(|signed| *signed), "{devices:?}");
}
