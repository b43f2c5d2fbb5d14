//! Public rooms of the municipality in the ledger, on both databases.

use turvabot::domain::{ChannelKind, Lane};
use turvabot::store::broadcasts::NewBroadcast;
use turvabot::store::{Db, residents};

use crate::store_expansion::{broadcast, expand, send, tables};
use crate::support::database::{Database, on_each_database};
use crate::support::words::lang;

const MATRIX: ChannelKind = ChannelKind::Matrix;

async fn put(db: &Db, address: &str, code: &str, topics: &[&str], areas: &[&str]) {
    let all = |words: &[&str]| {
        words
            .iter()
            .map(|&word| word.to_owned())
            .collect::<Vec<_>>()
    };
    let mut tx = db.write().await.expect("a transaction");
    residents::put_public(
        &mut tx,
        MATRIX,
        address,
        lang(code),
        &all(topics),
        &all(areas),
    )
    .await
    .expect("a room");
    tx.commit().await.expect("a commit");
}

/// The rooms that a broadcast goes to.
async fn reached(database: &Database, broadcast: i64) -> Vec<String> {
    let rows = format!(
        "SELECT o.address || ' ' || g.lang FROM outbox o JOIN rendering g \
         ON g.id = o.rendering_id WHERE o.broadcast_id = {broadcast} ORDER BY o.address"
    );
    database.texts(&rows).await
}

#[tokio::test]
async fn a_public_room_gets_the_notices_of_its_topics_and_areas_in_its_language() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        put(&db, "!all", "fi", &[], &[]).await;
        put(&db, "!fire", "sv", &["fire"], &[]).await;
        put(&db, "!harbour", "fi", &[], &["satama"]).await;
        put(&db, "!water", "sv", &["water"], &[]).await;
        let notice = |id, topic: Option<&str>, area: Option<&str>| NewBroadcast {
            topic: topic.map(str::to_owned),
            area: area.map(str::to_owned),
            ..broadcast(id)
        };
        let cases = [
            (
                notice(500, Some("fire"), None),
                &["!all fi", "!fire sv", "!harbour fi"][..],
            ),
            (
                notice(501, Some("fire"), Some("koivula")),
                &["!all fi", "!fire sv"],
            ),
            (
                notice(502, None, None),
                &["!all fi", "!fire sv", "!harbour fi", "!water sv"],
            ),
            (
                NewBroadcast {
                    everyone: true,
                    lane: Lane::Alert,
                    ..notice(503, Some("weather"), Some("koivula"))
                },
                &["!all fi", "!fire sv", "!water sv"],
            ),
            (
                NewBroadcast {
                    notice_id: None,
                    poll_id: Some(504),
                    ..notice(504, None, None)
                },
                &[],
            ),
        ];
        for (one, expected) in cases {
            let id = one.id;
            send(&db, one).await;
            expand(&db, 0).await;
            assert_eq!(reached(&database, id).await, expected, "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_public_room_follows_its_settings_and_goes_with_them() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        put(&db, "!a", "fi", &["fire"], &[]).await;
        put(&db, "!b", "fi", &[], &[]).await;
        database
            .execute("UPDATE resident SET status = 'gone', quiet_from = 0, quiet_to = 1439")
            .await;
        put(&db, "!a", "sv", &["water"], &[]).await;
        send(&db, broadcast(500)).await;
        expand(&db, 60).await;
        assert!(reached(&database, 500).await.is_empty());
        put(&db, "!a", "sv", &[], &[]).await;
        send(&db, broadcast(501)).await;
        expand(&db, 60).await;
        assert_eq!(reached(&database, 501).await, ["!a sv"]);
        let held = "SELECT COUNT(*) FROM outbox WHERE due_at > 1800000000000";
        assert_eq!(database.number(held).await, 0, "a room doesn't sleep");
        let mut tx = db.write().await.expect("a transaction");
        let keep = ["!a".to_owned()];
        let gone = residents::retire_public(&mut tx, MATRIX, &keep).await;
        assert_eq!(gone.expect("rooms"), 1);
        tx.commit().await.expect("a commit");
        let left = "SELECT address FROM resident";
        assert_eq!(database.texts(left).await, ["!a"]);
    })
    .await;
}
