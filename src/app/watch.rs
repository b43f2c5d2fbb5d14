//! Keeping what the bot knows up to date while it serves: entries that are imported, and vectors of
//! entries as they get ready.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::App;
use crate::inbox::Desk;
use crate::knowledge::Knowledge;
use crate::store::{Db, settings};

/// How often imported entries are looked for.
const KNOWLEDGE_POLL: Duration = Duration::from_secs(1);

/// The setting that changes when entries are imported.
pub const KNOWLEDGE_VERSION: &str = "knowledge-version";

/// Texts after which the log tells how far encoding is.
const TOLD: usize = 200;

/// Rebuilds the knowledge when entries were imported or their vectors are ready.
pub(super) async fn watch_knowledge(
    app: App,
    db: Db,
    desk: watch::Sender<Desk>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let mut known = version(&db).await.unwrap_or_default();
    let mut encoding = JoinSet::new();
    let mut due = false;
    announce(&app, &desk.borrow().knowledge);
    encode(&app, &desk.borrow().knowledge, &stop, &mut encoding);
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            Some(ended) = encoding.join_next() => match ended {
                Ok(()) => due = true,
                // The other legs answer as before.
                Err(error) => tracing::error!(%error, "entries cannot be encoded"),
            },
            () = tokio::time::sleep(KNOWLEDGE_POLL) => {}
        }
        let Ok(current) = version(&db).await else {
            continue;
        };
        if current == known && !due {
            continue;
        }
        match app.desk(&db).await {
            Ok(fresh) => {
                tracing::info!("the knowledge was rebuilt");
                announce(&app, &fresh.knowledge);
                if encoding.is_empty() {
                    encode(&app, &fresh.knowledge, &stop, &mut encoding);
                }
                desk.send_replace(fresh);
                known = current;
                due = false;
            }
            Err(error) => tracing::error!(%error, "the knowledge cannot be rebuilt"),
        }
    }
}

async fn version(db: &Db) -> Result<Option<String>, crate::store::Error> {
    settings::find(&mut *db.read().await?, KNOWLEDGE_VERSION).await
}

/// Says how answers are found.
fn announce(app: &App, knowledge: &Knowledge) {
    let legs = app.legs(&knowledge.answers);
    match (&app.transformer, knowledge.unencoded.len()) {
        (Some(transformer), texts) if texts > 0 => tracing::info!(
            "answers: {legs}; meaning ({}) comes when {texts} texts are encoded",
            transformer.name()
        ),
        _ => tracing::info!("answers: {legs}"),
    }
}

/// Begins to make the vectors that are missing.
fn encode(app: &App, knowledge: &Knowledge, stop: &CancellationToken, encoding: &mut JoinSet<()>) {
    let Some(transformer) = app.transformer.as_ref().map(Arc::clone) else {
        return;
    };
    let (texts, stop) = (knowledge.unencoded.clone(), stop.clone());
    if texts.is_empty() {
        return;
    }
    encoding.spawn_blocking(move || {
        let tell = |done: usize| {
            if done > 0 && done.is_multiple_of(TOLD) {
                tracing::info!("{done} of {} texts are encoded", texts.len());
            }
        };
        transformer.prepare(&texts, || stop.is_cancelled(), tell);
    });
}
