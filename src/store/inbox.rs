//! Which events were handled.

use std::collections::HashSet;

use sqlx::Row as _;

use super::{Conn, Error, bulk};
use crate::domain::{ChannelKind, Inbound, Millis};

/// Notes the events as handled and returns which of them are new, by channel and external id.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(
    conn: &mut Conn,
    events: &[&Inbound],
) -> Result<HashSet<(ChannelKind, String)>, Error> {
    let rows = bulk::fetch(
        conn,
        events,
        3,
        |values| {
            format!(
                "INSERT INTO inbox (channel, external_id, received_at) VALUES {values} \
                 ON CONFLICT (channel, external_id) DO NOTHING RETURNING channel, external_id"
            )
        },
        |query, event| {
            query
                .bind(event.channel.as_str())
                .bind(event.external_id.clone())
                .bind(event.received_at)
        },
    )
    .await?;
    rows.iter()
        .map(|row| {
            let channel: String = row.try_get(0)?;
            let channel = channel.parse().map_err(|_| Error::Corrupt {
                table: "inbox",
                column: "channel",
                id: 0,
            })?;
            Ok((channel, row.try_get(1)?))
        })
        .collect()
}

/// Forgets events received before an instant; platforms repeat an event for a day at most.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget_before(conn: &mut Conn, before: Millis) -> Result<u64, Error> {
    Ok(sqlx::query("DELETE FROM inbox WHERE received_at < $1")
        .bind(before)
        .execute(conn)
        .await?
        .rows_affected())
}
