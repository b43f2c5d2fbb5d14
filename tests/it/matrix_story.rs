//! What residents do on Matrix, end to end: real Synapse, residents with matrix-nio, real server,
//! in chats with and without encryption.

mod boards;
mod groups;
mod keys;
mod media;
mod moves;
mod relations;
mod rooms;
mod strangers;
mod transcripts;
mod whole;

use serde_json::Value;
use turvabot::domain::Phrase;

use crate::support::database::{Database, Kind};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::{Client, Resident, Residents};
use crate::support::matrix::said::Said;
use crate::support::matrix::synapse::Synapse;
use crate::support::page;
use crate::support::wait::eventually;
use crate::support::words::{either, phrase};

/// A chat with encryption and one without.
const MODES: [bool; 2] = [false, true];

/// A resident's type of a poll's first event.
const POLL_START: &str = "org.matrix.msc3381.poll.start";

/// The same of its last event.
const POLL_END: &str = "org.matrix.msc3381.poll.end";

/// A bot and a resident who has opened a chat with it and read the greeting.
struct Chat {
    bot: MatrixBot,
    resident: Resident,
    room: String,
}

/// A bot of the test's own, on SQLite.
async fn bot() -> MatrixBot {
    let database = Database::create(Kind::Sqlite).await;
    MatrixBot::start(Synapse::shared().await, database).await
}

/// A bot with other settings.
async fn bot_with(change: impl FnOnce(&mut toml::Table)) -> MatrixBot {
    let database = Database::create(Kind::Sqlite).await;
    MatrixBot::with(Synapse::shared().await, database, change).await
}

/// Somebody with a client.
async fn person(name: &str) -> Resident {
    Residents::shared().await.join(name).await
}

impl Chat {
    async fn open(encrypted: bool) -> Self {
        Self::open_with(bot().await, Client::default(), encrypted).await
    }

    async fn open_with(bot: MatrixBot, client: Client, encrypted: bool) -> Self {
        let residents = Residents::shared().await;
        let resident = residents.join_with("maria", client).await;
        let (room, greeting) = bot.meet(&resident, encrypted).await;
        assert!(words(&greeting).starts_with(&greets("fi")), "{greeting:?}");
        assert_eq!(greeting.encrypted, encrypted);
        Self {
            bot,
            resident,
            room,
        }
    }

    /// Says something and returns the next message.
    async fn say(&self, text: &str) -> Said {
        self.resident.send(&self.room, text).await;
        self.next().await
    }

    /// The next message of the bot's.
    async fn next(&self) -> Said {
        let said = self.resident.next_message(&self.room).await;
        assert_eq!(said.sender, self.bot.id(), "{said:?}");
        said
    }

    /// Asserts that nothing came that the test hasn't seen, once everything is done that is to do.
    async fn nothing_more(&self) {
        self.bot.quiet().await;
        let left = self.resident.messages_left(&self.room).await;
        assert!(left.is_empty(), "{left:?}");
    }
}

// --- What is shown ---

/// What a person reads of a message whose client shows HTML, with single spaces.
fn words(said: &Said) -> String {
    page::text(said.formatted.as_deref().unwrap_or_default())
}

/// The greeting of somebody who opens a chat.
fn greets(lang: &str) -> String {
    with(lang, "start", "municipality", either(lang, "Espoo", "Esbo"))
}

/// A phrase with one argument.
fn with(lang: &str, key: &'static str, name: &'static str, value: &str) -> String {
    phrase(lang, Phrase::new(key).arg(name, value.to_owned()))
}

/// The number that stands before a choice.
fn number_of(said: &Said, choice: &str) -> String {
    let numbered = said.body.lines().filter_map(|line| line.split_once(". "));
    let mut found = numbered.filter(|(_, label)| label.trim_start_matches("✓ ") == choice);
    let (number, _) = found
        .next()
        .unwrap_or_else(|| panic!("no {choice}: {said:?}"));
    number.to_owned()
}

/// A question with a curated answer.
fn question(lang: &str) -> &'static str {
    either(
        lang,
        "Miten testaan palovaroittimen?",
        "Hur testar jag brandvarnaren?",
    )
}

/// Asserts that a message is the answer to [`question`].
fn assert_answer(lang: &str, said: &Said) {
    assert_eq!(said.msgtype.as_deref(), Some("m.text"), "{said:?}");
    let html = said.formatted.as_deref().expect("HTML");
    let title = format!("<strong>{}</strong>", question(lang));
    assert!(html.contains(&title), "{html}");
    assert!(html.contains("<a href=\"https://www.spek.fi/\""), "{html}");
    assert!(said.body.starts_with(question(lang)), "{said:?}");
    assert!(said.body.contains("https://www.spek.fi"), "{said:?}");
    assert!(!said.body.contains(['<', '*']), "{said:?}");
}

// --- What the municipality does ---

/// Subscribes somebody to notices about water, so that polls come as well.
async fn subscribe(resident: &Resident, room: &str) {
    resident.send(room, "tilaa vesi").await;
    let topic = with("fi", "subscribed", "topic", "Vesi, sähkö, puhelin");
    let answer = resident.next_message(room).await;
    assert!(words(&answer).starts_with(&topic), "{answer:?}");
}

// --- What is stored ---

/// Waits until a query gives a number.
async fn stored(bot: &MatrixBot, sql: &str, wanted: i64) {
    eventually(&format!("{sql} gives {wanted}"), async || {
        (bot.server.database.number(sql).await == wanted).then_some(())
    })
    .await;
}

/// Everything the homeserver has of a room, as text.
async fn on_homeserver(room: &str) -> String {
    Value::Array(Synapse::shared().await.events(room).await).to_string()
}
