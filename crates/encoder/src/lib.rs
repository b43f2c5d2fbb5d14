//! Turns a sentence into a vector with multilingual-e5-small: a BERT with the tokenizer of XLM-R, run by
//! [candle](candle_core) on one thread.
//!
//! ```no_run
//! use turvabot_encoder::{Encoder, Kind};
//!
//! let encoder = Encoder::load("multilingual-e5-small".as_ref())?;
//! let query = encoder.embed(Kind::Query, "Milloin uimahalli on auki?");
//! let passage = encoder.embed(Kind::Passage, "Uimahallin aukioloajat");
//! let cosine: f32 = query.iter().zip(&passage).map(|(a, b)| a * b).sum();
//! # Ok::<(), turvabot_encoder::Error>(())
//! ```
//!
//! The folder is one in the layout of Hugging Face: `config.json`, `tokenizer.json` and
//! `model.safetensors`. The original files do, and so does what `scripts/fetch-encoder` makes.

mod model;
mod weights;

use model::Model;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::{
    io,
    path::{Path, PathBuf},
};
use tokenizers::{Tokenizer, TruncationParams};
use weights::Weights;

/// The longest input, in tokens with the two at the ends.
const MAX_TOKENS: usize = 512;

/// What of a text is looked at, in characters. The longest piece of the vocabulary has 16, so 512 tokens
/// are fewer than 8,192 characters; the rest is for what the normaliser takes out, such as indentation.
const MAX_CHARS: usize = 16 * 1024;

/// Which of the two prefixes the model was trained with goes before a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A question to be answered, or one of two texts to be compared as equals.
    Query,
    /// A text that may hold the answer.
    Passage,
}

impl Kind {
    fn prefix(self) -> &'static str {
        match self {
            Kind::Query => "query: ",
            Kind::Passage => "passage: ",
        }
    }
}

/// Why a folder could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read.
    #[error("{}: could not be read: {source}", file.display())]
    Read {
        /// The file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file was read, but is not one of a model that this encoder runs.
    #[error("{}: {what}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The thread that the model runs on could not be started.
    #[error("could not start the encoder's thread: {0}")]
    Thread(#[from] rayon::ThreadPoolBuildError),
}

impl Error {
    fn read(file: &Path) -> impl FnOnce(io::Error) -> Error {
        move |source| Error::Read {
            file: file.to_owned(),
            source,
        }
    }

    fn wrong(file: &Path, what: impl ToString) -> Error {
        Error::Wrong {
            file: file.to_owned(),
            what: what.to_string(),
        }
    }
}

/// A loaded model. It can be shared between threads; calls from several wait for each other, as one thread
/// of the encoder's own does the work.
pub struct Encoder {
    tokenizer: Tokenizer,
    model: Model,
    /// What candle does in parallel, it does in the pool it is called from: with one thread here, it uses
    /// one core, and never starts the pool of all cores.
    pool: ThreadPool,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").finish_non_exhaustive()
    }
}

impl Encoder {
    /// Loads the model of a folder with `config.json`, `tokenizer.json` and `model.safetensors` (f32, f16
    /// or bf16), and tries it out. Takes seconds: not for an asynchronous thread.
    pub fn load(dir: &Path) -> Result<Encoder, Error> {
        let config_file = dir.join("config.json");
        let config = std::fs::read(&config_file).map_err(Error::read(&config_file))?;
        let config =
            model::Config::parse(&config).map_err(|what| Error::wrong(&config_file, what))?;

        let tokenizer_file = dir.join("tokenizer.json");
        let text = std::fs::read(&tokenizer_file).map_err(Error::read(&tokenizer_file))?;
        let tokenizer = tokenizer(
            &text,
            MAX_TOKENS.min(config.max_position_embeddings),
            config.vocab_size,
        )
        .map_err(|what| Error::wrong(&tokenizer_file, what))?;
        drop(text);

        let pool = ThreadPoolBuilder::new()
            .num_threads(1)
            .thread_name(|_| "encoder".into())
            .build()?;
        let weights_file = dir.join("model.safetensors");
        let model = pool.install(|| Model::load(&config, Weights::open(&weights_file)?))?;

        let encoder = Encoder {
            tokenizer,
            model,
            pool,
        };
        // Whatever can fail later fails here: an empty text, an unknown character.
        for text in ["", "\u{10fffd}"] {
            let vector = encoder
                .try_embed(Kind::Passage, text)
                .map_err(|what| Error::wrong(dir, what))?;
            if vector.iter().any(|x| !x.is_finite()) {
                return Err(Error::wrong(
                    &weights_file,
                    "gives vectors that are not numbers",
                ));
            }
        }
        Ok(encoder)
    }

    /// The vector of a text: of length one, so that the dot product of two is the cosine between them.
    /// The same text always has the same vector on the same machine. Only the first 512 tokens count.
    ///
    /// Takes milliseconds for a sentence, most of a second for a page: not for an asynchronous thread.
    ///
    /// # Panics
    /// Never for a text: loading has tried out what could fail.
    pub fn embed(&self, kind: Kind, text: &str) -> Vec<f32> {
        self.try_embed(kind, text)
            .expect("a loaded encoder takes every text")
    }

    fn try_embed(&self, kind: Kind, text: &str) -> Result<Vec<f32>, String> {
        let end = text
            .char_indices()
            .nth(MAX_CHARS)
            .map_or(text.len(), |(at, _)| at);
        let text = format!("{}{}", kind.prefix(), &text[..end]);
        let tokens = self
            .tokenizer
            .encode_fast(text, true)
            .map_err(|e| format!("the tokenizer failed: {e}"))?;
        self.pool
            .install(|| self.model.embed(tokens.get_ids()))
            .map_err(|e| format!("the model failed: {e}"))
    }
}

/// Reads a tokenizer, which must add the tokens at the ends and know no more tokens than the model.
fn tokenizer(json: &[u8], max_tokens: usize, vocab_size: usize) -> Result<Tokenizer, String> {
    let mut tokenizer =
        Tokenizer::from_bytes(json).map_err(|e| format!("is not a tokenizer: {e}"))?;
    tokenizer.with_padding(None);
    tokenizer.with_truncation(None).map_err(|e| e.to_string())?;
    let added = tokenizer
        .get_added_tokens_decoder()
        .into_keys()
        .max()
        .map_or(0, |id| id as usize + 1);
    let tokens = tokenizer.get_vocab_size(false).max(added);
    if tokens > vocab_size {
        return Err(format!(
            "has {tokens} tokens, but the model has {vocab_size}"
        ));
    }
    let count = |special| {
        tokenizer
            .encode_fast("a", special)
            .map(|tokens| tokens.len())
            .map_err(|e| e.to_string())
    };
    if count(true)? != count(false)? + 2 {
        return Err("adds no tokens at the two ends of a text".into());
    }
    let truncation = TruncationParams {
        max_length: max_tokens,
        ..TruncationParams::default()
    };
    tokenizer
        .with_truncation(Some(truncation))
        .map_err(|e| e.to_string())?;
    Ok(tokenizer)
}
