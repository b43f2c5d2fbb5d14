//! An installation: settings, content and a database, and the commands run with them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::database::Database;
use super::wait::PATIENCE;

/// The repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What an ended command said.
#[derive(Debug)]
pub struct Ended {
    /// Whether it succeeded.
    pub success: bool,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ended {
    /// The JSON on standard output of a command that succeeded.
    pub fn json(&self) -> Value {
        assert!(self.success, "the command failed: {}", self.stderr);
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in {}", self.stdout))
    }

    /// The lines on standard error of a command that failed.
    pub fn faults(&self) -> Vec<&str> {
        assert!(!self.success, "the command succeeded: {}", self.stdout);
        self.stderr.lines().collect()
    }
}

/// An installation in a temporary folder.
pub struct Home {
    folder: TempDir,
    /// The settings that are in the file.
    pub settings: toml::Table,
    /// The database.
    pub database: Database,
}

impl Home {
    /// A few answers, the demo's municipality, and settings for a server on any free port.
    pub fn new(database: Database) -> Self {
        Self::with(database, |_| {})
    }

    /// The same with all answers shipped, which takes a moment at every start.
    pub fn shipped(database: Database) -> Self {
        let home = Self::new(database);
        copy(&Path::new(ROOT).join("content"), &home.path("content"));
        home
    }

    /// The same, with the settings changed.
    pub fn with(database: Database, change: impl FnOnce(&mut toml::Table)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut settings = settings(&database.url);
        change(&mut settings);
        few_answers(&folder.path().join("content"));
        let home = Self {
            folder,
            settings,
            database,
        };
        home.write("turvabot.toml", &home.settings.to_string());
        home
    }

    /// The path of a file of the installation.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of the installation, and returns its path.
    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    /// The path of the settings.
    pub fn config(&self) -> String {
        self.path("turvabot.toml").display().to_string()
    }

    /// Runs a command with `--config` and returns what it said.
    pub async fn cli(&self, args: &[&str]) -> Ended {
        let config = self.config();
        let args: Vec<&str> = args.iter().copied().chain(["--config", &config]).collect();
        run(&args).await
    }

    /// Runs a command with `--json` and returns its answer.
    pub async fn json(&self, args: &[&str]) -> Value {
        let args: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        self.cli(&args).await.json()
    }
}

/// The program with the test's environment only.
pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_turvabot"));
    program
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH" || name == "LLVM_PROFILE_FILE"))
        .stdin(Stdio::null());
    program
}

/// Runs the program to its end; one that doesn't end is killed.
pub async fn run(args: &[&str]) -> Ended {
    let child = program()
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let id = child.id();
    let ending = tokio::task::spawn_blocking(move || child.wait_with_output());
    let Ok(ended) = tokio::time::timeout(PATIENCE, ending).await else {
        signal(id, "KILL");
        panic!("waited in vain for the end of: {}", args.join(" "));
    };
    let ended = ended.expect("a thread").expect("what it said");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ended {
        success: ended.status.success(),
        stdout: text(ended.stdout),
        stderr: text(ended.stderr),
    }
}

/// Sends a signal by its name. The shell's own command does it: in Rust it takes unsafe code.
pub fn signal(process: u32, name: &str) {
    let sent = Command::new("sh")
        .args(["-c", "kill -s \"$1\" \"$2\"", "sh", name])
        .arg(process.to_string())
        .status();
    assert!(sent.expect("a shell").success(), "the signal is sent");
}

fn settings(url: &str) -> toml::Table {
    let text = format!(
        r#"
        [municipality]
        code = "049"
        name_fi = "Espoo"
        name_sv = "Esbo"
        [database]
        url = "{url}"
        [web]
        listen = "127.0.0.1:0"
        [content]
        dir = "content"
        [log]
        format = "json"
        "#
    );
    text.parse().expect("settings")
}

/// Three answers about one matter, and all that isn't answers.
fn few_answers(to: &Path) {
    let shipped = Path::new(ROOT).join("content");
    copy(&shipped.join("demo"), &to.join("demo"));
    std::fs::create_dir_all(to.join("answers/fire")).expect("a folder");
    for name in [
        "authorities.toml",
        "topics.toml",
        "triage.toml",
        "answers/fire/smoke-alarm-test.toml",
        "answers/fire/smoke-alarm-number.toml",
        "answers/fire/smoke-alarm-responsibility.toml",
    ] {
        std::fs::copy(shipped.join(name), to.join(name)).expect("a copy");
    }
    let demo = shipped.join("demo/municipality.toml");
    std::fs::copy(demo, to.join("municipality.toml")).expect("a copy");
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
