//! The result of a poll, to those who were asked.

use crate::support::botapi::Config;
use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::telegram::Bot;
use crate::support::wait::eventually;
use crate::support::words::{LANGS, either, phrase};

const FIRST: i64 = 7_600_000_000;

/// A bot whose poll six residents got; the first is Finnish, the others Swedish.
async fn asked(bot: &Bot) -> String {
    for user in FIRST..FIRST + 6 {
        let lang = if user == FIRST { "fi" } else { "sv" };
        bot.sim.set_language(user, Some(lang));
        bot.say(user, either(lang, "tilaa tuli", "prenumerera på brand"))
            .await;
    }
    let id = bot.server.open_poll(&[]).await;
    bot.quiet().await;
    id
}

async fn vote(bot: &Bot, number: i64) {
    for user in FIRST..FIRST + number {
        let label = if user == FIRST { "On" } else { "Ja" };
        let label = if user == FIRST + 1 { "Nej" } else { label };
        bot.press(user, label).await;
    }
}

#[tokio::test]
async fn a_closed_poll_tells_its_result_to_everyone_who_was_asked_and_loses_its_buttons() {
    on_each_database(async |database| {
        let bot = Bot::with(Config::default(), database, |_| {}).await;
        let id = asked(&bot).await;
        vote(&bot, 5).await;
        let joiner = FIRST + 9;
        bot.sim.set_language(joiner, Some("fi"));
        bot.say(joiner, "tilaa tuli").await;
        let before = bot.lines(FIRST).len();
        bot.server.json(&["poll", "close", &id]).await;
        bot.quiet().await;
        for (user, told) in [
            (
                FIRST,
                [
                    "Onko valoa?",
                    "On: 4 vastausta (80 %)",
                    "Ei: 1 vastaus (20 %)",
                    "5 vastausta.",
                ],
            ),
            (
                FIRST + 5,
                [
                    "Finns det ljus?",
                    "Ja: 4 svar (80 %)",
                    "Nej: 1 svar (20 %)",
                    "5 svar.",
                ],
            ),
        ] {
            let mut lines = bot.lines(user);
            let result = lines.pop().expect("a result");
            for words in told {
                assert!(result.says(words), "{words}: {result:?}");
            }
            let lang = either(if user == FIRST { "fi" } else { "sv" }, "fi", "sv");
            assert!(result.says(&phrase(lang, "poll-thanks")), "{result:?}");
            let asked = lines
                .into_iter()
                .rfind(|line| line.says(told[0]))
                .expect("the poll");
            assert!(asked.labels.is_empty(), "{asked:?}");
        }
        assert_eq!(bot.lines(FIRST).len(), before + 1);
        assert!(!bot.lines(joiner).iter().any(|line| line.says("valoa")));
        bot.server.json(&["poll", "close", &id]).await;
        bot.quiet().await;
        assert_eq!(bot.lines(FIRST).len(), before + 1, "told once");
        let results = bot.server.json(&["poll", "results", &id]).await;
        assert_eq!(results["standing"]["recipients"], 6, "the poll's own");
        let secrets = "SELECT COUNT(*) FROM poll_secret";
        assert_eq!(bot.server.database.number(secrets).await, 0);
    })
    .await;
}

#[tokio::test]
async fn with_fewer_than_five_answers_nobodys_vote_can_be_read_off() {
    on_each_database(async |database| {
        let bot = Bot::start(database).await;
        let id = asked(&bot).await;
        vote(&bot, 4).await;
        bot.server.json(&["poll", "close", &id]).await;
        bot.quiet().await;
        let result = bot.lines(FIRST).pop().expect("a result");
        assert!(result.says(&phrase("fi", "poll-too-few")), "{result:?}");
        for digit in ['1', '3', '4', '%'] {
            assert!(!result.text.contains(digit), "{result:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn on_the_web_the_result_is_a_line_in_the_residents_language() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut town = Vec::new();
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident
                .say(either(lang, "tilaa tuli", "prenumerera på brand"))
                .await;
            town.push((lang, resident));
        }
        let id = server.open_poll(&[]).await;
        eventually("everyone is asked", async || {
            let results = server.json(&["poll", "results", &id]).await;
            let asked =
                results["standing"]["deliveries"] == serde_json::json!([["web", "sent", 2]]);
            asked.then_some(())
        })
        .await;
        for (_, resident) in &mut town {
            resident.look().await;
        }
        server.json(&["poll", "close", &id]).await;
        for (lang, resident) in &mut town {
            let lines = eventually("the result is there", async || {
                Some(resident.look().await).filter(|lines| !lines.is_empty())
            })
            .await;
            assert_eq!(lines.len(), 1, "{lines:#?}");
            assert!(
                lines[0].text.contains(&phrase(lang, "poll-too-few")),
                "{lines:#?}"
            );
        }
    })
    .await;
}
