//! The one way to wait: until something is so.

use std::time::{Duration, Instant};

/// How long anything may take on a busy machine before it counts as never.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(15);

/// Looks until there is something to see, and returns it.
///
/// # Panics
///
/// When there is nothing to see within [`PATIENCE`]; `what` says what was waited for.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    patiently(PATIENCE, what, look).await
}

/// The same for what takes long by its nature: a minute that the bot waits itself, or a limit.
///
/// # Panics
///
/// When there is nothing to see within `patience`.
pub async fn patiently<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> T {
    let end = Instant::now() + patience;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits for something that comes by itself.
///
/// # Panics
///
/// When it doesn't come within [`PATIENCE`].
pub async fn in_time<T>(what: &str, coming: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, coming).await {
        Ok(come) => come,
        Err(_) => panic!("waited in vain: {what}"),
    }
}
