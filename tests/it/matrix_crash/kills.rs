//! Power cuts in the middle of talking.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Asker, QUESTIONS};
use crate::crash::Random;
use crate::support::database::{Database, Kind};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Residents;
use crate::support::matrix::synapse::{Options, Synapse};
use crate::support::server::TestServer;

const KILLS: usize = 10;

/// Pause between two questions of one resident.
const PAUSE: Duration = Duration::from_millis(150);

/// Asks on and on, until told to stop.
async fn ask_on(asker: &mut Asker, mut random: Random, stop: &Cell<bool>) {
    while !stop.get() {
        asker.ask(*random.pick(&QUESTIONS)).await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// Kills the server at a random moment and starts it again, while everybody asks.
async fn cut(bot: MatrixBot, askers: &mut [Asker], random: &mut Random) -> MatrixBot {
    let stop = Cell::new(false);
    let moment = Duration::from_millis(random.below(2_000));
    let power = async {
        tokio::time::sleep(moment).await;
        let home = bot.server.kill().await;
        // The next cut doesn't wait until it is connected either.
        let server = TestServer::serve(home).await;
        stop.set(true);
        server
    };
    let load = askers
        .iter_mut()
        .map(|asker| ask_on(asker, Random(random.below(u64::MAX)), &stop));
    let (server, _) = tokio::join!(power, futures::future::join_all(load));
    MatrixBot {
        server,
        account: bot.account,
    }
}

#[tokio::test]
async fn every_question_is_answered_once_whenever_the_server_is_killed() {
    let start = Instant::now();
    let synapse = Synapse::start(Options::default()).await;
    let residents = Residents::start(&synapse).await;
    let database = Database::create(Kind::Sqlite).await;
    let mut bot = MatrixBot::start(&synapse, database).await;
    let mut askers = Vec::new();
    for (name, encrypted) in [
        ("maria", true),
        ("bo", false),
        ("aino", true),
        ("eero", false),
    ] {
        let resident = residents.join(name).await;
        askers.push(Asker::meet(&bot, resident, encrypted).await);
    }
    let mut random = Random(20_261_123);
    for kill in 0..KILLS {
        bot = cut(bot, &mut askers, &mut random).await;
        if kill == KILLS / 2 {
            synapse.restart().await;
        }
    }
    for asker in &askers {
        asker.is_answered().await;
    }
    bot.quiet().await;
    for asker in &askers {
        asker.check_once().await;
    }
    let questions: usize = askers.iter().map(|asker| asker.owed.len()).sum();
    let took = start.elapsed();
    eprintln!("{KILLS} kills, {questions} questions in {took:.0?}");
}

/// A key comes, and before the message it opens is taken the power is cut: the message lies among
/// those that can't be read, though it can.
#[tokio::test]
async fn a_message_whose_key_came_right_before_a_power_cut_is_answered() {
    let synapse = Synapse::shared().await;
    let residents = Residents::shared().await;
    let database = Database::create(Kind::Sqlite).await;
    let bot = MatrixBot::start(synapse, database).await;
    let mut asker = Asker::meet(&bot, residents.join("maria").await, true).await;
    let (question, answer) = QUESTIONS[0];
    let sent = asker.resident.send(&asker.room, question).await;
    asker.owed.push(answer);
    asker.is_answered().await;
    bot.quiet().await;
    let events = synapse.events(&asker.room).await;
    let sealed = events.iter().find(|event| event["event_id"] == *sent);
    let sealed = sealed.expect("the question");
    let kept = json!({
        "at": sealed["origin_server_ts"], "told": false,
        "sealed": {
            "room": asker.room, "id": sent, "session": sealed["content"]["session_id"],
            "sender": sealed["sender"], "at": sealed["origin_server_ts"],
            "raw": sealed.to_string(),
        },
    });

    let home = bot.server.kill().await;
    let forget = format!("DELETE FROM inbox WHERE external_id = '{sent}'");
    home.database.execute(&forget).await;
    let keep = format!(
        "INSERT INTO channel_note (channel, name, value) VALUES ('matrix', 'sealed/{sent}', '{kept}')"
    );
    home.database.execute(&keep).await;
    let bot = MatrixBot::serve(home, bot.account).await;
    asker.owed.push(answer);
    asker.is_answered().await;
    bot.quiet().await;
    asker.check().await;
    let notes = "SELECT COUNT(*) FROM channel_note WHERE name LIKE 'sealed/%'";
    assert_eq!(bot.server.database.number(notes).await, 0);
}
