//! The expansion of a broadcast into ledger rows, on both databases.

use turvabot::domain::{
    ChannelKind, Chat, Dialogue, Lane, Message, Millis, QuietHours, Resident, Status,
};
use turvabot::store::broadcasts::{self, NewBroadcast};
use turvabot::store::{Db, residents};

use crate::support::database::{Database, on_each_database};
use crate::support::words::lang;

pub(crate) const NOW: Millis = 1_800_000_000_000;
pub(crate) const LIFE: Millis = 3_600_000;

pub(crate) async fn tables(database: &Database) -> Db {
    let db = Db::open(&database.url).await.expect("a database");
    db.migrate().await.expect("tables");
    // What the tests number by hand is below what the store gives out.
    database.execute("UPDATE id_block SET next = 100000").await;
    db
}

pub(crate) fn resident(id: i64) -> Resident {
    Resident {
        id,
        channel: ChannelKind::Telegram,
        address: format!("{}", 5_000_000 + id),
        chat: Chat::Direct,
        lang: lang(if id % 2 == 0 { "fi" } else { "sv" }),
        lang_chosen: true,
        status: Status::Active,
        topics: vec!["fire".into()],
        areas: Vec::new(),
        quiet: None,
        dialogue: Dialogue::default(),
    }
}

pub(crate) async fn move_in(db: &Db, town: &[Resident]) {
    let mut tx = db.write().await.expect("a transaction");
    let rows: Vec<_> = town.iter().collect();
    residents::insert(&mut tx, &rows).await.expect("residents");
    for resident in town {
        residents::put_subscriptions(&mut tx, resident)
            .await
            .expect("subscriptions");
    }
    tx.commit().await.expect("a commit");
}

pub(crate) fn broadcast(id: i64) -> NewBroadcast {
    NewBroadcast {
        id,
        notice_id: Some(id),
        poll_id: None,
        lane: Lane::Notice,
        everyone: false,
        topic: Some("fire".into()),
        area: None,
        created_at: NOW,
        expires_at: NOW + LIFE,
        amends: None,
    }
}

pub(crate) async fn send(db: &Db, broadcast: NewBroadcast) {
    let words = |at, code: &str| {
        let message = Message {
            text: code.to_owned(),
            ..Message::default()
        };
        (broadcast.id * 10 + at, lang(code), message)
    };
    let mut tx = db.write().await.expect("a transaction");
    let words = [words(1, "fi"), words(2, "sv")];
    broadcasts::insert(&mut tx, &broadcast, &words)
        .await
        .expect("a broadcast");
    tx.commit().await.expect("a commit");
}

/// One part; returns whether there was anything to expand.
pub(crate) async fn part(db: &Db, minute: i64, limit: i64) -> Option<u64> {
    let mut tx = db.write().await.expect("a transaction");
    let written = broadcasts::expand_next(&mut tx, NOW, minute, limit)
        .await
        .expect("a part");
    tx.commit().await.expect("a commit");
    written
}

pub(crate) async fn expand(db: &Db, minute: i64) {
    while part(db, minute, 3).await.is_some() {}
}

#[tokio::test]
async fn an_expansion_cut_off_between_and_within_parts_gives_everyone_one_row() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let town: Vec<_> = (1..=25).map(resident).collect();
        move_in(&db, &town).await;
        send(&db, broadcast(500)).await;
        assert_eq!(part(&db, 0, 10).await, Some(10));
        // Within a part: its rows and its cursor are lost together.
        let mut tx = db.write().await.expect("a transaction");
        broadcasts::expand_next(&mut tx, NOW, 0, 10)
            .await
            .expect("a part");
        tx.rollback().await.expect("a rollback");
        db.close().await;
        // Between parts: another process goes on where the rows end.
        let db = Db::open(&database.url).await.expect("a database");
        assert_eq!(database.number("SELECT COUNT(*) FROM outbox").await, 10);
        assert_eq!(part(&db, 0, 10).await, Some(10));
        assert_eq!(part(&db, 0, 10).await, Some(5));
        assert_eq!(part(&db, 0, 10).await, None);
        let each = "SELECT COUNT(*) FROM (SELECT resident_id FROM outbox GROUP BY resident_id \
                    HAVING COUNT(*) = 1) AS once";
        assert_eq!(database.number(each).await, 25);
        assert_eq!(database.number("SELECT COUNT(*) FROM outbox").await, 25);
    })
    .await;
}

#[tokio::test]
async fn an_audience_of_exactly_one_part_is_done_after_another_look() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        send(&db, broadcast(499)).await;
        assert_eq!(part(&db, 0, 4).await, Some(0), "an empty town");
        assert_eq!(part(&db, 0, 4).await, None);
        let town: Vec<_> = (1..=4).map(resident).collect();
        move_in(&db, &town).await;
        send(&db, broadcast(500)).await;
        assert_eq!(part(&db, 0, 4).await, Some(4));
        assert_eq!(part(&db, 0, 4).await, Some(0));
        assert_eq!(part(&db, 0, 4).await, None);
    })
    .await;
}

#[tokio::test]
async fn the_more_urgent_broadcast_is_expanded_first() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        move_in(&db, &[resident(1), resident(2)]).await;
        send(&db, broadcast(500)).await;
        let alert = NewBroadcast {
            lane: Lane::Alert,
            everyone: true,
            ..broadcast(501)
        };
        send(&db, alert).await;
        part(&db, 0, 10).await;
        let first = "SELECT DISTINCT CAST(broadcast_id AS TEXT) FROM outbox";
        assert_eq!(database.texts(first).await, ["501"]);
    })
    .await;
}

#[tokio::test]
async fn each_row_has_the_words_of_its_residents_language() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let town: Vec<_> = (1..=6).map(resident).collect();
        move_in(&db, &town).await;
        send(&db, broadcast(500)).await;
        expand(&db, 0).await;
        let wrong = "SELECT COUNT(*) FROM outbox o JOIN resident r ON r.id = o.resident_id \
                     JOIN rendering g ON g.id = o.rendering_id \
                     WHERE g.lang <> r.lang OR o.address <> r.address";
        assert_eq!(database.number(wrong).await, 0);
    })
    .await;
}

/// From, to, the minute it is, and for how many minutes a routine notice waits.
const QUIET: [(u16, u16, i64, i64); 12] = [
    (22 * 60, 7 * 60, 12 * 60, 0),
    (22 * 60, 7 * 60, 22 * 60 - 1, 0),
    (22 * 60, 7 * 60, 22 * 60, 9 * 60),
    (22 * 60, 7 * 60, 23 * 60 + 59, 7 * 60 + 1),
    (22 * 60, 7 * 60, 0, 7 * 60),
    (22 * 60, 7 * 60, 7 * 60 - 1, 1),
    (22 * 60, 7 * 60, 7 * 60, 0),
    (13 * 60, 15 * 60, 13 * 60 - 1, 0),
    (13 * 60, 15 * 60, 13 * 60, 2 * 60),
    (13 * 60, 15 * 60, 15 * 60 - 1, 1),
    (13 * 60, 15 * 60, 15 * 60, 0),
    (0, 24 * 60 - 1, 0, 24 * 60 - 1),
];

#[tokio::test]
async fn a_routine_notice_waits_for_the_end_of_quiet_hours_and_lives_longer_by_that() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        for (id, (from, to, minute, wait)) in (1..).zip(QUIET) {
            let sleeper = Resident {
                quiet: Some(QuietHours { from, to }),
                topics: vec![format!("t{id}")],
                ..resident(id)
            };
            let web = Resident {
                id: id + 100,
                channel: ChannelKind::Web,
                ..sleeper.clone()
            };
            move_in(&db, &[sleeper, web]).await;
            let topic = Some(format!("t{id}"));
            send(&db, NewBroadcast { topic, ..broadcast(500 + id) }).await;
            expand(&db, minute).await;
            let of = |resident| {
                format!(
                    "SELECT (due_at - {NOW}) / 60000 * 10000 + (expires_at - {NOW} - {LIFE}) / 60000 \
                     FROM outbox WHERE broadcast_id = {} AND resident_id = {resident}",
                    500 + id
                )
            };
            let case = format!("quiet {from} to {to} at {minute}");
            assert_eq!(database.number(&of(id)).await, wait * 10001, "{case}");
            assert_eq!(database.number(&of(id + 100)).await, 0, "a page wakes nobody: {case}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_alert_waits_for_no_quiet_hours() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let sleeper = Resident {
            quiet: Some(QuietHours { from: 0, to: 1439 }),
            ..resident(1)
        };
        move_in(&db, &[sleeper]).await;
        let alert = NewBroadcast {
            lane: Lane::Alert,
            everyone: true,
            ..broadcast(500)
        };
        send(&db, alert).await;
        expand(&db, 3).await;
        let due = format!("SELECT due_at - {NOW} FROM outbox");
        assert_eq!(database.number(&due).await, 0);
    })
    .await;
}
