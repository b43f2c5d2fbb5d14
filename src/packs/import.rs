//! Laying a pack over what is there, and taking it away again.

use std::collections::BTreeMap;

use anyhow::{anyhow, bail};
use serde::Serialize;

use super::file::{Opened, inert};
use super::keys::PublicKey;
use super::merge::{Fate, Met, What, meet, new_faults, take_out};
use super::{Choice, Conflict, Manifest, Take, manifest};
use crate::app::{App, KNOWLEDGE_VERSION};
use crate::authoring::{self, conflicts_with, id_of, today, without_local};
use crate::content::{LOCAL, Layer};
use crate::domain::Localized;
use crate::store::layers::File;
use crate::store::packs::Row;
use crate::store::{Conn, Db, layers, packs, settings};

/// How a pack is to be imported.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// The key that the origin gave by another way than the pack came.
    pub trust: Option<PublicKey>,
    /// What stays where the pack says something else, as far as nobody has decided before.
    pub take: Option<Take>,
    /// Whether only to tell what would happen.
    pub dry_run: bool,
}

/// What importing a pack did, or would do.
#[derive(Clone, Debug, Serialize)]
pub struct Imported {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// The version that was here before.
    pub before: Option<i64>,
    /// What it is called.
    pub title: Localized,
    /// Who wrote it.
    pub origin: Localized,
    /// How many answers come from it now.
    pub entries: usize,
    /// What it says just as others do, by whom: the others' stays.
    pub same: BTreeMap<String, String>,
    /// What it says differently and was left out.
    pub ours: Vec<Conflict>,
    /// What it says differently and now holds.
    pub theirs: Vec<Conflict>,
    /// What it says differently and nobody has decided about; then nothing is imported.
    pub open: Vec<Conflict>,
    /// The municipality's own answers that were written over something else than the pack says.
    pub own: Vec<authoring::Conflict>,
    /// Whether it was written.
    pub written: bool,
}

/// What was in the database when an import began.
struct Before {
    rows: Vec<Row>,
    files: BTreeMap<String, Vec<File>>,
    layers: Vec<Layer>,
}

/// What is to be written.
struct Plan {
    pack: Row,
    layer: Layer,
    /// The fingerprint of the answer that each of the layer's answers replaces, by id.
    based_on: BTreeMap<String, String>,
    /// Other packs that give something up.
    others: Vec<(Row, Layer)>,
}

/// Imports a pack, unless something is [`Imported::open`].
///
/// # Errors
/// If its key isn't the trusted one; if it is older than what is here; every fault of the content that
/// it would cause; if the database fails.
pub async fn import(app: &App, db: &Db, opened: &Opened, how: How) -> anyhow::Result<Imported> {
    let before = before(app, db).await?;
    let pack = &opened.pack;
    let known = before.rows.iter().find(|row| row.id == pack.id);
    trusted(opened, known, how.trust)?;
    let known = match known {
        Some(row) => Some((row, manifest(row)?)),
        None => None,
    };
    newer(opened, known.as_ref())?;
    let layer = Layer {
        name: pack.id.clone(),
        files: pack.files.clone(),
    };
    let below: Vec<Layer> = without_local(&before.layers)
        .into_iter()
        .filter(|other| other.name != pack.id)
        .collect();
    refuse(new_faults(
        app,
        &before.layers,
        &stacked(&below, &layer, &before),
    ))?;
    let met = meet(app, &below, &layer)?;
    let anew = known
        .as_ref()
        .is_some_and(|(row, _)| row.version == i64::from(pack.version));
    let remembered = known.as_ref().map(|(_, manifest)| manifest);
    let fates: Vec<Fate> = met
        .iter()
        .map(|met| met.fate(how.take, remembered, anew))
        .collect();
    let met: Vec<(&Met, Fate)> = met.iter().zip(fates).collect();

    let mut plan = plan(app, opened, layer, &met)?;
    let below = give_up(&mut plan, &below, &before.rows, &met)?;
    let after = stacked(&below, &plan.layer, &before);
    let mut report = report(opened, known.map(|(row, _)| row.version), &met, &plan);
    if !report.open.is_empty() {
        return Ok(report);
    }
    refuse(new_faults(app, &before.layers, &after))?;
    let local = before.files.get(LOCAL).map_or(&[][..], Vec::as_slice);
    report.own = conflicts_with(app, after, local)?;
    report.own.retain(|conflict| conflict.below == pack.id);
    if !how.dry_run {
        write(app, db, &before, &plan).await?;
        report.written = true;
    }
    Ok(report)
}

async fn before(app: &App, db: &Db) -> anyhow::Result<Before> {
    let layers = app.layers(db).await?;
    let mut conn = db.read().await?;
    Ok(Before {
        rows: packs::list(&mut conn).await?,
        files: layers::files(&mut conn).await?,
        layers,
    })
}

/// All layers with this one of a pack; the municipality's own stays on top.
fn stacked(below: &[Layer], layer: &Layer, before: &Before) -> Vec<Layer> {
    let own = before.layers.iter().filter(|layer| layer.name == LOCAL);
    below.iter().chain([layer]).chain(own).cloned().collect()
}

/// Refuses a pack that isn't signed by the key that the municipality trusts for it.
fn trusted(opened: &Opened, known: Option<&Row>, trust: Option<PublicKey>) -> anyhow::Result<()> {
    let (id, key) = (&opened.pack.id, opened.key);
    let signed_by = format!("  key: {key}\n  fingerprint: {}", key.fingerprint());
    if let Some(row) = known.filter(|row| row.public_key != key.to_string()) {
        bail!(
            "pack {id} is refused: version {} was signed by another key than this one\n{signed_by}\n\
             If its origin tells you by another way that the key is a new one, remove the pack and \
             import it with --trust",
            row.version
        );
    }
    match trust {
        Some(trust) if trust == key => Ok(()),
        Some(_) => {
            bail!("pack {id} is refused: it is not signed by the key of --trust\n{signed_by}")
        }
        None if known.is_some() => Ok(()),
        None => bail!(
            "pack {id} is refused: nobody here has vouched for its key yet\n{signed_by}\n\
             Get the key from its origin by another way than the file came (their website, a call); \
             if it is the same, import with --trust {key}"
        ),
    }
}

/// Refuses what is older than the pack that is here, or something else under the same number.
fn newer(opened: &Opened, known: Option<&(&Row, Manifest)>) -> anyhow::Result<()> {
    let Some((row, manifest)) = known else {
        return Ok(());
    };
    let (id, version) = (&opened.pack.id, i64::from(opened.pack.version));
    if version < row.version {
        bail!(
            "pack {id} is refused: version {version} is older than {}, which is here",
            row.version
        );
    }
    if version == row.version && manifest.digest != opened.digest {
        bail!(
            "pack {id} is refused: version {version} is here already, with other content; \
             ask its origin for a new version"
        );
    }
    Ok(())
}

fn refuse(faults: Vec<String>) -> anyhow::Result<()> {
    if faults.is_empty() {
        return Ok(());
    }
    let faults: Vec<String> = faults.iter().map(|fault| inert(fault)).collect();
    bail!(
        "refused: the content would be at fault\n{}",
        faults.join("\n")
    )
}

/// What is to be written of the pack, without what is left out of it.
fn plan(
    app: &App,
    opened: &Opened,
    mut layer: Layer,
    met: &[(&Met, Fate)],
) -> anyhow::Result<Plan> {
    let mut same = BTreeMap::new();
    let mut choices = BTreeMap::new();
    let mut based_on = BTreeMap::new();
    let mut left_out = Vec::new();
    for (met, fate) in met {
        let what = met.what.to_string();
        match fate {
            Fate::Same => {
                same.insert(what, met.held_by.clone());
            }
            Fate::Chosen(take) => {
                choices.insert(what, choice(met, *take));
            }
            Fate::Open => {}
        }
        if *fate != Fate::Chosen(Take::Theirs) {
            left_out.push(&met.what);
        } else if let (What::Answer(id), Some(fingerprint)) = (&met.what, &met.fingerprint) {
            based_on.insert(id.clone(), fingerprint.clone());
        }
    }
    take_out(&mut layer, &left_out)?;
    let pack = &opened.pack;
    let manifest = Manifest {
        title: pack.title.clone(),
        origin: pack.origin.clone(),
        made_on: pack.made_on,
        digest: opened.digest.clone(),
        same,
        choices,
    };
    Ok(Plan {
        pack: Row {
            id: pack.id.clone(),
            version: i64::from(pack.version),
            manifest: serde_json::to_string(&manifest)?,
            public_key: opened.key.to_string(),
            imported_on: today(app).to_string(),
        },
        layer,
        based_on,
        others: Vec::new(),
    })
}

fn choice(met: &Met, take: Take) -> Choice {
    Choice {
        take,
        held_by: met.held_by.clone(),
        against: met.against.clone(),
    }
}

/// Takes out of other packs what this one now says, as two packs can't both hold it, and remembers
/// that there. Gives the layers below.
fn give_up(
    plan: &mut Plan,
    below: &[Layer],
    rows: &[Row],
    met: &[(&Met, Fate)],
) -> anyhow::Result<Vec<Layer>> {
    let mut below = below.to_vec();
    for layer in &mut below {
        let Some(row) = rows.iter().find(|row| row.id == layer.name) else {
            continue;
        };
        let lost = met
            .iter()
            .filter(|(met, fate)| *fate == Fate::Chosen(Take::Theirs) && met.held_by == layer.name);
        let lost: Vec<&Met> = lost.map(|(met, _)| *met).collect();
        if lost.is_empty() {
            continue;
        }
        let mut manifest = manifest(row)?;
        for met in &lost {
            let ours = Choice {
                held_by: plan.pack.id.clone(),
                ..choice(met, Take::Ours)
            };
            manifest.choices.insert(met.what.to_string(), ours);
        }
        take_out(layer, &lost.iter().map(|met| &met.what).collect::<Vec<_>>())?;
        let row = Row {
            manifest: serde_json::to_string(&manifest)?,
            ..row.clone()
        };
        plan.others.push((row, layer.clone()));
    }
    Ok(below)
}

fn report(opened: &Opened, before: Option<i64>, met: &[(&Met, Fate)], plan: &Plan) -> Imported {
    let of = |wanted: Fate| -> Vec<Conflict> {
        let met = met.iter().filter(|(_, fate)| *fate == wanted);
        met.map(|(met, _)| met.conflict()).collect()
    };
    let same = met.iter().filter(|(_, fate)| *fate == Fate::Same);
    Imported {
        id: opened.pack.id.clone(),
        version: opened.pack.version,
        before,
        title: opened.pack.title.clone(),
        origin: opened.pack.origin.clone(),
        entries: plan
            .layer
            .files
            .keys()
            .filter(|path| id_of(path).is_some())
            .count(),
        same: same
            .map(|(met, _)| (met.what.to_string(), met.held_by.clone()))
            .collect(),
        ours: of(Fate::Chosen(Take::Ours)),
        theirs: of(Fate::Chosen(Take::Theirs)),
        open: of(Fate::Open),
        own: Vec::new(),
        written: false,
    }
}

async fn write(app: &App, db: &Db, before: &Before, plan: &Plan) -> anyhow::Result<()> {
    let mut tx = db.write().await?;
    // First, as it makes whoever else changes content wait.
    settings::put(&mut tx, KNOWLEDGE_VERSION, &app.clock.now().to_string()).await?;
    unchanged(&mut tx, before).await?;
    put(&mut tx, &plan.pack, &plan.layer, |id| {
        plan.based_on.get(id).cloned()
    })
    .await?;
    for (row, layer) in &plan.others {
        let was = before.files.get(&row.id).map_or(&[][..], Vec::as_slice);
        let based_on = |id: &str| {
            let file = was.iter().find(|file| id_of(&file.path) == Some(id));
            file.and_then(|file| file.based_on.clone())
        };
        put(&mut tx, row, layer, based_on).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Refuses to write over what somebody else has written since it was looked at.
async fn unchanged(conn: &mut Conn, before: &Before) -> anyhow::Result<()> {
    let same =
        packs::list(conn).await? == before.rows && layers::files(conn).await? == before.files;
    if !same {
        return Err(anyhow!(
            "somebody else has changed the content meanwhile; try again"
        ));
    }
    Ok(())
}

/// Writes a pack and the files of its layer, in place of all it had.
async fn put(
    conn: &mut Conn,
    row: &Row,
    layer: &Layer,
    based_on: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<()> {
    let files: Vec<File> = layer
        .files
        .iter()
        .map(|(path, text)| File {
            based_on: id_of(path).and_then(&based_on),
            path: path.clone(),
            text: text.clone(),
        })
        .collect();
    layers::clear(conn, &row.id).await?;
    layers::put(conn, &row.id, &files).await?;
    packs::put(conn, row).await?;
    Ok(())
}

/// Removes a pack with its answers. Gives the ids of packs that had left something out in its favour:
/// imported again, they bring it.
///
/// # Errors
/// If there is none; every fault that the content would have without it; if the database fails.
pub async fn remove(app: &App, db: &Db, id: &str) -> anyhow::Result<Vec<String>> {
    let before = before(app, db).await?;
    if !before.rows.iter().any(|row| row.id == id) {
        bail!(
            "\"{}\" is not a pack that is here; see `turvabot pack list`",
            inert(id)
        );
    }
    let without: Vec<Layer> = before
        .layers
        .iter()
        .filter(|layer| layer.name != id)
        .cloned()
        .collect();
    refuse(new_faults(app, &before.layers, &without))?;
    let mut left_out = Vec::new();
    for row in before.rows.iter().filter(|row| row.id != id) {
        let Manifest { same, choices, .. } = manifest(row)?;
        let ours = choices.values().filter(|choice| choice.take == Take::Ours);
        let mut holders = same.values().chain(ours.map(|choice| &choice.held_by));
        if holders.any(|holder| holder == id) {
            left_out.push(row.id.clone());
        }
    }
    let mut tx = db.write().await?;
    settings::put(&mut tx, KNOWLEDGE_VERSION, &app.clock.now().to_string()).await?;
    unchanged(&mut tx, &before).await?;
    layers::clear(&mut tx, id).await?;
    packs::remove(&mut tx, id).await?;
    tx.commit().await?;
    Ok(left_out)
}
