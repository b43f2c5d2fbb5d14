//! A quick poll.

use super::{Localized, Millis};

/// A single-choice poll.
#[derive(Clone, Debug)]
pub struct Poll {
    /// Its number.
    pub id: i64,
    /// The topic whose subscribers are asked; `None`: those of any topic.
    pub topic: Option<String>,
    /// The area it concerns; `None`: the whole municipality.
    pub area: Option<String>,
    /// The question per language.
    pub question: Localized,
    /// The options in order, each per language.
    pub options: Vec<Localized>,
    /// When it opened.
    pub opened_at: Millis,
    /// When it closed.
    pub closed_at: Option<Millis>,
}

impl Poll {
    /// Longest option, in characters: it is a button.
    pub const OPTION_CHARS: usize = 60;
}
