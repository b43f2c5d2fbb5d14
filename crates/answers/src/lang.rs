//! Languages and texts that exist in several of them.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A language by its two-letter ISO 639-1 code, lower case.
///
/// Which languages are served is decided by the folders in `locales/`, not by this type.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang([u8; 2]);

impl Lang {
    /// Finnish.
    pub const FI: Self = Self(*b"fi");
    /// Swedish.
    pub const SV: Self = Self(*b"sv");

    /// The two-letter code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // The constructor admits ASCII letters only.
        std::str::from_utf8(&self.0).unwrap_or("fi")
    }

    /// The language of a BCP 47 tag such as `sv-FI`, by its first subtag.
    #[must_use]
    pub fn from_tag(tag: &str) -> Option<Self> {
        tag.split(['-', '_']).next()?.parse().ok()
    }
}

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        match code.as_bytes() {
            &[a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Ok(Self([a.to_ascii_lowercase(), b.to_ascii_lowercase()]))
            }
            _ => Err(UnknownLang(code.to_owned())),
        }
    }
}

impl TryFrom<String> for Lang {
    type Error = UnknownLang;

    fn try_from(code: String) -> Result<Self, Self::Error> {
        code.parse()
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.as_str().to_owned()
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Not a two-letter language code.
#[derive(Debug, thiserror::Error)]
#[error("\"{0}\" is not a two-letter language code")]
pub struct UnknownLang(String);

/// One value per language, such as a title in Finnish and Swedish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Localized<T = String>(BTreeMap<Lang, T>);

impl<T> Default for Localized<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Localized<T> {
    /// The value in exactly this language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> Option<&T> {
        self.0.get(&lang)
    }

    /// The value in this language, else in the first language there is.
    #[must_use]
    pub fn best(&self, lang: Lang) -> Option<&T> {
        self.0.get(&lang).or_else(|| self.0.values().next())
    }

    /// Sets the value of one language.
    pub fn insert(&mut self, lang: Lang, value: T) {
        self.0.insert(lang, value);
    }

    /// The texts, to be changed.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.values_mut()
    }

    /// The languages and values, by language code.
    pub fn iter(&self) -> impl Iterator<Item = (Lang, &T)> {
        self.0.iter().map(|(lang, value)| (*lang, value))
    }

    /// The languages of `wanted` that have no value here.
    #[must_use]
    pub fn missing(&self, wanted: &[Lang]) -> Vec<Lang> {
        wanted
            .iter()
            .copied()
            .filter(|lang| !self.0.contains_key(lang))
            .collect()
    }
}

impl<T> FromIterator<(Lang, T)> for Localized<T> {
    fn from_iter<I: IntoIterator<Item = (Lang, T)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}
