//! The one writer of a running server: each round commits, in one transaction, the turns of new
//! events, the answers of the platforms, a part of a broadcast's expansion and the next claims.
//!
//! So a commit to disk is paid once for everything that came in meanwhile, and nothing is said,
//! acknowledged or sent before it is on the disk.

mod hub;
mod rounds;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use sqlx::Any;
use sqlx::pool::PoolConnection;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use hub::Hub;

use crate::channels::{Note, Sink, Unavailable, capabilities};
use crate::clock::Clock;
use crate::domain::{ChannelKind, DeliveryId, Inbound, Lane, Millis};
use crate::inbox::{Desk, Stock};
use crate::outbox::{Outlet, Report, Retries};
use crate::store::ids::IdBlock;
use crate::store::{Db, Error};

/// How often the store is asked for work that came from elsewhere: a command, a clock.
const POLL: Duration = Duration::from_millis(200);

/// How long answers of platforms are gathered before they are written, if nothing else is to do:
/// mostly the next events come first and share the commit.
const LINGER: Duration = Duration::from_millis(20);

/// The same while rows wait for a sender to have room.
const SHORT_LINGER: Duration = Duration::from_millis(4);

/// A round takes milliseconds; after this long the store isn't there any more.
const PATIENCE: Duration = Duration::from_secs(30);

/// Events of one round at most.
const EVENTS: usize = 512;

/// Answers of platforms in one round at most.
const REPORTS: usize = 1024;

/// Events and notes of one channel, and whom to tell when they are committed.
struct Submission {
    events: Vec<Inbound>,
    notes: Vec<Note>,
    done: oneshot::Sender<Vec<Option<String>>>,
}

/// Hands events to the engine.
#[derive(Clone)]
pub struct Intake {
    submissions: mpsc::Sender<Submission>,
}

impl Sink for Intake {
    async fn take(
        &self,
        events: Vec<Inbound>,
        notes: Vec<Note>,
    ) -> Result<Vec<Option<String>>, Unavailable> {
        if events.is_empty() && notes.is_empty() {
            return Ok(Vec::new());
        }
        let (done, committed) = oneshot::channel();
        let submission = Submission {
            events,
            notes,
            done,
        };
        self.submissions
            .send(submission)
            .await
            .map_err(|_| Unavailable)?;
        committed.await.map_err(|_| Unavailable)
    }
}

/// A channel as the engine sees it.
struct Line {
    /// `None` for a page of ours, which needs no sender.
    outlet: Option<Outlet>,
    under_way: [HashSet<DeliveryId>; Lane::ALL.len()],
    /// What is known of the rows that wait in each lane.
    lanes: [Waiting; Lane::ALL.len()],
}

/// What is known of the rows that wait in a lane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Waiting {
    /// None that are due.
    #[default]
    None,
    /// Perhaps some: ask the store.
    Perhaps,
    /// Some, and the sender has no room: ask when it has.
    NoRoom,
}

/// What an engine is made of.
pub struct Parts {
    /// The store.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// What turns are made with; changes when the knowledge changes.
    pub desk: watch::Receiver<Desk>,
    /// The senders.
    pub outlets: Vec<Outlet>,
    /// What the senders report.
    pub reports: mpsc::UnboundedReceiver<Report>,
    /// Which unclear sends are repeated.
    pub retries: Retries,
    /// The web chat's open pages.
    pub hub: Arc<Hub>,
    /// How long things are kept.
    pub retention: Retention,
}

/// How long things are kept, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// Lines of the web chat's pages.
    pub web_lines: Millis,
    /// Which events were handled, and which replies were sent.
    pub inbox: Millis,
    /// Questions that were not answered well.
    pub questions: Millis,
}

/// The engine.
pub struct Engine {
    parts: Parts,
    submissions: mpsc::Receiver<Submission>,
    lines: HashMap<ChannelKind, Line>,
    ids: IdBlock,
    renderings: rounds::Renderings,
    stock: Stock,
    /// Whether it is unknown if the last round was committed.
    unclear: bool,
    expanding: bool,
    /// When the last round was committed, for readiness.
    beat: Arc<AtomicI64>,
    next_poll: Instant,
    next_upkeep: Instant,
    next_retention: Instant,
}

/// What a round has to do.
#[derive(Default)]
struct Work {
    submissions: Vec<Submission>,
    reports: Vec<Report>,
}

impl Work {
    fn is_empty(&self) -> bool {
        self.submissions.is_empty() && self.reports.is_empty()
    }

    fn events(&self) -> usize {
        self.submissions
            .iter()
            .map(|submission| submission.events.len())
            .sum()
    }
}

impl Engine {
    /// Makes an engine, the way to hand it events, and its heartbeat (the instant of the last
    /// commit).
    #[must_use]
    pub fn new(parts: Parts) -> (Self, Intake, Arc<AtomicI64>) {
        let (sender, submissions) = mpsc::channel(1024);
        let mut parts = parts;
        let line = |outlet| Line {
            outlet,
            under_way: Default::default(),
            lanes: [Waiting::Perhaps; Lane::ALL.len()],
        };
        let mut lines: HashMap<_, _> = std::mem::take(&mut parts.outlets)
            .into_iter()
            .map(|outlet| (outlet.kind, line(Some(outlet))))
            .collect();
        lines.insert(ChannelKind::Web, line(None));
        let beat = Arc::new(AtomicI64::new(0));
        let now = Instant::now();
        let engine = Self {
            parts,
            submissions,
            lines,
            ids: IdBlock::default(),
            renderings: rounds::Renderings::default(),
            stock: Stock::default(),
            unclear: false,
            expanding: true,
            beat: Arc::clone(&beat),
            next_poll: now,
            next_upkeep: now,
            next_retention: now,
        };
        let intake = Intake {
            submissions: sender,
        };
        (engine, intake, beat)
    }

    /// Works until cancelled and until every delivery under way is accounted for.
    ///
    /// # Errors
    /// If the store can't be reached at the start.
    pub async fn run(mut self, cancel: CancellationToken) -> Result<(), Error> {
        let mut conn = self.parts.db.read().await?;
        self.recover(&mut conn).await?;
        loop {
            let Some(mut work) = self.gather(&cancel).await else {
                return Ok(());
            };
            self.commit(&mut conn, &mut work, &cancel).await;
        }
    }

    /// Commits a round, however often it takes.
    async fn commit(
        &mut self,
        conn: &mut PoolConnection<Any>,
        work: &mut Work,
        cancel: &CancellationToken,
    ) {
        let mut pause = Duration::ZERO;
        loop {
            let Err(error) = self.attempt(conn, work, cancel).await else {
                if !pause.is_zero() {
                    tracing::info!("the store works again");
                }
                return;
            };
            if pause.is_zero() {
                tracing::error!(%error, "the store failed; nothing is acknowledged until it works again");
            }
            if error.is_about_data() {
                // Trying the same again would fail for ever, and everybody with it.
                self.one_by_one(conn, work, cancel).await;
            }
            pause = (pause * 2).clamp(Duration::from_millis(50), Duration::from_secs(5));
            tokio::time::sleep(pause).await;
            self.reconnect(conn).await;
        }
    }

    /// One attempt at a round.
    async fn attempt(
        &mut self,
        conn: &mut PoolConnection<Any>,
        work: &mut Work,
        cancel: &CancellationToken,
    ) -> Result<(), Error> {
        let outcome = match tokio::time::timeout(PATIENCE, self.round(conn, work, cancel)).await {
            Ok(Ok(done)) => {
                self.beat.store(self.parts.clock.now(), Ordering::Relaxed);
                self.after(work, done);
                return Ok(());
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Error::Silent),
        };
        // Whether the commit took place is unknown: numbers and words may not be in the store, and
        // rows may wait for a sender that never got them.
        self.ids.clear();
        self.stock.clear();
        self.unclear = true;
        outcome
    }

    /// Handles each event of a round by itself, and sets aside those that the store refuses.
    async fn one_by_one(
        &mut self,
        conn: &mut PoolConnection<Any>,
        work: &mut Work,
        cancel: &CancellationToken,
    ) {
        for submission in std::mem::take(&mut work.submissions) {
            let Submission {
                events,
                notes,
                done,
            } = submission;
            let mut toasts = Vec::with_capacity(events.len());
            // The notes say that the events are done with, so they come last.
            let alone = events.into_iter().map(|event| (vec![event], Vec::new()));
            for (events, notes) in alone.chain([(Vec::new(), notes)]) {
                let of_an_event = !events.is_empty();
                let (done, told) = oneshot::channel();
                let mut single = Work {
                    submissions: vec![Submission {
                        events,
                        notes,
                        done,
                    }],
                    reports: Vec::new(),
                };
                match self.attempt(conn, &mut single, cancel).await {
                    Ok(()) if of_an_event => {
                        toasts.push(told.await.ok().and_then(|mut told| told.pop().flatten()))
                    }
                    Ok(()) => {}
                    Err(error) if error.is_about_data() => {
                        tracing::error!(%error, "an event cannot be handled; it is set aside");
                        metrics::counter!("turvabot_events_set_aside_total").increment(1);
                        toasts.push(None);
                    }
                    // The store itself fails: the channel keeps the rest and offers it again.
                    Err(_) => return,
                }
            }
            let _ = done.send(toasts);
        }
    }

    /// Takes a fresh connection; the old one may be in the middle of anything.
    async fn reconnect(&mut self, conn: &mut PoolConnection<Any>) {
        match tokio::time::timeout(PATIENCE, self.parts.db.read()).await {
            Ok(Ok(fresh)) => {
                let old = std::mem::replace(conn, fresh);
                let _ = tokio::time::timeout(Duration::from_secs(1), old.close()).await;
            }
            Ok(Err(error)) => tracing::debug!(%error, "the store cannot be reached"),
            Err(_) => tracing::debug!("the store doesn't answer"),
        }
    }

    /// Rows left with a sender that no longer exists.
    async fn recover(&mut self, conn: &mut crate::store::Conn) -> Result<(), Error> {
        let now = self.parts.clock.now();
        let resend = &self.parts.retries.resend_ambiguous;
        let mut tx = self.parts.db.write_on(conn).await?;
        let found = crate::store::outbox::recover(&mut tx, resend, &idempotent(), now).await?;
        crate::store::broadcasts::forget_answers(&mut tx).await?;
        tx.commit().await?;
        if found > 0 {
            tracing::warn!(
                deliveries = found,
                "deliveries were under way when the last run ended; it is unclear whether they arrived"
            );
        }
        Ok(())
    }

    fn under_way(&self) -> usize {
        self.lines
            .values()
            .flat_map(|line| &line.under_way)
            .map(HashSet::len)
            .sum()
    }

    /// Waits for something to do. `None` when cancelled and everything is accounted for.
    async fn gather(&mut self, cancel: &CancellationToken) -> Option<Work> {
        let mut work = Work::default();
        if cancel.is_cancelled() && self.under_way() == 0 {
            return None;
        }
        let busy = self.expanding
            || self
                .lines
                .values()
                .any(|line| line.lanes.contains(&Waiting::Perhaps));
        if !busy || cancel.is_cancelled() {
            tokio::select! {
                biased;
                Some(submission) = self.submissions.recv() => work.submissions.push(submission),
                Some(report) = self.parts.reports.recv() => work.reports.push(report),
                () = cancel.cancelled(), if !cancel.is_cancelled() => {}
                () = tokio::time::sleep_until(self.next_poll) => {}
            }
        }
        self.drain(&mut work);
        if work.submissions.is_empty() && !work.reports.is_empty() && !busy {
            self.linger(&mut work).await;
        }
        Some(work)
    }

    /// Gathers answers of platforms for a moment, unless an event comes.
    async fn linger(&mut self, work: &mut Work) {
        let starving = self
            .lines
            .values()
            .any(|line| line.lanes.contains(&Waiting::NoRoom));
        let (linger, enough) = if starving {
            // Once a good part of what is under way has come back, the senders want more.
            (SHORT_LINGER, (self.under_way() / 4).max(1))
        } else {
            (LINGER, REPORTS)
        };
        let end = Instant::now() + linger;
        while work.submissions.is_empty() && work.reports.len() < enough {
            tokio::select! {
                biased;
                Some(submission) = self.submissions.recv() => work.submissions.push(submission),
                Some(report) = self.parts.reports.recv() => work.reports.push(report),
                () = tokio::time::sleep_until(end) => break,
            }
        }
        self.drain(work);
    }

    fn drain(&mut self, work: &mut Work) {
        while work.events() < EVENTS
            && let Ok(submission) = self.submissions.try_recv()
        {
            work.submissions.push(submission);
        }
        while work.reports.len() < REPORTS
            && let Ok(report) = self.parts.reports.try_recv()
        {
            work.reports.push(report);
        }
    }
}

/// The channels on which an unclear send may always be repeated.
fn idempotent() -> Vec<ChannelKind> {
    let mut kinds = ChannelKind::ALL.to_vec();
    kinds.retain(|kind| capabilities(*kind).idempotent);
    kinds
}
