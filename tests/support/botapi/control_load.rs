//! Starting loads and waiting for their end, from Rust and over `/sim/load/…`.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::bot::{SimBot, SimError};
use super::load::{BroadcastReport, LoadQuestions, LoadReport, LoadVotes, Questions, Votes, Watch};
use super::state::{SeedRange, State};

impl State {
    /// Whether a load is finished that somebody may wait for.
    pub(super) fn load_over(&self) -> bool {
        self.questions.as_ref().is_some_and(Questions::complete)
            || self.votes.as_ref().is_some_and(Votes::complete)
            || self.watch.as_ref().is_some_and(Watch::complete)
    }

    fn seed(&mut self, base: i64, n: usize) {
        let n = i64::try_from(n).unwrap_or(i64::MAX);
        if !self
            .seeds
            .iter()
            .any(|s| s.base <= base && base + n <= s.base + s.n)
        {
            self.seeds.push(SeedRange {
                base,
                n,
                language_code: "fi".to_owned(),
            });
        }
    }
}

impl SimBot {
    async fn load_end(&self, seconds: u64, complete: impl Fn(&State) -> bool) {
        let search = async {
            loop {
                let mut over = std::pin::pin!(self.load_over.notified());
                over.as_mut().enable();
                if self.read(&complete) {
                    return;
                }
                over.await;
            }
        };
        // The report says whether all was done in time.
        let _ = tokio::time::timeout(Duration::from_secs(seconds), search).await;
    }

    /// Residents ask in a closed loop; returns when all is answered or time is up.
    pub async fn load_questions(&self, setup: LoadQuestions) -> LoadReport {
        let seconds = setup.timeout_s;
        self.with(|state| {
            state.seed(setup.first_user_id, setup.users);
            let mut questions = Questions::new(setup);
            questions.begin(&mut state.queue, &mut state.last_message_id);
            state.questions = Some(questions);
        });
        self.load_end(seconds, |s| {
            s.questions.as_ref().is_none_or(Questions::complete)
        })
        .await;
        self.with(|state| {
            state
                .questions
                .take()
                .map(|q| q.report())
                .unwrap_or_default()
        })
    }

    /// Residents press buttons; returns when all presses are answered or time is up.
    ///
    /// # Errors
    ///
    /// When there is no callback data: none given and no stored message with buttons named.
    pub async fn load_votes(&self, mut setup: LoadVotes) -> Result<LoadReport, SimError> {
        let seconds = setup.timeout_s;
        self.with(|state| {
            let named = setup
                .chat
                .and_then(|chat| state.message(chat, setup.message_id));
            let message = named.map(|m| state.message_json(m));
            if setup.data.is_empty() {
                let message =
                    named.or_else(|| state.message(setup.first_user_id, setup.message_id));
                setup.data = message.map(|m| m.all_callback_data()).unwrap_or_default();
            }
            if setup.data.is_empty() {
                return Err(SimError::new(
                    "no callback data, and no message with buttons",
                ));
            }
            if setup.chat.is_some() && message.is_none() {
                return Err(SimError::new("no such message"));
            }
            state.seed(setup.first_user_id, setup.users);
            let base = state.last_press + 1;
            state.last_press += setup.total;
            let mut votes = Votes::new(setup, message, base);
            votes.refill(&mut state.queue, &mut state.last_message_id);
            state.votes = Some(votes);
            Ok(())
        })?;
        self.load_end(seconds, |s| s.votes.as_ref().is_none_or(Votes::complete))
            .await;
        Ok(self.with(|state| state.votes.take().map(|v| v.report()).unwrap_or_default()))
    }

    /// Starts to count messages in `n` chats, which are seeded.
    pub fn watch_broadcast(&self, first_chat_id: i64, n: usize) {
        self.with(|state| {
            state.seed(first_chat_id, n);
            state.watch = Some(Watch::new(first_chat_id, n));
        });
    }

    /// What was counted so far.
    pub fn broadcast_report(&self) -> BroadcastReport {
        self.read(|state| state.watch.as_ref().map(Watch::report).unwrap_or_default())
    }

    /// Waits until so many messages arrived in the watched chats, or time is up.
    pub async fn wait_broadcast(&self, messages: u64, seconds: u64) -> BroadcastReport {
        self.with(|state| {
            if let Some(watch) = &mut state.watch {
                watch.target = messages;
            }
        });
        self.load_end(seconds, |s| s.watch.as_ref().is_none_or(Watch::complete))
            .await;
        self.broadcast_report()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WatchArgs {
    first_chat_id: i64,
    n: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WaitArgs {
    messages: u64,
    timeout_s: u64,
}

/// Handles a path below `/sim/load/`; `None` when there is no such path.
pub(super) async fn handle(
    bot: &SimBot,
    path: &str,
    args: Value,
) -> Option<Result<Value, SimError>> {
    Some(match path {
        "questions" => match parse(args) {
            Ok(setup) => Ok(json!(bot.load_questions(setup).await)),
            Err(error) => Err(error),
        },
        "votes" => match parse(args) {
            Ok(setup) => bot.load_votes(setup).await.map(|report| json!(report)),
            Err(error) => Err(error),
        },
        "watch" => parse(args).map(|args: WatchArgs| {
            bot.watch_broadcast(args.first_chat_id, args.n);
            json!({})
        }),
        "broadcast" => Ok(json!(bot.broadcast_report())),
        "broadcast/wait" => match parse::<WaitArgs>(args) {
            Ok(args) => Ok(json!(
                bot.wait_broadcast(args.messages, args.timeout_s).await
            )),
            Err(error) => Err(error),
        },
        "progress" => Ok(bot.read(|state| {
            json!({
                "questions": state.questions.as_ref().map(Questions::report),
                "votes": state.votes.as_ref().map(Votes::report),
                "broadcast": state.watch.as_ref().map(Watch::report),
            })
        })),
        _ => return None,
    })
}

/// Reads the arguments of a control request.
pub(super) fn parse<T: serde::de::DeserializeOwned>(args: Value) -> Result<T, SimError> {
    serde_json::from_value(args).map_err(|error| SimError::new(error.to_string()))
}
