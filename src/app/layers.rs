//! Content with what the database lays over its files.

use std::collections::BTreeMap;

use super::{App, source};
use crate::content::{Content, LOCAL, Layer, shipped};
use crate::faults::Faults;
use crate::packs;
use crate::store::{Db, layers};

/// What the sample municipality adds to the files.
pub(super) fn sample() -> Option<Layer> {
    let file = "register.toml";
    let text = shipped(&format!("demo/{file}"))?;
    Some(Layer {
        name: "demo".to_owned(),
        files: BTreeMap::from([(file.to_owned(), text)]),
    })
}

impl App {
    /// The content as residents get it: with packs, with what the municipality writes itself, and with
    /// what its people have confirmed. Files of layers that have faults are left out; the faults are
    /// given too.
    ///
    /// # Errors
    /// If the database fails, or the files under the layers.
    pub async fn layered_content(&self, db: &Db) -> anyhow::Result<(Content, Faults)> {
        let layers = self.layers(db).await?;
        let (mut content, left_out) = self.content_with(layers)?;
        content.origins = packs::origins(db).await?;
        for confirmation in layers::confirmations(&mut *db.read().await?).await? {
            if let Ok(day) = confirmation.day.parse() {
                content.confirm(&confirmation.entry, &confirmation.fingerprint, day);
            }
        }
        Ok((content, left_out))
    }

    /// The layers in the database, the municipality's own on top.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn layers(&self, db: &Db) -> anyhow::Result<Vec<Layer>> {
        let files = layers::files(&mut *db.read().await?).await?;
        let mut layers: Vec<Layer> = files
            .into_iter()
            .map(|(name, files)| Layer {
                name,
                files: files
                    .into_iter()
                    .map(|file| (file.path, file.text))
                    .collect(),
            })
            .collect();
        layers.sort_by_key(|layer| layer.name == LOCAL);
        Ok(layers)
    }

    /// The files with these layers over them. Files of layers that have faults are left out; the
    /// faults are given too.
    ///
    /// # Errors
    /// The faults of the files under the layers.
    pub fn content_with(&self, layers: Vec<Layer>) -> anyhow::Result<(Content, Faults)> {
        if layers.is_empty() {
            return Ok((self.content.clone(), Faults::default()));
        }
        let all = self.own_layers.iter().cloned().chain(layers).collect();
        let langs = self.locales.langs();
        let (mut content, left_out) = Content::load_sound(source(&self.config), all, &langs)?;
        content.municipality.clone_from(&self.content.municipality);
        Ok((content, left_out))
    }

    /// Every fault of the files with these layers over them.
    #[must_use]
    pub fn faults_with(&self, layers: &[Layer]) -> Faults {
        let all: Vec<Layer> = self.own_layers.iter().chain(layers).cloned().collect();
        let checked = Content::load_with(source(&self.config), &all, &self.locales.langs());
        checked.err().unwrap_or_default()
    }

    /// The texts of this path in the files and in what always lies over them, the lowest first.
    pub(crate) fn base_texts<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a str> {
        let over = self
            .own_layers
            .iter()
            .filter_map(|layer| layer.files.get(path));
        self.content
            .raw(path)
            .into_iter()
            .chain(over.map(String::as_str))
    }
}
