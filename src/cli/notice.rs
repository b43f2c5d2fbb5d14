//! `turvabot notice`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::content::{NoticeFile, bilingual, read};
use super::{Common, print_json, refuse};
use crate::domain::{DeliveryState, Severity};
use crate::notices::{self, Draft};
use crate::store::{broadcasts, notices as store, outbox};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a notice in both languages
    Send(Box<Send>),
    /// How a notice fares, recipient by recipient with --recipients
    Status {
        /// The notice's number
        id: i64,
        /// List every delivery
        #[arg(long)]
        recipients: bool,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
pub(super) struct Send {
    /// Title in Finnish
    #[arg(long, conflicts_with = "file")]
    title_fi: Option<String>,
    /// Text in Finnish
    #[arg(long, conflicts_with = "file")]
    text_fi: Option<String>,
    /// Title in Swedish
    #[arg(long, conflicts_with = "file")]
    title_sv: Option<String>,
    /// Text in Swedish
    #[arg(long, conflicts_with = "file")]
    text_sv: Option<String>,
    /// Topic whose subscribers get it
    #[arg(long, conflicts_with = "file")]
    topic: Option<String>,
    /// Area it concerns
    #[arg(long, conflicts_with = "file")]
    area: Option<String>,
    /// minor, moderate, severe or extreme; severe and extreme reach everyone in the area at once
    #[arg(long, conflicts_with = "file")]
    severity: Option<Severity>,
    /// A TOML file with topic, area, severity, [fi] and [sv] title and text
    #[arg(long)]
    file: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// The draft of a notice file.
pub(super) fn draft(file: NoticeFile) -> anyhow::Result<Draft> {
    let split = |text: Option<super::content::NoticeText>| match text {
        Some(text) => (text.title, text.text),
        None => (None, None),
    };
    let (title_fi, text_fi) = split(file.fi);
    let (title_sv, text_sv) = split(file.sv);
    let severity = file.severity.as_deref().unwrap_or("moderate").parse();
    Ok(Draft {
        severity: severity.map_err(|fault: String| anyhow::anyhow!("severity: {fault}"))?,
        topic: file.topic,
        area: file.area,
        headline: bilingual(title_fi, title_sv),
        description: bilingual(text_fi, text_sv),
    })
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Send(send) => self::send(*send).await,
        Command::Status {
            id,
            recipients,
            common,
        } => status(id, recipients, &common).await,
    }
}

async fn send(send: Send) -> anyhow::Result<()> {
    let draft = match &send.file {
        Some(file) => draft(read(file)?)?,
        None => Draft {
            severity: send.severity.unwrap_or(Severity::Moderate),
            topic: send.topic,
            area: send.area,
            headline: bilingual(send.title_fi, send.title_sv),
            description: bilingual(send.text_fi, send.text_sv),
        },
    };
    let (app, db) = send.common.open().await?;
    let desk = app.desk(&db).await?;
    refuse(draft.faults(app.sending(&desk)))?;
    let mut tx = db.write().await?;
    let id = notices::send(&mut tx, draft, app.sending(&desk)).await?;
    tx.commit().await?;
    db.close().await;
    if send.common.json {
        print_json(&json!({ "id": id }))
    } else {
        println!("Notice {id} is in the ledger; a running server sends it now.");
        println!("See how it fares: turvabot notice status {id}");
        Ok(())
    }
}

/// A state in words.
pub(super) fn words(state: &str) -> &str {
    let of = DeliveryState::ALL
        .into_iter()
        .find(|known| known.as_str() == state);
    match of {
        Some(DeliveryState::Queued) => "waiting",
        Some(DeliveryState::Sending) => "being sent",
        Some(DeliveryState::Ambiguous) => "unclear whether it arrived",
        Some(DeliveryState::Sent) => "delivered",
        Some(DeliveryState::Gone) => "address no longer works",
        Some(DeliveryState::Failed) => "not delivered",
        None => state,
    }
}

/// Prints a standing in words.
pub(super) fn print_standing(standing: &notices::Standing) {
    let more = if standing.expanded { "" } else { " so far" };
    println!("  recipients: {}{more}", standing.recipients);
    for (channel, state, count) in &standing.deliveries {
        println!("  {channel}: {count} {}", words(state));
    }
    if standing.possible_duplicates > 0 {
        println!(
            "  sent again because it was unclear whether they arrived: {}",
            standing.possible_duplicates
        );
    }
    for (reason, count) in &standing.reasons {
        println!("  {count} × {reason}");
    }
}

async fn status(id: i64, recipients: bool, common: &Common) -> anyhow::Result<()> {
    let (_, db) = common.open().await?;
    let mut conn = db.read().await?;
    let Some(notice) = store::find(&mut conn, id).await? else {
        anyhow::bail!("there is no notice {id}");
    };
    let standing = notices::standing(&mut conn, Some(id), None).await?;
    let mut list = Vec::new();
    if recipients {
        for broadcast in broadcasts::list(&mut conn, Some(id), None).await? {
            list.extend(outbox::list(&mut conn, broadcast.id, 0, i64::MAX).await?);
        }
    }
    drop(conn);
    db.close().await;
    if common.json {
        let mut value = json!({
            "id": id,
            "severity": notice.severity.as_str(),
            "topic": notice.topic,
            "area": notice.area,
            "headline": notice.headline,
            "standing": standing,
        });
        if recipients {
            value["recipients"] = serde_json::to_value(&list)?;
        }
        return print_json(&value);
    }
    for (lang, headline) in notice.headline.iter() {
        println!("Notice {id} ({lang}): {headline}");
    }
    print_standing(&standing);
    for one in &list {
        let reason = one.reason.as_deref().unwrap_or("");
        println!(
            "  delivery {} on {}: {}, attempts {} {reason}",
            one.id,
            one.channel,
            words(&one.state),
            one.attempts
        );
    }
    Ok(())
}
