//! Telegram's rate limits for sent messages, and a record of every violation.
//!
//! * per bot: at most `per_second` messages in any window of one second (30; 1000 for messages with
//!   `allow_paid_broadcast`);
//! * per private chat: one message a second on average, where up to `chat_burst` (3) may come at once:
//!   a bucket of that size that is refilled by one token a second;
//! * per group: at most `group_per_minute` (20) messages in any window of one minute.
//!
//! A refused message does not use up a limit. Edits count only with `count_edits`.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// What to do about the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitMode {
    /// Nothing is counted.
    Off,
    /// Violations are recorded, the call succeeds.
    Record,
    /// Violations are recorded and answered with 429.
    Enforce,
}

/// The limits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Mode.
    pub mode: LimitMode,
    /// Messages per second of the bot.
    pub per_second: u32,
    /// Messages per second with `allow_paid_broadcast`.
    pub paid_per_second: u32,
    /// Messages at once in a private chat, refilled by one a second.
    pub chat_burst: u32,
    /// Messages per minute in a group.
    pub group_per_minute: u32,
    /// Whether edits of messages count as well.
    pub count_edits: bool,
    /// Length of the "second" and the sixtieth part of the "minute", for short tests.
    pub second_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            mode: LimitMode::Off,
            per_second: 30,
            paid_per_second: 1000,
            chat_burst: 3,
            group_per_minute: 20,
            count_edits: false,
            second_ms: 1000,
        }
    }
}

/// Which limit was exceeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitKind {
    /// Per bot and second.
    Overall,
    /// Per private chat.
    Chat,
    /// Per group and minute.
    Group,
}

/// A message that came too early.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// The limit.
    pub limit: LimitKind,
    /// The chat.
    pub chat_id: i64,
    /// Milliseconds since the simulator's start.
    pub at_ms: u64,
    /// How much too early, in milliseconds.
    pub early_ms: u64,
}

/// What the limits saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LimitReport {
    /// Number of violations.
    pub violations: u64,
    /// The first 1000 of them.
    pub first: Vec<Violation>,
    /// Most messages seen in a window of one second.
    pub max_in_second: usize,
    /// Most messages seen in a window of one minute in a group.
    pub max_in_group_minute: usize,
}

pub(super) struct LimitState {
    pub limits: Limits,
    pub report: LimitReport,
    started: Instant,
    overall: VecDeque<Instant>,
    /// Per private chat: when the bucket is full again.
    chats: HashMap<i64, Instant>,
    prune_at: usize,
    groups: HashMap<i64, VecDeque<Instant>>,
}

impl LimitState {
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            report: LimitReport::default(),
            started: Instant::now(),
            overall: VecDeque::new(),
            chats: HashMap::new(),
            prune_at: 4096,
            groups: HashMap::new(),
        }
    }

    /// Counts a message; `Err` is the `retry_after` of a 429.
    pub fn admit(
        &mut self,
        chat_id: i64,
        group: bool,
        paid: bool,
        now: Instant,
    ) -> Result<(), u32> {
        if self.limits.mode == LimitMode::Off {
            return Ok(());
        }
        let second = Duration::from_millis(self.limits.second_ms.max(1));
        let mut worst: Option<Duration> = None;
        let mut note = |state: &mut LimitReport, limit, early: Duration, started: Instant| {
            worst = Some(worst.map_or(early, |w| w.max(early)));
            state.violations += 1;
            if state.first.len() < 1000 {
                state.first.push(Violation {
                    limit,
                    chat_id,
                    at_ms: millis(now - started),
                    early_ms: millis(early),
                });
            }
        };
        let most = if paid {
            self.limits.paid_per_second
        } else {
            self.limits.per_second
        };
        if let Some(early) = too_early(&mut self.overall, most, second, now) {
            note(&mut self.report, LimitKind::Overall, early, self.started);
        }
        if group {
            let window = self.groups.entry(chat_id).or_default();
            if let Some(early) = too_early(window, self.limits.group_per_minute, second * 60, now) {
                note(&mut self.report, LimitKind::Group, early, self.started);
            }
        } else {
            let full = self.chats.get(&chat_id).copied().unwrap_or(now).max(now) + second;
            let allowed = now + second * self.limits.chat_burst.max(1);
            if full > allowed {
                note(
                    &mut self.report,
                    LimitKind::Chat,
                    full - allowed,
                    self.started,
                );
            }
        }
        if self.limits.mode == LimitMode::Enforce
            && let Some(early) = worst
        {
            let seconds = early.as_secs_f64().ceil().max(1.0);
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "1..=60"
            )]
            return Err(seconds as u32);
        }
        self.count(chat_id, group, second, now);
        Ok(())
    }

    fn count(&mut self, chat_id: i64, group: bool, second: Duration, now: Instant) {
        self.overall.push_back(now);
        self.report.max_in_second = self.report.max_in_second.max(self.overall.len());
        if group {
            let window = self.groups.entry(chat_id).or_default();
            window.push_back(now);
            self.report.max_in_group_minute = self.report.max_in_group_minute.max(window.len());
            return;
        }
        let full = self.chats.entry(chat_id).or_insert(now);
        *full = (*full).max(now) + second;
        if self.chats.len() > self.prune_at {
            self.chats.retain(|_, full| *full > now);
            self.prune_at = (self.chats.len() * 2).max(4096);
        }
    }
}

/// Drops what left the window; how long to wait until one more fits.
fn too_early(
    window: &mut VecDeque<Instant>,
    most: u32,
    length: Duration,
    now: Instant,
) -> Option<Duration> {
    while window.front().is_some_and(|at| *at + length <= now) {
        window.pop_front();
    }
    let most = (most as usize).max(1);
    let over = (window.len() + 1)
        .checked_sub(most)
        .filter(|over| *over > 0)?;
    Some(window[over - 1] + length - now)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
