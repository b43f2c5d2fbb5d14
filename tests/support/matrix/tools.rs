//! The Python environment with the homeserver and the client, made by `scripts/matrix-tools`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// The repository.
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Starts one of the programs beside this file, with pipes to talk through.
pub async fn start(program: &str, argument: &str) -> Child {
    let python = python().await;
    let program = Path::new(ROOT).join("tests/support/matrix").join(program);
    Command::new(python)
        // The repository isn't the place for compiled Python, and the user's settings for Python
        // are no concern of the tests.
        .arg("-BE")
        .arg(program)
        .arg(argument)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python starts")
}

/// The environment's Python; made when it is missing, once for all tests.
///
/// # Panics
///
/// When it can't be made: tests without a homeserver must not seem to pass.
async fn python() -> &'static Path {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let made = tokio::task::spawn_blocking(|| PYTHON.get_or_init(make)).await;
    match made.expect("a thread") {
        Ok(python) => python,
        Err(reason) => panic!("the Matrix tests lack their tools: {reason}"),
    }
}

fn make() -> Result<PathBuf, String> {
    let script = Path::new(ROOT).join("scripts/matrix-tools");
    let made = Command::new(&script)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", script.display()))?;
    if !made.status.success() {
        return Err(String::from_utf8_lossy(&made.stderr).into_owned());
    }
    let place = String::from_utf8_lossy(&made.stdout).trim().to_owned();
    Ok(Path::new(&place).join("bin/python"))
}
