//! `turvabot notice`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::content::{NoticeFile, bilingual, read};
use super::{Common, print_json, refuse};
use crate::app::App;
use crate::domain::{DeliveryState, Notice, Severity};
use crate::notices::{self, Draft};
use crate::store::{broadcasts, deliveries, notices as store};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a notice in both languages
    Send(Box<Send>),
    /// Replace the texts of a notice wherever it arrived; severity, topic and area stay
    Update(Box<Update>),
    /// Cancel a notice: wherever it arrived it says so from now on, and nobody else gets it
    Cancel {
        /// The notice's number
        id: i64,
        /// Take the messages away where the channel can: the notice should never have been sent
        #[arg(long)]
        redact: bool,
        #[command(flatten)]
        common: Common,
    },
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
pub(super) struct Texts {
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
    /// A TOML file with topic, area, severity, [fi] and [sv] title and text
    #[arg(long)]
    file: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Send {
    #[command(flatten)]
    texts: Texts,
    /// Topic whose subscribers get it
    #[arg(long, conflicts_with = "file")]
    topic: Option<String>,
    /// Area it concerns
    #[arg(long, conflicts_with = "file")]
    area: Option<String>,
    /// minor, moderate, severe or extreme; severe and extreme reach everyone in the area at once
    #[arg(long, conflicts_with = "file")]
    severity: Option<Severity>,
}

#[derive(Debug, Args)]
pub(super) struct Update {
    /// The notice's number
    id: i64,
    #[command(flatten)]
    texts: Texts,
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
        Command::Update(update) => self::update(*update).await,
        Command::Cancel { id, redact, common } => cancel(id, redact, &common).await,
        Command::Status {
            id,
            recipients,
            common,
        } => status(id, recipients, &common).await,
    }
}

async fn send(send: Send) -> anyhow::Result<()> {
    let texts = send.texts;
    let draft = match &texts.file {
        Some(file) => draft(read(file)?)?,
        None => Draft {
            severity: send.severity.unwrap_or(Severity::Moderate),
            topic: send.topic,
            area: send.area,
            headline: bilingual(texts.title_fi, texts.title_sv),
            description: bilingual(texts.text_fi, texts.text_sv),
        },
    };
    let (app, db) = texts.common.open().await?;
    let desk = app.desk(&db).await?;
    refuse(draft.faults(app.sending(&desk, &db)))?;
    let mut tx = db.write().await?;
    let id = notices::send(&mut tx, draft, app.sending(&desk, &db)).await?;
    tx.commit().await?;
    db.close().await;
    if texts.common.json {
        print_json(&json!({ "id": id }))
    } else {
        println!("Notice {id} is in the ledger; a running server sends it now.");
        println!("See how it fares: turvabot notice status {id}");
        Ok(())
    }
}

/// The faults of a file for an update that would change what stays.
fn moved(file: &NoticeFile, notice: &Notice) -> Vec<String> {
    let severity = Some(notice.severity.as_str());
    let fields = [
        ("severity", file.severity.as_deref(), severity),
        ("topic", file.topic.as_deref(), notice.topic.as_deref()),
        ("area", file.area.as_deref(), notice.area.as_deref()),
    ];
    fields
        .into_iter()
        .filter(|(_, given, known)| given.is_some() && given != known)
        .map(|(field, ..)| format!("{field} can't change: cancel the notice and send a new one"))
        .collect()
}

async fn update(update: Update) -> anyhow::Result<()> {
    let Update { id, texts } = update;
    let (app, db) = texts.common.open().await?;
    let desk = app.desk(&db).await?;
    let mut tx = db.write().await?;
    let Some(notice) = store::find(&mut tx, id).await? else {
        anyhow::bail!("there is no notice {id}");
    };
    let mut faults = Vec::new();
    let (headline, description) = match &texts.file {
        Some(file) => {
            let file: NoticeFile = read(file)?;
            faults = moved(&file, &notice);
            let draft = draft(file)?;
            (draft.headline, draft.description)
        }
        None => (
            bilingual(texts.title_fi, texts.title_sv),
            bilingual(texts.text_fi, texts.text_sv),
        ),
    };
    let draft = Draft {
        severity: notice.severity,
        topic: notice.topic.clone(),
        area: notice.area.clone(),
        headline,
        description,
    };
    let sending = app.sending(&desk, &db);
    faults.extend(draft.text_faults(sending));
    if notice.ended_at.is_none() {
        refuse(faults)?;
    }
    if !notices::update(&mut tx, notice, draft, sending).await? {
        anyhow::bail!("notice {id} is cancelled; send a new one");
    }
    tx.commit().await?;
    db.close().await;
    if texts.common.json {
        return print_json(&json!({ "id": id }));
    }
    println!("Notice {id} has new texts; a running server takes them to everyone who got it.");
    println!("See how they fare: turvabot notice status {id}");
    Ok(())
}

async fn cancel(id: i64, redact: bool, common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    let desk = app.desk(&db).await?;
    let mut tx = db.write().await?;
    let Some(notice) = store::find(&mut tx, id).await? else {
        anyhow::bail!("there is no notice {id}");
    };
    if !notices::cancel(&mut tx, &notice, redact, app.sending(&desk, &db)).await? {
        anyhow::bail!("notice {id} is cancelled already");
    }
    tx.commit().await?;
    db.close().await;
    if common.json {
        return print_json(&json!({ "id": id }));
    }
    println!("Notice {id} is cancelled; a running server tells everyone who got it.");
    println!("See how that fares: turvabot notice status {id}");
    Ok(())
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

fn print_amendment(amendment: &notices::Amendment, app: &App) {
    let kind = match (amendment.kind, amendment.redacts) {
        ("cancel", true) => "Cancelled and taken away",
        ("cancel", false) => "Cancelled",
        _ => "Updated",
    };
    println!("{kind} {}:", app.locales.minute(amendment.at));
    print_standing(&amendment.standing);
}

async fn status(id: i64, recipients: bool, common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    let mut conn = db.read().await?;
    let Some(notice) = store::find(&mut conn, id).await? else {
        anyhow::bail!("there is no notice {id}");
    };
    let standing = notices::standing(&mut conn, Some(id), None).await?;
    let amendments = notices::amended(&mut conn, id).await?;
    let mut list = Vec::new();
    if recipients {
        let broadcasts = broadcasts::list(&mut conn, Some(id), None).await?;
        for broadcast in broadcasts.iter().filter(|one| one.deed.is_none()) {
            list.extend(deliveries::list(&mut conn, broadcast.id, 0, i64::MAX).await?);
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
            "updated_at": notice.updated_at,
            "cancelled_at": notice.ended_at,
            "amendments": amendments,
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
    for amendment in &amendments {
        print_amendment(amendment, &app);
    }
    Ok(())
}
