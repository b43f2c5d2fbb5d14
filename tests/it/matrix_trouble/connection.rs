//! A homeserver that isn't there, or says nothing.

use super::{QUESTION, asks, count, database, hears, web_works};
use crate::support::matrix::bot::{self, MatrixBot};
use crate::support::matrix::resident::Residents;
use crate::support::matrix::synapse::{Options, Synapse};
use crate::support::server::TestServer;
use crate::support::wait::eventually;

#[tokio::test]
async fn without_a_homeserver_the_web_chat_works_and_matrix_comes_back_by_itself() {
    let synapse = Synapse::start(Options::default()).await;
    let residents = Residents::start(&synapse).await;
    let (mut home, mut account) = bot::home(&synapse, database().await, |_| {}).await;
    bot::log_in(&mut home, &mut account).await;
    synapse.kill().await;

    let server = TestServer::serve(home).await;
    let bot = MatrixBot { server, account };
    web_works(&bot.server).await;
    let line = bot.logged("the homeserver fails").await;
    assert!(line.contains("cannot be reached"), "{line}");
    synapse.start_again().await;
    bot.logged("Matrix is connected").await;
    let maria = residents.join("maria").await;
    let (room, _) = bot.meet(&maria, true).await;
    asks(&maria, &room).await;

    synapse.kill().await;
    eventually("the log tells it again", async || {
        (count(&bot, "the homeserver fails") == 2).then_some(())
    })
    .await;
    web_works(&bot.server).await;
    synapse.start_again().await;
    asks(&maria, &room).await;
    bot.quiet().await;
    assert!(maria.messages_left(&room).await.is_empty());
    assert_eq!(
        count(&bot, "the homeserver fails"),
        2,
        "told once each time"
    );
}

#[tokio::test]
async fn a_homeserver_that_says_nothing_holds_up_nobody_else() {
    let synapse = Synapse::start(Options::default()).await;
    let residents = Residents::start(&synapse).await;
    let bot = MatrixBot::start(&synapse, database().await).await;
    let maria = residents.join("maria").await;
    let (room, _) = bot.meet(&maria, true).await;
    let bo = residents.join("bo").await;
    let (other, _) = bot.meet(&bo, false).await;

    maria.send(&room, QUESTION.0).await;
    synapse.pause();
    web_works(&bot.server).await;
    synapse.resume();
    hears(&maria, &room).await;
    asks(&bo, &other).await;
    bot.quiet().await;
    assert!(maria.messages_left(&room).await.is_empty());
    assert!(bo.messages_left(&other).await.is_empty());
}
