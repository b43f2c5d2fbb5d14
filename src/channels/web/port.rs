//! What the web chat needs from the core of the bot.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use super::session::SessionKey;
use super::texts::PageTexts;
use crate::domain::Lang;

/// A line of the transcript.
#[derive(Clone, Debug)]
pub struct Line {
    /// Position in the conversation: 1 or more, growing, never used twice.
    pub seq: i64,
    /// When the line was said, in milliseconds since 1970 (UTC).
    pub at_ms: i64,
    /// Who said it.
    pub from: Speaker,
    /// The language of `html` and of the button labels.
    pub lang: Lang,
    /// The content: HTML that the core's renderer has already made safe.
    pub html: String,
    /// Rows of buttons under the content.
    pub buttons: Vec<Vec<LineButton>>,
}

/// Who said a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The person chatting.
    Resident,
    /// The bot.
    Bot,
}

/// A button under a line.
#[derive(Clone, Debug)]
pub struct LineButton {
    /// What the button says.
    pub label: String,
    /// Opaque authenticated token of at most 64 bytes, sent back when the button is pressed.
    pub action: String,
    /// A link instead of an action: `https:`, `http:`, `tel:`, `sms:` or `mailto:`.
    pub url: Option<String>,
}

/// What the resident did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Wrote a message.
    Text(String),
    /// Pressed the button with this token.
    Action(String),
    /// Started the conversation, with the payload of a deep link such as a poster's QR code.
    Start(Option<String>),
}

/// The core could not do its part now, such as when the database does not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the conversation is not available at the moment")]
pub struct Unavailable;

/// The core of the bot, as the web chat sees it.
pub trait ChatPort: Send + Sync + 'static {
    /// Handles what the resident said. Returns when the turn is committed durably.
    ///
    /// `hint` is the language in which the resident reads the page.
    fn say(
        &self,
        session: &SessionKey,
        said: Said,
        hint: Option<Lang>,
    ) -> impl Future<Output = Result<(), Unavailable>> + Send;

    /// The lines after `after_seq` (0: all), ascending. An unknown session has none.
    fn lines(
        &self,
        session: &SessionKey,
        after_seq: i64,
    ) -> impl Future<Output = Result<Vec<Line>, Unavailable>> + Send;

    /// A signal whose value (the latest `seq`) changes whenever a new line exists.
    ///
    /// An event stream ends when the sender is dropped; the browser then connects again.
    fn watch(&self, session: &SessionKey) -> watch::Receiver<i64>;

    /// Every visible text of the page in this language.
    fn page(&self, lang: Lang) -> Arc<PageTexts>;
}
