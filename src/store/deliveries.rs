//! What became of deliveries, for people to read.

use sqlx::Row as _;

use super::{Conn, Error};
use crate::domain::Millis;

/// Deliveries of one kind in one state.
#[derive(Clone, Debug)]
pub struct Count {
    /// The channel's name.
    pub channel: String,
    /// The state's name.
    pub state: String,
    /// How many.
    pub count: i64,
    /// How many of them may have arrived more than once, attempts counted.
    pub doubts: i64,
}

/// The deliveries of a broadcast, by channel and state; of all replies for `None`.
///
/// # Errors
/// [`Error::Database`].
pub async fn counts(conn: &mut Conn, broadcast_id: Option<i64>) -> Result<Vec<Count>, Error> {
    let rows = match broadcast_id {
        Some(id) => sqlx::query(
            "SELECT channel, state, COUNT(*), CAST(SUM(doubts) AS BIGINT) FROM outbox \
             WHERE broadcast_id = $1 GROUP BY channel, state ORDER BY channel, state",
        )
        .bind(id),
        None => sqlx::query(
            "SELECT channel, state, COUNT(*), CAST(SUM(doubts) AS BIGINT) FROM outbox \
             WHERE broadcast_id IS NULL GROUP BY channel, state ORDER BY channel, state",
        ),
    }
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                channel: row.try_get(0)?,
                state: row.try_get(1)?,
                count: row.try_get(2)?,
                doubts: row.try_get(3)?,
            })
        })
        .collect()
}

/// Reasons of a broadcast's failures, most frequent first.
///
/// # Errors
/// [`Error::Database`].
pub async fn reasons(conn: &mut Conn, broadcast_id: i64) -> Result<Vec<(String, i64)>, Error> {
    let rows = sqlx::query(
        "SELECT reason, COUNT(*) FROM outbox WHERE broadcast_id = $1 AND reason IS NOT NULL \
         AND state <> 'sent' GROUP BY reason ORDER BY COUNT(*) DESC, reason",
    )
    .bind(broadcast_id)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// One delivery of a broadcast, for the list a communicator reads.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Recipient {
    /// The delivery's number.
    pub id: i64,
    /// The channel's name.
    pub channel: String,
    /// The state's name.
    pub state: String,
    /// How often it was given to a sender.
    pub attempts: i64,
    /// How many of those left it unclear whether it arrived.
    pub doubts: i64,
    /// What the platform said.
    pub reason: Option<String>,
    /// When it was settled.
    pub settled_at: Option<Millis>,
}

/// The deliveries of a broadcast after a number, at most `limit`, by number.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(
    conn: &mut Conn,
    broadcast_id: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<Recipient>, Error> {
    let rows = sqlx::query(
        "SELECT id, channel, state, attempts, doubts, reason, settled_at FROM outbox \
         WHERE broadcast_id = $1 AND id > $2 ORDER BY id LIMIT $3",
    )
    .bind(broadcast_id)
    .bind(after)
    .bind(limit)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Recipient {
                id: row.try_get(0)?,
                channel: row.try_get(1)?,
                state: row.try_get(2)?,
                attempts: row.try_get(3)?,
                doubts: row.try_get(4)?,
                reason: row.try_get(5)?,
                settled_at: row.try_get(6)?,
            })
        })
        .collect()
}

/// How many messages to a resident are in the ledger.
///
/// # Errors
/// [`Error::Database`].
pub async fn count_of_resident(conn: &mut Conn, resident_id: i64) -> Result<i64, Error> {
    Ok(
        sqlx::query("SELECT COUNT(*) FROM outbox WHERE resident_id = $1")
            .bind(resident_id)
            .fetch_one(conn)
            .await?
            .try_get(0)?,
    )
}
