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
const TOP: [&str; 7] = [
    "topics.toml",
    "authorities.toml",
    "register.toml",
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

/// Files laid over the base: a municipality's own, or those of a pack from elsewhere.
///
/// An answer replaces the one with the same id below it. Topics, authorities and the rows of
/// `register.toml` are added to those below, or replace what has the same id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// What it is called in faults and beside its answers: [`LOCAL`], or the id of a pack.
    pub name: String,
    /// The text of each file by its path, as in a content folder.
    pub files: BTreeMap<String, String>,
}

/// The layer of what the municipality writes itself; it lies over all others.
pub const LOCAL: &str = "local";

/// One file: the layer it is of, `None` for the base, its path and its text.
pub(super) type File<'a> = (Option<&'a str>, &'a str, &'a str);

/// The text of each TOML file by its path, with `/` between its parts.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// What faults put before a path.
    root: String,
    texts: BTreeMap<String, String>,
    /// What lies over them, the lowest first.
    layers: Vec<Layer>,
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
            layers: Vec::new(),
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
            layers: Vec::new(),
        }
    }

    /// Lays further files over these; the last one lies on top.
    pub(super) fn with(mut self, layers: &[Layer]) -> Self {
        self.layers.extend(layers.iter().map(|layer| {
            Layer {
                name: layer.name.clone(),
                files: layer
                    .files
                    .iter()
                    .map(|(path, text)| (path.clone(), tidy(text)))
                    .collect(),
            }
        }));
        self
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
            Err(_) => faults.add(
                &self.place(None, &path),
                "",
                "is not UTF-8; save it as UTF-8",
            ),
        }
    }

    /// The file's name in faults.
    pub(super) fn place(&self, layer: Option<&str>, path: &str) -> String {
        let root = layer.unwrap_or(&self.root);
        format!("{}/{path}", root.trim_end_matches('/'))
    }

    /// The text of one file of the base.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The files of this path, the lowest first.
    pub(super) fn all<'a>(&'a self, path: &'a str) -> impl Iterator<Item = File<'a>> {
        let base = self.text(path).map(|text| (None, path, text));
        let over = self.layers.iter().filter_map(move |layer| {
            let text = layer.files.get(path)?;
            Some((Some(layer.name.as_str()), path, text.as_str()))
        });
        base.into_iter().chain(over)
    }

    /// Each file under `answers/` that no layer replaces, sorted by path.
    pub(super) fn answers(&self) -> Vec<File<'_>> {
        let mut answers: Vec<File<'_>> = answers(None, &self.texts).collect();
        for layer in &self.layers {
            let over: Vec<File<'_>> = answers_of(layer).collect();
            answers
                .retain(|(_, below, _)| !over.iter().any(|(_, path, _)| name(path) == name(below)));
            answers.extend(over);
        }
        answers.sort_by_key(|(_, path, _)| *path);
        answers
    }

    /// Frees the texts that have been turned into entries.
    pub(super) fn drop_answers(&mut self) {
        self.texts.retain(|path, _| !path.starts_with("answers/"));
        self.layers.clear();
    }

    /// Records files at the top whose name looks like a slip; others are somebody else's matter.
    pub(super) fn refuse_misnamed(&self, faults: &mut Faults) {
        for path in self.texts.keys() {
            if !path.contains('/')
                && !TOP.contains(&path.as_str())
                && let Some(near) = nearest(path, TOP)
            {
                faults.add(
                    &self.place(None, path),
                    "",
                    format_args!("unknown file; did you mean {near}?"),
                );
            }
        }
    }
}

fn answers<'a>(
    layer: Option<&'a str>,
    texts: &'a BTreeMap<String, String>,
) -> impl Iterator<Item = File<'a>> {
    texts
        .iter()
        .filter(|(path, _)| path.starts_with("answers/"))
        .map(move |(path, text)| (layer, path.as_str(), text.as_str()))
}

fn answers_of(layer: &Layer) -> impl Iterator<Item = File<'_>> {
    answers(Some(&layer.name), &layer.files)
}

/// The file's name without its folders.
fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
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
pub(crate) fn tidy(text: &str) -> String {
    text.replace("\r\n", "\n").nfc().collect()
}
