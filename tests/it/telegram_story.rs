//! What residents do on Telegram, end to end: simulated Telegram, real server, real commands.

mod asking;
mod choosing;
mod groups;
mod modes;
mod notices;
mod own_data;
mod polls;

use turvabot::domain::Phrase;

use crate::support::database::Database;
use crate::support::telegram::Bot;
use crate::support::words::phrase;

/// A Finnish speaker and a Swedish speaker, by the language of their Telegram.
const PEOPLE: [(&str, i64); 2] = [("fi", 7_310_000_101), ("sv", 7_310_000_202)];

/// A bot and the two.
async fn town(database: Database) -> Bot {
    let bot = Bot::start(database).await;
    meet(&bot);
    bot
}

fn meet(bot: &Bot) {
    for (lang, user) in PEOPLE {
        bot.sim.set_language(user, Some(lang));
    }
}

/// A phrase with one argument.
fn with(lang: &str, key: &'static str, name: &'static str, value: &str) -> String {
    phrase(lang, Phrase::new(key).arg(name, value.to_owned()))
}

/// Opens a poll with three options; returns its number.
async fn open_poll(bot: &Bot) -> String {
    let id = bot.server.open_poll(&[]).await;
    bot.quiet().await;
    id
}
