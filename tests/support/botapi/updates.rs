//! `getUpdates`: confirming, long polling, conflicts.

use tokio::time::{Instant, timeout_at};

use super::params::Params;
use super::state::State;
use super::{ApiError, Reply, SimBot};

const TERMINATED: &str =
    "terminated by other getUpdates request; make sure that only one bot instance is running";
const WEBHOOK: &str = "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";

impl SimBot {
    /// Waits for updates. A later call ends an earlier one that still waits.
    pub(super) async fn get_updates(&self, params: &Params) -> Reply {
        let limit = params.int("limit").unwrap_or(100);
        if !(1..=100).contains(&limit) {
            return Err(ApiError::bad("limit must be between 1 and 100"));
        }
        let limit = usize::try_from(limit).unwrap_or(100);
        let seconds = params.int("timeout").unwrap_or(0);
        let seconds = u32::try_from(seconds)
            .map_err(|_| ApiError::bad("timeout must be between 0 and 4294967295"))?
            .min(50);
        let deadline = Instant::now() + self.poll_second * seconds;
        let mine = self.quietly(|state| state.start_poll(params))?;
        self.changed.notify_waiters();
        self.poll.notify_waiters();
        loop {
            let mut arrival = std::pin::pin!(self.poll.notified());
            arrival.as_mut().enable();
            let batch = self.quietly(|state| state.poll(mine, limit))?;
            if let Some(batch) = batch {
                return Ok(batch);
            }
            if seconds == 0 || timeout_at(deadline, arrival).await.is_err() {
                return Ok("[]".to_owned());
            }
        }
    }
}

impl State {
    fn start_poll(&mut self, params: &Params) -> Result<u64, ApiError> {
        if self.webhook.is_some() {
            return Err(ApiError::conflict(WEBHOOK));
        }
        if let Some(kinds) = params.texts("allowed_updates") {
            self.queue.allow(kinds).map_err(ApiError::bad)?;
        }
        match params.int("offset") {
            None | Some(0) => {}
            Some(offset) => self.queue.confirm(offset),
        }
        self.poll_generation += 1;
        Ok(self.poll_generation)
    }

    fn poll(&mut self, mine: u64, limit: usize) -> Result<Option<String>, ApiError> {
        if self.poll_generation != mine {
            return Err(ApiError::conflict(TERMINATED));
        }
        if self.webhook.is_some() {
            return Err(ApiError::conflict("terminated by setWebhook request"));
        }
        self.refill_votes();
        Ok(self.queue.batch(limit))
    }

    /// Lets a backlog of votes that is made as it is needed grow into the queue.
    pub(super) fn refill_votes(&mut self) {
        if let Some(votes) = &mut self.votes {
            votes.refill(&mut self.queue, &mut self.last_message_id);
        }
    }
}
