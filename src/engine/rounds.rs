//! One round: what is written, and what follows from it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Engine, Line, POLL, Waiting, Work};
use crate::domain::{
    ChannelKind, Delivery, DeliveryId, DeliveryState, Inbound, Lane, Lang, Message, Millis,
    Relation,
};
use crate::inbox::{self, Turned};
use crate::outbox::{Consequence, judge};
use crate::store::outbox::{Claim, Claimed, Settlement};
use crate::store::web_lines::{NewLine, WebLine};
use crate::store::{Conn, Error, Tx, broadcasts, notes, outbox, residents, web_lines};

/// How long a sender may keep a row. Senders give up long before; a row kept longer was lost.
const LEASE: Duration = Duration::from_secs(300);

/// Residents looked at in one part of an expansion: some milliseconds of writing.
const EXPANSION: i64 = 2_000;

/// Lines written to pages of ours in one round.
const PAGE_LINES: usize = 500;

/// Renderings kept at hand: a few broadcasts in a few languages.
const RENDERINGS: usize = 64;

/// How often waiting rows are looked through for those that came too late.
const UPKEEP: Duration = Duration::from_secs(5);

/// How often what was kept long enough is forgotten.
const RETENTION: Duration = Duration::from_secs(600);

/// What is known of each lane.
type Lanes = [Waiting; Lane::ALL.len()];

/// Broadcast words at hand, shared by all their recipients.
#[derive(Default)]
pub(super) struct Renderings(HashMap<i64, (Lang, Arc<Message>)>);

impl Renderings {
    async fn get(
        &mut self,
        conn: &mut Conn,
        id: i64,
    ) -> Result<Option<(Lang, Arc<Message>)>, Error> {
        if let Some(known) = self.0.get(&id) {
            return Ok(Some(known.clone()));
        }
        let Some((lang, message)) = broadcasts::find_rendering(conn, id).await? else {
            return Ok(None);
        };
        if self.0.len() >= RENDERINGS {
            self.0.clear();
        }
        let rendering = (lang, Arc::new(message));
        self.0.insert(id, rendering.clone());
        Ok(Some(rendering))
    }
}

/// What a round led to.
#[derive(Default)]
pub(super) struct Done {
    turned: Turned,
    claimed: Vec<Delivery>,
    pages: HashMap<String, i64>,
    /// What is known of the lanes now.
    lanes: HashMap<ChannelKind, Lanes>,
    expanding: bool,
    polled: bool,
    kept: bool,
    swept: bool,
}

impl Engine {
    /// Writes a round. On an error nothing of it happened.
    pub(super) async fn round(
        &mut self,
        conn: &mut Conn,
        work: &Work,
        cancel: &CancellationToken,
    ) -> Result<Done, Error> {
        let now = self.parts.clock.now();
        let instant = Instant::now();
        let stopping = cancel.is_cancelled();
        let mut done = Done {
            polled: instant >= self.next_poll,
            ..Done::default()
        };
        if work.is_empty() && stopping {
            return Ok(done);
        }
        let db = self.parts.db.clone();
        let mut tx = db.write_on(conn).await?;
        if self.unclear {
            let mine = self.under_way_ids();
            outbox::requeue_strays(&mut tx, &mine, now).await?;
        }
        self.settle(&mut tx, work, now).await?;
        // Replies that wait go before new ones.
        let room = if stopping {
            HashMap::new()
        } else {
            self.claim_replies(&mut tx, &mut done, now).await?
        };
        done.turned = self.turns(&mut tx, work, now, &room).await?;
        if !stopping {
            self.expand(&mut tx, &mut done, now).await?;
            self.claims(&mut tx, &mut done, now).await?;
            if instant >= self.next_upkeep {
                outbox::expire(&mut tx, now).await?;
                outbox::forget_partings(&mut tx).await?;
                done.kept = true;
            }
            if instant >= self.next_retention {
                self.forget(&mut tx, now).await?;
                done.swept = true;
            }
        }
        tx.commit().await?;
        Ok(done)
    }

    async fn settle(&mut self, tx: &mut Tx<'_>, work: &Work, now: Millis) -> Result<(), Error> {
        let mut settlements = Vec::with_capacity(work.reports.len());
        let mut consequences = Vec::new();
        for report in &work.reports {
            let (settlement, consequence) = judge(report, &self.parts.retries, now);
            if consequence != Consequence::None {
                consequences.push((report.id, consequence));
            }
            settlements.push(settlement);
        }
        outbox::settle(tx, &settlements).await?;
        let reopened = settlements
            .iter()
            .filter(|settlement| settlement.settled_at.is_none());
        let reopened: Vec<_> = reopened.map(|settlement| settlement.id).collect();
        outbox::drop_reopened(tx, &reopened, now).await?;
        for (id, consequence) in consequences {
            match consequence {
                Consequence::GiveUp => outbox::give_up_address(tx, id, now).await?,
                Consequence::MoveTo(to) => outbox::move_address(tx, id, &to).await?,
                Consequence::None => {}
            }
        }
        Ok(())
    }

    fn under_way_ids(&self) -> Vec<DeliveryId> {
        let lines = self.lines.values();
        lines
            .flat_map(|line| &line.under_way)
            .flatten()
            .copied()
            .collect()
    }

    async fn turns(
        &mut self,
        tx: &mut Tx<'_>,
        work: &Work,
        now: Millis,
        room: &HashMap<ChannelKind, usize>,
    ) -> Result<Turned, Error> {
        if work.submissions.is_empty() {
            return Ok(Turned::default());
        }
        let events: Vec<&Inbound> = work
            .submissions
            .iter()
            .flat_map(|submission| &submission.events)
            .collect();
        let desk = self.parts.desk.borrow().clone();
        let setting = inbox::Setting {
            desk: &desk,
            dialect: self.parts.db.dialect(),
            now,
            room,
            lease_end: now + Millis::try_from(LEASE.as_millis()).unwrap_or(Millis::MAX / 2),
        };
        let turned = inbox::run(tx, &events, &mut self.ids, &mut self.stock, setting).await?;
        for submission in &work.submissions {
            notes::put(tx, &submission.notes).await?;
        }
        Ok(turned)
    }

    async fn expand(&mut self, tx: &mut Tx<'_>, done: &mut Done, now: Millis) -> Result<(), Error> {
        if self.expanding || done.polled {
            let minute = self.parts.desk.borrow().locales.minute_of_day(now);
            let written = broadcasts::expand_next(tx, now, minute, EXPANSION).await?;
            done.expanding = written.is_some();
        }
        Ok(())
    }

    /// Claims the replies that wait on lines with a sender. Returns the room left for new ones:
    /// none while others still wait.
    async fn claim_replies(
        &mut self,
        tx: &mut Tx<'_>,
        done: &mut Done,
        now: Millis,
    ) -> Result<HashMap<ChannelKind, usize>, Error> {
        let at = Lane::Reply as usize;
        let plan: Vec<(ChannelKind, usize, Waiting)> = self
            .lines
            .iter()
            .filter(|(_, line)| line.outlet.is_some())
            .map(|(kind, line)| (*kind, line.room(Lane::Reply), line.lanes[at]))
            .collect();
        let mut left = HashMap::with_capacity(plan.len());
        for (channel, room, waiting) in plan {
            let before = done.claimed.len();
            let waiting = match waiting {
                Waiting::None if !done.polled => Waiting::None,
                Waiting::NoRoom if room == 0 => Waiting::NoRoom,
                _ => {
                    let claim = self.claim_of(channel, Lane::Reply, room, now);
                    self.claim(tx, claim, false, done).await?
                }
            };
            let room = room - (done.claimed.len() - before);
            let room = if waiting == Waiting::None { room } else { 0 };
            left.insert(channel, room);
            done.lanes.entry(channel).or_default()[at] = waiting;
        }
        Ok(left)
    }

    fn claim_of(&self, channel: ChannelKind, lane: Lane, limit: usize, now: Millis) -> Claim {
        Claim {
            channel,
            lane,
            now,
            lease: LEASE,
            limit,
        }
    }

    /// Claims what else is due on every line, as far as its sender has room.
    async fn claims(&mut self, tx: &mut Tx<'_>, done: &mut Done, now: Millis) -> Result<(), Error> {
        let all = done.expanding || done.polled;
        let plan: Vec<_> = self
            .lines
            .iter()
            .map(|(kind, line)| {
                let room = Lane::ALL.map(|lane| line.room(lane));
                (*kind, line.lanes, line.outlet.is_none(), room)
            })
            .collect();
        for (kind, known, page, room) in plan {
            let mut lanes = done.lanes.remove(&kind).unwrap_or_default();
            for lane in Lane::ALL {
                let at = lane as usize;
                // A sender's replies were claimed before the turns.
                if lane == Lane::Reply && !page {
                    continue;
                }
                lanes[at] = match known[at] {
                    Waiting::None if !all => Waiting::None,
                    Waiting::NoRoom if room[at] == 0 => Waiting::NoRoom,
                    _ => {
                        let limit = if page { PAGE_LINES } else { room[at] };
                        let claim = self.claim_of(kind, lane, limit, now);
                        self.claim(tx, claim, page, done).await?
                    }
                };
            }
            if done.turned.queued && !page {
                lanes[Lane::Reply as usize] = Waiting::NoRoom;
            }
            done.lanes.insert(kind, lanes);
        }
        Ok(())
    }

    /// Claims rows of one lane. Returns what is known of the lane then.
    async fn claim(
        &mut self,
        tx: &mut Tx<'_>,
        claim: Claim,
        page: bool,
        done: &mut Done,
    ) -> Result<Waiting, Error> {
        if claim.limit == 0 {
            return Ok(Waiting::NoRoom);
        }
        let rows = outbox::claim(tx, claim).await?;
        let waiting = match (rows.len() == claim.limit, page) {
            (false, _) => Waiting::None,
            (true, true) => Waiting::Perhaps,
            (true, false) => Waiting::NoRoom,
        };
        if page {
            self.write_pages(tx, rows, done, claim.now).await?;
            return Ok(waiting);
        }
        for row in rows {
            match self.words(tx, &row).await? {
                Some((_, message)) => done.claimed.push(Delivery {
                    id: row.id,
                    channel: claim.channel,
                    address: row.address,
                    lane: claim.lane,
                    message,
                    relation: row.relation.as_deref().and_then(Relation::decode),
                    attempts: row.attempts,
                    doubts: row.doubts,
                    tried_at: row.tried_at,
                }),
                None => outbox::settle(tx, &[lost(row.id, claim.now)])
                    .await
                    .map(drop)?,
            }
        }
        Ok(waiting)
    }

    /// Writes lines to pages of ours; that is all there is to sending them.
    async fn write_pages(
        &mut self,
        tx: &mut Tx<'_>,
        rows: Vec<Claimed>,
        done: &mut Done,
        now: Millis,
    ) -> Result<(), Error> {
        self.ids.ensure(tx, rows.len()).await?;
        let mut lines = Vec::with_capacity(rows.len());
        let mut settlements = Vec::with_capacity(rows.len());
        for row in rows {
            let Some((lang, message)) = self.words(tx, &row).await? else {
                settlements.push(lost(row.id, now));
                continue;
            };
            let seq = self.ids.mint();
            lines.push(NewLine {
                resident_id: row.resident_id,
                ballot: false,
                line: WebLine {
                    seq,
                    at: now,
                    by_bot: true,
                    lang,
                    message: Message::clone(&message),
                },
            });
            settlements.push(Settlement {
                state: DeliveryState::Sent,
                reason: None,
                external_id: Some(seq.to_string()),
                ..lost(row.id, now)
            });
            done.pages.insert(row.address, seq);
        }
        web_lines::insert(tx, &lines).await?;
        outbox::settle(tx, &settlements).await?;
        Ok(())
    }

    /// The frozen words of a row. `None` if they can't be read: then the row must not be tried for
    /// ever.
    async fn words(
        &mut self,
        conn: &mut Conn,
        row: &Claimed,
    ) -> Result<Option<(Lang, Arc<Message>)>, Error> {
        if let Some(id) = row.rendering_id {
            return match self.renderings.get(conn, id).await {
                Err(error @ Error::Corrupt { .. }) => {
                    tracing::error!(%error, delivery.id = row.id, "a delivery is given up");
                    Ok(None)
                }
                found => found,
            };
        }
        let lang = self.parts.desk.borrow().default_lang;
        let frozen = row.message.as_deref();
        let message = frozen.and_then(|frozen| serde_json::from_str(frozen).ok());
        if message.is_none() {
            tracing::error!(
                delivery.id = row.id,
                "a delivery's words cannot be read; it is given up"
            );
        }
        Ok(message.map(|message| (lang, Arc::new(message))))
    }

    async fn forget(&mut self, tx: &mut Tx<'_>, now: Millis) -> Result<(), Error> {
        let retention = self.parts.retention;
        crate::store::inbox::forget_before(tx, now - retention.inbox).await?;
        outbox::forget_replies_before(tx, now - retention.inbox).await?;
        web_lines::forget_before(tx, now - retention.web_lines).await?;
        let day = now - retention.questions;
        let day = self.parts.desk.borrow().locales.day(day);
        crate::store::gaps::forget_before(tx, &day).await?;
        residents::forget_idle_pages(tx).await?;
        self.parts.hub.tidy();
        Ok(())
    }

    /// What follows from a committed round: tell the channels, the senders and the open pages.
    pub(super) fn after(&mut self, work: &mut Work, done: Done) {
        let now = Instant::now();
        if done.polled {
            self.next_poll = now + POLL;
        }
        if done.kept {
            self.next_upkeep = now + UPKEEP;
        }
        if done.swept {
            self.next_retention = now + RETENTION;
        }
        self.expanding = done.expanding;
        self.unclear = false;
        for (kind, lanes) in done.lanes {
            if let Some(line) = self.lines.get_mut(&kind) {
                line.lanes = lanes;
            }
        }
        for report in work.reports.drain(..) {
            if let Some(line) = self.lines.get_mut(&report.channel) {
                line.under_way[report.lane as usize].remove(&report.id);
                // There is room again, or something came back.
                let waiting = &mut line.lanes[report.lane as usize];
                if *waiting == Waiting::NoRoom || report.answer.is_err() {
                    *waiting = Waiting::Perhaps;
                }
            }
        }
        let mut toasts = done.turned.toasts.into_iter();
        for submission in work.submissions.drain(..) {
            let mine = toasts.by_ref().take(submission.events.len()).collect();
            // A channel that went away is told again when the platform repeats the events.
            let _ = submission.done.send(mine);
        }
        // What was claimed is older than what this round's events led to.
        for delivery in done.claimed.into_iter().chain(done.turned.deliveries) {
            if let Some(line) = self.lines.get_mut(&delivery.channel)
                && let Some(outlet) = &line.outlet
            {
                // One that is with its sender already, however late, isn't handed over again.
                if line.under_way[delivery.lane as usize].insert(delivery.id) {
                    outlet.hand_over(delivery);
                }
            }
        }
        for parting in done.turned.partings {
            self.parts.hub.part(parting);
        }
        for (address, seq) in done.turned.pages.into_iter().chain(done.pages) {
            self.parts.hub.announce(&address, seq);
        }
    }
}

impl Line {
    /// How many more deliveries of a lane its sender has room for.
    fn room(&self, lane: Lane) -> usize {
        let under_way = self.under_way[lane as usize].len();
        self.outlet
            .as_ref()
            .map_or(0, |outlet| outlet.room.saturating_sub(under_way))
    }
}

/// A row that can't be sent because its words are lost.
fn lost(id: DeliveryId, now: Millis) -> Settlement {
    Settlement {
        id,
        state: DeliveryState::Failed,
        due_at: now,
        external_id: None,
        reason: Some("words lost".into()),
        settled_at: Some(now),
        unspent: false,
        certain: false,
    }
}
