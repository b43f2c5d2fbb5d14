//! Values the program keeps for itself: its secret, its place in an update stream.

use sqlx::Row as _;

use super::{Conn, Error};

/// The value of a name.
///
/// # Errors
/// [`Error::Database`].
pub async fn find(conn: &mut Conn, name: &str) -> Result<Option<String>, Error> {
    let row = sqlx::query("SELECT value FROM setting WHERE name = $1")
        .bind(name.to_owned())
        .fetch_optional(conn)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Sets a value.
///
/// # Errors
/// [`Error::Database`].
pub async fn put(conn: &mut Conn, name: &str, value: &str) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO setting (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    )
    .bind(name.to_owned())
    .bind(value.to_owned())
    .execute(conn)
    .await?;
    Ok(())
}

/// Sets a value unless there is one, and returns the one that stands.
///
/// # Errors
/// [`Error::Database`].
pub async fn put_new(conn: &mut Conn, name: &str, value: &str) -> Result<String, Error> {
    sqlx::query("INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING")
        .bind(name.to_owned())
        .bind(value.to_owned())
        .execute(&mut *conn)
        .await?;
    Ok(find(conn, name).await?.unwrap_or_else(|| value.to_owned()))
}
