//! Changing what the bot says: the municipality's own answers, and the word of a person that an answer
//! is right. The rules are the same for the command line and every other way in.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::app::{App, KNOWLEDGE_VERSION};
use crate::content::{Content, LOCAL, Layer, Status, shipped};
use crate::faults::Faults;
use crate::store::layers::{Confirmation, File};
use crate::store::{Db, layers, settings};

/// What writing files of the municipality changed.
#[derive(Debug, Default, serde::Serialize)]
pub struct Written {
    /// Ids of answers that weren't there.
    pub added: Vec<String>,
    /// Ids of answers that now say something else.
    pub changed: Vec<String>,
}

/// An answer of the municipality that lies over one which has changed since.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Conflict {
    /// The answer's id.
    pub entry: String,
    /// What lies below it: `base`, or the id of a pack.
    pub below: String,
    /// Where the two differ: the part, what is said below now, what the own answer says.
    pub differences: Vec<(String, String, String)>,
}

/// Writes files of the municipality's own layer, after checking all of it.
///
/// # Errors
/// The faults of the files; if the database fails.
pub async fn write(app: &App, db: &Db, files: BTreeMap<String, String>) -> anyhow::Result<Written> {
    let before = app.layers(db).await?;
    let (old, _) = app.content_with(before.clone())?;
    let (below, _) = app.content_with(without_local(&before))?;
    let (mut layers, mut own) = (without_local(&before), local(&before));
    own.extend(files.clone());
    layers.push(Layer {
        name: LOCAL.to_owned(),
        files: own,
    });
    let (new, faults) = app.content_with(layers)?;
    let faults = of_these(faults, &files);
    if !faults.is_empty() {
        anyhow::bail!(faults.join("\n"));
    }
    let mut written = Written::default();
    let mut rows = Vec::new();
    for (path, text) in files {
        let under = entry_at(&below, &path);
        let based_on = under.map(crate::content::Entry::fingerprint);
        if let Some(entry) = entry_at(&new, &path) {
            let list = match old.entry(&entry.id) {
                None => &mut written.added,
                Some(_) => &mut written.changed,
            };
            list.push(entry.id.clone());
        }
        rows.push(File {
            path,
            text,
            based_on,
        });
    }
    let mut tx = db.write().await?;
    layers::put(&mut tx, LOCAL, &rows).await?;
    settings::put(&mut tx, KNOWLEDGE_VERSION, &app.clock.now().to_string()).await?;
    tx.commit().await?;
    Ok(written)
}

/// Removes the municipality's own answer; what lies below it is said again.
///
/// # Errors
/// If there is none; if the database fails.
pub async fn remove(app: &App, db: &Db, id: &str) -> anyhow::Result<()> {
    let own = local(&app.layers(db).await?);
    let path = own.keys().find(|path| id_of(path) == Some(id));
    let path =
        path.ok_or_else(|| anyhow::anyhow!("\"{id}\" is no answer of the municipality's own"))?;
    let mut tx = db.write().await?;
    layers::remove(&mut tx, LOCAL, path).await?;
    settings::put(&mut tx, KNOWLEDGE_VERSION, &app.clock.now().to_string()).await?;
    tx.commit().await?;
    Ok(())
}

/// Notes that a person has compared an answer with its source today.
///
/// # Errors
/// If there is no such answer; if the database fails.
pub async fn confirm(app: &App, db: &Db, id: &str, by: &str) -> anyhow::Result<Status> {
    let (content, _) = app.layered_content(db).await?;
    let entry = content
        .entry(id)
        .ok_or_else(|| anyhow::anyhow!("\"{id}\" is not an answer; see `turvabot kb stats`"))?;
    let confirmation = Confirmation {
        entry: entry.id.clone(),
        fingerprint: entry.fingerprint(),
        confirmed_by: by.to_owned(),
        day: app.locales.day(app.clock.now()),
    };
    let mut tx = db.write().await?;
    layers::confirm(&mut tx, &confirmation).await?;
    settings::put(&mut tx, KNOWLEDGE_VERSION, &app.clock.now().to_string()).await?;
    tx.commit().await?;
    Ok(entry.status)
}

/// The municipality's own answers that were written over something else than lies below them now.
///
/// # Errors
/// If the database fails.
pub async fn conflicts(app: &App, db: &Db) -> anyhow::Result<Vec<Conflict>> {
    let all = app.layers(db).await?;
    let files = layers::files(&mut *db.read().await?).await?;
    conflicts_with(app, all, files.get(LOCAL).map_or(&[], Vec::as_slice))
}

/// The same for layers that aren't in the database yet; `local` are the rows of the municipality's own
/// files among them.
///
/// # Errors
/// The faults of the files under the layers.
pub(crate) fn conflicts_with(
    app: &App,
    all: Vec<Layer>,
    local: &[File],
) -> anyhow::Result<Vec<Conflict>> {
    let (below, _) = app.content_with(without_local(&all))?;
    let (own, _) = app.content_with(all)?;
    let conflicts = local.iter().filter_map(|file| {
        let (under, over) = (entry_at(&below, &file.path)?, entry_at(&own, &file.path)?);
        let changed = file.based_on.as_deref() != Some(&under.fingerprint());
        changed.then(|| Conflict {
            entry: over.id.clone(),
            below: under.layer.clone().unwrap_or_else(|| "base".to_owned()),
            differences: differences(under, over),
        })
    });
    Ok(conflicts.collect())
}

/// Where two versions of an answer differ: the part, the one's words, the other's.
#[must_use]
pub fn differences(
    one: &crate::content::Entry,
    other: &crate::content::Entry,
) -> Vec<(String, String, String)> {
    let pairs = parts(one).into_iter().zip(parts(other));
    pairs
        .filter(|((_, a), (_, b))| a != b)
        .map(|((part, a), (_, b))| (part, a, b))
        .collect()
}

/// What an answer says, part by part, and by what it is found; not who has looked at it when. All
/// answers have the same parts in the same order.
pub(crate) fn parts(entry: &crate::content::Entry) -> Vec<(String, String)> {
    let mut parts = vec![
        ("topic".to_owned(), entry.topic.clone()),
        ("authority".to_owned(), entry.authority.clone()),
        ("severity".to_owned(), entry.severity.as_str().to_owned()),
        (
            "matter".to_owned(),
            entry.matter.clone().unwrap_or_default(),
        ),
        ("related".to_owned(), entry.related.join(", ")),
        ("source".to_owned(), entry.source.to_string()),
    ];
    for (lang, name) in entry.source_name.iter() {
        parts.push((format!("source_name.{lang}"), name.clone()));
    }
    for (lang, text) in entry.texts.iter() {
        parts.push((format!("{lang}.question"), text.question.clone()));
        parts.push((format!("{lang}.answer"), text.answer.clone()));
        parts.push((format!("{lang}.phrasings"), text.phrasings.join(", ")));
        parts.push((format!("{lang}.synonyms"), text.synonyms.join(", ")));
    }
    parts
}

/// The text of an answer's file as it stands, to be changed.
///
/// # Errors
/// If there is none; if the database or a file fails.
pub async fn text(app: &App, db: &Db, id: &str) -> anyhow::Result<(String, String)> {
    let layers = app.layers(db).await?;
    let (content, _) = app.content_with(layers.clone())?;
    let entry = content
        .entry(id)
        .ok_or_else(|| anyhow::anyhow!("\"{id}\" is not an answer; see `turvabot kb stats`"))?;
    let path = entry.path();
    let text = text_at(app, &layers, &path)?;
    Ok((path, text))
}

/// The text of an answer's file, by its path, as the topmost layer has it.
///
/// # Errors
/// If there is none, or it can't be read.
pub(crate) fn text_at(app: &App, layers: &[Layer], path: &str) -> anyhow::Result<String> {
    let over = layers.iter().rev().find_map(|layer| layer.files.get(path));
    let text = match (over, &app.config.content.dir) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(dir)) => Some(std::fs::read_to_string(dir.join(path))?),
        (None, None) => shipped(path),
    };
    text.ok_or_else(|| anyhow::anyhow!("{path} is not there"))
}

pub(crate) fn without_local(layers: &[Layer]) -> Vec<Layer> {
    layers
        .iter()
        .filter(|layer| layer.name != LOCAL)
        .cloned()
        .collect()
}

fn local(layers: &[Layer]) -> BTreeMap<String, String> {
    let own = layers.iter().find(|layer| layer.name == LOCAL);
    own.map(|layer| layer.files.clone()).unwrap_or_default()
}

fn entry_at<'a>(content: &'a Content, path: &str) -> Option<&'a crate::content::Entry> {
    content.entry(id_of(path)?)
}

/// The id of the answer that a path is of.
pub(crate) fn id_of(path: &str) -> Option<&str> {
    let (_, file) = path.strip_prefix("answers/")?.rsplit_once('/')?;
    file.strip_suffix(".toml")
}

/// The faults of the files that are being written; those of others were there before.
fn of_these(faults: Faults, files: &BTreeMap<String, String>) -> Vec<String> {
    let mine = |place: &str| files.keys().any(|path| place == format!("{LOCAL}/{path}"));
    faults
        .iter()
        .filter(|fault| mine(fault.place()))
        .map(ToString::to_string)
        .collect()
}

/// The day after which nothing is due; for the shape of dates on the command line.
#[must_use]
pub fn today(app: &App) -> Date {
    app.locales.day(app.clock.now()).parse().unwrap_or_default()
}
