//! Questions that were not answered well, kept without who asked them.

use std::str::FromStr;

use sqlx::Row as _;

use super::{Conn, Error, bulk};
use crate::domain::Lang;

/// Why a question is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// No entry answered it.
    Unknown,
    /// The answer it got did not help.
    Down,
    /// Whoever asked it sent it to the municipality.
    Sent,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Down => "down",
            Self::Sent => "sent",
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        [Self::Unknown, Self::Down, Self::Sent]
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(())
    }
}

/// A question to be kept.
#[derive(Clone, Debug)]
pub struct NewGap {
    /// Random: a number in a row would tell which messages were written beside it.
    pub id: i64,
    /// The language.
    pub lang: Lang,
    /// The words, masked.
    pub question: String,
    /// Why it is kept.
    pub kind: Kind,
    /// The entry that did not help.
    pub entry: Option<String>,
}

/// A question that was asked, with how often.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Gap {
    /// The words, masked.
    pub question: String,
    /// The language.
    pub lang: Lang,
    /// Why it is kept.
    pub kind: Kind,
    /// The entry that did not help.
    pub entry: Option<String>,
    /// How often it was asked.
    pub count: i64,
    /// The last day it was asked, `YYYY-MM-DD`.
    pub last_day: String,
}

/// Keeps questions of a day.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(conn: &mut Conn, day: &str, questions: &[NewGap]) -> Result<(), Error> {
    bulk::execute(
        conn,
        questions,
        6,
        |values| format!("INSERT INTO gap (id, day, lang, question, kind, entry) VALUES {values}"),
        |query, gap| {
            query
                .bind(gap.id)
                .bind(day.to_owned())
                .bind(gap.lang.to_string())
                .bind(gap.question.clone())
                .bind(gap.kind.as_str().to_owned())
                .bind(gap.entry.clone())
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
        "SELECT question, lang, kind, entry, COUNT(*), MAX(day) FROM gap \
         GROUP BY question, lang, kind, entry \
         ORDER BY COUNT(*) DESC, MAX(day) DESC, question, kind",
    )
    .fetch_all(conn)
    .await?;
    let corrupt = |column| Error::Corrupt {
        table: "gap",
        column,
        id: 0,
    };
    rows.iter()
        .map(|row| {
            let (lang, kind): (String, String) = (row.try_get(1)?, row.try_get(2)?);
            Ok(Gap {
                question: row.try_get(0)?,
                lang: lang.parse().map_err(|_| corrupt("lang"))?,
                kind: kind.parse().map_err(|()| corrupt("kind"))?,
                entry: row.try_get(3)?,
                count: row.try_get(4)?,
                last_day: row.try_get(5)?,
            })
        })
        .collect()
}

/// Forgets a question in every kind.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget(conn: &mut Conn, lang: Lang, question: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM gap WHERE lang = $1 AND question = $2")
        .bind(lang.to_string())
        .bind(question.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets questions asked before a day, `YYYY-MM-DD`.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget_before(conn: &mut Conn, day: &str) -> Result<u64, Error> {
    let done = sqlx::query("DELETE FROM gap WHERE day < $1")
        .bind(day.to_owned())
        .execute(conn)
        .await?;
    Ok(done.rows_affected())
}
