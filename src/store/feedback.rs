//! What residents say of answers: counts by day, without who said it.

use sqlx::Row as _;

use super::{Conn, Error};
use crate::domain::Lang;

/// Counts one thumb, up or down.
///
/// # Errors
/// [`Error::Database`].
pub async fn count(
    conn: &mut Conn,
    day: &str,
    entry: &str,
    lang: Lang,
    helped: bool,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO feedback (entry, lang, day, up, down) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (entry, lang, day) DO UPDATE SET up = feedback.up + excluded.up, \
         down = feedback.down + excluded.down",
    )
    .bind(entry.to_owned())
    .bind(lang.to_string())
    .bind(day.to_owned())
    .bind(i64::from(helped))
    .bind(i64::from(!helped))
    .execute(conn)
    .await?;
    Ok(())
}

/// What was said of the answer of an entry in one language.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Feedback {
    /// The entry.
    pub entry: String,
    /// The language's code.
    pub lang: String,
    /// How often it helped.
    pub up: i64,
    /// How often it didn't.
    pub down: i64,
}

/// What was said of all answers, those that helped least first.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(conn: &mut Conn) -> Result<Vec<Feedback>, Error> {
    let rows = sqlx::query(
        "SELECT entry, lang, CAST(SUM(up) AS BIGINT), CAST(SUM(down) AS BIGINT) FROM feedback \
         GROUP BY entry, lang ORDER BY SUM(down) DESC, entry, lang",
    )
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Feedback {
                entry: row.try_get(0)?,
                lang: row.try_get(1)?,
                up: row.try_get(2)?,
                down: row.try_get(3)?,
            })
        })
        .collect()
}
