//! Processes that end with the bench: the bot, and copies of the bench that play the other end.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::machine;

/// Longer than any load takes.
const PATIENCE: Duration = Duration::from_secs(700);

/// Which of the two cores a process is kept to.
#[derive(Clone, Copy)]
pub enum Core {
    Bot,
    Simulator,
}

/// A process; killed when dropped.
pub struct Running(Child);

impl Running {
    pub fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Panics with the log if the process has ended.
    pub fn expect_alive(&mut self, log: &Path) {
        if let Ok(Some(status)) = self.0.try_wait() {
            let log = std::fs::read_to_string(log).unwrap_or_default();
            panic!("a process of the bench ended with {status}:\n{log}");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command, kept to a core where the system can do that.
fn command(program: impl AsRef<OsStr>, core: Core) -> Command {
    let cores = machine::cores();
    if !machine::can_pin() {
        return Command::new(program);
    }
    let place = match core {
        Core::Bot => cores[0],
        Core::Simulator => cores[1],
    };
    // It replaces itself with the program, so that the process is the program's own.
    let mut command = Command::new("taskset");
    command.arg("-c").arg(place.to_string()).arg(program);
    command
}

/// A copy of this bench in another role. It ends by itself when this process is gone.
pub fn copy(args: &[&str], core: Core) -> (Running, String) {
    let me = std::env::current_exe().expect("the path of this program");
    let mut child = command(me, core)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("a copy of the bench starts");
    let stdout = child.stdout.take().expect("a pipe");
    let mut line = String::new();
    let running = Running(child);
    BufReader::new(stdout)
        .read_line(&mut line)
        .expect("a line from the copy");
    (running, line)
}

/// In a copy: ends the process when the one that started it is gone.
pub fn end_with_parent() {
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
}

/// A simulator in a process of its own.
pub struct Simulator {
    _process: Running,
    pub url: String,
    pub token: String,
    client: reqwest::Client,
}

impl Simulator {
    /// Starts one; private messages are kept only on demand.
    pub fn start(keep_messages: bool) -> Self {
        let keep = if keep_messages { "keep" } else { "forget" };
        let (process, line) = copy(&["--as-simulator", keep], Core::Simulator);
        let started: Value = serde_json::from_str(&line).expect("JSON from the simulator");
        let text = |key: &str| started[key].as_str().expect("a text").to_owned();
        Self {
            _process: process,
            url: text("url"),
            token: text("token"),
            client: reqwest::Client::new(),
        }
    }

    /// One control request below `/sim/`.
    pub async fn control(&self, path: &str, args: &Value) -> Value {
        let request = self
            .client
            .post(format!("{}/sim/{path}", self.url))
            .timeout(PATIENCE)
            .json(args);
        let response = request.send().await.expect("the simulator answers");
        let mut answer: Value = response.json().await.expect("JSON from the simulator");
        assert_eq!(answer["ok"], true, "the simulator refused {path}: {answer}");
        answer["result"].take()
    }
}

/// An installation in a temporary folder, empty but for residents.
pub struct Home {
    folder: tempfile::TempDir,
}

impl Home {
    /// An installation for a simulator. The folder is beside the build, because a temporary one may
    /// be in memory, where commits cost nothing.
    pub fn new(simulator: &Simulator) -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
        let home = Self { folder };
        let settings = format!(
            r#"
            [municipality]
            code = "049"
            name_fi = "Espoo"
            name_sv = "Esbo"
            [database]
            url = "sqlite://turvabot.sqlite"
            [web]
            listen = "127.0.0.1:0"
            [log]
            level = "warn"
            [telegram]
            api_url = "{}/"
            token = "{}"
            messages_per_second = 0
            messages_per_second_per_chat = 1000
            messages_per_minute_per_group = 60000
            "#,
            simulator.url, simulator.token
        );
        std::fs::write(home.config(), settings).expect("a file");
        home
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("turvabot.toml")
    }

    fn program(&self, core: Core) -> Command {
        let mut program = command(env!("CARGO_BIN_EXE_turvabot"), core);
        program
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
            .stdin(Stdio::null());
        program
    }

    /// Runs a command of the bot and returns its answer.
    pub fn cli(&self, args: &[&str]) -> Value {
        let mut program = self.program(Core::Simulator);
        program.args(args).arg("--json");
        let said = program.arg("--config").arg(self.config()).output();
        let said = said.expect("the program runs");
        let complaint = String::from_utf8_lossy(&said.stderr);
        assert!(said.status.success(), "{args:?} failed: {complaint}");
        serde_json::from_slice(&said.stdout).expect("JSON from the program")
    }

    /// Starts the bot and waits until it asks for updates.
    pub async fn serve(&self, simulator: &Simulator) -> Bot {
        let log = self.folder.path().join("log");
        let file = std::fs::File::create(&log).expect("a file");
        let child = self
            .program(Core::Bot)
            .args([OsStr::new("serve"), OsStr::new("--config")])
            .arg(self.config())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .expect("the bot starts");
        let mut bot = Bot {
            process: Running(child),
            log,
        };
        // The last call before the first long poll, which counts only once it is answered.
        let asks = json!({"timeout_ms": 60_000, "method": "deleteWebhook", "calls": 1});
        let ready = simulator.control("wait", &asks);
        tokio::pin!(ready);
        loop {
            tokio::select! {
                _ = &mut ready => return bot,
                () = tokio::time::sleep(Duration::from_millis(100)) => bot.expect_alive(),
            }
        }
    }
}

/// A running bot.
pub struct Bot {
    process: Running,
    log: PathBuf,
}

impl Bot {
    /// User and system time so far, in seconds.
    pub fn cpu_s(&self) -> Option<f64> {
        machine::cpu_s(self.process.pid())
    }

    /// The most memory held so far, in megabytes.
    pub fn peak_mb(&self) -> Option<f64> {
        machine::peak_mb(self.process.pid())
    }

    /// Panics with the log if the bot has ended.
    pub fn expect_alive(&mut self) {
        self.process.expect_alive(&self.log);
    }
}
