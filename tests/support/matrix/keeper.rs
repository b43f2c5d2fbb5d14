//! The process that keeps a homeserver and ends it with the tests, however those end.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout};
use std::sync::{Arc, Mutex, PoisonError};

use super::tools;

/// A homeserver's keeper. Dropping it kills the homeserver and removes its folder.
pub struct Keeper {
    line: Arc<Mutex<Line>>,
}

/// What the keeper is spoken to through.
struct Line {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Keeper {
    /// Takes the homeserver's folder.
    pub async fn new(folder: &Path) -> Self {
        let folder = folder.to_str().expect("a plain path");
        let mut child = tools::start("keeper.py", folder).await;
        let orders = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        let line = Line {
            child,
            orders,
            answers,
        };
        Self {
            line: Arc::new(Mutex::new(line)),
        }
    }

    /// Starts the homeserver and returns its process.
    pub async fn start(&self) -> u32 {
        let answer = self.order("start").await;
        let pid = answer.strip_prefix("started ").and_then(|n| n.parse().ok());
        pid.unwrap_or_else(|| panic!("the homeserver doesn't start: {answer:?}"))
    }

    /// Ends the homeserver with a signal.
    pub async fn stop(&self, signal: &str) {
        let answer = self.order(&format!("stop {signal}")).await;
        assert_eq!(answer, "stopped");
    }

    /// Whether the homeserver runs.
    pub async fn alive(&self) -> bool {
        self.order("alive").await == "yes"
    }

    async fn order(&self, order: &str) -> String {
        let line = Arc::clone(&self.line);
        let order = format!("{order}\n");
        let asking = tokio::task::spawn_blocking(move || {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            let orders = line.orders.as_mut().expect("a pipe");
            orders.write_all(order.as_bytes()).expect("a keeper");
            let mut answer = String::new();
            line.answers.read_line(&mut answer).expect("a keeper");
            answer.trim_end().to_owned()
        });
        asking.await.expect("a thread")
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // The end of its input ends the keeper, which first ends the homeserver.
        self.orders = None;
        let _ = self.child.wait();
    }
}
