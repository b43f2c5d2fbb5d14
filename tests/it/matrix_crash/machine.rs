//! Another machine: the database and the recovery key are there, the encryption keys aren't.

use serde_json::Value;

use super::{Asker, QUESTIONS};
use crate::support::database::{Database, Kind};
use crate::support::home::Home;
use crate::support::matrix::bot::{self, MatrixBot};
use crate::support::matrix::resident::{Client, Residents};
use crate::support::matrix::synapse::{Options, Synapse};
use crate::support::wait::{eventually, patiently};
use crate::support::words::phrase;

/// A little more than the minute for which the bot waits for keys.
const EXPLAINED: std::time::Duration = std::time::Duration::from_secs(120);

/// The session that the server uses.
fn session(home: &Home) -> Value {
    let text = std::fs::read_to_string(home.path("matrix-store/session.json"));
    serde_json::from_str(&text.expect("a session")).expect("JSON")
}

/// Waits until so many room keys are in the account's backup.
async fn backed_up(synapse: &Synapse, home: &Home, keys: u64) {
    let session = session(home);
    let token = session["access_token"].as_str().expect("a token");
    let path = "/_matrix/client/v3/room_keys/version";
    eventually("the keys are backed up", async || {
        let backup = synapse.get(token, path).await.ok();
        (backup["count"].as_u64()? >= keys).then_some(())
    })
    .await;
}

/// The machine burns down; the next one has the database, the settings and the recovery key.
async fn move_house(bot: MatrixBot, away: impl AsyncFnOnce(&Home)) -> MatrixBot {
    let (mut home, mut account) = bot.stop().await;
    let before = session(&home);
    std::fs::remove_dir_all(home.path("matrix-store")).expect("a folder");
    away(&home).await;
    let login = bot::log_in(&mut home, &mut account).await.json();
    assert!(
        login["recovery_key"].is_null(),
        "the old one holds: {login}"
    );
    assert_ne!(login["device"], before["device_id"]);
    MatrixBot::serve(home, account).await
}

#[tokio::test]
async fn on_a_new_machine_talks_go_on() {
    let synapse = Synapse::shared().await;
    let residents = Residents::shared().await;
    let database = Database::create(Kind::Sqlite).await;
    let bot = MatrixBot::start(synapse, database).await;
    let maria = residents.join("maria").await;
    let aino = residents.join_with("aino", Client::strict()).await;
    let mut askers = Vec::new();
    for resident in [maria, aino] {
        let mut asker = Asker::meet(&bot, resident, true).await;
        asker.ask(QUESTIONS[0]).await;
        asker.is_answered().await;
        askers.push(asker);
    }
    // This one's first words are said when nobody has the keys for them.
    let mut silent = Asker::meet(&bot, residents.join("bo").await, true).await;
    backed_up(synapse, &bot.server, 5).await;

    let bot = move_house(bot, async |_| {
        for asker in &mut askers {
            asker.ask(QUESTIONS[1]).await;
        }
        silent.ask(QUESTIONS[2]).await;
    })
    .await;
    for asker in &askers {
        asker.is_answered().await;
    }
    let unreadable = phrase("fi", "unreadable");
    let explained = patiently(EXPLAINED, "the kind explanation", async || {
        silent.heard().into_iter().next()
    })
    .await;
    assert!(
        unreadable.contains(&explained.body[..30]),
        "{}",
        explained.body
    );
    silent.owed = vec!["Lähetä se uudelleen"];
    askers.push(silent);
    for asker in &mut askers {
        asker.ask(QUESTIONS[2]).await;
        asker.is_answered().await;
    }
    bot.quiet().await;
    for asker in &askers {
        asker.check().await;
        let heard = asker.heard();
        assert!(heard.iter().all(|said| said.encrypted && !said.refused));
    }
}

/// A notice to everyone; returns its number once it has arrived.
async fn notice(bot: &MatrixBot) -> String {
    let id = bot
        .server
        .send_notice("Vaara", &["--severity", "severe"])
        .await;
    eventually("the notice is on its way", async || {
        let open = "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL AND state = 'sent'";
        (bot.server.database.number(open).await == 2).then_some(())
    })
    .await;
    bot.quiet().await;
    id
}

/// Makes deliveries look as if a power cut had come while they were under way. One arrived; of the
/// other only a number that was never sent is left.
async fn doubt(database: &Database, arrived: &str, lost: &str) {
    let doubtful = "UPDATE outbox SET state = 'sending', settled_at = NULL, attempts = 1, \
                    doubts = 0, due_at = 0, external_id = NULL";
    let of = |user: &str| format!("WHERE address = '0/{user}' AND broadcast_id IS NOT NULL");
    database
        .execute(&format!("{doubtful} {}", of(arrived)))
        .await;
    database
        .execute(&format!("{doubtful}, id = id + 1000000000 {}", of(lost)))
        .await;
}

/// What is in doubt is looked up where the homeserver doesn't know it again.
async fn looks_up(synapse: &Synapse, residents: &Residents<'_>, moves: bool) {
    let database = Database::create(Kind::Sqlite).await;
    let mut bot = MatrixBot::start(synapse, database).await;
    let mut askers = Vec::new();
    for name in ["maria", "bo"] {
        askers.push(Asker::meet(&bot, residents.join(name).await, true).await);
    }
    notice(&bot).await;
    for asker in &mut askers {
        asker.owed.push("Vaara");
        asker.is_answered().await;
    }
    backed_up(synapse, &bot.server, 2).await;
    let [maria, bo] = [0, 1].map(|at: usize| askers[at].resident.id().to_owned());
    if moves {
        bot = move_house(bot, async |home| doubt(&home.database, &maria, &bo).await).await;
    } else {
        let (home, account) = bot.stop().await;
        doubt(&home.database, &maria, &bo).await;
        // Longer ago than homeservers remember transactions, and this one doesn't.
        let yesterday = "UPDATE outbox SET tried_at = tried_at - 90000000 WHERE settled_at IS NULL";
        home.database.execute(yesterday).await;
        synapse.forget_transactions().await;
        bot = MatrixBot::serve(home, account).await;
    }
    askers[1].owed.push("Vaara");
    askers[1].is_answered().await;
    bot.quiet().await;
    for asker in &askers {
        asker.check().await;
    }
    let unsettled = "SELECT COUNT(*) FROM outbox WHERE state <> 'sent' OR doubts > 0";
    assert_eq!(bot.server.database.number(unsettled).await, 0);
}

#[tokio::test]
async fn what_an_old_device_left_in_doubt_is_not_repeated_by_the_new_one() {
    looks_up(Synapse::shared().await, Residents::shared().await, true).await;
}

#[tokio::test]
async fn what_was_in_doubt_for_a_day_is_not_repeated() {
    let synapse = Synapse::start(Options::default()).await;
    let residents = Residents::start(&synapse).await;
    looks_up(&synapse, &residents, false).await;
}
