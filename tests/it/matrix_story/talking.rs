//! Asking and being answered.

use super::Chat;
use crate::support::database::{Database, Kind};
use crate::support::words::phrase;

async fn asks_and_switches(encrypted: bool) {
    let chat = Chat::open(Database::create(Kind::Sqlite).await, encrypted).await;
    let answer = chat.say("Miten testaan palovaroittimen?").await;
    eprintln!("{answer}");
    assert!(answer.contains("http"), "{answer}");
    let swedish = chat.say("svenska").await;
    eprintln!("{swedish}");
    let answer = chat.say("Hur testar jag brandvarnaren?").await;
    eprintln!("{answer}");
    let _ = phrase("fi", "help");
}

#[tokio::test]
async fn a_resident_asks_in_the_clear() {
    asks_and_switches(false).await;
}

#[tokio::test]
async fn a_resident_asks_in_an_encrypted_chat() {
    asks_and_switches(true).await;
}
