//! What a batch writes besides the residents' own rows.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{LANE, Setting, Turned};
use super::stock::Stock;
use crate::channels::capabilities;
use crate::domain::{
    ChannelKind, Delivery, DeliveryState, Inbound, Input, Lang, Message, Millis, Relation, markup,
};
use crate::store::gaps::NewGap;
use crate::store::ids::IdBlock;
use crate::store::outbox::NewRow;
use crate::store::polls::Ballot;
use crate::store::web_lines::{NewLine, WebLine};
use crate::store::{Conn, Error, broadcasts, gaps, outbox, polls, web_lines};

/// A reply isn't worth sending after a day.
const REPLY_LIFE: Millis = 24 * 3_600_000;

/// Last words to an erased web session: shown while its page is open, stored nowhere.
#[derive(Clone, Debug)]
pub struct Parting {
    /// The session.
    pub address: String,
    /// The words.
    pub line: WebLine,
}

/// What is said in one message.
pub(super) struct Words {
    /// The words.
    pub message: Arc<Message>,
    /// Whether they tell what the resident voted.
    pub ballot: bool,
    /// Their name in the stock, if they are the same for everyone.
    pub stock: Option<String>,
    /// How they relate to an earlier message.
    pub relation: Option<Relation>,
}

/// Words for one address.
struct Line {
    channel: ChannelKind,
    address: String,
    /// Whether nothing of it may stay once it is sent.
    parting: bool,
    /// The resident's message that it answers.
    cause: Option<String>,
    by_bot: bool,
    lang: Lang,
    at: Millis,
    words: Words,
}

/// What the engine keeps from batch to batch.
pub(super) struct Supplies<'a> {
    /// Numbers for rows.
    pub ids: &'a mut IdBlock,
    /// Answers that are the same for everyone.
    pub stock: &'a mut Stock,
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Writes {
    lines: Vec<Line>,
    /// Choice by poll and voter; `None` takes the ballot back. The last one stands.
    pub ballots: HashMap<(i64, String), Option<i64>>,
    pub gaps: Vec<NewGap>,
}

impl Writes {
    /// The choice that this batch already holds for a voter.
    pub fn ballot(&self, poll: i64, voter: &str) -> Option<Option<i64>> {
        self.ballots.get(&(poll, voter.to_owned())).copied()
    }

    /// Notes the answer to an event, and on a page of ours the resident's own words before it.
    pub fn say(&mut self, event: &Inbound, lang: Lang, messages: Vec<Words>, now: Millis) {
        if capabilities(event.channel).page
            && let Input::Text(text) | Input::Edited(text) = &event.input
        {
            self.push(
                event,
                lang,
                false,
                event.received_at,
                Words {
                    message: Arc::new(Message {
                        text: markup::escape(text.trim()),
                        ..Message::default()
                    }),
                    relation: None,
                    // Words that lead to a vote tell it as well.
                    ballot: messages.iter().any(|words| words.ballot),
                    stock: None,
                },
            );
        }
        for words in messages {
            self.push(event, lang, true, now, words);
        }
    }

    fn push(&mut self, event: &Inbound, lang: Lang, by_bot: bool, at: Millis, words: Words) {
        self.lines.push(Line {
            channel: event.channel,
            address: event.address.clone(),
            parting: false,
            cause: event.message.clone(),
            by_bot,
            lang,
            at,
            words,
        });
    }

    /// Notes last words to a resident who is being erased, and drops all earlier ones.
    pub fn part(&mut self, event: &Inbound, lang: Lang, messages: Vec<Words>) {
        self.lines
            .retain(|line| line.channel != event.channel || line.address != event.address);
        for words in messages {
            self.push(event, lang, true, event.received_at, words);
            if let Some(line) = self.lines.last_mut() {
                line.parting = true;
            }
        }
    }

    /// Ids that [`Writes::write`] mints.
    pub fn ids_needed(&self) -> usize {
        self.lines.len() * 3
    }

    /// Writes everything.
    pub async fn write(
        self,
        conn: &mut Conn,
        Supplies { ids, stock }: Supplies<'_>,
        setting: Setting<'_>,
        resident_ids: &HashMap<(ChannelKind, String), i64>,
        day: &str,
        turned: &mut Turned,
    ) -> Result<(), Error> {
        gaps::insert(conn, day, &self.gaps).await?;
        let mut cast = Vec::new();
        for ((poll_id, voter), choice) in self.ballots {
            match choice {
                Some(choice) => cast.push(Ballot {
                    poll_id,
                    voter,
                    choice,
                }),
                None => polls::delete_ballot(conn, poll_id, &voter).await?,
            }
        }
        polls::put(conn, &cast).await?;
        let mut room = setting.room.clone();
        let mut rows = Vec::with_capacity(self.lines.len());
        let mut pages = Vec::new();
        for line in self.lines {
            let resident_id = if line.parting {
                outbox::PARTING
            } else {
                resident_ids
                    .get(&(line.channel, line.address.clone()))
                    .copied()
                    .unwrap_or(0)
            };
            if capabilities(line.channel).page {
                rows.extend(on_page(line, resident_id, ids, setting, &mut pages, turned));
            } else {
                let rendering_id = rendering(conn, ids, stock, &line).await?;
                let ids = (resident_id, ids.mint(), rendering_id);
                rows.push(sent(line, ids, setting, &mut room, turned));
            }
        }
        web_lines::insert(conn, &pages).await?;
        outbox::insert(conn, &rows).await
    }
}

/// Where the words of a line are written, if they are in the stock; writes them the first time.
async fn rendering(
    conn: &mut Conn,
    ids: &mut IdBlock,
    stock: &mut Stock,
    line: &Line,
) -> Result<Option<i64>, Error> {
    let Some(name) = &line.words.stock else {
        return Ok(None);
    };
    let item = stock.item(name, line.lang, || Message::clone(&line.words.message));
    if item.rendering_id.is_none() {
        let id = ids.mint();
        broadcasts::insert_rendering(conn, id, None, line.lang, &item.message).await?;
        item.rendering_id = Some(id);
    }
    Ok(item.rendering_id)
}

/// A line of the web chat's page; a bot's line also counts as a delivery.
fn on_page(
    line: Line,
    resident_id: i64,
    ids: &mut IdBlock,
    setting: Setting<'_>,
    pages: &mut Vec<NewLine>,
    turned: &mut Turned,
) -> Option<NewRow> {
    let seq = ids.mint();
    let web = WebLine {
        seq,
        at: line.at,
        by_bot: line.by_bot,
        lang: line.lang,
        message: Message::clone(&line.words.message),
    };
    turned.pages.insert(line.address.clone(), seq);
    if line.parting {
        turned.partings.push(Parting {
            address: line.address,
            line: web,
        });
        return None;
    }
    pages.push(NewLine {
        resident_id,
        ballot: line.words.ballot,
        line: web,
    });
    line.by_bot.then(|| NewRow {
        id: ids.mint(),
        channel: line.channel,
        lane: LANE,
        state: DeliveryState::Sent,
        due_at: setting.now,
        resident_id,
        address: line.address,
        message: None,
        rendering_id: None,
        relation: None,
        cause: None,
        tried_at: Some(setting.now),
        expires_at: setting.now + REPLY_LIFE,
        settled_at: Some(setting.now),
    })
}

/// A ledger row for a sender: claimed from birth while there is room, else queued.
fn sent(
    line: Line,
    (resident_id, id, rendering_id): (i64, i64, Option<i64>),
    setting: Setting<'_>,
    room: &mut HashMap<ChannelKind, usize>,
    turned: &mut Turned,
) -> NewRow {
    let room = room.entry(line.channel).or_default();
    let claimed = *room > 0;
    // A message is strings and lists: it always encodes.
    let frozen = || serde_json::to_string(&*line.words.message).unwrap_or_default();
    let frozen = rendering_id.is_none().then(frozen);
    if claimed {
        *room -= 1;
        turned.deliveries.push(Delivery {
            id,
            channel: line.channel,
            address: line.address.clone(),
            lane: LANE,
            message: line.words.message,
            relation: line.words.relation.clone(),
            attempts: 1,
            doubts: 0,
            tried_at: setting.now,
        });
    } else {
        turned.queued = true;
    }
    NewRow {
        id,
        channel: line.channel,
        lane: LANE,
        state: if claimed {
            DeliveryState::Sending
        } else {
            DeliveryState::Queued
        },
        due_at: if claimed {
            setting.lease_end
        } else {
            setting.now
        },
        resident_id,
        address: line.address,
        message: frozen,
        rendering_id,
        relation: line.words.relation.as_ref().map(Relation::encode),
        cause: line.cause,
        tried_at: claimed.then_some(setting.now),
        expires_at: setting.now + REPLY_LIFE,
        settled_at: None,
    }
}
