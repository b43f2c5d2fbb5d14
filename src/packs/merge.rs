//! Where a pack meets what is there: what both have, how they differ, and which one stays.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::rows::{self, Name};
use super::{Manifest, manifest};
use crate::app::App;
use crate::authoring::{id_of, parts, without_local};
use crate::content::Layer;
use crate::faults::Faults;
use crate::store::{Db, packs};

/// Which of two stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Take {
    /// What is there already.
    Ours,
    /// What the pack says.
    Theirs,
}

/// What was decided about something that a pack says differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Which one stays.
    pub take: Take,
    /// Who says it otherwise: `base`, or the id of another pack.
    pub held_by: String,
    /// A short name for what that one said then.
    pub against: String,
}

/// Something that a pack says differently than what is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// What it is, such as `answer smoke-alarm` or `authority rescue-services`.
    pub what: String,
    /// Who says it otherwise: `base`, or the id of another pack.
    pub held_by: String,
    /// Where the two differ: the part, what stands there now, what the pack says.
    pub differences: Vec<(String, String, String)>,
}

/// Something in a pack. Displayed as it is told to people and remembered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// The answer of this id.
    Answer(String),
    /// The rows of a list.
    Row(Name),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(id) => write!(f, "answer {id}"),
            Self::Row(name) => name.fmt(f),
        }
    }
}

/// Something that both a pack and what lies below have.
pub(super) struct Met {
    pub what: What,
    pub held_by: String,
    /// Empty if both say the same.
    pub differences: Vec<(String, String, String)>,
    /// A short name for what lies below.
    pub against: String,
    /// The fingerprint of the answer below.
    pub fingerprint: Option<String>,
}

/// What becomes of what was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fate {
    /// Both say the same: the pack's is left out, so that the other's goes on getting updates.
    Same,
    /// Both differ and this one stays.
    Chosen(Take),
    /// Both differ and nobody has decided.
    Open,
}

impl Met {
    /// What becomes of it. What was decided about an earlier version holds, for `ours` for good and for
    /// `theirs` as long as the other one hasn't changed; `take` decides the rest. With `anew` it
    /// decides all.
    pub fn fate(&self, take: Option<Take>, before: Option<&Manifest>, anew: bool) -> Fate {
        if self.differences.is_empty() {
            return Fate::Same;
        }
        let choice = before.and_then(|manifest| manifest.choices.get(&self.what.to_string()));
        let holds = choice.filter(|choice| match choice.take {
            Take::Ours => true,
            Take::Theirs => choice.held_by == self.held_by && choice.against == self.against,
        });
        let remembered = holds.map(|choice| choice.take);
        let take = if anew {
            take.or(remembered)
        } else {
            remembered.or(take)
        };
        take.map_or(Fate::Open, Fate::Chosen)
    }

    pub fn conflict(&self) -> Conflict {
        Conflict {
            what: self.what.to_string(),
            held_by: self.held_by.clone(),
            differences: self.differences.clone(),
        }
    }
}

/// What a pack and the layers below it both have; the pack's files must be sound.
///
/// # Errors
/// The faults of the files under the layers.
pub(super) fn meet(app: &App, below: &[Layer], pack: &Layer) -> anyhow::Result<Vec<Met>> {
    let (old, _) = app.content_with(below.to_vec())?;
    let (new, _) = app.content_with(below.iter().chain([pack]).cloned().collect())?;
    let mut met = Vec::new();
    let of_pack = new
        .entries
        .iter()
        .filter(|entry| entry.layer.as_deref() == Some(&pack.name));
    for entry in of_pack {
        let Some(under) = old.entry(&entry.id) else {
            continue;
        };
        let parts = (parts(under), parts(entry));
        met.push(Met {
            what: What::Answer(entry.id.clone()),
            held_by: holder(under.layer.as_deref()),
            against: mark(&parts.0),
            differences: differences(parts.0, parts.1),
            fingerprint: Some(under.fingerprint()),
        });
    }
    let stack = rows::stacked(app, below)?;
    for (name, rows) in rows::of(&pack.files)? {
        let Some((layer, under)) = stack.get(&name) else {
            continue;
        };
        let parts = (rows::parts(under), rows::parts(&rows));
        met.push(Met {
            what: What::Row(name),
            held_by: holder(layer.as_deref()),
            against: mark(&parts.0),
            differences: differences(parts.0, parts.1),
            fingerprint: None,
        });
    }
    Ok(met)
}

/// What packs say differently than others, and nobody has decided about: the base, or an answer in it,
/// has changed since a pack was imported. Each with the pack's id.
///
/// # Errors
/// If the database fails, or a row of it isn't what this program writes.
pub async fn conflicts(app: &App, db: &Db) -> anyhow::Result<Vec<(String, Conflict)>> {
    let layers = without_local(&app.layers(db).await?);
    let rows = packs::list(&mut *db.read().await?).await?;
    let mut conflicts = Vec::new();
    for row in rows {
        let manifest = manifest(&row)?;
        let (pack, below): (Vec<Layer>, Vec<Layer>) = layers
            .iter()
            .cloned()
            .partition(|layer| layer.name == row.id);
        let Some(pack) = pack.first() else {
            continue;
        };
        let met = meet(app, &below, pack)?;
        let open = met.iter().filter(|met| {
            let fate = met.fate(None, Some(&manifest), false);
            // What was left out for good isn't in the layer to be met.
            matches!(fate, Fate::Open | Fate::Chosen(Take::Ours))
        });
        conflicts.extend(open.map(|met| (row.id.clone(), met.conflict())));
    }
    Ok(conflicts)
}

fn holder(layer: Option<&str>) -> String {
    layer.unwrap_or("base").to_owned()
}

/// Where two lists of parts differ: the part, the one's words, the other's.
fn differences(
    one: Vec<(String, String)>,
    other: Vec<(String, String)>,
) -> Vec<(String, String, String)> {
    let mut other: BTreeMap<String, String> = other.into_iter().collect();
    let mut differences = Vec::new();
    for (part, a) in one {
        let b = other.remove(&part).unwrap_or_default();
        if a != b {
            differences.push((part, a, b));
        }
    }
    let new = other.into_iter().filter(|(_, b)| !b.is_empty());
    differences.extend(new.map(|(part, b)| (part, String::new(), b)));
    differences
}

/// A short name for what parts say: 16 hexadecimal digits of a SHA-256.
fn mark(parts: &[(String, String)]) -> String {
    let mut hash = Sha256::new();
    for word in parts.iter().flat_map(|(part, text)| [part, text]) {
        hash.update(word.len().to_le_bytes());
        hash.update(word);
    }
    let digest = hash.finalize();
    digest[..8]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Takes something out of a layer.
///
/// # Errors
/// If a list of the layer can't be read.
pub(super) fn take_out(layer: &mut Layer, all: &[&What]) -> anyhow::Result<()> {
    let answer = |path: &str| id_of(path).map(|id| What::Answer(id.to_owned()));
    layer
        .files
        .retain(|path, _| answer(path).is_none_or(|answer| !all.contains(&&answer)));
    let mut rows = rows::of(&layer.files)?;
    rows.retain(|name, _| !all.contains(&&What::Row(name.clone())));
    layer.files.retain(|path, _| id_of(path).is_some());
    layer.files.extend(rows::files(&rows)?);
    Ok(())
}

/// The faults of content with these layers that it hasn't with those of before.
pub(super) fn new_faults(app: &App, before: &[Layer], after: &[Layer]) -> Vec<String> {
    let after: Faults = app.faults_with(after);
    if after.is_empty() {
        return Vec::new();
    }
    let before = app.faults_with(before);
    let new = after
        .iter()
        .filter(|fault| !before.iter().any(|known| known == *fault));
    new.map(ToString::to_string).collect()
}
