//! What a button does, as a short token that can't be forged.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use super::Lang;

/// What a button does when pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show what the bot can do.
    Help,
    /// Show the languages.
    Languages,
    /// Speak this language.
    Language(Lang),
    /// Show the topics with their subscriptions.
    Topics,
    /// Turn the subscription of a topic on or off.
    Topic(String),
    /// Show the areas followed.
    Areas,
    /// Follow an area or stop following it.
    Area(String),
    /// Show the notices in force.
    Notices,
    /// Show the open polls.
    Polls,
    /// Show one poll.
    Poll(i64),
    /// Vote for an option, counted from 0.
    Vote(i64, u8),
    /// Take the vote back.
    Unvote(i64),
    /// Show the answer of one entry.
    Entry(String),
    /// Show who deals with a matter.
    Matter(String),
    /// Say that none of the entries offered was meant.
    NoneOfThese,
    /// Send the question that got no answer to the municipality.
    SendQuestion,
    /// Show the quiet hours.
    Quiet,
    /// Turn quiet hours on or off.
    QuietSet(bool),
    /// Show who runs the bot.
    Privacy,
    /// Show everything stored about me.
    MyData,
    /// Ask whether to erase everything.
    Erase,
    /// Erase everything.
    EraseConfirmed,
    /// Keep everything.
    EraseCancelled,
    /// Send nothing unasked any more.
    Stop,
    /// Send again.
    Resume,
    /// Say of the answer of an entry whether it helped.
    Feedback(String, bool),
}

impl Action {
    /// The action without its seal, at most 52 bytes for ids of at most 40.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Help => "h".into(),
            Self::Languages => "ls".into(),
            Self::Language(lang) => format!("l:{lang}"),
            Self::Topics => "ts".into(),
            Self::Topic(id) => format!("t:{id}"),
            Self::Areas => "as".into(),
            Self::Area(id) => format!("a:{id}"),
            Self::Notices => "n".into(),
            Self::Polls => "ps".into(),
            Self::Poll(id) => format!("p:{id}"),
            Self::Vote(poll, option) => format!("v:{poll}:{option}"),
            Self::Unvote(poll) => format!("u:{poll}"),
            Self::Entry(id) => format!("e:{id}"),
            Self::Matter(id) => format!("m:{id}"),
            Self::NoneOfThese => "no".into(),
            Self::SendQuestion => "sq".into(),
            Self::Quiet => "q".into(),
            Self::QuietSet(on) => format!("q:{}", u8::from(*on)),
            Self::Privacy => "pr".into(),
            Self::MyData => "md".into(),
            Self::Erase => "er".into(),
            Self::EraseConfirmed => "er:1".into(),
            Self::EraseCancelled => "er:0".into(),
            Self::Stop => "st".into(),
            Self::Resume => "re".into(),
            Self::Feedback(id, helped) => format!("f:{}:{id}", u8::from(*helped)),
        }
    }

    /// The action of an unsealed text, if it is one.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        let (name, rest) = match text.split_once(':') {
            Some((name, rest)) => (name, Some(rest)),
            None => (text, None),
        };
        Some(match (name, rest) {
            ("h", None) => Self::Help,
            ("ls", None) => Self::Languages,
            ("l", Some(lang)) => Self::Language(lang.parse().ok()?),
            ("ts", None) => Self::Topics,
            ("t", Some(id)) => Self::Topic(id.to_owned()),
            ("as", None) => Self::Areas,
            ("a", Some(id)) => Self::Area(id.to_owned()),
            ("n", None) => Self::Notices,
            ("ps", None) => Self::Polls,
            ("p", Some(id)) => Self::Poll(id.parse().ok()?),
            ("v", Some(rest)) => {
                let (poll, option) = rest.split_once(':')?;
                Self::Vote(poll.parse().ok()?, option.parse().ok()?)
            }
            ("u", Some(id)) => Self::Unvote(id.parse().ok()?),
            ("e", Some(id)) => Self::Entry(id.to_owned()),
            ("m", Some(id)) => Self::Matter(id.to_owned()),
            ("no", None) => Self::NoneOfThese,
            ("sq", None) => Self::SendQuestion,
            ("q", None) => Self::Quiet,
            ("q", Some("1")) => Self::QuietSet(true),
            ("q", Some("0")) => Self::QuietSet(false),
            ("pr", None) => Self::Privacy,
            ("md", None) => Self::MyData,
            ("er", None) => Self::Erase,
            ("er", Some("1")) => Self::EraseConfirmed,
            ("er", Some("0")) => Self::EraseCancelled,
            ("st", None) => Self::Stop,
            ("re", None) => Self::Resume,
            ("f", Some(rest)) => match rest.split_once(':')? {
                ("1", id) => Self::Feedback(id.to_owned(), true),
                ("0", id) => Self::Feedback(id.to_owned(), false),
                _ => return None,
            },
            _ => return None,
        })
    }
}

/// Bytes of the seal: 64 bits, far beyond guessing through a rate-limited chat.
const SEAL_BYTES: usize = 8;

/// The secret that seals actions into tokens and opens them again (HMAC-SHA-256, RFC 2104,
/// truncated as its section 5 allows).
#[derive(Clone)]
pub struct ActionKey(Hmac<Sha256>);

impl ActionKey {
    /// A key from secret bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        // HMAC takes a key of any length.
        Self(Hmac::new_from_slice(secret).expect("HMAC accepts every key length"))
    }

    /// The token of an action: `action.seal`, at most 64 bytes (Telegram's `callback_data` limit).
    #[must_use]
    pub fn seal(&self, action: &Action) -> String {
        let mut token = action.encode();
        let seal = URL_SAFE_NO_PAD.encode(&self.mac(&token)[..SEAL_BYTES]);
        token.push('.');
        token.push_str(&seal);
        token
    }

    /// The action of a token made by [`ActionKey::seal`] with the same key.
    #[must_use]
    pub fn open(&self, token: &str) -> Option<Action> {
        let (text, seal) = token.rsplit_once('.')?;
        let seal = URL_SAFE_NO_PAD.decode(seal).ok()?;
        let expected = self.mac(text);
        bool::from(seal.ct_eq(&expected[..SEAL_BYTES]))
            .then(|| Action::decode(text))
            .flatten()
    }

    fn mac(&self, text: &str) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_with_its_own_key_only_and_not_when_changed() {
        let key = ActionKey::new(b"one");
        let token = key.seal(&Action::Vote(12, 3));
        assert_eq!(key.open(&token), Some(Action::Vote(12, 3)));
        assert_eq!(ActionKey::new(b"two").open(&token), None);
        assert_eq!(key.open(&token.replace("v:12:3", "v:12:2")), None);
        assert_eq!(key.open("v:12:3"), None);
        assert_eq!(key.open("v:12:3."), None);
    }

    #[test]
    fn every_action_survives_the_round_trip_within_64_bytes() {
        let key = ActionKey::new(b"k");
        let id = "x".repeat(40);
        for action in [
            Action::Help,
            Action::Languages,
            Action::Language(Lang::SV),
            Action::Topics,
            Action::Topic(id.clone()),
            Action::Areas,
            Action::Area(id.clone()),
            Action::Notices,
            Action::Polls,
            Action::Poll(i64::MAX),
            Action::Vote(i64::MAX, 255),
            Action::Unvote(i64::MAX),
            Action::Entry(id.clone()),
            Action::Matter(id),
            Action::Quiet,
            Action::QuietSet(true),
            Action::QuietSet(false),
            Action::Privacy,
            Action::MyData,
            Action::Erase,
            Action::EraseConfirmed,
            Action::EraseCancelled,
            Action::Stop,
            Action::Resume,
            Action::Feedback("x".repeat(40), false),
        ] {
            let token = key.seal(&action);
            assert!(token.len() <= 64, "{token}");
            assert_eq!(key.open(&token), Some(action));
        }
    }
}
