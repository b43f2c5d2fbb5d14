//! The conversations of `tests/data/transcripts` on the web and on Telegram.

use crate::support::botapi::Config;
use crate::support::database::on_each_database;
use crate::support::page;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::telegram::Bot;
use crate::support::transcript::{Heard, Speaker, follow};
use crate::support::words::LANGS;

struct OnTheWeb<'s> {
    server: &'s TestServer,
    lang: &'static str,
    resident: WebResident,
}

impl Speaker for OnTheWeb<'_> {
    /// As somebody else, since one person may not say so much in so short a time.
    async fn begin(&mut self) {
        self.resident = WebResident::speaking(self.server, self.lang).await;
    }

    async fn say(&mut self, text: &str, _: usize) -> Vec<Heard> {
        let lines = self.resident.say_all(text).await;
        lines.into_iter().map(from_page).collect()
    }

    async fn choose(&mut self, label: &str, _: usize) -> Vec<Heard> {
        vec![from_page(self.resident.press(label).await)]
    }
}

fn from_page(line: page::Line) -> Heard {
    Heard {
        choices: line.labels().into_iter().map(str::to_owned).collect(),
        text: line.text,
    }
}

#[tokio::test]
async fn on_the_web() {
    on_each_database(async |database| {
        let server = TestServer::shipped(database).await;
        for lang in LANGS {
            let resident = WebResident::new(&server);
            let server = &server;
            let mut speaker = OnTheWeb {
                server,
                lang,
                resident,
            };
            follow(lang, &mut speaker).await;
        }
    })
    .await;
}

struct OnTelegram<'b> {
    bot: &'b Bot,
    user: i64,
}

impl Speaker for OnTelegram<'_> {
    async fn say(&mut self, text: &str, _: usize) -> Vec<Heard> {
        let said = self.bot.hear(self.user, |sim| {
            sim.say(self.user, text);
        });
        said.await.into_iter().map(from_telegram).collect()
    }

    async fn choose(&mut self, label: &str, _: usize) -> Vec<Heard> {
        let (_, lines) = self.bot.press(self.user, label).await;
        lines.into_iter().map(from_telegram).collect()
    }
}

fn from_telegram(line: crate::support::telegram::Line) -> Heard {
    Heard {
        text: line.text,
        choices: line.labels,
    }
}

#[tokio::test]
async fn on_telegram() {
    on_each_database(async |database| {
        // All answers, not the tests' few.
        let all = |settings: &mut toml::Table| drop(settings.remove("content"));
        let bot = Bot::with(Config::default(), database, all).await;
        for (lang, user) in LANGS.into_iter().zip(7_310_000_901..) {
            bot.sim.set_language(user, Some(lang));
            follow(lang, &mut OnTelegram { bot: &bot, user }).await;
        }
    })
    .await;
}
