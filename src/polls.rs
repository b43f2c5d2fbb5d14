//! Opening a quick poll, closing it, counting it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::conversation::{poll_message, result_message};
use crate::domain::{Deed, Lane, Localized, Poll};
use crate::notices::{Desk, announce, check_id, check_texts, numbers, reserve};
use crate::store::broadcasts::{self, Amends, NewBroadcast};
use crate::store::{Conn, Error, polls};

/// Longest question, in characters.
pub const QUESTION_CHARS: usize = 300;

/// Most options: more can't be compared on a phone.
pub const OPTIONS: usize = 10;

/// A poll that nobody has been asked yet.
#[derive(Clone, Debug)]
pub struct Draft {
    /// A topic id.
    pub topic: Option<String>,
    /// An area id.
    pub area: Option<String>,
    /// The question per language.
    pub question: Localized,
    /// The options in order, per language.
    pub options: Vec<Localized>,
}

impl Draft {
    /// What keeps the draft from being opened, a line per fault.
    #[must_use]
    pub fn faults(&self, desk: Desk<'_>) -> Vec<String> {
        let mut faults = Vec::new();
        let langs = desk.locales.langs();
        check_texts(
            "question",
            &self.question,
            &langs,
            QUESTION_CHARS,
            &mut faults,
        );
        let count = self.options.len();
        if !(2..=OPTIONS).contains(&count) {
            faults.push(format!(
                "option is given {count} times; give 2 to {OPTIONS}"
            ));
        }
        for (at, option) in self.options.iter().enumerate() {
            let field = format!("option {} ", at + 1);
            check_texts(
                field.trim_end(),
                option,
                &langs,
                Poll::OPTION_CHARS,
                &mut faults,
            );
            for (lang, label) in option.iter() {
                let same = |other: &Localized| {
                    other.get(lang).is_some_and(|other| {
                        crate::answers::fold(other) == crate::answers::fold(label)
                    })
                };
                if self.options[..at].iter().any(same) {
                    faults.push(format!(
                        "{field}says the same as an earlier one in \"{lang}\""
                    ));
                }
            }
        }
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
}

/// Opens a sound poll: from now on votes count, and the server asks the audience. Returns its number.
///
/// # Errors
/// [`Error::Database`].
pub async fn open(conn: &mut Conn, draft: Draft, desk: Desk<'_>) -> Result<i64, Error> {
    let first = reserve(conn, desk).await?;
    let poll = Poll {
        id: first,
        topic: draft.topic,
        area: draft.area,
        question: draft.question,
        options: draft.options,
        opened_at: desk.now,
        closed_at: None,
    };
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(|error| Error::Open(format!("no randomness: {error}")))?;
    polls::insert(conn, &poll, &URL_SAFE_NO_PAD.encode(secret)).await?;
    let say = poll_message(&poll, desk.knowledge);
    announce(conn, &broadcast(&poll, first + 1, None, desk), &say, desk).await?;
    Ok(poll.id)
}

/// A broadcast of a poll or of its result.
fn broadcast(poll: &Poll, id: i64, amends: Option<Amends>, desk: Desk<'_>) -> NewBroadcast {
    NewBroadcast {
        id,
        notice_id: None,
        poll_id: Some(poll.id),
        lane: Lane::Poll,
        everyone: false,
        topic: poll.topic.clone(),
        area: poll.area.clone(),
        created_at: desk.now,
        expires_at: desk.now + desk.routine_life,
        amends,
    }
}

/// Closes a poll: its secret is destroyed, and the result goes to everyone who was asked. Returns
/// whether it was open.
///
/// # Errors
/// [`Error::Database`].
pub async fn close(conn: &mut Conn, poll: &Poll, desk: Desk<'_>) -> Result<bool, Error> {
    let Some(first) = polls::close(conn, poll.id, desk.now, numbers(desk)).await? else {
        return Ok(false);
    };
    let votes = polls::tally(conn, poll.id, poll.options.len()).await?;
    let say = result_message(poll, &votes, desk.knowledge);
    for asked in broadcasts::list(conn, None, Some(poll.id)).await? {
        let amends = Amends {
            broadcast: asked.id,
            deed: Deed::Ends,
            closes: true,
        };
        announce(
            conn,
            &broadcast(poll, first, Some(amends), desk),
            &say,
            desk,
        )
        .await?;
    }
    Ok(true)
}

/// The votes of a poll.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Results {
    /// The question per language.
    pub question: Localized,
    /// The options per language, each with its votes.
    pub options: Vec<(Localized, i64)>,
    /// All votes.
    pub votes: i64,
    /// Whether it still takes votes.
    pub open: bool,
}

/// The votes of a poll, or `None` if there is no such poll.
///
/// # Errors
/// [`Error::Database`], [`Error::Corrupt`].
pub async fn results(conn: &mut Conn, id: i64) -> Result<Option<Results>, Error> {
    let Some(poll) = polls::find(conn, id).await? else {
        return Ok(None);
    };
    let tally = polls::tally(conn, id, poll.options.len()).await?;
    Ok(Some(Results {
        question: poll.question,
        votes: tally.iter().sum(),
        options: poll.options.into_iter().zip(tally).collect(),
        open: poll.closed_at.is_none(),
    }))
}
