//! A running server: tasks, their order of stopping, and what a dead task means.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::App;
use super::watch::watch_knowledge;
use crate::channels::telegram::{Introduction, Telegram, webhook_router};
use crate::channels::web::{WebConfig, router};
use crate::engine::{Engine, Hub, Intake, Parts, Retention};
use crate::locale::Command;
use crate::outbox::{self, Limits, Retries};
use crate::server::{self, Chat, Health};

/// How long a stop may take before what is left is given up; the ledger knows it.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long requests under way may take to finish.
const FRONTS_PATIENCE: Duration = Duration::from_secs(5);

/// A server that has begun to listen.
pub struct Served {
    /// Where the web chat is.
    pub listen: SocketAddr,
}

/// Serves until `stop` is cancelled, then settles what is under way. `ready` is called once
/// everything listens.
///
/// # Errors
/// If something can't be started, or a task died.
pub async fn serve(
    app: App,
    listener: TcpListener,
    stop: CancellationToken,
    ready: impl FnOnce(&Served),
) -> anyhow::Result<()> {
    let address = listener.local_addr()?;
    let db = app.database().await?;
    let alone = db.alone(app.config.database.url.expose()).await?;
    let metrics = PrometheusBuilder::new()
        .install_recorder()
        .context("metrics cannot be collected")?;
    let (desk, desk_changes) = watch::channel(app.desk(&db).await?);
    let hub = Arc::new(Hub::default());
    let (reports, incoming) = mpsc::unbounded_channel();
    let mut tasks = Tasks::default();
    let (telegram, outlet) = telegram(&app, reports.clone(), &mut tasks)?
        .map(|parts| (parts.channel, parts.outlet))
        .unzip();
    let (matrix, matrix_outlet) = super::matrix::open(&app, &db, reports, &mut tasks)
        .await?
        .unzip();
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 4);
    let (engine, intake, beat) = Engine::new(Parts {
        db: db.clone(),
        clock: app.clock.clone(),
        desk: desk_changes,
        outlets: outlet.into_iter().chain(matrix_outlet).collect(),
        reports: incoming,
        retries: Retries {
            resend_ambiguous: app.config.outbox.resend_ambiguous.clone(),
        },
        hub: Arc::clone(&hub),
        retention: Retention {
            web_lines: millis(app.config.privacy.web_history),
            inbox: millis(app.config.privacy.inbox),
            questions: millis(app.config.privacy.questions),
        },
    });
    let chat = Chat::new(
        intake.clone(),
        hub,
        db.clone(),
        app.clock.clone(),
        &app.locales,
        &app.config.municipality.name,
        app.default_lang(),
    );
    let health = Health {
        beat,
        clock: app.clock.clone(),
        metrics,
    };
    let mut router = web_router(&app, address, chat, health, &tasks.fronts_stop)?;
    if let Some(channel) = telegram {
        router = receive_telegram(&app, channel, intake.clone(), &mut tasks, router);
    }
    if let Some(channel) = matrix {
        super::matrix::receive(&app, &db, channel, intake.clone(), &mut tasks);
    }
    let fronts_stop = tasks.fronts_stop.clone();
    tasks.fronts.spawn(async move {
        server::serve(listener, router, fronts_stop)
            .await
            .context("the web server failed")
    });
    let engine_stop = tasks.engine_stop.clone();
    tasks
        .engine
        .spawn(async move { engine.run(engine_stop).await.context("the engine failed") });
    let fronts_stop = tasks.fronts_stop.clone();
    tasks
        .fronts
        .spawn(watch_knowledge(app, db.clone(), desk, fronts_stop));
    drop(intake);
    let fronts_stop = tasks.fronts_stop.clone();
    // The lock outlives every other task: it goes when the last row is settled.
    let (tell, lost) = oneshot::channel();
    let lock = tokio::spawn(async move { tell.send(alone.lost().await) });
    tasks.fronts.spawn(async move {
        let lost = fronts_stop.run_until_cancelled(lost).await;
        lost.map_or(Ok(()), |error| Err(error?.into()))
    });
    ready(&Served { listen: address });
    let outcome = tasks.run(stop).await;
    lock.abort();
    db.close().await;
    outcome
}

/// Listens on an address. Before anything else is begun, so that a taken port leaves nothing
/// half-done.
///
/// # Errors
/// A line with the cure.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| {
        anyhow!(
            "web.listen: cannot listen on {address}: {error}; \
             choose another address with --listen or stop the program that uses it"
        )
    })
}

fn web_router(
    app: &App,
    address: SocketAddr,
    chat: Chat,
    health: Health,
    stop: &CancellationToken,
) -> anyhow::Result<Router> {
    let public_url = match &app.config.web.public_url {
        Some(url) => url.clone(),
        None => format!("http://{address}/").parse()?,
    };
    let mut config = WebConfig::new(public_url);
    config.languages = app.locales.langs();
    config.behind_proxy = app.config.web.behind_proxy;
    let chat = if app.config.web.enabled {
        router(Arc::new(chat), config, stop.clone())
    } else {
        Router::new()
    };
    Ok(chat.merge(server::health(health)))
}

/// The tasks of a server, by the order in which they stop.
#[derive(Default)]
pub(super) struct Tasks {
    /// What takes things in: stops first.
    pub fronts: JoinSet<anyhow::Result<()>>,
    pub fronts_stop: CancellationToken,
    /// The engine: stops when nothing comes in any more and everything under way is settled.
    engine: JoinSet<anyhow::Result<()>>,
    pub engine_stop: CancellationToken,
    /// The senders: end when the engine is gone.
    pub senders: JoinSet<()>,
}

impl Tasks {
    /// Runs until `stop` or until a task ends by itself, then stops the others in order.
    async fn run(mut self, stop: CancellationToken) -> anyhow::Result<()> {
        let died = tokio::select! {
            () = stop.cancelled() => None,
            Some(ended) = self.fronts.join_next() => Some(verdict("a front task", ended)),
            Some(ended) = self.engine.join_next() => Some(verdict("the engine", ended)),
            Some(ended) = self.senders.join_next() => {
                Some(verdict("a sender", ended.map(Ok)))
            }
        };
        if let Some(error) = &died {
            tracing::error!(%error, "a task ended; the server stops");
        } else {
            tracing::info!("stopping: nothing new is taken, what is under way is settled");
        }
        let orderly = async {
            self.fronts_stop.cancel();
            let fronts = async { while self.fronts.join_next().await.is_some() {} };
            // A request that never ends must not keep the ledger from being settled.
            if tokio::time::timeout(FRONTS_PATIENCE, fronts).await.is_err() {
                self.fronts.abort_all();
            }
            self.engine_stop.cancel();
            while self.engine.join_next().await.is_some() {}
            while self.senders.join_next().await.is_some() {}
        };
        if tokio::time::timeout(PATIENCE, orderly).await.is_err() {
            tracing::warn!("not everything was settled in time; the ledger knows what is open");
        }
        died.map_or(Ok(()), Err)
    }
}

fn verdict(name: &str, ended: Result<anyhow::Result<()>, tokio::task::JoinError>) -> anyhow::Error {
    match ended {
        Ok(Ok(())) => anyhow!("{name} ended by itself"),
        Ok(Err(error)) => error,
        Err(error) => anyhow!("{name} broke: {error}"),
    }
}

/// Telegram's two ends.
struct TelegramParts {
    channel: Arc<Telegram>,
    outlet: crate::outbox::Outlet,
}

/// Connects Telegram, if it is configured, and starts its sender.
fn telegram(
    app: &App,
    reports: mpsc::UnboundedSender<crate::outbox::Report>,
    tasks: &mut Tasks,
) -> anyhow::Result<Option<TelegramParts>> {
    let Some(config) = &app.config.telegram else {
        return Ok(None);
    };
    let channel = Arc::new(Telegram::connect(config)?);
    let limits = Limits {
        per_second: config.messages_per_second,
        per_chat_second: config.messages_per_second_per_chat,
        per_group_minute: config.messages_per_minute_per_group,
        connections: config.connections.get() as usize,
        shared: false,
    };
    let (outlet, dispatcher) = outbox::open(
        Arc::clone(&channel),
        limits,
        reports,
        tasks.engine_stop.clone(),
    );
    tasks.senders.spawn(dispatcher.run());
    Ok(Some(TelegramParts { channel, outlet }))
}

/// Starts what takes in Telegram's updates: the poll, or the route of the webhook.
fn receive_telegram(
    app: &App,
    channel: Arc<Telegram>,
    intake: Intake,
    tasks: &mut Tasks,
    router: Router,
) -> Router {
    let clock = app.clock.clone();
    let now = move || clock.now();
    let sink = Arc::new(intake);
    let router = router.merge(webhook_router(
        Arc::clone(&channel),
        Arc::clone(&sink),
        now.clone(),
    ));
    let introductions = introductions(app);
    let stop = tasks.fronts_stop.clone();
    tasks.fronts.spawn(async move {
        channel.run(sink, introductions, now, stop).await;
        Ok(())
    });
    router
}

/// What the bot says of itself in each language.
fn introductions(app: &App) -> Vec<Introduction> {
    let words: Vec<_> = app.locales.words().collect();
    words
        .into_iter()
        .map(|(lang, words)| {
            let name = app.config.municipality.name.best(lang);
            let name = name.cloned().unwrap_or_default();
            let text = |key| app.locales.page(lang, key, &name);
            let commands = Command::ALL.iter().filter_map(|command| {
                let given = words.command.get(command)?;
                Some((given.slash.clone(), given.menu.clone()))
            });
            Introduction {
                lang,
                name: text("profile-name"),
                about: text("profile-about"),
                description: text("profile-description"),
                commands: commands.collect(),
            }
        })
        .collect()
}
