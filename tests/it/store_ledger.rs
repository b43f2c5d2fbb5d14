//! The ledger of outgoing messages and the list of handled events, on both databases.

use std::collections::HashSet;
use std::time::Duration;

use turvabot::domain::{ChannelKind, Chat, DeliveryState, Inbound, Input, Lane, Millis};
use turvabot::store::deliveries;
use turvabot::store::outbox::{self, Claim, NewRow, Settlement};
use turvabot::store::{Db, inbox};

use crate::support::database::{Database, on_each_database};

const NOW: Millis = 1_800_000_000_000;
const LEASE: Duration = Duration::from_secs(300);

/// The tables, and a pool for the test.
async fn tables(database: &Database) -> Db {
    let db = Db::open(&database.url).await.expect("a database");
    db.migrate().await.expect("tables");
    db
}

fn row(id: i64, lane: Lane) -> NewRow {
    NewRow {
        id,
        channel: ChannelKind::Telegram,
        lane,
        state: DeliveryState::Queued,
        due_at: NOW,
        resident_id: id,
        address: id.to_string(),
        rendering_id: None,
        message: Some("{\"text\":\"t\",\"buttons\":[]}".into()),
        relation: None,
        cause: None,
        tried_at: None,
        expires_at: NOW + 3_600_000,
        settled_at: None,
    }
}

async fn insert(db: &Db, rows: &[NewRow]) {
    let mut tx = db.write().await.expect("a transaction");
    outbox::insert(&mut tx, rows).await.expect("rows");
    tx.commit().await.expect("a commit");
}

fn claim(lane: Lane, now: Millis, limit: usize) -> Claim {
    Claim {
        channel: ChannelKind::Telegram,
        lane,
        now,
        lease: LEASE,
        limit,
    }
}

/// Claims in a transaction of its own; returns the numbers.
async fn claimed(db: &Db, claim: Claim) -> Vec<i64> {
    let mut tx = db.write().await.expect("a transaction");
    let rows = outbox::claim(&mut tx, claim).await.expect("a claim");
    tx.commit().await.expect("a commit");
    rows.iter().map(|row| row.id).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_claimers_at_once_never_get_the_same_row() {
    const ROWS: i64 = 300;
    on_each_database(async |database| {
        let db = tables(&database).await;
        let rows: Vec<_> = (1..=ROWS).map(|id| row(id, Lane::Notice)).collect();
        insert(&db, &rows).await;
        let claimers = (0..6).map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut mine = Vec::new();
                loop {
                    mine.extend(claimed(&db, claim(Lane::Notice, NOW, 7)).await);
                    let mut conn = db.read().await.expect("a connection");
                    let left = deliveries::counts(&mut conn, None).await.expect("counts");
                    if left.iter().all(|count| count.state != "queued") {
                        return mine;
                    }
                }
            })
        });
        let mut all = Vec::new();
        for claimer in claimers.collect::<Vec<_>>() {
            all.extend(claimer.await.expect("a claimer"));
        }
        assert_eq!(
            all.len(),
            all.iter().collect::<HashSet<_>>().len(),
            "no row twice"
        );
        all.sort_unstable();
        assert_eq!(all, (1..=ROWS).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn rows_are_claimed_oldest_first_within_their_lane_and_only_when_due() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let mut later = row(1, Lane::Notice);
        later.due_at = NOW + 1;
        let mut older = row(5, Lane::Notice);
        older.due_at = NOW - 10;
        let mut other = row(4, Lane::Alert);
        other.due_at = NOW - 20;
        insert(
            &db,
            &[
                later,
                row(2, Lane::Notice),
                row(3, Lane::Notice),
                other,
                older,
            ],
        )
        .await;
        assert_eq!(claimed(&db, claim(Lane::Notice, NOW, 2)).await, [2, 5]);
        assert_eq!(claimed(&db, claim(Lane::Notice, NOW, 9)).await, [3]);
        assert_eq!(claimed(&db, claim(Lane::Notice, NOW + 1, 9)).await, [1]);
        assert_eq!(claimed(&db, claim(Lane::Alert, NOW, 9)).await, [4]);
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_runs_out_gives_the_row_again_with_a_doubt() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        insert(&db, &[row(1, Lane::Reply)]).await;
        let doubts = || database.number("SELECT doubts * 100 + attempts FROM outbox");
        assert_eq!(claimed(&db, claim(Lane::Reply, NOW, 9)).await, [1]);
        assert_eq!(doubts().await, 1, "no doubt, one attempt");
        let end = NOW + i64::try_from(LEASE.as_millis()).expect("a lease");
        assert!(
            claimed(&db, claim(Lane::Reply, end - 1, 9))
                .await
                .is_empty()
        );
        assert_eq!(claimed(&db, claim(Lane::Reply, end, 9)).await, [1]);
        assert_eq!(doubts().await, 102, "one doubt, two attempts");
    })
    .await;
}

#[tokio::test]
async fn rows_left_by_a_run_that_ended_are_doubtful_and_sent_again_only_if_so_set() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let rows: Vec<_> = (1..)
            .zip(Lane::ALL)
            .map(|(id, lane)| row(id, lane))
            .collect();
        insert(&db, &rows).await;
        insert(&db, &[row(9, Lane::Alert)]).await;
        for lane in Lane::ALL {
            claimed(&db, claim(lane, NOW, 1)).await;
        }
        let mut tx = db.write().await.expect("a transaction");
        let resend = [Lane::Alert, Lane::Reply];
        let found = outbox::recover(&mut tx, &resend, &[], NOW + 5)
            .await
            .expect("rows");
        tx.commit().await.expect("a commit");
        assert_eq!(found, 4, "the row that nobody had is left alone");
        let ambiguous = "SELECT COUNT(*) FROM outbox WHERE state = 'ambiguous' AND doubts = 1 \
                         AND reason = 'interrupted'";
        assert_eq!(database.number(ambiguous).await, 4);
        let settled =
            "SELECT CAST(id AS TEXT) FROM outbox WHERE settled_at IS NOT NULL ORDER BY id";
        assert_eq!(database.texts(settled).await, ["3", "4"]);
        assert_eq!(claimed(&db, claim(Lane::Alert, NOW + 5, 9)).await, [1, 9]);
        assert_eq!(claimed(&db, claim(Lane::Reply, NOW + 5, 9)).await, [2]);
        assert!(claimed(&db, claim(Lane::Poll, NOW + 5, 9)).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_came_too_late_fails_and_loses_its_words_but_what_is_being_sent_does_not() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let soon = |id| NewRow {
            expires_at: NOW + 10,
            ..row(id, Lane::Notice)
        };
        insert(&db, &[soon(1), soon(2), row(3, Lane::Notice)]).await;
        assert_eq!(claimed(&db, claim(Lane::Notice, NOW, 1)).await, [1]);
        let later = NOW + 10;
        let mut tx = db.write().await.expect("a transaction");
        assert_eq!(outbox::expire(&mut tx, later).await.expect("rows"), 1);
        tx.commit().await.expect("a commit");
        let failed = "SELECT CAST(id AS TEXT) FROM outbox \
                      WHERE state = 'failed' AND reason = 'expired' AND message IS NULL";
        assert_eq!(database.texts(failed).await, ["2"]);
        assert_eq!(claimed(&db, claim(Lane::Notice, later, 9)).await, [3]);
    })
    .await;
}

#[tokio::test]
async fn what_is_settled_is_settled_once_and_keeps_no_words() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        insert(&db, &[row(1, Lane::Reply)]).await;
        claimed(&db, claim(Lane::Reply, NOW, 1)).await;
        let settlement = |state, at| Settlement {
            id: 1,
            state,
            due_at: NOW,
            external_id: Some("77".into()),
            reason: None,
            settled_at: Some(at),
            unspent: false,
            certain: false,
        };
        let settle = async |settlement| {
            let mut tx = db.write().await.expect("a transaction");
            let settled = outbox::settle(&mut tx, &[settlement]).await.expect("rows");
            tx.commit().await.expect("a commit");
            settled
        };
        assert_eq!(settle(settlement(DeliveryState::Sent, NOW + 1)).await, 1);
        assert_eq!(settle(settlement(DeliveryState::Failed, NOW + 2)).await, 0);
        let sent = "SELECT COUNT(*) FROM outbox \
                    WHERE state = 'sent' AND message IS NULL AND settled_at = 1800000000001";
        assert_eq!(database.number(sent).await, 1);
        assert!(
            claimed(&db, claim(Lane::Reply, NOW * 2, 9))
                .await
                .is_empty()
        );
    })
    .await;
}

fn event(channel: ChannelKind, id: &str) -> Inbound {
    Inbound {
        channel,
        address: "1".into(),
        external_id: id.into(),
        chat: Chat::Direct,
        lang_hint: None,
        input: Input::Text("moi".into()),
        on_message: None,
        message: None,
        thread: None,
        received_at: NOW,
    }
}

#[tokio::test]
async fn an_event_that_comes_again_is_known_within_a_batch_and_after_it() {
    on_each_database(async |database| {
        let db = tables(&database).await;
        let insert = async |events: &[&Inbound]| {
            let mut tx = db.write().await.expect("a transaction");
            let new = inbox::insert(&mut tx, events).await.expect("events");
            tx.commit().await.expect("a commit");
            let mut new: Vec<_> = new.into_iter().map(|(c, id)| format!("{c} {id}")).collect();
            new.sort();
            new
        };
        let (a, b) = (
            event(ChannelKind::Telegram, "a"),
            event(ChannelKind::Telegram, "b"),
        );
        let elsewhere = event(ChannelKind::Web, "a");
        assert_eq!(
            insert(&[&a, &a, &b, &a]).await,
            ["telegram a", "telegram b"]
        );
        assert_eq!(insert(&[&b, &elsewhere, &a]).await, ["web a"]);
        assert!(insert(&[&a, &b, &elsewhere]).await.is_empty());
        // Many at once are written in statements of several sizes.
        let many: Vec<_> = (0..200)
            .map(|n| event(ChannelKind::Telegram, &(n % 90).to_string()))
            .collect();
        assert_eq!(insert(&many.iter().collect::<Vec<_>>()).await.len(), 90);
    })
    .await;
}
