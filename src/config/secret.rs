//! Values that must not be seen, and the files they may be read from.

use std::fmt;
use std::path::Path;

use super::keys;
use super::sections::path;
use crate::faults::Reader;

/// A text that must not be seen. `Debug` and `Display` print `***`; it is never serialised.
///
/// It can't be compared with `==`: whoever checks a secret against a stranger's text does so in
/// constant time, on [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text of a file, without the line ends after it.
    ///
    /// # Errors
    ///
    /// What is wrong and the cure, when the file can't be read, isn't UTF-8 or is blank.
    fn from_file(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{shown} cannot be read ({error}); check path and rights"))?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.trim().is_empty() {
            return Err(format!("{shown} is empty; put the secret in it"));
        }
        Ok(Self::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A secret, and the key it was given with.
pub(super) struct Given {
    pub(super) key: &'static str,
    pub(super) secret: Secret,
}

/// The secret under `key`, or in the file that `file_key` names.
pub(super) fn secret(
    reader: &mut Reader<'_>,
    key: &'static str,
    file_key: &'static str,
    base: &Path,
) -> Option<Given> {
    if reader.has(key) && reader.has(file_key) {
        let origin = reader.origin(key).to_owned();
        let what = format!("{key} is given, too ({origin}); keep one of them");
        reader.fault(file_key, what);
        return None;
    }
    if let Some(text) = reader.text(key) {
        return Some(Given {
            key,
            secret: Secret::new(text),
        });
    }
    secret_file(reader, file_key, base).map(|secret| Given {
        key: file_key,
        secret,
    })
}

/// The secret in the file that `key` names.
pub(super) fn secret_file(reader: &mut Reader<'_>, key: &str, base: &Path) -> Option<Secret> {
    let path = path(reader, key, base)?;
    Secret::from_file(&path)
        .map_err(|what| reader.fault(key, what))
        .ok()
}

/// As [`secret`], recording a secret that is there in neither form.
pub(super) fn need_secret(
    reader: &mut Reader<'_>,
    section: &str,
    key: &'static str,
    file_key: &'static str,
    base: &Path,
) -> Option<Given> {
    if !reader.has(file_key) {
        let variable = keys::variable(section, key);
        let cure = format!("write {key} or {file_key}, or set {variable}");
        reader.need(key, &cure);
    }
    secret(reader, key, file_key, base)
}
