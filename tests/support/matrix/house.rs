//! The process that holds the residents' clients.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::super::wait::in_time;
use super::said::Said;
use super::tools;

/// A resident's client was told no.
#[derive(Debug)]
pub struct Refusal {
    /// Matrix' code, such as `M_LIMIT_EXCEEDED`.
    pub errcode: String,
    /// How long the homeserver asks to wait.
    pub retry_after_ms: Option<u64>,
    /// The whole answer.
    pub json: Value,
}

/// The process with the residents' clients; ends when dropped or with the tests.
pub struct House {
    child: Mutex<Child>,
    orders: Mutex<Option<ChildStdin>>,
    next: AtomicU64,
    told: Arc<Told>,
}

/// What the process has told so far.
#[derive(Default)]
struct Told {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Value>>>,
    seen: Mutex<HashMap<String, Vec<Said>>>,
}

impl House {
    /// Starts the process, for a homeserver.
    pub async fn start(server: &str) -> Self {
        let mut child = tools::start("resident.py", server).await;
        let orders = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        let told = Arc::<Told>::default();
        let listener = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line}"));
                listener.take(line);
            }
            // Whoever waits for an answer now gets none.
            hold(&listener.waiting).clear();
        });
        Self {
            child: Mutex::new(child),
            orders: Mutex::new(orders),
            next: AtomicU64::new(1),
            told,
        }
    }

    /// Makes a resident do something. Fields that are null are left out.
    pub async fn order(&self, who: &str, deed: &str, mut order: Value) -> Result<Value, Refusal> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let fields = order.as_object_mut().expect("fields");
        fields.retain(|_, value| !value.is_null());
        fields.extend([
            ("id".to_owned(), json!(id)),
            ("who".to_owned(), json!(who)),
            ("do".to_owned(), json!(deed)),
        ]);
        let (answer, answered) = oneshot::channel();
        hold(&self.told.waiting).insert(id, answer);
        if let Some(orders) = hold(&self.orders).as_mut() {
            let line = format!("{order}\n");
            orders.write_all(line.as_bytes()).expect("a process");
        }
        let what = format!("{who}: {deed}");
        let answer = in_time(&what, answered).await.expect("a living process");
        if let Some(refused) = answer.get("refused") {
            return Err(Refusal {
                errcode: refused["errcode"].as_str().unwrap_or_default().to_owned(),
                retry_after_ms: refused["retry_after_ms"].as_u64(),
                json: refused.clone(),
            });
        }
        let failed = answer["failed"].as_str();
        assert!(failed.is_none(), "{what}: {}", failed.unwrap_or_default());
        Ok(answer["ok"].clone())
    }

    /// Looks at what a resident's client has seen so far.
    pub fn seen<T>(&self, who: &str, look: impl FnOnce(&[Said]) -> T) -> T {
        look(hold(&self.told.seen).get(who).map_or(&[], Vec::as_slice))
    }
}

impl Told {
    fn take(&self, mut line: Value) {
        if let Some(id) = line["id"].as_u64() {
            if let Some(waiting) = hold(&self.waiting).remove(&id) {
                // Who waited may have given up.
                let _ = waiting.send(line);
            }
            return;
        }
        let who = line["who"].take();
        let who = who.as_str().expect("somebody").to_owned();
        hold(&self.seen)
            .entry(who)
            .or_default()
            .push(Said::new(line));
    }
}

impl Drop for House {
    fn drop(&mut self) {
        // The end of its input ends the process.
        hold(&self.orders).take();
        let _ = hold(&self.child).wait();
    }
}

fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
