//! The bot on Matrix, beside a real Synapse: `cargo bench --bench matrix [-- --quick] [-- --json]`.
//!
//! Synapse, which is one Python process, is the limit: the table shows its share beside the bot's.
//! Nothing is asserted: a measure that misses its goal gets a ✗.

#[allow(dead_code, reason = "other benches use the rest")]
#[path = "rig/machine.rs"]
mod machine;
#[path = "../tests/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "other benches use the rest")]
#[path = "rig/table.rs"]
mod table;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use support::database::{Database, Kind};
use support::matrix::bot::MatrixBot;
use support::matrix::resident::{Resident, Residents};
use support::matrix::synapse::{Options, Synapse, User, escape};
use support::telegram::set;
use table::{Goal, Row, Sample};

/// Longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(900);

/// How much is done.
#[derive(Clone, Copy)]
struct Sizes {
    rooms: usize,
    many_rooms: usize,
    notices: usize,
    questions: usize,
}

const FULL: Sizes = Sizes {
    rooms: 200,
    many_rooms: 1_000,
    notices: 3,
    questions: 50,
};

const QUICK: Sizes = Sizes {
    rooms: 20,
    many_rooms: 60,
    notices: 2,
    questions: 10,
};

/// Places of the rows in the table.
enum At {
    Plain,
    PlainBot,
    PlainSynapse,
    Sealed,
    SealedBot,
    SealedSynapse,
    PlainReply,
    SealedReply,
    Held,
    Peak,
}

fn rows(sizes: Sizes) -> Vec<Row> {
    let Sizes {
        rooms, many_rooms, ..
    } = sizes;
    vec![
        Row::new(
            format!("notice to {rooms} plain rooms: messages per second"),
            0,
            Goal::Shown,
        ),
        Row::new("  bot, CPU ms per message", 2, Goal::AtMost(1.0)),
        Row::new("  Synapse, CPU ms per message", 1, Goal::Shown),
        Row::new(
            format!("notice to {rooms} encrypted rooms: messages per second"),
            0,
            Goal::Shown,
        ),
        Row::new("  bot, CPU ms per message", 2, Goal::AtMost(6.0)),
        Row::new("  Synapse, CPU ms per message", 1, Goal::Shown),
        Row::new("reply in a plain chat, ms", 0, Goal::AtMost(200.0)),
        Row::new("reply in an encrypted chat, ms", 0, Goal::AtMost(300.0)),
        Row::new(
            format!("memory with {many_rooms} rooms, MB"),
            0,
            Goal::AtMost(60.0),
        ),
        Row::new("  at most on the way there, MB", 0, Goal::Shown),
    ]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    if !has("--bench") {
        return println!("Run it with `cargo bench --bench matrix`.");
    }
    let sizes = if has("--quick") { QUICK } else { FULL };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(measure(sizes, has("--json")));
}

async fn measure(sizes: Sizes, json: bool) {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let machine = machine::describe(folder.path());
    let mut rows = rows(sizes);
    let synapse = Synapse::start(Options::default()).await;
    eprintln!("plain rooms");
    plain(&synapse, sizes, &mut rows).await;
    eprintln!("encrypted rooms");
    encrypted(&synapse, sizes, &mut rows).await;
    table::print(["measure", "result", "goal", "", ""], &rows, &machine, json);
}

fn note(rows: &mut [Row], at: At, value: f64) {
    rows[at as usize].samples.push(Sample::from(value));
}

async fn bot(synapse: &Synapse) -> MatrixBot {
    let database = Database::create(Kind::Sqlite).await;
    MatrixBot::with(synapse, database, |settings| {
        set(settings, "matrix", "invites_per_minute", 1000);
    })
    .await
}

/// Waits until a query counts so many.
async fn until(bot: &MatrixBot, sql: &str, count: usize) {
    let end = Instant::now() + PATIENCE;
    loop {
        let found = bot.server.database.number(sql).await;
        if usize::try_from(found).is_ok_and(|found| found >= count) {
            return;
        }
        assert!(
            Instant::now() < end,
            "waited in vain: {found} of {count}: {sql}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until every room has its greeting.
async fn greeted(bot: &MatrixBot, rooms: usize) {
    until(
        bot,
        "SELECT COUNT(*) FROM outbox WHERE state = 'sent'",
        rooms,
    )
    .await;
}

/// Sends a notice to everyone and notes rate and shares.
async fn notice(synapse: &Synapse, bot: &MatrixBot, rooms: usize, rows: &mut [Row], at: [At; 3]) {
    const SENT: &str =
        "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL AND state = 'sent'";
    let before = usize::try_from(bot.server.database.number(SENT).await).expect("a count");
    let cpu = || machine::cpu_s(bot.server.pid()).unwrap_or(0.0);
    let (mine, theirs) = (cpu(), synapse.cpu_seconds());
    let id = bot
        .server
        .send_notice("Vesi poikki", &["--severity", "severe"])
        .await;
    until(bot, SENT, before + rooms).await;
    let (mine, theirs) = (cpu() - mine, synapse.cpu_seconds() - theirs);
    let span = bot
        .server
        .database
        .number(&format!(
            "SELECT MAX(o.settled_at) - MIN(o.tried_at) FROM outbox o JOIN broadcast b \
             ON b.id = o.broadcast_id WHERE b.notice_id = {id}"
        ))
        .await;
    let count = rooms as f64;
    let [rate, bot_ms, synapse_ms] = at;
    note(rows, rate, count * 1000.0 / span as f64);
    note(rows, bot_ms, mine * 1000.0 / count);
    note(rows, synapse_ms, theirs * 1000.0 / count);
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}

/// A user without a client: bare requests.
struct Caller<'a> {
    synapse: &'a Synapse,
    user: User,
    room: String,
}

impl<'a> Caller<'a> {
    async fn invite(synapse: &'a Synapse, number: usize, bot: &str) -> Self {
        let user = synapse
            .register(&format!("caller-{number}"), "salasana")
            .await;
        let room = json!({ "invite": [bot], "is_direct": true, "preset": "trusted_private_chat" });
        let made = synapse
            .post(&user.token, "/_matrix/client/v3/createRoom", room)
            .await;
        let room = made.ok()["room_id"].as_str().expect("a room").to_owned();
        Self {
            synapse,
            user,
            room,
        }
    }

    async fn sync(&self, since: Option<&str>) -> Value {
        let since = since
            .map(|since| format!("&since={}", escape(since)))
            .unwrap_or_default();
        let path = format!("/_matrix/client/v3/sync?timeout=30000{since}");
        self.synapse.get(&self.user.token, &path).await.ok()
    }

    /// Asks and waits for the answer. Milliseconds.
    async fn ask(&self, turn: usize, text: &str) -> f64 {
        let start = self.sync(None).await;
        let mut since = start["next_batch"].as_str().expect("a place").to_owned();
        let path = format!(
            "/_matrix/client/v3/rooms/{}/send/m.room.message/q{turn}",
            escape(&self.room)
        );
        let asked = Instant::now();
        let words = json!({ "msgtype": "m.text", "body": text });
        self.synapse.put(&self.user.token, &path, words).await.ok();
        loop {
            let news = self.sync(Some(&since)).await;
            let events = &news["rooms"]["join"][&self.room]["timeline"]["events"];
            let answered = events.as_array().is_some_and(|events| {
                let by_bot = |event: &&Value| event["sender"] != self.user.id.as_str();
                events
                    .iter()
                    .filter(by_bot)
                    .any(|event| event["type"] == "m.room.message")
            });
            if answered {
                return asked.elapsed().as_secs_f64() * 1000.0;
            }
            since = news["next_batch"].as_str().expect("a place").to_owned();
        }
    }
}

async fn plain(synapse: &Synapse, sizes: Sizes, rows: &mut [Row]) {
    let bot = bot(synapse).await;
    let first = Caller::invite(synapse, 0, bot.id()).await;
    for number in 1..sizes.rooms {
        Caller::invite(synapse, number, bot.id()).await;
    }
    greeted(&bot, sizes.rooms).await;
    for _ in 0..sizes.notices {
        let at = [At::Plain, At::PlainBot, At::PlainSynapse];
        notice(synapse, &bot, sizes.rooms, rows, at).await;
    }
    let mut times = Vec::new();
    for turn in 0..sizes.questions {
        times.push(first.ask(turn, "Miten testaan palovaroittimen?").await);
    }
    note(rows, At::PlainReply, median(times));
    for number in sizes.rooms..sizes.many_rooms {
        Caller::invite(synapse, number, bot.id()).await;
    }
    let greetings = "SELECT COUNT(*) FROM resident";
    until(&bot, greetings, sizes.many_rooms).await;
    bot.quiet().await;
    first
        .ask(sizes.questions, "Miten testaan palovaroittimen?")
        .await;
    let pid = bot.server.pid();
    note(rows, At::Held, machine::held_mb(pid).unwrap_or(0.0));
    note(rows, At::Peak, machine::peak_mb(pid).unwrap_or(0.0));
}

async fn encrypted(synapse: &Synapse, sizes: Sizes, rows: &mut [Row]) {
    let bot = bot(synapse).await;
    let house = Residents::start(synapse).await;
    let mut residents: Vec<(Resident, String)> = Vec::new();
    for number in 0..sizes.rooms {
        let resident = house.join(&format!("resident-{number}")).await;
        let room = resident.create_dm(bot.id(), true).await;
        residents.push((resident, room));
    }
    greeted(&bot, sizes.rooms).await;
    let (resident, room) = &residents[0];
    for (resident, _) in residents.iter().skip(1) {
        resident.stop_syncing().await;
    }
    resident.next_message(room).await;
    let mut times = Vec::new();
    for _ in 0..sizes.questions {
        let asked = Instant::now();
        resident.send(room, "Miten testaan palovaroittimen?").await;
        resident.next_message(room).await;
        times.push(asked.elapsed().as_secs_f64() * 1000.0);
    }
    note(rows, At::SealedReply, median(times));
    resident.stop_syncing().await;
    for _ in 0..sizes.notices {
        let at = [At::Sealed, At::SealedBot, At::SealedSynapse];
        notice(synapse, &bot, sizes.rooms, rows, at).await;
    }
}
