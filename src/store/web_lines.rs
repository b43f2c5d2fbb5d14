//! The web chat's page of each session.

use sqlx::Row as _;

use super::{Conn, Error, bulk};
use crate::domain::{ChannelKind, Lang, Message, Millis};

/// One line of a session's page.
#[derive(Clone, Debug)]
pub struct WebLine {
    /// Place on the page: later lines have higher numbers.
    pub seq: i64,
    /// When it was said.
    pub at: Millis,
    /// Whether the bot said it; else the resident did.
    pub by_bot: bool,
    /// The language it is in.
    pub lang: Lang,
    /// The words and buttons.
    pub message: Message,
}

/// A line for a resident's page.
#[derive(Clone, Debug)]
pub struct NewLine {
    /// Whose page.
    pub resident_id: i64,
    /// Whether it tells what the resident voted: deleted when a poll closes.
    pub ballot: bool,
    /// The line.
    pub line: WebLine,
}

/// Writes lines.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(conn: &mut Conn, lines: &[NewLine]) -> Result<(), Error> {
    bulk::execute(
        conn,
        lines,
        7,
        |values| {
            format!(
                "INSERT INTO web_line (resident_id, seq, at, speaker, lang, message, ballot) VALUES {values}"
            )
        },
        |query, NewLine { resident_id, ballot, line }| {
            query
                .bind(*resident_id)
                .bind(line.seq)
                .bind(line.at)
                .bind(if line.by_bot { "bot" } else { "resident" })
                .bind(line.lang.to_string())
                // A message is strings and lists: it always encodes.
                .bind(serde_json::to_string(&line.message).unwrap_or_default())
                .bind(i64::from(*ballot))
        },
    )
    .await?;
    Ok(())
}

/// The lines of an address after a place, in order.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn list(conn: &mut Conn, address: &str, after: i64) -> Result<Vec<WebLine>, Error> {
    let rows = sqlx::query(
        "SELECT l.seq, l.at, l.speaker, l.lang, l.message FROM resident r \
         JOIN web_line l ON l.resident_id = r.id \
         WHERE r.channel = $1 AND r.address = $2 AND l.seq > $3 ORDER BY l.seq",
    )
    .bind(ChannelKind::Web.as_str())
    .bind(address.to_owned())
    .bind(after)
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let seq: i64 = row.try_get(0)?;
            let corrupt = |column| Error::Corrupt {
                table: "web_line",
                column,
                id: seq,
            };
            let speaker: String = row.try_get(2)?;
            let lang: String = row.try_get(3)?;
            let message: String = row.try_get(4)?;
            Ok(WebLine {
                seq,
                at: row.try_get(1)?,
                by_bot: speaker == "bot",
                lang: lang.parse().map_err(|_| corrupt("lang"))?,
                message: serde_json::from_str(&message).map_err(|_| corrupt("message"))?,
            })
        })
        .collect()
}

/// How many lines a resident's page has.
///
/// # Errors
/// [`Error::Database`].
pub async fn count(conn: &mut Conn, resident_id: i64) -> Result<i64, Error> {
    Ok(
        sqlx::query("SELECT COUNT(*) FROM web_line WHERE resident_id = $1")
            .bind(resident_id)
            .fetch_one(conn)
            .await?
            .try_get(0)?,
    )
}

/// Forgets lines said before an instant.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget_before(conn: &mut Conn, before: Millis) -> Result<u64, Error> {
    Ok(sqlx::query("DELETE FROM web_line WHERE at < $1")
        .bind(before)
        .execute(conn)
        .await?
        .rows_affected())
}
