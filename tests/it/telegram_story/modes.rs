//! By long polling or by webhook: the same bot.

use super::{PEOPLE, meet, open_poll};
use crate::support::botapi::Config;
use crate::support::database::{Database, on_each_database};
use crate::support::telegram::{Bot, set, webhook};
use crate::support::wait::PATIENCE;
use crate::support::words::{either, phrase};

/// The core of what residents do.
async fn core(bot: &Bot) {
    for (lang, user) in PEOPLE {
        bot.say(user, "/start").await;
        let asked = either(lang, "palovaroittimen testaus", "testning av brandvarnare");
        assert!(bot.say(user, asked).await.says("SPEK"));
        let cry = bot.say(user, either(lang, "apua", "hjälp")).await;
        assert!(cry.text.starts_with(&phrase(lang, "emergency")));
        bot.say(user, either(lang, "tilaa sää", "prenumerera på väder"))
            .await;
    }
    let poll = open_poll(bot).await;
    for (lang, user) in PEOPLE {
        bot.press(user, either(lang, "On", "Nej")).await;
    }
    assert_eq!(bot.server.votes(&poll).await, [1, 1, 0]);
    assert!(bot.server.cli(&["poll", "close", &poll]).await.success);
    bot.server
        .send_notice("Myrsky", &["--topic", "weather"])
        .await;
    bot.quiet().await;
    for (_, user) in PEOPLE {
        let lines = bot.lines(user);
        let got = lines.iter().filter(|line| line.says("Myrsky"));
        assert_eq!(got.count(), 1, "{lines:#?}");
    }
}

/// A bot that gets its updates by webhook.
async fn hooked(database: Database) -> Bot {
    let bot = Bot::with(Config::default(), database, webhook).await;
    let set = bot
        .sim
        .wait_until(|state| state.webhook_url().is_some(), PATIENCE);
    set.await.expect("a webhook");
    bot
}

#[tokio::test]
async fn by_polling_and_by_webhook_the_story_is_the_same() {
    on_each_database(async |database| {
        let bot = Bot::start(database).await;
        meet(&bot);
        core(&bot).await;
    })
    .await;
    on_each_database(async |database| {
        let bot = hooked(database).await;
        meet(&bot);
        core(&bot).await;
    })
    .await;
}

#[tokio::test]
async fn switching_between_polling_and_webhook_keeps_what_came_meanwhile() {
    on_each_database(async |database| {
        let mut bot = Bot::start(database).await;
        meet(&bot);
        let mut answers = 0;
        for mode in ["webhook", "polling", "webhook"] {
            let Bot { sim, server } = bot;
            let mut home = server.stop().await;
            match mode {
                "webhook" => webhook(&mut home.settings),
                _ => set(&mut home.settings, "telegram", "mode", "polling"),
            }
            home.write("turvabot.toml", &home.settings.to_string());
            for (lang, user) in PEOPLE {
                sim.say(
                    user,
                    either(lang, "palovaroittimen testaus", "testning av brandvarnare"),
                );
            }
            assert!(sim.read(|state| state.pending_updates()) >= 2);
            let server = crate::support::server::TestServer::serve(home).await;
            bot = Bot { sim, server };
            bot.quiet().await;
            answers += 1;
            for (_, user) in PEOPLE {
                assert_eq!(bot.lines(user).len(), answers, "{mode}");
            }
            let hook = bot.sim.read(|state| state.webhook_url().is_some());
            assert_eq!(hook, mode == "webhook");
        }
    })
    .await;
}
