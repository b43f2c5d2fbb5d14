//! Anonymous sessions: a random cookie in the browser, its hash in the database.

use std::fmt;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The name of the session cookie.
pub const SESSION_COOKIE: &str = "turvabot_chat";

const SECRET_BYTES: usize = 32;
const SECRET_CHARS: usize = 43;

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("no random bytes: {0}")]
pub struct NoRandom(getrandom::Error);

/// The cookie's value: 256 random bits that only the browser keeps.
pub struct SessionSecret(String);

impl SessionSecret {
    /// A new random value.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, NoRandom> {
        let mut bytes = [0_u8; SECRET_BYTES];
        getrandom::fill(&mut bytes).map_err(NoRandom)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The value in a request's cookies, if there is one that this server can have made.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        cookie(headers, SESSION_COOKIE).and_then(Self::parse)
    }

    fn parse(value: &str) -> Option<Self> {
        let plausible = value.len() == SECRET_CHARS
            && value
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        plausible.then(|| Self(value.to_owned()))
    }

    /// The key by which the rest of the program knows the session.
    #[must_use]
    pub fn key(&self) -> SessionKey {
        SessionKey(hex(&Sha256::digest(self.0.as_bytes())))
    }

    /// The `Set-Cookie` value that gives or prolongs the session.
    #[must_use]
    pub fn set_cookie(&self, max_age_s: u64, secure: bool) -> String {
        set_cookie(SESSION_COOKIE, &self.0, max_age_s, secure)
    }
}

impl fmt::Debug for SessionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionSecret(…)")
    }
}

/// A session's key: the hex of the SHA-256 of the cookie's value.
///
/// Whoever reads it, in a database or a log, cannot take over the session with it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey(String);

impl SessionKey {
    /// The 64 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A key that was stored before, if it has the right form.
    #[must_use]
    pub fn from_stored(key: &str) -> Option<Self> {
        let right = key.len() == 64
            && key
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        right.then(|| Self(key.to_owned()))
    }
}

impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionKey({}…)", self.0.get(..8).unwrap_or_default())
    }
}

/// The value of the first cookie of this name in a request.
#[must_use]
pub fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A `Set-Cookie` value for the whole site that scripts cannot read.
#[must_use]
pub fn set_cookie(name: &str, value: &str, max_age_s: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}")
}

/// Lower-case hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(cookie: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(cookie).expect("header"));
        headers
    }

    #[test]
    fn a_secret_survives_the_round_trip_through_the_browser() {
        let made = SessionSecret::generate().expect("random");
        let sent = made.set_cookie(60, true);
        let pair = sent.split(';').next().expect("pair");
        let back = SessionSecret::from_headers(&headers(&format!("a=b; {pair}; c=d")));
        assert_eq!(back.expect("session").key(), made.key());
    }

    #[test]
    fn secrets_differ_and_the_key_does_not_contain_them() {
        let one = SessionSecret::generate().expect("random");
        let two = SessionSecret::generate().expect("random");
        assert_ne!(one.key(), two.key());
        assert_eq!(one.key().as_str().len(), 64);
        assert!(!one.key().as_str().contains(&one.0));
        assert!(!format!("{one:?}").contains(&one.0));
    }

    #[test]
    fn the_key_is_the_sha_256_of_the_value() {
        let value = "A".repeat(SECRET_CHARS);
        let secret = SessionSecret::parse(&value).expect("plausible");
        assert_eq!(
            secret.key().as_str(),
            hex(&Sha256::digest(value.as_bytes()))
        );
        assert_eq!(
            SessionKey::from_stored(secret.key().as_str()),
            Some(secret.key())
        );
        assert_eq!(SessionKey::from_stored("short"), None);
    }

    #[test]
    fn the_cookie_has_its_protections() {
        let secret = SessionSecret::parse(&"x".repeat(SECRET_CHARS)).expect("plausible");
        let plain = secret.set_cookie(86_400, false);
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=86400"] {
            assert!(plain.contains(part), "{plain}");
        }
        assert!(!plain.contains("Secure"));
        assert!(secret.set_cookie(1, true).contains("; Secure"));
    }

    #[test]
    fn values_this_server_cannot_have_made_are_no_session() {
        for value in ["", "short", &"ä".repeat(22), &"x".repeat(44), "a b"] {
            assert!(SessionSecret::parse(value).is_none(), "{value}");
        }
        assert!(SessionSecret::from_headers(&HeaderMap::new()).is_none());
        assert!(SessionSecret::from_headers(&headers("xturvabot_chat=1")).is_none());
    }

    #[test]
    fn hex_keeps_leading_zeros() {
        assert_eq!(hex(&[0, 1, 254]), "0001fe");
    }
}
