//! Puts the Matrix channel into a server.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt as _;
use tokio::sync::mpsc;

use super::App;
use super::serve::Tasks;
use crate::channels::matrix::{Found, Matrix, Setup, Tools, Words};
use crate::domain::ChannelKind;
use crate::engine::Intake;
use crate::outbox::{self, Limits, Outlet, Report};
use crate::store::{Db, notes, residents, settings};

/// The bot's picture.
const PICTURE: &[u8] = include_bytes!("../../assets/matrix/avatar.png");

/// Pause after a bug before the channel begins again.
const AGAIN: Duration = Duration::from_secs(5);

/// Longest display name: more than this no client shows.
const NAME_CHARS: usize = 100;

/// The setting that tells this installation's messages from all others.
const INSTALLATION: &str = "installation";

/// Makes the channel, if it is configured, and starts its sender.
pub(super) async fn open(
    app: &App,
    db: &Db,
    reports: mpsc::UnboundedSender<Report>,
    tasks: &mut Tasks,
) -> anyhow::Result<Option<(Arc<Matrix>, Outlet)>> {
    let Some(config) = &app.config.matrix else {
        return Ok(None);
    };
    let rate = config.messages_per_second;
    let limits = Limits {
        per_second: rate,
        // The homeserver's limits are the account's, not the room's.
        per_chat_second: rate.unwrap_or(std::num::NonZeroU32::MIN),
        per_group_minute: rate.unwrap_or(std::num::NonZeroU32::MIN),
        connections: config.connections.get() as usize,
        shared: true,
    };
    let lang = app.default_lang();
    let municipality = app.config.municipality.name.best(lang);
    let municipality = municipality.cloned().unwrap_or_default();
    let name = app.locales.page(lang, "profile-name", &municipality);
    let channel = Arc::new(Matrix::new(Setup {
        config: config.clone(),
        installation: installation(db).await?,
        name: name.chars().take(NAME_CHARS).collect(),
        words: words(app),
    }));
    let stop = tasks.engine_stop.clone();
    let (outlet, dispatcher) = outbox::open(Arc::clone(&channel), limits, reports, stop);
    tasks.senders.spawn(dispatcher.run());
    Ok(Some((channel, outlet)))
}

/// A name for this installation's transactions, made at the first start.
async fn installation(db: &Db) -> anyhow::Result<String> {
    let mut fresh = [0; 9];
    getrandom::fill(&mut fresh).context("no randomness")?;
    let mut tx = db.write().await?;
    let name = settings::put_new(&mut tx, INSTALLATION, &URL_SAFE_NO_PAD.encode(fresh)).await?;
    tx.commit().await?;
    Ok(name)
}

fn words(app: &App) -> Vec<Words> {
    let langs = app.locales.langs();
    let words = langs.into_iter().map(|lang| {
        let municipality = app.config.municipality.name.best(lang);
        let municipality = municipality.cloned().unwrap_or_default();
        let text = |key| app.locales.page(lang, key, &municipality);
        Words {
            lang,
            choose: text("choose"),
            poll_ended: text("poll-over"),
            board_name: text("board-name"),
            board_quiet: text("board-quiet"),
            board_live: text("board-live"),
        }
    });
    words.collect()
}

/// Starts what takes in what happens on Matrix.
pub(super) fn receive(app: &App, db: &Db, channel: Arc<Matrix>, intake: Intake, tasks: &mut Tasks) {
    let (boards, found) = mpsc::channel(1);
    let stop = tasks.fronts_stop.clone();
    let (clock, store) = (app.clock.clone(), db.clone());
    tasks.fronts.spawn(async move {
        while !stop.is_cancelled() {
            let known = match known(&store).await {
                Ok(known) => known,
                Err(error) => {
                    tracing::error!(%error, "Matrix waits for the store");
                    stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
                    continue;
                }
            };
            let clock = clock.clone();
            let tools = Tools {
                sink: intake.clone(),
                clock: move || clock.now(),
                boards: boards.clone(),
                picture: PICTURE,
            };
            let running = Arc::clone(&channel).run(known, tools, stop.clone());
            if AssertUnwindSafe(running).catch_unwind().await.is_err() {
                // The other channels go on.
                tracing::error!("a bug on the way from Matrix; the channel begins again");
                metrics::counter!("turvabot_mishaps_total").increment(1);
                stop.run_until_cancelled(tokio::time::sleep(AGAIN)).await;
            }
        }
        Ok(())
    });
    let stop = tasks.fronts_stop.clone();
    let db = db.clone();
    tasks.fronts.spawn(async move {
        stop.run_until_cancelled(register(&db, found)).await;
        stop.cancelled().await;
        Ok(())
    });
}

/// What the channel noted in earlier runs.
async fn known(db: &Db) -> Result<Vec<(String, String)>, crate::store::Error> {
    notes::list(&mut *db.read().await?, ChannelKind::Matrix).await
}

/// Writes announcement rooms into the ledger's audience as they are found.
async fn register(db: &Db, mut found: mpsc::Receiver<Found>) {
    while let Some(found) = found.recv().await {
        if let Err(error) = write(db, &found).await {
            tracing::error!(%error, "the announcement rooms cannot be written");
        }
    }
}

async fn write(db: &Db, Found { boards, all }: &Found) -> Result<(), crate::store::Error> {
    let mut tx = db.write().await?;
    for board in boards {
        residents::put_public(
            &mut tx,
            ChannelKind::Matrix,
            &board.address,
            board.lang,
            &board.topics,
            &board.areas,
        )
        .await?;
    }
    if *all {
        let keep: Vec<String> = boards.iter().map(|board| board.address.clone()).collect();
        residents::retire_public(&mut tx, ChannelKind::Matrix, &keep).await?;
    }
    tx.commit().await?;
    Ok(())
}
