//! The queue of updates of a bot: what waits, what is confirmed, duplicates and wrong order.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Instant;

/// Kinds of updates that are only sent when asked for.
const ON_REQUEST: [&str; 3] = ["chat_member", "message_reaction", "message_reaction_count"];

/// All kinds of updates of the Bot API version of `methods.json`.
const KINDS: &str = "message edited_message channel_post edited_channel_post business_connection \
business_message edited_business_message deleted_business_messages guest_message message_reaction \
message_reaction_count inline_query chosen_inline_result callback_query shipping_query \
pre_checkout_query purchased_paid_media poll poll_answer my_chat_member chat_member \
chat_join_request chat_boost removed_chat_boost managed_bot subscription stopped_message_generation";

/// How many updates are kept after confirmation so that a duplicate can be made of them.
const HISTORY: usize = 512;

/// An update that waits for its confirmation.
pub(super) struct Pending {
    pub id: i64,
    /// Unique even among duplicates.
    pub seq: u64,
    /// Chat, or the user where there is no chat; a webhook gets one at a time per key.
    pub key: i64,
    pub body: Arc<str>,
    /// A duplicate that must still be delivered once, whatever the offset.
    pub sticky: bool,
    /// A webhook request is under way.
    pub in_flight: bool,
    /// A failed webhook request is repeated then.
    pub not_before: Option<Instant>,
    pub failures: u32,
}

/// The queue.
pub(super) struct Queue {
    items: VecDeque<Pending>,
    history: VecDeque<(i64, i64, Arc<str>)>,
    next_id: i64,
    next_seq: u64,
    sorted: bool,
    allowed: Option<Vec<String>>,
    keep_history: bool,
}

impl Queue {
    pub fn new(first_id: i64, keep_history: bool) -> Self {
        Self {
            items: VecDeque::new(),
            history: VecDeque::new(),
            next_id: first_id,
            next_seq: 0,
            sorted: true,
            allowed: None,
            keep_history,
        }
    }

    /// Sets the kinds wanted from now on; an empty list is the default. Unknown ones are refused,
    /// unlike by Telegram.
    pub fn allow(&mut self, kinds: Vec<String>) -> Result<(), String> {
        let known = |kind: &&String| KINDS.split(' ').any(|k| k == kind.as_str());
        if let Some(kind) = kinds.iter().find(|kind| !known(kind)) {
            return Err(format!(
                "parameter \"allowed_updates\" has the unknown kind \"{kind}\""
            ));
        }
        self.allowed = (!kinds.is_empty()).then_some(kinds);
        Ok(())
    }

    pub fn allowed(&self) -> Option<&[String]> {
        self.allowed.as_deref()
    }

    /// Whether updates of this kind are wanted.
    pub fn wants(&self, kind: &str) -> bool {
        match &self.allowed {
            Some(kinds) => kinds.iter().any(|k| k == kind),
            None => !ON_REQUEST.contains(&kind),
        }
    }

    /// Adds an update; `None` when the bot does not want its kind.
    pub fn push(&mut self, kind: &str, key: i64, payload: &str) -> Option<i64> {
        if !self.wants(kind) {
            return None;
        }
        let id = self.next_id;
        let mut body = String::with_capacity(payload.len() + kind.len() + 40);
        // Writing into a String can't fail.
        let _ = write!(body, "{{\"update_id\":{id},\"{kind}\":{payload}}}");
        self.push_raw(key, body.into());
        Some(id)
    }

    /// Number the next update will have.
    pub fn next_id(&self) -> i64 {
        self.next_id
    }

    /// Adds an update with a body of its own, whose `update_id` must be [`Self::next_id`].
    pub fn push_raw(&mut self, key: i64, body: Arc<str>) {
        let id = self.next_id;
        self.next_id += 1;
        if self.keep_history {
            if self.history.len() == HISTORY {
                self.history.pop_front();
            }
            self.history.push_back((id, key, Arc::clone(&body)));
        }
        self.put(id, key, body, false);
    }

    fn put(&mut self, id: i64, key: i64, body: Arc<str>, sticky: bool) {
        let seq = self.next_seq;
        self.next_seq += 1;
        let (in_flight, not_before, failures) = (false, None, 0);
        self.items.push_back(Pending {
            id,
            seq,
            key,
            body,
            sticky,
            in_flight,
            not_before,
            failures,
        });
    }

    /// Makes numbers jump, as Telegram does after a quiet week.
    pub fn jump(&mut self, by: i64) {
        self.next_id += by;
    }

    /// Queues an update of the last 512 once more, with its old number.
    pub fn duplicate(&mut self, id: i64) -> bool {
        let Some((_, key, body)) = self
            .history
            .iter()
            .find(|(known, ..)| *known == id)
            .cloned()
        else {
            return false;
        };
        self.sorted = false;
        self.put(id, key, body, true);
        true
    }

    /// Puts the waiting updates into another order, by a key.
    pub fn reorder(&mut self, mut key: impl FnMut(&Pending) -> u64) {
        self.sorted = false;
        self.items.make_contiguous().sort_by_cached_key(|p| key(p));
    }

    /// Forgets what an offset confirms.
    pub fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let gone = self.items.len().saturating_sub(keep);
            self.items.drain(..gone);
        } else if self.sorted {
            while self.items.front().is_some_and(|p| p.id < offset) {
                self.items.pop_front();
            }
        } else {
            self.items.retain(|p| p.id >= offset || p.sticky);
            if self
                .items
                .iter()
                .zip(self.items.iter().skip(1))
                .all(|(a, b)| a.id < b.id)
            {
                self.sorted = !self.items.iter().any(|p| p.sticky);
            }
        }
    }

    /// A JSON array of the first updates, or `None` when there is none.
    pub fn batch(&mut self, limit: usize) -> Option<String> {
        if self.items.is_empty() {
            return None;
        }
        let count = limit.min(self.items.len());
        let length: usize = self
            .items
            .iter()
            .take(count)
            .map(|p| p.body.len() + 1)
            .sum();
        let mut out = String::with_capacity(length + 2);
        for item in self.items.iter_mut().take(count) {
            out.push(if out.is_empty() { '[' } else { ',' });
            out.push_str(&item.body);
            item.sticky = false;
        }
        out.push(']');
        Some(out)
    }

    /// Changes whenever an update is added.
    pub fn next_seq(&self) -> u64 {
        self.next_seq
    }

    pub fn len(&self) -> usize {
        self.items.len()
    }

    pub fn clear(&mut self) {
        self.items.clear();
    }

    /// Numbers of the waiting updates, in order.
    pub fn ids(&self) -> Vec<i64> {
        self.items.iter().map(|p| p.id).collect()
    }

    /// The next update for a webhook, marked as under way; else when to look again.
    pub fn next_for_webhook(&mut self, now: Instant) -> Result<(u64, Arc<str>), Option<Instant>> {
        const LOOK_AHEAD: usize = 512;
        let mut busy: Vec<i64> = Vec::new();
        let mut wake: Option<Instant> = None;
        for item in self.items.iter_mut().take(LOOK_AHEAD) {
            if busy.contains(&item.key) {
                continue;
            }
            busy.push(item.key);
            if item.in_flight {
                continue;
            }
            if let Some(at) = item.not_before.filter(|at| *at > now) {
                wake = Some(wake.map_or(at, |w| w.min(at)));
                continue;
            }
            item.in_flight = true;
            return Ok((item.seq, Arc::clone(&item.body)));
        }
        Err(wake)
    }

    /// A webhook took the update.
    pub fn delivered(&mut self, seq: u64) {
        if let Some(at) = self.items.iter().position(|p| p.seq == seq) {
            self.items.remove(at);
        }
    }

    /// A webhook failed; returns how often so far.
    pub fn failed(&mut self, seq: u64, retry_at: impl FnOnce(u32) -> Instant) {
        if let Some(item) = self.items.iter_mut().find(|p| p.seq == seq) {
            item.in_flight = false;
            item.failures += 1;
            item.not_before = Some(retry_at(item.failures));
        }
    }

    /// No webhook request is under way any more.
    pub fn release_all(&mut self) {
        for item in &mut self.items {
            item.in_flight = false;
            item.not_before = None;
        }
    }
}
