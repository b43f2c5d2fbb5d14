//! The lists of a pack row by row: topics, authorities, and who deals with what.
//!
//! Answers replace each other file by file. Lists are laid over each other row by row, so what a pack
//! would change of them is looked at row by row, too.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, anyhow};
use toml::{Table, Value};

use super::file::{AUTHORITIES, LISTS, REGISTER, TOPICS, inert};
use crate::app::App;
use crate::content::{Layer, tidy};

/// What a row is of, and which one. Displayed as it is told to people and remembered: `topic fire`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Topic(String),
    Authority(String),
    Matter(String),
    /// The matter, and the code of the municipality if the rows are of one.
    Duty(String, Option<String>),
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Topic(id) => write!(f, "topic {id}"),
            Self::Authority(key) => write!(f, "authority {key}"),
            Self::Matter(id) => write!(f, "matter {id}"),
            Self::Duty(matter, None) => write!(f, "duty {matter}"),
            Self::Duty(matter, Some(code)) => write!(f, "duty {matter} {code}"),
        }
    }
}

/// The rows of each name, as their file has them: one, or several for a duty.
pub(super) type Rows = BTreeMap<Name, Vec<Table>>;

/// The same as they hold, each with the layer that they are of: `None` for the base.
pub(super) type Stacked = BTreeMap<Name, (Option<String>, Vec<Table>)>;

/// The rows of lists by their path; other files are passed over.
///
/// # Errors
/// What can't be read, in a line with the file.
pub(super) fn of(files: &BTreeMap<String, String>) -> anyhow::Result<Rows> {
    let mut rows = Rows::new();
    for path in LISTS {
        if let Some(text) = files.get(path) {
            rows.extend(of_file(path, text)?);
        }
    }
    Ok(rows)
}

/// The rows as they hold: of each name those of the topmost layer.
///
/// # Errors
/// If a list can't be read.
pub(super) fn stacked(app: &App, layers: &[Layer]) -> anyhow::Result<Stacked> {
    let mut stack = BTreeMap::new();
    for path in LISTS {
        let base = app.base_texts(path).map(|text| (None, text.to_owned()));
        let over = layers.iter().filter_map(|layer| {
            let text = layer.files.get(path)?;
            Some((Some(layer.name.clone()), tidy(text)))
        });
        for (layer, text) in base.chain(over) {
            let rows = of_file(path, &text)?.into_iter();
            stack.extend(rows.map(|(name, rows)| (name, (layer.clone(), rows))));
        }
    }
    Ok(stack)
}

fn of_file(path: &str, text: &str) -> anyhow::Result<Rows> {
    let mut top: Table = text
        .parse()
        .map_err(|error: toml::de::Error| anyhow!("{path}: {}", inert(error.message())))?;
    let mut rows = Rows::new();
    let mut listed = |key: &str, name: &dyn Fn(&Table) -> Option<Name>| -> anyhow::Result<()> {
        let tables = match top.remove(key) {
            Some(Value::Array(tables)) => tables,
            Some(_) => return Err(anyhow!("{path}: {key}: write [[{key}]]")),
            None => return Ok(()),
        };
        for table in tables {
            let Value::Table(table) = table else {
                return Err(anyhow!("{path}: {key}: write [[{key}]]"));
            };
            let name = name(&table).with_context(|| format!("{path}: a {key} without a name"))?;
            rows.entry(name).or_default().push(table);
        }
        Ok(())
    };
    let word = |table: &Table, key: &str| table.get(key)?.as_str().map(str::to_owned);
    match path {
        TOPICS => listed("topic", &|table| word(table, "id").map(Name::Topic))?,
        REGISTER => {
            listed("matter", &|table| word(table, "id").map(Name::Matter))?;
            listed("duty", &|table| {
                Some(Name::Duty(
                    word(table, "matter")?,
                    word(table, "municipality"),
                ))
            })?;
        }
        AUTHORITIES => {
            if let Some(Value::Table(named)) = top.remove("authority") {
                for (key, table) in named {
                    let Value::Table(table) = table else {
                        return Err(anyhow!("{path}: authority: write [authority.<key>]"));
                    };
                    rows.insert(Name::Authority(key), vec![table]);
                }
            }
        }
        _ => {}
    }
    Ok(rows)
}

/// The files of rows; the same rows give the same text. Lists without rows are left out.
///
/// # Errors
/// None that rows of files could cause.
pub(super) fn files(rows: &Rows) -> anyhow::Result<BTreeMap<String, String>> {
    let mut tops = BTreeMap::<&str, Table>::new();
    for (name, rows) in rows {
        let (path, list) = match name {
            Name::Topic(_) => (TOPICS, "topic"),
            Name::Matter(_) => (REGISTER, "matter"),
            Name::Duty(..) => (REGISTER, "duty"),
            Name::Authority(key) => {
                let top = tops.entry(AUTHORITIES).or_default();
                let named = top
                    .entry("authority")
                    .or_insert_with(|| Table::new().into());
                if let (Value::Table(named), Some(row)) = (named, rows.first()) {
                    named.insert(key.clone(), row.clone().into());
                }
                continue;
            }
        };
        let top = tops.entry(path).or_default();
        let listed = top.entry(list).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(listed) = listed {
            listed.extend(rows.iter().cloned().map(Value::from));
        }
    }
    tops.into_iter()
        .map(|(path, top)| Ok((path.to_owned(), toml::to_string(&top)?)))
        .collect()
}

/// What rows say, part by part.
pub(super) fn parts(rows: &[Table]) -> Vec<(String, String)> {
    let mut parts = Vec::new();
    for (number, row) in (1..).zip(rows) {
        let before = if rows.len() > 1 {
            format!("{number}.")
        } else {
            String::new()
        };
        for (key, value) in row {
            flatten(&format!("{before}{key}"), value, &mut parts);
        }
    }
    parts.sort();
    parts
}

fn flatten(key: &str, value: &Value, parts: &mut Vec<(String, String)>) {
    match value {
        Value::Table(table) => {
            for (inner, value) in table {
                flatten(&format!("{key}.{inner}"), value, parts);
            }
        }
        Value::String(text) => parts.push((key.to_owned(), text.clone())),
        other => parts.push((key.to_owned(), other.to_string())),
    }
}
