//! `turvabot seed`.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Common, print_json};
use crate::domain::ChannelKind;
use crate::store::residents::{self, Seeded};

/// Languages of seeded residents.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Languages {
    Fi,
    Sv,
    Mixed,
}

#[derive(Debug, Args)]
pub(super) struct Seed {
    /// How many residents
    #[arg(long)]
    residents: i64,
    /// Their channel
    #[arg(long, default_value = "telegram")]
    channel: ChannelKind,
    /// Address of the first; the others count up from it
    #[arg(long)]
    first_chat_id: i64,
    /// Their languages
    #[arg(long, default_value = "mixed")]
    lang: Languages,
    #[command(flatten)]
    common: Common,
}

/// Every seeded resident subscribes to every topic.
pub(super) async fn run(seed: Seed) -> anyhow::Result<()> {
    if seed.residents < 1 {
        anyhow::bail!("--residents is {}; give 1 or more", seed.residents);
    }
    let (app, db) = seed.common.open().await?;
    let desk = app.desk(&db).await?;
    let topics: Vec<_> = desk
        .knowledge
        .topics
        .iter()
        .map(|topic| topic.id.clone())
        .collect();
    let langs: Vec<_> = match seed.lang {
        Languages::Fi => vec!["fi".to_owned()],
        Languages::Sv => vec!["sv".to_owned()],
        Languages::Mixed => app
            .locales
            .langs()
            .iter()
            .map(ToString::to_string)
            .collect(),
    };
    let mut tx = db.write().await?;
    let seeded = Seeded {
        count: seed.residents,
        first_address: seed.first_chat_id,
        channel: seed.channel,
    };
    let made = residents::seed(&mut tx, seeded, &langs, &topics).await?;
    tx.commit().await?;
    db.close().await;
    if seed.common.json {
        print_json(&json!({ "made": made }))
    } else {
        println!("{made} residents made.");
        Ok(())
    }
}
