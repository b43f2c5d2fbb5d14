//! A bot of the simulator: access to its state, waiting, faults.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::faults::{FaultState, next_random};
use super::schema::schema;
use super::state::State;
use super::{Config, Fault, Faults, Limits, Script};

/// Why a resident's action or a wait failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimError(pub String);

impl SimError {
    pub(super) fn new(problem: impl Into<String>) -> Self {
        Self(problem.into())
    }
}

impl std::fmt::Display for SimError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SimError {}

/// A bot's world; residents act on it, tests read from it.
pub struct SimBot {
    token: String,
    state: Mutex<State>,
    faults: Mutex<FaultState>,
    faults_on: AtomicBool,
    down: AtomicBool,
    pub(super) changed: Notify,
    pub(super) load_over: Notify,
    pub(super) poll: Notify,
    pub(super) webhook_wake: Notify,
    pub(super) poll_second: Duration,
    pub(super) webhook_timeout: Duration,
}

impl SimBot {
    pub(super) fn new(config: &Config, position: usize) -> Self {
        let token = config.tokens[position].clone();
        let faults = FaultState::new(config.faults.clone(), schema().len());
        Self {
            state: Mutex::new(State::new(config, &token, position)),
            token,
            faults_on: AtomicBool::new(faults.active()),
            faults: Mutex::new(faults),
            down: AtomicBool::new(false),
            changed: Notify::new(),
            load_over: Notify::new(),
            poll: Notify::new(),
            webhook_wake: Notify::new(),
            poll_second: config.poll_second,
            webhook_timeout: config.webhook_timeout,
        }
    }

    /// Token.
    pub fn token(&self) -> &str {
        &self.token
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A closure of `wait_for` that panicked (a failed assertion) changed nothing.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs on the state without telling anybody.
    pub(super) fn quietly<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.lock())
    }

    /// Changes the state and wakes whoever waits for changes or updates.
    pub(super) fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        let (result, wake, over) = {
            let mut state = self.lock();
            let before = (state.queue.next_seq(), state.webhook_epoch);
            let result = f(&mut state);
            (
                result,
                before != (state.queue.next_seq(), state.webhook_epoch),
                state.load_over(),
            )
        };
        if over {
            self.load_over.notify_waiters();
        }
        if wake {
            self.poll.notify_waiters();
            self.webhook_wake.notify_one();
        }
        self.changed.notify_waiters();
        result
    }

    /// Reads from the state.
    pub fn read<T>(&self, f: impl FnOnce(&State) -> T) -> T {
        f(&self.lock())
    }

    /// Waits until `f` finds what it looks for; it is asked after every change. `f` gets all it needs
    /// from the state: it must not call methods of the simulator, whose lock it holds.
    ///
    /// # Errors
    ///
    /// When it was not found in time.
    pub async fn wait_for<T>(
        &self,
        mut f: impl FnMut(&State) -> Option<T>,
        timeout: Duration,
    ) -> Result<T, SimError> {
        let search = async {
            loop {
                let mut change = std::pin::pin!(self.changed.notified());
                change.as_mut().enable();
                if let Some(found) = self.read(&mut f) {
                    return found;
                }
                change.await;
            }
        };
        let late = |_| SimError::new(format!("not seen within {timeout:?}"));
        tokio::time::timeout(timeout, search).await.map_err(late)
    }

    /// Waits until a condition holds.
    ///
    /// # Errors
    ///
    /// When it did not hold in time.
    pub async fn wait_until(
        &self,
        mut f: impl FnMut(&State) -> bool,
        timeout: Duration,
    ) -> Result<(), SimError> {
        self.wait_for(|state| f(state).then_some(()), timeout).await
    }

    /// Waits until the bot has at least `n` undeleted messages in a chat; returns their plain texts.
    ///
    /// # Errors
    ///
    /// When there were fewer in time.
    pub async fn wait_for_messages(
        &self,
        chat_id: i64,
        n: usize,
        timeout: Duration,
    ) -> Result<Vec<String>, SimError> {
        let texts = |state: &State| {
            let all = state.bot_messages(chat_id);
            (all.len() >= n).then(|| all.iter().map(|m| m.plain.clone()).collect())
        };
        self.wait_for(texts, timeout).await
    }

    fn fault_state(&self) -> MutexGuard<'_, FaultState> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the faults by chance and starts their random sequences anew.
    pub fn set_faults(&self, faults: Faults) {
        let mut state = self.fault_state();
        state.set(faults);
        self.faults_on.store(state.active(), Ordering::Release);
    }

    /// Adds a scripted fault; scripts come before chance, older ones first.
    pub fn script(&self, script: Script) {
        let mut state = self.fault_state();
        state.scripts.push(script);
        self.faults_on.store(true, Ordering::Release);
    }

    /// The next `times` calls of a method suffer a fault.
    pub fn fail_next(&self, method: &str, times: u32, fault: Fault) {
        self.script(Script {
            method: Some(method.to_owned()),
            chat_id: None,
            skip: 0,
            times,
            fault,
        });
    }

    /// A storm: the next `times` calls of any method but `getUpdates` are answered with 429.
    pub fn storm(&self, times: u32, retry_after: u32) {
        let fault = Fault::TooMany(retry_after);
        self.script(Script {
            method: None,
            chat_id: None,
            skip: 0,
            times,
            fault,
        });
    }

    /// Removes all scripted faults.
    pub fn clear_scripts(&self) {
        let mut state = self.fault_state();
        state.scripts.clear();
        self.faults_on.store(state.active(), Ordering::Release);
    }

    /// Number of faults dealt so far.
    pub fn faults_dealt(&self) -> u64 {
        self.fault_state().dealt
    }

    /// While down, every connection of this bot is closed without an answer.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Release);
        if down {
            // Polls that wait end, and their connections are closed as well.
            self.with(|state| state.poll_generation += 1);
            self.poll.notify_waiters();
        }
    }

    /// Whether the bot's connections are closed without an answer.
    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::Acquire)
    }

    /// Decides whether a call suffers a fault.
    pub(super) fn decide(&self, method: &str, lane: usize, chat_id: Option<i64>) -> Option<Fault> {
        if self.is_down() {
            return Some(Fault::Dropped);
        }
        if !self.faults_on.load(Ordering::Acquire) {
            return None;
        }
        self.fault_state().decide(method, lane, chat_id)
    }

    /// Changes the rate limits; what was counted stays counted.
    pub fn set_limits(&self, limits: Limits) {
        self.with(|state| state.limits.limits = limits);
    }

    /// Sets all call counters and the call log to zero.
    pub fn reset_counts(&self) {
        self.with(|state| {
            state.calls.fill(super::CallCount::default());
            state.log.clear();
        });
    }

    /// Forgets what the rate limits saw.
    pub fn reset_limits(&self) {
        self.with(|state| {
            let limits = state.limits.limits.clone();
            state.limits = super::limits::LimitState::new(limits);
        });
    }

    /// Queues one of the last 512 updates once more, with its old number; it is delivered whatever
    /// the offset says.
    ///
    /// # Errors
    ///
    /// When the update is not known.
    pub fn duplicate(&self, update_id: i64) -> Result<(), SimError> {
        let known = self.with(|state| state.queue.duplicate(update_id));
        if known {
            Ok(())
        } else {
            Err(SimError::new(format!("no update {update_id}")))
        }
    }

    /// Reverses the order of the waiting updates.
    pub fn reverse_queue(&self) {
        let mut next = u64::MAX;
        self.with(|state| {
            state.queue.reorder(|_| {
                next -= 1;
                next
            });
        });
    }

    /// Shuffles the waiting updates.
    pub fn shuffle_queue(&self, seed: u64) {
        let mut random = seed;
        self.with(|state| state.queue.reorder(|_| next_random(&mut random)));
    }

    /// Lets the numbers of updates jump.
    pub fn jump_update_id(&self, by: u32) {
        self.with(|state| state.queue.jump(i64::from(by)));
    }

    /// No press can be answered any more.
    pub fn expire_presses(&self) {
        self.with(|state| state.presses.clear());
    }

    /// Lets the messages of a chat be so many seconds older.
    pub fn age_messages(&self, chat: i64, seconds: i64) {
        self.with(|state| {
            for message in state.messages.get_mut(&chat).into_iter().flatten() {
                message.date -= seconds;
            }
        });
    }

    /// Makes `n` residents with consecutive numbers that have started the bot.
    pub fn seed_chats(&self, base: i64, n: i64, language_code: &str) {
        let language_code = language_code.to_owned();
        self.with(|state| {
            state.seeds.push(super::SeedRange {
                base,
                n,
                language_code,
            })
        });
    }
}
