//! One turn: what an event means, what is said and done about it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::batch::Batch;
use super::voter;
use super::write::Words;
use crate::answers::fold;
use crate::channels::capabilities;
use crate::conversation::{
    Effect, Facts, Intent, Missed, Outcome, Own, Turn, Understood, erased, mishap, respond,
    understand,
};
use crate::domain::{
    Action, ChannelKind, Dialogue, Inbound, Input, MenuItem, Millis, Relation, Resident, Say,
    Status, markup,
};
use crate::store::gaps::{Kind, NewGap};
use crate::store::polls::OpenPoll;
use crate::store::{
    Conn, Error, deliveries, feedback, notices, outbox, polls, residents, web_lines,
};

/// Notices sent longer ago than this are history, even if nobody ended them.
const NOTICE_LIFE: Millis = 7 * 24 * 3_600_000;

/// A number that tells nothing of when it was made.
fn random_id() -> i64 {
    let mut bytes = [0; 8];
    // Without randomness no key could have been made either.
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    i64::from_le_bytes(bytes) & i64::MAX
}

impl Batch<'_> {
    /// One turn. Returns what to say in passing.
    pub(super) async fn take(
        &mut self,
        conn: &mut Conn,
        event: &Inbound,
    ) -> Result<Option<String>, Error> {
        let address = (event.channel, event.address.clone());
        if let Input::Moved(to) = &event.input {
            self.relocate(conn, &address, to).await?;
            return Ok(None);
        }
        let known = self
            .seats
            .get_mut(&address)
            .and_then(|seat| seat.resident.take());
        let resident = match known {
            Some(resident) => resident,
            // A report about somebody who never spoke makes nobody known.
            None if matches!(event.input, Input::Gone | Input::Returned) => return Ok(None),
            // Nor does the second press on "erase".
            None if self.erases(event) => {
                let gone = self.newcomer(event);
                let words = self.words(&gone, &erased(), event, false);
                self.writes.part(event, gone.lang, vec![words]);
                return Ok(None);
            }
            None => self.newcomer(event),
        };
        let before = resident.clone();
        let mut resident = resident;
        resident.chat = event.chat;
        let turn = self.turn(conn, resident, event).await?;
        metrics::counter!("turvabot_turns_total", "channel" => event.channel.as_str(),
            "outcome" => turn.outcome.as_str())
        .increment(1);
        self.settle(conn, event, &before, turn).await
    }

    /// Whether the event is the press that erases.
    fn erases(&self, event: &Inbound) -> bool {
        matches!(&event.input, Input::Token(token)
            if self.desk.key.open(token) == Some(Action::EraseConfirmed))
    }

    /// A chat lives at another address from now on, with all that waits for it. Whoever is at the
    /// new address already, stored or met in this batch, stays.
    async fn relocate(
        &mut self,
        conn: &mut Conn,
        from: &(ChannelKind, String),
        to: &str,
    ) -> Result<(), Error> {
        let target = (from.0, to.to_owned());
        let taken = self
            .seats
            .get(&target)
            .is_some_and(|seat| seat.resident.is_some());
        let Some(old) = self.seats.get_mut(from) else {
            return Ok(());
        };
        let (resident, stored) = (old.resident.take(), std::mem::take(&mut old.stored));
        let changed = std::mem::take(&mut old.changed);
        let subscriptions_changed = std::mem::take(&mut old.subscriptions_changed);
        residents::relocate(conn, from.0, &from.1, to, taken).await?;
        let (Some(mut resident), false) = (resident, taken) else {
            return Ok(());
        };
        // Not looked up in this batch: the store has moved the row, or dropped it for another.
        if let Some(seat) = self.seats.get_mut(&target) {
            resident.address = target.1;
            seat.resident = Some(resident);
            seat.stored = stored;
            seat.changed |= changed;
            seat.subscriptions_changed |= subscriptions_changed;
        }
        Ok(())
    }

    fn newcomer(&self, event: &Inbound) -> Resident {
        let lang = event
            .lang_hint
            .filter(|lang| self.desk.locales.serves(*lang))
            .unwrap_or(self.desk.default_lang);
        Resident {
            id: 0,
            channel: event.channel,
            address: event.address.clone(),
            chat: event.chat,
            lang,
            lang_chosen: false,
            status: Status::Active,
            topics: Vec::new(),
            areas: Vec::new(),
            quiet: None,
            dialogue: Dialogue::default(),
        }
    }

    /// What is said and done. A turn that breaks still answers, and breaks nobody else's.
    async fn turn(
        &mut self,
        conn: &mut Conn,
        resident: Resident,
        event: &Inbound,
    ) -> Result<Turn, Error> {
        let desk = self.desk;
        let understood = catch_unwind(AssertUnwindSafe(|| {
            understand(&resident, &event.input, &desk.knowledge, &desk.key)
        }));
        let Ok(mut understood) = understood else {
            return Ok(broken(resident));
        };
        if understood.intent == Intent::Withdraw {
            understood.intent = self.withdrawn(conn, &resident, event).await?;
        }
        let own = self.look_up(conn, &resident, &understood).await?;
        let facts = Facts {
            knowledge: &desk.knowledge,
            notices: self.lookups.notices.as_deref().unwrap_or_default(),
            polls: &self.lookups.polls,
            own: &own,
            chat: event.chat,
            lang_hinted: event.lang_hint.is_some(),
            now: self.now,
        };
        let spare = resident.clone();
        let turn = catch_unwind(AssertUnwindSafe(|| respond(resident, understood, facts)));
        Ok(turn.unwrap_or_else(|_| broken(spare)))
    }

    /// Which vote is taken back: the one in the poll of the message that says so, or in the only
    /// open one.
    async fn withdrawn(
        &mut self,
        conn: &mut Conn,
        resident: &Resident,
        event: &Inbound,
    ) -> Result<Intent, Error> {
        let poll = match &event.on_message {
            Some(message) => polls::find_by_message(conn, resident.id, message).await?,
            None => None,
        };
        let open = self.open_polls(conn).await?;
        let only = || match open {
            [only] => Some(only.poll.id),
            _ => None,
        };
        Ok(match poll.or_else(only) {
            Some(poll) => Intent::Act(Action::Unvote(poll)),
            None => Intent::StaleButton,
        })
    }

    async fn look_up(
        &mut self,
        conn: &mut Conn,
        resident: &Resident,
        understood: &Understood,
    ) -> Result<Own, Error> {
        let needs = understood.needs();
        if needs.notices && self.lookups.notices.is_none() {
            let since = self.now - NOTICE_LIFE;
            self.lookups.notices = Some(notices::list_live(conn, since).await?);
        }
        if needs.polls {
            self.open_polls(conn).await?;
        }
        let mut own = Own::default();
        if needs.own {
            for open in self.lookups.open.iter().flatten() {
                let voter = voter(&open.secret, resident.channel, &resident.address);
                let choice = match self.writes.ballot(open.poll.id, &voter) {
                    Some(choice) => choice,
                    None => polls::find_ballot(conn, open.poll.id, &voter).await?,
                };
                own.votes
                    .extend(choice.map(|choice| (open.poll.id, choice)));
            }
            own.deliveries = deliveries::count_of_resident(conn, resident.id).await?;
            own.lines = web_lines::count(conn, resident.id).await?;
        }
        Ok(own)
    }

    async fn open_polls(&mut self, conn: &mut Conn) -> Result<&[OpenPoll], Error> {
        if self.lookups.open.is_none() {
            let open = polls::list_open(conn, self.dialect).await?;
            self.lookups.polls = open.iter().map(|open| open.poll.clone()).collect();
            self.lookups.open = Some(open);
        }
        Ok(self.lookups.open.as_deref().unwrap_or_default())
    }

    /// Notes what a turn says and does.
    async fn settle(
        &mut self,
        conn: &mut Conn,
        event: &Inbound,
        before: &Resident,
        turn: Turn,
    ) -> Result<Option<String>, Error> {
        let Turn {
            mut resident,
            mut replies,
            toast,
            effects,
            outcome,
        } = turn;
        let powers = capabilities(event.channel);
        let passing = powers.toasts && matches!(event.input, Input::Token(_));
        let mut toasted = None;
        if let Some(say) = toast {
            if passing {
                toasted = Some(self.plain(&resident, &say));
            } else if outcome == Outcome::Noted && !powers.buttons {
                // A reaction is a nod, and nobody wants to be answered to a nod.
            } else {
                // Said aloud where nothing can be said in passing.
                match replies.first_mut() {
                    Some(first) => {
                        first.parts.splice(0..0, say.parts).for_each(drop);
                        first.ballot |= say.ballot;
                    }
                    None => replies.push(say),
                }
            }
        }
        let mut messages: Vec<Words> = replies
            .iter()
            .map(|say| self.words(&resident, say, event, powers.edits))
            .collect();
        if let (Input::Edited(_), Some(edited)) = (&event.input, &event.message) {
            // The answer to words that changed changes with them.
            let earlier = outbox::find_answer(conn, before.id, edited).await?;
            if let (Some(earlier), Some(first)) = (earlier, messages.first_mut()) {
                first.relation = Some(Relation::Replaces(earlier));
            }
        }
        resident.dialogue.menu = match outcome {
            // "2" after an answer means nothing; after a list it picks from it.
            Outcome::Done | Outcome::Offered if !messages.is_empty() => menu(&messages),
            _ if !powers.buttons && !messages.is_empty() => menu(&messages),
            Outcome::Done | Outcome::Noted if messages.is_empty() => before.dialogue.menu.clone(),
            _ => Vec::new(),
        };
        resident.dialogue.menu_at = match resident.dialogue.menu.is_empty() {
            true => None,
            false if resident.dialogue.menu == before.dialogue.menu && messages.is_empty() => {
                before.dialogue.menu_at
            }
            false => Some(self.now),
        };
        let mut erased = false;
        let mut subscriptions = false;
        for effect in effects {
            match effect {
                Effect::Erase => erased = true,
                Effect::Subscriptions => subscriptions = true,
                other => self.apply(conn, &resident, other).await?,
            }
        }
        if erased {
            self.erase(conn, event, before, messages).await?;
        } else {
            self.seat(event, before, resident, subscriptions, messages);
        }
        Ok(toasted)
    }

    fn plain(&self, resident: &Resident, say: &Say) -> String {
        let message = self.desk.locales.render(resident.lang, say, &self.desk.key);
        let blocks = markup::parse(&message.text);
        let lines: Vec<_> = blocks.iter().map(markup::to_plain).collect();
        lines.join("\n")
    }

    fn words(&mut self, resident: &Resident, say: &Say, event: &Inbound, edits: bool) -> Words {
        let lang = resident.lang;
        let in_place = event.on_message.clone().filter(|_| say.in_place && edits);
        let thread = || event.thread.clone().map(Relation::Thread);
        let relation = in_place.map(Relation::Replaces).or_else(thread);
        let render = || self.desk.locales.render(lang, say, &self.desk.key);
        if let Some(name) = &say.stock {
            return Words {
                message: Arc::clone(&self.stock.item(name, lang, render).message),
                ballot: say.ballot,
                stock: Some(name.clone()),
                relation,
            };
        }
        Words {
            message: Arc::new(render()),
            ballot: say.ballot,
            stock: None,
            relation,
        }
    }

    async fn apply(
        &mut self,
        conn: &mut Conn,
        resident: &Resident,
        effect: Effect,
    ) -> Result<(), Error> {
        match effect {
            Effect::Vote { poll, choice } => self.vote(conn, resident, poll, Some(choice)).await?,
            Effect::Unvote { poll } => self.vote(conn, resident, poll, None).await?,
            Effect::DropUnasked => outbox::drop_unasked(conn, resident.id, self.now).await?,
            Effect::Gap {
                lang,
                question,
                kind,
                entry,
            } => self.writes.gaps.push(NewGap {
                id: random_id(),
                lang,
                question,
                kind: match kind {
                    Missed::Unknown => Kind::Unknown,
                    Missed::Down => Kind::Down,
                    Missed::Sent => Kind::Sent,
                },
                entry,
            }),
            Effect::Feedback { entry, helped } => {
                let day = self.desk.locales.day(self.now);
                feedback::count(conn, &day, &entry, resident.lang, helped).await?;
            }
            // The caller's.
            Effect::Erase | Effect::Subscriptions => {}
        }
        Ok(())
    }

    async fn vote(
        &mut self,
        conn: &mut Conn,
        resident: &Resident,
        poll: i64,
        choice: Option<i64>,
    ) -> Result<(), Error> {
        let open = self.open_polls(conn).await?;
        let secret = open
            .iter()
            .find(|open| open.poll.id == poll)
            .map(|open| &open.secret);
        if let Some(secret) = secret {
            let voter = voter(secret, resident.channel, &resident.address);
            self.writes.ballots.insert((poll, voter), choice);
        }
        Ok(())
    }

    /// Notes the resident's new state and the messages.
    fn seat(
        &mut self,
        event: &Inbound,
        before: &Resident,
        resident: Resident,
        subscriptions: bool,
        messages: Vec<Words>,
    ) {
        let address = (event.channel, event.address.clone());
        let Some(seat) = self.seats.get_mut(&address) else {
            return;
        };
        seat.changed |= resident != *before;
        seat.subscriptions_changed |= subscriptions;
        self.writes.say(event, resident.lang, messages, self.now);
        seat.resident = Some(resident);
    }

    /// Erases a resident with all that this batch was going to write about them.
    async fn erase(
        &mut self,
        conn: &mut Conn,
        event: &Inbound,
        before: &Resident,
        messages: Vec<Words>,
    ) -> Result<(), Error> {
        let mut votes = Vec::new();
        for open in self.open_polls(conn).await? {
            votes.push((
                open.poll.id,
                voter(&open.secret, before.channel, &before.address),
            ));
        }
        for (poll, voter) in votes {
            self.writes.ballots.insert((poll, voter), None);
        }
        if before.id > 0 {
            residents::erase(conn, before.id).await?;
        }
        self.writes.part(event, before.lang, messages);
        if let Some(seat) = self.seats.get_mut(&(event.channel, event.address.clone())) {
            seat.resident = None;
            seat.stored = false;
            seat.changed = false;
            seat.subscriptions_changed = false;
        }
        Ok(())
    }
}

fn broken(resident: Resident) -> Turn {
    tracing::error!("a turn of conversation broke; the resident was told so");
    metrics::counter!("turvabot_mishaps_total").increment(1);
    Turn {
        resident,
        replies: vec![mishap()],
        toast: None,
        effects: Vec::new(),
        outcome: Outcome::Unknown,
    }
}

/// The choices of the last message that has any.
fn menu(messages: &[Words]) -> Vec<MenuItem> {
    let Some(last) = messages
        .iter()
        .rev()
        .find(|words| !words.message.buttons.is_empty())
    else {
        return Vec::new();
    };
    let buttons = last.message.buttons.iter().flatten();
    buttons
        .map(|button| {
            let action = button
                .token
                .rsplit_once('.')
                .map_or("", |(action, _)| action);
            let entry = matches!(Action::decode(action), Some(Action::Entry(_)));
            MenuItem {
                label: if entry {
                    String::new()
                } else {
                    fold(&button.label)
                },
                action: action.to_owned(),
            }
        })
        .collect()
}
