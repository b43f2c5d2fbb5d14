//! A running server: tasks, their order of stopping, and what a dead task means.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use axum::Router;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::channels::web::{WebConfig, router};
use crate::engine::{Engine, Hub, Intake, Parts, Retention};
use crate::inbox::Desk;
use crate::outbox::Retries;
use crate::server::{self, Chat, Health};
use crate::store::{Db, settings};

/// How long a stop may take before what is left is given up; the ledger knows it.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often imported entries are looked for.
const KNOWLEDGE_POLL: Duration = Duration::from_secs(1);

/// The setting that changes when entries are imported.
pub const KNOWLEDGE_VERSION: &str = "knowledge-version";

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
    stop: CancellationToken,
    ready: impl FnOnce(&Served),
) -> anyhow::Result<()> {
    let listener = listen(app.config.web.listen).await?;
    let address = listener.local_addr()?;
    let db = app.database().await?;
    let _alone = db.alone(app.config.database.url.expose()).await?;
    let metrics = PrometheusBuilder::new()
        .install_recorder()
        .context("metrics cannot be collected")?;
    let (desk, desk_changes) = watch::channel(app.desk(&db).await?);
    let hub = Arc::new(Hub::default());
    let (reports, incoming) = mpsc::unbounded_channel();
    let mut tasks = Tasks::default();
    let telegram = super::serve::telegram(&app, reports, &mut tasks)?;
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX / 4);
    let (engine, intake, beat) = Engine::new(Parts {
        db: db.clone(),
        clock: app.clock.clone(),
        desk: desk_changes,
        outlets: telegram.outlet.into_iter().collect(),
        reports: incoming,
        retries: Retries {
            resend_ambiguous: app.config.outbox.resend_ambiguous.clone(),
        },
        hub: Arc::clone(&hub),
        retention: Retention {
            web_lines: millis(app.config.privacy.web_history),
            inbox: millis(app.config.privacy.inbox),
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
    let web = web_router(&app, address, chat, health, &tasks.fronts_stop)?;
    let mut app_router = web;
    if let Some(front) = telegram.front {
        app_router = front.start(&app, &intake, &mut tasks, app_router);
    }
    let fronts_stop = tasks.fronts_stop.clone();
    tasks.fronts.spawn(async move {
        server::serve(listener, app_router, fronts_stop)
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
    ready(&Served { listen: address });
    let outcome = tasks.run(stop).await;
    db.close().await;
    outcome
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
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
    engine_stop: CancellationToken,
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
            while self.fronts.join_next().await.is_some() {}
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

/// Rebuilds the knowledge when entries were imported.
async fn watch_knowledge(
    app: App,
    db: Db,
    desk: watch::Sender<Desk>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut known = version(&db).await.unwrap_or_default();
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = tokio::time::sleep(KNOWLEDGE_POLL) => {}
        }
        let Ok(current) = version(&db).await else {
            continue;
        };
        if current == known {
            continue;
        }
        match app.desk(&db).await {
            Ok(fresh) => {
                desk.send_replace(fresh);
                known = current;
                tracing::info!("the knowledge was rebuilt");
            }
            Err(error) => tracing::error!(%error, "the knowledge cannot be rebuilt"),
        }
    }
}

async fn version(db: &Db) -> Result<Option<String>, crate::store::Error> {
    settings::find(&mut *db.read().await?, KNOWLEDGE_VERSION).await
}

/// Telegram's part of a server.
#[derive(Default)]
struct Telegram {
    outlet: Option<crate::outbox::Outlet>,
    front: Option<Front>,
}

/// What takes in Telegram's updates.
struct Front {}

impl Front {
    fn start(self, _app: &App, _intake: &Intake, _tasks: &mut Tasks, router: Router) -> Router {
        router
    }
}

fn telegram(
    _app: &App,
    _reports: mpsc::UnboundedSender<crate::outbox::Report>,
    _tasks: &mut Tasks,
) -> anyhow::Result<Telegram> {
    Ok(Telegram::default())
}
