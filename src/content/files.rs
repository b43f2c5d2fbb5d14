//! The files the content comes from.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use unicode_normalization::UnicodeNormalization as _;

use crate::faults::{Faults, nearest};

/// Where content is read from.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// What was built into the program.
    Embedded,
    /// A folder laid out in the same way, in place of what is built in.
    Dir(&'a Path),
}

#[derive(rust_embed::Embed)]
#[folder = "content/"]
struct Embedded;

/// Folders within folders that are looked into.
const DEPTH: usize = 4;

/// The files at the top that mean something.
const TOP: [&str; 6] = [
    "topics.toml",
    "authorities.toml",
    "municipality.toml",
    "triage.toml",
    "thresholds.toml",
    "thresholds-meaning.toml",
];

/// The text of a file that is built in.
#[must_use]
pub fn shipped(path: &str) -> Option<String> {
    let file = Embedded::get(path)?;
    Some(tidy(std::str::from_utf8(&file.data).ok()?))
}

/// The text of each TOML file by its path, with `/` between its parts.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// What faults put before a path.
    root: String,
    texts: BTreeMap<String, String>,
}

impl Files {
    /// Reads every TOML file; hidden files and folders are passed over.
    pub(super) fn read(source: Source<'_>, faults: &mut Faults) -> Self {
        let mut files = Self {
            root: match source {
                Source::Embedded => "content".to_owned(),
                Source::Dir(dir) => dir.display().to_string(),
            },
            texts: BTreeMap::new(),
        };
        match source {
            Source::Embedded => files.read_embedded(faults),
            Source::Dir(dir) => files.read_folder(dir, "", DEPTH, faults),
        }
        files
    }

    /// Files as they would be read from a folder named `content`.
    #[cfg(test)]
    pub(super) fn of(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        Self {
            root: "content".to_owned(),
            texts: texts
                .into_iter()
                .map(|(path, text)| (path, tidy(&text)))
                .collect(),
        }
    }

    fn read_embedded(&mut self, faults: &mut Faults) {
        for path in Embedded::iter().filter(|path| wanted(path)) {
            let Some(file) = Embedded::get(&path) else {
                continue;
            };
            self.add(path.into_owned(), file.data.into_owned(), faults);
        }
    }

    fn read_folder(&mut self, dir: &Path, prefix: &str, depth: usize, faults: &mut Faults) {
        let entries = match fs::read_dir(dir) {
            Ok(entries) => entries,
            Err(error) => return unreadable(dir, &error, faults),
        };
        for entry in entries {
            let path = match entry {
                Ok(entry) => entry.path(),
                Err(error) => {
                    unreadable(dir, &error, faults);
                    continue;
                }
            };
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let inner = format!("{prefix}{name}");
            if name.starts_with('.') {
                continue;
            }
            // Follows links: a mounted folder may be made of them.
            if path.is_dir() {
                if depth > 1 {
                    self.read_folder(&path, &format!("{inner}/"), depth - 1, faults);
                }
            } else if wanted(&name) {
                match fs::read(&path) {
                    Ok(bytes) => self.add(inner, bytes, faults),
                    Err(error) => unreadable(&path, &error, faults),
                }
            }
        }
    }

    fn add(&mut self, path: String, bytes: Vec<u8>, faults: &mut Faults) {
        match String::from_utf8(bytes) {
            Ok(text) => {
                self.texts.insert(path, tidy(&text));
            }
            Err(_) => faults.add(&self.place(&path), "", "is not UTF-8; save it as UTF-8"),
        }
    }

    /// The file's name in faults.
    pub(super) fn place(&self, path: &str) -> String {
        format!("{}/{path}", self.root.trim_end_matches('/'))
    }

    /// The text of one file.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The path and text of each file under `answers/`, sorted by path.
    pub(super) fn answers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .filter(|(path, _)| path.starts_with("answers/"))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Frees the texts that have been turned into entries.
    pub(super) fn drop_answers(&mut self) {
        self.texts.retain(|path, _| !path.starts_with("answers/"));
    }

    /// Records files at the top whose name looks like a slip; others are somebody else's matter.
    pub(super) fn refuse_misnamed(&self, faults: &mut Faults) {
        for path in self.texts.keys() {
            if !path.contains('/')
                && !TOP.contains(&path.as_str())
                && let Some(near) = nearest(path, TOP)
            {
                faults.add(
                    &self.place(path),
                    "",
                    format_args!("unknown file; did you mean {near}?"),
                );
            }
        }
    }
}

fn unreadable(path: &Path, error: &std::io::Error, faults: &mut Faults) {
    let cure = "check path and rights";
    let place = path.display().to_string();
    faults.add(&place, "", format_args!("cannot be read ({error}); {cure}"));
}

fn wanted(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "toml")
}

/// The text with `\n` line ends, in NFC: editors differ in both.
pub(super) fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").nfc().collect()
}
