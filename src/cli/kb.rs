//! `turvabot kb`.

use std::io::BufRead as _;
use std::path::PathBuf;

use clap::Subcommand;
use serde_json::json;

use super::{Common, measure, print_json, refuse, triage};
use crate::app::KNOWLEDGE_VERSION;
use crate::store::entries::{self, Imported};
use crate::store::{feedback, gaps, settings};

/// Longest id, so that its button fits on every channel.
const ID_BYTES: usize = 40;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add entries: lines of {"id","lang","topic","question","answer"}
    Import {
        /// The file, one JSON object per line
        file: PathBuf,
        #[command(flatten)]
        common: Common,
    },
    /// Answer questions from files alone, for measuring
    Run(measure::Run),
    /// How well labelled questions are answered
    Eval(measure::Eval),
    /// Thresholds from labelled questions, written to a file for review
    Calibrate(measure::Calibrate),
    /// Answers to be reviewed: those no longer given first, then the most overdue
    Due {
        #[command(flatten)]
        common: Common,
    },
    /// How well emergencies are told from what only reads like them
    Triage(triage::Triage),
    /// How often residents said that an answer helped, those that helped least first
    Feedback {
        #[command(flatten)]
        common: Common,
    },
    /// Questions that got no answer, most asked first
    Gaps {
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Import { file, common } => import(&file, &common).await,
        Command::Run(run) => measure::run(&run),
        Command::Eval(eval) => measure::eval(&eval),
        Command::Calibrate(calibrate) => measure::calibrate(&calibrate),
        Command::Due { common } => due(&common),
        Command::Triage(triage) => triage::run(&triage),
        Command::Feedback { common } => feedback(&common).await,
        Command::Gaps { common } => gaps(&common).await,
    }
}

async fn import(file: &std::path::Path, common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    let entries = parse(file, &app.locales)?;
    let mut tx = db.write().await?;
    entries::put(&mut tx, &entries).await?;
    let version = app.clock.now().to_string();
    settings::put(&mut tx, KNOWLEDGE_VERSION, &version).await?;
    tx.commit().await?;
    db.close().await;
    if common.json {
        print_json(&json!({ "imported": entries.len() }))
    } else {
        println!(
            "{} texts imported; a running server answers with them now.",
            entries.len()
        );
        Ok(())
    }
}

/// The entries of a file, or all its faults.
fn parse(
    file: &std::path::Path,
    locales: &crate::locale::Locales,
) -> anyhow::Result<Vec<Imported>> {
    let place = file.display();
    let open = std::fs::File::open(file)
        .map_err(|error| anyhow::anyhow!("{place}: cannot be read: {error}"))?;
    let mut found: Vec<Imported> = Vec::new();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(std::io::BufReader::new(open).lines()) {
        let line = line.map_err(|error| anyhow::anyhow!("{place}:{number}: {error}"))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Imported>(&line) {
            Ok(entry) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                if entry.id.is_empty() || entry.id.len() > ID_BYTES || !entry.id.chars().all(plain)
                {
                    faults.push(format!(
                        "{place}:{number}: id \"{}\": use 1 to {ID_BYTES} letters, digits, - and _",
                        entry.id
                    ));
                } else if !locales.serves(entry.lang) {
                    faults.push(format!(
                        "{place}:{number}: lang \"{}\" is not served; write fi or sv",
                        entry.lang
                    ));
                } else if entry.question.trim().is_empty() || entry.answer.trim().is_empty() {
                    faults.push(format!(
                        "{place}:{number}: question and answer must have words"
                    ));
                } else {
                    found.push(entry);
                }
            }
            Err(error) => faults.push(format!("{place}:{number}: {error}")),
        }
    }
    // The last line of an id and language stands; a statement can't hold both.
    let mut last = std::collections::BTreeMap::new();
    for entry in found {
        last.insert((entry.id.clone(), entry.lang), entry);
    }
    refuse(faults)?;
    Ok(last.into_values().collect())
}

async fn gaps(common: &Common) -> anyhow::Result<()> {
    let (_, db) = common.open().await?;
    let gaps = gaps::list(&mut *db.read().await?).await?;
    db.close().await;
    if common.json {
        return print_json(&gaps);
    }
    if gaps.is_empty() {
        println!("Every question so far got an answer.");
    }
    for gap in gaps {
        println!(
            "{:>5} × [{}] {}  (last {})",
            gap.count, gap.lang, gap.question, gap.last_day
        );
    }
    Ok(())
}

/// Lists the answers whose review is due, those no longer given first, then by date.
fn due(common: &Common) -> anyhow::Result<()> {
    let app = common.app()?;
    let knowledge = app.shipped_knowledge()?;
    let now = app.clock.now();
    let today = app.locales.day(now);
    let mut due: Vec<_> = app
        .content
        .entries
        .iter()
        .map(|entry| (entry.review.to_string(), entry))
        .filter(|(review, _)| *review < today)
        .map(|(review, entry)| (knowledge.served(&entry.id, now).is_some(), review, entry))
        .collect();
    due.sort_by(|a, b| (a.0, &a.1, &a.2.id).cmp(&(b.0, &b.1, &b.2.id)));
    if common.json {
        let rows = due.iter().map(|(served, review, entry)| {
            json!({ "id": entry.id, "topic": entry.topic, "review": review, "served": served })
        });
        return print_json(&rows.collect::<Vec<_>>());
    }
    if due.is_empty() {
        println!("No answer is due for review.");
    }
    for (served, review, entry) in due {
        let state = if served { "given" } else { "NOT GIVEN" };
        println!("{review}  {state:<9}  {}/{}", entry.topic, entry.id);
    }
    Ok(())
}

async fn feedback(common: &Common) -> anyhow::Result<()> {
    let (_, db) = common.open().await?;
    let feedback = feedback::list(&mut *db.read().await?).await?;
    db.close().await;
    if common.json {
        return print_json(&feedback);
    }
    if feedback.is_empty() {
        println!("Nobody has said yet whether an answer helped.");
    }
    for one in feedback {
        println!(
            "{:>5} 👎 {:>5} 👍  [{}] {}",
            one.down, one.up, one.lang, one.entry
        );
    }
    Ok(())
}
