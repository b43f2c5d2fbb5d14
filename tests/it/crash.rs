//! Killed at any moment and started again on the same database, the server loses nothing, and
//! sends twice only what it says it may have sent twice.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::support::audit::{self, Audit};
use crate::support::botapi::{Config, Faults, PressTarget, SimBot, Simulator};
use crate::support::database::{Database, Kind, kinds};
use crate::support::home::Home;
use crate::support::server::TestServer;
use crate::support::telegram::{self, Bot, set};

/// How often the server is killed, unless the environment says otherwise.
const KILLS: &str = "TURVABOT_TEST_KILLS";

/// The chats that get the notices.
const CHATS: (i64, i64) = (1_000_000, 5_000);

/// Residents who vote, again and again.
const VOTERS: (i64, u64) = (2_000_000, 250);

/// The first chat that asks something; each asks one question.
const ASKERS: i64 = 3_000_000;

/// Questions, with words of their answers.
const QUESTIONS: [(&str, &str); 3] = [
    (
        "Miten testaan palovaroittimen?",
        "Miten testaan palovaroittimen?",
    ),
    (
        "Hur testar jag brandvarnaren?",
        "Hur testar jag brandvarnaren?",
    ),
    ("112", "112"),
];

/// A sequence of random numbers that is the same every time (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % end
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let at = self.below(from.len() as u64);
        &from[usize::try_from(at).expect("an index")]
    }
}

/// What residents did, so that it is known what must have come of it.
struct Town {
    random: Random,
    /// What the buttons of the poll send: the options in order, then taking the vote back.
    buttons: Vec<String>,
    asked: HashMap<i64, &'static str>,
    votes: HashMap<i64, Option<usize>>,
    presses: u64,
}

impl Town {
    /// Somebody asks, somebody else votes.
    fn act(&mut self, sim: &SimBot) {
        let chat = ASKERS + i64::try_from(self.asked.len()).expect("a number");
        let (question, answer) = *self.random.pick(&QUESTIONS);
        sim.say(chat, question);
        self.asked.insert(chat, answer);
        let voter = VOTERS.0 + i64::try_from(self.random.below(VOTERS.1)).expect("a number");
        let at = self.random.below(self.buttons.len() as u64);
        let at = usize::try_from(at).expect("an index");
        let press = PressTarget::Forged(self.buttons[at].clone());
        sim.press(voter, voter, 1, &press).expect("a press");
        let options = self.buttons.len() - 1;
        self.votes.insert(voter, (at < options).then_some(at));
        self.presses += 1;
    }

    /// How many votes each option should have.
    fn counts(&self) -> Vec<i64> {
        let options = self.buttons.len() - 1;
        (0..options)
            .map(|at| {
                self.votes
                    .values()
                    .filter(|vote| **vote == Some(at))
                    .count()
            })
            .map(|count| i64::try_from(count).expect("a count"))
            .collect()
    }

    /// Waits for the moment of a kill: some time, or a particular call.
    async fn moment(sim: &SimBot, random: &mut Random) {
        let longest = Duration::from_millis(400);
        let (method, most) = match random.below(6) {
            0 => ("sendMessage", 60),
            1 => ("getUpdates", 4),
            2 => ("answerCallbackQuery", 12),
            _ => {
                let moment = Duration::from_millis(20 + random.below(381));
                return tokio::time::sleep(moment).await;
            }
        };
        let count = |state: &crate::support::botapi::State| state.calls(method).total;
        let target = sim.read(count) + 1 + random.below(most);
        // Without so many calls the time is up: a moment like any other.
        let _ = sim
            .wait_until(|state| count(state) >= target, longest)
            .await;
    }
}

/// A notice for everyone who subscribed to its topic.
async fn send_notice(home: &Home, number: usize) -> (String, String) {
    let title = format!("Tiedote-{number:03}");
    let id = home.send_notice(&title, &["--topic", "weather"]).await;
    (id, title)
}

/// Opens a poll and finds out what its buttons send.
async fn open_poll(bot: &Bot) -> (String, Vec<String>) {
    let id = bot.server.open_poll(&["--topic", "nature"]).await;
    bot.say(77, "kyselyt").await;
    bot.press(77, "On").await;
    let shown = bot.say(77, "kyselyt").await;
    bot.press(77, "Poista vastaukseni").await;
    let message = bot.sim.read(|state| {
        let message = state.message(77, shown.id).expect("a message");
        message.all_callback_data()
    });
    assert_eq!(message.len(), 4, "three options and a way back");
    (id, message)
}

/// Kills the server so many times while residents ask and vote and notices go out, and returns it
/// running, with the notices.
async fn survive(
    sim: &Simulator,
    mut server: TestServer,
    town: &mut Town,
    kills: usize,
) -> (TestServer, Vec<(String, String)>) {
    let mut notices: Vec<(String, String)> = Vec::new();
    for _ in 0..kills {
        let open = "SELECT (SELECT COUNT(*) FROM broadcast WHERE expanded_at IS NULL) * 300 + \
                    (SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL \
                     AND settled_at IS NULL)";
        if server.database.number(open).await < 300 {
            notices.push(send_notice(&server, notices.len()).await);
        }
        let mut random = Random(town.random.below(u64::MAX));
        let load = async {
            loop {
                town.act(sim);
                tokio::time::sleep(Duration::from_millis(8)).await;
            }
        };
        tokio::select! {
            () = load => {}
            () = Town::moment(sim, &mut random) => {}
        }
        let home = server.kill().await;
        server = TestServer::serve(home).await;
    }
    (server, notices)
}

async fn check(bot: &Bot, town: &Town, poll: &str, notices: &[(String, String)]) -> Audit {
    assert_eq!(
        bot.server.votes(poll).await,
        town.counts(),
        "every vote counts as it was cast last"
    );
    let database = &bot.server.database;
    let mut audit = audit::answers(&bot.sim, database, &town.asked).await;
    for (id, title) in notices {
        audit += audit::notice(&bot.sim, database, (id, title), CHATS).await;
        let status = bot
            .server
            .json(&["notice", "status", &id.to_string()])
            .await;
        let sent = serde_json::json!([["telegram", "sent", CHATS.1]]);
        assert_eq!(status["standing"]["deliveries"], sent);
    }
    audit
}

async fn crash(database: Database, kills: usize) {
    let start = Instant::now();
    let sim = Simulator::start(Config::default());
    let home = telegram::home(&sim, database, |settings| {
        set(settings, "telegram", "connections", 8);
    });
    let bot = Bot {
        server: TestServer::serve(home).await,
        sim,
    };
    // Before there is anybody else to ask.
    let (poll, buttons) = open_poll(&bot).await;
    let (first, count) = (CHATS.0.to_string(), CHATS.1.to_string());
    let seed = ["seed", "--first-chat-id", &first, "--residents", &count];
    bot.server.json(&seed).await;
    bot.sim.seed_chats(CHATS.0, CHATS.1, "fi");
    let mut town = Town {
        random: Random(20_261_123),
        buttons,
        asked: HashMap::new(),
        votes: HashMap::new(),
        presses: 0,
    };
    // Slow answers: at any moment some calls are carried out and not yet answered.
    bot.sim.set_faults(Faults {
        slow: 100.0,
        slow_ms: 10,
        only: vec!["sendMessage".into(), "answerCallbackQuery".into()],
        ..Faults::default()
    });
    let (server, notices) = survive(&bot.sim, bot.server, &mut town, kills).await;
    bot.sim.set_faults(Faults::default());
    let bot = Bot {
        server,
        sim: bot.sim,
    };
    bot.quiet().await;
    let audit = check(&bot, &town, &poll, &notices).await;
    eprintln!(
        "{kills} kills, {} questions, {} presses, {} notices to {} chats: {audit:?} in {:.0?}",
        town.asked.len(),
        town.presses,
        notices.len(),
        CHATS.1,
        start.elapsed(),
    );
    assert!(audit.doubts > 0, "kills came while messages were under way");
}

#[tokio::test]
async fn killed_a_hundred_times_the_server_loses_no_question_no_vote_and_no_notice() {
    let kills = std::env::var(KILLS).map_or(100, |n| n.parse().expect("a number of kills"));
    for kind in kinds() {
        let kills = if kind == Kind::Sqlite {
            kills
        } else {
            kills.min(10)
        };
        crash(Database::create(kind).await, kills).await;
    }
}
