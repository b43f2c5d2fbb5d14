//! What arrived in the chats, held against the ledger.

use std::collections::HashMap;
use std::ops::AddAssign;

use super::botapi::Simulator;
use super::database::Database;

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
pub struct Audit {
    /// Messages that should have arrived.
    pub wanted: i64,
    /// Messages beyond these.
    pub duplicates: i64,
    /// Attempts of which the ledger says that they may have arrived.
    pub doubts: i64,
}

impl AddAssign for Audit {
    fn add_assign(&mut self, other: Self) {
        self.wanted += other.wanted;
        self.duplicates += other.duplicates;
        self.doubts += other.doubts;
    }
}

/// Doubts and rows by address.
async fn ledger(database: &Database, which: &str) -> HashMap<i64, (i64, i64)> {
    let sql = format!(
        "SELECT address || ' ' || CAST(SUM(doubts) AS TEXT) || ' ' || CAST(COUNT(*) AS TEXT) \
         FROM outbox WHERE {which} GROUP BY address"
    );
    let rows = database.texts(&sql).await;
    rows.iter()
        .map(|row| {
            let numbers: Vec<i64> = row.split(' ').filter_map(|n| n.parse().ok()).collect();
            (numbers[0], (numbers[1], numbers[2]))
        })
        .collect()
}

/// Each of these chats has got what it should at least once, and more than once only as often as
/// the ledger doubted; `arrived` counts what a chat has got.
fn check(
    ledger: &HashMap<i64, (i64, i64)>,
    chats: impl Iterator<Item = i64>,
    arrived: impl Fn(i64) -> i64,
) -> Audit {
    let mut audit = Audit::default();
    for chat in chats {
        let (doubts, rows) = ledger.get(&chat).copied().unwrap_or_default();
        assert_eq!(rows, 1, "chat {chat} has one row in the ledger");
        let arrived = arrived(chat);
        assert!(arrived >= 1, "nothing is lost on the way to chat {chat}");
        assert!(
            arrived - 1 <= doubts,
            "chat {chat} got it {arrived} times and the ledger doubted {doubts} times"
        );
        audit += Audit {
            wanted: 1,
            duplicates: arrived - 1,
            doubts,
        };
    }
    audit
}

fn containing(sim: &Simulator, chat: i64, words: &str) -> i64 {
    sim.read(|state| {
        let messages = state.bot_messages(chat);
        let found = messages.iter().filter(|m| m.plain.contains(words));
        i64::try_from(found.count()).expect("a count")
    })
}

/// Audits a notice, known by words in it, to chats with consecutive numbers.
pub async fn notice(
    sim: &Simulator,
    database: &Database,
    (id, words): (&str, &str),
    (first, count): (i64, i64),
) -> Audit {
    let which = format!("broadcast_id IN (SELECT id FROM broadcast WHERE notice_id = {id})");
    let ledger = ledger(database, &which).await;
    assert_eq!(ledger.len(), usize::try_from(count).expect("a count"));
    check(&ledger, first..first + count, |chat| {
        containing(sim, chat, words)
    })
}

/// Audits the answers in chats that asked one question each; the words are in the answer.
pub async fn answers(sim: &Simulator, database: &Database, asked: &HashMap<i64, &str>) -> Audit {
    let ledger = ledger(database, "broadcast_id IS NULL").await;
    check(&ledger, asked.keys().copied(), |chat| {
        containing(sim, chat, asked[&chat])
    })
}
