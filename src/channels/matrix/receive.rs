//! From what happened in rooms to events for the core.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use turvabot_matrix::{Account, Event, MediaKind, OWN, What};

use super::addressed::{Names, addressed};
use super::{Matrix, address};
use crate::domain::{ChannelKind, Chat, Inbound, Input, Media, Millis};

/// Words said this long before the bot joined are still waiting for an answer.
const BEFORE_JOINING: Millis = 15 * 60_000;

/// Threads of which it is remembered whether they are the bot's.
const THREADS: usize = 4_096;

/// People in a direct chat: a resident and the bot.
const PAIR: u64 = 2;

/// Threads in groups, by their first event: whether the bot is spoken to in them.
#[derive(Default)]
pub(super) struct Threads(Mutex<HashMap<String, bool>>);

impl Threads {
    fn known(&self, root: &str) -> Option<bool> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(root).copied()
    }

    fn note(&self, root: &str, ours: bool) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= THREADS {
            known.clear();
        }
        known.insert(root.to_owned(), ours);
    }
}

/// What a batch of events leads to.
#[derive(Default)]
pub(super) struct Received {
    /// Events for the core, in order.
    pub events: Vec<Inbound>,
    /// The newest event of each room that is shown to be read.
    pub seen: HashMap<String, String>,
    /// Rooms to be left once the events are committed.
    pub leave: Vec<String>,
    /// Whether an announcement room changed.
    pub boards: bool,
}

impl Matrix {
    /// Reads a batch. Looks up what reactions and threads refer to; sends nothing.
    pub(super) async fn receive(
        &self,
        account: &Account,
        events: Vec<Event>,
        now: Millis,
    ) -> Received {
        let mut received = Received::default();
        let arrivals = arrivals(&events);
        if !arrivals.is_empty() && self.lacks_boards() {
            // One of these rooms may be one: who invites the bot there isn't to be greeted.
            self.find_boards(account).await;
            received.boards = true;
        }
        let spoke_early: HashSet<String> = events
            .iter()
            .enumerate()
            .filter(|(place, event)| {
                let arrival = arrivals.get(&event.room);
                arrival.is_some_and(|arrival| arrival.waited_for(*place, event))
            })
            .map(|(_, event)| event.room.clone())
            .collect();
        for (place, event) in events.into_iter().enumerate() {
            if let Some(arrival) = arrivals.get(&event.room)
                && place < arrival.joined
                && !(arrival.waited_for(place, &event)
                    && self.chat(account, &event.room) == Chat::Direct)
            {
                // History of a room that the bot has only now come to.
                continue;
            }
            let greet = !spoke_early.contains(&event.room);
            self.receive_one(account, event, greet, now, &mut received)
                .await;
        }
        received
    }

    fn chat(&self, account: &Account, room: &str) -> Chat {
        if account.people(room) > PAIR {
            Chat::Group
        } else {
            Chat::Direct
        }
    }

    async fn receive_one(
        &self,
        account: &Account,
        event: Event,
        greet: bool,
        now: Millis,
        received: &mut Received,
    ) {
        if self.board(&event.room).is_some() {
            received.boards |= matches!(event.what, What::Left | What::Replaced(_));
            return;
        }
        if event.sender != account.me() && !self.doorman.admits(&event.sender) {
            return;
        }
        let chat = self.chat(account, &event.room);
        let (room, id) = (event.room.clone(), event.id.clone());
        let mut inbound = Inbound {
            channel: ChannelKind::Matrix,
            address: address(&event.room),
            external_id: event.id.clone(),
            chat,
            lang_hint: None,
            input: Input::Gone,
            on_message: None,
            message: None,
            thread: None,
            received_at: now,
        };
        match &event.what {
            What::Joined => {
                self.moved(account, &room, &inbound, received).await;
                if !greet {
                    return;
                }
                inbound.input = Input::Start(None);
            }
            What::Invited => return,
            What::Left => {}
            What::Members if account.people(&room) < PAIR => received.leave.push(room.clone()),
            // Who is there decides what may be said there, unasked too.
            What::Members => inbound.input = Input::Returned,
            What::Replaced(to) => {
                self.doorman.follow(to, &event.sender);
                inbound.input = Input::Moved(address(to));
            }
            _ => {
                if !self.said(account, &event, chat, &mut inbound).await {
                    return;
                }
                received.seen.insert(room, id);
            }
        }
        received.events.push(inbound);
    }

    /// Reads what somebody said or chose. Returns whether it is for the bot.
    async fn said(
        &self,
        account: &Account,
        event: &Event,
        chat: Chat,
        inbound: &mut Inbound,
    ) -> bool {
        match &event.what {
            What::Text { notice: true, .. } => return false,
            What::Text {
                body,
                edits,
                thread,
                mentions,
                ..
            } => {
                let mut body = body.clone();
                inbound.thread.clone_from(thread);
                if chat == Chat::Group {
                    let mentioned = mentions.iter().any(|user| user == account.me());
                    let names = Names {
                        user: account.me(),
                        display: &self.setup.name,
                    };
                    match addressed(&body, mentioned, names) {
                        Some(rest) => body = rest,
                        None => {
                            let root = thread.as_deref().or(edits.as_deref());
                            if !self.is_ours(account, &event.room, root).await {
                                return false;
                            }
                        }
                    }
                    // What is asked in a group is answered beside its talk.
                    let root = thread.clone().or_else(|| edits.clone());
                    inbound.thread = Some(root.unwrap_or_else(|| event.id.clone()));
                }
                let original = edits.clone().unwrap_or_else(|| event.id.clone());
                inbound.message = Some(original);
                inbound.input = match edits {
                    Some(_) => Input::Edited(body),
                    None => Input::Text(body),
                };
            }
            What::Media(kind) if chat == Chat::Direct => inbound.input = Input::Media(media(*kind)),
            What::Choice { poll, answers } if chat == Chat::Direct => {
                inbound.on_message = Some(poll.clone());
                inbound.input = match answers.first() {
                    Some(token) => Input::Token(token.clone()),
                    None => Input::Withdrawn,
                };
            }
            What::Reaction { to, key } => {
                let Some(token) = reacted(account, &event.room, to, key).await else {
                    return false;
                };
                inbound.on_message = Some(to.clone());
                inbound.input = Input::Token(token);
            }
            _ => return false,
        }
        true
    }

    /// A resident who begins another chat goes on in it: one resident, one chat, one vote.
    async fn moved(
        &self,
        account: &Account,
        room: &str,
        inbound: &Inbound,
        received: &mut Received,
    ) {
        if inbound.chat != Chat::Direct {
            return;
        }
        let Some(companion) = account.companion(room).await else {
            return;
        };
        for old in account.rooms_alone_with(&companion, room).await {
            if self.board(&old).is_some() {
                // Its first reader.
                continue;
            }
            received.events.push(Inbound {
                address: address(&old),
                external_id: format!("{}/from/{old}", inbound.external_id),
                input: Input::Moved(inbound.address.clone()),
                ..inbound.clone()
            });
            received.leave.push(old);
        }
    }

    /// Whether words in a group belong to words of the bot's or to the bot: those they edit, or the
    /// first ones of their thread.
    async fn is_ours(&self, account: &Account, room: &str, root: Option<&str>) -> bool {
        let Some(root) = root else { return false };
        if let Some(known) = self.threads.known(root) {
            return known;
        }
        let Ok(Some((sender, content))) = account.look_up(room, root).await else {
            return false;
        };
        let body = content["body"].as_str().unwrap_or_default();
        let users = content["m.mentions"]["user_ids"].as_array();
        let mentioned = users.is_some_and(|users| users.iter().any(|user| user == account.me()));
        let names = Names {
            user: account.me(),
            display: &self.setup.name,
        };
        let ours = sender == account.me() || addressed(body, mentioned, names).is_some();
        self.threads.note(root, ours);
        ours
    }
}

/// How the bot came to a room within a batch, by places in the batch.
struct Arrival {
    /// Its invitation, if it is there.
    invited: Option<usize>,
    joined: usize,
    /// When it joined.
    at: Millis,
}

impl Arrival {
    /// Whether somebody spoke to the bot while it was on its way to the room.
    fn waited_for(&self, place: usize, event: &Event) -> bool {
        let speaks = matches!(event.what, What::Text { .. } | What::Media(_));
        let meant = self.invited.is_none_or(|invited| place > invited);
        speaks && meant && place < self.joined && event.at >= self.at - BEFORE_JOINING
    }
}

/// The rooms that the bot joined in this batch.
fn arrivals(events: &[Event]) -> HashMap<String, Arrival> {
    let mut invited = HashMap::new();
    let mut arrivals = HashMap::new();
    for (place, event) in events.iter().enumerate() {
        match event.what {
            What::Invited => {
                invited.insert(&*event.room, place);
            }
            What::Joined => {
                let arrival = Arrival {
                    invited: invited.get(&*event.room).copied(),
                    joined: place,
                    at: event.at,
                };
                arrivals.insert(event.room.clone(), arrival);
            }
            _ => {}
        }
    }
    arrivals
}

/// What a reaction to an event of the bot's does: kept in the event itself, so that nothing needs to
/// be remembered of who asked what.
async fn reacted(account: &Account, room: &str, to: &str, key: &str) -> Option<String> {
    let (sender, content) = match account.look_up(room, to).await {
        Ok(found) => found?,
        Err(trouble) => {
            tracing::debug!(%trouble, "what a reaction refers to cannot be read");
            return None;
        }
    };
    let reactions = &content[OWN]["reactions"];
    let token = (sender == account.me()).then(|| reactions[bare(key)].as_str())?;
    token.map(str::to_owned)
}

/// An emoji without skin tone and presentation.
fn bare(key: &str) -> String {
    key.chars()
        .filter(|c| !matches!(*c, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}'))
        .collect()
}

fn media(kind: MediaKind) -> Media {
    match kind {
        MediaKind::Sticker => Media::Sticker,
        MediaKind::Voice => Media::Voice,
        MediaKind::Photo => Media::Photo,
        MediaKind::Location => Media::Location,
        MediaKind::Other => Media::Other,
    }
}
