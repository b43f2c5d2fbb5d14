//! Rooms: being invited, joining, leaving, who is there.

use futures::future::BoxFuture;
use std::time::Duration;

use matrix_sdk::deserialized_responses::SyncOrStrippedState;
use matrix_sdk::ruma::api::client::membership::{join_room_by_id, leave_room};
use matrix_sdk::ruma::api::client::receipt::create_receipt::v3::ReceiptType;
use matrix_sdk::ruma::events::receipt::ReceiptThread;
use matrix_sdk::ruma::events::room::member::{MembershipState, RoomMemberEventContent};
use matrix_sdk::ruma::{EventId, OwnedServerName, RoomId, RoomOrAliasId, UserId};
use matrix_sdk::{Room, RoomState};
use serde_json::Value;

use crate::sync::once;
use crate::{Account, Trouble};

/// Longest wait for an event that is looked up while others wait.
const LOOK_UP: Duration = Duration::from_secs(10);

/// Longest wait for joining or leaving a room: others wait behind it.
const JOIN: Duration = Duration::from_secs(20);

/// An invitation that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// The room.
    pub room: String,
    /// Who invites.
    pub by: String,
}

impl Account {
    pub(crate) fn joined(&self, room: &str) -> Result<Room, Trouble> {
        let room = RoomId::parse(room).map_err(|_| Trouble::Outside)?;
        let room = self.client.get_room(&room).ok_or(Trouble::Outside)?;
        (room.state() == RoomState::Joined)
            .then_some(room)
            .ok_or(Trouble::Outside)
    }

    /// The invitations that wait. One that can't be read now is left out.
    pub fn invites(&self) -> BoxFuture<'_, Vec<Invite>> {
        Box::pin(async move {
            let mut invites = Vec::new();
            for room in self.client.invited_rooms() {
                if let Ok(invite) = room.invite_details().await {
                    invites.push(Invite {
                        room: room.room_id().to_string(),
                        by: invite.inviter_id.to_string(),
                    });
                }
            }
            invites
        })
    }

    /// How many people are in a room or invited to it, the bot included.
    #[must_use]
    pub fn people(&self, room: &str) -> u64 {
        let room = RoomId::parse(room)
            .ok()
            .and_then(|room| self.client.get_room(&room));
        room.map_or(0, |room| room.active_members_count())
    }

    /// Who made a room, unless it was the bot. Those the maker appointed as further creators (room
    /// version 12) may be the bot as well.
    #[must_use]
    pub fn maker(&self, room: &str) -> Option<String> {
        let maker = self.creator(room)?;
        (maker != self.me()).then_some(maker)
    }

    /// The sender of a room's first event.
    fn creator(&self, room: &str) -> Option<String> {
        let room = self.client.get_room(&RoomId::parse(room).ok()?)?;
        room.creators()?.first().map(ToString::to_string)
    }

    /// The room that a room says it took the place of.
    #[must_use]
    pub fn predecessor(&self, room: &str) -> Option<String> {
        let room = self.client.get_room(&RoomId::parse(room).ok()?)?;
        Some(room.predecessor_room()?.room_id.to_string())
    }

    /// Whether the bot made a room.
    #[must_use]
    pub fn is_mine(&self, room: &str) -> bool {
        self.creator(room).is_some_and(|maker| maker == self.me())
    }

    /// Whether the bot is alone with a user in a room: nobody else is there, or invited.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn alone_with<'a>(
        &'a self,
        room: &'a str,
        user: &'a str,
    ) -> BoxFuture<'a, Result<bool, Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            let Ok(user) = UserId::parse(user) else {
                return Ok(false);
            };
            let known = room.get_state_event_static_for_key::<RoomMemberEventContent, _>(&user);
            let known = known.await?.and_then(|known| known.deserialize().ok());
            let membership = match known {
                Some(SyncOrStrippedState::Sync(known)) => known.membership().clone(),
                Some(SyncOrStrippedState::Stripped(known)) => known.content.membership,
                None => match room.get_member(&user).await? {
                    Some(member) => member.membership().clone(),
                    None => return Ok(false),
                },
            };
            let here = membership == MembershipState::Join;
            Ok(here && room.active_members_count() == 2)
        })
    }

    /// The rooms with two people in them, each with the one who made it.
    #[must_use]
    pub fn pairs(&self) -> Vec<(String, String)> {
        let rooms = self.client.joined_rooms().into_iter();
        rooms
            .filter(|room| room.active_members_count() == 2)
            .filter_map(|room| {
                let room = room.room_id().to_string();
                let maker = self.maker(&room)?;
                Some((room, maker))
            })
            .collect()
    }

    /// Accepts an invitation. `m.direct` is left alone: it is rewritten whole each time.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn join<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let room = RoomId::parse(room).map_err(|error| Trouble::Other(error.to_string()))?;
            let request = join_room_by_id::v3::Request::new(room);
            let config = once(&self.client).timeout(JOIN);
            let sending = self.client.send(request).with_request_config(config);
            sending.await.map_err(Trouble::from)?;
            Ok(())
        })
    }

    /// Joins the room that took another's place; `via` is somebody who is there.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn follow<'a>(&'a self, room: &'a str, via: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let target =
                RoomOrAliasId::parse(room).map_err(|error| Trouble::Other(error.to_string()))?;
            let server: Vec<OwnedServerName> = UserId::parse(via)
                .map(|user| vec![user.server_name().to_owned()])
                .unwrap_or_default();
            self.client
                .join_room_by_id_or_alias(&target, &server)
                .await?;
            Ok(())
        })
    }

    /// Leaves a room, or declines to come; forgets one that is left already.
    ///
    /// Not as the SDK does it: that leaves all that the room says were its predecessors, and anyone
    /// may say anything there.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn leave<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let parsed = RoomId::parse(room).map_err(|_| Trouble::Outside)?;
            let Some(room) = self.client.get_room(&parsed) else {
                return Ok(());
            };
            if room.state() == RoomState::Left {
                return Ok(room.forget().await?);
            }
            let request = leave_room::v3::Request::new(parsed);
            let config = once(&self.client).timeout(JOIN);
            let left = self.client.send(request).with_request_config(config).await;
            match left.map_err(Trouble::from) {
                Err(trouble) if trouble.is("M_FORBIDDEN") || trouble.is("M_NOT_FOUND") => Ok(()),
                left => left.map(drop),
            }
        })
    }

    /// The content of an event, decrypted, with its sender.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn look_up<'a>(
        &'a self,
        room: &'a str,
        event: &'a str,
    ) -> BoxFuture<'a, Result<Option<(String, Value)>, Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            let Ok(event) = EventId::parse(event) else {
                return Ok(None);
            };
            let config = once(&self.client).timeout(LOOK_UP);
            let event = match room
                .event(&event, Some(config))
                .await
                .map_err(Trouble::from)
            {
                Ok(event) => event,
                Err(trouble) if trouble.is("M_NOT_FOUND") => return Ok(None),
                Err(trouble) => return Err(trouble),
            };
            let value: Option<Value> = serde_json::from_str(event.kind.raw().json().get()).ok();
            Ok(value.and_then(|mut value| {
                let sender = value.get("sender")?.as_str()?.to_owned();
                // As it reads now: an edit of the sender's own comes with the event.
                let edit = &mut value["unsigned"]["m.relations"]["m.replace"];
                if edit["sender"] == sender.as_str() && edit["content"]["m.new_content"].is_object()
                {
                    return Some((sender, edit["content"]["m.new_content"].take()));
                }
                Some((sender, value.get_mut("content")?.take()))
            }))
        })
    }

    /// Shows that the bot has read up to an event.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn seen<'a>(&'a self, room: &'a str, event: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let room = self.joined(room)?;
            let event = EventId::parse(event).map_err(|error| Trouble::Other(error.to_string()))?;
            let receipt =
                room.send_single_receipt(ReceiptType::Read, ReceiptThread::Unthreaded, event);
            Ok(receipt.await?)
        })
    }

    /// Shows that the bot is writing.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn typing<'a>(&'a self, room: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move { Ok(self.joined(room)?.typing_notice(true).await?) })
    }

    /// Sets the bot's name and, unless it has one, its picture (PNG). Does nothing that is done.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn introduce<'a>(
        &'a self,
        name: &'a str,
        picture: &'a [u8],
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let account = self.client.account();
            if account.get_display_name().await?.as_deref() != Some(name) {
                account.set_display_name(Some(name)).await?;
            }
            if account.get_avatar_url().await?.is_none() {
                let png = "image/png"
                    .parse()
                    .map_err(|_| Trouble::Other("no such type".into()))?;
                account.upload_avatar(&png, picture.to_vec()).await?;
            }
            Ok(())
        })
    }
}
