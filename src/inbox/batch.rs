//! A batch of events: who they come from, and what all their turns lead to together.

use std::collections::{HashMap, HashSet};

use super::Desk;
use super::stock::Stock;
use super::write::{Parting, Supplies, Writes};
use crate::domain::{ChannelKind, Delivery, Inbound, Lane, Millis, Notice, Poll, Resident};
use crate::store::polls::OpenPoll;
use crate::store::{Conn, Dialect, Error, ids::IdBlock, residents};

/// What a batch leads to once it is committed.
#[derive(Debug, Default)]
pub struct Turned {
    /// For each event, what to say in passing.
    pub toasts: Vec<Option<String>>,
    /// Replies already claimed for sending.
    pub deliveries: Vec<Delivery>,
    /// Web sessions with new lines, and the newest line's place.
    pub pages: HashMap<String, i64>,
    /// Last words to web sessions that were erased.
    pub partings: Vec<Parting>,
    /// Whether ledger rows wait for a claim.
    pub queued: bool,
}

type Address = (ChannelKind, String);

/// A resident during a batch.
pub(super) struct Seat {
    pub(super) resident: Option<Resident>,
    /// Whether the row exists in the store already.
    pub(super) stored: bool,
    pub(super) changed: bool,
    pub(super) subscriptions_changed: bool,
}

/// Looked up when the first turn needs it.
#[derive(Default)]
pub(super) struct Lookups {
    pub(super) notices: Option<Vec<Notice>>,
    pub(super) open: Option<Vec<OpenPoll>>,
    pub(super) polls: Vec<Poll>,
}

/// One batch.
pub(crate) struct Batch<'a> {
    pub(super) desk: &'a Desk,
    pub(super) stock: &'a mut Stock,
    pub(super) dialect: Dialect,
    pub(super) now: Millis,
    pub(super) seats: HashMap<Address, Seat>,
    pub(super) lookups: Lookups,
    pub(super) writes: Writes,
    pub(super) turned: Turned,
}

/// What a batch needs besides its events.
#[derive(Clone, Copy)]
pub(crate) struct Setting<'a> {
    pub desk: &'a Desk,
    pub dialect: Dialect,
    pub now: Millis,
    /// Replies per channel that senders have room for.
    pub room: &'a HashMap<ChannelKind, usize>,
    /// The end of the lease of a row born in sending.
    pub lease_end: Millis,
}

/// Runs the turns of a batch and writes everything they lead to.
pub(crate) async fn run(
    conn: &mut Conn,
    events: &[&Inbound],
    ids: &mut IdBlock,
    stock: &mut Stock,
    setting: Setting<'_>,
) -> Result<Turned, Error> {
    stock.fit(&setting.desk.knowledge);
    let mut new = crate::store::inbox::insert(conn, events).await?;
    let mut batch = Batch {
        desk: setting.desk,
        stock,
        dialect: setting.dialect,
        now: setting.now,
        seats: seats(conn, events, &new).await?,
        lookups: Lookups::default(),
        writes: Writes::default(),
        turned: Turned::default(),
    };
    for event in events {
        // The second copy of an event within a batch is no news either.
        let fresh = new.remove(&(event.channel, event.external_id.clone()));
        let toast = if fresh {
            batch.take(conn, event).await?
        } else {
            None
        };
        batch.turned.toasts.push(toast);
    }
    batch.finish(conn, ids, setting).await
}

async fn seats(
    conn: &mut Conn,
    events: &[&Inbound],
    new: &HashSet<Address>,
) -> Result<HashMap<Address, Seat>, Error> {
    let mut seats: HashMap<Address, Seat> = HashMap::with_capacity(events.len());
    let mut addresses = Vec::with_capacity(events.len());
    for event in events {
        if !new.contains(&(event.channel, event.external_id.clone())) {
            continue;
        }
        let address = (event.channel, event.address.clone());
        seats.entry(address).or_insert_with_key(|address| {
            addresses.push(address.clone());
            Seat {
                resident: None,
                stored: false,
                changed: false,
                subscriptions_changed: false,
            }
        });
    }
    for resident in residents::list(conn, &addresses).await? {
        if let Some(seat) = seats.get_mut(&(resident.channel, resident.address.clone())) {
            seat.resident = Some(resident);
            seat.stored = true;
        }
    }
    Ok(seats)
}

impl Batch<'_> {
    /// Writes everything.
    async fn finish(
        self,
        conn: &mut Conn,
        ids: &mut IdBlock,
        setting: Setting<'_>,
    ) -> Result<Turned, Error> {
        let Self {
            desk,
            stock,
            mut seats,
            writes,
            mut turned,
            ..
        } = self;
        ids.ensure(conn, seats.len() + writes.ids_needed()).await?;
        let mut made = Vec::new();
        let mut changed = Vec::new();
        for seat in seats.values_mut() {
            let Some(resident) = &mut seat.resident else {
                continue;
            };
            if !seat.stored {
                resident.id = ids.mint();
            }
        }
        for seat in seats.values() {
            let Some(resident) = &seat.resident else {
                continue;
            };
            if !seat.stored {
                made.push(resident);
            } else if seat.changed {
                changed.push(resident);
            }
        }
        residents::insert(conn, &made).await?;
        residents::update(conn, &changed).await?;
        for seat in seats.values().filter(|seat| seat.subscriptions_changed) {
            if let Some(resident) = &seat.resident {
                residents::put_subscriptions(conn, resident).await?;
            }
        }
        let resident_ids: HashMap<Address, i64> = seats
            .into_iter()
            .filter_map(|(address, seat)| Some((address, seat.resident?.id)))
            .collect();
        let day = desk.locales.day(setting.now);
        writes
            .write(
                conn,
                Supplies { ids, stock },
                setting,
                &resident_ids,
                &day,
                &mut turned,
            )
            .await?;
        Ok(turned)
    }
}
/// The lane of every reply.
pub(super) const LANE: Lane = Lane::Reply;
