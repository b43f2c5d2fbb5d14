//! Load for benches, made inside the simulator: questions in a closed loop, votes as a backlog or in
//! a closed loop, and a watch over a broadcast.
//!
//! Memory is a few bytes per resident or vote; texts and messages are not kept for each.

use std::time::Instant;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::queue::Queue;
use super::state::unix_now;

/// Residents who ask, each the next text when the answer arrived.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoadQuestions {
    /// Number of residents.
    pub users: usize,
    /// Number of questions in all.
    pub total: u64,
    /// Texts, taken in turn.
    pub texts: Vec<String>,
    /// First resident; the others follow.
    pub first_user_id: i64,
    /// How many messages of the bot make an answer.
    pub replies: u32,
    /// Languages of the residents, taken in turn.
    pub languages: Vec<String>,
    /// Give up after so many seconds.
    pub timeout_s: u64,
}

impl Default for LoadQuestions {
    fn default() -> Self {
        Self {
            users: 100,
            total: 10_000,
            texts: vec!["Missä on lähin väestönsuoja?".to_owned()],
            first_user_id: 5_000_000_000,
            replies: 1,
            languages: vec!["fi".to_owned(), "sv".to_owned()],
            timeout_s: 600,
        }
    }
}

/// Residents who press buttons.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoadVotes {
    /// Number of residents.
    pub users: usize,
    /// Number of presses in all.
    pub total: u64,
    /// Callback data, taken in turn; when empty, that of the message's buttons.
    pub data: Vec<String>,
    /// First resident; the others follow.
    pub first_user_id: i64,
    /// Chat of the message; every resident's private chat when `None`.
    pub chat: Option<i64>,
    /// Number of the message.
    pub message_id: i64,
    /// Presses waiting for an answer at most; `None` for an open backlog.
    pub in_flight: Option<u64>,
    /// Give up after so many seconds.
    pub timeout_s: u64,
}

impl Default for LoadVotes {
    fn default() -> Self {
        Self {
            users: 1000,
            total: 10_000,
            data: Vec::new(),
            first_user_id: 5_000_000_000,
            chat: None,
            message_id: 1,
            in_flight: None,
            timeout_s: 600,
        }
    }
}

/// What a load did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LoadReport {
    /// Whether all were answered.
    pub complete: bool,
    /// Asked for.
    pub total: u64,
    /// Made so far.
    pub sent: u64,
    /// Answered.
    pub answered: u64,
    /// Messages to residents who were not waiting, or presses answered once more.
    pub extra: u64,
    /// From the start to the last answer.
    pub seconds: f64,
    /// Answers per second.
    pub answers_per_s: f64,
    /// Median latency in milliseconds, from the making of the update to the arrival of the answer.
    pub p50_ms: f64,
    /// 90th percentile.
    pub p90_ms: f64,
    /// 99th percentile.
    pub p99_ms: f64,
    /// Longest.
    pub max_ms: f64,
}

/// What a watch over a broadcast saw.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BroadcastReport {
    /// Chats watched.
    pub chats: u64,
    /// Messages that arrived in them.
    pub messages: u64,
    /// Chats with at least one.
    pub reached: u64,
    /// Chats with none.
    pub missing: u64,
    /// Messages beyond the first of a chat.
    pub duplicates: u64,
    /// Seconds from the first to the last message.
    pub seconds: f64,
    /// Messages per second in that time.
    pub per_s: f64,
    /// The first ten missing chats.
    pub first_missing: Vec<i64>,
}

struct Clock {
    start: Instant,
    last: Instant,
    latencies: Vec<u32>,
}

impl Clock {
    fn new(room: u64) -> Self {
        let now = Instant::now();
        let room = usize::try_from(room).unwrap_or(0).min(10_000_000);
        Self {
            start: now,
            last: now,
            latencies: Vec::with_capacity(room),
        }
    }

    fn micros(&self, now: Instant) -> u32 {
        u32::try_from(now.duration_since(self.start).as_micros()).unwrap_or(u32::MAX)
    }

    #[allow(clippy::cast_precision_loss, reason = "counts below 2^53")]
    fn report(&self, total: u64, sent: u64, answered: u64, extra: u64) -> LoadReport {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        let at = |percent: usize| {
            let last = sorted.len().saturating_sub(1);
            let at = (sorted.len() * percent)
                .div_ceil(100)
                .saturating_sub(1)
                .min(last);
            sorted
                .get(at)
                .map_or(0.0, |micros| f64::from(*micros) / 1000.0)
        };
        let seconds = (self.last - self.start).as_secs_f64();
        LoadReport {
            complete: answered >= total,
            total,
            sent,
            answered,
            extra,
            seconds,
            answers_per_s: if seconds > 0.0 {
                answered as f64 / seconds
            } else {
                0.0
            },
            p50_ms: at(50),
            p90_ms: at(90),
            p99_ms: at(99),
            max_ms: at(100),
        }
    }
}

/// Residents in a closed loop.
pub(super) struct Questions {
    setup: LoadQuestions,
    /// `"text":…,"entities":…` of each text.
    texts: Vec<String>,
    clock: Clock,
    asked: u64,
    done: u64,
    extra: u64,
    /// Per resident: when asked, and how many messages are still to come.
    slots: Vec<(u32, u32)>,
}

impl Questions {
    pub fn new(setup: LoadQuestions) -> Self {
        let text = |text: &String| {
            let entities = super::text::detect(text);
            let mut out = format!("\"text\":{}", Value::from(text.as_str()));
            if !entities.is_empty() {
                out.push_str(&format!(",\"entities\":{}", json!(entities)));
            }
            out
        };
        let mut texts: Vec<String> = setup.texts.iter().map(text).collect();
        if texts.is_empty() {
            texts.push("\"text\":\"?\"".to_owned());
        }
        let clock = Clock::new(setup.total);
        let slots = vec![(0, 0); setup.users];
        Self {
            setup,
            texts,
            clock,
            asked: 0,
            done: 0,
            extra: 0,
            slots,
        }
    }

    /// Everybody asks the first question.
    pub fn begin(&mut self, queue: &mut Queue, last_message_id: &mut i64) {
        let now = Instant::now();
        for index in 0..self.slots.len() {
            self.ask(index, now, queue, last_message_id);
        }
    }

    fn ask(&mut self, index: usize, now: Instant, queue: &mut Queue, last_message_id: &mut i64) {
        if self.asked >= self.setup.total {
            return;
        }
        *last_message_id += 1;
        let turn = usize::try_from(self.asked).unwrap_or(0);
        self.asked += 1;
        let text = &self.texts[turn % self.texts.len()];
        let id = self.setup.first_user_id + index as i64;
        let languages = &self.setup.languages;
        let language = languages
            .get(index % languages.len().max(1))
            .map_or("fi", String::as_str);
        let payload = format!(
            "{{\"message_id\":{last_message_id},\"from\":{{\"id\":{id},\"is_bot\":false,\
             \"first_name\":\"Resident\",\"language_code\":\"{language}\"}},\"chat\":{{\"id\":{id},\
             \"type\":\"private\",\"first_name\":\"Resident\"}},\"date\":{},{text}}}",
            unix_now(),
        );
        self.slots[index] = (self.clock.micros(now), self.setup.replies.max(1));
        queue.push("message", id, &payload);
    }

    /// A message of the bot arrived.
    pub fn answered(
        &mut self,
        chat_id: i64,
        now: Instant,
        queue: &mut Queue,
        last_message_id: &mut i64,
    ) {
        let Ok(index) = usize::try_from(chat_id - self.setup.first_user_id) else {
            return;
        };
        let Some((asked_at, left)) = self.slots.get_mut(index) else {
            return;
        };
        if *left == 0 {
            self.extra += 1;
            return;
        }
        *left -= 1;
        if *left > 0 {
            return;
        }
        let latency = self.clock.micros(now).saturating_sub(*asked_at);
        self.clock.latencies.push(latency);
        self.clock.last = now;
        self.done += 1;
        self.ask(index, now, queue, last_message_id);
    }

    pub fn complete(&self) -> bool {
        self.done >= self.setup.total
    }

    pub fn report(&self) -> LoadReport {
        self.clock
            .report(self.setup.total, self.asked, self.done, self.extra)
    }
}

/// Residents who press buttons.
pub(super) struct Votes {
    setup: LoadVotes,
    data: Vec<String>,
    /// The message as JSON, when it is the same for all.
    message: Option<String>,
    /// Identifier of the first press.
    base: u64,
    clock: Clock,
    pushed: u64,
    done: u64,
    extra: u64,
    /// Per press: when made; `u32::MAX` once answered.
    since: Vec<u32>,
}

/// How many presses of an open backlog are in the queue at a time.
const AHEAD: usize = 1000;

impl Votes {
    pub fn new(setup: LoadVotes, message: Option<String>, base: u64) -> Self {
        let data = setup
            .data
            .iter()
            .map(|d| Value::from(d.as_str()).to_string())
            .collect();
        let clock = Clock::new(setup.total);
        let since = Vec::with_capacity(clock.latencies.capacity());
        Self {
            setup,
            data,
            message,
            base,
            clock,
            pushed: 0,
            done: 0,
            extra: 0,
            since,
        }
    }

    /// Presses that are not in the queue yet.
    pub fn not_pushed(&self) -> usize {
        if self.setup.in_flight.is_some() {
            return 0;
        }
        usize::try_from(self.setup.total - self.pushed).unwrap_or(usize::MAX)
    }

    /// Makes presses: as many as may be in flight, or enough that the backlog never ends.
    pub fn refill(&mut self, queue: &mut Queue, last_message_id: &mut i64) {
        let now = Instant::now();
        *last_message_id = (*last_message_id).max(self.setup.message_id);
        while self.pushed < self.setup.total {
            let full = match self.setup.in_flight {
                Some(most) => self.pushed - self.done >= most,
                None => queue.len() >= AHEAD,
            };
            if full {
                return;
            }
            self.push(now, queue);
        }
    }

    fn push(&mut self, now: Instant, queue: &mut Queue) {
        let turn = usize::try_from(self.pushed).unwrap_or(0);
        let users = self.setup.users.max(1);
        let user = self.setup.first_user_id + (turn % users) as i64;
        // Shifted by one every round, so that residents change their votes.
        let data = &self.data[(turn + turn / users) % self.data.len()];
        let id = self.base + self.pushed;
        let from = format!(
            "{{\"id\":{user},\"is_bot\":false,\"first_name\":\"Resident\",\"language_code\":\"fi\"}}"
        );
        let own;
        let message = match &self.message {
            Some(message) => message,
            None => {
                own = format!(
                    "{{\"message_id\":{},\"date\":0,\"chat\":{{\"id\":{user},\"type\":\"private\",\
                     \"first_name\":\"Resident\"}}}}",
                    self.setup.message_id,
                );
                &own
            }
        };
        let payload = format!(
            "{{\"id\":\"{id}\",\"from\":{from},\"message\":{message},\"chat_instance\":\"1\",\
             \"data\":{data}}}"
        );
        self.since.push(self.clock.micros(now));
        self.pushed += 1;
        queue.push("callback_query", user, &payload);
    }

    /// A press was answered; false when it is none of these.
    pub fn answered(
        &mut self,
        id: u64,
        now: Instant,
        queue: &mut Queue,
        last_message_id: &mut i64,
    ) -> bool {
        let index = id
            .checked_sub(self.base)
            .and_then(|i| usize::try_from(i).ok());
        let Some(since) = index.and_then(|i| self.since.get_mut(i)) else {
            return false;
        };
        if *since == u32::MAX {
            self.extra += 1;
            return true;
        }
        let latency = self.clock.micros(now).saturating_sub(*since);
        *since = u32::MAX;
        self.clock.latencies.push(latency);
        self.clock.last = now;
        self.done += 1;
        if self.setup.in_flight.is_some() {
            self.refill(queue, last_message_id);
        }
        true
    }

    pub fn complete(&self) -> bool {
        self.done >= self.setup.total
    }

    pub fn report(&self) -> LoadReport {
        self.clock
            .report(self.setup.total, self.pushed, self.done, self.extra)
    }
}

/// Counts a broadcast's messages.
pub(super) struct Watch {
    first: i64,
    counts: Vec<u16>,
    messages: u64,
    times: Option<(Instant, Instant)>,
    /// Number of messages somebody waits for.
    pub target: u64,
}

impl Watch {
    pub fn new(first: i64, n: usize) -> Self {
        Self {
            first,
            counts: vec![0; n],
            messages: 0,
            times: None,
            target: u64::MAX,
        }
    }

    pub fn arrived(&mut self, chat_id: i64, now: Instant) {
        let Ok(index) = usize::try_from(chat_id - self.first) else {
            return;
        };
        let Some(count) = self.counts.get_mut(index) else {
            return;
        };
        *count = count.saturating_add(1);
        self.messages += 1;
        self.times = Some((self.times.map_or(now, |(first, _)| first), now));
    }

    #[allow(clippy::cast_precision_loss, reason = "counts below 2^53")]
    pub fn report(&self) -> BroadcastReport {
        let reached = self.counts.iter().filter(|count| **count > 0).count() as u64;
        let seconds = self
            .times
            .map_or(0.0, |(first, last)| (last - first).as_secs_f64());
        let missing = (0_i64..)
            .zip(&self.counts)
            .filter(|(_, count)| **count == 0);
        BroadcastReport {
            chats: self.counts.len() as u64,
            messages: self.messages,
            reached,
            missing: self.counts.len() as u64 - reached,
            duplicates: self.messages - reached,
            seconds,
            per_s: if seconds > 0.0 {
                self.messages as f64 / seconds
            } else {
                0.0
            },
            first_missing: missing.take(10).map(|(i, _)| self.first + i).collect(),
        }
    }

    /// Whether as many messages arrived as somebody waits for.
    pub fn complete(&self) -> bool {
        self.messages >= self.target
    }
}
