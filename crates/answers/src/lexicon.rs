//! What is known of the languages beyond the entries: the thesaurus and the vectors of words.

use std::collections::HashMap;
use std::sync::Arc;

use super::thesaurus::Thesaurus;
use super::vectors::Vectors;
use crate::{Lang, Localized};

/// Thesaurus and vectors, shared by all indexes. Empty by default: then words stand for themselves.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    thesauri: HashMap<Lang, Arc<Thesaurus>>,
    vectors: Option<Arc<Vectors>>,
}

impl Lexicon {
    /// A lexicon of thesauri (groups of terms separated by commas) and a table of vectors as
    /// `scripts/build-vectors` makes it. A table that can't be read is left out.
    #[must_use]
    pub fn new(thesauri: &Localized<Vec<String>>, vectors: Option<&'static [u8]>) -> Self {
        let read =
            |(lang, groups): (Lang, &Vec<String>)| (lang, Arc::new(Thesaurus::read(lang, groups)));
        Self {
            thesauri: thesauri.iter().map(read).collect(),
            vectors: vectors.and_then(Vectors::read).map(Arc::new),
        }
    }

    pub(super) fn thesaurus(&self, lang: Lang) -> Arc<Thesaurus> {
        self.thesauri.get(&lang).cloned().unwrap_or_default()
    }

    pub(super) fn vectors(&self) -> Option<Arc<Vectors>> {
        self.vectors.clone()
    }
}
