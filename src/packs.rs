//! Packs: answers that move between municipalities, signed by whoever wrote them.
//!
//! This module's job is what a pack is ([`file`]), who vouches for it ([`keys`]), how one is put
//! together ([`export`]) and laid over what is there ([`import`]). An imported pack is a layer of
//! content under the municipality's own answers; see [`crate::content::Layer`].
//!
//! A pack is taken in when four things hold: its signature is sound; its key is the one that the
//! municipality trusts for it; all content with it is sound; and for whatever it says differently than
//! what is there, somebody has decided which stays.

pub mod export;
pub mod file;
pub mod import;
pub mod keys;
mod merge;
mod rows;

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::domain::Localized;
use crate::store::packs::Row;
use crate::store::{Db, Error, layers, packs};
pub use merge::{Choice, Conflict, Take, conflicts};

/// What is remembered of a pack besides its files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// What it is called.
    pub title: Localized,
    /// Who wrote it.
    pub origin: Localized,
    /// When it was exported.
    pub made_on: Date,
    /// The SHA-256 of what was signed, in hexadecimal digits.
    pub digest: String,
    /// What it says just as others do, by whom; such things aren't in its layer.
    #[serde(default)]
    pub same: BTreeMap<String, String>,
    /// What was decided where it says something else than others.
    #[serde(default)]
    pub choices: BTreeMap<String, Choice>,
}

/// A pack that is here.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: i64,
    /// What it is called.
    pub title: Localized,
    /// Who wrote it.
    pub origin: Localized,
    /// How many answers residents get from it, if no own one lies over them.
    pub entries: usize,
    /// When it was imported, `YYYY-MM-DD`.
    pub imported_on: String,
    /// The key that signs its versions, base64.
    pub key: String,
}

/// The packs that are here, by id.
///
/// # Errors
/// If the database fails, or a row of it isn't what this program writes.
pub async fn list(db: &Db) -> anyhow::Result<Vec<Listed>> {
    let mut conn = db.read().await?;
    let files = layers::files(&mut conn).await?;
    let rows = packs::list(&mut conn).await?;
    rows.into_iter()
        .map(|row| {
            let Manifest { title, origin, .. } = manifest(&row)?;
            let of = files.get(&row.id).into_iter().flatten();
            Ok(Listed {
                entries: of.filter(|file| file.path.starts_with("answers/")).count(),
                id: row.id,
                version: row.version,
                title,
                origin,
                imported_on: row.imported_on,
                key: row.public_key,
            })
        })
        .collect()
}

/// Who wrote each pack, by id.
///
/// # Errors
/// If the database fails. A row that can't be read has no origin: answers are given all the same.
pub(crate) async fn origins(db: &Db) -> Result<BTreeMap<String, Localized>, Error> {
    let rows = packs::list(&mut *db.read().await?).await?;
    let origin = |row: Row| Some((row.id.clone(), manifest(&row).ok()?.origin));
    Ok(rows.into_iter().filter_map(origin).collect())
}

fn manifest(row: &Row) -> anyhow::Result<Manifest> {
    serde_json::from_str(&row.manifest)
        .map_err(|error| anyhow::anyhow!("pack {}: its row in the database: {error}", row.id))
}
