//! Notices and polls from a file: one table per language.

use serde::Deserialize;

use crate::domain::{Lang, Localized};

/// A notice in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticeFile {
    pub topic: Option<String>,
    pub area: Option<String>,
    pub severity: Option<String>,
    pub fi: Option<NoticeText>,
    pub sv: Option<NoticeText>,
}

/// A notice in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoticeText {
    pub title: Option<String>,
    pub text: Option<String>,
}

/// A poll in a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PollFile {
    pub topic: Option<String>,
    pub area: Option<String>,
    pub fi: Option<PollText>,
    pub sv: Option<PollText>,
    #[serde(default)]
    pub option: Vec<Localized>,
}

/// A poll's question in one language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PollText {
    pub question: Option<String>,
}

/// The texts given in Finnish and Swedish.
pub(super) fn bilingual(fi: Option<String>, sv: Option<String>) -> Localized {
    [(Lang::FI, fi), (Lang::SV, sv)]
        .into_iter()
        .filter_map(|(lang, text)| Some((lang, text?.trim().to_owned())))
        .collect()
}

/// A file's content, with its name in the error.
pub(super) fn read<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| anyhow::anyhow!("{}: cannot be read: {error}", path.display()))?;
    parse(&path.display().to_string(), &text)
}

/// A text's content, with its place in the error.
pub(super) fn parse<T: serde::de::DeserializeOwned>(place: &str, text: &str) -> anyhow::Result<T> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| {
            text[..span.start.min(text.len())].matches('\n').count() + 1
        });
        anyhow::anyhow!("{place}:{line}: {}", error.message())
    })
}
