//! Sending a safety notice, and telling how it fares.

use crate::conversation::{cancel_message, notice_message};
use crate::domain::{ActionKey, Deed, Lang, Localized, Millis, Notice, Say, Severity};
use crate::knowledge::Knowledge;
use crate::locale::Locales;
use crate::store::broadcasts::{self, Amends, NewBroadcast};
use crate::store::{Conn, Dialect, Error, amendments, deliveries, ids, notices};

/// Longest headline, in characters: a phone shows it without cutting.
pub const HEADLINE_CHARS: usize = 160;

/// Longest text, in characters: it stays one message on every channel.
pub const DESCRIPTION_CHARS: usize = 3_000;

/// Deliveries of an alert are worth a day.
const ALERT_LIFE: Millis = 24 * 3_600_000;

/// A notice that nobody has got yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// How bad it is.
    pub severity: Severity,
    /// A topic id.
    pub topic: Option<String>,
    /// An area id.
    pub area: Option<String>,
    /// Title per language.
    pub headline: Localized,
    /// Text per language.
    pub description: Localized,
}

/// What is needed to send.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Content.
    pub knowledge: &'a Knowledge,
    /// Words.
    pub locales: &'a Locales,
    /// Seals buttons.
    pub key: &'a ActionKey,
    /// How long deliveries of a routine notice or a poll are tried.
    pub routine_life: Millis,
    /// Now.
    pub now: Millis,
    /// The kind of the database.
    pub dialect: Dialect,
}

/// The faults of texts that must exist in every language served, each in a line naming `field`.
pub fn check_texts(
    field: &str,
    texts: &Localized,
    langs: &[Lang],
    longest: usize,
    faults: &mut Vec<String>,
) {
    for lang in langs {
        match texts.get(*lang).map(|text| text.trim()) {
            None | Some("") => faults.push(format!(
                "{field}-{lang} is missing: both languages are sent together"
            )),
            Some(text) => {
                let length = text.chars().count();
                if length > longest {
                    faults.push(format!(
                        "{field}-{lang} has {length} characters; at most {longest} fit"
                    ));
                }
                if text.chars().any(is_hidden) {
                    faults.push(format!(
                        "{field}-{lang} holds invisible control characters; type the text anew"
                    ));
                }
            }
        }
    }
}

/// Characters that change how other text shows without showing themselves (Unicode bidirectional
/// controls, UAX #9, and C0/C1 controls but line feed and tab).
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
        || (c.is_control() && c != '\n' && c != '\t')
}

/// The fault of an id that must be one of those named.
pub fn check_id(
    field: &str,
    id: Option<&str>,
    known: &[crate::knowledge::Named],
    faults: &mut Vec<String>,
) {
    if let Some(id) = id
        && !known.iter().any(|one| one.id == id)
    {
        let known: Vec<_> = known.iter().map(|one| one.id.as_str()).collect();
        faults.push(format!(
            "{field} \"{id}\" is unknown; the municipality has: {}",
            known.join(", ")
        ));
    }
}

impl Draft {
    /// What keeps the draft from being sent, a line per fault.
    #[must_use]
    pub fn faults(&self, desk: Desk<'_>) -> Vec<String> {
        let mut faults = self.text_faults(desk);
        check_id(
            "topic",
            self.topic.as_deref(),
            &desk.knowledge.topics,
            &mut faults,
        );
        check_id(
            "area",
            self.area.as_deref(),
            &desk.knowledge.areas,
            &mut faults,
        );
        faults
    }

    /// What is wrong with the texts, a line per fault.
    #[must_use]
    pub fn text_faults(&self, desk: Desk<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        let langs = desk.locales.langs();
        check_texts("title", &self.headline, &langs, HEADLINE_CHARS, &mut faults);
        check_texts(
            "text",
            &self.description,
            &langs,
            DESCRIPTION_CHARS,
            &mut faults,
        );
        faults
    }
}

/// Puts a sound draft into the ledger, to be expanded and sent by the server. Returns its number.
///
/// # Errors
/// [`Error::Database`].
pub async fn send(conn: &mut Conn, draft: Draft, desk: Desk<'_>) -> Result<i64, Error> {
    let first = reserve(conn, desk).await?;
    let notice = Notice {
        id: first,
        severity: draft.severity,
        topic: draft.topic,
        area: draft.area,
        headline: draft.headline,
        description: draft.description,
        sent_at: desk.now,
        updated_at: None,
        ended_at: None,
    };
    notices::insert(conn, &notice).await?;
    let say = notice_message(&notice, desk.knowledge);
    announce(conn, &broadcast(&notice, first + 1, None, desk), &say, desk).await?;
    Ok(notice.id)
}

/// A broadcast of a notice or of a change to it.
fn broadcast(notice: &Notice, id: i64, amends: Option<Amends>, desk: Desk<'_>) -> NewBroadcast {
    let life = if notice.severity.is_alert() {
        ALERT_LIFE
    } else {
        desk.routine_life
    };
    NewBroadcast {
        id,
        notice_id: Some(notice.id),
        poll_id: None,
        lane: notice.severity.lane(),
        everyone: notice.severity.is_alert(),
        topic: notice.topic.clone(),
        area: notice.area.clone(),
        created_at: desk.now,
        expires_at: desk.now + life,
        amends,
    }
}

/// Replaces the texts of a notice in force by those of a sound draft, wherever it arrived and
/// wherever it is still going to (CAP `Update`). Whom it is for, and how bad it is, stay. Returns
/// whether the notice is in force.
///
/// # Errors
/// [`Error::Database`].
pub async fn update(
    conn: &mut Conn,
    mut notice: Notice,
    draft: Draft,
    desk: Desk<'_>,
) -> Result<bool, Error> {
    let first = reserve(conn, desk).await?;
    notice.headline = draft.headline;
    notice.description = draft.description;
    notice.updated_at = Some(desk.now);
    if !notices::replace_texts(conn, &notice).await? {
        return Ok(false);
    }
    let say = notice_message(&notice, desk.knowledge);
    amend(conn, &notice, first, (Deed::Replaces, false), &say, desk).await?;
    Ok(true)
}

/// Cancels a notice in force (CAP `Cancel`): where it arrived it says so from now on, or is taken
/// away (`redact`) where the channel can; nobody else gets it. Returns whether it was in force.
///
/// # Errors
/// [`Error::Database`].
pub async fn cancel(
    conn: &mut Conn,
    notice: &Notice,
    redact: bool,
    desk: Desk<'_>,
) -> Result<bool, Error> {
    let first = reserve(conn, desk).await?;
    if !notices::end(conn, notice.id, desk.now).await? {
        return Ok(false);
    }
    let deed = if redact {
        Deed::Redacts
    } else {
        Deed::Replaces
    };
    let say = cancel_message(notice, desk.now, desk.knowledge);
    amend(conn, notice, first, (deed, true), &say, desk).await?;
    Ok(true)
}

/// Writes a broadcast that changes what a notice's first one delivered.
async fn amend(
    conn: &mut Conn,
    notice: &Notice,
    id: i64,
    (deed, closes): (Deed, bool),
    say: &Say,
    desk: Desk<'_>,
) -> Result<(), Error> {
    for original in broadcasts::list(conn, Some(notice.id), None).await? {
        if original.deed.is_none() {
            let amends = Amends {
                broadcast: original.id,
                deed,
                closes,
            };
            announce(conn, &broadcast(notice, id, Some(amends), desk), say, desk).await?;
        }
    }
    Ok(())
}

/// How many numbers something to be announced takes with its broadcast and its words per language.
pub(crate) fn numbers(desk: Desk<'_>) -> i64 {
    i64::try_from(desk.locales.langs().len()).unwrap_or(0) + 2
}

/// Reserves the numbers of something to be announced, of its broadcast and of its words per
/// language, in this order. Returns the first.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn reserve(conn: &mut Conn, desk: Desk<'_>) -> Result<i64, Error> {
    ids::reserve(conn, numbers(desk)).await
}

/// Writes a broadcast with its words in every language served; their numbers follow its own.
///
/// # Errors
/// [`Error::Database`].
pub(crate) async fn announce(
    conn: &mut Conn,
    broadcast: &NewBroadcast,
    say: &Say,
    desk: Desk<'_>,
) -> Result<(), Error> {
    let words: Vec<_> = (broadcast.id + 1..)
        .zip(desk.locales.langs())
        .map(|(id, lang)| (id, lang, desk.locales.render(lang, say, desk.key)))
        .collect();
    amendments::insert(conn, desk.dialect, broadcast, &words).await
}

/// How the deliveries of a notice or a poll fare.
#[derive(Clone, Debug, Default, serde::Serialize)]
pub struct Standing {
    /// Whether every recipient has a row in the ledger.
    pub expanded: bool,
    /// Recipients so far.
    pub recipients: i64,
    /// Deliveries by channel and state.
    pub deliveries: Vec<(String, String, i64)>,
    /// Sends of which nobody knows whether they arrived, all attempts counted: at most so many
    /// residents got it twice.
    pub possible_duplicates: i64,
    /// What platforms said of failures, most frequent first.
    pub reasons: Vec<(String, i64)>,
}

/// How a change to a notice fares.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Amendment {
    /// The number of its broadcast.
    pub id: i64,
    /// "update" or "cancel" (CAP `msgType`).
    pub kind: &'static str,
    /// Whether messages are taken away.
    pub redacts: bool,
    /// When it was made.
    pub at: Millis,
    /// How its deliveries fare.
    pub standing: Standing,
}

/// How the deliveries of a notice, or of a poll, fare; changes to it not counted.
///
/// # Errors
/// [`Error::Database`].
pub async fn standing(
    conn: &mut Conn,
    notice_id: Option<i64>,
    poll_id: Option<i64>,
) -> Result<Standing, Error> {
    let mut standing = Standing {
        expanded: true,
        ..Standing::default()
    };
    for broadcast in broadcasts::list(conn, notice_id, poll_id).await? {
        if broadcast.deed.is_none() {
            count(conn, &broadcast, &mut standing).await?;
        }
    }
    Ok(standing)
}

/// How the changes to a notice fare, oldest first.
///
/// # Errors
/// [`Error::Database`].
pub async fn amended(conn: &mut Conn, notice_id: i64) -> Result<Vec<Amendment>, Error> {
    let mut amendments = Vec::new();
    for broadcast in broadcasts::list(conn, Some(notice_id), None).await? {
        let Some(deed) = &broadcast.deed else {
            continue;
        };
        let mut standing = Standing {
            expanded: true,
            ..Standing::default()
        };
        count(conn, &broadcast, &mut standing).await?;
        amendments.push(Amendment {
            id: broadcast.id,
            kind: if broadcast.closes { "cancel" } else { "update" },
            redacts: deed == Deed::Redacts.as_str(),
            at: broadcast.created_at,
            standing,
        });
    }
    Ok(amendments)
}

async fn count(
    conn: &mut Conn,
    broadcast: &broadcasts::Progress,
    standing: &mut Standing,
) -> Result<(), Error> {
    standing.expanded &= broadcast.expanded;
    for count in deliveries::counts(conn, Some(broadcast.id)).await? {
        standing.recipients += count.count;
        standing.possible_duplicates += count.doubts;
        standing
            .deliveries
            .push((count.channel, count.state, count.count));
    }
    standing
        .reasons
        .extend(deliveries::reasons(conn, broadcast.id).await?);
    Ok(())
}
