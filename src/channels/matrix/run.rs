//! The channel's life: syncing, and handing in what that brings.

use std::collections::HashMap;
use std::convert::Infallible;
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
use crate::channels::{Note, Sink};
use crate::domain::{ChannelKind, Chat, Inbound, Input, Millis};

/// How long a sync waits for something to happen.
const WAIT: Duration = Duration::from_secs(30);

/// How long it waits after two syncs in a row that brought nothing but what the bot itself said: a
/// notice to many rooms comes back event by event.
const REST: Duration = Duration::from_millis(100);

/// How often a place is noted while nothing happens.
const NOTED: Duration = Duration::from_secs(10);

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
        let mut notes: HashMap<String, String> = notes.into_iter().collect();
        while let Some(account) = self.connect(&cancel).await {
            let mut serving = Serving {
                channel: &self,
                account: &account,
                tools: &tools,
                notes: &mut notes,
                course: Course::default(),
                cancel: &cancel,
            };
            let ended = match serving.serve().await {
                Ok(never) => match never {},
                Err(end) => end,
            };
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

/// A connection in use.
struct Serving<'a, S, C> {
    channel: &'a Matrix,
    account: &'a Arc<Account>,
    tools: &'a Tools<S, C>,
    /// The channel's notes as they are in the store.
    notes: &'a mut HashMap<String, String>,
    course: Course,
    cancel: &'a CancellationToken,
}

impl<S, C> Serving<'_, S, C>
where
    S: Sink,
    C: Fn() -> Millis + Send + Sync + 'static,
{
    fn now(&self) -> Millis {
        (self.tools.clock)()
    }

    /// Serves until the connection ends.
    async fn serve(&mut self) -> Result<Infallible, End> {
        let (channel, account, cancel) = (self.channel, self.account, self.cancel);
        for (name, value) in &*self.notes {
            self.course.vault.load(name, value);
        }
        let mut first = channel.know_device(account, self.notes, self.now());
        channel
            .begin(account, self.notes, &mut self.course, cancel)
            .await?;
        first.push(channel.place(&self.course.token));
        self.offer(Vec::new(), first).await?;
        // Before anything is heard or said: what is said in these rooms isn't said to the bot.
        let found = cancel.run_until_cancelled(channel.find_boards(account));
        let found = found.await.ok_or(End::Cancelled)?;
        channel.homes.build(account);
        channel.set_account(Some(Arc::clone(account)));
        tracing::info!("Matrix is connected");
        let beside = CancellationToken::new();
        let _guard = beside.clone().drop_guard();
        let tools = self.tools;
        let helpers = async {
            tokio::join!(
                channel.doorman.serve(account, &beside),
                channel.introduce(account, tools, found, &beside),
            );
            std::future::pending().await
        };
        tokio::select! {
            ended = self.sync() => ended,
            never = helpers => never,
        }
    }

    /// Syncs until the connection ends.
    async fn sync(&mut self) -> Result<Infallible, End> {
        let (channel, account, cancel) = (self.channel, self.account, self.cancel);
        let next = |token: String, rest, wait| {
            let account = Arc::clone(account);
            Box::pin(async move {
                tokio::time::sleep(rest).await;
                account.sync(&token, wait).await
            })
        };
        let mut keys = account.keys().await;
        // Their keys may have come just before the last run ended.
        self.unseal(self.course.vault.all()).await?;
        // What came while the bot was away comes at once.
        let mut syncing = next(self.course.token.clone(), Duration::ZERO, Duration::ZERO);
        loop {
            let due = self.course.vault.next_due().unwrap_or(Millis::MAX);
            let wait = due.saturating_sub(self.now()).clamp(0, 3_600_000);
            let due = Duration::from_millis(u64::try_from(wait).unwrap_or(0));
            tokio::select! {
                () = cancel.cancelled() => return Err(End::Cancelled),
                brought = &mut syncing => {
                    match brought {
                        Ok(batch) => self.take(batch).await?,
                        Err(trouble) => {
                            let course = &mut self.course;
                            channel.recover(account, &trouble, course, cancel).await?;
                        }
                    }
                    let rest = if self.course.echoes > 1 { REST } else { Duration::ZERO };
                    syncing = next(self.course.token.clone(), rest, WAIT);
                }
                Some(key) = keys.recv() => {
                    let vault = &self.course.vault;
                    let opened = key.map_or_else(|| vault.all(), |key| vault.opened_by(&key));
                    self.unseal(opened).await?;
                }
                () = tokio::time::sleep(due) => {
                    let again = self.course.vault.again((self.tools.clock)());
                    self.unseal(again).await?;
                    self.explain().await?;
                }
            }
        }
    }

    /// Hands in a batch with the place behind it, then does what must wait for the commit.
    async fn take(&mut self, batch: Batch) -> Result<(), End> {
        let (channel, account, now) = (self.channel, self.account, self.now());
        if !self.course.pause.is_zero() {
            tracing::info!("the homeserver answers again");
            self.course.pause = Duration::ZERO;
        }
        let quiet = batch.events.is_empty() && batch.sealed.is_empty() && !batch.invited;
        self.course.echoes = if quiet { self.course.echoes + 1 } else { 0 };
        if quiet
            && self
                .course
                .noted
                .is_some_and(|noted| noted.elapsed() < NOTED)
        {
            // From an older place the same nothing comes again.
            self.course.token = batch.next;
            return Ok(());
        }
        self.course.noted = Some(Instant::now());
        let mut kept = Vec::new();
        for sealed in batch.sealed {
            if channel.may_be_meant(account, &sealed, &batch.events) {
                kept.extend(self.course.vault.keep(sealed, now));
            }
        }
        let Received {
            events,
            seen,
            leave,
            boards,
        } = channel.receive(account, batch.events, now).await;
        if batch.next != self.course.token {
            kept.push(channel.place(&batch.next));
        }
        self.offer(events, kept).await?;
        self.course.token = batch.next;
        if batch.invited {
            channel.doorman.bell.notify_one();
        }
        if boards {
            channel.doorman.boards.notify_one();
        }
        if !seen.is_empty() || !leave.is_empty() {
            tokio::spawn(show_and_leave(Arc::clone(account), seen, leave));
        }
        Ok(())
    }

    /// Hands in events and notes, however long that takes.
    async fn offer(&mut self, events: Vec<Inbound>, new: Vec<Note>) -> Result<(), End> {
        let mut pause = Duration::from_millis(200);
        loop {
            let taken = self.tools.sink.take(events.clone(), new.clone());
            let taken = self.cancel.run_until_cancelled(taken).await;
            if taken.ok_or(End::Cancelled)?.is_ok() {
                break;
            }
            let slept = self.cancel.run_until_cancelled(tokio::time::sleep(pause));
            slept.await.ok_or(End::Cancelled)?;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
        for note in new {
            match note.value {
                Some(value) => self.notes.insert(note.name, value),
                None => self.notes.remove(&note.name),
            };
        }
        Ok(())
    }

    /// Reads messages whose keys may have come.
    async fn unseal(&mut self, sealed: Vec<Sealed>) -> Result<(), End> {
        for sealed in sealed {
            let opened = match self.account.unseal(&sealed).await {
                Ok(Some(events)) => events,
                Ok(None) => continue,
                Err(_) => Vec::new(),
            };
            let now = self.now();
            let received = self.channel.receive(self.account, opened, now).await;
            let released = vec![self.course.vault.release(&sealed.id)];
            self.offer(received.events, released).await?;
        }
        Ok(())
    }

    /// Tells residents of messages that couldn't be read for a minute.
    async fn explain(&mut self) -> Result<(), End> {
        let now = self.now();
        let (explain, due) = self.course.vault.due(now);
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
        self.offer(events, due).await
    }
}

/// Shows what was read, and leaves rooms.
async fn show_and_leave(account: Arc<Account>, seen: HashMap<String, String>, leave: Vec<String>) {
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
}
