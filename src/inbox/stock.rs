//! Answers that are the same for everyone: rendered once, written once, shared by all who get them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Lang, Message};
use crate::knowledge::Knowledge;

/// Answers kept at hand; a knowledge base has some hundreds.
const KEPT: usize = 4096;

/// The answers at hand. Valid for one knowledge.
#[derive(Default)]
pub(crate) struct Stock {
    knowledge: Option<Arc<Knowledge>>,
    known: HashMap<(String, Lang), Item>,
}

/// An answer.
pub(super) struct Item {
    /// Its words.
    pub message: Arc<Message>,
    /// Where they are written, once they are.
    pub rendering_id: Option<i64>,
}

impl Stock {
    /// Empties the stock if it was of another knowledge.
    pub fn fit(&mut self, knowledge: &Arc<Knowledge>) {
        let same = self
            .knowledge
            .as_ref()
            .is_some_and(|known| Arc::ptr_eq(known, knowledge));
        if !same || self.known.len() > KEPT {
            self.known.clear();
            self.knowledge = Some(Arc::clone(knowledge));
        }
    }

    /// Forgets everything: what was written may have been rolled back.
    pub fn clear(&mut self) {
        self.known.clear();
    }

    /// The item of a name in a language; made by `render` the first time.
    pub(super) fn item(
        &mut self,
        name: &str,
        lang: Lang,
        render: impl FnOnce() -> Message,
    ) -> &mut Item {
        self.known
            .entry((name.to_owned(), lang))
            .or_insert_with(|| Item {
                message: Arc::new(render()),
                rendering_id: None,
            })
    }
}
