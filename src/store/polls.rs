//! Polls and their ballots.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Conn, Dialect, Error, bulk};
use crate::domain::{Localized, Millis, Poll};

/// Writes an open poll with the secret that ties ballots to voters until it closes.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(conn: &mut Conn, poll: &Poll, secret: &str) -> Result<(), Error> {
    sqlx::query("INSERT INTO poll (id, topic, area, opened_at) VALUES ($1, $2, $3, $4)")
        .bind(poll.id)
        .bind(poll.topic.clone())
        .bind(poll.area.clone())
        .bind(poll.opened_at)
        .execute(&mut *conn)
        .await?;
    sqlx::query("INSERT INTO poll_secret (poll_id, secret) VALUES ($1, $2)")
        .bind(poll.id)
        .bind(secret.to_owned())
        .execute(&mut *conn)
        .await?;
    for (lang, question) in poll.question.iter() {
        sqlx::query("INSERT INTO poll_text (poll_id, lang, question) VALUES ($1, $2, $3)")
            .bind(poll.id)
            .bind(lang.to_string())
            .bind(question.clone())
            .execute(&mut *conn)
            .await?;
    }
    for (position, option) in (0_i64..).zip(&poll.options) {
        for (lang, label) in option.iter() {
            sqlx::query(
                "INSERT INTO poll_option (poll_id, position, lang, label) VALUES ($1, $2, $3, $4)",
            )
            .bind(poll.id)
            .bind(position)
            .bind(lang.to_string())
            .bind(label.clone())
            .execute(&mut *conn)
            .await?;
        }
    }
    Ok(())
}

/// An open poll with its secret.
#[derive(Clone, Debug)]
pub struct OpenPoll {
    /// The poll.
    pub poll: Poll,
    /// What ties ballots to voters.
    pub secret: String,
}

/// The open polls, newest first. They stay open until the transaction ends.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn list_open(conn: &mut Conn, dialect: Dialect) -> Result<Vec<OpenPoll>, Error> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(format!(
        "SELECT p.id, p.topic, p.area, p.opened_at, p.closed_at, s.secret \
         FROM poll p JOIN poll_secret s ON s.poll_id = p.id \
         WHERE p.closed_at IS NULL ORDER BY p.id DESC{}",
        dialect.for_share()
    )))
    .fetch_all(&mut *conn)
    .await?;
    let mut open = Vec::with_capacity(rows.len());
    for row in rows {
        let poll = complete(conn, &row).await?;
        open.push(OpenPoll {
            poll,
            secret: row.try_get(5)?,
        });
    }
    Ok(open)
}

/// One poll, open or closed.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn find(conn: &mut Conn, id: i64) -> Result<Option<Poll>, Error> {
    let row = sqlx::query("SELECT id, topic, area, opened_at, closed_at FROM poll WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut *conn)
        .await?;
    match row {
        Some(row) => Ok(Some(complete(conn, &row).await?)),
        None => Ok(None),
    }
}

async fn complete(conn: &mut Conn, row: &AnyRow) -> Result<Poll, Error> {
    let id: i64 = row.try_get(0)?;
    let mut poll = Poll {
        id,
        topic: row.try_get(1)?,
        area: row.try_get(2)?,
        opened_at: row.try_get(3)?,
        closed_at: row.try_get(4)?,
        question: Localized::default(),
        options: Vec::new(),
    };
    let corrupt = |column| Error::Corrupt {
        table: "poll",
        column,
        id,
    };
    for row in sqlx::query("SELECT lang, question FROM poll_text WHERE poll_id = $1")
        .bind(id)
        .fetch_all(&mut *conn)
        .await?
    {
        let lang: String = row.try_get(0)?;
        poll.question
            .insert(lang.parse().map_err(|_| corrupt("lang"))?, row.try_get(1)?);
    }
    for row in sqlx::query(
        "SELECT position, lang, label FROM poll_option WHERE poll_id = $1 ORDER BY position, lang",
    )
    .bind(id)
    .fetch_all(&mut *conn)
    .await?
    {
        let position: i64 = row.try_get(0)?;
        let position = usize::try_from(position).map_err(|_| corrupt("position"))?;
        if poll.options.len() <= position {
            poll.options.resize_with(position + 1, Localized::default);
        }
        let lang: String = row.try_get(1)?;
        poll.options[position].insert(lang.parse().map_err(|_| corrupt("lang"))?, row.try_get(2)?);
    }
    Ok(poll)
}

/// Closes an open poll and destroys its secret and the lines of the web chat that tell a vote: from
/// now on no ballot leads to a voter. Nobody is asked any more. Returns the first of `ids` numbers
/// reserved for what follows, or `None` if it was closed already.
///
/// # Errors
/// [`Error::Database`].
pub async fn close(conn: &mut Conn, id: i64, now: Millis, ids: i64) -> Result<Option<i64>, Error> {
    let closed = sqlx::query("UPDATE poll SET closed_at = $1 WHERE id = $2 AND closed_at IS NULL")
        .bind(now)
        .bind(id)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    if closed == 0 {
        return Ok(None);
    }
    // The poll, the numbers, the ledger: the order in which a server's round locks them.
    let first = super::ids::reserve(conn, ids).await?;
    for sql in [
        "DELETE FROM poll_secret WHERE poll_id = $1",
        "UPDATE broadcast SET expanded_at = COALESCE(expanded_at, created_at) WHERE poll_id = $1",
        "UPDATE outbox SET state = 'failed', reason = 'closed', settled_at = due_at \
         WHERE settled_at IS NULL AND state <> 'sending' AND broadcast_id IN \
         (SELECT id FROM broadcast WHERE poll_id = $1)",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *conn).await?;
    }
    // Lines of the web chat that tell a vote; those of other polls go with them.
    sqlx::query("DELETE FROM web_line WHERE ballot = 1")
        .execute(conn)
        .await?;
    Ok(Some(first))
}

/// A voter's choice in a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The poll.
    pub poll_id: i64,
    /// The voter's keyed hash.
    pub voter: String,
    /// The option, counted from 0.
    pub choice: i64,
}

/// Writes ballots; a later one of the same voter replaces the earlier. No voter may be in the list
/// twice for the same poll.
///
/// # Errors
/// [`Error::Database`].
pub async fn put(conn: &mut Conn, ballots: &[Ballot]) -> Result<(), Error> {
    bulk::execute(
        conn,
        ballots,
        3,
        |values| {
            format!(
                "INSERT INTO ballot (poll_id, voter, choice) VALUES {values} \
                 ON CONFLICT (poll_id, voter) DO UPDATE SET choice = excluded.choice"
            )
        },
        |query, ballot| {
            query
                .bind(ballot.poll_id)
                .bind(ballot.voter.clone())
                .bind(ballot.choice)
        },
    )
    .await?;
    Ok(())
}

/// The choice of a voter.
///
/// # Errors
/// [`Error::Database`].
pub async fn find_ballot(conn: &mut Conn, poll_id: i64, voter: &str) -> Result<Option<i64>, Error> {
    let row = sqlx::query("SELECT choice FROM ballot WHERE poll_id = $1 AND voter = $2")
        .bind(poll_id)
        .bind(voter.to_owned())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Takes a ballot back.
///
/// # Errors
/// [`Error::Database`].
pub async fn delete_ballot(conn: &mut Conn, poll_id: i64, voter: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM ballot WHERE poll_id = $1 AND voter = $2")
        .bind(poll_id)
        .bind(voter.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

/// Votes per option, from option 0; options without votes are 0.
///
/// # Errors
/// [`Error::Database`].
pub async fn tally(conn: &mut Conn, poll_id: i64, options: usize) -> Result<Vec<i64>, Error> {
    let mut tally = vec![0; options];
    for row in sqlx::query("SELECT choice, COUNT(*) FROM ballot WHERE poll_id = $1 GROUP BY choice")
        .bind(poll_id)
        .fetch_all(conn)
        .await?
    {
        let choice: i64 = row.try_get(0)?;
        if let Some(votes) = usize::try_from(choice)
            .ok()
            .and_then(|at| tally.get_mut(at))
        {
            *votes = row.try_get(1)?;
        }
    }
    Ok(tally)
}

/// The poll that a message to a resident asked, by the platform's id of the message.
///
/// # Errors
/// [`Error::Database`].
pub async fn find_by_message(
    conn: &mut Conn,
    resident_id: i64,
    message: &str,
) -> Result<Option<i64>, Error> {
    let row = sqlx::query(
        "SELECT b.poll_id FROM outbox o JOIN broadcast b ON b.id = o.broadcast_id \
         WHERE o.resident_id = $1 AND o.external_id = $2 AND b.poll_id IS NOT NULL",
    )
    .bind(resident_id)
    .bind(message.to_owned())
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}
