//! The channel's life: syncing, and handing in what that brings.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use turvabot_matrix::{Account, Batch, Event, Sealed, What};

use super::Matrix;
use super::boards::Found;
use super::connection::{Course, End, OPERATOR};
use super::homes::{self, Place, of_user};
use super::receive::Received;
use super::sealed::Vault;
use crate::channels::{Note, Sink};
use crate::domain::{ChannelKind, Chat, Inbound, Input, Millis};

/// How long a sync waits for something to happen.
const WAIT: Duration = Duration::from_secs(30);

/// How often it is looked whether somebody still sends with an account that is over.
const SENDERS: Duration = Duration::from_millis(50);

/// What a run works with.
pub struct Tools<S, C> {
    /// Where events go.
    pub sink: S,
    /// The time.
    pub clock: C,
    /// Told the announcement rooms whenever they were looked for.
    pub boards: tokio::sync::mpsc::Sender<Found>,
    /// The bot's picture, PNG.
    pub picture: &'static [u8],
}

impl Matrix {
    /// Connects, and receives until cancelled. `notes` are those of earlier runs. While it can't
    /// connect it says why and tries again; nothing else waits for it.
    pub async fn run<S, C>(
        self: Arc<Self>,
        notes: Vec<(String, String)>,
        tools: Tools<S, C>,
        cancel: CancellationToken,
    ) where
        S: Sink,
        C: Fn() -> Millis + Send + Sync + 'static,
    {
        // Left from a run that broke.
        self.set_account(None);
        let tools = Arc::new(tools);
        let mut notes: HashMap<String, String> = notes.into_iter().collect();
        while let Some(account) = self.connect(&cancel).await {
            let ended = self.serve(&account, &mut notes, &tools, &cancel).await;
            self.set_account(None);
            match ended {
                End::Cancelled => return,
                End::Renewed => {}
                End::LoggedOut => tracing::error!(
                    "the homeserver has ended the Matrix session; run `turvabot matrix login`"
                ),
            }
            // Its store is free once nobody sends with it any more.
            while Arc::strong_count(&account) > 1 {
                let slept = cancel.run_until_cancelled(tokio::time::sleep(SENDERS));
                if slept.await.is_none() {
                    return;
                }
            }
        }
    }

    async fn serve<S, C>(
        &self,
        account: &Arc<Account>,
        notes: &mut HashMap<String, String>,
        tools: &Arc<Tools<S, C>>,
        cancel: &CancellationToken,
    ) -> End
    where
        S: Sink,
        C: Fn() -> Millis + Send + Sync + 'static,
    {
        let mut course = Course {
            token: String::new(),
            vault: Vault::default(),
            pause: Duration::ZERO,
        };
        for (name, value) in &*notes {
            course.vault.load(name, value);
        }
        let now = (tools.clock)();
        let mut first = self.know_device(account, notes, now);
        match self.begin(account, notes, &mut course, cancel).await {
            Ok(()) => {}
            Err(end) => return end,
        }
        first.push(self.place(&course.token));
        if !self.offer(tools, Vec::new(), first, notes, cancel).await {
            return End::Cancelled;
        }
        // Before anything is heard or said: what is said in these rooms isn't said to the bot.
        let Some(found) = cancel.run_until_cancelled(self.find_boards(account)).await else {
            return End::Cancelled;
        };
        self.homes.build(account);
        self.set_account(Some(Arc::clone(account)));
        tracing::info!("Matrix is connected");
        let beside = CancellationToken::new();
        let _guard = beside.clone().drop_guard();
        let helpers = async {
            tokio::join!(
                self.doorman.serve(account, &beside),
                self.introduce(account, tools, found, &beside),
            );
        };
        tokio::select! {
            end = self.sync(account, notes, tools, &mut course, cancel) => end,
            () = async { helpers.await; std::future::pending().await } => End::Cancelled,
        }
    }

    /// Syncs until cancelled or logged out.
    async fn sync<S, C>(
        &self,
        account: &Arc<Account>,
        notes: &mut HashMap<String, String>,
        tools: &Arc<Tools<S, C>>,
        course: &mut Course,
        cancel: &CancellationToken,
    ) -> End
    where
        S: Sink,
        C: Fn() -> Millis + Send + Sync + 'static,
    {
        let next = |token: String, wait| {
            let account = Arc::clone(account);
            Box::pin(async move { account.sync(&token, wait).await })
        };
        let mut keys = account.keys().await;
        // Their keys may have come just before the last run ended.
        let kept = course.vault.all();
        if !self
            .unseal(account, kept, notes, tools, course, cancel)
            .await
        {
            return End::Cancelled;
        }
        // What came while the bot was away comes at once.
        let mut syncing = next(course.token.clone(), Duration::ZERO);
        loop {
            let due = course.vault.next_due().unwrap_or(Millis::MAX);
            let wait = due.saturating_sub((tools.clock)()).clamp(0, 3_600_000);
            let due = Duration::from_millis(u64::try_from(wait).unwrap_or(0));
            tokio::select! {
                () = cancel.cancelled() => return End::Cancelled,
                brought = &mut syncing => {
                    match brought {
                        Ok(batch) => {
                            if !course.pause.is_zero() {
                                tracing::info!("the homeserver answers again");
                                course.pause = Duration::ZERO;
                            }
                            if !self.take(account, batch, notes, tools, course, cancel).await {
                                return End::Cancelled;
                            }
                        }
                        Err(trouble) => {
                            if let Err(end) = self.recover(account, &trouble, course, cancel).await {
                                return end;
                            }
                        }
                    }
                    syncing = next(course.token.clone(), WAIT);
                }
                Some((room, session)) = keys.recv() => {
                    let sealed = course.vault.opened_by(&room, &session);
                    if !self.unseal(account, sealed, notes, tools, course, cancel).await {
                        return End::Cancelled;
                    }
                }
                () = tokio::time::sleep(due) => {
                    let again = course.vault.again((tools.clock)());
                    if !self.unseal(account, again, notes, tools, course, cancel).await {
                        return End::Cancelled;
                    }
                    if !self.explain(notes, tools, course, cancel).await {
                        return End::Cancelled;
                    }
                }
            }
        }
    }

    /// Hands in a batch with the place behind it, then does what must wait for the commit.
    async fn take<S, C>(
        &self,
        account: &Arc<Account>,
        batch: Batch,
        notes: &mut HashMap<String, String>,
        tools: &Arc<Tools<S, C>>,
        course: &mut Course,
        cancel: &CancellationToken,
    ) -> bool
    where
        S: Sink,
        C: Fn() -> Millis + Send + Sync + 'static,
    {
        let now = (tools.clock)();
        let mut kept = Vec::new();
        for sealed in batch.sealed {
            if self.may_be_meant(account, &sealed, &batch.events) {
                kept.extend(course.vault.keep(sealed, now));
            }
        }
        let received = self.receive(account, batch.events, now).await;
        let Received {
            events,
            seen,
            leave,
            boards,
        } = received;
        if batch.next != course.token {
            kept.push(self.place(&batch.next));
        }
        if !self.offer(tools, events, kept, notes, cancel).await {
            return false;
        }
        course.token = batch.next;
        if batch.invited {
            self.doorman.bell.notify_one();
        }
        if boards {
            self.doorman.boards.notify_one();
        }
        let account = Arc::clone(account);
        if !seen.is_empty() || !leave.is_empty() {
            tokio::spawn(async move {
                for (room, event) in seen {
                    let _ = account.seen(&room, &event).await;
                }
                for room in leave {
                    // Whatever happened there: a room of one's own is never left.
                    if account.is_mine(&room) {
                        continue;
                    }
                    if let Err(trouble) = account.leave(&room).await {
                        tracing::debug!(%trouble, "a room cannot be left");
                    }
                }
            });
        }
        true
    }

    /// Whether an unreadable message was said to the bot: in its sender's own chat, and not long
    /// before the bot came there.
    fn may_be_meant(&self, account: &Account, sealed: &Sealed, events: &[Event]) -> bool {
        let came = |what: &What| {
            let mut came = events.iter().filter(|event| event.room == sealed.room);
            came.find(|event| event.what == *what).map(|event| event.at)
        };
        let joined = came(&What::Joined).map(|at| at - super::receive::BEFORE_JOINING);
        let since = came(&What::Invited).max(joined).unwrap_or(0);
        homes::place(account, &sealed.room) == Place::Home(sealed.sender.clone())
            && self.doorman.admits(&sealed.sender)
            && sealed.at >= since
    }

    /// Hands in events and notes, however long that takes. `false` when cancelled.
    async fn offer<S: Sink, C>(
        &self,
        tools: &Tools<S, C>,
        events: Vec<Inbound>,
        new: Vec<Note>,
        notes: &mut HashMap<String, String>,
        cancel: &CancellationToken,
    ) -> bool {
        let mut pause = Duration::from_millis(200);
        loop {
            let taken = tools.sink.take(events.clone(), new.clone());
            match cancel.run_until_cancelled(taken).await {
                None => return false,
                Some(Ok(_)) => break,
                Some(Err(_)) => {
                    let slept = cancel.run_until_cancelled(tokio::time::sleep(pause)).await;
                    if slept.is_none() {
                        return false;
                    }
                    pause = (pause * 2).min(Duration::from_secs(10));
                }
            }
        }
        for note in new {
            match note.value {
                Some(value) => notes.insert(note.name, value),
                None => notes.remove(&note.name),
            };
        }
        true
    }

    /// Reads messages whose keys have come.
    async fn unseal<S, C>(
        &self,
        account: &Account,
        sealed: Vec<Sealed>,
        notes: &mut HashMap<String, String>,
        tools: &Tools<S, C>,
        course: &mut Course,
        cancel: &CancellationToken,
    ) -> bool
    where
        S: Sink,
        C: Fn() -> Millis + Send + Sync + 'static,
    {
        for sealed in sealed {
            let opened = match account.unseal(&sealed).await {
                Ok(Some(events)) => events,
                Ok(None) => continue,
                Err(_) => Vec::new(),
            };
            let received = self.receive(account, opened, (tools.clock)()).await;
            let released = vec![course.vault.release(&sealed.id)];
            if !self
                .offer(tools, received.events, released, notes, cancel)
                .await
            {
                return false;
            }
        }
        true
    }

    /// Tells residents of messages that couldn't be read for a minute.
    async fn explain<S, C>(
        &self,
        notes: &mut HashMap<String, String>,
        tools: &Tools<S, C>,
        course: &mut Course,
        cancel: &CancellationToken,
    ) -> bool
    where
        S: Sink,
        C: Fn() -> Millis + Send + Sync + 'static,
    {
        let now = (tools.clock)();
        let (explain, due) = course.vault.due(now);
        let events = explain.into_iter().map(|sealed| Inbound {
            channel: ChannelKind::Matrix,
            address: of_user(&sealed.sender),
            external_id: format!("{}/unreadable", sealed.id),
            chat: Chat::Direct,
            lang_hint: None,
            input: Input::Unreadable,
            on_message: None,
            message: None,
            thread: None,
            received_at: now,
        });
        let events = events.collect();
        self.offer(tools, events, due, notes, cancel).await
    }

    /// Shows who the bot is, and finds its announcement rooms, until both are done.
    async fn introduce<S, C>(
        &self,
        account: &Account,
        tools: &Tools<S, C>,
        mut found: Found,
        cancel: &CancellationToken,
    ) {
        let introducing = async {
            if let Err(trouble) = account.introduce(&self.setup.name, tools.picture).await {
                tracing::warn!(%trouble, "the bot's name or picture on Matrix could not be set");
            }
            loop {
                let complete = found.all;
                let _ = tools.boards.send(found).await;
                let again = self.doorman.boards.notified();
                if complete {
                    again.await;
                } else {
                    let at = Instant::now() + OPERATOR * 4;
                    let _ = tokio::time::timeout_at(at, again).await;
                }
                found = self.find_boards(account).await;
            }
        };
        cancel.run_until_cancelled(introducing).await;
    }
}
