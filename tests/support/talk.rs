//! Talking to the conversation itself, without a channel or a store.

use turvabot::conversation::{Facts, Own};
use turvabot::domain::{ChannelKind, Chat, Dialogue, Lang, Resident, Status};
use turvabot::knowledge::Knowledge;

/// Nothing stored of anybody.
static NOTHING: Own = Own {
    votes: Vec::new(),
    deliveries: 0,
    lines: 0,
};

/// Somebody who has said nothing yet.
pub fn newcomer(channel: ChannelKind, lang: Lang) -> Resident {
    Resident {
        id: 1,
        channel,
        address: "1".into(),
        chat: Chat::Direct,
        lang,
        lang_chosen: true,
        status: Status::Active,
        topics: Vec::new(),
        areas: Vec::new(),
        quiet: None,
        dialogue: Dialogue::default(),
    }
}

/// What is known to an answer in a chat of two, in January 2027, without notices or polls.
pub fn facts(knowledge: &Knowledge) -> Facts<'_> {
    Facts {
        knowledge,
        notices: &[],
        polls: &[],
        own: &NOTHING,
        chat: Chat::Direct,
        lang_hinted: true,
        now: 1_800_000_000_000,
    }
}
