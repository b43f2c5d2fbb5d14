//! What channels keep for themselves, committed with the events it belongs to.

use sqlx::Row as _;

use super::{Conn, Error};
use crate::channels::Note;
use crate::domain::ChannelKind;

/// Writes notes; one without a value is forgotten.
///
/// # Errors
/// [`Error::Database`].
pub async fn put(conn: &mut Conn, notes: &[Note]) -> Result<(), Error> {
    for note in notes {
        let query = match &note.value {
            Some(value) => sqlx::query(
                "INSERT INTO channel_note (channel, name, value) VALUES ($1, $2, $3) \
                 ON CONFLICT (channel, name) DO UPDATE SET value = excluded.value",
            )
            .bind(note.channel.as_str())
            .bind(note.name.clone())
            .bind(value.clone()),
            None => sqlx::query("DELETE FROM channel_note WHERE channel = $1 AND name = $2")
                .bind(note.channel.as_str())
                .bind(note.name.clone()),
        };
        query.execute(&mut *conn).await?;
    }
    Ok(())
}

/// The notes of a channel, name and value.
///
/// # Errors
/// [`Error::Database`].
pub async fn list(conn: &mut Conn, channel: ChannelKind) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query("SELECT name, value FROM channel_note WHERE channel = $1 ORDER BY name")
        .bind(channel.as_str())
        .fetch_all(conn)
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}
