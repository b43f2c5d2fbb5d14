//! One task per channel that sends what the engine claimed: lanes in order, one message at a time
//! per chat, many chats at once, never faster than the platform allows.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pace::{Limits, Pace};
use crate::channels::Channel;
use crate::domain::{ChannelKind, Delivery, DeliveryId, Lane, SendError, Sent};

/// What became of a delivery.
#[derive(Debug)]
pub struct Report {
    /// The row.
    pub id: DeliveryId,
    /// Its channel.
    pub channel: ChannelKind,
    /// Its lane.
    pub lane: Lane,
    /// The attempt's number.
    pub attempts: i64,
    /// What the platform said.
    pub answer: Result<Sent, SendError>,
}

/// The engine's end of a channel: where deliveries go, and how many may be under way per lane.
#[derive(Debug)]
pub struct Outlet {
    /// The channel.
    pub kind: ChannelKind,
    /// Deliveries that may be with the channel at once, per lane.
    pub room: usize,
    deliveries: mpsc::UnboundedSender<Delivery>,
}

impl Outlet {
    /// Hands over a delivery. The engine never hands over more than there is room for, so the queue
    /// behind it is bounded.
    pub fn hand_over(&self, delivery: Delivery) {
        // The channel's task lives as long as the engine; after it nothing is sent anyway.
        let _ = self.deliveries.send(delivery);
    }
}

/// The sending end of a channel.
pub struct Dispatcher<C> {
    channel: Arc<C>,
    pace: Pace,
    connections: usize,
    incoming: mpsc::UnboundedReceiver<Delivery>,
    stop: CancellationToken,
    reports: mpsc::UnboundedSender<Report>,
    lanes: [VecDeque<Delivery>; Lane::ALL.len()],
    /// Chats with a message under way, and what waits behind it.
    busy: HashMap<String, VecDeque<Delivery>>,
    /// Chats that have their turn already and wait for the bot's.
    granted: HashSet<String>,
    /// Nothing to these chats before then.
    paused_chats: HashMap<String, Instant>,
    /// Nothing at all before then.
    paused_until: Option<Instant>,
    /// Chats that were told to wait lately: several at once mean the bot as a whole.
    lately_limited: (Instant, HashSet<String>),
}

/// Seconds' worth of messages that may wait in memory: enough to keep the line busy between two
/// claims, few enough that an interruption leaves few rows in doubt.
const PREFETCH: Duration = Duration::from_millis(250);

/// Makes the two ends of a channel. Reports go to `reports`. When `stop` is cancelled, what hasn't
/// been begun is handed back.
pub fn open<C: Channel>(
    channel: Arc<C>,
    limits: Limits,
    reports: mpsc::UnboundedSender<Report>,
    stop: CancellationToken,
) -> (Outlet, Dispatcher<C>) {
    let (deliveries, incoming) = mpsc::unbounded_channel();
    let room = match limits.per_second {
        Some(rate) => (rate.get() as f64 * PREFETCH.as_secs_f64()).ceil() as usize,
        None => limits.connections * 4,
    };
    let outlet = Outlet {
        kind: channel.kind(),
        room: room.max(2),
        deliveries,
    };
    let dispatcher = Dispatcher {
        channel,
        pace: Pace::new(limits),
        connections: limits.connections,
        incoming,
        stop,
        reports,
        lanes: Default::default(),
        busy: HashMap::new(),
        granted: HashSet::new(),
        paused_chats: HashMap::new(),
        paused_until: None,
        lately_limited: (Instant::now(), HashSet::new()),
    };
    (outlet, dispatcher)
}

/// What the dispatcher can do next.
enum Next {
    Send(Delivery),
    Wait(Option<Duration>),
}

impl<C: Channel> Dispatcher<C> {
    /// Sends until the engine's end is closed and everything handed over is reported.
    pub async fn run(mut self) {
        let mut under_way = FuturesUnordered::new();
        let mut open = true;
        while open || !under_way.is_empty() || self.waiting() {
            let mut pause = None;
            while under_way.len() < self.connections {
                match self.next() {
                    Next::Send(delivery) => {
                        let channel = Arc::clone(&self.channel);
                        under_way.push(async move {
                            let answer = channel.send(&delivery).await;
                            (delivery, answer)
                        });
                    }
                    Next::Wait(until) => {
                        pause = until;
                        break;
                    }
                }
            }
            let sleep = tokio::time::sleep(pause.unwrap_or(Duration::from_secs(3600)));
            tokio::select! {
                biased;
                Some((delivery, answer)) = under_way.next() => self.finish(delivery, answer),
                delivery = self.incoming.recv(), if open => match delivery {
                    Some(delivery) => self.enqueue(delivery),
                    None => open = false,
                },
                () = sleep, if pause.is_some() => {}
                () = self.stop.cancelled(), if !self.stop.is_cancelled() => {}
            }
            while let Ok(delivery) = self.incoming.try_recv() {
                self.enqueue(delivery);
            }
            if self.stop.is_cancelled() {
                self.hand_back();
            }
        }
    }

    /// Reports everything that hasn't been begun as held back: it stays in the ledger without a
    /// doubt.
    fn hand_back(&mut self) {
        let waiting = self.lanes.iter_mut().flat_map(|lane| lane.drain(..));
        let behind = self.busy.values_mut().flat_map(|behind| behind.drain(..));
        for delivery in waiting.chain(behind) {
            let _ = self.reports.send(Report {
                id: delivery.id,
                channel: delivery.channel,
                lane: delivery.lane,
                attempts: delivery.attempts,
                answer: Err(SendError::Limited {
                    after: Duration::ZERO,
                }),
            });
        }
    }

    fn waiting(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.is_empty())
    }

    fn enqueue(&mut self, delivery: Delivery) {
        match self.busy.get_mut(&delivery.address) {
            // Behind the message under way, but a more urgent one before the others.
            Some(waiting) => {
                let at = waiting.partition_point(|other| other.lane <= delivery.lane);
                waiting.insert(at, delivery);
            }
            None => self.lanes[delivery.lane as usize].push_back(delivery),
        }
    }

    /// The next message that may leave now, or how long nothing may.
    fn next(&mut self) -> Next {
        let now = Instant::now();
        if let Some(until) = self.paused_until {
            if until > now {
                return Next::Wait(Some(until - now));
            }
            self.paused_until = None;
        }
        let mut soonest: Option<Duration> = None;
        for lane in 0..self.lanes.len() {
            // A chat that must wait goes to the back of its lane, so that others can leave.
            for _ in 0..self.lanes[lane].len() {
                let Some(delivery) = self.lanes[lane].pop_front() else {
                    break;
                };
                if let Some(waiting) = self.busy.get_mut(&delivery.address) {
                    waiting.push_back(delivery);
                    continue;
                }
                match self.may_leave(&delivery.address, now) {
                    Ok(()) => {
                        self.busy.insert(delivery.address.clone(), VecDeque::new());
                        return Next::Send(delivery);
                    }
                    Err(Hold::All(wait)) => {
                        self.lanes[lane].push_front(delivery);
                        let wait = soonest.map_or(wait, |soonest| soonest.min(wait));
                        return Next::Wait(Some(wait));
                    }
                    Err(Hold::Chat(wait)) => {
                        soonest = Some(soonest.map_or(wait, |soonest| soonest.min(wait)));
                        self.lanes[lane].push_back(delivery);
                    }
                }
            }
        }
        Next::Wait(soonest)
    }

    fn may_leave(&mut self, address: &str, now: Instant) -> Result<(), Hold> {
        if let Some(until) = self.paused_chats.get(address) {
            if *until > now {
                return Err(Hold::Chat(*until - now));
            }
            self.paused_chats.remove(address);
        }
        // The chat is asked first: one that must wait costs the others no turn. A turn that it got
        // is kept for it while the bot as a whole must wait.
        if !self.granted.contains(address) {
            let group = self.channel.is_group(address);
            self.pace.chat(address, group).map_err(Hold::Chat)?;
        }
        if let Err(wait) = self.pace.overall(now) {
            self.granted.insert(address.to_owned());
            return Err(Hold::All(wait));
        }
        self.granted.remove(address);
        Ok(())
    }

    fn finish(&mut self, delivery: Delivery, answer: Result<Sent, SendError>) {
        self.pace.answered(Instant::now());
        if let Err(SendError::Limited { after }) = &answer {
            self.hold_back(&delivery.address, *after);
        }
        if let Some(waiting) = self.busy.remove(&delivery.address) {
            // What waited behind goes before what came later to the same lane.
            for other in waiting.into_iter().rev() {
                self.lanes[other.lane as usize].push_front(other);
            }
        }
        if self.busy.is_empty() {
            let now = Instant::now();
            self.paused_chats.retain(|_, until| *until > now);
            self.pace.tidy();
        }
        metrics::counter!("turvabot_sends_total", "channel" => delivery.channel.as_str(),
            "lane" => delivery.lane.as_str(), "result" => label(&answer))
        .increment(1);
        let _ = self.reports.send(Report {
            id: delivery.id,
            channel: delivery.channel,
            lane: delivery.lane,
            attempts: delivery.attempts,
            answer,
        });
    }

    /// The platform doesn't say whether it is the chat or the bot that sent too much: one chat told
    /// to wait is that chat; a second one within a second is the bot.
    fn hold_back(&mut self, address: &str, after: Duration) {
        let now = Instant::now();
        let (since, chats) = &mut self.lately_limited;
        if now - *since > Duration::from_secs(1) {
            *since = now;
            chats.clear();
        }
        chats.insert(address.to_owned());
        let several = chats.len() > 1;
        self.paused_chats.insert(address.to_owned(), now + after);
        if several {
            let until = now + after;
            self.paused_until = Some(self.paused_until.map_or(until, |known| known.max(until)));
        }
        metrics::counter!("turvabot_limited_total", "channel" => self.channel.kind().as_str())
            .increment(1);
    }
}

/// What keeps a message back.
enum Hold {
    All(Duration),
    Chat(Duration),
}

fn label(answer: &Result<Sent, SendError>) -> &'static str {
    match answer {
        Ok(_) => "sent",
        Err(SendError::Retry { .. }) => "retry",
        Err(SendError::Limited { .. }) => "limited",
        Err(SendError::Ambiguous { .. }) => "ambiguous",
        Err(SendError::Gone { .. }) => "gone",
        Err(SendError::Moved { .. }) => "moved",
        Err(SendError::Rejected { .. }) => "rejected",
    }
}
