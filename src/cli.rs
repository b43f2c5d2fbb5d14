//! The command line.

mod ask;
mod content;
mod demo;
mod kb;
mod matrix;
mod measure;
mod notice;
mod pack;
mod poll;
mod register;
mod seed;
mod serving;
mod triage;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};

use crate::answers::Kind;
use crate::app::{App, Origin};
use crate::store::Db;
use crate::transformer::Transformer;

/// Turvabot: a bilingual safety bot for Finnish municipalities.
#[derive(Debug, Parser)]
#[command(name = "turvabot", version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try it: a sample municipality with a web chat, no accounts, no settings
    Demo {
        /// Address of the web chat
        #[arg(long, default_value = "127.0.0.1:8080")]
        listen: SocketAddr,
        /// Folder for the database
        #[arg(long, default_value = "turvabot-data")]
        data_dir: PathBuf,
    },
    /// Serve residents
    Serve {
        /// Settings; see config.example.toml
        #[arg(long)]
        config: PathBuf,
        /// Address to listen on, in place of web.listen
        #[arg(long)]
        listen: Option<SocketAddr>,
    },
    /// Check settings and content without starting anything
    CheckConfig {
        /// Settings; see config.example.toml
        #[arg(long)]
        config: PathBuf,
    },
    /// Send safety notices and see how they fare
    #[command(subcommand)]
    Notice(notice::Command),
    /// Ask residents, and count what they say
    #[command(subcommand)]
    Poll(poll::Command),
    /// What the bot would answer
    Ask(ask::Ask),
    /// The knowledge base
    #[command(subcommand)]
    Kb(kb::Command),
    /// Who deals with what
    #[command(subcommand)]
    Register(register::Command),
    /// Move answers between municipalities: signed packs of them
    #[command(subcommand)]
    Pack(pack::Command),
    /// The bot's account on Matrix
    #[command(subcommand)]
    Matrix(matrix::Command),
    /// Make residents for a bench
    Seed(seed::Seed),
}

/// Which settings a command works with, and how it answers.
#[derive(Clone, Debug, Args)]
struct Common {
    /// Settings of the server; without it, the demo's database
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder of the demo's database
    #[arg(long, default_value = "turvabot-data")]
    data_dir: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Common {
    fn app(&self) -> anyhow::Result<App> {
        let origin = match &self.config {
            Some(config) => Origin::File(config.clone()),
            None => Origin::guess(&self.data_dir)?,
        };
        App::load(&origin, None)
    }

    async fn open(&self) -> anyhow::Result<(App, Db)> {
        let app = self.app()?;
        let db = app.database().await?;
        Ok((app, db))
    }
}

/// Runs a command.
///
/// # Errors
/// What went wrong, in lines for the person at the terminal.
pub async fn run(cli: Cli) -> anyhow::Result<()> {
    match cli.command {
        Command::Demo { listen, data_dir } => demo::run(listen, data_dir).await,
        Command::Serve { config, listen } => serving::serve(config, listen).await,
        Command::CheckConfig { config } => serving::check(config),
        Command::Notice(command) => notice::run(command).await,
        Command::Poll(command) => poll::run(command).await,
        Command::Ask(ask) => ask::run(ask).await,
        Command::Kb(command) => kb::run(command).await,
        Command::Register(command) => register::run(command).await,
        Command::Pack(command) => pack::run(command).await,
        Command::Matrix(command) => matrix::run(command).await,
        Command::Seed(seed) => seed::run(seed).await,
    }
}

/// A model that a command names itself.
fn transformer(dir: &std::path::Path) -> anyhow::Result<Arc<Transformer>> {
    let loaded = Transformer::load(dir, None);
    let loaded = loaded.map_err(|error| anyhow::anyhow!("--model-dir: {error}"))?;
    Ok(Arc::new(loaded))
}

/// Makes the vectors of texts while somebody waits.
fn encode(transformer: &Transformer, texts: &[(Kind, String)]) {
    let tell = |done: usize| {
        if done > 0 && done.is_multiple_of(100) {
            eprintln!("{done} of {} texts are encoded", texts.len());
        }
    };
    transformer.prepare(texts, || false, tell);
}

/// Lines of faults as one error.
fn refuse(faults: Vec<String>) -> anyhow::Result<()> {
    if faults.is_empty() {
        Ok(())
    } else {
        Err(anyhow::anyhow!(faults.join("\n")))
    }
}

/// Prints a value as indented JSON.
fn print_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
