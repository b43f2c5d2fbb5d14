//! One message to an audience: its words per language, and its expansion into ledger rows.

use sqlx::Row as _;

use super::{Conn, Error, amendments, ids};
use crate::domain::{Deed, Lane, Lang, Message, Millis};

/// A broadcast to be written.
#[derive(Clone, Debug)]
pub struct NewBroadcast {
    /// Its number.
    pub id: i64,
    /// The notice it carries, or
    pub notice_id: Option<i64>,
    /// the poll.
    pub poll_id: Option<i64>,
    /// The lane of its deliveries.
    pub lane: Lane,
    /// Whether it reaches residents whatever topics they chose, at any hour.
    pub everyone: bool,
    /// Only subscribers of this topic; `None`: of any topic.
    pub topic: Option<String>,
    /// Only those who follow this area or the whole municipality; `None`: all areas.
    pub area: Option<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When its deliveries aren't worth sending any more.
    pub expires_at: Millis,
    /// What it changes, if it goes to those who got another broadcast.
    pub amends: Option<Amends>,
}

/// What an amending broadcast does to another one.
#[derive(Clone, Copy, Debug)]
pub struct Amends {
    /// The other one, which amends nothing itself.
    pub broadcast: i64,
    /// What it does to the messages that arrived.
    pub deed: Deed,
    /// Whether whoever hasn't got the other one won't get it any more.
    pub closes: bool,
}

/// Writes a broadcast and its words, one message per language with its number.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(
    conn: &mut Conn,
    broadcast: &NewBroadcast,
    words: &[(i64, Lang, Message)],
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO broadcast (id, notice_id, poll_id, lane, everyone, topic, area, created_at, \
         expires_at, amends, deed, closes) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(broadcast.id)
    .bind(broadcast.notice_id)
    .bind(broadcast.poll_id)
    .bind(broadcast.lane.rank())
    .bind(i64::from(broadcast.everyone))
    .bind(broadcast.topic.clone())
    .bind(broadcast.area.clone())
    .bind(broadcast.created_at)
    .bind(broadcast.expires_at)
    .bind(broadcast.amends.map(|amends| amends.broadcast))
    .bind(broadcast.amends.map(|amends| amends.deed.as_str()))
    .bind(i64::from(
        broadcast.amends.is_some_and(|amends| amends.closes),
    ))
    .execute(&mut *conn)
    .await?;
    for (id, lang, message) in words {
        insert_rendering(conn, *id, Some(broadcast.id), *lang, message).await?;
    }
    Ok(())
}

/// Writes words that many get: a broadcast's, or an answer that is the same for everyone.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert_rendering(
    conn: &mut Conn,
    id: i64,
    broadcast_id: Option<i64>,
    lang: Lang,
    message: &Message,
) -> Result<(), Error> {
    sqlx::query("INSERT INTO rendering (id, broadcast_id, lang, message) VALUES ($1, $2, $3, $4)")
        .bind(id)
        .bind(broadcast_id)
        .bind(lang.to_string())
        // A message is strings and lists: it always encodes.
        .bind(serde_json::to_string(message).unwrap_or_default())
        .execute(conn)
        .await?;
    Ok(())
}

/// Deletes the words of answers that no open delivery needs.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget_answers(conn: &mut Conn) -> Result<u64, Error> {
    Ok(sqlx::query(
        "DELETE FROM rendering WHERE broadcast_id IS NULL AND id NOT IN \
         (SELECT rendering_id FROM outbox WHERE settled_at IS NULL AND rendering_id IS NOT NULL)",
    )
    .execute(conn)
    .await?
    .rows_affected())
}

/// For how long quiet hours hold a row, in milliseconds: of the resident `r`, at the minute `$2`. A
/// quiet span may cross midnight: then it is what lies outside [`quiet_to`, `quiet_from`). Pages of
/// ours wake nobody, and public rooms don't sleep.
pub(super) const HOLD: &str = "CASE WHEN r.quiet_from IS NOT NULL AND r.channel <> 'web' AND r.direct <> 2 AND \
     ((r.quiet_from < r.quiet_to AND $2 >= r.quiet_from AND $2 < r.quiet_to) OR \
      (r.quiet_from > r.quiet_to AND ($2 >= r.quiet_from OR $2 < r.quiet_to))) \
     THEN ((r.quiet_to - $2 + 1440) % 1440) * 60000 ELSE 0 END";

/// Expands the next part of the most urgent broadcast that isn't expanded yet, looking at most at
/// `limit` residents, or at so many deliveries of the broadcast that it amends. Returns how many
/// deliveries it wrote, or `None` if there is nothing to expand now.
///
/// `minute` is the local minute of the day: quiet hours hold what isn't for everyone.
///
/// # Errors
/// [`Error::Database`].
pub async fn expand_next(
    conn: &mut Conn,
    now: Millis,
    minute: i64,
    limit: i64,
) -> Result<Option<u64>, Error> {
    let open = sqlx::query(
        "SELECT id, expanded_to, amends, closes FROM broadcast \
         WHERE expanded_at IS NULL AND look_at <= $1 ORDER BY lane, id LIMIT 1",
    )
    .bind(now)
    .fetch_optional(&mut *conn)
    .await?;
    let Some(open) = open else { return Ok(None) };
    let (id, from): (i64, i64) = (open.try_get(0)?, open.try_get(1)?);
    if let Some(original) = open.try_get(2)? {
        let closes = open.try_get::<i64, _>(3)? != 0;
        let open = amendments::Open {
            id,
            original,
            from,
            closes,
        };
        let written = amendments::expand(conn, open, now, minute, limit).await?;
        return Ok(Some(written));
    }
    let part = sqlx::query(
        "SELECT COALESCE(MAX(id), 0), COUNT(*) FROM \
         (SELECT id FROM resident WHERE id > $1 ORDER BY id LIMIT $2) AS part",
    )
    .bind(from)
    .bind(limit)
    .fetch_one(&mut *conn)
    .await?;
    let (to, count): (i64, i64) = (part.try_get(0)?, part.try_get(1)?);
    let mut written = 0;
    if count > 0 {
        let first_id = ids::reserve(conn, count).await?;
        written = expand_part(conn, id, (from, to), first_id, now, minute).await?;
    }
    let done = (count < limit).then_some(now);
    // It may have been ended meanwhile.
    sqlx::query(
        "UPDATE broadcast SET expanded_to = $1, expanded_at = COALESCE(expanded_at, $2) \
         WHERE id = $3",
    )
    .bind(to.max(from))
    .bind(done)
    .bind(id)
    .execute(conn)
    .await?;
    Ok(Some(written))
}

async fn expand_part(
    conn: &mut Conn,
    id: i64,
    (from, to): (i64, i64),
    first_id: i64,
    now: Millis,
    minute: i64,
) -> Result<u64, Error> {
    // What waits out the night lives that much longer. Public rooms get notices only; one without
    // topics gets all of them, and one without a topic goes to every room.
    Ok(sqlx::query(sqlx::AssertSqlSafe(format!(
        "INSERT INTO outbox (id, channel, lane, state, due_at, resident_id, address, \
         rendering_id, broadcast_id, expires_at) \
         SELECT $1 + ROW_NUMBER() OVER (ORDER BY q.resident_id) - 1, q.channel, q.lane, 'queued', \
         $3 + q.hold, q.resident_id, q.address, q.rendering_id, q.broadcast_id, \
         q.expires_at + q.hold FROM \
         (SELECT r.id AS resident_id, r.channel, r.address, b.lane, b.id AS broadcast_id, \
          b.expires_at, g.id AS rendering_id, \
          CASE WHEN b.everyone = 1 THEN 0 ELSE {HOLD} END AS hold \
          FROM broadcast b CROSS JOIN resident r CROSS JOIN rendering g \
          WHERE b.id = $4 AND b.expanded_at IS NULL AND r.id > $5 AND r.id <= $6 \
          AND g.broadcast_id = COALESCE(b.words, b.id) AND g.lang = r.lang \
          AND r.status = 'active' \
          AND (r.direct = 1 OR (r.direct = 2 AND b.notice_id IS NOT NULL)) \
          AND (b.everyone = 1 OR EXISTS (SELECT 1 FROM resident_topic t \
               WHERE t.resident_id = r.id AND (b.topic IS NULL OR t.topic = b.topic)) \
               OR (r.direct = 2 AND (b.topic IS NULL OR NOT EXISTS \
                   (SELECT 1 FROM resident_topic t WHERE t.resident_id = r.id)))) \
          AND (b.area IS NULL \
               OR NOT EXISTS (SELECT 1 FROM resident_area a WHERE a.resident_id = r.id) \
               OR EXISTS (SELECT 1 FROM resident_area a WHERE a.resident_id = r.id \
                          AND a.area = b.area))) AS q"
    )))
    .bind(first_id)
    .bind(minute)
    .bind(now)
    .bind(id)
    .bind(from)
    .bind(to)
    .execute(conn)
    .await?
    .rows_affected())
}

/// The words of a rendering.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn find_rendering(conn: &mut Conn, id: i64) -> Result<Option<(Lang, Message)>, Error> {
    let row = sqlx::query("SELECT lang, message FROM rendering WHERE id = $1")
        .bind(id)
        .fetch_optional(conn)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let corrupt = |column| Error::Corrupt {
        table: "rendering",
        column,
        id,
    };
    let lang: String = row.try_get(0)?;
    let message: String = row.try_get(1)?;
    Ok(Some((
        lang.parse().map_err(|_| corrupt("lang"))?,
        serde_json::from_str(&message).map_err(|_| corrupt("message"))?,
    )))
}

/// Progress of a notice's or poll's broadcasts.
#[derive(Clone, Debug)]
pub struct Progress {
    /// The broadcast.
    pub id: i64,
    /// What it does to the messages of another one, if it amends one.
    pub deed: Option<String>,
    /// Whether it also ends the other one.
    pub closes: bool,
    /// When it was made.
    pub created_at: Millis,
    /// Whether every recipient has a row in the ledger.
    pub expanded: bool,
}

/// The broadcasts of a notice, or of a poll: the first one, then those that amend it.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(
    conn: &mut Conn,
    notice_id: Option<i64>,
    poll_id: Option<i64>,
) -> Result<Vec<Progress>, Error> {
    let rows = sqlx::query(
        "SELECT id, deed, closes, created_at, CASE WHEN expanded_at IS NULL THEN 0 ELSE 1 END \
         FROM broadcast WHERE notice_id = $1 OR poll_id = $2 ORDER BY id",
    )
    .bind(notice_id)
    .bind(poll_id)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Progress {
                id: row.try_get(0)?,
                deed: row.try_get(1)?,
                closes: row.try_get::<i64, _>(2)? != 0,
                created_at: row.try_get(3)?,
                expanded: row.try_get::<i64, _>(4)? != 0,
            })
        })
        .collect()
}
