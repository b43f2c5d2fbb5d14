//! Typed settings, read once at the start from a TOML file and from the environment.
//!
//! This module's job is to turn what an operator wrote into values that need no further checks,
//! and to tell everything that is wrong with it at once. It alone reads files that hold secrets.
//! The environment is handed in by `main`; opening databases, sockets and folders is left to the
//! modules that use them. Every key is explained in `config.example.toml`.
//!
//! A variable `TURVABOT_SECTION__KEY` goes before the file's `[section] key`. Relative paths are
//! relative to the folder of the file, or to the working folder when there is no file.

mod keys;
mod matrix;
mod secret;
mod sections;
mod telegram;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

pub use keys::KEYS;
pub use secret::Secret;

use crate::domain::{Lane, Lang, Localized, QuietHours};
use crate::faults::{self, Faults};

/// Every setting, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whose bot this is.
    pub municipality: Municipality,
    /// Where the bot keeps its ledger.
    pub database: Database,
    /// The web chat and the console.
    pub web: Web,
    /// Telegram; `None` when it isn't used.
    pub telegram: Option<Telegram>,
    /// Matrix; `None` when it isn't used.
    pub matrix: Option<Matrix>,
    /// How answers are found.
    pub answers: Answers,
    /// Where the answers are.
    pub content: ContentFolder,
    /// How messages are sent.
    pub outbox: Outbox,
    /// How long residents' words are kept.
    pub privacy: Privacy,
    /// What is logged, and how.
    pub log: Log,
    /// When routine notices wait, for residents who chose nothing else.
    pub quiet_hours: QuietHours,
}

/// The municipality the bot speaks for.
#[derive(Clone, Debug)]
pub struct Municipality {
    /// Statistics Finland's code, three digits.
    pub code: String,
    /// Its name in Finnish and in Swedish.
    pub name: Localized,
}

/// The database.
#[derive(Clone, Debug)]
pub struct Database {
    /// `sqlite:///absolute/path` or `postgres://…`; secret, as it may hold a password.
    pub url: Secret,
}

/// The web server.
#[derive(Clone, Debug)]
pub struct Web {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// The address residents see, `http` or `https`, its path ending in `/`.
    pub public_url: Option<Url>,
    /// Whether there is a web server at all.
    pub enabled: bool,
    /// Whether all requests come through one proxy, which says whom they come from.
    pub behind_proxy: bool,
}

/// The Telegram channel.
#[derive(Clone, Debug)]
pub struct Telegram {
    /// The bot's token.
    pub token: Secret,
    /// The Bot API server, its path ending in `/`.
    pub api_url: Url,
    /// How updates arrive.
    pub mode: Mode,
    /// Messages a second in all, 1–1000; `None` leaves the pace to the server.
    pub messages_per_second: Option<NonZeroU32>,
    /// Messages a second to one chat, 1–1000.
    pub messages_per_second_per_chat: NonZeroU32,
    /// Messages a minute to one group, 1–60,000.
    pub messages_per_minute_per_group: NonZeroU32,
    /// Connections to the server at a time, 1–1000.
    pub connections: NonZeroU32,
}

/// How updates arrive from Telegram.
#[derive(Clone, Debug)]
pub enum Mode {
    /// The bot asks for them.
    Polling,
    /// Telegram calls the web server.
    Webhook {
        /// What Telegram sends along with each call, 1–256 of `A-Za-z0-9_-`.
        secret: Secret,
        /// The same as [`Web::public_url`]: `https`, or a loopback address.
        public_url: Url,
    },
}

/// The Matrix channel.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// The homeserver, its path ending in `/`.
    pub homeserver: Url,
    /// The bot's account, `@name:server`.
    pub user: String,
    /// The account's password, for the login and after a soft logout.
    pub password: Option<Secret>,
    /// An access token for the login, where the homeserver has no passwords.
    pub access_token: Option<Secret>,
    /// The recovery key of the account's encryption.
    pub recovery_key: Option<Secret>,
    /// The folder for session, encryption keys and room state.
    pub store_dir: PathBuf,
    /// Whose invitations are accepted.
    pub guests: Guests,
    /// Invitations accepted a minute, 1–1000.
    pub invites_per_minute: NonZeroU32,
    /// Messages a second in all, 1–1000; `None` leaves the pace to the homeserver.
    pub messages_per_second: Option<NonZeroU32>,
    /// Messages on their way at a time, 1–1000.
    pub connections: NonZeroU32,
    /// The rooms that notices are posted to.
    pub rooms: Vec<MatrixRoom>,
}

/// Whose invitations are accepted.
#[derive(Clone, Debug, Default)]
pub struct Guests {
    /// Users of these servers only; `None`: of any.
    pub allow_servers: Option<Vec<String>>,
    /// No users of these servers.
    pub deny_servers: Vec<String>,
    /// Not these users, `@name:server`.
    pub deny_users: Vec<String>,
}

/// A room that notices are posted to.
#[derive(Clone, Debug)]
pub struct MatrixRoom {
    /// Its alias, `#name:server`.
    pub alias: String,
    /// The language of what is posted.
    pub lang: Lang,
    /// Notices of these topics only; none: of all.
    pub topics: Vec<String>,
    /// Notices for these areas and for all only; none: for any.
    pub areas: Vec<String>,
    /// Whether the bot makes the room if there is none.
    pub create: bool,
}

/// How answers are found, and for how long they are given.
#[derive(Clone, Debug)]
pub struct Answers {
    /// The folder of a language model; without one, words alone are compared.
    pub model_dir: Option<PathBuf>,
    /// How many days after the date of its review an answer is still given.
    pub review_grace_days: u32,
}

impl Default for Answers {
    fn default() -> Self {
        Self {
            model_dir: None,
            review_grace_days: 90,
        }
    }
}

/// Where the content is.
#[derive(Clone, Debug, Default)]
pub struct ContentFolder {
    /// A folder laid out as `content/`; `None` for the content built in.
    pub dir: Option<PathBuf>,
}

/// How messages are sent.
#[derive(Clone, Debug)]
pub struct Outbox {
    /// Lanes whose messages are sent again when it is unclear whether they arrived.
    pub resend_ambiguous: Vec<Lane>,
    /// How long a notice is tried before it counts as failed, 1–168 hours.
    pub notice_retry: Duration,
}

/// How long residents' words are kept.
#[derive(Clone, Debug)]
pub struct Privacy {
    /// Web chats, 1–8760 hours.
    pub web_history: Duration,
    /// Messages as they came in, 1–365 days.
    pub inbox: Duration,
    /// Questions that were not answered well, without who asked, 1–3650 days.
    pub questions: Duration,
}

/// The log.
#[derive(Clone, Debug)]
pub struct Log {
    /// How a line looks.
    pub format: LogFormat,
    /// What is logged: a level, or `target=level` pairs, separated by commas.
    pub level: String,
}

/// How a log line looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// The code in `content/demo/municipality.toml`; no municipality has it.
const DEMO_CODE: &str = "000";

impl Config {
    /// Reads the file at `path`, if one is given, and lays the variables in `env` over it.
    ///
    /// `env` may hold the whole environment; of it, only names that begin with `TURVABOT_` count.
    ///
    /// # Errors
    ///
    /// Every fault found, each with its place, its key and the cure. No fault shows a secret.
    pub fn load(
        path: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let place = path.map_or_else(
            || "environment".to_owned(),
            |path| path.display().to_string(),
        );
        let table = match path {
            None => Some(toml::Table::new()),
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) => faults::parse(&place, &text, &mut faults),
                Err(error) => {
                    let cure = "check the path, or copy config.example.toml there";
                    faults.add(&place, "", format_args!("cannot be read ({error}); {cure}"));
                    None
                }
            },
        };
        // The variables are checked even when the file won't do.
        let readable = table.is_some();
        let mut table = table.unwrap_or_default();
        let variables = keys::overlay(&mut table, env, &mut faults);
        if !readable {
            return Err(faults);
        }
        let base = path.and_then(Path::parent).unwrap_or(Path::new(""));
        let base = std::path::absolute(base.join("."));
        let base = base.unwrap_or_else(|_| PathBuf::from("."));
        let config = sections::read(&place, table, &variables, &base, &mut faults);
        config.filter(|_| faults.is_empty()).ok_or(faults)
    }

    /// Settings for a trial on one machine: everything under `data_dir`, no accounts, no tokens.
    ///
    /// The municipality is a stand-in, until the caller puts the demo content's in its place.
    #[must_use]
    pub fn demo(data_dir: &Path, listen: SocketAddr) -> Self {
        let visitable = listen.port() != 0 && !listen.ip().is_unspecified();
        let public_url = Url::parse(&format!("http://{listen}/")).ok();
        let file = data_dir.join("turvabot.sqlite");
        let file = std::path::absolute(&file).unwrap_or(file);
        Self {
            municipality: Municipality {
                code: DEMO_CODE.to_owned(),
                name: [(Lang::FI, "Demokunta"), (Lang::SV, "Demokommun")]
                    .map(|(lang, name)| (lang, name.to_owned()))
                    .into_iter()
                    .collect(),
            },
            database: Database {
                url: Secret::new(sections::sqlite_url(&file)),
            },
            web: Web {
                listen,
                public_url: public_url.filter(|_| visitable),
                enabled: true,
                behind_proxy: false,
            },
            telegram: None,
            matrix: None,
            answers: Answers::default(),
            content: ContentFolder::default(),
            outbox: Outbox::default(),
            privacy: Privacy::default(),
            log: Log::default(),
            quiet_hours: DEFAULT_QUIET_HOURS,
        }
    }
}

/// 22:00–07:00.
const DEFAULT_QUIET_HOURS: QuietHours = QuietHours {
    from: 22 * 60,
    to: 7 * 60,
};

impl Default for Outbox {
    fn default() -> Self {
        Self {
            resend_ambiguous: Lane::ALL.to_vec(),
            notice_retry: Duration::from_hours(4),
        }
    }
}

impl Default for Privacy {
    fn default() -> Self {
        Self {
            web_history: Duration::from_hours(24),
            inbox: Duration::from_hours(7 * 24),
            questions: Duration::from_hours(180 * 24),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".to_owned(),
        }
    }
}
