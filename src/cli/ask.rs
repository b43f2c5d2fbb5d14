//! `turvabot ask`: what the bot would answer.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::print_json;
use crate::answers::{EntryIndex, Outcome};
use crate::app::{App, Origin};
use crate::domain::Lang;
use crate::knowledge::Knowledge;

/// Entries explained at most.
const EXPLAINED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Ask {
    /// The question
    text: String,
    /// fi, sv, or auto to find out
    #[arg(long, default_value = "auto")]
    lang: String,
    /// Show how each entry scored, leg by leg
    #[arg(long)]
    explain: bool,
    /// Settings of the server; without it, the answers that are built in
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder of a model, in place of answers.model_dir: find answers by meaning, too
    #[arg(long, value_name = "DIR")]
    model_dir: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(ask: Ask) -> anyhow::Result<()> {
    let (app, knowledge) = open(&ask).await?;
    let detected = knowledge.language.identify(&ask.text).lang;
    let lang = match ask.lang.as_str() {
        "auto" => detected.unwrap_or_else(|| app.default_lang()),
        code => code
            .parse::<Lang>()
            .ok()
            .filter(|lang| app.locales.serves(*lang))
            .ok_or_else(|| anyhow::anyhow!("--lang {code}: write fi, sv or auto"))?,
    };
    let found = knowledge.answers.look(lang, &ask.text);
    let outcome = knowledge.answers.outcome(&found);
    let confidence = knowledge.answers.confidence(found.evidence);
    let assessment = knowledge.triage.assess(&ask.text);
    let entries: Vec<EntryIndex> = match &outcome {
        Outcome::Answer { entry, .. } => vec![*entry],
        Outcome::Offer { entries, .. } => entries.clone(),
        Outcome::Unknown => Vec::new(),
    };
    let shown = entries.iter().filter_map(|at| knowledge.entries.get(at.0));
    if ask.json {
        let ranked = found.ranked.iter().take(EXPLAINED).map(|one| {
            json!({
                "id": one.id, "score": one.score,
                "legs": {
                    "grams": one.legs.grams, "concepts": one.legs.concepts,
                    "soft": one.legs.soft, "whole": one.legs.whole, "hop": one.legs.hop,
                    "meaning": one.legs.meaning,
                },
            })
        });
        return print_json(&json!({
            "lang": lang, "lang_detected": detected, "outcome": outcome.done(),
            "confidence": confidence, "emergency": assessment.chance,
            "emergency_flag": assessment.emergency,
            "entries": shown.map(|entry| entry.id.as_str()).collect::<Vec<_>>(),
            "ranked": ranked.collect::<Vec<_>>(),
        }));
    }
    let flag = if assessment.emergency {
        ", 112 first"
    } else {
        ""
    };
    println!(
        "[{lang}] {:?}, confidence {confidence:.2}{flag}\n",
        outcome.done()
    );
    for entry in shown {
        let text = |texts: &crate::domain::Localized| texts.best(lang).cloned().unwrap_or_default();
        println!("{} ({})", text(&entry.question), entry.id);
        if entries.len() == 1 {
            println!("\n{}", text(&entry.answer));
        }
    }
    if ask.explain {
        explain(&found.ranked);
    }
    Ok(())
}

async fn open(ask: &Ask) -> anyhow::Result<(App, Knowledge)> {
    let origin = match &ask.config {
        Some(config) => Origin::File(config.clone()),
        None => Origin::Demo(PathBuf::new()),
    };
    let mut app = App::load(&origin, None)?;
    app.transformer = match &ask.model_dir {
        Some(dir) => Some(super::transformer(dir)?),
        None => app.load_transformer()?,
    };
    let db = match &ask.config {
        Some(_) => Some(app.database().await?),
        None => None,
    };
    let knowledge = async || match &db {
        Some(db) => app.knowledge(db).await,
        None => app.shipped_knowledge(),
    };
    let mut known = knowledge().await?;
    if let Some(transformer) = &app.transformer
        && !known.unencoded.is_empty()
    {
        super::encode(transformer, &known.unencoded);
        known = knowledge().await?;
    }
    if let Some(db) = db {
        db.close().await;
    }
    Ok((app, known))
}

fn explain(ranked: &[crate::answers::Scored]) {
    println!(
        "\n{:<28} {:>6} | {:>6} {:>8} {:>6} {:>6} {:>6} {:>7}",
        "entry", "score", "grams", "concepts", "soft", "whole", "hop", "meaning"
    );
    for one in ranked.iter().take(EXPLAINED) {
        let legs = one.legs;
        println!(
            "{:<28} {:>6.2} | {:>6.2} {:>8.2} {:>6.2} {:>6.2} {:>6.2} {:>7.2}",
            one.id,
            one.score,
            legs.grams,
            legs.concepts,
            legs.soft,
            legs.whole,
            legs.hop,
            legs.meaning
        );
    }
}
