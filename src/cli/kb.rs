//! `turvabot kb`.

mod curate;
mod learn;
mod look;

use std::path::PathBuf;

use super::{Common, measure, print_json, triage};
use crate::store::feedback;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add answers or put them in place of others: files such as `kb export` writes, folders of them,
    /// or lines of {"id","lang","topic","question","answer"}
    Import {
        /// TOML files, folders, or files of one JSON object per line
        #[arg(required = true)]
        files: Vec<PathBuf>,
        #[command(flatten)]
        common: Common,
    },
    /// Print an answer's file, to be changed and imported
    Export(curate::Export),
    /// Remove an answer of the municipality's own; what it replaced is said again
    Remove {
        /// The answer's id
        id: String,
        #[command(flatten)]
        common: Common,
    },
    /// Note that you have compared answers with their sources
    Confirm(curate::Confirm),
    /// What to mend in the answers, and what nobody has confirmed yet
    Lint(look::Lint),
    /// How many answers there are, by topic
    Stats {
        #[command(flatten)]
        common: Common,
    },
    /// Every number and address in the answers, with the source it is to be compared with
    Facts {
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
    /// Questions that got no answer, or none that helped, in groups, most asked first
    Gaps {
        #[command(flatten)]
        common: Common,
    },
    /// Turn a group of such questions into a phrasing or an answer
    Learn(learn::Learn),
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Import { files, common } => curate::import(&files, &common).await,
        Command::Export(export) => curate::export(&export).await,
        Command::Remove { id, common } => curate::remove(&id, &common).await,
        Command::Confirm(confirm) => curate::confirm(&confirm).await,
        Command::Lint(lint) => look::lint(&lint).await,
        Command::Stats { common } => look::stats(&common).await,
        Command::Facts { common } => look::facts(&common).await,
        Command::Run(run) => measure::run(&run),
        Command::Eval(eval) => measure::eval(&eval),
        Command::Calibrate(calibrate) => measure::calibrate(&calibrate),
        Command::Due { common } => look::due(&common).await,
        Command::Triage(triage) => triage::run(&triage),
        Command::Feedback { common } => feedback(&common).await,
        Command::Gaps { common } => learn::gaps(&common).await,
        Command::Learn(learn) => learn::learn(&learn).await,
    }
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
