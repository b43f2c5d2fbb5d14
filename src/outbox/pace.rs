//! How fast a platform may be spoken to: overall, to one chat, to one group.
//!
//! Token buckets of one token (GCRA), so that messages leave evenly. Over all chats a window is kept
//! besides: the platform counts a message at some moment between its leaving and its answer, and
//! networks delay some more than others.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

/// The span in which the platform counts messages to all chats.
const SECOND: Duration = Duration::from_secs(1);

/// The limits of a platform.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Messages per second over all chats; `None`: as fast as it takes them.
    pub per_second: Option<NonZeroU32>,
    /// Messages per second to one chat.
    pub per_chat_second: NonZeroU32,
    /// Messages per minute to one group.
    pub per_group_minute: NonZeroU32,
    /// Messages on their way at the same time.
    pub connections: usize,
    /// Whether a chat that is told to wait stands for all of them.
    pub shared: bool,
}

/// The pace at which messages leave.
pub struct Pace {
    overall: Option<(DefaultDirectRateLimiter, Window)>,
    chats: Option<DefaultKeyedRateLimiter<String>>,
    groups: Option<DefaultKeyedRateLimiter<String>>,
}

impl Pace {
    /// The pace of these limits. Without an overall limit chats aren't limited either: that is a
    /// server of one's own.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        let paced = limits.per_second.is_some();
        // One token: a window of a second never sees more than the quota allows. The interval is
        // stretched by 2 % because the platform measures when messages arrive, not when they leave.
        let even = |count: NonZeroU32, span: Duration| {
            let interval = span.mul_f64(1.02) / count.get();
            Quota::with_period(interval).map_or_else(
                || Quota::per_second(count),
                |quota| quota.allow_burst(NonZeroU32::MIN),
            )
        };
        Self {
            overall: limits.per_second.map(|count| {
                let limiter = RateLimiter::direct(even(count, SECOND));
                (limiter, Window::new(count))
            }),
            chats: paced.then(|| RateLimiter::keyed(even(limits.per_chat_second, SECOND))),
            groups: paced.then(|| {
                RateLimiter::keyed(even(limits.per_group_minute, Duration::from_secs(60)))
            }),
        }
    }

    /// Takes a turn for a message to anyone; [`Pace::answered`] ends it.
    ///
    /// # Errors
    /// How long to wait for one.
    pub fn overall(&mut self, now: Instant) -> Result<(), Duration> {
        let Some((limiter, window)) = &mut self.overall else {
            return Ok(());
        };
        window.room(now)?;
        limiter
            .check()
            .map_err(|early| early.wait_time_from(limiter.clock().now()))?;
        window.under_way += 1;
        Ok(())
    }

    /// Notes that the platform has answered a message.
    pub fn answered(&mut self, now: Instant) {
        if let Some((_, window)) = &mut self.overall {
            window.under_way = window.under_way.saturating_sub(1);
            window.answered.push_back(now);
        }
    }

    /// Takes a turn for a message to this chat.
    ///
    /// # Errors
    /// How long to wait for one.
    pub fn chat(&self, address: &str, group: bool) -> Result<(), Duration> {
        let limiter = if group { &self.groups } else { &self.chats };
        let Some(limiter) = limiter else {
            return Ok(());
        };
        limiter
            .check_key(&address.to_owned())
            .map_err(|early| early.wait_time_from(limiter.clock().now()))
    }

    /// Forgets chats that have been silent long enough.
    pub fn tidy(&self) {
        for limiter in [&self.chats, &self.groups].into_iter().flatten() {
            limiter.retain_recent();
        }
    }
}

/// Messages that the platform may count within the second in which it counts the next one: those
/// under way, and those answered less than a second ago. If these are never more than it allows,
/// no second of its clock holds too many, however long each message took.
struct Window {
    most: usize,
    under_way: usize,
    answered: VecDeque<Instant>,
}

impl Window {
    fn new(count: NonZeroU32) -> Self {
        Self {
            most: usize::try_from(count.get()).unwrap_or(usize::MAX),
            under_way: 0,
            answered: VecDeque::new(),
        }
    }

    /// Whether one more may leave; else how long to wait.
    fn room(&mut self, now: Instant) -> Result<(), Duration> {
        while self.answered.front().is_some_and(|at| *at + SECOND < now) {
            self.answered.pop_front();
        }
        if self.under_way + self.answered.len() < self.most {
            return Ok(());
        }
        // Without one to wait for, an answer comes first.
        let oldest = self.answered.front().map_or(now, |at| *at);
        Err((oldest + SECOND).saturating_duration_since(now) + Duration::from_millis(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A first message that was delayed on its way counts late, with all that came after it.
    #[test]
    fn a_message_counts_for_a_second_after_its_answer() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut window = Window::new(NonZeroU32::new(2).expect("two"));
        assert_eq!(window.room(at(0)), Ok(()));
        window.under_way = 2;
        assert!(window.room(at(5_000)).is_err(), "none of them is answered");
        window.under_way = 1;
        window.answered.push_back(at(5_100));
        let wait = window.room(at(5_600)).expect_err("no room");
        assert_eq!(wait, Duration::from_millis(501));
        assert!(window.room(at(6_100)).is_err());
        assert_eq!(window.room(at(6_101)), Ok(()));
    }

    #[test]
    fn a_turn_not_taken_leaves_room() {
        let limits = Limits {
            per_second: NonZeroU32::new(1),
            per_chat_second: NonZeroU32::MIN,
            per_group_minute: NonZeroU32::MIN,
            connections: 1,
            shared: false,
        };
        let mut pace = Pace::new(limits);
        let now = Instant::now();
        assert_eq!(pace.overall(now), Ok(()));
        assert!(pace.overall(now).is_err(), "one a second");
        pace.answered(now);
        assert!(pace.overall(now + Duration::from_millis(900)).is_err());
        // The window has room; the even pace doesn't, whose clock stood still.
        assert!(pace.overall(now + Duration::from_millis(1_500)).is_err());
        assert!(
            pace.overall
                .as_ref()
                .is_some_and(|(_, window)| window.under_way == 0)
        );
    }
}
