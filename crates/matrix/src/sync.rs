//! Syncing by a token of the caller's own.

use futures::future::BoxFuture;
use std::sync::atomic::Ordering;
use std::time::Duration;

use matrix_sdk::Client;
use matrix_sdk::config::{RequestConfig, SyncSettings, SyncToken};
use matrix_sdk::deserialized_responses::{TimelineEvent, TimelineEventKind};
use matrix_sdk::room::MessagesOptions;
use matrix_sdk::ruma::RoomId;
use matrix_sdk::ruma::api::client::filter::{FilterDefinition, LazyLoadOptions};
use matrix_sdk::ruma::api::client::sync::sync_events::v3::Filter;
use matrix_sdk::ruma::events::AnySyncTimelineEvent;
use matrix_sdk::ruma::serde::Raw;
use matrix_sdk::sync::{JoinedRoomUpdate, SyncResponse};

use crate::account::place;
use crate::read::{self, Event, What};
use crate::{Account, Trouble};

/// How long a sync of everything may take.
const LONG: Duration = Duration::from_secs(1_800);

/// How long a sync between two steps waits for something to happen.
const SHORT: Duration = Duration::from_millis(500);

/// Events of a room that come with a sync; for more, the room is paged back.
const LIMIT: u32 = 50;

/// How often a gap is tried to be filled.
const GAP_TRIES: u32 = 3;

/// Pages looked through for what a limited timeline left out.
const PAGES: usize = 20;

/// What a sync brought.
#[derive(Debug, Default)]
pub struct Batch {
    /// The place in the stream behind it.
    pub next: String,
    /// What happened, oldest first within a room.
    pub events: Vec<Event>,
    /// What can't be read until its keys come.
    pub sealed: Vec<Sealed>,
    /// Whether somebody invites the bot.
    pub invited: bool,
}

/// An encrypted event without its keys.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize, PartialEq, Eq)]
pub struct Sealed {
    /// The room.
    pub room: String,
    /// The event.
    pub id: String,
    /// The Megolm session that would open it.
    pub session: Option<String>,
    /// Who sent it.
    pub sender: String,
    /// When it was sent, Unix milliseconds.
    pub at: i64,
    /// The event as it came, JSON.
    pub raw: String,
}

/// A key that opens the messages of one Megolm session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomKey {
    /// The room.
    pub room: String,
    /// The session.
    pub session: String,
}

impl Account {
    /// Learns about all rooms, and reads nothing of what was said in them. May take long for an
    /// account with many rooms.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn first_sync(&self) -> BoxFuture<'_, Result<(), Trouble>> {
        Box::pin(async move { self.settled().await.map(drop) })
    }

    /// Whether the store knows nothing of the account's rooms yet.
    ///
    /// # Errors
    /// [`Trouble::Store`].
    pub fn is_fresh(&self) -> BoxFuture<'_, Result<bool, Trouble>> {
        Box::pin(async move { Ok(place(&self.client).await?.is_none()) })
    }

    /// A sync whose timelines are history. Returns the place in the stream behind it.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn settled(&self) -> BoxFuture<'_, Result<String, Trouble>> {
        Box::pin(async move {
            let (token, wait) = match place(&self.client).await? {
                Some(place) => (SyncToken::Specific(place), SHORT),
                None => (SyncToken::NoToken, LONG),
            };
            // A sync of everything takes longer than any ordinary answer, and must not begin again.
            let mut filter = filter();
            filter.room.timeline.limit = Some(1_u32.into());
            let settings = SyncSettings::new()
                .filter(Filter::FilterDefinition(filter))
                .token(token)
                .timeout(wait);
            Ok(self.client.sync_once(settings).await?.next_batch)
        })
    }

    /// What happened since a place in the stream; waits for something to happen, up to `wait`.
    ///
    /// # Errors
    /// [`Trouble`]; then the same `since` brings the same again.
    pub fn sync<'a>(
        &'a self,
        since: &'a str,
        wait: Duration,
    ) -> BoxFuture<'a, Result<Batch, Trouble>> {
        Box::pin(async move {
            let mut received = self.received.lock().await;
            let response = match received.take().filter(|(place, _)| place == since) {
                Some((_, response)) => response,
                None => {
                    let settings = SyncSettings::new()
                        .filter(Filter::FilterDefinition(filter()))
                        .token(SyncToken::Specific(since.to_owned()))
                        .timeout(wait);
                    self.client.sync_once(settings).await?
                }
            };
            let batch = self.batch(since, response.clone()).await;
            if batch.is_err() {
                // The SDK wouldn't take the same in again.
                *received = Some((since.to_owned(), response));
            }
            batch
        })
    }

    async fn batch(&self, since: &str, response: SyncResponse) -> Result<Batch, Trouble> {
        let mut batch = Batch {
            next: response.next_batch,
            invited: !response.rooms.invited.is_empty(),
            ..Batch::default()
        };
        for room in response.rooms.left.into_keys() {
            batch.events.push(Event {
                id: format!("{room}/left/{since}"),
                room: room.to_string(),
                sender: self.me().to_owned(),
                at: 0,
                what: What::Left,
            });
        }
        for (room, update) in response.rooms.joined {
            self.room(&room, since, update, &mut batch).await?;
        }
        Ok(batch)
    }

    async fn room(
        &self,
        room: &RoomId,
        since: &str,
        update: JoinedRoomUpdate,
        batch: &mut Batch,
    ) -> Result<(), Trouble> {
        let mut timeline = update.timeline;
        let arrives = |event| {
            let read = self.read(room, event);
            matches!(read, Ok(Some(event)) if event.what == What::Joined)
        };
        // After a join the timeline is always limited; that isn't a gap.
        if timeline.limited && !timeline.events.iter().any(arrives) {
            let earlier = self.gap(room, since, timeline.prev_batch.take()).await?;
            timeline.events.splice(0..0, earlier);
        }
        for event in &timeline.events {
            match self.read(room, event) {
                Ok(Some(event)) => batch.events.push(event),
                Ok(None) => {}
                Err(sealed) => batch.sealed.push(*sealed),
            }
        }
        Ok(())
    }

    /// One event of a timeline: what it says, nothing of interest, or what can't be read yet.
    pub(crate) fn read(
        &self,
        room: &RoomId,
        event: &TimelineEvent,
    ) -> Result<Option<Event>, Box<Sealed>> {
        match &event.kind {
            TimelineEventKind::UnableToDecrypt { event, utd_info } => {
                let raw = event.json().get();
                let Some((id, sender, at)) = read::envelope(raw) else {
                    return Ok(None);
                };
                if sender == self.me() {
                    return Ok(None);
                }
                Err(Box::new(Sealed {
                    room: room.to_string(),
                    id,
                    sender,
                    at,
                    session: utd_info.session_id.clone(),
                    raw: raw.to_owned(),
                }))
            }
            kind => Ok(read::read(
                room.as_str(),
                kind.raw().json().get(),
                self.me(),
                matches!(kind, TimelineEventKind::PlainText { .. }),
            )),
        }
    }

    /// What a limited timeline left out. One room whose past can't be had must not keep the others
    /// from being heard: after some tries it goes without.
    async fn gap(
        &self,
        room: &RoomId,
        since: &str,
        from: Option<String>,
    ) -> Result<Vec<TimelineEvent>, Trouble> {
        match self.page_back(room, since, from).await {
            Ok(events) => {
                self.failed_gaps.store(0, Ordering::Relaxed);
                Ok(events)
            }
            Err(trouble) if self.failed_gaps.fetch_add(1, Ordering::Relaxed) < GAP_TRIES => {
                Err(trouble)
            }
            Err(trouble) => {
                self.failed_gaps.store(0, Ordering::Relaxed);
                tracing::error!(%trouble, "messages of one room are missed: its past cannot be read");
                Ok(Vec::new())
            }
        }
    }

    /// What a limited timeline left out, oldest first, as far back as the last place.
    async fn page_back(
        &self,
        room: &RoomId,
        since: &str,
        from: Option<String>,
    ) -> Result<Vec<TimelineEvent>, Trouble> {
        let (Some(room), Some(mut from)) = (self.client.get_room(room), from) else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for _ in 0..PAGES {
            let mut options = MessagesOptions::backward().from(from.as_str());
            options.to = Some(since.to_owned());
            options.limit = LIMIT.into();
            let page = room.messages(options).await?;
            found.extend(page.chunk);
            match page.end {
                Some(end) if end != from => from = end,
                _ => break,
            }
        }
        found.reverse();
        if found.len() >= PAGES * LIMIT as usize {
            tracing::error!("messages of one room are missed: there were too many at once");
        }
        Ok(found)
    }

    /// Tries again to read a sealed event.
    ///
    /// # Errors
    /// [`Trouble::Outside`] when the bot has left the room.
    pub fn unseal<'a>(
        &'a self,
        sealed: &'a Sealed,
    ) -> BoxFuture<'a, Result<Option<Vec<Event>>, Trouble>> {
        Box::pin(async move {
            let room = self.joined(&sealed.room)?;
            let Ok(raw) = serde_json::from_str::<Raw<AnySyncTimelineEvent>>(&sealed.raw) else {
                return Ok(Some(Vec::new()));
            };
            let Ok(event) = room.decrypt_event(raw.cast_ref_unchecked(), None).await else {
                return Ok(None);
            };
            Ok(match self.read(room.room_id(), &event) {
                Ok(event) => Some(event.into_iter().collect()),
                Err(_) => None,
            })
        })
    }

    /// The keys that arrive from now on; `None` when some may have been missed.
    pub fn keys(&self) -> BoxFuture<'_, tokio::sync::mpsc::UnboundedReceiver<Option<RoomKey>>> {
        Box::pin(async move {
            use futures::StreamExt as _;
            let (tell, keys) = tokio::sync::mpsc::unbounded_channel();
            if let Some(stream) = self.client.encryption().room_keys_received_stream().await {
                tokio::spawn(async move {
                    let mut stream = std::pin::pin!(stream);
                    while let Some(infos) = stream.next().await {
                        let Ok(infos) = infos else {
                            let _ = tell.send(None);
                            continue;
                        };
                        for info in infos {
                            let key = RoomKey {
                                room: info.room_id.to_string(),
                                session: info.session_id,
                            };
                            if tell.send(Some(key)).is_err() {
                                return;
                            }
                        }
                    }
                });
            }
            keys
        })
    }
}

fn filter() -> FilterDefinition {
    let mut filter = FilterDefinition::default();
    filter.presence.limit = Some(0_u32.into());
    filter.presence.not_types = vec!["*".to_owned()];
    filter.room.ephemeral.not_types = vec!["*".to_owned()];
    filter.room.account_data.not_types = vec!["*".to_owned()];
    filter.room.timeline.limit = Some(LIMIT.into());
    filter.room.state.lazy_load_options = LazyLoadOptions::Enabled {
        include_redundant_members: false,
    };
    filter
}

/// The configuration of one request that must not be repeated by the SDK.
pub(crate) fn once(client: &Client) -> RequestConfig {
    client.request_config().disable_retry()
}
