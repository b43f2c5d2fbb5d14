//! Gathering a pack: answers as residents get them, with what they refer to.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::bail;

use super::file::Pack;
use super::rows::{self, Name, Rows};
use crate::app::App;
use crate::authoring::{text_at, today};
use crate::content::{Content, Entry, tidy};
use crate::domain::Localized;
use crate::store::Db;

/// What is to be in a pack.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// What it is called.
    pub title: Localized,
    /// Who wrote it.
    pub origin: Localized,
    /// Topics of which all answers go in.
    pub topics: Vec<String>,
    /// Further answers, by id.
    pub entries: Vec<String>,
    /// Whether to tell who deals with the matters, too.
    pub register: bool,
}

/// Puts a pack together.
///
/// # Errors
/// If something wanted isn't there, or refers to what only this municipality has; if the database or a
/// file fails.
pub async fn gather(app: &App, db: &Db, wanted: Wanted) -> anyhow::Result<Pack> {
    let layers = app.layers(db).await?;
    let (content, _) = app.content_with(layers.clone())?;
    let entries = entries(&content, &wanted)?;
    let mut files = BTreeMap::new();
    for entry in entries.values() {
        let path = entry.path();
        let text = tidy(&text_at(app, &layers, &path)?);
        files.insert(path, text);
    }
    let stack = rows::stacked(app, &layers)?;
    let all: Rows = stack
        .into_iter()
        .map(|(name, (_, rows))| (name, rows))
        .collect();
    files.extend(rows::files(&referred(&all, &entries, wanted.register))?);
    let pack = Pack {
        id: wanted.id,
        version: wanted.version,
        title: wanted.title,
        origin: wanted.origin,
        made_on: today(app),
        files,
    };
    pack.check()?;
    Ok(pack)
}

/// The answers wanted, by id.
fn entries<'a>(
    content: &'a Content,
    wanted: &Wanted,
) -> anyhow::Result<BTreeMap<&'a str, &'a Entry>> {
    let mut entries = BTreeMap::new();
    let mut faults = Vec::new();
    for topic in &wanted.topics {
        let of_topic = content.entries.iter().filter(|entry| entry.topic == *topic);
        let of_topic: Vec<&Entry> = of_topic.collect();
        if content.topic(topic).is_none() {
            let known: Vec<&str> = content
                .topics
                .iter()
                .map(|topic| topic.id.as_str())
                .collect();
            faults.push(format!(
                "topic \"{topic}\" is unknown; there are: {}",
                known.join(", ")
            ));
        } else if of_topic.is_empty() {
            faults.push(format!("topic \"{topic}\" has no answers"));
        }
        entries.extend(of_topic.into_iter().map(|entry| (entry.id.as_str(), entry)));
    }
    for id in &wanted.entries {
        match content.entry(id) {
            Some(entry) => {
                entries.insert(&entry.id, entry);
            }
            None => faults.push(format!(
                "\"{id}\" is not an answer; see `turvabot kb stats`"
            )),
        }
    }
    // What everyone has may be left out; what is this municipality's own would be missing elsewhere.
    for entry in entries.values() {
        let related = entry.related.iter().filter_map(|id| content.entry(id));
        for other in related.filter(|other| !entries.contains_key(other.id.as_str())) {
            if let Some(layer) = &other.layer {
                let (id, other) = (&entry.id, &other.id);
                faults.push(format!(
                    "{id}: related: \"{other}\" is in the layer \"{layer}\" and not in this pack; \
                     add --entry {other}, or remove it from {id}"
                ));
            }
        }
    }
    if !faults.is_empty() {
        bail!(faults.join("\n"));
    }
    Ok(entries)
}

/// The rows that the answers refer to.
fn referred(all: &Rows, entries: &BTreeMap<&str, &Entry>, register: bool) -> Rows {
    let mut names = BTreeSet::new();
    for entry in entries.values() {
        names.insert(Name::Topic(entry.topic.clone()));
        names.insert(Name::Authority(entry.authority.clone()));
        names.extend(entry.matter.clone().map(Name::Matter));
    }
    if register {
        let told = |name: &&Name| match name {
            Name::Duty(matter, _) => names.contains(&Name::Matter(matter.clone())),
            _ => false,
        };
        let duties: Vec<Name> = all.keys().filter(told).cloned().collect();
        for row in duties.iter().filter_map(|name| all.get(name)).flatten() {
            let key = row.get("authority").and_then(toml::Value::as_str);
            names.extend(key.map(|key| Name::Authority(key.to_owned())));
        }
        names.extend(duties);
    }
    let rows = names
        .into_iter()
        .filter_map(|name| Some((name.clone(), all.get(&name)?.clone())));
    rows.collect()
}
