//! Notices: who gets them, once, and what the ledger says about it.

use serde_json::json;

use super::{PEOPLE, meet, town};
use crate::support::botapi::Config;
use crate::support::database::on_each_database;
use crate::support::telegram::{Bot, set};
use crate::support::wait::eventually;
use crate::support::words::{either, label, phrase};

/// Language, words of topics, areas, whether stopped.
type Person = (
    &'static str,
    &'static [&'static str],
    &'static [&'static str],
    bool,
);

/// The first resident of the matrix; the others follow.
const FIRST: i64 = 7_400_000_000;

/// Fourteen residents with every mix of choices.
const TOWN: [Person; 14] = [
    ("fi", &[], &[], false),
    ("sv", &[], &[], false),
    ("fi", &["vesi"], &[], false),
    ("sv", &["vatten"], &[], false),
    ("fi", &["sää"], &[], false),
    ("sv", &["väder"], &["Hamnen"], false),
    ("fi", &["vesi"], &["Koivula"], false),
    ("sv", &["vatten"], &["Hamnen"], false),
    ("fi", &["vesi", "sää"], &["Koivula", "Satama"], false),
    ("sv", &["vatten", "väder"], &["Björkdal"], false),
    ("fi", &[], &["Satama"], false),
    ("sv", &[], &["Centrum"], false),
    ("fi", &["vesi"], &[], true),
    ("sv", &["väder"], &["Hamnen"], true),
];

fn people() -> impl Iterator<Item = (i64, Person)> {
    (FIRST..).zip(TOWN)
}

async fn settle(bot: &Bot) {
    for (user, (lang, topics, areas, stopped)) in people() {
        bot.sim.set_language(user, Some(lang));
        bot.say(user, "/start").await;
        for topic in topics {
            let verb = either(lang, "tilaa", "prenumerera på");
            bot.say(user, &format!("{verb} {topic}")).await;
        }
        for area in areas {
            bot.say(user, either(lang, "alueet", "områden")).await;
            bot.press(user, area).await;
        }
        if stopped {
            bot.say(user, either(lang, "/lopeta", "/sluta")).await;
        }
    }
}

/// A notice's settings, and whether somebody with these topics and areas should get it. Topics and
/// areas are known by a word in either language.
type Case = (&'static [&'static str], fn(&[&str], &[&str]) -> bool);

fn wants(chosen: &[&str], words: [&str; 2]) -> bool {
    chosen.iter().any(|one| words.contains(one))
}

fn near(areas: &[&str], words: [&str; 2]) -> bool {
    areas.is_empty() || wants(areas, words)
}

const CASES: [Case; 7] = [
    (&["--topic", "water-and-power"], |topics, _| {
        wants(topics, ["vesi", "vatten"])
    }),
    (
        &["--topic", "weather", "--area", "satama"],
        |topics, areas| wants(topics, ["sää", "väder"]) && near(areas, ["Satama", "Hamnen"]),
    ),
    (&["--topic", "traffic"], |_, _| false),
    (&["--severity", "minor"], |topics, _| !topics.is_empty()),
    (&["--area", "koivula"], |topics, areas| {
        !topics.is_empty() && near(areas, ["Koivula", "Björkdal"])
    }),
    (&["--severity", "severe", "--topic", "traffic"], |_, _| true),
    (
        &["--severity", "extreme", "--area", "satama"],
        |_, areas| near(areas, ["Satama", "Hamnen"]),
    ),
];

#[tokio::test]
async fn a_notice_reaches_exactly_those_it_is_for_once_and_its_status_agrees() {
    on_each_database(async |database| {
        let bot = Bot::start(database).await;
        settle(&bot).await;
        for (number, (more, is_for)) in CASES.into_iter().enumerate() {
            let title = format!("Tiedote-{number}");
            let id = bot.server.send_notice(&title, more).await;
            bot.quiet().await;
            let mut reached = 0;
            for (user, (lang, topics, areas, stopped)) in people() {
                let lines = bot.lines(user);
                let got: Vec<_> = lines.iter().filter(|line| line.says(&title)).collect();
                let expected = usize::from(!stopped && is_for(topics, areas));
                assert_eq!(got.len(), expected, "{more:?} {user} {topics:?} {areas:?}");
                for line in got {
                    let text = either(lang, "Teksti suomeksi.", "Text på svenska.");
                    assert!(line.says(text), "{line:?}");
                    reached += 1;
                }
            }
            let args = ["notice", "status", &id, "--recipients"];
            let status = bot.server.json(&args).await;
            assert_eq!(status["standing"]["recipients"], reached, "{more:?}");
            let sent = match reached {
                0 => json!([]),
                _ => json!([["telegram", "sent", reached]]),
            };
            assert_eq!(status["standing"]["deliveries"], sent);
            let list = status["recipients"].as_array().expect("a list");
            assert!(
                list.iter()
                    .all(|one| one["attempts"] == 1 && one["doubts"] == 0)
            );
        }
    })
    .await;
}

#[tokio::test]
async fn notices_in_force_are_shown_on_request() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let words = either(lang, "/tiedotteet", "/meddelanden");
            if lang == "fi" {
                assert_eq!(
                    bot.say(user, words).await.text,
                    phrase(lang, "notices-none")
                );
                bot.server
                    .send_notice("Vesikatko", &["--topic", "water-and-power"])
                    .await;
                bot.quiet().await;
            }
            let line = bot.say(user, words).await;
            assert!(line.says("Vesikatko"), "{line:?}");
            let text = either(lang, "Teksti suomeksi.", "Text på svenska.");
            assert!(line.says(text), "{line:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn quiet_hours_hold_a_routine_notice_and_let_a_severe_one_through() {
    on_each_database(async |database| {
        let bot = Bot::with(Config::default(), database, |settings| {
            // All day but a minute, which the test would have to meet exactly.
            set(settings, "quiet_hours", "from", "00:00");
            set(settings, "quiet_hours", "to", "23:59");
        })
        .await;
        meet(&bot);
        for (lang, user) in PEOPLE {
            bot.say(user, either(lang, "tilaa sää", "prenumerera på väder"))
                .await;
            bot.say(user, either(lang, "/hiljaa", "/tyst")).await;
            bot.press(user, &label(lang, "button-quiet-on")).await;
        }
        let routine = bot
            .server
            .send_notice("Tavallinen", &["--topic", "weather"])
            .await;
        bot.server
            .send_notice("Vaara", &["--severity", "severe"])
            .await;
        for (_, user) in PEOPLE {
            eventually("the severe notice arrives", async || {
                bot.lines(user)
                    .iter()
                    .any(|line| line.says("Vaara"))
                    .then_some(())
            })
            .await;
        }
        let expanded = "SELECT COUNT(*) FROM broadcast WHERE expanded_at IS NULL";
        eventually("both are expanded", async || {
            (bot.server.database.number(expanded).await == 0).then_some(())
        })
        .await;
        let status = bot.server.json(&["notice", "status", &routine]).await;
        assert_eq!(
            status["standing"]["deliveries"],
            json!([["telegram", "queued", 2]])
        );
        for (_, user) in PEOPLE {
            assert!(!bot.lines(user).iter().any(|line| line.says("Tavallinen")));
        }
    })
    .await;
}

#[tokio::test]
async fn who_blocked_the_bot_is_given_up_and_who_lets_it_write_again_is_back() {
    on_each_database(async |database| {
        let bot = town(database).await;
        let status = "SELECT status FROM resident ORDER BY id";
        for (_, user) in PEOPLE {
            bot.say(user, "/start").await;
        }
        let (told, silent) = (PEOPLE[0].1, PEOPLE[1].1);
        // One update says so; the other one is lost, and sending finds out.
        bot.sim.block(told);
        bot.sim.deactivate(silent);
        bot.quiet().await;
        assert_eq!(bot.server.database.texts(status).await, ["gone", "active"]);
        let id = bot
            .server
            .send_notice("Vaara", &["--severity", "severe"])
            .await;
        bot.quiet().await;
        assert_eq!(bot.server.database.texts(status).await, ["gone", "gone"]);
        let status_of = bot.server.json(&["notice", "status", &id]).await;
        assert_eq!(
            status_of["standing"]["deliveries"],
            json!([["telegram", "gone", 1]])
        );
        bot.sim.unblock(told);
        bot.quiet().await;
        assert_eq!(bot.server.database.texts(status).await, ["active", "gone"]);
        bot.server
            .send_notice("Uusi vaara", &["--severity", "severe"])
            .await;
        bot.quiet().await;
        assert!(bot.lines(told).iter().any(|line| line.says("Uusi vaara")));
    })
    .await;
}
