//! Residents with real Matrix clients, which nobody of this project wrote.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::super::wait::eventually;
use super::house::{House, Refusal};
use super::said::Said;
use super::synapse::{Synapse, User};

/// The type of the events by which a client finds out that it has seen everything.
const MARK: &str = "fi.turvabot.test.mark";

/// The password of all residents.
const PASSWORD: &str = "correct horse";

/// Residents of one homeserver, in one process.
pub struct Residents<'a> {
    synapse: &'a Synapse,
    house: Arc<House>,
}

/// How a resident's client is set up.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Whether it can encrypt.
    pub encryption: bool,
    /// Whether it has nothing to do with devices that their users didn't sign (MSC4153).
    pub strict: bool,
}

impl Default for Client {
    fn default() -> Self {
        Self {
            encryption: true,
            strict: false,
        }
    }
}

impl Client {
    /// A client that has nothing to do with devices that their users didn't sign.
    pub fn strict() -> Self {
        Self {
            strict: true,
            ..Self::default()
        }
    }

    /// A client that can't encrypt.
    pub fn without_encryption() -> Self {
        Self {
            encryption: false,
            ..Self::default()
        }
    }
}

/// A message with all that a client can say about it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text<'a> {
    /// The text.
    pub body: &'a str,
    /// The same as HTML.
    pub formatted: Option<&'a str>,
    /// The first message of the thread it belongs to.
    pub thread: Option<&'a str>,
    /// The message it answers.
    pub reply_to: Option<&'a str>,
    /// The users it mentions.
    pub mentions: &'a [&'a str],
}

/// A resident at a client.
pub struct Resident {
    house: Arc<House>,
    /// What the client is called in its process: the first part of the user id, and for further
    /// devices a number.
    who: String,
    /// The user.
    pub user: User,
    /// The device that the client runs on.
    pub device: String,
    /// For each room how much of what the client saw the test has taken.
    taken: Mutex<HashMap<String, usize>>,
}

impl<'a> Residents<'a> {
    /// Opens the residents' process.
    pub async fn start(synapse: &'a Synapse) -> Self {
        let house = Arc::new(House::start(&synapse.url()).await);
        Self { synapse, house }
    }

    /// Registers somebody, with a name that nobody else has, and logs in.
    pub async fn join(&self, name: &str) -> Resident {
        self.join_with(name, Client::default()).await
    }

    /// The same with another client.
    pub async fn join_with(&self, name: &str, client: Client) -> Resident {
        let name = unique(name);
        let user = self.synapse.register(&name, PASSWORD).await;
        let resident = Resident {
            house: Arc::clone(&self.house),
            device: user.device.clone(),
            who: name,
            user,
            taken: Mutex::default(),
        };
        let token = resident.user.token.clone();
        resident.log_in(json!({"token": token}), client).await;
        resident
    }
}

impl Residents<'static> {
    /// The residents of the shared homeserver.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Residents<'static>> = OnceCell::const_new();
        SHARED
            .get_or_init(|| async { Residents::start(Synapse::shared().await).await })
            .await
    }
}

/// A name that nobody else has got.
pub fn unique(name: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

// --- The client ---

impl Resident {
    /// The full user id.
    pub fn id(&self) -> &str {
        &self.user.id
    }

    /// The same user at a new device, logged in by password.
    pub async fn another_device(&self, client: Client) -> Self {
        let resident = Self {
            house: Arc::clone(&self.house),
            who: unique(&self.who),
            device: unique("DEVICE").to_uppercase(),
            user: self.user.clone(),
            taken: Mutex::default(),
        };
        resident.log_in_again(client).await;
        resident
    }

    /// Logs in by password, on the same device.
    pub async fn log_in_again(&self, client: Client) {
        let password = json!({"password": self.user.password});
        self.log_in(password, client).await;
    }

    async fn log_in(&self, mut order: Value, client: Client) {
        order["user"] = json!(self.user.id);
        order["device_id"] = json!(self.device);
        order["encryption"] = json!(client.encryption);
        order["strict"] = json!(client.strict);
        self.done("login", order).await;
    }

    /// Does something by its name in `deeds.py`, which may be refused.
    pub async fn order(&self, deed: &str, order: Value) -> Result<Value, Refusal> {
        self.house.order(&self.who, deed, order).await
    }

    /// The same when it must not be refused.
    pub async fn done(&self, deed: &str, order: Value) -> Value {
        match self.order(deed, order).await {
            Ok(answer) => answer,
            Err(refusal) => panic!("{}: {deed}: {refusal:?}", self.who),
        }
    }

    /// Signs this device with the user's cross-signing keys, which are made when missing.
    pub async fn cross_sign(&self) {
        let password = json!({"password": self.user.password});
        self.done("cross_sign", password).await;
    }

    /// From now on has nothing to do with unsigned devices, or again has.
    pub async fn set_strict(&self, on: bool) {
        self.done("set_strict", json!({"on": on})).await;
    }

    /// From now on sends messages without their keys, or sends the keys held back.
    pub async fn hold_keys(&self, on: bool) {
        self.done("hold_keys", json!({"on": on})).await;
    }

    /// Whether each of a user's devices is signed by the user, by real signatures.
    pub async fn devices_of(&self, user: &str) -> HashMap<String, bool> {
        let devices = self.done("knows_devices", json!({"user": user})).await;
        serde_json::from_value(devices).expect("devices")
    }

    /// Looks away, as a phone that is switched off.
    pub async fn stop_syncing(&self) {
        self.done("stop_syncing", json!({})).await;
    }

    /// Looks again.
    pub async fn start_syncing(&self) {
        self.done("start_syncing", json!({})).await;
    }

    /// Any request, with the client's token; the path begins with `/_matrix`.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Refusal> {
        let order = json!({"method": method, "path": path, "body": body});
        self.order("raw_call", order).await
    }
}

// --- Seeing ---

impl Resident {
    /// The next message from others in a room that the test hasn't taken yet: also an edit, a poll or
    /// its end.
    pub async fn next_message(&self, room: &str) -> Said {
        let what = format!("{} gets a message", self.who);
        eventually(&what, async || self.take_message(room)).await
    }

    /// All messages in a room that the test hasn't taken yet, when the client has seen everything that
    /// the homeserver has got before this call.
    pub async fn messages_left(&self, room: &str) -> Vec<Said> {
        self.catch_up(room).await;
        std::iter::from_fn(|| self.take_message(room)).collect()
    }

    /// Waits until the client has seen everything that the homeserver has got before this call. For
    /// this the client sends an event of a type of the tests' own, which others see as well.
    pub async fn catch_up(&self, room: &str) {
        let order = json!({"room": room, "type": MARK, "content": {}, "plain": true});
        let mark = event_id(&self.done("send_raw", order).await);
        self.wait_for(room, "its own mark", |said| said.event_id == mark)
            .await;
    }

    /// Everything that the client has seen in a room so far, its own included.
    pub fn events(&self, room: &str) -> Vec<Said> {
        self.house.seen(&self.who, |seen| {
            seen.iter()
                .filter(|one| one.room == room)
                .cloned()
                .collect()
        })
    }

    /// The first thing that is so, in a room, also of those already taken or seen.
    pub async fn wait_for(
        &self,
        room: &str,
        what: &str,
        mut so: impl FnMut(&Said) -> bool,
    ) -> Said {
        let what = format!("{}: {what}", self.who);
        let mut look = || {
            self.house.seen(&self.who, |seen| {
                let mut of_room = seen.iter().filter(|one| one.room == room);
                of_room.find(|one| so(one)).cloned()
            })
        };
        eventually(&what, async || look()).await
    }

    /// Waits until a user has ever joined, left or been invited: `join`, `leave`, `invite`, `ban`.
    pub async fn sees_member(&self, room: &str, user: &str, membership: &str) {
        let what = format!("{user}: {membership}");
        self.wait_for(room, &what, |one| {
            one.membership() == Some((user, membership))
        })
        .await;
    }

    /// Waits for an invitation by a user, and returns the room.
    pub async fn invited_by(&self, user: &str) -> String {
        let what = format!("{} is invited by {user}", self.who);
        eventually(&what, async || {
            self.house.seen(&self.who, |seen| {
                let mut invites = seen.iter().filter(|one| one.kind == "invite");
                let of_user = invites.find(|one| {
                    let state = one.content["state"].as_array();
                    let mut state = state.into_iter().flatten();
                    state.any(|event| event["sender"] == user && event["state_key"] == self.id())
                });
                of_user.map(|one| one.room.clone())
            })
        })
        .await
    }

    fn take_message(&self, room: &str) -> Option<Said> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = taken.entry(room.to_owned()).or_default();
        self.house.seen(&self.who, |seen| {
            let mut rest = seen.iter().enumerate().skip(*taken);
            let (place, next) = rest
                .find(|(_, one)| one.room == room && one.is_read() && one.sender != self.user.id)?;
            *taken = place + 1;
            Some(next.clone())
        })
    }
}

impl Drop for Resident {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.house.seen(&self.who, |seen| {
                eprintln!("what {} saw last:", self.who);
                for one in &seen[seen.len().saturating_sub(20)..] {
                    eprintln!("  {}", one.raw);
                }
            });
        }
    }
}

/// The event id in an answer.
pub(super) fn event_id(answer: &Value) -> String {
    answer["event_id"].as_str().expect("an event").to_owned()
}
