//! The conversations of `tests/data/transcripts`, in an encrypted chat.

use super::{Chat, bot_with, words};
use crate::support::matrix::resident::Client;
use crate::support::matrix::said::Said;
use crate::support::transcript::{Heard, Speaker, follow};
use crate::support::words::LANGS;

impl Speaker for Chat {
    async fn say(&mut self, text: &str, wanted: usize) -> Vec<Heard> {
        self.resident.send(&self.room, text).await;
        let mut heard = Vec::new();
        for _ in 0..wanted {
            heard.push(from_room(&self.next().await));
        }
        self.nothing_more().await;
        heard
    }

    /// Choices are numbered, and picked by their words as well.
    async fn choose(&mut self, label: &str, wanted: usize) -> Vec<Heard> {
        Speaker::say(self, label, wanted).await
    }
}

fn from_room(said: &Said) -> Heard {
    let numbered = said.body.lines().filter_map(|line| line.split_once(". "));
    let choices = numbered.filter(|(number, _)| number.bytes().all(|b| b.is_ascii_digit()));
    Heard {
        text: words(said),
        choices: choices.map(|(_, label)| label.to_owned()).collect(),
    }
}

#[tokio::test]
async fn on_matrix() {
    for lang in LANGS {
        // All answers, not the tests' few.
        let bot = bot_with(|settings| drop(settings.remove("content"))).await;
        let mut chat = Chat::open_with(bot, Client::default(), true).await;
        follow(lang, &mut chat).await;
    }
}
