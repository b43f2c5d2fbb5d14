//! Broadcasts that change what another one delivered: an update or a cancel of a notice, the result
//! of a poll. Their recipients are the deliveries of the other one, the original.
//!
//! Each part of the original's deliveries goes through `broadcast_late`: what is settled leaves it
//! in the same step, as a row that amends the delivery or as nothing; what is still under way stays
//! until it is settled. Only the newest amendment of an original goes on, and it leaves a message
//! alone while an older one is under way to it, so that the newest words are the last ones.

use sqlx::Row as _;

use super::broadcasts::{self, NewBroadcast};
use super::{Conn, Dialect, Error, ids};
use crate::domain::{Lang, Message, Millis};

/// How long deliveries under way are left alone before another look.
const LOOK_AGAIN: Millis = 250;

/// Rows that certainly never left: nobody has their words.
const UNSENT: &str = "settled_at IS NULL AND state = 'queued' AND doubts = 0";

/// The words in the language that a row's words have; its own if there are none.
const SAME_LANGUAGE: &str = "COALESCE((SELECT n.id FROM rendering n JOIN rendering w \
     ON w.lang = n.lang WHERE n.broadcast_id = $1 AND w.id = outbox.rendering_id), rendering_id)";

/// Writes a broadcast that amends another, with its words. Older amendments of the same original
/// stop here. Deliveries of the original that never left are dropped if the amendment ends it
/// (`closes`), and get the new words if not; so does everyone whom the original hasn't come to.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(
    conn: &mut Conn,
    dialect: Dialect,
    broadcast: &NewBroadcast,
    words: &[(i64, Lang, Message)],
) -> Result<(), Error> {
    broadcasts::insert(conn, broadcast, words).await?;
    let Some(amends) = broadcast.amends else {
        return Ok(());
    };
    let (id, original, now) = (broadcast.id, amends.broadcast, broadcast.created_at);
    for older in older(conn, id, original).await? {
        sqlx::query("UPDATE broadcast SET expanded_at = COALESCE(expanded_at, $1) WHERE id = $2")
            .bind(now)
            .bind(older)
            .execute(&mut *conn)
            .await?;
        sqlx::query("DELETE FROM broadcast_late WHERE broadcast_id = $1")
            .bind(older)
            .execute(&mut *conn)
            .await?;
        drop_unsent(conn, dialect, older, "superseded", now).await?;
    }
    if amends.closes {
        sqlx::query("UPDATE broadcast SET expanded_at = COALESCE(expanded_at, $1) WHERE id = $2")
            .bind(now)
            .bind(original)
            .execute(&mut *conn)
            .await?;
        drop_unsent(conn, dialect, original, "cancelled", now).await?;
        return Ok(());
    }
    sqlx::query("UPDATE broadcast SET words = $1 WHERE id = $2")
        .bind(id)
        .bind(original)
        .execute(&mut *conn)
        .await?;
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE outbox SET rendering_id = {SAME_LANGUAGE} WHERE id IN \
         (SELECT id FROM outbox WHERE broadcast_id = $2 AND {UNSENT}{})",
        dialect.skip_locked()
    )))
    .bind(id)
    .bind(original)
    .execute(conn)
    .await?;
    Ok(())
}

/// Fails the deliveries of a broadcast that never left. Those that a server is just claiming are
/// met by the amendment itself.
async fn drop_unsent(
    conn: &mut Conn,
    dialect: Dialect,
    broadcast_id: i64,
    reason: &str,
    now: Millis,
) -> Result<(), Error> {
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE outbox SET state = 'failed', reason = $1, settled_at = $2 WHERE id IN \
         (SELECT id FROM outbox WHERE broadcast_id = $3 AND {UNSENT}{})",
        dialect.skip_locked()
    )))
    .bind(reason.to_owned())
    .bind(now)
    .bind(broadcast_id)
    .execute(conn)
    .await?;
    Ok(())
}

/// The amendments of an original before one of them.
async fn older(conn: &mut Conn, id: i64, original: i64) -> Result<Vec<i64>, Error> {
    let rows = sqlx::query("SELECT id FROM broadcast WHERE amends = $1 AND id < $2 ORDER BY id")
        .bind(original)
        .bind(id)
        .fetch_all(conn)
        .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// An open amendment whose turn it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    /// Its number.
    pub id: i64,
    /// The broadcast that it amends.
    pub original: i64,
    /// The last delivery of that one that it came to.
    pub from: i64,
    /// Whether it ends the original.
    pub closes: bool,
}

/// Takes up the next part of the original's deliveries, at most `limit`, and whatever was under way
/// before. Returns how many rows it wrote.
pub(super) async fn expand(
    conn: &mut Conn,
    open: Open,
    now: Millis,
    minute: i64,
    limit: i64,
) -> Result<u64, Error> {
    let part = sqlx::query(
        "SELECT COALESCE(MAX(id), 0), COUNT(*) FROM (SELECT id FROM outbox \
         WHERE broadcast_id = $1 AND id > $2 ORDER BY id LIMIT $3) AS part",
    )
    .bind(open.original)
    .bind(open.from)
    .bind(limit)
    .fetch_one(&mut *conn)
    .await?;
    let (to, count): (i64, i64) = (part.try_get(0)?, part.try_get(1)?);
    if count > 0 {
        take_up(conn, open, to).await?;
    }
    let mut written = 0;
    let mut left = waiting(conn, open).await?;
    if left > 0 {
        renew(conn, open, now).await?;
        let unsettled = unsettled(&older(conn, open.id, open.original).await?);
        let first_id = ids::reserve(conn, left).await?;
        written = write(conn, open, &unsettled, first_id, now, minute).await?;
        tidy(conn, open, &unsettled).await?;
        left = waiting(conn, open).await?;
    }
    let at_end = count < limit;
    sqlx::query(
        "UPDATE broadcast SET expanded_to = $1, expanded_at = COALESCE(expanded_at, $2), \
         look_at = $3 WHERE id = $4",
    )
    .bind(to.max(open.from))
    .bind((at_end && left == 0).then_some(now))
    .bind(if at_end { now + LOOK_AGAIN } else { 0 })
    .bind(open.id)
    .execute(conn)
    .await?;
    Ok(written)
}

/// Notes the deliveries of a part that have, or may yet bring, other words than the amendment's.
async fn take_up(conn: &mut Conn, open: Open, to: i64) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO broadcast_late (broadcast_id, delivery_id) \
         SELECT $1, o.id FROM outbox o LEFT JOIN rendering w ON w.id = o.rendering_id \
         WHERE o.broadcast_id = $2 AND o.id > $3 AND o.id <= $4 \
         AND (o.settled_at IS NULL OR (o.state = 'sent' AND o.external_id IS NOT NULL)) \
         AND (w.broadcast_id IS NULL OR w.broadcast_id <> $1)",
    )
    .bind(open.id)
    .bind(open.original)
    .bind(open.from)
    .bind(to)
    .execute(conn)
    .await?;
    Ok(())
}

async fn waiting(conn: &mut Conn, open: Open) -> Result<i64, Error> {
    Ok(
        sqlx::query("SELECT COUNT(*) FROM broadcast_late WHERE broadcast_id = $1")
            .bind(open.id)
            .fetch_one(conn)
            .await?
            .try_get(0)?,
    )
}

/// Deliveries that came back from a sender unsent are dropped, or get the new words.
async fn renew(conn: &mut Conn, open: Open, now: Millis) -> Result<(), Error> {
    let late = "id IN (SELECT delivery_id FROM broadcast_late WHERE broadcast_id = $1)";
    if open.closes {
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "UPDATE outbox SET state = 'failed', reason = 'cancelled', settled_at = $2 \
             WHERE {late} AND {UNSENT}"
        )))
        .bind(open.id)
        .bind(now)
        .execute(conn)
        .await?;
        return Ok(());
    }
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE outbox SET rendering_id = {SAME_LANGUAGE} WHERE {late} AND {UNSENT}"
    )))
    .bind(open.id)
    .execute(conn)
    .await?;
    Ok(())
}

/// The condition that an older amendment is on its way to the recipient of the delivery `o`.
fn unsettled(older: &[i64]) -> String {
    if older.is_empty() {
        return "1 = 0".to_owned();
    }
    // Numbers of our own. The sign keeps SQLite from walking all rows of those broadcasts.
    let older: Vec<_> = older.iter().map(ToString::to_string).collect();
    format!(
        "EXISTS (SELECT 1 FROM outbox e WHERE e.resident_id = o.resident_id \
         AND e.settled_at IS NULL AND +e.broadcast_id IN ({}))",
        older.join(", ")
    )
}

/// Writes the rows for deliveries that are settled. Who wants no messages any more still sees those
/// that are there change, where no new one appears by it.
async fn write(
    conn: &mut Conn,
    open: Open,
    unsettled: &str,
    first_id: i64,
    now: Millis,
    minute: i64,
) -> Result<u64, Error> {
    let hold = broadcasts::HOLD;
    Ok(sqlx::query(sqlx::AssertSqlSafe(format!(
        "INSERT INTO outbox (id, channel, lane, state, due_at, resident_id, address, \
         rendering_id, broadcast_id, relation, expires_at) \
         SELECT $1 + ROW_NUMBER() OVER (ORDER BY q.delivery_id) - 1, q.channel, q.lane, 'queued', \
         $3 + q.hold, q.resident_id, q.address, q.rendering_id, q.broadcast_id, q.relation, \
         q.expires_at + q.hold FROM \
         (SELECT o.id AS delivery_id, r.id AS resident_id, r.channel, r.address, b.lane, \
          b.id AS broadcast_id, b.expires_at, COALESCE(s.id, g.id) AS rendering_id, \
          b.deed || ' ' || o.external_id AS relation, \
          CASE WHEN b.deed = 'ends' THEN {hold} ELSE 0 END AS hold \
          FROM broadcast_late l CROSS JOIN outbox o CROSS JOIN broadcast b CROSS JOIN resident r \
          LEFT JOIN rendering w ON w.id = o.rendering_id \
          LEFT JOIN rendering s ON s.broadcast_id = b.id AND s.lang = w.lang \
          LEFT JOIN rendering g ON g.broadcast_id = b.id AND g.lang = r.lang \
          WHERE l.broadcast_id = $4 AND o.id = l.delivery_id AND b.id = l.broadcast_id \
          AND r.id = o.resident_id AND o.state = 'sent' AND o.external_id IS NOT NULL \
          AND (w.broadcast_id IS NULL OR w.broadcast_id <> b.id) \
          AND COALESCE(s.id, g.id) IS NOT NULL AND NOT {unsettled} \
          AND (r.status = 'active' OR (r.status = 'stopped' AND r.channel <> 'web' \
               AND b.deed IN ('replaces', 'redacts')))) AS q"
    )))
    .bind(first_id)
    .bind(minute)
    .bind(now)
    .bind(open.id)
    .execute(conn)
    .await?
    .rows_affected())
}

/// Leaves only those that are still under way, or have an older amendment on its way.
async fn tidy(conn: &mut Conn, open: Open, unsettled: &str) -> Result<(), Error> {
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "DELETE FROM broadcast_late WHERE broadcast_id = $1 AND delivery_id NOT IN \
         (SELECT o.id FROM broadcast_late l CROSS JOIN outbox o \
          LEFT JOIN rendering w ON w.id = o.rendering_id \
          WHERE l.broadcast_id = $1 AND o.id = l.delivery_id \
          AND (w.broadcast_id IS NULL OR w.broadcast_id <> $1) \
          AND (o.settled_at IS NULL OR (o.state = 'sent' AND {unsettled})))"
    )))
    .bind(open.id)
    .execute(conn)
    .await?;
    Ok(())
}
