//! Content laid over the files of the release, and who has confirmed which answer.

use std::collections::BTreeMap;

use sqlx::Row as _;

use super::{Conn, Error, bulk};

/// One file of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its path, as in a content folder.
    pub path: String,
    /// Its text.
    pub text: String,
    /// The fingerprint of the answer that it replaced when it was written.
    pub based_on: Option<String>,
}

/// A person's word that an answer agrees with its source.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Confirmation {
    /// The answer's id.
    pub entry: String,
    /// What it was then.
    pub fingerprint: String,
    /// Who looked.
    pub confirmed_by: String,
    /// When, `YYYY-MM-DD`.
    pub day: String,
}

/// All files by layer, each layer's by path.
///
/// # Errors
/// [`Error::Database`].
pub async fn files(conn: &mut Conn) -> Result<BTreeMap<String, Vec<File>>, Error> {
    let rows =
        sqlx::query("SELECT layer, path, text, based_on FROM content_file ORDER BY layer, path")
            .fetch_all(conn)
            .await?;
    let mut files = BTreeMap::<String, Vec<File>>::new();
    for row in rows {
        files.entry(row.try_get(0)?).or_default().push(File {
            path: row.try_get(1)?,
            text: row.try_get(2)?,
            based_on: row.try_get(3)?,
        });
    }
    Ok(files)
}

/// Writes files of a layer; one that exists is replaced.
///
/// # Errors
/// [`Error::Database`].
pub async fn put(conn: &mut Conn, layer: &str, files: &[File]) -> Result<(), Error> {
    bulk::execute(
        conn,
        files,
        4,
        |values| {
            format!(
                "INSERT INTO content_file (layer, path, text, based_on) VALUES {values} \
                 ON CONFLICT (layer, path) DO UPDATE SET text = excluded.text, \
                 based_on = excluded.based_on"
            )
        },
        |query, file| {
            query
                .bind(layer.to_owned())
                .bind(file.path.clone())
                .bind(file.text.clone())
                .bind(file.based_on.clone())
        },
    )
    .await?;
    Ok(())
}

/// Removes a file of a layer, and tells whether there was one.
///
/// # Errors
/// [`Error::Database`].
pub async fn remove(conn: &mut Conn, layer: &str, path: &str) -> Result<bool, Error> {
    let done = sqlx::query("DELETE FROM content_file WHERE layer = $1 AND path = $2")
        .bind(layer.to_owned())
        .bind(path.to_owned())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Removes all files of a layer.
///
/// # Errors
/// [`Error::Database`].
pub async fn clear(conn: &mut Conn, layer: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM content_file WHERE layer = $1")
        .bind(layer.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}

/// All confirmations, by entry.
///
/// # Errors
/// [`Error::Database`].
pub async fn confirmations(conn: &mut Conn) -> Result<Vec<Confirmation>, Error> {
    let rows = sqlx::query(
        "SELECT entry, fingerprint, confirmed_by, day FROM confirmation ORDER BY entry",
    )
    .fetch_all(conn)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Confirmation {
                entry: row.try_get(0)?,
                fingerprint: row.try_get(1)?,
                confirmed_by: row.try_get(2)?,
                day: row.try_get(3)?,
            })
        })
        .collect()
}

/// Writes a confirmation in place of an earlier one.
///
/// # Errors
/// [`Error::Database`].
pub async fn confirm(conn: &mut Conn, confirmation: &Confirmation) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO confirmation (entry, fingerprint, confirmed_by, day) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (entry) DO UPDATE SET fingerprint = excluded.fingerprint, \
         confirmed_by = excluded.confirmed_by, day = excluded.day",
    )
    .bind(confirmation.entry.clone())
    .bind(confirmation.fingerprint.clone())
    .bind(confirmation.confirmed_by.clone())
    .bind(confirmation.day.clone())
    .execute(conn)
    .await?;
    Ok(())
}
