//! What the bot should say, from the locale files.

use std::sync::LazyLock;

use turvabot::domain::{Lang, Phrase, markup};
use turvabot::locale::Locales;

use super::page::squeeze;

/// The shipped languages.
pub static LOCALES: LazyLock<Locales> =
    LazyLock::new(|| Locales::embedded().expect("locale files"));

/// The languages that every ability is tested in.
pub const LANGS: [&str; 2] = ["fi", "sv"];

/// The language of a code.
pub fn lang(code: &str) -> Lang {
    code.parse().expect("a language")
}

/// A phrase as a browser shows it, with single spaces.
pub fn phrase(code: &str, phrase: impl Into<Phrase>) -> String {
    let text = LOCALES.plain(lang(code), &phrase.into());
    let blocks = markup::parse(&text);
    super::page::text(&markup::to_web_html(&blocks))
}

/// A phrase without markup, as on a button.
pub fn label(code: &str, phrase: impl Into<Phrase>) -> String {
    squeeze(&LOCALES.plain(lang(code), &phrase.into()))
}

/// The one of two texts that is in the language.
pub fn either<'t>(code: &str, fi: &'t str, sv: &'t str) -> &'t str {
    if code == "fi" { fi } else { sv }
}
