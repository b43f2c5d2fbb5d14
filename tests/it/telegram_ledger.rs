//! What the ledger knows of messages that were stopped, interrupted or may have arrived twice.

use serde_json::{Value, json};

use crate::support::audit;
use crate::support::botapi::{Config, Fault, Script, State};
use crate::support::database::{Database, on_each_database};
use crate::support::server::TestServer;
use crate::support::telegram::{Bot, set};
use crate::support::wait::PATIENCE;
use crate::support::words::phrase;

/// The first chat that gets the notice.
const FIRST: i64 = 1_000_000;

async fn paced(database: Database, residents: i64) -> Bot {
    let bot = Bot::with(Config::default(), database, |settings| {
        set(settings, "telegram", "messages_per_second", 60);
    })
    .await;
    seed(&bot, residents).await;
    bot
}

async fn seed(bot: &Bot, residents: i64) {
    let (first, number) = (FIRST.to_string(), residents.to_string());
    let seed = ["seed", "--first-chat-id", &first, "--residents", &number];
    bot.server
        .json(&[&seed[..], &["--lang", "fi"]].concat())
        .await;
    bot.sim.seed_chats(FIRST, residents, "fi");
}

async fn status(bot: &Bot, id: &str) -> Value {
    bot.server.json(&["notice", "status", id]).await["standing"].clone()
}

/// Waits until some messages of a notice are out.
async fn under_way(bot: &Bot) {
    let begun = |state: &State| state.calls("sendMessage").ok >= 5;
    bot.sim.wait_until(begun, PATIENCE).await.expect("a start");
}

#[tokio::test]
async fn who_stops_or_is_erased_while_a_notice_goes_out_does_not_get_it() {
    on_each_database(async |database| {
        let bot = paced(database, 120).await;
        let (stopped, erased) = (FIRST + 118, FIRST + 119);
        bot.say(erased, "/poista").await;
        let id = bot.server.send_notice("Tiedote-1", &[]).await;
        under_way(&bot).await;
        bot.sim.say(stopped, "/lopeta");
        bot.sim.say(erased, "kyllä");
        bot.quiet().await;
        let last = |chat| bot.lines(chat).pop().expect("a message").text;
        assert_eq!(last(stopped), phrase("fi", "stopped"));
        assert_eq!(last(erased), phrase("fi", "erased"));
        for chat in [stopped, erased] {
            assert!(!bot.lines(chat).iter().any(|line| line.says("Tiedote-1")));
        }
        let standing = status(&bot, &id).await;
        let deliveries = json!([["telegram", "failed", 1], ["telegram", "sent", 118]]);
        assert_eq!(standing["deliveries"], deliveries);
        assert_eq!(standing["reasons"], json!([["stopped", 1]]));
    })
    .await;
}

#[tokio::test]
async fn a_server_stopped_in_order_leaves_nothing_in_doubt_and_the_next_one_goes_on() {
    on_each_database(async |database| {
        let bot = paced(database, 90).await;
        let id = bot.server.send_notice("Tiedote-1", &[]).await;
        under_way(&bot).await;
        let Bot { sim, server } = bot;
        let home = server.stop().await;
        let sent = "SELECT COUNT(*) FROM outbox WHERE state = 'sent'";
        let open = "SELECT COUNT(*) FROM outbox WHERE state = 'queued' AND settled_at IS NULL";
        let (sent, open) = (
            home.database.number(sent).await,
            home.database.number(open).await,
        );
        assert!(sent >= 5 && open > 0, "{sent} sent, {open} open");
        assert_eq!(sent + open, 90, "everything under way was settled");
        let server = TestServer::serve(home).await;
        let bot = Bot { sim, server };
        bot.quiet().await;
        let database = &bot.server.database;
        let audit = audit::notice(&bot.sim, database, (&id, "Tiedote-1"), (FIRST, 90)).await;
        assert_eq!((audit.duplicates, audit.doubts), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn an_unclear_send_is_repeated_and_counted_or_left_alone_as_the_settings_say() {
    for (lanes, arrived, state) in [
        (&["alert", "reply", "notice"][..], 2, "sent"),
        (&["alert", "reply"], 1, "ambiguous"),
    ] {
        on_each_database(async |database| {
            let bot = Bot::with(Config::default(), database, |settings| {
                let lanes: Vec<_> = lanes.iter().map(|lane| toml::Value::from(*lane)).collect();
                set(settings, "outbox", "resend_ambiguous", lanes);
            })
            .await;
            seed(&bot, 3).await;
            bot.sim.script(Script {
                method: Some("sendMessage".into()),
                chat_id: Some(FIRST),
                skip: 0,
                times: 1,
                fault: Fault::LostReply,
            });
            let id = bot.server.send_notice("Tiedote-1", &[]).await;
            bot.quiet().await;
            assert_eq!(bot.lines(FIRST).len(), arrived);
            assert_eq!(bot.lines(FIRST + 1).len(), 1);
            let standing = status(&bot, &id).await;
            let deliveries = match state {
                "sent" => json!([["telegram", "sent", 3]]),
                _ => json!([["telegram", "ambiguous", 1], ["telegram", "sent", 2]]),
            };
            assert_eq!(standing["deliveries"], deliveries);
            let twice = i64::from(arrived == 2);
            let told = standing["possible_duplicates"].as_i64().expect("a count");
            assert!(told >= twice, "{standing}");
        })
        .await;
    }
}
