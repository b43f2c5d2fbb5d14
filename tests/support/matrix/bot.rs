//! The real server with a real homeserver beside it.

use serde_json::Value;

use super::resident::{Resident, unique};
use super::said::Said;
use super::synapse::{Synapse, User};
use crate::support::database::Database;
use crate::support::home::{Ended, Home, run};
use crate::support::server::TestServer;
use crate::support::telegram::set;
use crate::support::wait::eventually;

/// What the ledger still has to do.
const OPEN: &str = "SELECT (SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL) + \
                    (SELECT COUNT(*) FROM broadcast WHERE expanded_at IS NULL)";

/// An installation that has an account on a homeserver.
pub struct Account {
    /// The account.
    pub user: User,
    /// The recovery key, once there is one.
    pub recovery_key: Option<String>,
}

/// A running bot on Matrix.
pub struct MatrixBot {
    /// The server.
    pub server: TestServer,
    /// Its account.
    pub account: Account,
}

/// An installation for a new account on the homeserver, not logged in yet.
pub async fn home(
    synapse: &Synapse,
    database: Database,
    change: impl FnOnce(&mut toml::Table),
) -> (Home, Account) {
    let name = unique("turvabotti");
    let user = synapse.register(&name, "salasana").await;
    let home = Home::with(database, |settings| {
        set(settings, "matrix", "homeserver", synapse.url());
        set(settings, "matrix", "user", user.id.clone());
        set(settings, "matrix", "password_file", "password");
        change(settings);
    });
    home.write("password", "salasana\n");
    let account = Account {
        user,
        recovery_key: None,
    };
    (home, account)
}

/// Logs the installation in, and keeps a new recovery key in a file that the settings name.
pub async fn log_in(home: &mut Home, account: &mut Account) -> Ended {
    let ended = home.cli(&["matrix", "login", "--json"]).await;
    if let Some(key) = ended.json()["recovery_key"].as_str() {
        account.recovery_key = Some(key.to_owned());
        name_key(home, key);
    }
    ended
}

/// Puts a recovery key where the settings say.
pub fn name_key(home: &mut Home, key: &str) {
    home.write("recovery-key", key);
    set(
        &mut home.settings,
        "matrix",
        "recovery_key_file",
        "recovery-key",
    );
    let text = home.settings.to_string();
    home.write("turvabot.toml", &text);
}

impl MatrixBot {
    /// Starts a bot with an account of its own on the homeserver, and waits until it is connected.
    pub async fn start(synapse: &Synapse, database: Database) -> Self {
        Self::with(synapse, database, |_| {}).await
    }

    /// The same with the settings changed.
    pub async fn with(
        synapse: &Synapse,
        database: Database,
        change: impl FnOnce(&mut toml::Table),
    ) -> Self {
        let (mut home, mut account) = home(synapse, database, change).await;
        log_in(&mut home, &mut account).await;
        Self::serve(home, account).await
    }

    /// Serves an installation that is logged in, and waits until it is connected.
    pub async fn serve(home: Home, account: Account) -> Self {
        let server = TestServer::serve(home).await;
        let bot = Self { server, account };
        bot.logged("Matrix is connected").await;
        bot
    }

    /// Waits for a line in the log.
    pub async fn logged(&self, words: &str) -> String {
        eventually(words, async || {
            self.server
                .log()
                .into_iter()
                .find(|line| line.contains(words))
        })
        .await
    }

    /// The bot's user id.
    pub fn id(&self) -> &str {
        &self.account.user.id
    }

    /// Opens a direct chat with the bot and returns it with the greeting.
    pub async fn meet(&self, resident: &Resident, encrypted: bool) -> (String, Said) {
        let room = resident.create_dm(self.id(), encrypted).await;
        let greeting = resident.next_message(&room).await;
        (room, greeting)
    }

    /// Waits until the ledger has nothing left to do.
    pub async fn quiet(&self) {
        eventually("everything is sent", async || {
            (self.server.database.number(OPEN).await == 0).then_some(())
        })
        .await;
    }

    /// Runs a command with `--json` and returns its answer.
    pub async fn json(&self, args: &[&str]) -> Value {
        self.server.json(args).await
    }

    /// Ends the server as a power cut would, and starts it again.
    pub async fn killed_and_started(self) -> Self {
        let home = self.server.kill().await;
        Self::serve(home, self.account).await
    }

    /// Stops the server in order.
    pub async fn stop(self) -> (Home, Account) {
        (self.server.stop().await, self.account)
    }
}

/// Runs the program without an installation.
pub async fn bare(args: &[&str]) -> Ended {
    run(args).await
}
