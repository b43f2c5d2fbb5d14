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

/// Sends a notice in force for a topic, an area or all; returns its number.
async fn send_notice(bot: &Bot, title: &str, more: &[&str]) -> String {
    let args = [
        "notice",
        "send",
        "--title-fi",
        title,
        "--title-sv",
        title,
        "--text-fi",
        "Teksti suomeksi.",
        "--text-sv",
        "Text på svenska.",
    ];
    let args: Vec<&str> = args.iter().chain(more).copied().collect();
    bot.server.json(&args).await["id"].to_string()
}

/// Opens a poll with three options; returns its number.
async fn open_poll(bot: &Bot) -> String {
    let args = [
        "poll",
        "open",
        "--question-fi",
        "Onko valoa?",
        "--question-sv",
        "Finns det ljus?",
        "--option",
        "On|Ja",
        "--option",
        "Ei|Nej",
        "--option",
        "En tiedä|Vet inte",
    ];
    let id = bot.server.json(&args).await["id"].to_string();
    bot.quiet().await;
    id
}

/// The votes of a poll, option by option.
async fn votes(bot: &Bot, id: &str) -> Vec<i64> {
    let results = bot.server.json(&["poll", "results", id]).await;
    let options = results["options"].as_array().expect("options");
    options
        .iter()
        .filter_map(|one| one["votes"].as_i64())
        .collect()
}
