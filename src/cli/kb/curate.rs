//! Changing answers: `kb import`, `export`, `remove`, `confirm`.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::app::{App, KNOWLEDGE_VERSION};
use crate::authoring::{self, Written};
use crate::cli::{Common, print_json, refuse};
use crate::content::Status;
use crate::store::entries::{self, Imported};
use crate::store::{Db, settings};

/// Longest id, so that its button fits on every channel.
const ID_BYTES: usize = 40;

#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The ids of the answers
    #[arg(required = true)]
    ids: Vec<String>,
    /// A folder to write the files to, in place of printing them
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Confirm {
    /// The ids of the answers
    #[arg(required = true)]
    ids: Vec<String>,
    /// Who you are
    #[arg(long = "as")]
    by: String,
    #[command(flatten)]
    common: Common,
}

/// Imports files of either kind.
pub(super) async fn import(files: &[PathBuf], common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    let mut lines = Vec::new();
    let mut answers = BTreeMap::new();
    for file in files {
        if file.is_dir() {
            for inner in toml_files(file)? {
                let (path, text) = answer(&inner)?;
                answers.insert(path, text);
            }
        } else if is_toml(file) {
            let (path, text) = answer(file)?;
            answers.insert(path, text);
        } else {
            lines.extend(parse(file, &app.locales)?);
        }
    }
    put_lines(&app, &db, &lines).await?;
    let written = if answers.is_empty() {
        Written::default()
    } else {
        authoring::write(&app, &db, answers).await?
    };
    db.close().await;
    if common.json {
        return print_json(&json!({
            "imported": lines.len(), "added": written.added, "changed": written.changed,
        }));
    }
    for (word, ids) in [("added", &written.added), ("changed", &written.changed)] {
        for id in ids {
            println!("{word}: {id}");
        }
    }
    let texts = lines.len() + written.added.len() + written.changed.len();
    println!("{texts} texts imported; a running server answers with them now.");
    Ok(())
}

async fn put_lines(app: &App, db: &Db, lines: &[Imported]) -> anyhow::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut tx = db.write().await?;
    entries::put(&mut tx, lines).await?;
    let version = app.clock.now().to_string();
    settings::put(&mut tx, KNOWLEDGE_VERSION, &version).await?;
    tx.commit().await?;
    Ok(())
}

fn is_toml(file: &Path) -> bool {
    file.extension()
        .is_some_and(|extension| extension == "toml")
}

/// The TOML files of a folder and of the folders in it, sorted.
fn toml_files(dir: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("{}: cannot be read", dir.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.is_dir() {
            files.extend(toml_files(&path)?);
        } else if is_toml(&path) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What a file is laid over, by its `topic` and `id`, and its text. A register or a list of topics or
/// authorities goes by its name.
pub(super) fn answer(file: &Path) -> anyhow::Result<(String, String)> {
    let place = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("{place}: cannot be read"))?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    if ["register.toml", "authorities.toml", "topics.toml"].contains(&name.as_ref()) {
        return Ok((name.into_owned(), text));
    }
    let table: toml::Table = text
        .parse()
        .map_err(|error| anyhow::anyhow!("{place}: {error}"))?;
    let word = |key: &str| {
        let value = table.get(key).and_then(toml::Value::as_str);
        value.with_context(|| format!("{place}: {key}: missing; write {key} = \"…\""))
    };
    let (topic, id) = (word("topic")?, word("id")?);
    Ok((format!("answers/{topic}/{id}.toml"), text))
}

/// Prints or writes the files of answers.
pub(super) async fn export(export: &Export) -> anyhow::Result<()> {
    let (app, db) = export.common.open().await?;
    let mut texts = Vec::new();
    for id in &export.ids {
        texts.push(authoring::text(&app, &db, id).await?);
    }
    db.close().await;
    if let Some(dir) = &export.out {
        for (path, text) in &texts {
            let file = dir.join(path);
            if let Some(folder) = file.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&file, text)
                .with_context(|| format!("{}: cannot be written", file.display()))?;
            println!("{}", file.display());
        }
        return Ok(());
    }
    if export.common.json {
        let files: BTreeMap<_, _> = texts.into_iter().collect();
        return print_json(&files);
    }
    for (_, text) in texts {
        println!("{}", text.trim_end());
    }
    Ok(())
}

/// Removes an answer of the municipality's own.
pub(super) async fn remove(id: &str, common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    authoring::remove(&app, &db, id).await?;
    db.close().await;
    if common.json {
        return print_json(&json!({ "removed": id }));
    }
    println!("{id} is removed; a running server knows now.");
    Ok(())
}

/// Notes that a person has looked at answers.
pub(super) async fn confirm(confirm: &Confirm) -> anyhow::Result<()> {
    let (app, db) = confirm.common.open().await?;
    let mut confirmed = Vec::new();
    for id in &confirm.ids {
        let was = authoring::confirm(&app, &db, id, &confirm.by).await?;
        confirmed.push((id, was));
    }
    db.close().await;
    if confirm.common.json {
        return print_json(&json!({ "confirmed": confirm.ids, "by": confirm.by }));
    }
    for (id, was) in confirmed {
        match was {
            Status::Verify => {
                println!("{id}: confirmed; residents no longer see that it is being checked.")
            }
            Status::Verified => println!("{id}: confirmed again."),
        }
    }
    Ok(())
}

/// The entries of a file, or all its faults.
fn parse(
    file: &std::path::Path,
    locales: &crate::locale::Locales,
) -> anyhow::Result<Vec<Imported>> {
    let place = file.display();
    let open = std::fs::File::open(file)
        .map_err(|error| anyhow::anyhow!("{place}: cannot be read: {error}"))?;
    let mut found: Vec<Imported> = Vec::new();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(std::io::BufReader::new(open).lines()) {
        let line = line.map_err(|error| anyhow::anyhow!("{place}:{number}: {error}"))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Imported>(&line) {
            Ok(entry) => {
                let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
                if entry.id.is_empty() || entry.id.len() > ID_BYTES || !entry.id.chars().all(plain)
                {
                    faults.push(format!(
                        "{place}:{number}: id \"{}\": use 1 to {ID_BYTES} letters, digits, - and _",
                        entry.id
                    ));
                } else if !locales.serves(entry.lang) {
                    faults.push(format!(
                        "{place}:{number}: lang \"{}\" is not served; write fi or sv",
                        entry.lang
                    ));
                } else if entry.question.trim().is_empty() || entry.answer.trim().is_empty() {
                    faults.push(format!(
                        "{place}:{number}: question and answer must have words"
                    ));
                } else {
                    found.push(entry);
                }
            }
            Err(error) => faults.push(format!("{place}:{number}: {error}")),
        }
    }
    // The last line of an id and language stands; a statement can't hold both.
    let mut last = std::collections::BTreeMap::new();
    for entry in found {
        last.insert((entry.id.clone(), entry.lang), entry);
    }
    refuse(faults)?;
    Ok(last.into_values().collect())
}
