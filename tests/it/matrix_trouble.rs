//! What goes wrong with a homeserver, an account, a store or a resident's client: it is told in a
//! line, the other channels don't notice, and what can mend itself does.

mod connection;
mod hostile;
mod login;
mod session;

use crate::support::database::{Database, Kind};
use crate::support::home::{Ended, Home};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Resident;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;

/// A question, with words of its answer.
const QUESTION: (&str, &str) = ("Miten testaan palovaroittimen?", "Testaa palovaroitin");

async fn database() -> Database {
    Database::create(Kind::Sqlite).await
}

/// Holds that the web chat answers.
async fn web_works(server: &TestServer) {
    let mut resident = WebResident::speaking(server, "fi").await;
    let answer = resident.say(QUESTION.0).await;
    assert!(answer.text.contains(QUESTION.1), "{}", answer.text);
}

/// Asks, and holds that the next message is the answer.
async fn asks(resident: &Resident, room: &str) {
    resident.send(room, QUESTION.0).await;
    hears(resident, room).await;
}

/// Holds that the next message is the answer.
async fn hears(resident: &Resident, room: &str) {
    let answer = resident.next_message(room).await;
    assert!(answer.body.contains(QUESTION.1), "{}", answer.body);
}

/// Holds that a command failed with one line that has all these words, and returns it.
fn told(ended: &Ended, words: &[&str]) -> String {
    let lines = ended.faults();
    assert_eq!(lines.len(), 1, "one line: {lines:#?}");
    for word in words {
        assert!(lines[0].contains(word), "{word} in {}", lines[0]);
    }
    lines[0].to_owned()
}

fn has_session(home: &Home) -> bool {
    home.path("matrix-store/session.json").exists()
}

/// How often the log has these words.
fn count(bot: &MatrixBot, words: &str) -> usize {
    let log = bot.server.log();
    log.iter().filter(|line| line.contains(words)).count()
}
