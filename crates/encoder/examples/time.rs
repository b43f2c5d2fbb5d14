//! Times the encoder and says what memory it takes:
//!
//!     cargo run --release --example time -- FOLDER

use std::{path::PathBuf, time::Instant};
use turvabot_encoder::{Encoder, Kind};

const QUERIES: [&str; 8] = [
    "Milloin uimahalli on auki?",
    "Kadulla on kaatunut puu, mihin ilmoitan?",
    "Mistä saan väestönsuojan avaimen?",
    "Onko vesijohtovesi juomakelpoista?",
    "När öppnar simhallen?",
    "Var finns närmaste skyddsrum?",
    "Det har fallit ett träd på gatan",
    "Kan man dricka kranvattnet nu?",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::env::args_os()
        .nth(1)
        .map(PathBuf::from)
        .ok_or("usage: time FOLDER")?;
    let start = Instant::now();
    let encoder = Encoder::load(&dir)?;
    println!(
        "loaded in {:.1} s; {}",
        start.elapsed().as_secs_f64(),
        memory()
    );

    let page = "Kunnan väestönsuojat ja niiden avaimet. ".repeat(200);
    let paragraph = QUERIES.join(" ");
    let queries: Vec<String> = QUERIES.map(String::from).into();
    let million = vec!["ä".repeat(500_000)];
    for (name, rounds, texts) in [
        ("query", 40, queries),
        ("paragraph", 20, vec![paragraph]),
        ("512 tokens", 4, vec![page]),
        ("1 MB", 4, million),
    ] {
        let (mut times, mut cpus) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            for text in &texts {
                let (start, before) = (Instant::now(), cpu());
                std::hint::black_box(encoder.embed(Kind::Query, text));
                if round > 0 {
                    times.push(start.elapsed().as_secs_f64() * 1000.0);
                    cpus.push(cpu() - before);
                }
            }
        }
        let share = |sorted: &[f64], percent| sorted[sorted.len() * percent / 100];
        times.sort_by(f64::total_cmp);
        cpus.sort_by(f64::total_cmp);
        println!(
            "{name}: median {:.1} ms, p95 {:.1} ms; of CPU median {:.1} ms, p95 {:.1} ms; {}",
            share(&times, 50),
            share(&times, 95),
            share(&cpus, 50),
            share(&cpus, 95),
            memory()
        );
    }
    Ok(())
}

/// The memory and threads of this process, as Linux tells them.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = |name| {
        status
            .lines()
            .find_map(|l| l.strip_prefix(name))
            .map_or("?", str::trim)
            .to_owned()
    };
    format!(
        "resident {}, at most {}, {} threads",
        value("VmRSS:"),
        value("VmHWM:"),
        value("Threads:")
    )
}

/// The CPU time of all threads of this process in milliseconds, as Linux tells it. Unlike the time on the
/// clock, it doesn't grow when other programs want the core.
fn cpu() -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let spent = |task: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        stat.split_whitespace().next()?.parse::<f64>().ok()
    };
    tasks.filter_map(spent).sum::<f64>() / 1e6
}
