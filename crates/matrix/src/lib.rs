//! One Matrix bot account (Matrix specification v1.18, client-server API) behind plain types.
//!
//! Everything that touches the SDK is in this crate: the session and its encryption, reading a sync
//! into [`Event`]s, sending with transaction ids, rooms. It knows nothing of residents, notices or
//! databases, so the bot's own code is built without waiting for it. For the same reason its
//! functions return boxed futures: a future that is awaited by its own type is compiled, with all
//! that it awaits of the SDK, by the crate that awaits it, which took minutes in a release build.
//!
//! No event handlers, no send queue, no event cache of the SDK: a sync is read where it arrives,
//! and its token is the caller's to keep.

mod account;
mod board;
mod identity;
mod post;
mod read;
mod rooms;
mod status;
mod sync;
mod trouble;

pub use account::{Account, Credentials, Settings};
pub use board::{Board, NewRoom};
pub use identity::{LoggedIn, Standing};
pub use post::{Mark, Post};
pub use read::{Event, MediaKind, What};
pub use rooms::Invite;
pub use status::{Remote, remote};
pub use sync::{Batch, RoomKey, Sealed};
pub use trouble::Trouble;

/// The name under which the bot keeps its own data in the content of events it sends.
pub const OWN: &str = "fi.turvabot";
