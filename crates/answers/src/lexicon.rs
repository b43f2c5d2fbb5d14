//! What is known of the languages beyond the entries: thesaurus, vectors of words, and a corpus.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::corpus::Corpus;
use super::thesaurus::Thesaurus;
use super::vectors::Vectors;
use crate::{Lang, Localized};

/// The texts of a corpus, and the corpus as soon as an index is built.
#[derive(Debug)]
struct Texts {
    lines: String,
    background: String,
    ready: OnceLock<Arc<Corpus>>,
}

/// Thesaurus, vectors and corpus, shared by all indexes. Empty by default: then words stand for
/// themselves.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    thesauri: HashMap<Lang, Arc<Thesaurus>>,
    corpora: HashMap<Lang, Arc<Texts>>,
    pub(super) vectors: Option<Arc<Vectors>>,
}

impl Lexicon {
    /// A lexicon of thesauri (groups of terms separated by commas) and a table of vectors as
    /// `scripts/vectors/build-vectors` makes it. A table that can't be read is left out.
    #[must_use]
    pub fn new(thesauri: &Localized<Vec<String>>, vectors: Option<&'static [u8]>) -> Self {
        let read =
            |(lang, groups): (Lang, &Vec<String>)| (lang, Arc::new(Thesaurus::read(lang, groups)));
        Self {
            thesauri: thesauri.iter().map(read).collect(),
            corpora: HashMap::new(),
            vectors: vectors.and_then(Vectors::read).map(Arc::new),
        }
    }

    /// The same with a corpus of one language, a text a line: `lines` about matters of safety, by
    /// which messages find entries that say it in other words, and `background` about anything
    /// else, by which messages without an answer are told. Lines that begin with `#` are comments.
    #[must_use]
    pub fn with_corpus(mut self, lang: Lang, lines: &str, background: &str) -> Self {
        let texts = Texts {
            lines: lines.to_owned(),
            background: background.to_owned(),
            ready: OnceLock::new(),
        };
        self.corpora.insert(lang, Arc::new(texts));
        self
    }

    pub(super) fn thesaurus(&self, lang: Lang) -> Arc<Thesaurus> {
        self.thesauri.get(&lang).cloned().unwrap_or_default()
    }

    /// The corpus of a language, made ready once.
    pub(super) fn corpus(&self, lang: Lang) -> Arc<Corpus> {
        let build = |lines: &str, background: &str| {
            let thesaurus = self.thesaurus(lang);
            let texts = (lines, background);
            Arc::new(Corpus::build(lang, &thesaurus, self.vectors.clone(), texts))
        };
        let Some(texts) = self.corpora.get(&lang) else {
            return build("", "");
        };
        let ready = || build(&texts.lines, &texts.background);
        Arc::clone(texts.ready.get_or_init(ready))
    }
}
