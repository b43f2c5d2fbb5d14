//! The transformer: a model in a folder of the operator's, with the vectors of entries at hand.
//!
//! Its job is to make vectors for the leg of meaning. Those of entries take seconds to minutes, so
//! they are kept in a file, and made ahead, in the background of a server. What a model does to an
//! answer is left to the knowledge.

mod kept;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use turvabot_encoder::Encoder;

use crate::answers::{Answers, Encode, Kind};

/// What the folder of a model holds.
const FILES: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];

/// Texts by whose vectors a model is known again.
const PROBES: [&str; 2] = ["Mistä saan apua?", "Var får jag hjälp?"];

/// The model that the leg was fitted to.
const NAME: &str = "multilingual-e5-small";

/// Vectors by the digest of what they are of.
type Known = HashMap<Key, Vec<f32>>;

/// The beginning of a digest of kind and text.
type Key = [u8; 16];

/// The folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It isn't there, or lacks files.
    #[error("{what}; `scripts/fetch-encoder {}` makes what is needed", dir.display())]
    Missing {
        /// The folder.
        dir: PathBuf,
        /// What is missing.
        what: String,
    },
    /// A file is not what it should be.
    #[error("{0}; put another there, or empty the folder and run scripts/fetch-encoder")]
    Broken(#[from] turvabot_encoder::Error),
}

/// A loaded model. Shared between threads, which wait for each other.
#[derive(Debug)]
pub struct Transformer {
    encoder: Encoder,
    /// Numbers in a vector.
    dim: usize,
    /// By what vectors of this model are known from those of others.
    identity: [u8; 32],
    known: Mutex<Known>,
    file: Option<PathBuf>,
}

impl Transformer {
    /// Loads a model, which takes seconds. Vectors are kept in `file`, if one is given, and taken from
    /// it if it is there and holds what this model made.
    ///
    /// # Errors
    /// What is wrong with the folder, and what to do.
    pub fn load(dir: &Path, file: Option<PathBuf>) -> Result<Self, Error> {
        present(dir)?;
        let encoder = Encoder::load(dir)?;
        let mut digest = Sha256::new();
        let mut dim = 0;
        for probe in PROBES {
            let vector = encoder.embed(turvabot_encoder::Kind::Passage, probe);
            dim = vector.len();
            vector
                .iter()
                .for_each(|number| digest.update(number.to_le_bytes()));
        }
        let identity = digest.finalize().into();
        let known = match file.as_deref().map(|file| kept::read(file, identity, dim)) {
            Some(Ok(known)) => known,
            Some(Err(why)) => {
                tracing::info!("vectors of entries are made anew: {why}");
                Known::default()
            }
            None => Known::default(),
        };
        Ok(Self {
            encoder,
            dim,
            identity,
            known: Mutex::new(known),
            file,
        })
    }

    /// What it is, for the log.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{NAME}, {}", self.dim)
    }

    /// The texts among these whose vectors are not at hand yet. All others are forgotten.
    #[must_use]
    pub fn missing(&self, texts: Vec<(Kind, String)>) -> Vec<(Kind, String)> {
        let keys: std::collections::HashSet<Key> =
            texts.iter().map(|(kind, text)| key(*kind, text)).collect();
        let mut known = self.known();
        known.retain(|key, _| keys.contains(key));
        let lacks = |(kind, text): &(Kind, String)| !known.contains_key(&key(*kind, text));
        texts.into_iter().filter(lacks).collect()
    }

    /// Makes the vectors of texts until `stop` says so, and keeps them. `progress` is told how many are
    /// done. Takes a tenth of a second for each: not for an asynchronous thread.
    pub fn prepare(
        &self,
        texts: &[(Kind, String)],
        stop: impl Fn() -> bool,
        progress: impl Fn(usize),
    ) {
        for (done, (kind, text)) in texts.iter().enumerate() {
            if stop() {
                break;
            }
            progress(done);
            let vector = self.encoder.embed(kind_of(*kind), text);
            self.known().insert(key(*kind, text), vector);
        }
        if let Some(file) = &self.file
            && let Err(error) = kept::write(file, self.identity, self.dim, &self.known())
        {
            // They are made again at the next start, no worse.
            let file = file.display();
            tracing::warn!("{file}: the vectors of entries cannot be kept: {error}");
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Every change is one insertion or removal: there is no half-done one to fear.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Encode for Transformer {
    fn encode(&self, text: &str, kind: Kind) -> Vec<f32> {
        let known = self.known().get(&key(kind, text)).cloned();
        known.unwrap_or_else(|| self.encoder.embed(kind_of(kind), text))
    }
}

/// The legs that answers are found by, for the log.
#[must_use]
pub fn legs(answers: &Answers, transformer: Option<&Transformer>) -> String {
    let on = answers.legs();
    let names: Vec<&str> = on.iter().copied().filter(|leg| *leg != "meaning").collect();
    let names = names.join(", ");
    match transformer {
        Some(transformer) if on.contains(&"meaning") => {
            format!("{names} + meaning ({})", transformer.name())
        }
        _ => names,
    }
}

/// Says everything that is missing at once.
fn present(dir: &Path) -> Result<(), Error> {
    let missing = |what: String| Error::Missing {
        dir: dir.to_owned(),
        what: format!("{}: {what}", dir.display()),
    };
    if !dir.is_dir() {
        return Err(missing("there is no such folder".into()));
    }
    let lacks = |file: &&str| !dir.join(file).is_file();
    let lacking: Vec<&str> = FILES.into_iter().filter(lacks).collect();
    if lacking.is_empty() {
        Ok(())
    } else {
        Err(missing(format!("lacks {}", lacking.join(", "))))
    }
}

fn kind_of(kind: Kind) -> turvabot_encoder::Kind {
    match kind {
        Kind::Query => turvabot_encoder::Kind::Query,
        Kind::Passage => turvabot_encoder::Kind::Passage,
    }
}

fn key(kind: Kind, text: &str) -> Key {
    let mut digest = Sha256::new();
    digest.update([match kind {
        Kind::Query => b'q',
        Kind::Passage => b'p',
    }]);
    digest.update(text);
    let digest: [u8; 32] = digest.finalize().into();
    let mut key = Key::default();
    key.copy_from_slice(&digest[..16]);
    key
}
