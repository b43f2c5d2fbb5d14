//! The Telegram Bot API simulator, started by hand: for benches, crash tests and trying the bot out.
//!
//! `cargo run --example botapi-sim -- --listen 127.0.0.1:8081` serves until `POST /sim/stop`. The
//! first line on standard output is a JSON object with `url` and `token`. With `--load-…` flags the
//! load runs at once and its report is printed as a line of JSON.

#[path = "../tests/support/botapi/mod.rs"]
mod botapi;

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use botapi::{Config, Faults, LimitMode, Limits, LoadQuestions, LoadVotes, Simulator, echo};
use clap::Parser;
use serde_json::json;

/// Telegram Bot API simulator.
#[derive(Parser)]
struct Args {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Token of a bot; may be given several times.
    #[arg(long)]
    token: Vec<String>,
    /// User name of the first bot.
    #[arg(long, default_value = "turva_test_bot")]
    username: String,
    /// Keep no messages of private chats: constant memory for benches.
    #[arg(long)]
    no_store: bool,
    /// Keep every call with its parameters.
    #[arg(long)]
    record_calls: bool,
    /// Bots see all messages of groups.
    #[arg(long)]
    no_privacy: bool,
    /// Rate limits: off, record or enforce.
    #[arg(long, default_value = "off", value_parser = limit_mode)]
    limits: LimitMode,
    /// Faults as JSON, such as {"seed":7,"bad_gateway":2.5,"exempt":["getUpdates"]}.
    #[arg(long, value_parser = faults)]
    faults: Option<Faults>,
    /// Residents that have started the bot: FIRST_ID:NUMBER[:LANGUAGE]; may be given several times.
    #[arg(long)]
    seed: Vec<String>,
    /// Runs a question load given as JSON, such as {"users":100,"total":50000}.
    #[arg(long, value_parser = questions)]
    load_questions: Option<LoadQuestions>,
    /// Runs a vote load given as JSON, such as {"users":100,"total":50000,"data":["v:1","v:2"]}.
    #[arg(long, value_parser = votes)]
    load_votes: Option<LoadVotes>,
    /// Watches a broadcast to FIRST_ID:NUMBER and reports when each chat got a message.
    #[arg(long)]
    watch_broadcast: Option<String>,
    /// Seconds until a watched broadcast is given up.
    #[arg(long, default_value_t = 600)]
    watch_timeout: u64,
    /// Start the loads only when the bot has called getUpdates or setWebhook.
    #[arg(long)]
    wait_for_bot: bool,
    /// Stop after the loads.
    #[arg(long)]
    exit_after_load: bool,
    /// Instead of serving: a minimal echo bot for the simulator at this URL.
    #[arg(long)]
    echo_client: Option<String>,
    /// Instead of serving: sends --total messages to the simulator at this URL as fast as it can.
    #[arg(long)]
    hammer: Option<String>,
    /// Connections of the echo bot or hammer.
    #[arg(long, default_value_t = 8)]
    connections: usize,
    /// Messages of the hammer.
    #[arg(long, default_value_t = 100_000)]
    total: u64,
    /// First of the 1000 chats of the hammer.
    #[arg(long, default_value_t = 5_000_000_000)]
    first_chat_id: i64,
}

fn limit_mode(text: &str) -> Result<LimitMode, String> {
    serde_json::from_value(text.into()).map_err(|e| e.to_string())
}

fn faults(text: &str) -> Result<Faults, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

fn questions(text: &str) -> Result<LoadQuestions, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

fn votes(text: &str) -> Result<LoadVotes, String> {
    serde_json::from_str(text).map_err(|e| e.to_string())
}

fn range(text: &str) -> Option<(i64, i64, &str)> {
    let mut parts = text.split(':');
    let base = parts.next()?.parse().ok()?;
    let n = parts.next()?.parse().ok()?;
    Some((base, n, parts.next().unwrap_or("fi")))
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(run(args))
}

async fn run(args: Args) -> Result<(), Failure> {
    let mut config = Config {
        listen: args.listen,
        username: args.username.clone(),
        store_messages: !args.no_store,
        record_calls: args.record_calls,
        privacy_mode: !args.no_privacy,
        limits: Limits {
            mode: args.limits,
            ..Limits::default()
        },
        faults: args.faults.clone().unwrap_or_default(),
        ..Config::default()
    };
    if !args.token.is_empty() {
        config.tokens.clone_from(&args.token);
    }
    let token = config.tokens[0].clone();
    if let Some(url) = &args.echo_client {
        return echo::run(url, &token, args.connections).await;
    }
    if let Some(url) = &args.hammer {
        let first = args.first_chat_id;
        let rate = echo::hammer(url, &token, args.connections, args.total, first, 1000).await?;
        return print(&json!({"messages": args.total, "messages_per_s": rate.round()}));
    }

    let simulator = Simulator::start(config);
    for seed in &args.seed {
        let (base, n, language) = range(seed).ok_or("--seed must be FIRST_ID:NUMBER[:LANGUAGE]")?;
        simulator.seed_chats(base, n, language);
    }
    print(&json!({"url": simulator.url(), "token": token}))?;
    load(&args, &simulator).await?;
    if !args.exit_after_load {
        simulator.join();
    }
    Ok(())
}

async fn load(args: &Args, simulator: &Simulator) -> Result<(), Failure> {
    if args.wait_for_bot {
        let here = |s: &botapi::State| {
            s.webhook_url().is_some() || s.calls("getUpdates").total > 0 || s.polling()
        };
        simulator.wait_until(here, Duration::from_secs(600)).await?;
    }
    if let Some(watch) = &args.watch_broadcast {
        let (base, n, _) = range(watch).ok_or("--watch-broadcast must be FIRST_ID:NUMBER")?;
        simulator.watch_broadcast(base, usize::try_from(n)?);
        let messages = u64::try_from(n)?;
        print(&json!(
            simulator.wait_broadcast(messages, args.watch_timeout).await
        ))?;
    }
    if let Some(setup) = &args.load_questions {
        print(&json!(simulator.load_questions(setup.clone()).await))?;
    }
    if let Some(setup) = &args.load_votes {
        print(&json!(simulator.load_votes(setup.clone()).await?))?;
    }
    Ok(())
}

/// Prints a line of JSON at once, for whoever reads the other end of a pipe.
fn print(value: &serde_json::Value) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()?;
    Ok(())
}
