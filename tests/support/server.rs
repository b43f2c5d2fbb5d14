//! The real server, as a process of its own.

use std::io::{BufRead as _, BufReader};
use std::ops::Deref;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::database::Database;
use super::home::{Home, program, signal};
use super::wait::eventually;

/// What a process has written on standard error so far.
type Lines = Arc<Mutex<Vec<String>>>;

/// A running server; killed when dropped. Dereferences to its installation.
pub struct TestServer {
    home: Home,
    process: Process,
    /// Where it listens, such as `127.0.0.1:40001`.
    pub address: String,
}

/// A process whose standard error is read along.
struct Process {
    child: Child,
    lines: Lines,
}

impl TestServer {
    /// Starts a server with an empty database and a few answers.
    pub async fn start(database: Database) -> Self {
        Self::serve(Home::new(database)).await
    }

    /// Starts a server with an empty database and all answers shipped.
    pub async fn shipped(database: Database) -> Self {
        Self::serve(Home::shipped(database)).await
    }

    /// Starts a server of an installation.
    pub async fn serve(home: Home) -> Self {
        let process = Process::start(&["serve", "--config", &home.config()]);
        let address = process.address().await;
        Self {
            home,
            process,
            address,
        }
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.process.child.id()
    }

    /// What the server has written to its log so far.
    pub fn log(&self) -> Vec<String> {
        self.process.lines()
    }

    /// Asks the server to stop.
    pub fn terminate(&self) {
        signal(self.process.child.id(), "TERM");
    }

    /// Waits until the server has ended, and returns how.
    pub async fn ended(&mut self) -> ExitStatus {
        let process = &mut self.process;
        eventually("the server ends", async || {
            process.child.try_wait().expect("a process")
        })
        .await
    }

    /// Stops the server in order. The installation can be served again.
    pub async fn stop(self) -> Home {
        self.terminate();
        self.stopped().await
    }

    /// Waits for the end of a server that was asked to stop.
    pub async fn stopped(mut self) -> Home {
        let status = self.ended().await;
        assert!(status.success(), "{status}: {:?}", self.log());
        self.home
    }

    /// Ends the server as a power cut would. The installation can be served again.
    pub async fn kill(mut self) -> Home {
        self.process.child.kill().expect("a process");
        self.ended().await;
        self.home
    }
}

impl Deref for TestServer {
    type Target = Home;

    fn deref(&self) -> &Home {
        &self.home
    }
}

impl Process {
    fn start(args: &[&str]) -> Self {
        let mut child = program()
            .args(args)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = Lines::default();
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let written = Arc::clone(&lines);
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                written
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
            }
        });
        Self { child, lines }
    }

    fn lines(&self) -> Vec<String> {
        let lines = self.lines.lock();
        lines.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Where the server listens, from its log.
    async fn address(&self) -> String {
        eventually("the server listens", async || {
            self.lines().iter().find_map(|line| {
                let line: Value = serde_json::from_str(line).ok()?;
                let fields = &line["fields"];
                (fields["message"] == "serving")
                    .then(|| fields["listen"].as_str())?
                    .map(str::to_owned)
            })
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.lines().join("\n"));
        }
    }
}
