//! Packs of answers from elsewhere; their files are a layer, see [`super::layers`].

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Conn, Error};

/// A pack that was imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id, which is the name of its layer.
    pub id: String,
    /// The version that was imported last.
    pub version: i64,
    /// What else there is to know of it, as JSON.
    pub manifest: String,
    /// The key that signs its versions, base64.
    pub public_key: String,
    /// When that version was imported, `YYYY-MM-DD`.
    pub imported_on: String,
}

fn row(row: &AnyRow) -> Result<Row, Error> {
    Ok(Row {
        id: row.try_get(0)?,
        version: row.try_get(1)?,
        manifest: row.try_get(2)?,
        public_key: row.try_get(3)?,
        imported_on: row.try_get(4)?,
    })
}

/// All packs by id.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(conn: &mut Conn) -> Result<Vec<Row>, Error> {
    let rows =
        sqlx::query("SELECT id, version, manifest, public_key, imported_on FROM pack ORDER BY id")
            .fetch_all(conn)
            .await?;
    rows.iter().map(row).collect()
}

/// Writes a pack in place of an earlier version.
///
/// # Errors
/// [`Error::Database`].
pub async fn put(conn: &mut Conn, pack: &Row) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO pack (id, version, manifest, public_key, imported_on) \
         VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, \
         manifest = excluded.manifest, public_key = excluded.public_key, \
         imported_on = excluded.imported_on",
    )
    .bind(pack.id.clone())
    .bind(pack.version)
    .bind(pack.manifest.clone())
    .bind(pack.public_key.clone())
    .bind(pack.imported_on.clone())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets a pack; its files are a matter of [`super::layers::clear`].
///
/// # Errors
/// [`Error::Database`].
pub async fn remove(conn: &mut Conn, id: &str) -> Result<(), Error> {
    sqlx::query("DELETE FROM pack WHERE id = $1")
        .bind(id.to_owned())
        .execute(conn)
        .await?;
    Ok(())
}
