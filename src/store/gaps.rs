//! Questions without an answer.

use sqlx::Row as _;

use super::{Conn, Error, bulk};
use crate::domain::Lang;

/// A question nobody could be answered.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Gap {
    /// The words, long numbers and addresses masked.
    pub question: String,
    /// The language.
    pub lang: Lang,
    /// How often it was asked.
    pub count: i64,
    /// The last day it was asked, `YYYY-MM-DD`.
    pub last_day: String,
}

/// Keeps questions (number, language, words) of a day.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(
    conn: &mut Conn,
    day: &str,
    questions: &[(i64, Lang, String)],
) -> Result<(), Error> {
    bulk::execute(
        conn,
        questions,
        4,
        |values| format!("INSERT INTO gap (id, day, lang, question) VALUES {values}"),
        |query, (id, lang, question)| {
            query
                .bind(*id)
                .bind(day.to_owned())
                .bind(lang.to_string())
                .bind(question.clone())
        },
    )
    .await?;
    Ok(())
}

/// The questions, most asked first.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn list(conn: &mut Conn) -> Result<Vec<Gap>, Error> {
    let rows = sqlx::query(
        "SELECT question, lang, COUNT(*), MAX(day) FROM gap GROUP BY question, lang \
         ORDER BY COUNT(*) DESC, MAX(day) DESC, MIN(id)",
    )
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            let lang: String = row.try_get(1)?;
            Ok(Gap {
                question: row.try_get(0)?,
                lang: lang.parse().map_err(|_| Error::Corrupt {
                    table: "gap",
                    column: "lang",
                    id: 0,
                })?,
                count: row.try_get(2)?,
                last_day: row.try_get(3)?,
            })
        })
        .collect()
}
