//! Broadcasts that change what another one delivered, on both databases.

use turvabot::domain::{Deed, Lane, Message, Millis, Resident, Status};
use turvabot::store::broadcasts::{self, Amends, NewBroadcast};
use turvabot::store::{Db, amendments, outbox, residents};

use crate::store_expansion::{NOW, broadcast, expand, move_in, part, resident, send, tables};
use crate::support::database::{Database, on_each_database};
use crate::support::words::lang;

/// Amends broadcast 500 at the instant.
async fn amend(db: &Db, id: i64, deed: Deed, closes: bool, at: Millis) {
    let change = NewBroadcast {
        created_at: at,
        amends: Some(Amends {
            broadcast: 500,
            deed,
            closes,
        }),
        ..broadcast(id)
    };
    let words = |at, code: &str| {
        let message = Message {
            text: format!("{code} {id}"),
            ..Message::default()
        };
        (id * 10 + at, lang(code), message)
    };
    let mut tx = db.write().await.expect("a transaction");
    let words = [words(1, "fi"), words(2, "sv")];
    amendments::insert(&mut tx, db.dialect(), &change, &words)
        .await
        .expect("an amendment");
    tx.commit().await.expect("a commit");
}

/// One part at an instant.
async fn look(db: &Db, at: Millis) -> Option<u64> {
    let mut tx = db.write().await.expect("a transaction");
    let written = broadcasts::expand_next(&mut tx, at, 0, 3)
        .await
        .expect("a part");
    tx.commit().await.expect("a commit");
    written
}

/// The platform took the open rows that a condition names.
async fn arrive(database: &Database, which: &str) {
    let sent = "state = 'sent', settled_at = 1, external_id = 'm' || resident_id";
    let open = "settled_at IS NULL";
    database
        .execute(&format!(
            "UPDATE outbox SET {sent} WHERE {open} AND {which}"
        ))
        .await;
}

/// Rows of a broadcast: resident, state, words, relation.
async fn rows(database: &Database, broadcast: i64) -> Vec<String> {
    let rows = format!(
        "SELECT o.resident_id || ' ' || o.state || ' ' || o.rendering_id || \
         COALESCE(' ' || o.relation, '') FROM outbox o WHERE o.broadcast_id = {broadcast} \
         ORDER BY o.id"
    );
    database.texts(&rows).await
}

/// Four residents who got broadcast 500.
async fn reached(database: &Database) -> Db {
    let db = tables(database).await;
    let town: Vec<_> = (1..=4).map(resident).collect();
    move_in(&db, &town).await;
    send(&db, broadcast(500)).await;
    expand(&db, 0).await;
    db
}

#[tokio::test]
async fn an_amendment_reaches_each_message_once_in_the_language_that_it_has() {
    on_each_database(async |database| {
        let db = reached(&database).await;
        arrive(&database, "resident_id < 4").await;
        arrive(&database, "resident_id = 4").await;
        database.execute("UPDATE resident SET lang = 'fi'").await;
        move_in(&db, &[resident(9)]).await;
        amend(&db, 600, Deed::Replaces, false, NOW).await;
        // A part that is lost leaves nothing behind.
        let mut tx = db.write().await.expect("a transaction");
        broadcasts::expand_next(&mut tx, NOW, 0, 3)
            .await
            .expect("a part");
        tx.rollback().await.expect("a rollback");
        assert_eq!(part(&db, 0, 3).await, Some(3));
        assert_eq!(part(&db, 0, 3).await, Some(1));
        assert_eq!(part(&db, 0, 3).await, None);
        let expected = [
            "1 queued 6002 replaces m1",
            "2 queued 6001 replaces m2",
            "3 queued 6002 replaces m3",
            "4 queued 6001 replaces m4",
        ];
        assert_eq!(rows(&database, 600).await, expected);
        let late = "SELECT COUNT(*) FROM broadcast_late";
        assert_eq!(database.number(late).await, 0);
    })
    .await;
}

#[tokio::test]
async fn who_stopped_sees_messages_change_but_gets_no_new_ones_and_who_left_gets_nothing() {
    for (deed, expected) in [
        (
            Deed::Replaces,
            &["1 queued 6002 replaces m1", "2 queued 6001 replaces m2"][..],
        ),
        (
            Deed::Redacts,
            &["1 queued 6002 redacts m1", "2 queued 6001 redacts m2"],
        ),
        (Deed::Ends, &["1 queued 6002 ends m1"]),
    ] {
        on_each_database(async |database| {
            let db = reached(&database).await;
            arrive(&database, "1 = 1").await;
            database
                .execute("UPDATE resident SET status = 'stopped' WHERE id = 2")
                .await;
            database
                .execute("UPDATE resident SET status = 'gone' WHERE id = 3")
                .await;
            let mut tx = db.write().await.expect("a transaction");
            residents::erase(&mut tx, 4).await.expect("an erasure");
            tx.commit().await.expect("a commit");
            amend(&db, 600, deed, true, NOW).await;
            expand(&db, 0).await;
            assert_eq!(rows(&database, 600).await, expected);
            let mut tx = db.write().await.expect("a transaction");
            for resident in [1, 2] {
                outbox::drop_unasked(&mut tx, resident, NOW)
                    .await
                    .expect("dropped");
            }
            tx.commit().await.expect("a commit");
            let open = "SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL";
            let left = if deed == Deed::Ends { 0 } else { 2 };
            assert_eq!(database.number(open).await, left, "{deed:?}");
        })
        .await;
    }
}

#[tokio::test]
async fn who_is_erased_leaves_no_trace_in_an_amendment() {
    on_each_database(async |database| {
        let db = reached(&database).await;
        arrive(&database, "1 = 1").await;
        amend(&db, 600, Deed::Replaces, false, NOW).await;
        expand(&db, 0).await;
        arrive(&database, "1 = 1").await;
        let mut tx = db.write().await.expect("a transaction");
        residents::erase(&mut tx, 4).await.expect("an erasure");
        tx.commit().await.expect("a commit");
        let traces = "SELECT COUNT(*) FROM outbox WHERE relation LIKE '%m4'";
        assert_eq!(database.number(traces).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_update_gives_its_words_to_all_that_has_not_left() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let town: Vec<_> = (1..=6).map(resident).collect();
        move_in(&db, &town).await;
        send(&db, broadcast(500)).await;
        assert_eq!(part(&db, 0, 4).await, Some(4));
        arrive(&database, "resident_id = 1").await;
        amend(&db, 600, Deed::Replaces, false, NOW).await;
        let expected = [
            "1 sent 5002",
            "2 queued 6001",
            "3 queued 6002",
            "4 queued 6001",
        ];
        assert_eq!(rows(&database, 500).await, expected, "at once");
        expand(&db, 0).await;
        let expected = [
            "1 sent 5002",
            "2 queued 6001",
            "3 queued 6002",
            "4 queued 6001",
            "5 queued 6002",
            "6 queued 6001",
        ];
        assert_eq!(rows(&database, 500).await, expected);
        let expected = ["1 queued 6002 replaces m1"];
        assert_eq!(rows(&database, 600).await, expected);
    })
    .await;
}

#[tokio::test]
async fn a_cancel_drops_all_that_has_not_left() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let town: Vec<_> = (1..=6).map(resident).collect();
        move_in(&db, &town).await;
        send(&db, broadcast(500)).await;
        assert_eq!(part(&db, 0, 4).await, Some(4));
        arrive(&database, "resident_id = 1").await;
        amend(&db, 600, Deed::Replaces, true, NOW).await;
        let open = "SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL";
        assert_eq!(database.number(open).await, 0, "at once");
        expand(&db, 0).await;
        let states = "SELECT state || COALESCE(' ' || reason, '') FROM outbox \
                      WHERE broadcast_id = 500 ORDER BY id";
        let dropped = "failed cancelled";
        assert_eq!(
            database.texts(states).await,
            ["sent", dropped, dropped, dropped]
        );
        let expected = ["1 queued 6002 replaces m1"];
        assert_eq!(rows(&database, 600).await, expected);
    })
    .await;
}

#[tokio::test]
async fn what_is_under_way_is_waited_for_without_holding_up_others() {
    on_each_database(async |database| {
        let db = reached(&database).await;
        arrive(&database, "resident_id = 1").await;
        database
            .execute("UPDATE outbox SET state = 'sending' WHERE resident_id = 2")
            .await;
        database
            .execute("UPDATE outbox SET state = 'ambiguous', doubts = 1 WHERE resident_id = 3")
            .await;
        database
            .execute("UPDATE outbox SET state = 'sending' WHERE resident_id = 4")
            .await;
        amend(&db, 600, Deed::Replaces, true, NOW).await;
        assert_eq!(look(&db, NOW).await, Some(1));
        assert_eq!(look(&db, NOW).await, Some(0), "the last delivery");
        assert_eq!(look(&db, NOW).await, None, "no more to do now");
        // One comes back unsent: it stays unsent.
        database
            .execute(
                "UPDATE outbox SET state = 'queued' WHERE resident_id = 4 AND broadcast_id = 500",
            )
            .await;
        send(&db, broadcast(700)).await;
        assert_eq!(look(&db, NOW).await, Some(3), "another broadcast goes on");
        while look(&db, NOW).await.is_some() {}
        assert_eq!(look(&db, NOW + 1_000).await, Some(0), "still under way");
        arrive(&database, "broadcast_id = 500").await;
        let later = NOW + 2_000;
        assert_eq!(look(&db, later).await, Some(2));
        assert_eq!(look(&db, later + 1_000).await, None, "done");
        let expected = [
            "1 queued 6002 replaces m1",
            "2 queued 6001 replaces m2",
            "3 queued 6002 replaces m3",
        ];
        assert_eq!(rows(&database, 600).await, expected);
        assert_eq!(rows(&database, 500).await[3], "4 failed 5001");
    })
    .await;
}

#[tokio::test]
async fn the_newest_amendment_has_the_last_word() {
    on_each_database(async |database| {
        let db = reached(&database).await;
        arrive(&database, "resident_id < 3").await;
        // One is still with its sender when both amendments are made.
        database
            .execute("UPDATE outbox SET state = 'sending' WHERE resident_id = 4")
            .await;
        amend(&db, 600, Deed::Replaces, false, NOW).await;
        while look(&db, NOW).await.is_some() {}
        // The first edit of one message is unclear, that of another hasn't left.
        database
            .execute(
                "UPDATE outbox SET state = 'ambiguous', doubts = 1 \
                 WHERE resident_id = 1 AND broadcast_id = 600",
            )
            .await;
        amend(&db, 601, Deed::Replaces, true, NOW).await;
        while look(&db, NOW).await.is_some() {}
        let expected = ["1 ambiguous 6002 replaces m1", "2 failed 6001 replaces m2"];
        assert_eq!(rows(&database, 600).await, expected);
        let expected = ["2 queued 6011 replaces m2"];
        assert_eq!(rows(&database, 601).await, expected);
        arrive(&database, "broadcast_id < 601").await;
        while look(&db, NOW + 1_000).await.is_some() {}
        let expected = [
            "2 queued 6011 replaces m2",
            "1 queued 6012 replaces m1",
            "4 queued 6011 replaces m4",
        ];
        assert_eq!(rows(&database, 601).await, expected);
        assert_eq!(look(&db, NOW + 9_000).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_result_waits_out_the_night_and_an_edit_does_not() {
    for (deed, held) in [(Deed::Ends, true), (Deed::Replaces, false)] {
        on_each_database(async |database| {
            let db = tables(&database).await;
            let sleeper = Resident {
                status: Status::Active,
                ..resident(1)
            };
            move_in(&db, &[sleeper]).await;
            send(&db, broadcast(500)).await;
            expand(&db, 0).await;
            arrive(&database, "1 = 1").await;
            database
                .execute("UPDATE resident SET quiet_from = 1320, quiet_to = 420")
                .await;
            amend(&db, 600, deed, true, NOW).await;
            expand(&db, 0).await;
            let waits =
                format!("SELECT (due_at - {NOW}) / 60000 FROM outbox WHERE broadcast_id = 600");
            assert_eq!(database.number(&waits).await, if held { 420 } else { 0 });
            let lane = "SELECT lane FROM outbox WHERE broadcast_id = 600";
            assert_eq!(database.number(lane).await, Lane::Notice.rank());
        })
        .await;
    }
}
