//! Learning from questions asked in vain: `kb gaps`, `kb learn`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use crate::answers::measure::Labelled;
use crate::app::App;
use crate::authoring;
use crate::cli::{Common, print_json};
use crate::content::{Content, LOCAL, Layer};
use crate::domain::Lang;
use crate::knowledge::{self, Understanding};
use crate::learning::{self, Effect, Group};
use crate::store::{Db, gaps};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(in crate::cli) struct Learn {
    /// The group, as `kb gaps` names it
    group: String,
    /// Add its question to the phrasings of this answer
    #[arg(long, group = "what", value_name = "ID")]
    entry: Option<String>,
    /// Add the answer of this file
    #[arg(long, group = "what", value_name = "FILE")]
    new: Option<PathBuf>,
    /// Forget the group: there is nothing to learn from it
    #[arg(long, group = "what")]
    forget: bool,
    /// In other words than the residents'
    #[arg(long, requires = "entry")]
    phrasing: Option<String>,
    /// Do it; without this, only what it would do is shown
    #[arg(long)]
    publish: bool,
    /// Do it even if other answers get worse
    #[arg(long, requires = "publish")]
    anyway: bool,
    #[command(flatten)]
    common: Common,
}

/// The questions asked in vain, in groups, and the content they were asked of.
async fn groups(app: &App, db: &Db) -> anyhow::Result<(Vec<Group>, Content)> {
    let (content, _) = app.layered_content(db).await?;
    let gaps = gaps::list(&mut *db.read().await?).await?;
    if gaps.is_empty() {
        return Ok((Vec::new(), content));
    }
    let sources = knowledge::sources(&content);
    let understanding = Understanding::build(&content, &app.locales, &sources)?;
    let answers = understanding.answers(&sources, None);
    let groups = learning::group(&gaps, &understanding, &answers);
    Ok((groups, content))
}

/// Prints the groups, most asked first.
pub(super) async fn gaps(common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    let (groups, _) = groups(&app, &db).await?;
    db.close().await;
    if common.json {
        return print_json(&groups);
    }
    if groups.is_empty() {
        println!("Every question so far got an answer that helped.");
    }
    for group in &groups {
        let mut questions = group.questions.iter();
        println!(
            "{}  {:>4} × [{}] {}",
            group.id,
            group.asked(),
            group.lang,
            questions.next().map_or("", String::as_str)
        );
        for question in questions {
            println!("                   {question}");
        }
        println!(
            "        no answer {}, did not help {}, sent {}, last {}; near: {}",
            group.unknown,
            group.down,
            group.sent,
            group.last_day,
            group.near.join(", ")
        );
    }
    Ok(())
}

/// Turns a group into a phrasing or an answer, and shows first what that does to known questions.
pub(super) async fn learn(learn: &Learn) -> anyhow::Result<()> {
    let (app, db) = learn.common.open().await?;
    let (groups, content) = groups(&app, &db).await?;
    let group = groups
        .iter()
        .find(|group| group.is_named(&learn.group))
        .with_context(|| {
            format!(
                "no group \"{}\"; `turvabot kb gaps` lists them",
                learn.group
            )
        })?;
    if learn.forget {
        forget(&db, group).await?;
        db.close().await;
        return done(
            learn,
            "The group is forgotten.",
            json!({ "forgotten": group.id }),
        );
    }
    let files = change(learn, &app, &db, group).await?;
    let lang = learn.entry.is_some().then_some(group.lang);
    let effect = measure(&app, &db, &content, &files, lang).await?;
    let worse = effect.is_worse();
    let publish = learn.publish && (!worse || learn.anyway);
    if publish {
        authoring::write(&app, &db, files).await?;
        forget(&db, group).await?;
    }
    db.close().await;
    if learn.common.json {
        print_json(&json!({ "effect": effect, "worse": worse, "published": publish }))?;
    } else {
        tell(&effect);
        println!(
            "{}",
            match (publish, worse) {
                (true, _) => "Published; a running server answers with it now.",
                (false, true) =>
                    "WARNING: other answers get worse by more than chance. \
                     Write it in other words, or publish with --publish --anyway.",
                (false, false) => "Nothing is changed yet; publish it with --publish.",
            }
        );
    }
    anyhow::ensure!(publish || !learn.publish, "not published");
    Ok(())
}

fn done(learn: &Learn, words: &str, value: serde_json::Value) -> anyhow::Result<()> {
    if learn.common.json {
        return print_json(&value);
    }
    println!("{words}");
    Ok(())
}

fn tell(effect: &Effect) {
    println!(
        "Questions whose answers are known: {}",
        effect.after.questions
    );
    println!("                     before   after");
    for (name, before, after) in [
        (
            "right entry first, %",
            effect.before.top1,
            effect.after.top1,
        ),
        (
            "among first three, %",
            effect.before.recall3,
            effect.after.recall3,
        ),
        (
            "answers right, %",
            effect.before.precision,
            effect.after.precision,
        ),
    ] {
        println!("{name:<20} {before:>6.1}  {after:>6.1}");
    }
    println!(
        "{} found only without it, {} only with it",
        effect.lost, effect.won
    );
}

async fn forget(db: &Db, group: &Group) -> anyhow::Result<()> {
    let mut tx = db.write().await?;
    for question in &group.questions {
        gaps::forget(&mut tx, group.lang, question).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The files that would be written.
async fn change(
    learn: &Learn,
    app: &App,
    db: &Db,
    group: &Group,
) -> anyhow::Result<BTreeMap<String, String>> {
    let file = match (&learn.entry, &learn.new) {
        (Some(id), _) => {
            let (path, text) = authoring::text(app, db, id).await?;
            let first = group.questions.first().map_or("", String::as_str);
            let phrasing = learn.phrasing.as_deref().unwrap_or(first);
            (path, with_phrasing(&text, group.lang, phrasing)?)
        }
        (None, Some(file)) => super::curate::answer(file)?,
        (None, None) => anyhow::bail!("name an answer with --entry or a file with --new"),
    };
    Ok(BTreeMap::from([file]))
}

/// The text of an answer's file with one more phrasing.
fn with_phrasing(text: &str, lang: Lang, phrasing: &str) -> anyhow::Result<String> {
    let mut table: toml::Table = text.parse()?;
    let phrasings = table
        .get_mut(lang.as_str())
        .and_then(|section| section.get_mut("phrasings"))
        .and_then(toml::Value::as_array_mut)
        .with_context(|| format!("the answer has no phrasings in \"{lang}\""))?;
    let known = phrasings
        .iter()
        .any(|known| known.as_str() == Some(phrasing));
    anyhow::ensure!(
        !known,
        "\"{phrasing}\" is a phrasing of this answer already"
    );
    phrasings.push(toml::Value::String(phrasing.to_owned()));
    Ok(toml::to_string_pretty(&table)?)
}

/// What the files would do to the questions whose answers are known.
async fn measure(
    app: &App,
    db: &Db,
    before: &Content,
    files: &BTreeMap<String, String>,
    lang: Option<Lang>,
) -> anyhow::Result<Effect> {
    let mut layers = app.layers(db).await?;
    match layers.iter_mut().find(|layer| layer.name == LOCAL) {
        Some(own) => own.files.extend(files.clone()),
        None => layers.push(Layer {
            name: LOCAL.to_owned(),
            files: files.clone(),
        }),
    }
    let (after, faults) = app.content_with(layers)?;
    let faults: Vec<String> = faults
        .iter()
        .filter(|fault| {
            files
                .keys()
                .any(|path| fault.place() == format!("{LOCAL}/{path}"))
        })
        .map(ToString::to_string)
        .collect();
    anyhow::ensure!(faults.is_empty(), faults.join("\n"));
    let (old, new) = (knowledge::sources(before), knowledge::sources(&after));
    let understanding = Understanding::build(before, &app.locales, &old)?;
    let ids: Vec<&str> = old.iter().map(|entry| entry.id.as_str()).collect();
    let mut questions: Vec<Labelled> = learning::labelled();
    // A phrasing changes nothing in the other language.
    questions.retain(|question| lang.is_none_or(|lang| question.lang == lang));
    Ok(learning::effect(
        &questions,
        &ids,
        &understanding.answers(&old, None),
        &understanding.answers(&new, None),
    ))
}
