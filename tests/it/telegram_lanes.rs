//! Who goes first when much is to be sent, and who must not wait for whom.

use crate::support::audit;
use crate::support::botapi::{Config, Fault, Script};
use crate::support::database::on_each_database;
use crate::support::telegram::{Bot, set};
use crate::support::wait::PATIENCE;

/// The chats that get the notices.
const CHATS: (i64, i64) = (1_000_000, 120);

/// Somebody who asks.
const ASKER: i64 = 7_310_000_101;

async fn seeded(bot: &Bot, count: i64) {
    let (first, number) = (CHATS.0.to_string(), count.to_string());
    let seed = ["seed", "--first-chat-id", &first, "--residents", &number];
    bot.server.json(&seed).await;
    bot.sim.seed_chats(CHATS.0, count, "fi");
}

/// How many messages with these words were sent so far.
fn sent(bot: &Bot, words: &str) -> usize {
    bot.sim.read(|state| {
        let log = state.call_log().iter();
        log.filter(|call| call.method == "sendMessage")
            .filter(|call| {
                call.params["text"]
                    .as_str()
                    .is_some_and(|t| t.contains(words))
            })
            .count()
    })
}

#[tokio::test]
async fn a_severe_notice_overtakes_a_routine_one_that_is_on_its_way() {
    on_each_database(async |database| {
        let config = Config {
            record_calls: true,
            ..Config::default()
        };
        let bot = Bot::with(config, database, |settings| {
            set(settings, "telegram", "messages_per_second", 60);
        })
        .await;
        seeded(&bot, CHATS.1).await;
        bot.server
            .send_notice("Tavallinen", &["--severity", "moderate"])
            .await;
        let begun = |state: &crate::support::botapi::State| state.calls("sendMessage").ok >= 5;
        bot.sim.wait_until(begun, PATIENCE).await.expect("a start");
        bot.server
            .send_notice("Vaarallinen", &["--severity", "severe"])
            .await;
        bot.quiet().await;
        let order: Vec<bool> = bot.sim.read(|state| {
            let log = state.call_log().iter();
            let texts = log.filter_map(|call| call.params["text"].as_str());
            texts.map(|text| text.contains("Vaarallinen")).collect()
        });
        assert_eq!(order.len(), 240);
        let first = order
            .iter()
            .position(|severe| *severe)
            .expect("a severe one");
        assert!(first < 115, "the routine notice was not yet out: {first}");
        let last = order
            .iter()
            .rposition(|severe| *severe)
            .expect("a severe one");
        let between = order[first..last].iter().filter(|severe| !**severe);
        assert!(
            between.count() <= 3,
            "the severe one goes out at once: {order:?}"
        );
        assert_eq!(sent(&bot, "Tavallinen"), 120);
    })
    .await;
}

#[tokio::test]
async fn a_chat_whose_answer_hangs_holds_up_nobody_else_and_keeps_its_order() {
    on_each_database(async |database| {
        let bot = Bot::start(database).await;
        let hung = ASKER + 1;
        bot.say(ASKER, "/start").await;
        bot.say(hung, "/start").await;
        bot.sim.script(Script {
            method: Some("sendMessage".into()),
            chat_id: Some(hung),
            skip: 0,
            times: 1,
            fault: Fault::Slow(6_000),
        });
        bot.sim.say(hung, "kiitos");
        bot.sim.say(hung, "/ohje");
        let carried_out = bot.sim.wait_for_messages(hung, 2, PATIENCE).await;
        carried_out.expect("the message whose answer hangs");
        for n in 2..7 {
            bot.sim.say(ASKER, "palovaroittimen testaus");
            let answered = bot.sim.wait_for_messages(ASKER, n, PATIENCE).await;
            answered.expect("an answer");
            let waiting = bot.lines(hung).len();
            assert_eq!(waiting, 2, "the next message waits for the one that hangs");
        }
        bot.quiet().await;
        let lines = bot.lines(hung);
        assert_eq!(lines.len(), 3);
        assert!(lines[2].says("poista tietoni"), "{lines:?}");
    })
    .await;
}

#[tokio::test]
async fn an_outage_of_telegram_loses_nothing() {
    on_each_database(async |database| {
        let bot = Bot::start(database).await;
        seeded(&bot, 50).await;
        bot.say(ASKER, "/start").await;
        let failed = bot.sim.read(|state| state.calls("sendMessage").faults);
        bot.sim.set_down(true);
        let id = bot
            .server
            .send_notice("Tiedote-1", &["--severity", "moderate"])
            .await;
        bot.sim.say(ASKER, "palovaroittimen testaus");
        let tried = bot.sim.wait_until(
            |state| state.calls("sendMessage").faults >= failed + 100,
            PATIENCE,
        );
        tried.await.expect("attempts");
        bot.sim.set_down(false);
        let answered = bot.sim.wait_for_messages(ASKER, 2, PATIENCE).await;
        assert!(answered.expect("an answer")[1].contains("SPEK"));
        bot.quiet().await;
        let database = &bot.server.database;
        let audit = audit::notice(&bot.sim, database, (&id, "Tiedote-1"), (CHATS.0, 50)).await;
        assert_eq!(audit.duplicates, 0, "what was not carried out came once");
        let log = bot.server.log().join("\n");
        assert!(!log.contains("SIMULATED-token"), "the log shows no token");
        assert!(
            log.len() < 20_000,
            "an outage is not a line per attempt: {log}"
        );
    })
    .await;
}
