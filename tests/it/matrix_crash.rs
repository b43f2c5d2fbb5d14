//! Killed at any moment, moved to another machine or away for long: on Matrix the bot answers every
//! question once, and every notice arrives once.

mod broadcast;
mod history;
mod kills;
mod machine;

use std::collections::HashSet;
use std::time::Duration;

use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Resident;
use crate::support::matrix::said::Said;
use crate::support::wait::patiently;

/// Questions, each with words that only its answer has.
const QUESTIONS: [(&str, &str); 3] = [
    ("Miten testaan palovaroittimen?", "Testaa palovaroitin"),
    ("Montako palovaroitinta kotona pitää olla?", "60 neliöön"),
    ("kiitos", "Ole hyvä!"),
];

/// How long a backlog may take on a busy machine.
const BACKLOG: Duration = Duration::from_secs(120);

/// Somebody in a chat with the bot, and what the bot owes them.
struct Asker {
    resident: Resident,
    room: String,
    /// The words of the answers, in the order of the questions.
    owed: Vec<&'static str>,
}

impl Asker {
    /// Opens a chat and takes the greeting.
    async fn meet(bot: &MatrixBot, resident: Resident, encrypted: bool) -> Self {
        let (room, _) = bot.meet(&resident, encrypted).await;
        Self {
            resident,
            room,
            owed: Vec::new(),
        }
    }

    /// Asks, and doesn't wait for the answer.
    async fn ask(&mut self, (question, answer): (&str, &'static str)) {
        // First: whatever comes then, the question is on its way.
        self.owed.push(answer);
        self.resident.send(&self.room, question).await;
    }

    /// Everything that the bot has said since the chat was opened, as the room has it: what came
    /// before its key stays in its place.
    fn heard(&self) -> Vec<Said> {
        let events = self.resident.events(&self.room);
        let place = |one: &Said| events.iter().position(|seen| seen.event_id == one.event_id);
        let heard = events.iter();
        let heard = heard.filter(|one| one.is_read() && one.sender != self.resident.id());
        let mut heard: Vec<Said> = heard.cloned().collect();
        heard.sort_by_key(place);
        heard.split_off(1.min(heard.len()))
    }

    /// Waits until there are as many answers as questions.
    async fn is_answered(&self) {
        let what = format!("{} gets {} answers", self.resident.id(), self.owed.len());
        patiently(BACKLOG, &what, async || {
            (self.heard().len() >= self.owed.len()).then_some(())
        })
        .await;
    }

    /// What was heard, once the bot has nothing more to say: as many answers as questions.
    async fn heard_all(&self) -> Vec<Said> {
        self.resident.catch_up(&self.room).await;
        let heard = self.heard();
        assert_eq!(heard.len(), self.owed.len(), "one each: {heard:#?}");
        heard
    }

    /// Holds that every question was answered once.
    async fn check_once(&self) {
        let heard = self.heard_all().await;
        let marks: HashSet<String> = heard
            .iter()
            .map(|said| said.content["fi.turvabot"]["mark"].to_string())
            .collect();
        assert_eq!(marks.len(), heard.len(), "no answer comes twice");
        for (_, answer) in QUESTIONS {
            let asked = self.owed.iter().filter(|owed| **owed == answer);
            let answered = heard.iter().filter(|said| said.body.contains(answer));
            assert_eq!(answered.count(), asked.count(), "{answer}");
        }
    }

    /// Holds every answer against its question, in their order.
    async fn check(&self) {
        for (number, (said, owed)) in self.heard_all().await.iter().zip(&self.owed).enumerate() {
            assert!(
                said.body.contains(owed),
                "{number}: {owed} in {}",
                said.body
            );
        }
    }
}
