//! One turn of conversation per event, in order per resident, in one transaction with everything
//! the turn leads to.
//!
//! An event's row, the resident's new state and the ledger rows of the answer are committed
//! together, and only then is the event acknowledged. So there is no backlog of events taken and
//! not answered, and the resident's words need not be stored at all.

mod batch;
mod stock;
mod turns;
mod write;

use std::sync::Arc;

pub use batch::Turned;
pub(crate) use batch::{Setting, run};
pub(crate) use stock::Stock;
pub use write::Parting;

use crate::domain::{ActionKey, ChannelKind, Lang};
use crate::knowledge::Knowledge;
use crate::locale::Locales;

/// What turns are made with; the same for all of them.
#[derive(Clone)]
pub struct Desk {
    /// Curated content.
    pub knowledge: Arc<Knowledge>,
    /// Words per language.
    pub locales: Arc<Locales>,
    /// Seals buttons.
    pub key: ActionKey,
    /// The language of a newcomer whose platform says nothing.
    pub default_lang: Lang,
}

/// The keyed hash that stands for a voter in one poll: HMAC-SHA-256 of the address under the poll's
/// secret, in base64url. Without the secret, which is destroyed at close, no address leads to it.
#[must_use]
pub fn voter(secret: &str, channel: ChannelKind, address: &str) -> String {
    use base64::Engine as _;
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes())
        .expect("HMAC accepts every key length");
    mac.update(channel.as_str().as_bytes());
    mac.update(b":");
    mac.update(address.as_bytes());
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
}
