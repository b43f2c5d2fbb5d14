//! The file of a pack: three lines, an empty one, and what is signed.
//!
//! ```text
//! turvabot-pack 1
//! key: <base64 of the public key>
//! signature: <base64 of the signature>
//!
//! {                                  the pack as JSON, see `Pack`
//! ```
//!
//! The signature (Ed25519, RFC 8032) is over a prefix of its own, the first line, the key's line and
//! all that follows the empty line. Every byte has one spelling: another one is refused, even if it
//! would mean the same.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::keys::{PublicKey, SecretKey};
use crate::content::{LOCAL, id_fault};
use crate::domain::{Lang, Localized};

/// Most bytes of a pack's file.
pub const MAX_BYTES: usize = 8_000_000;

/// Most files in a pack.
pub const MAX_FILES: usize = 2_000;

/// Longest title or origin, in characters: it is one line wherever it is shown.
pub const TITLE_CHARS: usize = 120;

/// The files of a pack that aren't answers.
pub(super) const LISTS: [&str; 3] = [TOPICS, AUTHORITIES, REGISTER];

pub(super) const TOPICS: &str = "topics.toml";
pub(super) const AUTHORITIES: &str = "authorities.toml";
pub(super) const REGISTER: &str = "register.toml";

/// What no pack may be called: faults and lists call other layers so.
const RESERVED: [&str; 4] = [LOCAL, "base", "content", "demo"];

const HEADER: &str = "turvabot-pack 1";

/// Keeps a signature of a pack from being one of anything else.
const DOMAIN: &str = "turvabot pack signature\n";

/// A pack: answers of one origin, with what they refer to. Sound, see [`Pack::check`], wherever
/// [`open`] gave it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// Lower-case words joined by hyphens; the name of its layer.
    pub id: String,
    /// Counts up from 1.
    pub version: u32,
    /// What it is called.
    pub title: Localized,
    /// Who wrote it.
    pub origin: Localized,
    /// When it was exported.
    pub made_on: Date,
    /// The text of each file by its path, as in a content folder: `answers/<topic>/<id>.toml`,
    /// `topics.toml`, `authorities.toml`, `register.toml`.
    pub files: BTreeMap<String, String>,
}

/// A pack whose signature is sound.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What was signed.
    pub pack: Pack,
    /// Who signed it.
    pub key: PublicKey,
    /// The SHA-256 of what was signed, in hexadecimal digits.
    pub digest: String,
}

impl Pack {
    /// How many answers are in it.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.files
            .keys()
            .filter(|path| path.starts_with("answers/"))
            .count()
    }

    /// What is wrong with it as such, whatever it is to be laid over.
    ///
    /// # Errors
    /// The first fault, in a line that shows nothing of the pack as it stands there.
    pub fn check(&self) -> anyhow::Result<()> {
        if let Some(what) = id_fault(&self.id) {
            bail!("id: {}", inert(&what));
        }
        if RESERVED.contains(&self.id.as_str()) {
            bail!(
                "id: \"{}\" is the name of something else; take another",
                self.id
            );
        }
        if self.version == 0 {
            bail!("version: 0; the first is 1");
        }
        line("title", &self.title)?;
        line("origin", &self.origin)?;
        if self.files.len() > MAX_FILES {
            bail!(
                "it holds {} files; at most {MAX_FILES} are taken",
                self.files.len()
            );
        }
        for (path, text) in &self.files {
            check_path(path)?;
            let table: toml::Table = text
                .parse()
                .map_err(|error: toml::de::Error| anyhow!("{path}: {}", inert(error.message())))?;
            // A text may spell out what the file doesn't show.
            if text.chars().any(hidden) || has_hidden(&toml::Value::Table(table)) {
                bail!("{path}: holds invisible control characters");
            }
        }
        if self.entries() == 0 {
            bail!("it holds no answers");
        }
        Ok(())
    }
}

/// Checks a title or an origin: one visible line per language.
fn line(name: &str, texts: &Localized) -> anyhow::Result<()> {
    for lang in [Lang::FI, Lang::SV] {
        if texts.get(lang).is_none() {
            bail!("{name}-{lang} is missing: residents speak both languages");
        }
    }
    for (lang, text) in texts.iter() {
        let length = text.chars().count();
        if text.trim().is_empty() || text.trim() != text {
            bail!("{name}-{lang} is empty, or has blanks around it");
        }
        if length > TITLE_CHARS {
            bail!("{name}-{lang} has {length} characters; at most {TITLE_CHARS} fit");
        }
        if text.chars().any(|c| hidden(c) || c == '\n' || c == '\t') {
            bail!("{name}-{lang} holds invisible control characters; type the text anew");
        }
    }
    Ok(())
}

fn check_path(path: &str) -> anyhow::Result<()> {
    let answer = path
        .strip_prefix("answers/")
        .and_then(|rest| rest.strip_suffix(".toml")?.split_once('/'))
        .is_some_and(|(topic, id)| id_fault(topic).is_none() && id_fault(id).is_none());
    if answer || LISTS.contains(&path) {
        return Ok(());
    }
    bail!("{}: is no file of a pack", inert(path))
}

/// Characters that change how other text shows without showing themselves: controls but line feed and
/// tab, and those of the Unicode bidirectional algorithm (UAX #9) and of line and paragraph ends.
fn hidden(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        || matches!(c, '\u{e0000}'..='\u{e001f}')
        || (c.is_control() && c != '\n' && c != '\t')
}

fn has_hidden(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => text.chars().any(hidden),
        toml::Value::Array(values) => values.iter().any(has_hidden),
        toml::Value::Table(table) => table
            .iter()
            .any(|(key, value)| key.chars().any(hidden) || has_hidden(value)),
        _ => false,
    }
}

/// The text with everything spelt out that would not show itself, on one line.
#[must_use]
pub fn inert(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if hidden(c) || c == '\n' || c == '\t' {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// The file of a pack, signed.
///
/// # Errors
/// If the pack isn't sound or too long.
pub fn seal(pack: &Pack, key: &SecretKey) -> anyhow::Result<String> {
    pack.check()?;
    let payload = payload(pack)?;
    let public = key.public();
    let signature = STANDARD.encode(key.sign(&message(&public, &payload)));
    let file = format!("{HEADER}\nkey: {public}\nsignature: {signature}\n\n{payload}");
    if file.len() > MAX_BYTES {
        bail!(
            "the pack has {} bytes; at most {MAX_BYTES} are taken",
            file.len()
        );
    }
    Ok(file)
}

/// The pack of a file, if its signature is sound and so is what was signed.
///
/// # Errors
/// Why it is refused, in a line that shows nothing of the file as it stands there.
pub fn open(file: &[u8]) -> anyhow::Result<Opened> {
    if file.len() > MAX_BYTES {
        bail!("it is too long; at most {MAX_BYTES} bytes are taken");
    }
    let text = std::str::from_utf8(file).map_err(|_| anyhow!("it is damaged: not UTF-8"))?;
    let (key, signature, payload) = parts(text)?;
    let public: PublicKey = key.parse().map_err(|_| anyhow!("it is damaged: no key"))?;
    let signature = STANDARD.decode(signature).ok();
    let signature = signature.and_then(|bytes| <[u8; 64]>::try_from(bytes).ok());
    let signature = signature.context("it is damaged: no signature")?;
    if !public.signed(&message(&public, payload), &signature) {
        bail!("the signature does not fit: it was changed after it was signed");
    }
    let pack: Pack = serde_json::from_str(payload)
        .map_err(|error| anyhow!("it is not a pack: {}", inert(&error.to_string())))?;
    if self::payload(&pack)? != payload {
        bail!("it is not a pack: not spelt as packs are");
    }
    pack.check()?;
    let digest = Sha256::digest(payload);
    Ok(Opened {
        pack,
        key: public,
        digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
    })
}

/// Reads a file and opens it.
///
/// # Errors
/// If it can't be read; why it is refused.
pub fn read(path: &Path) -> anyhow::Result<Opened> {
    use std::io::Read as _;
    let place = path.display();
    let cannot = || format!("{place}: cannot be read");
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(cannot)?;
    // One byte more shows that it is too long.
    let most = u64::try_from(MAX_BYTES)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    file.take(most)
        .read_to_end(&mut bytes)
        .with_context(cannot)?;
    open(&bytes).map_err(|why| anyhow!("{place} is refused: {why}"))
}

/// Key, signature and what is signed.
fn parts(text: &str) -> anyhow::Result<(&str, &str, &str)> {
    let rest = text
        .strip_prefix(HEADER)
        .and_then(|rest| rest.strip_prefix('\n'))
        .with_context(|| format!("it is not a pack: the first line is not \"{HEADER}\""))?;
    let parts = rest.strip_prefix("key: ").and_then(|rest| {
        let (key, rest) = rest.split_once("\nsignature: ")?;
        let (signature, payload) = rest.split_once("\n\n")?;
        Some((key, signature, payload))
    });
    parts.context("it is damaged: key, signature and an empty line must follow the first line")
}

/// What is signed of a pack, in its one spelling.
fn payload(pack: &Pack) -> anyhow::Result<String> {
    let mut text = serde_json::to_string_pretty(pack)?;
    text.push('\n');
    Ok(text)
}

fn message(key: &PublicKey, payload: &str) -> Vec<u8> {
    format!("{DOMAIN}{HEADER}\nkey: {key}\n\n{payload}").into_bytes()
}
