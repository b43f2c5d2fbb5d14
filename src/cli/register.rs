//! `turvabot register`: who deals with what.

use clap::Subcommand;
use jiff::ToSpan as _;
use serde_json::json;

use super::{Common, print_json};
use crate::app::App;
use crate::authoring;
use crate::content::{Content, Duty};
use crate::domain::Lang;

/// Days before its end on which a row is told to be renewed.
const SOON: i64 = 30;

/// The authority whose rows say too little unless the municipality writes its own.
const MUNICIPALITY: &str = "municipality";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Who deals with each matter here, as residents are told
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Rows that have ended or soon will, and rows that say the same
    Lint {
        #[command(flatten)]
        common: Common,
    },
    /// Matters about which residents are told nothing, or no more than "the municipality"
    Gaps {
        #[command(flatten)]
        common: Common,
    },
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    let (Command::List { common } | Command::Lint { common } | Command::Gaps { common }) = &command;
    let (app, db) = common.open().await?;
    let (content, _) = app.layered_content(&db).await?;
    db.close().await;
    match &command {
        Command::List { .. } => list(&app, &content, common),
        Command::Lint { .. } => lint(&app, &content, common),
        Command::Gaps { .. } => gaps(&app, &content, common),
    }
}

fn code(content: &Content) -> Option<&str> {
    content.municipality.as_ref().map(|one| one.code.as_str())
}

/// What a row is called in a language.
fn name(content: &Content, duty: &Duty, lang: Lang) -> String {
    let authority = content.authorities.get(&duty.authority);
    let own = duty.name.as_ref();
    let name = own.or(authority.map(|authority| &authority.name));
    name.and_then(|name| name.best(lang))
        .cloned()
        .unwrap_or_default()
}

fn list(app: &App, content: &Content, common: &Common) -> anyhow::Result<()> {
    let today = authoring::today(app);
    let langs = app.locales.langs();
    let rows = content.register.matters.iter().map(|matter| {
        let duty = content.register.duty(&matter.id, code(content), today);
        (matter, duty)
    });
    if common.json {
        let rows: Vec<_> = rows
            .map(|(matter, duty)| {
                let names: std::collections::BTreeMap<_, _> = duty
                    .map(|duty| langs.iter().map(|lang| (*lang, name(content, duty, *lang))))
                    .into_iter()
                    .flatten()
                    .collect();
                json!({
                    "matter": matter.id, "name": matter.name, "authority": duty.map(|duty| &duty.authority),
                    "who": names, "phone": duty.and_then(|duty| duty.phone.as_ref()),
                    "own": duty.is_some_and(|duty| duty.municipality.is_some()),
                    "valid_until": duty.map(|duty| duty.valid_until.to_string()),
                })
            })
            .collect();
        return print_json(&rows);
    }
    for (matter, duty) in rows {
        let Some(duty) = duty else {
            println!("{:<20} nobody known", matter.id);
            continue;
        };
        let names: Vec<String> = langs
            .iter()
            .map(|lang| name(content, duty, *lang))
            .collect();
        println!(
            "{:<20} {}  {}  (until {})",
            matter.id,
            names.join(" / "),
            duty.phone.as_deref().unwrap_or("-"),
            duty.valid_until
        );
    }
    Ok(())
}

fn lint(app: &App, content: &Content, common: &Common) -> anyhow::Result<()> {
    let today = authoring::today(app);
    let soon = today.saturating_add(SOON.days());
    let mut faults = Vec::new();
    let mut notes = Vec::new();
    for (at, duty) in content.register.duties.iter().enumerate() {
        let place = match &duty.municipality {
            Some(code) => format!("{} ({code})", duty.matter),
            None => duty.matter.clone(),
        };
        if duty.valid_until < today {
            faults.push(format!(
                "{place}: ended on {}; residents aren't told it any more; renew or remove it",
                duty.valid_until
            ));
        } else if duty.valid_until <= soon {
            notes.push(format!(
                "{place}: ends on {}; check and renew it",
                duty.valid_until
            ));
        }
        let later = content.register.duties[at + 1..].iter();
        let over =
            |other: &&Duty| other.matter == duty.matter && other.municipality == duty.municipality;
        if let Some(other) = later.clone().find(over)
            && other.valid_until >= duty.valid_until
        {
            notes.push(format!(
                "{place}: a later row stands in its place; remove one"
            ));
        }
        if duty.phone.is_some() && duty.hours.is_none() && duty.municipality.is_some() {
            notes.push(format!("{place}: has a telephone number without hours"));
        }
    }
    if common.json {
        print_json(&json!({ "faults": faults, "notes": notes }))?;
    } else {
        for line in faults.iter().chain(&notes) {
            println!("{line}");
        }
        println!(
            "{} rows: {} to mend, {} to look at",
            content.register.duties.len(),
            faults.len(),
            notes.len()
        );
    }
    anyhow::ensure!(faults.is_empty(), "{} to mend", faults.len());
    Ok(())
}

fn gaps(app: &App, content: &Content, common: &Common) -> anyhow::Result<()> {
    let today = authoring::today(app);
    let mut unknown = Vec::new();
    let mut vague = Vec::new();
    for matter in &content.register.matters {
        match content.register.duty(&matter.id, code(content), today) {
            None => unknown.push(&matter.id),
            Some(duty) if duty.authority == MUNICIPALITY && duty.municipality.is_none() => {
                vague.push(&matter.id);
            }
            Some(_) => {}
        }
    }
    let unlinked: Vec<&String> = content
        .entries
        .iter()
        .filter(|entry| entry.authority == MUNICIPALITY && entry.matter.is_none())
        .map(|entry| &entry.id)
        .collect();
    if common.json {
        return print_json(&json!({ "unknown": unknown, "vague": vague, "unlinked": unlinked }));
    }
    let tell = |what: &str, ids: &[&String]| {
        println!("{what}: {}", ids.len());
        for id in ids {
            println!("  {id}");
        }
    };
    tell("Matters with nobody to tell", &unknown);
    tell(
        "Matters with no more to tell than \"the municipality\"",
        &vague,
    );
    tell("Answers of the municipality without a matter", &unlinked);
    Ok(())
}
