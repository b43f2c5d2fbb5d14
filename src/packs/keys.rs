//! The keys that sign packs: made once by whoever writes a pack, and told to those who import it.

use std::fmt;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::str::FromStr;

use anyhow::{Context as _, anyhow, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The first line of the file of a secret key.
const HEADER: &str = "turvabot-pack-secret-key 1";

/// Most bytes that are read of the file of a secret key.
const LONGEST: u64 = 1_000;

/// Bytes of a key's hash that are shown for people to compare.
const FINGERPRINT: usize = 16;

/// What signs packs. Wiped from memory when dropped.
pub struct SecretKey(SigningKey);

/// What tells who signed a pack. Displayed and parsed as base64 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

// Not derived: a secret is not to be shown.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretKey").finish_non_exhaustive()
    }
}

impl SecretKey {
    /// A new key.
    ///
    /// # Errors
    /// If the system has no randomness.
    pub fn generate() -> anyhow::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).map_err(|error| anyhow!("no randomness: {error}"))?;
        Ok(Self::from_seed(&seed))
    }

    /// The key that these 32 random bytes make.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The other half, to be given away.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).to_bytes()
    }

    /// Writes the key to a new file that only its owner may read.
    ///
    /// # Errors
    /// If there is a file of this name, or it can't be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let place = path.display();
        let opened = std::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path);
        let mut file = opened.map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                anyhow!("{place} is there already and stays as it is; name another file")
            }
            _ => anyhow!("{place}: cannot be written: {error}"),
        })?;
        let text = format!("{HEADER}\n{}\n", STANDARD.encode(self.0.to_bytes()));
        file.write_all(text.as_bytes())
            .and_then(|()| file.sync_all())
            .with_context(|| format!("{place}: cannot be written"))
    }

    /// Reads a key that [`SecretKey::write`] wrote.
    ///
    /// # Errors
    /// If it isn't one, or if others may read the file.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let place = path.display();
        let cannot = || format!("{place}: cannot be read");
        let file = std::fs::File::open(path).with_context(cannot)?;
        let mode = file.metadata().with_context(cannot)?.permissions().mode();
        if mode & 0o077 != 0 {
            bail!("{place}: others may read it; it must be yours alone, `chmod 600 {place}`");
        }
        let mut text = String::new();
        file.take(LONGEST)
            .read_to_string(&mut text)
            .with_context(cannot)?;
        let seed = text
            .strip_prefix(HEADER)
            .and_then(|rest| STANDARD.decode(rest.trim()).ok())
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let seed = seed.ok_or_else(|| {
            anyhow!("{place} is not a secret key; make one with `turvabot pack key`")
        })?;
        Ok(Self::from_seed(&seed))
    }
}

impl PublicKey {
    /// A short form to read to each other: 16 bytes of its SHA-256 in groups of four digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest = Sha256::digest(self.0.as_bytes());
        let pairs: Vec<String> = digest[..FINGERPRINT]
            .chunks(2)
            .map(|pair| pair.iter().map(|byte| format!("{byte:02x}")).collect())
            .collect();
        pairs.join(" ")
    }

    /// Whether the signature is this key's over the message. Strict: neither weak keys nor second
    /// spellings of a signature pass.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0.as_bytes()))
    }
}

impl FromStr for PublicKey {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let bytes = STANDARD.decode(text).ok();
        let bytes = bytes.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        key.map(Self).ok_or_else(|| {
            anyhow!("not a public key; it is 44 characters such as `turvabot pack key` prints")
        })
    }
}
