//! The ledger of outgoing messages.

use std::time::Duration;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Conn, Error, bulk};
use crate::domain::{ChannelKind, DeliveryId, DeliveryState, Lane, Millis};

/// In place of a resident: last words to somebody erased. The row is deleted once it is settled.
pub const PARTING: i64 = -1;

/// For so long senders give back what only waits for its turn.
const MOMENT: Millis = 1_500;

/// A row to be written.
#[derive(Clone, Debug)]
pub struct NewRow {
    /// Its number.
    pub id: DeliveryId,
    /// The channel.
    pub channel: ChannelKind,
    /// The lane.
    pub lane: Lane,
    /// `Queued`; or `Sending` when a sender takes it right after the commit; or `Sent` when writing
    /// it is all there is to do.
    pub state: DeliveryState,
    /// When it may be sent, or the end of the lease of a row being sent.
    pub due_at: Millis,
    /// The resident, or [`PARTING`].
    pub resident_id: i64,
    /// The chat on the channel.
    pub address: String,
    /// The frozen message as JSON; `None` for a row that is settled already, or
    pub message: Option<String>,
    /// the rendering that holds the words.
    pub rendering_id: Option<i64>,
    /// How it relates to an earlier message (see [`crate::domain::Relation::encode`]).
    pub relation: Option<String>,
    /// The platform's id of the resident's message that it answers.
    pub cause: Option<String>,
    /// When it was first given to a sender.
    pub tried_at: Option<Millis>,
    /// When it isn't worth sending any more.
    pub expires_at: Millis,
    /// When it was settled.
    pub settled_at: Option<Millis>,
}

/// Writes rows.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(conn: &mut Conn, rows: &[NewRow]) -> Result<(), Error> {
    bulk::execute(
        conn,
        rows,
        15,
        |values| {
            format!(
                "INSERT INTO outbox (id, channel, lane, state, due_at, resident_id, address, \
                 message, rendering_id, relation, cause, tried_at, expires_at, settled_at, attempts) \
                 VALUES {values}"
            )
        },
        |query, row| {
            query
                .bind(row.id)
                .bind(row.channel.as_str())
                .bind(row.lane.rank())
                .bind(row.state.as_str())
                .bind(row.due_at)
                .bind(row.resident_id)
                .bind(row.address.clone())
                .bind(row.message.clone())
                .bind(row.rendering_id)
                .bind(row.relation.clone())
                .bind(row.cause.clone())
                .bind(row.tried_at)
                .bind(row.expires_at)
                .bind(row.settled_at)
                .bind(i64::from(row.state != DeliveryState::Queued))
        },
    )
    .await?;
    Ok(())
}

/// A row claimed for sending.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The row.
    pub id: DeliveryId,
    /// The chat on the channel.
    pub address: String,
    /// Whose it is.
    pub resident_id: i64,
    /// Where the words are: in the row itself, as JSON …
    pub message: Option<String>,
    /// … or in a broadcast's rendering.
    pub rendering_id: Option<i64>,
    /// How it relates to an earlier message.
    pub relation: Option<String>,
    /// How often it was given to a sender, this time included.
    pub attempts: i64,
    /// How many of those left it unclear whether it arrived.
    pub doubts: i64,
    /// When it was first given to a sender.
    pub tried_at: Millis,
}

/// Which rows to claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The channel.
    pub channel: ChannelKind,
    /// The lane.
    pub lane: Lane,
    /// Now.
    pub now: Millis,
    /// How long a sender may keep a row before it counts as lost.
    pub lease: Duration,
    /// How many rows at most.
    pub limit: usize,
}

/// Claims due rows, oldest first. A row whose lease ran out was given to a sender that never came
/// back: it counts one doubt more.
///
/// # Errors
/// [`Error::Database`].
pub async fn claim(conn: &mut Conn, claim: Claim) -> Result<Vec<Claimed>, Error> {
    let lease_end = claim.now + i64::try_from(claim.lease.as_millis()).unwrap_or(i64::MAX / 2);
    let rows = sqlx::query(
        "UPDATE outbox SET doubts = doubts + CASE WHEN state = 'sending' THEN 1 ELSE 0 END, \
         state = 'sending', attempts = attempts + 1, due_at = $1, \
         tried_at = COALESCE(tried_at, $2) \
         WHERE settled_at IS NULL AND due_at <= $2 AND id IN \
         (SELECT id FROM outbox WHERE channel = $3 AND lane = $4 AND settled_at IS NULL \
          AND due_at <= $2 AND expires_at > $2 ORDER BY due_at, id LIMIT $5) \
         RETURNING id, address, resident_id, message, rendering_id, attempts, relation, doubts, \
         tried_at",
    )
    .bind(lease_end)
    .bind(claim.now)
    .bind(claim.channel.as_str())
    .bind(claim.lane.rank())
    .bind(i64::try_from(claim.limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await?;
    let mut claimed = rows
        .iter()
        .map(|row: &AnyRow| {
            Ok(Claimed {
                id: row.try_get(0)?,
                address: row.try_get(1)?,
                resident_id: row.try_get(2)?,
                message: row.try_get(3)?,
                rendering_id: row.try_get(4)?,
                attempts: row.try_get(5)?,
                relation: row.try_get(6)?,
                doubts: row.try_get(7)?,
                tried_at: row.try_get(8)?,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    // RETURNING promises no order.
    claimed.sort_unstable_by_key(|row| row.id);
    Ok(claimed)
}

/// What became of a row that was being sent.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// The row.
    pub id: DeliveryId,
    /// Where it stands now: any state but `Sending`.
    pub state: DeliveryState,
    /// When to try again, for `Queued` and a resent `Ambiguous`.
    pub due_at: Millis,
    /// The platform's id of the message.
    pub external_id: Option<String>,
    /// What the platform said, for the communicator; never addresses or words.
    pub reason: Option<String>,
    /// When it was settled for good.
    pub settled_at: Option<Millis>,
    /// The attempt wasn't one: the channel held it back.
    pub unspent: bool,
    /// It arrived exactly once: earlier doubts are cleared.
    pub certain: bool,
}

/// Writes what became of rows; the words of a settled reply are dropped.
///
/// # Errors
/// [`Error::Database`].
pub async fn settle(conn: &mut Conn, settlements: &[Settlement]) -> Result<u64, Error> {
    bulk::execute(
        conn,
        settlements,
        8,
        |values| {
            format!(
                "WITH v (id, state, due_at, external_id, reason, settled_at, unspent, certain) \
                 AS (VALUES {values}) \
                 UPDATE outbox SET state = v.state, due_at = v.due_at, \
                 external_id = v.external_id, reason = v.reason, settled_at = v.settled_at, \
                 attempts = attempts - v.unspent, \
                 doubts = CASE WHEN v.certain = 1 THEN 0 \
                 WHEN v.state = 'ambiguous' THEN doubts + 1 ELSE doubts END, \
                 message = CASE WHEN v.settled_at IS NULL THEN message ELSE NULL END \
                 FROM v WHERE outbox.id = v.id AND outbox.settled_at IS NULL"
            )
        },
        |query, settlement| {
            query
                .bind(settlement.id)
                .bind(settlement.state.as_str())
                .bind(settlement.due_at)
                .bind(settlement.external_id.clone())
                .bind(settlement.reason.clone())
                .bind(settlement.settled_at)
                .bind(i64::from(settlement.unspent))
                .bind(i64::from(settlement.certain))
        },
    )
    .await
}

/// Deletes the last words to erased residents once they are settled.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget_partings(conn: &mut Conn) -> Result<u64, Error> {
    Ok(
        sqlx::query("DELETE FROM outbox WHERE resident_id = $1 AND settled_at IS NOT NULL")
            .bind(PARTING)
            .execute(conn)
            .await?
            .rows_affected(),
    )
}

/// Marks the resident of a row as gone, and gives up what still waits for the address.
///
/// # Errors
/// [`Error::Database`].
pub async fn give_up_address(conn: &mut Conn, id: DeliveryId, now: Millis) -> Result<(), Error> {
    sqlx::query(
        "UPDATE resident SET status = 'gone' WHERE status = 'active' AND id = \
         (SELECT resident_id FROM outbox WHERE id = $1)",
    )
    .bind(id)
    .execute(&mut *conn)
    .await?;
    sqlx::query(
        "UPDATE outbox SET state = 'gone', settled_at = $1, message = NULL \
         WHERE settled_at IS NULL AND state <> 'sending' AND resident_id > 0 AND resident_id = \
         (SELECT resident_id FROM outbox WHERE id = $2)",
    )
    .bind(now)
    .bind(id)
    .execute(&mut *conn)
    .await?;
    Ok(())
}

/// Moves a row's resident to a new address of the same channel.
///
/// # Errors
/// [`Error::Database`].
pub async fn move_address(conn: &mut Conn, id: DeliveryId, to: &str) -> Result<(), Error> {
    let row = sqlx::query("SELECT channel, address FROM outbox WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *conn)
        .await?;
    let Some(row) = row else { return Ok(()) };
    let channel: String = row.try_get(0)?;
    let from: String = row.try_get(1)?;
    if let Ok(channel) = channel.parse() {
        super::residents::relocate(conn, channel, &from, to, false).await?;
    }
    Ok(())
}

/// A change to a message that is there already: nobody gets a new one by it.
const IN_PLACE: &str = "(outbox.channel <> 'web' AND (COALESCE(outbox.relation, '') LIKE 'replaces %' \
     OR COALESCE(outbox.relation, '') LIKE 'redacts %'))";

/// Drops what still waits for a resident who asked for nothing more, but for changes to messages
/// that arrived.
///
/// # Errors
/// [`Error::Database`].
pub async fn drop_unasked(conn: &mut Conn, resident_id: i64, now: Millis) -> Result<(), Error> {
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE outbox SET state = 'failed', reason = 'stopped', settled_at = $1 \
         WHERE resident_id = $2 AND settled_at IS NULL AND broadcast_id IS NOT NULL \
         AND state <> 'sending' AND NOT {IN_PLACE}"
    )))
    .bind(now)
    .bind(resident_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// After a start: rows left with a sender that no longer exists are ambiguous. Those of a lane in
/// `resend`, or of a channel in `idempotent`, are due at once, the others are settled as they are.
/// Returns how many there were.
///
/// # Errors
/// [`Error::Database`].
pub async fn recover(
    conn: &mut Conn,
    resend: &[Lane],
    idempotent: &[ChannelKind],
    now: Millis,
) -> Result<u64, Error> {
    let mut found = 0;
    let lanes = ChannelKind::ALL
        .into_iter()
        .flat_map(|channel| Lane::ALL.map(|lane| (channel, lane)));
    for (channel, lane) in lanes {
        let again = idempotent.contains(&channel) || resend.contains(&lane);
        let settled_at = (!again).then_some(now);
        found += sqlx::query(
            "UPDATE outbox SET state = 'ambiguous', doubts = doubts + 1, due_at = $1, \
             settled_at = $2, reason = 'interrupted', \
             message = CASE WHEN $2 IS NULL THEN message ELSE NULL END \
             WHERE settled_at IS NULL AND state = 'sending' AND channel = $3 AND lane = $4",
        )
        .bind(now)
        .bind(settled_at)
        .bind(channel.as_str())
        .bind(lane.rank())
        .execute(&mut *conn)
        .await?
        .rows_affected();
    }
    // What senders had, or gave back for a moment, goes before what they never saw: a chat's order
    // was theirs to keep.
    sqlx::query(
        "UPDATE outbox SET due_at = 0 \
         WHERE settled_at IS NULL AND tried_at IS NOT NULL AND due_at <= $1",
    )
    .bind(now + MOMENT)
    .execute(&mut *conn)
    .await?;
    Ok(found)
}

/// Puts rows that no sender has back into the queue: a round was committed whose answer got lost.
///
/// # Errors
/// [`Error::Database`].
pub async fn requeue_strays(
    conn: &mut Conn,
    with_senders: &[DeliveryId],
    now: Millis,
) -> Result<u64, Error> {
    // Numbers of our own, so that any number of them fits.
    let with_senders: Vec<_> = with_senders.iter().map(ToString::to_string).collect();
    let others = if with_senders.is_empty() {
        String::new()
    } else {
        format!(" AND id NOT IN ({})", with_senders.join(", "))
    };
    Ok(sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE outbox SET state = 'queued', attempts = attempts - 1, due_at = $1 \
         WHERE settled_at IS NULL AND state = 'sending'{others}"
    )))
    .bind(now)
    .execute(conn)
    .await?
    .rows_affected())
}

/// Fails rows whose resident isn't to be sent anything unasked any more, of those just reopened.
///
/// # Errors
/// [`Error::Database`].
pub async fn drop_reopened(conn: &mut Conn, ids: &[DeliveryId], now: Millis) -> Result<(), Error> {
    for id in ids {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "UPDATE outbox SET state = 'failed', reason = 'stopped', settled_at = $1 \
             WHERE id = $2 AND settled_at IS NULL AND broadcast_id IS NOT NULL AND NOT EXISTS \
             (SELECT 1 FROM resident r WHERE r.id = outbox.resident_id \
              AND (r.status = 'active' OR (r.status = 'stopped' AND {IN_PLACE})))"
        )))
        .bind(now)
        .bind(*id)
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Fails waiting rows that aren't worth sending any more. Returns how many.
///
/// # Errors
/// [`Error::Database`].
pub async fn expire(conn: &mut Conn, now: Millis) -> Result<u64, Error> {
    Ok(sqlx::query(
        "UPDATE outbox SET state = 'failed', reason = 'expired', settled_at = $1, message = NULL \
         WHERE settled_at IS NULL AND (state <> 'sending' OR due_at <= $1) AND expires_at <= $1",
    )
    .bind(now)
    .execute(conn)
    .await?
    .rows_affected())
}

/// Forgets settled replies.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget_replies_before(conn: &mut Conn, before: Millis) -> Result<u64, Error> {
    Ok(
        sqlx::query("DELETE FROM outbox WHERE broadcast_id IS NULL AND settled_at < $1")
            .bind(before)
            .execute(conn)
            .await?
            .rows_affected(),
    )
}

/// The platform's id of the first answer to a resident's message.
///
/// # Errors
/// [`Error::Database`].
pub async fn find_answer(
    conn: &mut Conn,
    resident_id: i64,
    cause: &str,
) -> Result<Option<String>, Error> {
    let row = sqlx::query(
        "SELECT external_id FROM outbox WHERE resident_id = $1 AND cause = $2 AND state = 'sent' \
         AND external_id IS NOT NULL ORDER BY id LIMIT 1",
    )
    .bind(resident_id)
    .bind(cause.to_owned())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
