//! `turvabot poll`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::content::{PollFile, bilingual, read};
use super::notice::print_standing;
use super::{Common, print_json, refuse};
use crate::domain::{Lang, Localized};
use crate::notices;
use crate::polls::{self, Draft};
use crate::store::polls as store;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Open a single-choice poll in both languages
    Open(Box<Open>),
    /// Close a poll: no vote counts any more, and no ballot leads to a voter
    Close {
        /// The poll's number
        id: i64,
        #[command(flatten)]
        common: Common,
    },
    /// The votes
    Results {
        /// The poll's number
        id: i64,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
pub(super) struct Open {
    /// Question in Finnish
    #[arg(long, conflicts_with = "file")]
    question_fi: Option<String>,
    /// Question in Swedish
    #[arg(long, conflicts_with = "file")]
    question_sv: Option<String>,
    /// An option: "Finnish|Swedish"; give it once per option
    #[arg(long = "option", conflicts_with = "file")]
    options: Vec<String>,
    /// Topic whose subscribers are asked
    #[arg(long, conflicts_with = "file")]
    topic: Option<String>,
    /// Area whose residents are asked
    #[arg(long, conflicts_with = "file")]
    area: Option<String>,
    /// A TOML file with topic, area, [fi] and [sv] question, [[option]] fi, sv
    #[arg(long)]
    file: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// The draft of a poll file.
pub(super) fn draft(file: PollFile) -> Draft {
    Draft {
        topic: file.topic,
        area: file.area,
        question: bilingual(
            file.fi.and_then(|text| text.question),
            file.sv.and_then(|text| text.question),
        ),
        options: file.option,
    }
}

fn option(text: &str) -> Localized {
    let (fi, sv) = match text.split_once('|') {
        Some((fi, sv)) => (fi, Some(sv)),
        None => (text, None),
    };
    [(Lang::FI, Some(fi)), (Lang::SV, sv)]
        .into_iter()
        .filter_map(|(lang, label)| Some((lang, label?.trim().to_owned())))
        .collect()
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Open(open) => self::open(*open).await,
        Command::Close { id, common } => close(id, &common).await,
        Command::Results { id, common } => results(id, &common).await,
    }
}

async fn open(open: Open) -> anyhow::Result<()> {
    let draft = match &open.file {
        Some(file) => draft(read(file)?),
        None => Draft {
            topic: open.topic,
            area: open.area,
            question: bilingual(open.question_fi, open.question_sv),
            options: open.options.iter().map(|text| option(text)).collect(),
        },
    };
    let (app, db) = open.common.open().await?;
    let desk = app.desk(&db).await?;
    refuse(draft.faults(app.sending(&desk, &db)))?;
    let mut tx = db.write().await?;
    let id = polls::open(&mut tx, draft, app.sending(&desk, &db)).await?;
    tx.commit().await?;
    db.close().await;
    if open.common.json {
        print_json(&json!({ "id": id }))
    } else {
        println!("Poll {id} is open; a running server asks its audience now.");
        println!("See the votes: turvabot poll results {id}");
        Ok(())
    }
}

async fn close(id: i64, common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    let desk = app.desk(&db).await?;
    let mut tx = db.write().await?;
    let Some(poll) = store::find(&mut tx, id).await? else {
        anyhow::bail!("there is no poll {id}");
    };
    let closed = polls::close(&mut tx, &poll, app.sending(&desk, &db)).await?;
    tx.commit().await?;
    db.shred().await?;
    db.close().await;
    if common.json {
        return print_json(&json!({ "id": id, "closed_now": closed }));
    }
    if closed {
        println!("Poll {id} is closed. The secret that tied votes to residents is destroyed.");
        println!("A running server now sends the result to everyone who was asked.");
    } else {
        println!("Poll {id} was closed already.");
    }
    Ok(())
}

async fn results(id: i64, common: &Common) -> anyhow::Result<()> {
    let (_, db) = common.open().await?;
    let mut conn = db.read().await?;
    let Some(results) = polls::results(&mut conn, id).await? else {
        anyhow::bail!("there is no poll {id}");
    };
    let standing = notices::standing(&mut conn, None, Some(id)).await?;
    drop(conn);
    db.close().await;
    if common.json {
        let mut value = serde_json::to_value(&results)?;
        value["id"] = json!(id);
        value["options"] = results
            .options
            .iter()
            .map(|(label, votes)| json!({ "label": label, "votes": votes }))
            .collect();
        value["standing"] = serde_json::to_value(&standing)?;
        return print_json(&value);
    }
    let state = if results.open { "open" } else { "closed" };
    for (lang, question) in results.question.iter() {
        println!("Poll {id} ({state}, {lang}): {question}");
    }
    for (label, votes) in &results.options {
        let labels: Vec<_> = label.iter().map(|(_, label)| label.as_str()).collect();
        println!("  {votes:>6}  {}", labels.join(" | "));
    }
    println!("  {:>6}  votes in all", results.votes);
    print_standing(&standing);
    Ok(())
}
