//! A real homeserver: Synapse on SQLite, on a free port, without federation.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::OnceCell;

use super::super::home::signal;
use super::keeper::Keeper;
use super::settings::{SHARED_SECRET, free_port, write_settings};

/// How long a start may take on a busy machine; it takes 2 to 5 s on an idle one.
const START: Duration = Duration::from_secs(120);

/// How a homeserver is set up.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// Leaves Synapse's own rate limits, such as ten messages at once, then one in five seconds.
    pub default_limits: bool,
}

/// A running homeserver with a folder of its own; gone when dropped or when the tests end.
pub struct Synapse {
    folder: PathBuf,
    port: u16,
    keeper: Keeper,
    process: AtomicU32,
    http: reqwest::Client,
    admin: OnceLock<String>,
}

/// A user as registered, and logged in on a first device.
#[derive(Clone, Debug)]
pub struct User {
    /// The full id.
    pub id: String,
    /// The password.
    pub password: String,
    /// The first device.
    pub device: String,
    /// The first device's access token.
    pub token: String,
}

/// What the homeserver answered.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub json: Value,
}

impl Answer {
    /// The body of an answer that isn't a refusal.
    pub fn ok(self) -> Value {
        assert!(self.status < 400, "refused: {self:?}");
        self.json
    }
}

impl Synapse {
    /// Starts a homeserver of the test's own.
    pub async fn start(options: Options) -> Self {
        loop {
            if let Some(synapse) = Self::try_start(options).await {
                return synapse;
            }
        }
    }

    /// The homeserver of all tests of this process that don't restart theirs. Users need names of
    /// their own there.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Synapse> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start(Options::default())).await
    }

    /// Starts a homeserver, unless somebody else has taken the port meanwhile.
    async fn try_start(options: Options) -> Option<Self> {
        let folder = tempfile::Builder::new()
            .prefix("turvabot-synapse.")
            .tempdir()
            .expect("a folder");
        let keeper = Keeper::new(folder.path()).await;
        // The keeper removes it from now on: it outlives tests that are killed.
        let folder = folder.keep();
        let port = free_port();
        write_settings(&folder, port, options);
        let process = AtomicU32::new(keeper.start().await);
        let synapse = Self {
            folder,
            port,
            keeper,
            process,
            // Tests have a runtime each, and a connection belongs to one.
            http: reqwest::Client::builder()
                .no_proxy()
                .pool_max_idle_per_host(0)
                .build()
                .expect("a client"),
            admin: OnceLock::new(),
        };
        if !synapse.listens().await {
            return None;
        }
        let admin = synapse.register_as("admin", "admin", true).await;
        synapse.admin.set(admin.token).expect("the first admin");
        Some(synapse)
    }

    /// The address of the homeserver.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The homeserver's process.
    pub fn pid(&self) -> u32 {
        self.process.load(Ordering::Relaxed)
    }

    /// The end of what Synapse wrote.
    pub fn log(&self) -> String {
        let log = std::fs::read(self.folder.join("synapse.log")).unwrap_or_default();
        let log = String::from_utf8_lossy(&log).into_owned();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    // --- Its life ---

    /// Ends it in order and starts it again, with the same address and data.
    pub async fn restart(&self) {
        self.keeper.stop("TERM").await;
        self.start_again().await;
    }

    /// Ends it as a power cut would.
    pub async fn kill(&self) {
        self.keeper.stop("KILL").await;
    }

    /// Starts it after [`Self::kill`], with the same address and data.
    pub async fn start_again(&self) {
        self.process
            .store(self.keeper.start().await, Ordering::Relaxed);
        assert!(self.listens().await, "somebody took the port");
    }

    /// Makes it take connections and say nothing, until [`Self::resume`]. It has stopped when this
    /// returns; the signal alone does not see to that.
    pub fn pause(&self) {
        signal(self.pid(), "STOP");
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.is_paused() {
            assert!(Instant::now() < deadline, "the homeserver does not stop");
            std::thread::yield_now();
        }
    }

    /// Whether all of its threads stand still.
    pub fn is_paused(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid())).expect("a process");
        threads.flatten().all(|thread| {
            let stat = std::fs::read_to_string(thread.path().join("stat"));
            stat.is_ok_and(|stat| stat.contains(") T "))
        })
    }

    /// Lets it go on.
    pub fn resume(&self) {
        signal(self.pid(), "CONT");
    }

    /// The processor time it has used since it started.
    pub fn cpu_seconds(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid()));
        let stat = stat.expect("a process");
        // The name, in parentheses, may hold spaces; after it, utime and stime are 12th and 13th.
        let (_, fields) = stat.rsplit_once(')').expect("a name");
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: f64 = ticks.map(|n| n.parse::<f64>().expect("ticks")).sum();
        // Linux counts in hundredths for programs, whatever the kernel's own clock.
        ticks / 100.0
    }

    /// Waits until it answers. False if the port was taken.
    async fn listens(&self) -> bool {
        let end = Instant::now() + START;
        loop {
            if !self.keeper.alive().await {
                let log = self.log();
                let taken = log.contains("Address already in use");
                assert!(taken, "the homeserver ended:\n{log}");
                return false;
            }
            let versions = format!("{}/_matrix/client/versions", self.url());
            if self.http.get(versions).send().await.is_ok() {
                return true;
            }
            assert!(
                Instant::now() < end,
                "the homeserver doesn't answer:\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// Makes it forget which transactions it has taken, as it does by itself after a day; it restarts.
    pub async fn forget_transactions(&self) {
        self.keeper.stop("TERM").await;
        let mut database = self.database().await;
        sqlx::query("DELETE FROM event_txn_id_device_id")
            .execute(&mut database)
            .await
            .expect("a database");
        database.close().await.expect("a database");
        self.start_again().await;
    }

    // --- Its users ---

    /// Registers a user, by the part of the id before the colon.
    pub async fn register(&self, name: &str, password: &str) -> User {
        self.register_as(name, password, false).await
    }

    async fn register_as(&self, name: &str, password: &str, admin: bool) -> User {
        let path = "/_synapse/admin/v1/register";
        let nonce = self.get("", path).await.ok()["nonce"].clone();
        let nonce = nonce.as_str().expect("a nonce");
        let role = if admin { "admin" } else { "notadmin" };
        let mut mac =
            Hmac::<Sha1>::new_from_slice(SHARED_SECRET.as_bytes()).expect("any length will do");
        mac.update([nonce, name, password, role].join("\0").as_bytes());
        let mac = mac.finalize().into_bytes();
        let mac: String = mac.iter().map(|byte| format!("{byte:02x}")).collect();
        let body = json!({
            "nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac,
        });
        let made = self.post("", path, body).await.ok();
        let text = |key: &str| made[key].as_str().expect("a text").to_owned();
        User {
            id: text("user_id"),
            password: password.to_owned(),
            device: text("device_id"),
            token: text("access_token"),
        }
    }

    /// A token to act as a user without a device of the user's.
    pub async fn token_of(&self, user: &str) -> String {
        let path = format!("/_synapse/admin/v1/users/{}/login", escape(user));
        let token = self.admin(Method::POST, &path, Some(json!({}))).await;
        token.ok()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }

    /// Lifts the rate limits from a user, as an operator does for a bot.
    pub async fn lift_limits(&self, user: &str) {
        let path = format!(
            "/_synapse/admin/v1/users/{}/override_ratelimit",
            escape(user)
        );
        let none = json!({"messages_per_second": 0, "burst_count": 0});
        self.admin(Method::POST, &path, Some(none)).await.ok();
    }

    /// Makes all tokens of a user's devices invalid. Softly: they have expired and the devices stay,
    /// with their keys. Otherwise the devices are deleted. A sync that waits isn't disturbed: the
    /// next request is refused.
    pub async fn revoke_devices(&self, user: &str, soft: bool) {
        if soft {
            return self.expire_tokens(user).await;
        }
        let path = format!("/_synapse/admin/v2/users/{}", escape(user));
        let listed = format!("{path}/devices");
        let devices = self.admin(Method::GET, &listed, None).await.ok();
        let devices = devices["devices"].as_array().expect("devices");
        let ids: Vec<&Value> = devices.iter().map(|device| &device["device_id"]).collect();
        let body = json!({"devices": ids});
        let path = format!("{path}/delete_devices");
        self.admin(Method::POST, &path, Some(body)).await.ok();
    }

    async fn database(&self) -> SqliteConnection {
        let database = format!("sqlite://{}", self.folder.join("synapse.db").display());
        let database = SqliteConnection::connect(&database).await;
        database.expect("a database")
    }

    /// Only Synapse's database can do this to tokens that exist; it doesn't cache them here.
    async fn expire_tokens(&self, user: &str) {
        let mut database = self.database().await;
        sqlx::query("UPDATE access_tokens SET valid_until_ms = 1 WHERE user_id = ?1")
            .bind(user)
            .execute(&mut database)
            .await
            .expect("expired tokens");
        database.close().await.expect("a database");
    }

    // --- Its rooms ---

    /// All events of a room in order, as the homeserver stores them.
    pub async fn events(&self, room: &str) -> Vec<Value> {
        let path = format!("/_synapse/admin/v1/rooms/{}/messages", escape(room));
        let mut path_of_part = format!("{path}?dir=f&limit=1000");
        let mut events = Vec::new();
        loop {
            let part = self.admin(Method::GET, &path_of_part, None).await.ok();
            events.extend_from_slice(part["chunk"].as_array().expect("events"));
            let Some(end) = part["end"].as_str() else {
                return events;
            };
            path_of_part = format!("{path}?dir=f&limit=1000&from={}", escape(end));
        }
    }

    /// How many events of a type somebody has sent to each room. From Synapse's database: asking for
    /// hundreds of rooms one by one takes long.
    pub async fn sent_by(&self, user: &str, ty: &str) -> HashMap<String, i64> {
        let mut database = self.database().await;
        let rows: Vec<(String, i64)> = sqlx::query_as(
            "SELECT room_id, COUNT(*) FROM events WHERE sender = ?1 AND type = ?2 GROUP BY room_id",
        )
        .bind(user)
        .bind(ty)
        .fetch_all(&mut database)
        .await
        .expect("counts");
        rows.into_iter().collect()
    }

    // --- Plain requests ---

    /// Asks for something; the path begins with `/_matrix` or `/_synapse`.
    pub async fn get(&self, token: &str, path: &str) -> Answer {
        self.request(Method::GET, token, path, None).await
    }

    /// Posts something.
    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.request(Method::POST, token, path, Some(body)).await
    }

    /// Puts something.
    pub async fn put(&self, token: &str, path: &str, body: Value) -> Answer {
        self.request(Method::PUT, token, path, Some(body)).await
    }

    /// Makes a request as the homeserver's operator.
    pub async fn admin(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let token = self.admin.get().expect("an admin");
        self.request(method, token, path, body).await
    }

    async fn request(
        &self,
        method: Method,
        token: &str,
        path: &str,
        body: Option<Value>,
    ) -> Answer {
        let mut request = self
            .http
            .request(method, format!("{}{path}", self.url()))
            .timeout(START);
        if !token.is_empty() {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let json = response.json().await.expect("JSON");
        Answer { status, json }
    }
}

impl Drop for Synapse {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the homeserver's log:\n{}", self.log());
        }
    }
}

/// A part of a path with everything but letters and digits escaped.
pub fn escape(part: &str) -> String {
    url::form_urlencoded::byte_serialize(part.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}
