//! One task per channel that sends what the engine claimed: lanes in order, one message at a time
//! per chat, many chats at once, never faster than the platform allows.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::pace::{Limits, Pace};
use super::verdict::pause;
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
    /// Whether a chat that is told to wait stands for all of them.
    shared: bool,
    /// Messages that may be on their way now: after a limit one feels the way, then one more each
    /// time.
    width: usize,
    incoming: mpsc::UnboundedReceiver<Delivery>,
    stop: CancellationToken,
    reports: mpsc::UnboundedSender<Report>,
    lanes: [VecDeque<Delivery>; Lane::ALL.len()],
    /// Chats with a message under way, and what waits behind it.
    busy: HashMap<String, VecDeque<Delivery>>,
    /// Chats that have their turn already and wait for the bot's.
    granted: HashSet<String>,
    /// Nothing to these chats before then: what comes for them is handed back.
    held: HashMap<String, Instant>,
    /// What was handed back, by chat: what is younger stays behind it. Until when it is waited for,
    /// since the ledger may have given it up.
    returned: HashMap<String, BTreeMap<(Lane, DeliveryId), Instant>>,
    /// Nothing at all before then.
    paused_until: Option<Instant>,
    /// Chats that were told to wait lately: several at once mean the bot as a whole.
    lately_limited: (Instant, HashSet<String>),
}

/// Seconds' worth of messages that may wait in memory: enough to keep the line busy between two
/// claims, few enough that an interruption leaves few rows in doubt.
const PREFETCH: Duration = Duration::from_millis(250);

/// What must wait longer than this waits in the ledger, where it takes nobody's room.
const WORTH_WAITING: Duration = Duration::from_millis(1_200);

/// The ledger needs a moment to hand out again what was handed back.
const ROUND: Duration = Duration::from_secs(2);

/// How long what came out of turn goes back for.
const TURN: Duration = Duration::from_millis(100);

/// Held chats from which on old ones are looked for.
const TIDY: usize = 4_096;

/// Messages that may wait in memory behind one to the same chat.
const BEHIND: usize = 1;

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
        shared: limits.shared,
        width: limits.connections,
        incoming,
        stop,
        reports,
        lanes: Default::default(),
        busy: HashMap::new(),
        granted: HashSet::new(),
        held: HashMap::new(),
        returned: HashMap::new(),
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
            while under_way.len() < self.width {
                match self.next() {
                    Next::Send(delivery) => {
                        let channel = Arc::clone(&self.channel);
                        under_way.push(async move {
                            let sending = AssertUnwindSafe(channel.send(&delivery));
                            let answer = sending.catch_unwind().await.unwrap_or_else(|_| {
                                // One message that breaks its channel must not stop the others.
                                Err(SendError::Rejected {
                                    reason: "broke the channel".into(),
                                })
                            });
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
                self.hand_back_all(Duration::ZERO);
            }
        }
    }

    /// Hands everything that hasn't been begun back to the ledger, without a doubt.
    fn hand_back_all(&mut self, after: Duration) {
        let mut all: Vec<_> = self
            .lanes
            .iter_mut()
            .flat_map(|lane| lane.drain(..))
            .collect();
        all.extend(self.busy.values_mut().flat_map(|behind| behind.drain(..)));
        for delivery in all {
            self.hand_back(&delivery, after);
        }
    }

    /// Hands a delivery back: the ledger keeps it for so long. No attempt is spent.
    fn hand_back(&mut self, delivery: &Delivery, after: Duration) {
        self.expect(delivery, after);
        let _ = self.reports.send(Report {
            id: delivery.id,
            channel: delivery.channel,
            lane: delivery.lane,
            attempts: delivery.attempts,
            answer: Err(SendError::Limited { after }),
        });
    }

    /// Remembers that a delivery comes again.
    fn expect(&mut self, delivery: &Delivery, after: Duration) {
        let of_chat = self.returned.entry(delivery.address.clone()).or_default();
        let until = Instant::now() + after + ROUND;
        of_chat.insert((delivery.lane, delivery.id), until);
    }

    /// How long a delivery must wait for an older one to its chat that was handed back. The claims
    /// go by the clock: one round may bring the younger, the next one the older.
    fn out_of_turn(&mut self, delivery: &Delivery, now: Instant) -> Option<Duration> {
        let of_chat = self.returned.get_mut(&delivery.address)?;
        of_chat.remove(&(delivery.lane, delivery.id));
        of_chat.retain(|_, until| *until > now);
        let older = of_chat.range((delivery.lane, DeliveryId::MIN)..(delivery.lane, delivery.id));
        let wait = older.map(|(_, until)| *until - now).max();
        if of_chat.is_empty() {
            self.returned.remove(&delivery.address);
        }
        wait.map(|wait| wait.saturating_sub(ROUND).max(TURN))
    }

    /// Hands a delivery back, and with it whatever comes for its chat before then, so that the
    /// chat's order stays.
    fn hold(&mut self, delivery: &Delivery, after: Duration) {
        let until = Instant::now() + after;
        self.held
            .entry(delivery.address.clone())
            .and_modify(|known| *known = until.max(*known))
            .or_insert(until);
        self.hand_back(delivery, after);
    }

    fn waiting(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.is_empty())
    }

    fn enqueue(&mut self, delivery: Delivery) {
        let now = Instant::now();
        if let Some(wait) = self.out_of_turn(&delivery, now) {
            return self.hand_back(&delivery, wait);
        }
        let held = self.held.get(&delivery.address).copied();
        let held = held.max(self.paused_until).filter(|until| *until > now);
        if let Some(until) = held {
            return self.hand_back(&delivery, until - now);
        }
        match self.busy.get_mut(&delivery.address) {
            None => self.lanes[delivery.lane as usize].push_back(delivery),
            Some(behind) if behind.len() < BEHIND => behind.push_back(delivery),
            Some(_) => self.hold(&delivery, WORTH_WAITING),
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
            match self.next_of(lane, now, &mut soonest) {
                Some(Next::Wait(wait)) => return Next::Wait(wait.min(soonest).or(wait)),
                Some(send) => return send,
                None => {}
            }
        }
        Next::Wait(soonest)
    }

    /// The next message of a lane. One whose chat must wait a moment keeps its place while others
    /// pass; a second one to that chat, or a longer wait, goes back to the ledger.
    fn next_of(
        &mut self,
        lane: usize,
        now: Instant,
        soonest: &mut Option<Duration>,
    ) -> Option<Next> {
        let mut kept: VecDeque<Delivery> = VecDeque::new();
        let mut found = None;
        while let Some(delivery) = self.lanes[lane].pop_front() {
            if let Some(wait) = self.out_of_turn(&delivery, now) {
                self.hand_back(&delivery, wait);
                continue;
            }
            let waits_already = kept.iter().any(|other| other.address == delivery.address);
            if waits_already {
                self.hold(&delivery, WORTH_WAITING);
                continue;
            }
            if let Some(behind) = self.busy.get_mut(&delivery.address) {
                if behind.len() < BEHIND {
                    behind.push_back(delivery);
                } else {
                    self.hold(&delivery, WORTH_WAITING);
                }
                continue;
            }
            match self.may_leave(&delivery.address, now) {
                Ok(()) => {
                    self.busy.insert(delivery.address.clone(), VecDeque::new());
                    found = Some(Next::Send(delivery));
                }
                Err(Hold::All(wait)) => {
                    kept.push_back(delivery);
                    found = Some(Next::Wait(Some(wait)));
                }
                Err(Hold::Chat(wait)) if wait > WORTH_WAITING => self.hold(&delivery, wait),
                Err(Hold::Chat(wait)) => {
                    *soonest = Some(soonest.map_or(wait, |soonest| soonest.min(wait)));
                    kept.push_back(delivery);
                }
            }
            if found.is_some() {
                break;
            }
        }
        while let Some(delivery) = kept.pop_back() {
            self.lanes[lane].push_front(delivery);
        }
        found
    }

    fn may_leave(&mut self, address: &str, now: Instant) -> Result<(), Hold> {
        if let Some(until) = self.held.get(address) {
            if *until > now {
                return Err(Hold::Chat(*until - now));
            }
            self.held.remove(address);
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
        let now = Instant::now();
        self.pace.answered(now);
        match &answer {
            Err(SendError::Limited { after }) => self.limit(&delivery.address, *after),
            _ => self.width = self.connections.min(self.width + 1),
        }
        let again = match &answer {
            Err(SendError::Limited { after }) => Some(*after),
            Err(SendError::Retry { after, .. }) => Some(pause(delivery.attempts).max(*after)),
            Err(SendError::Ambiguous { .. }) => Some(pause(delivery.attempts)),
            _ => None,
        };
        if let Some(again) = again {
            self.held.insert(delivery.address.clone(), now + again);
            self.expect(&delivery, again);
        }
        for behind in self
            .busy
            .remove(&delivery.address)
            .into_iter()
            .flatten()
            .rev()
        {
            match again {
                // It comes after the one that goes again.
                Some(again) => self.hand_back(&behind, again),
                None => self.lanes[behind.lane as usize].push_front(behind),
            }
        }
        if self.busy.is_empty() || self.held.len() > TIDY {
            self.held.retain(|_, until| *until > now);
            self.returned.retain(|_, of_chat| {
                of_chat.retain(|_, until| *until > now);
                !of_chat.is_empty()
            });
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
    fn limit(&mut self, address: &str, after: Duration) {
        let now = Instant::now();
        let (since, chats) = &mut self.lately_limited;
        if now - *since > Duration::from_secs(1) {
            *since = now;
            chats.clear();
        }
        chats.insert(address.to_owned());
        let several = self.shared || chats.len() > 1;
        if self.shared {
            self.width = 1;
        }
        if several {
            let until = now + after;
            self.paused_until = Some(self.paused_until.map_or(until, |known| known.max(until)));
            if after > WORTH_WAITING {
                self.hand_back_all(after);
            }
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
