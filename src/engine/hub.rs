//! The web chat's open pages: who waits for new lines.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::inbox::Parting;
use crate::store::web_lines::WebLine;

/// Last words kept at most; the oldest go first.
const PARTINGS: usize = 1000;

/// The open pages, by session.
#[derive(Debug, Default)]
pub struct Hub {
    pages: Mutex<HashMap<String, watch::Sender<i64>>>,
    partings: Mutex<Vec<Parting>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while holding it; the data is whole in any case.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// Changes to the place of the newest line whenever a session's page gets one.
    pub fn watch(&self, address: &str) -> watch::Receiver<i64> {
        lock(&self.pages)
            .entry(address.to_owned())
            .or_insert_with(|| watch::channel(0).0)
            .subscribe()
    }

    /// Tells an open page about its newest line.
    pub fn announce(&self, address: &str, seq: i64) {
        let mut pages = lock(&self.pages);
        if let Some(page) = pages.get(address) {
            if page.receiver_count() == 0 {
                pages.remove(address);
            } else {
                page.send_replace(seq);
            }
        }
    }

    /// Forgets pages that nobody looks at.
    pub fn tidy(&self) {
        lock(&self.pages).retain(|_, page| page.receiver_count() > 0);
    }

    /// Keeps last words to an erased session until it speaks again.
    pub fn part(&self, parting: Parting) {
        let mut partings = lock(&self.partings);
        partings.retain(|known| known.address != parting.address);
        if partings.len() >= PARTINGS {
            partings.remove(0);
        }
        partings.push(parting);
    }

    /// The last words to a session, if it was erased and hasn't spoken since.
    #[must_use]
    pub fn parting(&self, address: &str) -> Option<WebLine> {
        lock(&self.partings)
            .iter()
            .find(|parting| parting.address == address)
            .map(|parting| parting.line.clone())
    }

    /// Drops the last words: the session speaks again.
    pub fn greet(&self, address: &str) {
        lock(&self.partings).retain(|parting| parting.address != address);
    }
}
