//! On a bad day at Telegram everything arrives, within the limits, and answers come soon.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::audit;
use crate::support::botapi::{Config, Faults, LimitMode, Limits, Simulator, State};
use crate::support::database::{Database, Kind, on_each_database};
use crate::support::server::TestServer;
use crate::support::telegram::{self, Bot, set};
use crate::support::wait::PATIENCE;

/// The chats that get the notice.
const CHATS: (i64, i64) = (1_000_000, 450);

/// The first chat that asks something; each asks one question.
const ASKERS: i64 = 3_000_000;

/// Pause between two questions.
const PAUSE: Duration = Duration::from_millis(200);

/// What Telegram does on a bad day, in percent of all calls.
fn bad_day() -> Faults {
    Faults {
        lost_reply: 1.0,
        bad_gateway: 1.0,
        dropped: 0.5,
        ..Faults::default()
    }
}

/// Telegram with its limits enforced.
fn limited() -> Config {
    Config {
        record_calls: true,
        limits: Limits {
            mode: LimitMode::Enforce,
            ..Limits::default()
        },
        ..Config::default()
    }
}

/// A bot at the pace that Telegram allows.
async fn paced(database: Database) -> (Bot, Instant) {
    let start = Instant::now();
    let bot = Bot::with(limited(), database, |settings| {
        set(settings, "telegram", "messages_per_second", 30);
    })
    .await;
    seed(&bot, CHATS.1).await;
    (bot, start)
}

/// Makes the residents who get the notice.
async fn seed(bot: &Bot, count: i64) {
    let (first, number) = (CHATS.0.to_string(), count.to_string());
    let seed = ["seed", "--first-chat-id", &first, "--residents", &number];
    bot.server.json(&seed).await;
    bot.sim.seed_chats(CHATS.0, count, "fi");
}

/// How many of the chats have got the notice.
fn reached(state: &State) -> i64 {
    let chats = CHATS.0..CHATS.0 + CHATS.1;
    let reached = chats.filter(|chat| !state.bot_messages(*chat).is_empty());
    i64::try_from(reached.count()).expect("a count")
}

/// Residents ask, one after the other, while the notice goes out; halfway a storm of 429 comes.
/// Returns when each of them asked, since the simulator's start.
async fn ask_meanwhile(bot: &Bot, start: Instant) -> HashMap<i64, Duration> {
    let mut asked = HashMap::new();
    let mut storm = false;
    for chat in ASKERS.. {
        let reached = bot.sim.read(reached);
        if reached == CHATS.1 {
            break;
        }
        if reached > CHATS.1 / 2 && !std::mem::replace(&mut storm, true) {
            bot.sim.storm(4, 1);
        }
        asked.insert(chat, start.elapsed());
        bot.sim.say(chat, "Miten testaan palovaroittimen?");
        tokio::time::sleep(PAUSE).await;
    }
    assert!(storm && asked.len() > 30, "the notice took a while");
    asked
}

/// How long each of them waited for an answer, in order.
fn waits(state: &State, asked: &HashMap<i64, Duration>) -> Vec<Duration> {
    let mut answered: HashMap<i64, Duration> = HashMap::new();
    for call in state.call_log() {
        if call.method == "sendMessage" && call.code == 200 {
            let chat = call.params["chat_id"].as_i64().expect("a chat");
            let at = Duration::from_millis(call.at_ms);
            answered.entry(chat).or_insert(at);
        }
    }
    let mut waits: Vec<_> = asked
        .iter()
        .map(|(chat, asked)| answered[chat].saturating_sub(*asked))
        .collect();
    waits.sort_unstable();
    waits
}

#[tokio::test]
async fn with_faults_limits_and_a_storm_everything_arrives_and_answers_come_within_three_seconds() {
    on_each_database(async |database| {
        let (bot, start) = paced(database).await;
        bot.sim.set_faults(bad_day());
        let id = bot
            .server
            .send_notice("Tiedote-1", &["--topic", "weather"])
            .await;
        let asked = ask_meanwhile(&bot, start).await;
        bot.quiet().await;
        let waits = bot.sim.read(|state| waits(state, &asked));
        let p99 = waits[(waits.len() * 99).div_ceil(100) - 1];
        let limits = bot.sim.read(|state| state.limit_report().clone());
        let answer = "Testaa palovaroitin";
        let words = asked.keys().map(|chat| (*chat, answer)).collect();
        let database = &bot.server.database;
        let mut audit = audit::answers(&bot.sim, database, &words).await;
        audit += audit::notice(&bot.sim, database, (&id, "Tiedote-1"), CHATS).await;
        eprintln!(
            "{audit:?}, {} faults, {} questions answered within {p99:?} (p99), median {:?}, \
             at most {} messages a second, in {:.0?}",
            bot.sim.faults_dealt(),
            waits.len(),
            waits[waits.len() / 2],
            limits.max_in_second,
            start.elapsed(),
        );
        assert_eq!(limits.violations, 0, "{limits:?}");
        assert!(p99 <= Duration::from_secs(3), "{waits:?}");
        assert!(audit.doubts > 0, "there were faults");
    })
    .await;
}

/// A network in front of Telegram that stands still while told so. Returns its address.
async fn network(to: std::net::SocketAddr, moving: watch::Receiver<bool>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let far = TcpStream::connect(to).await.expect("Telegram");
            let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
            tokio::spawn(carry(near_in, far_out, moving.clone()));
            tokio::spawn(carry(far_in, near_out, moving.clone()));
        }
    });
    format!("http://{address}")
}

/// Carries what comes in one direction of a connection.
async fn carry(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    mut moving: watch::Receiver<bool>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if moving.wait_for(|moving| *moving).await.is_err()
            || to.write_all(&buffer[..read]).await.is_err()
        {
            return;
        }
    }
}

#[tokio::test]
async fn a_network_that_stands_still_now_and_then_brings_no_more_messages_a_second_than_allowed() {
    let start = Instant::now();
    let database = Database::create(Kind::Sqlite).await;
    let mut config = limited();
    config.limits.mode = LimitMode::Record;
    let sim = Simulator::start(config);
    let (stall, moving) = watch::channel(true);
    let network = network(sim.address(), moving).await;
    let home = telegram::home(&sim, database, |settings| {
        set(settings, "telegram", "api_url", network);
        set(settings, "telegram", "messages_per_second", 30);
    });
    let server = TestServer::serve(home).await;
    let bot = Bot { sim, server };
    seed(&bot, 120).await;
    bot.server
        .send_notice("Tiedote-1", &["--topic", "weather"])
        .await;
    // Each stall begins when a few more have got it, and holds up some of the next ones.
    for few in [10, 40, 70] {
        let some = bot.sim.wait_until(|state| reached(state) >= few, PATIENCE);
        some.await.expect("messages");
        stall.send_replace(false);
        tokio::time::sleep(Duration::from_millis(600)).await;
        stall.send_replace(true);
    }
    bot.quiet().await;
    let limits = bot.sim.read(|state| state.limit_report().clone());
    eprintln!("{limits:?} in {:.0?}", start.elapsed());
    assert_eq!(limits.violations, 0);
    assert_eq!(bot.sim.read(reached), 120);
}
