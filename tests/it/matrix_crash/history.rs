//! What was said before the bot came, and what was said while it was away.

use super::{Asker, QUESTIONS};
use crate::support::database::{Database, Kind};
use crate::support::matrix::bot::{self, MatrixBot};
use crate::support::matrix::resident::Residents;
use crate::support::matrix::synapse::Synapse;
use crate::support::words::phrase;

/// More than come with one sync.
const MANY: usize = 60;

#[tokio::test]
async fn an_account_with_a_past_answers_only_what_comes_after_its_first_login() {
    let synapse = Synapse::shared().await;
    let residents = Residents::shared().await;
    let database = Database::create(Kind::Sqlite).await;
    let (mut home, mut account) = bot::home(synapse, database, |_| {}).await;
    let mut past = Vec::new();
    for encrypted in [false, true] {
        let resident = residents.join("maria").await;
        let room = resident.create_dm(&account.user.id, encrypted).await;
        let path = format!(
            "/_matrix/client/v3/join/{}",
            crate::support::matrix::synapse::escape(&room)
        );
        let joined = synapse.post(&account.user.token, &path, serde_json::json!({}));
        joined.await.ok();
        resident.sees_member(&room, &account.user.id, "join").await;
        resident.send(&room, QUESTIONS[0].0).await;
        past.push((resident, room));
    }
    let newcomer = residents.join("bo").await;
    let invited = newcomer.create_dm(&account.user.id, true).await;

    bot::log_in(&mut home, &mut account).await;
    let bot = MatrixBot::serve(home, account).await;
    let greeting = newcomer.next_message(&invited).await;
    assert!(
        greeting.body.contains("Hei! Olen botti"),
        "an invitation that waited is taken: {}",
        greeting.body
    );
    for (resident, room) in &past {
        let (question, answer) = QUESTIONS[1];
        resident.send(room, question).await;
        let first = resident.next_message(room).await;
        assert!(first.body.contains(answer), "not the past: {}", first.body);
    }
    bot.quiet().await;
    for (resident, room) in &past {
        assert!(resident.messages_left(room).await.is_empty());
    }
    let _ = phrase("fi", "start");
}

#[tokio::test]
async fn more_questions_than_a_sync_brings_are_answered_in_order() {
    let residents = Residents::shared().await;
    let database = Database::create(Kind::Sqlite).await;
    let bot = MatrixBot::start(Synapse::shared().await, database).await;
    let mut askers = Vec::new();
    for encrypted in [false, true] {
        let resident = residents.join("maria").await;
        askers.push(Asker::meet(&bot, resident, encrypted).await);
    }
    let (home, account) = bot.stop().await;
    futures::future::join_all(askers.iter_mut().map(async |asker| {
        for number in 0..MANY {
            // A pattern in which nothing can be left out or swapped unseen.
            asker
                .ask(QUESTIONS[(number + number / 7) % QUESTIONS.len()])
                .await;
        }
    }))
    .await;
    let bot = MatrixBot::serve(home, account).await;
    for asker in &askers {
        asker.is_answered().await;
    }
    bot.quiet().await;
    for asker in &askers {
        asker.check().await;
    }
}
