//! Notices.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Conn, Error};
use crate::domain::{Localized, Millis, Notice};

fn corrupt(column: &'static str, id: i64) -> Error {
    Error::Corrupt {
        table: "notice",
        column,
        id,
    }
}

/// Writes a notice.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(conn: &mut Conn, notice: &Notice) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO notice (id, severity, topic, area, sent_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(notice.id)
    .bind(notice.severity.as_str())
    .bind(notice.topic.clone())
    .bind(notice.area.clone())
    .bind(notice.sent_at)
    .execute(&mut *conn)
    .await?;
    insert_texts(conn, notice).await
}

async fn insert_texts(conn: &mut Conn, notice: &Notice) -> Result<(), Error> {
    for (lang, headline) in notice.headline.iter() {
        sqlx::query(
            "INSERT INTO notice_info (notice_id, lang, headline, description) \
             VALUES ($1, $2, $3, $4)",
        )
        .bind(notice.id)
        .bind(lang.to_string())
        .bind(headline.clone())
        .bind(notice.description.get(lang).cloned().unwrap_or_default())
        .execute(&mut *conn)
        .await?;
    }
    Ok(())
}

/// Replaces the texts of a notice in force and notes when. Returns whether it is one.
///
/// # Errors
/// [`Error::Database`].
pub async fn replace_texts(conn: &mut Conn, notice: &Notice) -> Result<bool, Error> {
    let found = sqlx::query("UPDATE notice SET updated_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(notice.updated_at)
        .bind(notice.id)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    if found == 0 {
        return Ok(false);
    }
    sqlx::query("DELETE FROM notice_info WHERE notice_id = $1")
        .bind(notice.id)
        .execute(&mut *conn)
        .await?;
    insert_texts(conn, notice).await?;
    Ok(true)
}

/// Ends a notice in force. Returns whether it was one.
///
/// # Errors
/// [`Error::Database`].
pub async fn end(conn: &mut Conn, id: i64, now: Millis) -> Result<bool, Error> {
    let ended = sqlx::query("UPDATE notice SET ended_at = $1 WHERE id = $2 AND ended_at IS NULL")
        .bind(now)
        .bind(id)
        .execute(conn)
        .await?
        .rows_affected();
    Ok(ended > 0)
}

/// Rows of one notice after another, one per language.
fn collect(rows: &[AnyRow]) -> Result<Vec<Notice>, Error> {
    let mut notices: Vec<Notice> = Vec::new();
    for row in rows {
        let id: i64 = row.try_get(0)?;
        if notices.last().is_none_or(|last| last.id != id) {
            let severity: String = row.try_get(1)?;
            notices.push(Notice {
                id,
                severity: severity.parse().map_err(|_| corrupt("severity", id))?,
                topic: row.try_get(2)?,
                area: row.try_get(3)?,
                sent_at: row.try_get(4)?,
                updated_at: row.try_get(8)?,
                ended_at: row.try_get(9)?,
                headline: Localized::default(),
                description: Localized::default(),
            });
        }
        let lang: String = row.try_get(5)?;
        let lang = lang.parse().map_err(|_| corrupt("lang", id))?;
        if let Some(notice) = notices.last_mut() {
            notice.headline.insert(lang, row.try_get(6)?);
            notice.description.insert(lang, row.try_get(7)?);
        }
    }
    Ok(notices)
}

/// The notices in force that were sent after an instant, newest first, at most 50.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn list_live(conn: &mut Conn, since: Millis) -> Result<Vec<Notice>, Error> {
    let rows = sqlx::query(
        "SELECT n.id, n.severity, n.topic, n.area, n.sent_at, i.lang, i.headline, i.description, \
         n.updated_at, n.ended_at \
         FROM (SELECT id, severity, topic, area, sent_at, updated_at, ended_at FROM notice \
               WHERE ended_at IS NULL AND sent_at >= $1 ORDER BY id DESC LIMIT 50) AS n \
         JOIN notice_info i ON i.notice_id = n.id ORDER BY n.id DESC, i.lang",
    )
    .bind(since)
    .fetch_all(conn)
    .await?;
    collect(&rows)
}

/// One notice.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn find(conn: &mut Conn, id: i64) -> Result<Option<Notice>, Error> {
    let rows = sqlx::query(
        "SELECT n.id, n.severity, n.topic, n.area, n.sent_at, i.lang, i.headline, i.description, \
         n.updated_at, n.ended_at \
         FROM notice n JOIN notice_info i ON i.notice_id = n.id WHERE n.id = $1 ORDER BY i.lang",
    )
    .bind(id)
    .fetch_all(conn)
    .await?;
    Ok(collect(&rows)?.pop())
}
