//! How fast a platform may be spoken to: overall, to one chat, to one group.
//!
//! Token buckets of one token (GCRA), so that messages leave evenly and no window of the platform's
//! sees more than it allows.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::Clock as _;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};

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
}

/// The pace at which messages leave.
pub struct Pace {
    overall: Option<DefaultDirectRateLimiter>,
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
            overall: limits
                .per_second
                .map(|count| RateLimiter::direct(even(count, Duration::from_secs(1)))),
            chats: paced
                .then(|| RateLimiter::keyed(even(limits.per_chat_second, Duration::from_secs(1)))),
            groups: paced.then(|| {
                RateLimiter::keyed(even(limits.per_group_minute, Duration::from_secs(60)))
            }),
        }
    }

    /// Takes a turn for a message to anyone.
    ///
    /// # Errors
    /// How long to wait for one.
    pub fn overall(&self) -> Result<(), Duration> {
        let Some(overall) = &self.overall else {
            return Ok(());
        };
        overall
            .check()
            .map_err(|early| early.wait_time_from(overall.clock().now()))
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
