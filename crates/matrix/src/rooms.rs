//! Rooms: being invited, joining, leaving, who is there.

use std::time::Duration;

use matrix_sdk::ruma::api::client::membership::join_room_by_id;
use matrix_sdk::ruma::api::client::receipt::create_receipt::v3::ReceiptType;
use matrix_sdk::ruma::events::receipt::ReceiptThread;
use matrix_sdk::ruma::events::room::member::MembershipState;
use matrix_sdk::ruma::{EventId, OwnedServerName, RoomId, RoomOrAliasId, UserId};
use matrix_sdk::{Room, RoomMemberships, RoomState};
use serde_json::Value;

use crate::sync::once;
use crate::{Account, Trouble};

/// Longest wait for an event that is looked up while others wait.
const LOOK_UP: Duration = Duration::from_secs(10);

/// An invitation that nobody has answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// The room.
    pub room: String,
    /// Who invites; `None` if the homeserver doesn't say.
    pub by: Option<String>,
}

impl Account {
    pub(crate) fn joined(&self, room: &str) -> Result<Room, Trouble> {
        let room = RoomId::parse(room).map_err(|_| Trouble::Outside)?;
        let room = self.client.get_room(&room).ok_or(Trouble::Outside)?;
        (room.state() == RoomState::Joined)
            .then_some(room)
            .ok_or(Trouble::Outside)
    }

    /// The invitations that wait.
    pub async fn invites(&self) -> Vec<Invite> {
        let mut invites = Vec::new();
        for room in self.client.invited_rooms() {
            let details = room.invite_details().await.ok();
            let by = details.map(|invite| invite.inviter_id.to_string());
            invites.push(Invite {
                room: room.room_id().to_string(),
                by,
            });
        }
        invites
    }

    /// How many people are in a room or invited to it, the bot included.
    #[must_use]
    pub fn people(&self, room: &str) -> u64 {
        let room = RoomId::parse(room)
            .ok()
            .and_then(|room| self.client.get_room(&room));
        room.map_or(0, |room| room.active_members_count())
    }

    /// The other one in a direct chat.
    pub async fn companion(&self, room: &str) -> Option<String> {
        let room = self.client.get_room(&RoomId::parse(room).ok()?)?;
        if let Some(hero) = room.heroes().first() {
            return Some(hero.user_id.to_string());
        }
        // Homeservers name no heroes of a room that has a name.
        let members = room.members(RoomMemberships::ACTIVE).await.ok()?;
        let others = members.iter().map(|member| member.user_id().as_str());
        others
            .filter(|user| *user != self.me())
            .map(str::to_owned)
            .next()
    }

    /// The other rooms in which the bot is alone with this user.
    pub async fn rooms_alone_with(&self, user: &str, except: &str) -> Vec<String> {
        let Ok(user) = UserId::parse(user) else {
            return Vec::new();
        };
        let mut alone = Vec::new();
        for room in self.client.joined_rooms() {
            if room.room_id() == except || room.active_members_count() != 2 {
                continue;
            }
            let heroes = room.heroes();
            let there = if heroes.is_empty() {
                let member = room.get_member_no_sync(&user).await.ok().flatten();
                member.is_some_and(|member| *member.membership() == MembershipState::Join)
            } else {
                heroes.iter().any(|hero| hero.user_id == user)
            };
            if there {
                alone.push(room.room_id().to_string());
            }
        }
        alone
    }

    /// The rooms the bot is in.
    #[must_use]
    pub fn rooms(&self) -> Vec<String> {
        let rooms = self.client.joined_rooms();
        rooms
            .iter()
            .map(|room| room.room_id().to_string())
            .collect()
    }

    /// Accepts an invitation. `m.direct` is left alone: it is rewritten whole each time.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn join(&self, room: &str) -> Result<(), Trouble> {
        let room = RoomId::parse(room).map_err(|error| Trouble::Other(error.to_string()))?;
        let request = join_room_by_id::v3::Request::new(room);
        self.client.send(request).await.map_err(Trouble::from)?;
        Ok(())
    }

    /// Joins the room that took another's place; `via` is somebody who is there.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn follow(&self, room: &str, via: &str) -> Result<(), Trouble> {
        let target =
            RoomOrAliasId::parse(room).map_err(|error| Trouble::Other(error.to_string()))?;
        let server: Vec<OwnedServerName> = UserId::parse(via)
            .map(|user| vec![user.server_name().to_owned()])
            .unwrap_or_default();
        self.client
            .join_room_by_id_or_alias(&target, &server)
            .await?;
        Ok(())
    }

    /// Leaves a room and forgets it.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn leave(&self, room: &str) -> Result<(), Trouble> {
        let parsed = RoomId::parse(room).map_err(|_| Trouble::Outside)?;
        let Some(room) = self.client.get_room(&parsed) else {
            return Ok(());
        };
        if room.state() != RoomState::Left {
            room.leave().await?;
        }
        room.forget().await?;
        Ok(())
    }

    /// The content of an event, decrypted, with its sender.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn look_up(
        &self,
        room: &str,
        event: &str,
    ) -> Result<Option<(String, Value)>, Trouble> {
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
            Some((sender, value.get_mut("content")?.take()))
        }))
    }

    /// Shows that the bot has read up to an event.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn seen(&self, room: &str, event: &str) -> Result<(), Trouble> {
        let room = self.joined(room)?;
        let event = EventId::parse(event).map_err(|error| Trouble::Other(error.to_string()))?;
        let receipt = room.send_single_receipt(ReceiptType::Read, ReceiptThread::Unthreaded, event);
        Ok(receipt.await?)
    }

    /// Shows that the bot is writing.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn typing(&self, room: &str) -> Result<(), Trouble> {
        Ok(self.joined(room)?.typing_notice(true).await?)
    }

    /// Sets the bot's name and, unless it has one, its picture (PNG). Does nothing that is done.
    ///
    /// # Errors
    /// [`Trouble`].
    pub async fn introduce(&self, name: &str, picture: &[u8]) -> Result<(), Trouble> {
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
    }
}
