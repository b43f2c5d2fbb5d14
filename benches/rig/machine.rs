//! What the numbers were measured on, and what Linux tells about a process.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};

/// Ticks of `/proc/PID/stat` in a second: `USER_HZ`, 100 on every architecture of today.
const TICKS: f64 = 100.0;

/// The machine as JSON.
pub fn describe(folder: &Path) -> Value {
    json!({
        "cores": cores().len(),
        "processor": processor(),
        "rustc": rustc(),
        "os": std::env::consts::OS,
        "load_at_start": load(),
        "disk_flush_ms": flush_ms(folder),
    })
}

fn processor() -> Option<String> {
    let info = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// How many processes wanted a core in the last minute: more than none makes the numbers worse.
fn load() -> Option<f64> {
    let load = std::fs::read_to_string("/proc/loadavg").ok()?;
    load.split(' ').next()?.parse().ok()
}

fn rustc() -> Option<String> {
    let said = Command::new("rustc").arg("--version").output().ok()?;
    Some(String::from_utf8(said.stdout).ok()?.trim().to_owned())
}

/// How long it takes until four kilobytes are on the disk: the floor under every commit.
fn flush_ms(folder: &Path) -> Option<f64> {
    let mut file = std::fs::File::create(folder.join("flush")).ok()?;
    let mut times = Vec::new();
    for _ in 0..20 {
        let start = Instant::now();
        file.write_all(&[7; 4096]).ok()?;
        file.sync_data().ok()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_unstable_by(f64::total_cmp);
    Some((times[times.len() / 2] * 1000.0).round() / 1000.0)
}

/// Cores that this process may use; empty where the system doesn't say.
pub fn cores() -> Vec<usize> {
    let list = field("self", "Cpus_allowed_list:").unwrap_or_default();
    list.split(',')
        .filter_map(|part| {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            Some(first.trim().parse().ok()?..=last.trim().parse().ok()?)
        })
        .flatten()
        .collect()
}

/// Whether processes can be kept to a core.
pub fn can_pin() -> bool {
    cores().len() > 1 && Command::new("taskset").arg("--version").output().is_ok()
}

/// User and system time of a process in seconds.
pub fn cpu_s(pid: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses and may hold blanks.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some((next()? + next()?) / TICKS)
}

/// The most memory that a process held at once, in megabytes.
pub fn peak_mb(pid: u32) -> Option<f64> {
    megabytes(pid, "VmHWM:")
}

/// The memory that a process holds now, in megabytes.
#[allow(dead_code, reason = "not every bench asks for it")]
pub fn held_mb(pid: u32) -> Option<f64> {
    megabytes(pid, "VmRSS:")
}

fn megabytes(pid: u32, name: &str) -> Option<f64> {
    let size = field(&pid.to_string(), name)?;
    Some(size.trim_end_matches("kB").trim().parse::<f64>().ok()? / 1024.0)
}

fn field(pid: &str, name: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with(name))?;
    Some(line[name.len()..].trim().to_owned())
}
