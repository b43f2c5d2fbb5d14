//! Residents by address.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Conn, Error, bulk};
use crate::domain::{ChannelKind, Chat, Dialogue, Lang, QuietHours, Resident, Status};

fn corrupt(column: &'static str, id: i64) -> Error {
    Error::Corrupt {
        table: "resident",
        column,
        id,
    }
}

fn words(list: Option<String>) -> Vec<String> {
    list.map(|list| list.split(',').map(str::to_owned).collect())
        .unwrap_or_default()
}

fn resident(row: &AnyRow) -> Result<Resident, Error> {
    let id: i64 = row.try_get(0)?;
    let channel: String = row.try_get(1)?;
    let lang: String = row.try_get(3)?;
    let status: String = row.try_get(5)?;
    let dialogue: String = row.try_get(8)?;
    let minute = |value: Option<i64>| value.and_then(|value| u16::try_from(value).ok());
    let quiet = minute(row.try_get(6)?).zip(minute(row.try_get(7)?));
    Ok(Resident {
        id,
        channel: channel.parse().map_err(|_| corrupt("channel", id))?,
        address: row.try_get(2)?,
        lang: lang.parse().map_err(|_| corrupt("lang", id))?,
        lang_chosen: row.try_get::<i64, _>(4)? != 0,
        status: Status::parse(&status).ok_or_else(|| corrupt("status", id))?,
        quiet: quiet.map(|(from, to)| QuietHours { from, to }),
        dialogue: if dialogue.len() <= 2 {
            Dialogue::default()
        } else {
            // A dialogue of another version is only a forgotten menu.
            serde_json::from_str(&dialogue).unwrap_or_default()
        },
        topics: words(row.try_get(9)?),
        areas: words(row.try_get(10)?),
        chat: Chat::from_rank(row.try_get(11)?).ok_or_else(|| corrupt("direct", id))?,
    })
}

/// The residents at these addresses, in no order; unknown addresses are left out.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn list(
    conn: &mut Conn,
    addresses: &[(ChannelKind, String)],
) -> Result<Vec<Resident>, Error> {
    let rows = bulk::fetch(
        conn,
        addresses,
        2,
        |values| {
            // CROSS JOIN keeps SQLite from scanning the residents.
            format!(
                "WITH k (channel, address) AS (VALUES {values}) \
                 SELECT r.id, r.channel, r.address, r.lang, r.lang_chosen, r.status, \
                 r.quiet_from, r.quiet_to, r.dialogue, \
                 (SELECT string_agg(t.topic, ',') FROM resident_topic t WHERE t.resident_id = r.id), \
                 (SELECT string_agg(a.area, ',') FROM resident_area a WHERE a.resident_id = r.id), \
                 r.direct \
                 FROM k CROSS JOIN resident r \
                 WHERE r.channel = k.channel AND r.address = k.address"
            )
        },
        |query, (channel, address)| query.bind(channel.as_str()).bind(address.clone()),
    )
    .await?;
    rows.iter().map(resident).collect()
}

/// Writes new residents.
///
/// # Errors
/// [`Error::Database`].
pub async fn insert(conn: &mut Conn, residents: &[&Resident]) -> Result<(), Error> {
    bulk::execute(
        conn,
        residents,
        10,
        |values| {
            format!(
                "INSERT INTO resident (id, channel, address, lang, lang_chosen, status, \
                 quiet_from, quiet_to, dialogue, direct) VALUES {values}"
            )
        },
        |query, resident| bind(query, resident),
    )
    .await?;
    Ok(())
}

fn bind<'q>(query: bulk::Bound<'q>, resident: &Resident) -> bulk::Bound<'q> {
    query
        .bind(resident.id)
        .bind(resident.channel.as_str())
        .bind(resident.address.clone())
        .bind(resident.lang.to_string())
        .bind(i64::from(resident.lang_chosen))
        .bind(resident.status.as_str())
        .bind(resident.quiet.map(|quiet| i64::from(quiet.from)))
        .bind(resident.quiet.map(|quiet| i64::from(quiet.to)))
        .bind(encode(&resident.dialogue))
        .bind(resident.chat.rank())
}

fn encode(dialogue: &Dialogue) -> String {
    // Plain strings and lists always encode.
    serde_json::to_string(dialogue).unwrap_or_else(|_| "{}".into())
}

/// Writes the residents' choices and dialogues, but not topics and areas.
///
/// # Errors
/// [`Error::Database`].
pub async fn update(conn: &mut Conn, residents: &[&Resident]) -> Result<(), Error> {
    bulk::execute(
        conn,
        residents,
        10,
        |values| {
            format!(
                "WITH v (id, channel, address, lang, lang_chosen, status, quiet_from, quiet_to, \
                 dialogue, direct) AS (VALUES {values}) \
                 UPDATE resident SET address = v.address, lang = v.lang, \
                 lang_chosen = v.lang_chosen, status = v.status, quiet_from = v.quiet_from, \
                 quiet_to = v.quiet_to, dialogue = v.dialogue, direct = v.direct \
                 FROM v WHERE resident.id = v.id"
            )
        },
        |query, resident| bind(query, resident),
    )
    .await?;
    Ok(())
}

/// Writes a resident's topics and areas.
///
/// # Errors
/// [`Error::Database`].
pub async fn put_subscriptions(conn: &mut Conn, resident: &Resident) -> Result<(), Error> {
    clear_subscriptions(conn, resident.id).await?;
    for topic in &resident.topics {
        sqlx::query("INSERT INTO resident_topic (resident_id, topic) VALUES ($1, $2)")
            .bind(resident.id)
            .bind(topic.clone())
            .execute(&mut *conn)
            .await?;
    }
    for area in &resident.areas {
        sqlx::query("INSERT INTO resident_area (resident_id, area) VALUES ($1, $2)")
            .bind(resident.id)
            .bind(area.clone())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

async fn clear_subscriptions(conn: &mut Conn, id: i64) -> Result<(), Error> {
    for sql in [
        "DELETE FROM resident_topic WHERE resident_id = $1",
        "DELETE FROM resident_area WHERE resident_id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Erases a resident: the row, the choices, the web page and every unsent message. Deliveries of
/// broadcasts stay as bare numbers, without address or person.
///
/// # Errors
/// [`Error::Database`].
pub async fn erase(conn: &mut Conn, id: i64) -> Result<(), Error> {
    clear_subscriptions(conn, id).await?;
    for sql in [
        "DELETE FROM web_line WHERE resident_id = $1",
        "DELETE FROM outbox WHERE resident_id = $1 AND (broadcast_id IS NULL OR settled_at IS NULL)",
        "UPDATE outbox SET resident_id = 0, address = '', external_id = NULL, relation = NULL \
         WHERE resident_id = $1",
        "DELETE FROM resident WHERE id = $1",
    ] {
        sqlx::query(sql).bind(id).execute(&mut *conn).await?;
    }
    Ok(())
}

/// Moves a chat to its new address, with all that waits for it. `taken` says that somebody at the
/// new address is about to be written.
///
/// # Errors
/// [`Error::Database`].
pub async fn relocate(
    conn: &mut Conn,
    channel: ChannelKind,
    from: &str,
    to: &str,
    taken: bool,
) -> Result<(), Error> {
    let drop_old = if taken {
        "DELETE FROM resident WHERE channel = $1 AND address = $2 AND address <> $3"
    } else {
        "DELETE FROM resident WHERE channel = $1 AND address = $2 AND EXISTS \
         (SELECT 1 FROM resident n WHERE n.channel = $1 AND n.address = $3)"
    };
    for sql in [
        // The new address may already have spoken: then the old row only goes.
        drop_old,
        "UPDATE resident SET address = $3 WHERE channel = $1 AND address = $2",
        "UPDATE outbox SET address = $3 WHERE channel = $1 AND address = $2 AND settled_at IS NULL",
    ] {
        sqlx::query(sql)
            .bind(channel.as_str())
            .bind(from.to_owned())
            .bind(to.to_owned())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Writes one of the municipality's public rooms, with the topics whose notices it gets (none: all)
/// and its areas (none: all). Whatever was at the address before is one from now on.
///
/// # Errors
/// [`Error::Database`].
pub async fn put_public(
    conn: &mut Conn,
    channel: ChannelKind,
    address: &str,
    lang: Lang,
    topics: &[String],
    areas: &[String],
) -> Result<(), Error> {
    let id = super::ids::reserve(conn, 1).await?;
    let row = sqlx::query(
        "INSERT INTO resident (id, channel, address, lang, lang_chosen, status, direct) \
         VALUES ($1, $2, $3, $4, 1, 'active', $5) \
         ON CONFLICT (channel, address) DO UPDATE SET lang = excluded.lang, lang_chosen = 1, \
         status = 'active', direct = excluded.direct RETURNING id",
    )
    .bind(id)
    .bind(channel.as_str())
    .bind(address.to_owned())
    .bind(lang.to_string())
    .bind(Chat::Public.rank())
    .fetch_one(&mut *conn)
    .await?;
    let room = Resident {
        id: row.try_get(0)?,
        channel,
        address: address.to_owned(),
        chat: Chat::Public,
        lang,
        lang_chosen: true,
        status: Status::Active,
        topics: topics.to_vec(),
        areas: areas.to_vec(),
        quiet: None,
        dialogue: Dialogue::default(),
    };
    put_subscriptions(conn, &room).await
}

/// Removes a channel's public rooms but those at the addresses to `keep`. Returns how many went.
///
/// # Errors
/// [`Error::Database`].
pub async fn retire_public(
    conn: &mut Conn,
    channel: ChannelKind,
    keep: &[String],
) -> Result<u64, Error> {
    let rooms = sqlx::query("SELECT id, address FROM resident WHERE channel = $1 AND direct = $2")
        .bind(channel.as_str())
        .bind(Chat::Public.rank())
        .fetch_all(&mut *conn)
        .await?;
    let mut gone = 0;
    for room in &rooms {
        let address: String = room.try_get(1)?;
        if !keep.contains(&address) {
            erase(conn, room.try_get(0)?).await?;
            gone += 1;
        }
    }
    Ok(gone)
}

/// Forgets web sessions whose page is empty by now and who subscribe to nothing.
///
/// # Errors
/// [`Error::Database`].
pub async fn forget_idle_pages(conn: &mut Conn) -> Result<u64, Error> {
    let idle = sqlx::query(
        "SELECT id FROM resident WHERE channel = 'web' \
         AND NOT EXISTS (SELECT 1 FROM web_line l WHERE l.resident_id = resident.id) \
         AND NOT EXISTS (SELECT 1 FROM resident_topic t WHERE t.resident_id = resident.id) \
         AND NOT EXISTS (SELECT 1 FROM resident_area a WHERE a.resident_id = resident.id) \
         LIMIT 1000",
    )
    .fetch_all(&mut *conn)
    .await?;
    for row in &idle {
        erase(conn, row.try_get(0)?).await?;
    }
    Ok(idle.len() as u64)
}

/// What a bench's audience looks like.
#[derive(Clone, Copy, Debug)]
pub struct Seeded {
    /// How many residents.
    pub count: i64,
    /// Address of the first; the others count up.
    pub first_address: i64,
    /// Their channel.
    pub channel: ChannelKind,
}

/// Makes residents with consecutive numeric addresses; those that exist are left alone. Every one
/// follows each of `topics`; languages take turns.
///
/// # Errors
/// [`Error::Database`].
pub async fn seed(
    conn: &mut Conn,
    seeded: Seeded,
    langs: &[String],
    topics: &[String],
) -> Result<u64, Error> {
    const STEP: i64 = 5_000;
    let mut made = 0;
    let mut done = 0;
    while done < seeded.count {
        let step = STEP.min(seeded.count - done);
        let first_id = super::ids::reserve(conn, step).await?;
        let rows: Vec<i64> = (0..step).collect();
        made += bulk::execute(
            conn,
            &rows,
            6,
            |values| {
                format!(
                    "INSERT INTO resident (id, channel, address, lang, lang_chosen, status) \
                     VALUES {values} ON CONFLICT (channel, address) DO NOTHING"
                )
            },
            |query, row| {
                let lang = usize::try_from(done + row).unwrap_or(0) % langs.len();
                query
                    .bind(first_id + row)
                    .bind(seeded.channel.as_str())
                    .bind((seeded.first_address + done + row).to_string())
                    .bind(langs[lang].clone())
                    .bind(1_i64)
                    .bind(Status::Active.as_str())
            },
        )
        .await?;
        for topic in topics {
            sqlx::query(
                "INSERT INTO resident_topic (resident_id, topic) \
                 SELECT id, $1 FROM resident WHERE id >= $2 AND id < $3",
            )
            .bind(topic.clone())
            .bind(first_id)
            .bind(first_id + step)
            .execute(&mut *conn)
            .await?;
        }
        done += step;
    }
    Ok(made)
}
