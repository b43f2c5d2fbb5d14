//! The bot as Telegram sees it: `cargo bench --bench telegram [-- --quick] [-- --json]`.
//!
//! The bot and the Bot API simulator are processes of their own, each on a core of its own where
//! the system can do that. Every scenario has a fresh database and a fresh bot; scenarios take
//! turns, so that a busy moment of the machine hits all of them. Nothing is asserted: a measure
//! that misses its goal gets a ✗.

#[path = "../tests/support/botapi/mod.rs"]
mod botapi;
mod rig;

use std::time::Duration;

use serde_json::{Value, json};

use rig::machine;
use rig::process::{Bot, Core, Home, Simulator, copy, end_with_parent};
use rig::table::{self, Goal, Row, Sample};

/// The first resident.
const FIRST: i64 = 5_000_000_000;

/// Residents who ask at the same time.
const CROWD: u64 = 32;

/// Repetitions of everything.
const TIMES: usize = 3;

/// How long the bot has to write down what arrived last.
const REST: Duration = Duration::from_millis(400);

/// How much is done in each scenario.
#[derive(Clone, Copy)]
struct Sizes {
    questions: u64,
    alone: u64,
    residents: u64,
}

const FULL: Sizes = Sizes {
    questions: 20_000,
    alone: 1_500,
    residents: 20_000,
};

const QUICK: Sizes = Sizes {
    questions: 3_000,
    alone: 300,
    residents: 3_000,
};

/// Places of the rows in the table.
enum At {
    Answers,
    Half,
    Slowest,
    Alone,
    Notice,
    Missing,
    Twice,
    Votes,
    Counted,
    Memory,
}

fn rows(sizes: Sizes) -> Vec<Row> {
    let shown = |measure: &str| Row::new(measure, 1, Goal::Shown);
    let residents = sizes.residents as f64;
    vec![
        Row::new(
            "questions answered per second, 32 residents",
            0,
            Goal::AtLeast(3_500.0),
        )
        .cpu(Goal::AtMost(1.5)),
        shown("  half answered within, ms"),
        shown("  99 % answered within, ms"),
        Row::new(
            "one resident: ms above the simulator's own",
            2,
            Goal::AtMost(1.0),
        ),
        Row::new("notice: messages per second", 0, Goal::AtLeast(8_000.0)).cpu(Goal::AtMost(1.0)),
        Row::new("  chats without it", 0, Goal::Exactly(0.0)),
        Row::new("  chats with it twice", 0, Goal::Exactly(0.0)),
        Row::new(
            "votes per second, two by each resident",
            0,
            Goal::AtLeast(10_000.0),
        ),
        Row::new("  votes counted", 0, Goal::Exactly(residents)),
        Row::new("memory at most, MB", 0, Goal::AtMost(60.0)),
    ]
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    match args.first().map(String::as_str) {
        Some("--as-simulator") => return play_simulator(has("keep")),
        Some("--as-echo") => return runtime.block_on(play_echo(&args[1], &args[2])),
        _ if !has("--bench") => return println!("Run it with `cargo bench --bench telegram`."),
        _ => {}
    }
    let sizes = if has("--quick") { QUICK } else { FULL };
    runtime.block_on(async {
        // Dropping what runs ends its processes.
        tokio::select! {
            () = measure(sizes, has("--json")) => {}
            _ = tokio::signal::ctrl_c() => println!("Stopped."),
        }
    });
}

async fn measure(sizes: Sizes, json: bool) {
    if !machine::can_pin() {
        println!("Bot and simulator share cores here: rates are lower than the bot's own.\n");
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let machine = machine::describe(folder.path());
    let texts = questions();
    let mut rows = rows(sizes);
    for turn in 1..=TIMES {
        eprintln!("repetition {turn} of {TIMES}");
        crowd(sizes, &texts, &mut rows).await;
        alone(sizes, &texts, &mut rows).await;
        notice(sizes, &mut rows).await;
        votes(sizes, &mut rows).await;
        let peaks = rows.iter().filter_map(|row| row.samples.last()?.peak_mb);
        let peak = peaks.fold(0.0, f64::max);
        note(&mut rows, At::Memory, peak);
    }
    let columns = ["measure", "result", "goal", "CPU-s per 10,000", "memory MB"];
    table::print(columns, &rows, &machine, json);
}

fn note(rows: &mut [Row], at: At, sample: impl Into<Sample>) {
    rows[at as usize].samples.push(sample.into());
}

/// Twenty real questions in both languages.
fn questions() -> Vec<String> {
    let all: Vec<&str> = include_str!("../tests/data/questions.tsv")
        .lines()
        .filter_map(|line| line.split('\t').nth(2))
        .collect();
    let step = all.len() / 20;
    let some = all.iter().step_by(step).take(20);
    some.map(|text| (*text).to_owned()).collect()
}

/// Work of a bot between two moments.
struct Meter<'a> {
    bot: &'a mut Bot,
    before: Option<f64>,
}

impl<'a> Meter<'a> {
    fn start(bot: &'a mut Bot) -> Self {
        let before = bot.cpu_s();
        Self { bot, before }
    }

    /// What so many handled at this rate took.
    async fn stop(self, per_s: f64, handled: u64) -> Sample {
        tokio::time::sleep(REST).await;
        self.bot.expect_alive();
        let spent = self.bot.cpu_s().zip(self.before);
        Sample {
            value: per_s,
            cpu_s: spent.map(|(after, before)| (after - before) * 10_000.0 / handled as f64),
            peak_mb: self.bot.peak_mb(),
        }
    }
}

fn of(report: &Value, key: &str) -> f64 {
    report[key].as_f64().expect("a number in the report")
}

fn seeded(simulator: &Simulator, residents: u64) -> Home {
    let home = Home::new(simulator);
    let (number, first) = (residents.to_string(), FIRST.to_string());
    home.cli(&["seed", "--residents", &number, "--first-chat-id", &first]);
    home
}

async fn ask(simulator: &Simulator, users: u64, total: u64, texts: &[String]) -> Value {
    let setup = json!({"users": users, "total": total, "texts": texts, "first_user_id": FIRST});
    let report = simulator.control("load/questions", &setup).await;
    assert_eq!(report["complete"], true, "not all were answered: {report}");
    report
}

/// Many residents, each with the next question as soon as the last is answered.
async fn crowd(sizes: Sizes, texts: &[String], rows: &mut [Row]) {
    let simulator = Simulator::start(false);
    let home = seeded(&simulator, CROWD);
    let mut bot = home.serve(&simulator).await;
    ask(&simulator, CROWD, sizes.questions / 10, texts).await;
    let meter = Meter::start(&mut bot);
    let report = ask(&simulator, CROWD, sizes.questions, texts).await;
    let sample = meter
        .stop(of(&report, "answers_per_s"), sizes.questions)
        .await;
    note(rows, At::Answers, sample);
    note(rows, At::Half, of(&report, "p50_ms"));
    note(rows, At::Slowest, of(&report, "p99_ms"));
}

/// One resident asks the bot, then a bot that only echoes.
async fn alone(sizes: Sizes, texts: &[String], rows: &mut [Row]) {
    let with_bot = {
        let simulator = Simulator::start(false);
        let home = seeded(&simulator, 1);
        let _bot = home.serve(&simulator).await;
        ask(&simulator, 1, sizes.alone / 10, texts).await;
        of(&ask(&simulator, 1, sizes.alone, texts).await, "p50_ms")
    };
    let simulator = Simulator::start(false);
    let _echo = copy(&["--as-echo", &simulator.url, &simulator.token], Core::Bot);
    ask(&simulator, 1, sizes.alone / 10, texts).await;
    let with_echo = of(&ask(&simulator, 1, sizes.alone, texts).await, "p50_ms");
    note(rows, At::Alone, with_bot - with_echo);
}

/// Watches until every resident has a message.
async fn reach_all(simulator: &Simulator, residents: u64) -> Value {
    let wait = json!({"messages": residents, "timeout_s": 120});
    simulator.control("load/broadcast/wait", &wait).await
}

/// One notice to everyone, each delivery in the ledger.
async fn notice(sizes: Sizes, rows: &mut [Row]) {
    let simulator = Simulator::start(false);
    let home = seeded(&simulator, sizes.residents);
    let mut bot = home.serve(&simulator).await;
    let watch = json!({"first_chat_id": FIRST, "n": sizes.residents});
    simulator.control("load/watch", &watch).await;
    let meter = Meter::start(&mut bot);
    #[rustfmt::skip]
    home.cli(&[
        "notice", "send", "--severity", "severe",
        "--title-fi", "Vaaratiedote", "--text-fi", "Alueella on tulipalo. Pysy sisällä.",
        "--title-sv", "Varningsmeddelande", "--text-sv", "Det brinner i området. Stanna inne.",
    ]);
    let report = reach_all(&simulator, sizes.residents).await;
    let sample = meter.stop(of(&report, "per_s"), sizes.residents).await;
    // Once more: a second copy comes late.
    let report = simulator.control("load/broadcast", &json!({})).await;
    note(rows, At::Notice, sample);
    note(rows, At::Missing, of(&report, "missing"));
    note(rows, At::Twice, of(&report, "duplicates"));
}

/// Everyone gets a poll, presses a button, and then another one.
async fn votes(sizes: Sizes, rows: &mut [Row]) {
    let simulator = Simulator::start(true);
    let home = seeded(&simulator, sizes.residents);
    let mut bot = home.serve(&simulator).await;
    let watch = json!({"first_chat_id": FIRST, "n": sizes.residents});
    simulator.control("load/watch", &watch).await;
    #[rustfmt::skip]
    let opened = home.cli(&[
        "poll", "open", "--question-fi", "Onko teillä sähköä?", "--question-sv", "Har ni el?",
        "--option", "On|Ja", "--option", "Ei|Nej",
    ]);
    reach_all(&simulator, sizes.residents).await;
    tokio::time::sleep(REST).await;
    let messages = simulator.control("messages", &json!({"chat": FIRST})).await;
    let poll = &messages[0];
    let total = sizes.residents * 2;
    let setup = json!({
        "users": sizes.residents, "total": total, "first_user_id": FIRST,
        "message_id": poll["message_id"], "data": options(poll),
    });
    let meter = Meter::start(&mut bot);
    let report = simulator.control("load/votes", &setup).await;
    assert_eq!(report["complete"], true, "not all were answered: {report}");
    let sample = meter.stop(of(&report, "answers_per_s"), total).await;
    let id = opened["id"].to_string();
    let results = home.cli(&["poll", "results", &id]);
    note(rows, At::Votes, sample);
    note(rows, At::Counted, of(&results, "votes"));
}

/// What the two options' buttons of a poll send.
fn options(poll: &Value) -> Vec<Value> {
    let keyboard = poll["reply_markup"]["inline_keyboard"].as_array();
    let buttons = keyboard.expect("the poll has buttons").iter();
    let buttons = buttons.flat_map(|row| row.as_array().expect("a row of buttons"));
    let data = buttons.map(|button| button["callback_data"].clone());
    let data: Vec<Value> = data.take(2).collect();
    assert_eq!(data.len(), 2, "the poll has two options: {poll}");
    data
}

fn play_simulator(keep: bool) {
    end_with_parent();
    let config = botapi::Config {
        store_messages: keep,
        ..botapi::Config::default()
    };
    let token = config.tokens[0].clone();
    let simulator = botapi::Simulator::start(config);
    println!("{}", json!({"url": simulator.url(), "token": token}));
    simulator.join();
}

async fn play_echo(url: &str, token: &str) {
    end_with_parent();
    println!("ready");
    let ended = botapi::echo::run(url, token, 1).await;
    eprintln!("the echo ended: {ended:?}");
}
