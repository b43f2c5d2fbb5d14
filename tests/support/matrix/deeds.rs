//! What residents do; each a command of `deeds.py`.

use serde_json::{Value, json};

use super::resident::{Resident, Text, event_id};

// --- Rooms ---

impl Resident {
    /// Opens a direct chat with somebody, and returns the room.
    pub async fn create_dm(&self, with: &str, encrypted: bool) -> String {
        self.create_room(&[with], encrypted, true, json!({})).await
    }

    /// Opens a group, and returns the room.
    pub async fn create_group(&self, invite: &[&str], encrypted: bool) -> String {
        self.create_room(invite, encrypted, false, json!({})).await
    }

    /// Opens a room with more fields in the request, such as `name` or `room_version`.
    pub async fn create_room(
        &self,
        invite: &[&str],
        encrypted: bool,
        direct: bool,
        more: Value,
    ) -> String {
        let order = json!({
            "invite": invite, "encrypted": encrypted, "direct": direct, "more": more,
        });
        room_id(&self.done("create_room", order).await)
    }

    /// Takes an invitation to a room.
    pub async fn join(&self, room: &str) {
        self.done("join", json!({"room": room})).await;
    }

    /// Leaves a room, or declines an invitation.
    pub async fn leave(&self, room: &str) {
        self.done("leave", json!({"room": room})).await;
    }

    /// Invites somebody.
    pub async fn invite(&self, room: &str, user: &str) {
        let order = json!({"room": room, "user": user});
        self.done("invite", order).await;
    }

    /// Removes somebody.
    pub async fn kick(&self, room: &str, user: &str) {
        self.done("kick", json!({"room": room, "user": user})).await;
    }

    /// Removes somebody for good.
    pub async fn ban(&self, room: &str, user: &str) {
        self.done("ban", json!({"room": room, "user": user})).await;
    }

    /// Replaces a room by one of another version, and returns the new one.
    pub async fn upgrade_room(&self, room: &str, version: &str) -> String {
        let order = json!({"room": room, "version": version});
        room_id(&self.done("upgrade_room", order).await)
    }

    /// The content of a state event.
    pub async fn read_state(&self, room: &str, ty: &str, state_key: &str) -> Value {
        let order = json!({"room": room, "type": ty, "state_key": state_key});
        self.done("read_state", order).await
    }
}

// --- Messages; each returns the event's id ---

impl Resident {
    /// Writes a message.
    pub async fn send(&self, room: &str, body: &str) -> String {
        let text = Text {
            body,
            ..Text::default()
        };
        self.send_text(room, text).await
    }

    /// Writes a message in a thread, as an answer, with HTML or with mentions.
    pub async fn send_text(&self, room: &str, text: Text<'_>) -> String {
        let order = json!({
            "room": room, "body": text.body, "formatted": text.formatted, "thread": text.thread,
            "reply_to": text.reply_to, "mentions": text.mentions,
        });
        self.sent("send_text", order).await
    }

    /// Changes a message.
    pub async fn edit(&self, room: &str, event: &str, body: &str) -> String {
        let order = json!({"room": room, "event_id": event, "body": body});
        self.sent("edit", order).await
    }

    /// Reacts to a message.
    pub async fn react(&self, room: &str, event: &str, key: &str) -> String {
        let order = json!({"room": room, "event_id": event, "key": key});
        self.sent("react", order).await
    }

    /// Votes as today's clients do.
    pub async fn vote(&self, room: &str, poll: &str, answers: &[&str]) -> String {
        self.cast(room, poll, answers, false).await
    }

    /// Votes by the names of the specification.
    pub async fn vote_stable(&self, room: &str, poll: &str, answers: &[&str]) -> String {
        self.cast(room, poll, answers, true).await
    }

    async fn cast(&self, room: &str, poll: &str, answers: &[&str], stable: bool) -> String {
        let order = json!({"room": room, "poll": poll, "answers": answers, "stable": stable});
        self.sent("vote", order).await
    }

    /// Removes a message.
    pub async fn redact(&self, room: &str, event: &str) -> String {
        let order = json!({"room": room, "event_id": event});
        self.sent("redact", order).await
    }

    /// Sends any event, encrypted if the room is.
    pub async fn send_raw(&self, room: &str, ty: &str, content: Value) -> String {
        let order = json!({"room": room, "type": ty, "content": content, "plain": false});
        self.sent("send_raw", order).await
    }

    /// Sends any event as it is, even into an encrypted room.
    pub async fn send_plain(&self, room: &str, ty: &str, content: Value) -> String {
        let order = json!({"room": room, "type": ty, "content": content, "plain": true});
        self.sent("send_raw", order).await
    }

    /// Sends a file as `m.image`, `m.audio`, `m.video` or `m.file`.
    pub async fn send_media(&self, room: &str, msgtype: &str) -> String {
        let order = json!({"room": room, "msgtype": msgtype});
        self.sent("send_media", order).await
    }

    /// Sends a place, such as `geo:60.2,24.6`.
    pub async fn send_location(&self, room: &str, geo_uri: &str) -> String {
        let order = json!({"room": room, "geo_uri": geo_uri});
        self.sent("send_location", order).await
    }

    async fn sent(&self, deed: &str, order: Value) -> String {
        event_id(&self.done(deed, order).await)
    }
}

// --- Other signs of life ---

impl Resident {
    /// Begins or ends typing.
    pub async fn typing(&self, room: &str, on: bool) {
        self.done("typing", json!({"room": room, "on": on})).await;
    }

    /// Tells that a message was read.
    pub async fn read_up_to(&self, room: &str, event: &str) {
        let order = json!({"room": room, "event_id": event});
        self.done("read_up_to", order).await;
    }

    /// Changes one's name.
    pub async fn set_displayname(&self, name: &str) {
        let order = json!({"displayname": name});
        self.done("set_displayname", order).await;
    }

    /// What the homeserver says about who is logged in.
    pub async fn whoami(&self) -> Value {
        self.done("whoami", json!({})).await
    }
}

fn room_id(answer: &Value) -> String {
    answer["room_id"].as_str().expect("a room").to_owned()
}
