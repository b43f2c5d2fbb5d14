//! Announcement rooms: public, unencrypted, where the bot speaks and people read.

use futures::future::BoxFuture;
use matrix_sdk::ruma::api::client::room::Visibility;
use matrix_sdk::ruma::api::client::room::create_room::v3::{Request, RoomPreset};
use matrix_sdk::ruma::api::client::state::get_state_event_for_key;
use matrix_sdk::ruma::events::StateEventType;
use matrix_sdk::ruma::serde::Raw;
use matrix_sdk::ruma::{EventId, RoomAliasId};
use serde_json::{Value, json};

use crate::{Account, Trouble};

/// A room to be made.
#[derive(Clone, Debug)]
pub struct NewRoom {
    /// Its name.
    pub name: String,
    /// Its topic.
    pub topic: String,
}

/// An announcement room that was found or made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Board {
    /// The room.
    pub room: String,
    /// Whether it was made just now.
    pub made: bool,
}

impl Account {
    /// The room of an alias (`#name:server`), which the bot joins; made as `new` says if there is
    /// none. In a room it makes, the bot speaks and anyone may read and join.
    ///
    /// # Errors
    /// [`Trouble`]; `M_NOT_FOUND` when there is none and none is to be made.
    pub fn board<'a>(
        &'a self,
        alias: &'a str,
        new: Option<&'a NewRoom>,
    ) -> BoxFuture<'a, Result<Board, Trouble>> {
        Box::pin(async move {
            let parsed = RoomAliasId::parse(alias);
            let parsed = parsed.map_err(|error| Trouble::Other(format!("{alias}: {error}")))?;
            let found = self
                .client
                .resolve_room_alias(&parsed)
                .await
                .map_err(Trouble::from);
            match (found, new) {
                (Ok(found), _) => {
                    let room = found.room_id.to_string();
                    if self.joined(&room).is_err() {
                        self.follow(alias, self.me()).await?;
                    }
                    Ok(Board { room, made: false })
                }
                (Err(trouble), Some(new)) if trouble.is("M_NOT_FOUND") => {
                    let room = self.make(parsed.alias(), new).await?;
                    Ok(Board { room, made: true })
                }
                (Err(trouble), _) => Err(trouble),
            }
        })
    }

    async fn make(&self, alias: &str, new: &NewRoom) -> Result<String, Trouble> {
        let mut request = Request::new();
        request.preset = Some(RoomPreset::PublicChat);
        request.visibility = Visibility::Public;
        request.room_alias_name = Some(alias.to_owned());
        request.name = Some(new.name.clone());
        request.topic = Some(new.topic.clone());
        // Only the bot and whom it appoints may speak; readers may react.
        let levels = json!({
            "events_default": 50, "state_default": 50, "users_default": 0, "invite": 0,
            "kick": 50, "ban": 50, "redact": 50,
            "events": { "m.reaction": 0, "m.room.redaction": 0, "m.room.pinned_events": 50,
                        "m.room.topic": 50, "m.room.power_levels": 100,
                        "m.room.encryption": 100, "m.room.tombstone": 100 },
        });
        let levels = Raw::new(&levels).map_err(|error| Trouble::Other(error.to_string()))?;
        request.power_level_content_override = Some(levels.cast_unchecked());
        Ok(self
            .client
            .create_room(request)
            .await?
            .room_id()
            .to_string())
    }

    /// Pins an event, or takes the pin away.
    /// Returns how many of `ours` are pinned then.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn pin<'a>(
        &'a self,
        room: &'a str,
        event: &'a str,
        pinned: bool,
    ) -> BoxFuture<'a, Result<usize, Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            let event = EventId::parse(event).map_err(|error| Trouble::Other(error.to_string()))?;
            let mut all = room.load_pinned_events().await?.unwrap_or_default();
            let known = all.contains(&event);
            if known != pinned {
                if pinned {
                    all.push(event);
                } else {
                    all.retain(|other| *other != event);
                }
                let content = json!({ "pinned": all });
                room.send_state_event_raw("m.room.pinned_events", "", content)
                    .await?;
            }
            Ok(all.len())
        })
    }

    /// Sets a room's topic unless it is that already.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn set_topic<'a>(
        &'a self,
        room: &'a str,
        topic: &'a str,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            // Not from the store: what was set a moment ago may not have come back yet.
            let request = get_state_event_for_key::v3::Request::new(
                room.room_id().to_owned(),
                StateEventType::RoomTopic,
                String::new(),
            );
            let known = match self.client.send(request).await.map_err(Trouble::from) {
                Ok(known) => Some(known.into_content().deserialize_as_unchecked::<Value>()),
                Err(trouble) if trouble.is("M_NOT_FOUND") => None,
                Err(trouble) => return Err(trouble),
            };
            let known = known.and_then(Result::ok);
            if known.is_none_or(|known| known["topic"] != topic) {
                room.set_room_topic(topic).await?;
            }
            Ok(())
        })
    }
}
