//! The conversation: what a message means and what to say to it.
//!
//! Pure and channel-neutral, in two steps: [`understand`] turns an event into an [`Intent`], and
//! [`respond`] turns the resident, the intent and the facts into a [`Turn`]. No clock, no store, no
//! network; what has to be looked up between the steps is named by [`Understood::needs`].

mod answering;
mod broadcasts;
mod intent;
mod lexicon;
mod menus;
mod notices;
mod personal;
mod polling;
mod respond;
mod understand;

pub use answering::Cues;
pub use broadcasts::{cancel_message, notice_message, poll_message, result_message};
pub use intent::{Asked, Choice, Intent, Needs, Understood};
pub use lexicon::{Lexicon, Meaning};
pub use personal::erased;
pub use respond::{Effect, Facts, Missed, Outcome, Own, Turn, mishap, respond};
pub use understand::understand;
