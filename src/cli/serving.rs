//! `turvabot serve` and `check-config`: logs, signals, the end.

use std::net::SocketAddr;
use std::path::PathBuf;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::app::{self, App, Origin, Served};
use crate::config::{Log, LogFormat};

/// Starts the log. Logs never hold residents' words or addresses above debug.
pub(super) fn log(config: &Log) {
    // The query log of the database layer is noise; the Matrix SDK names rooms at every level, and
    // what matters of it the channel says itself. A level for it can be asked for by name.
    let sdk = match config.level.contains("matrix_sdk") {
        true => "",
        false => ",matrix_sdk=off",
    };
    let filter = EnvFilter::try_new(format!("{},sqlx=warn{sdk}", config.level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    // A second start within one process (tests) keeps the first log.
    let _ = match config.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => builder.with_target(false).try_init(),
    };
}

pub(super) async fn serve(config: PathBuf, listen: Option<SocketAddr>) -> anyhow::Result<()> {
    let mut app = App::load(&Origin::File(config), listen)?;
    log(&app.config.log);
    let listener = app::listen(app.config.web.listen).await?;
    app.transformer = app.load_transformer()?;
    until_stopped(
        app,
        listener,
        |served| tracing::info!(listen = %served.listen, "serving"),
    )
    .await
}

pub(super) fn check(config: PathBuf) -> anyhow::Result<()> {
    App::load(&Origin::File(config), None)?.load_transformer()?;
    println!("Settings and content are sound.");
    Ok(())
}

/// Serves until a signal: the first one stops in order, a second one at once.
pub(super) async fn until_stopped(
    app: App,
    listener: TcpListener,
    ready: impl FnOnce(&Served),
) -> anyhow::Result<()> {
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let serving = app::serve(app, listener, stop.clone(), ready);
    tokio::pin!(serving);
    tokio::select! {
        outcome = &mut serving => return outcome,
        () = either(&mut terminate, &mut interrupt) => stop.cancel(),
    }
    tokio::select! {
        outcome = &mut serving => outcome,
        () = either(&mut terminate, &mut interrupt) => {
            anyhow::bail!("stopped at once; the ledger knows what is open")
        }
    }
}

async fn either(terminate: &mut Signal, interrupt: &mut Signal) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
