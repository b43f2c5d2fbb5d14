//! Entries imported beside the content folder.

use sqlx::Row as _;

use super::{Conn, Error, bulk};

/// One language of an imported entry.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imported {
    /// The entry's id; both languages share it.
    pub id: String,
    /// `fi` or `sv`.
    pub lang: crate::domain::Lang,
    /// A topic id.
    pub topic: String,
    /// The question it answers.
    pub question: String,
    /// The answer, in mini-Markdown.
    pub answer: String,
}

/// Writes entries; one that exists is replaced.
///
/// # Errors
/// [`Error::Database`].
pub async fn put(conn: &mut Conn, entries: &[Imported]) -> Result<(), Error> {
    bulk::execute(
        conn,
        entries,
        5,
        |values| {
            format!(
                "INSERT INTO entry (id, lang, topic, question, answer) VALUES {values} \
                 ON CONFLICT (id, lang) DO UPDATE SET topic = excluded.topic, \
                 question = excluded.question, answer = excluded.answer"
            )
        },
        |query, entry| {
            query
                .bind(entry.id.clone())
                .bind(entry.lang.to_string())
                .bind(entry.topic.clone())
                .bind(entry.question.clone())
                .bind(entry.answer.clone())
        },
    )
    .await?;
    Ok(())
}

/// All imported entries, by id and language.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn list(conn: &mut Conn) -> Result<Vec<Imported>, Error> {
    let rows = sqlx::query("SELECT id, lang, topic, question, answer FROM entry ORDER BY id, lang")
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| {
            let lang: String = row.try_get(1)?;
            Ok(Imported {
                id: row.try_get(0)?,
                lang: lang.parse().map_err(|_| Error::Corrupt {
                    table: "entry",
                    column: "lang",
                    id: 0,
                })?,
                topic: row.try_get(2)?,
                question: row.try_get(3)?,
                answer: row.try_get(4)?,
            })
        })
        .collect()
}
