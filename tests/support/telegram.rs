//! The real server with the simulated Telegram beside it.

use super::botapi::{Config, PressTarget, SimBot, Simulator};
use super::database::Database;
use super::home::Home;
use super::page::squeeze;
use super::server::TestServer;
use super::wait::eventually;

/// What the ledger still has to do.
const OPEN: &str = "SELECT (SELECT COUNT(*) FROM outbox WHERE settled_at IS NULL) + \
                    (SELECT COUNT(*) FROM broadcast WHERE expanded_at IS NULL)";

/// A running bot and its Telegram.
pub struct Bot {
    /// Telegram.
    pub sim: Simulator,
    /// The server.
    pub server: TestServer,
}

/// A message of the bot.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number in the chat.
    pub id: i64,
    /// Its words, with single spaces and without the dots of lists.
    pub text: String,
    /// How it was sent, with markup.
    pub sent: String,
    /// The buttons' labels.
    pub labels: Vec<String>,
    /// How often it was changed.
    pub edits: usize,
}

impl Line {
    /// Whether it says this.
    pub fn says(&self, words: &str) -> bool {
        self.text.contains(words)
    }
}

/// An installation for a bot of the simulator, as fast as it can.
pub fn home(sim: &Simulator, database: Database, change: impl FnOnce(&mut toml::Table)) -> Home {
    Home::with(database, |settings| {
        let mut telegram = toml::Table::new();
        telegram.insert("token".into(), sim.token().into());
        telegram.insert("api_url".into(), sim.url().into());
        telegram.insert("messages_per_second".into(), 0.into());
        settings.insert("telegram".into(), telegram.into());
        change(settings);
    })
}

/// A setting of a section.
pub fn set(settings: &mut toml::Table, section: &str, key: &str, value: impl Into<toml::Value>) {
    let section = settings
        .entry(section)
        .or_insert_with(|| toml::Table::new().into());
    let section = section.as_table_mut().expect("a section");
    section.insert(key.to_owned(), value.into());
}

/// Settings for updates that Telegram brings, to a port that is free now.
pub fn webhook(settings: &mut toml::Table) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let listen = free.local_addr().expect("an address").to_string();
    set(settings, "web", "public_url", format!("http://{listen}/"));
    set(settings, "web", "listen", listen);
    set(settings, "telegram", "mode", "webhook");
    set(settings, "telegram", "webhook_secret", "not-for-others");
}

impl Bot {
    /// Starts a server with an empty database and a few answers, which fetches its updates.
    pub async fn start(database: Database) -> Self {
        Self::with(Config::default(), database, |_| {}).await
    }

    /// The same, set up otherwise.
    pub async fn with(
        config: Config,
        database: Database,
        change: impl FnOnce(&mut toml::Table),
    ) -> Self {
        let sim = Simulator::start(config);
        let server = TestServer::serve(home(&sim, database, change)).await;
        Self { sim, server }
    }

    /// Waits until every event is taken and every message is settled.
    pub async fn quiet(&self) {
        let database = &self.server.database;
        eventually("the bot has nothing more to do", async || {
            let waiting = self.sim.read(|state| state.pending_updates()) > 0;
            (!waiting && database.number(OPEN).await == 0).then_some(())
        })
        .await;
    }

    /// The bot's messages in a chat.
    pub fn lines(&self, chat: i64) -> Vec<Line> {
        self.sim.read(|state| {
            let messages = state.bot_messages(chat);
            messages
                .iter()
                .map(|message| Line {
                    id: message.message_id,
                    text: squeeze(&message.plain.replace('•', " ")),
                    sent: message.text.clone(),
                    labels: message
                        .buttons()
                        .into_iter()
                        .flatten()
                        .map(|button| button.text)
                        .collect(),
                    edits: message.edits.len(),
                })
                .collect()
        })
    }

    /// The bot's new messages in a chat after something happened.
    pub async fn hear(&self, chat: i64, happens: impl FnOnce(&SimBot)) -> Vec<Line> {
        let before = self.lines(chat).len();
        happens(&self.sim);
        self.quiet().await;
        self.lines(chat).split_off(before)
    }

    /// The one new message in a chat after something happened.
    pub async fn answer(&self, chat: i64, happens: impl FnOnce(&SimBot)) -> Line {
        let mut lines = self.hear(chat, happens).await;
        assert_eq!(lines.len(), 1, "one message answers: {lines:#?}");
        lines.remove(0)
    }

    /// A resident writes; returns the answer, which is one message.
    pub async fn say(&self, user: i64, text: &str) -> Line {
        self.answer(user, |sim| {
            sim.say(user, text);
        })
        .await
    }

    /// A resident presses the newest button with this label; returns the toast and what is new.
    pub async fn press(&self, user: i64, label: &str) -> (String, Vec<Line>) {
        let ticked = format!("✓ {label}");
        let lines = self.lines(user);
        let found = lines.iter().rev().find_map(|line| {
            let mut labels = line.labels.iter();
            let found = labels.find(|known| **known == label || **known == ticked)?;
            Some((line.id, PressTarget::Label(found.clone())))
        });
        let (id, target) = found.unwrap_or_else(|| panic!("no \"{label}\" in {lines:#?}"));
        self.press_on(user, id, &target).await
    }

    /// A resident presses a button of a message.
    pub async fn press_on(
        &self,
        user: i64,
        message: i64,
        target: &PressTarget,
    ) -> (String, Vec<Line>) {
        let before = self.lines(user).len();
        let pressed = self.sim.press(user, user, message, target);
        let pressed = pressed.expect("a button");
        let toast = eventually("the press is answered", async || {
            self.sim
                .read(|state| Some(state.callback_answer(&pressed.id)?.text.clone()))
        });
        let toast = toast.await.unwrap_or_default();
        self.quiet().await;
        (squeeze(&toast), self.lines(user).split_off(before))
    }
}
