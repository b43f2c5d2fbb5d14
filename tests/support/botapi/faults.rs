//! Faults: what goes wrong between the bot and Telegram, by chance (seeded) or by script.

use serde::{Deserialize, Serialize};

/// One thing that goes wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The call is carried out, then the connection is closed without an answer.
    LostReply,
    /// The connection is closed before the call is carried out.
    Dropped,
    /// 502 with an nginx HTML page; the call is not carried out.
    BadGateway,
    /// 500 in JSON; the call is not carried out.
    ServerError,
    /// The call is carried out, the answer comes after so many milliseconds.
    Slow(u64),
    /// 429 with this `retry_after`; the call is not carried out.
    TooMany(u32),
}

/// Chances in percent of requests; at most one fault per request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Seed of the random numbers; every method has a sequence of its own.
    pub seed: u64,
    /// Percentage of [`Fault::LostReply`].
    pub lost_reply: f64,
    /// Percentage of [`Fault::Dropped`].
    pub dropped: f64,
    /// Percentage of [`Fault::BadGateway`].
    pub bad_gateway: f64,
    /// Percentage of [`Fault::ServerError`].
    pub server_error: f64,
    /// Percentage of [`Fault::Slow`].
    pub slow: f64,
    /// Delay of a slow answer in milliseconds.
    pub slow_ms: u64,
    /// Percentage of [`Fault::TooMany`].
    pub too_many: f64,
    /// `retry_after` of these.
    pub retry_after: u32,
    /// Methods that never suffer a fault by chance, such as `getUpdates`.
    pub exempt: Vec<String>,
    /// Only these methods suffer faults by chance; empty for all.
    pub only: Vec<String>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            seed: 1,
            lost_reply: 0.0,
            dropped: 0.0,
            bad_gateway: 0.0,
            server_error: 0.0,
            slow: 0.0,
            slow_ms: 100,
            too_many: 0.0,
            retry_after: 1,
            exempt: Vec::new(),
            only: Vec::new(),
        }
    }
}

impl Faults {
    fn any(&self) -> bool {
        self.lost_reply
            + self.dropped
            + self.bad_gateway
            + self.server_error
            + self.slow
            + self.too_many
            > 0.0
    }
}

/// A fault for the next calls of a method or to a chat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Only this method; without it, all but `getUpdates`.
    #[serde(default)]
    pub method: Option<String>,
    /// Only calls with this `chat_id`.
    #[serde(default)]
    pub chat_id: Option<i64>,
    /// How many calls to let through first.
    #[serde(default)]
    pub skip: u32,
    /// How many calls suffer; `u32::MAX` for all.
    pub times: u32,
    /// What happens to them.
    pub fault: Fault,
}

/// The state behind [`Faults`] and [`Script`].
pub(super) struct FaultState {
    faults: Faults,
    lanes: Vec<Option<u64>>,
    pub scripts: Vec<Script>,
    /// How many faults were dealt.
    pub dealt: u64,
}

impl FaultState {
    pub fn new(faults: Faults, methods: usize) -> Self {
        Self {
            faults,
            lanes: vec![None; methods],
            scripts: Vec::new(),
            dealt: 0,
        }
    }

    pub fn set(&mut self, faults: Faults) {
        self.lanes.fill(None);
        self.faults = faults;
    }

    /// Whether [`Self::decide`] can return anything.
    pub fn active(&self) -> bool {
        self.faults.any() || !self.scripts.is_empty()
    }

    /// Decides about one call.
    pub fn decide(&mut self, method: &str, lane: usize, chat_id: Option<i64>) -> Option<Fault> {
        let fault = self
            .scripted(method, chat_id)
            .or_else(|| self.by_chance(method, lane));
        self.dealt += u64::from(fault.is_some());
        fault
    }

    fn scripted(&mut self, method: &str, chat_id: Option<i64>) -> Option<Fault> {
        let at = self.scripts.iter().position(|s| {
            let any = method != "getUpdates";
            s.method
                .as_deref()
                .map_or(any, |m| m.eq_ignore_ascii_case(method))
                && (s.chat_id.is_none() || s.chat_id == chat_id)
        })?;
        let script = &mut self.scripts[at];
        if script.skip > 0 {
            script.skip -= 1;
            return None;
        }
        let fault = script.fault.clone();
        if script.times != u32::MAX {
            script.times = script.times.saturating_sub(1);
        }
        if script.times == 0 {
            self.scripts.remove(at);
        }
        Some(fault)
    }

    fn by_chance(&mut self, method: &str, lane: usize) -> Option<Fault> {
        let f = &self.faults;
        let named = |list: &[String]| list.iter().any(|m| m.eq_ignore_ascii_case(method));
        if !f.any() || named(&f.exempt) || !(f.only.is_empty() || named(&f.only)) {
            return None;
        }
        let start = f.seed ^ (lane as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mut left = percent(self.lanes[lane].get_or_insert(start));
        let chances = [
            (f.lost_reply, Fault::LostReply),
            (f.dropped, Fault::Dropped),
            (f.bad_gateway, Fault::BadGateway),
            (f.server_error, Fault::ServerError),
            (f.slow, Fault::Slow(f.slow_ms)),
            (f.too_many, Fault::TooMany(f.retry_after)),
        ];
        for (chance, fault) in chances {
            if left < chance {
                return Some(fault);
            }
            left -= chance;
        }
        None
    }
}

/// Next number of a splitmix64 sequence.
pub(super) fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A random percentage below 100.
#[allow(clippy::cast_precision_loss, reason = "53 bits fit a double")]
fn percent(state: &mut u64) -> f64 {
    (next_random(state) >> 11) as f64 / (1_u64 << 53) as f64 * 100.0
}
