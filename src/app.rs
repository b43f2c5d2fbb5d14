//! The composition root: builds the parts from the configuration and puts them together.

mod layers;
mod matrix;
mod serve;
mod watch;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use serve::{Served, listen, serve};
pub use watch::KNOWLEDGE_VERSION;

use crate::answers::Answers;
use crate::clock::Clock;
use crate::config::Config;
use crate::content::{Content, Layer, Municipality, Source};
use crate::domain::{ActionKey, Lang, Millis};
use crate::inbox::Desk;
use crate::knowledge::{Identity, Knowledge};
use crate::locale::Locales;
use crate::notices;
use crate::store::{Db, entries, settings, sqlite_path};
use crate::transformer::{Transformer, legs};

/// The database file of a trial, in its folder.
const DEMO_FILE: &str = "turvabot.sqlite";

/// The file of entries' vectors, beside the database.
const VECTORS_FILE: &str = "entry-vectors.bin";

/// Where the settings come from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A configuration file.
    File(PathBuf),
    /// A trial's folder: built-in settings and the sample municipality.
    Demo(PathBuf),
}

impl Origin {
    /// What is meant when a command names neither: the trial in this folder, if there is one.
    ///
    /// # Errors
    /// If there is none.
    pub fn guess(data_dir: &Path) -> anyhow::Result<Self> {
        if data_dir.join(DEMO_FILE).exists() {
            return Ok(Self::Demo(data_dir.to_owned()));
        }
        Err(anyhow!(
            "no database at {}; start `turvabot demo` first, or name your settings with --config FILE",
            data_dir.join(DEMO_FILE).display()
        ))
    }
}

/// The parts that every command shares.
pub struct App {
    /// The settings.
    pub config: Config,
    /// The languages.
    pub locales: Arc<Locales>,
    /// The time.
    pub clock: Clock,
    /// What is written for the bot to say, without what is in the database; see
    /// [`App::layered_content`].
    pub content: Content,
    /// What lies over the files by itself: the sample municipality's.
    own_layers: Vec<Layer>,
    /// The model that finds answers by meaning; see [`App::load_transformer`].
    pub transformer: Option<Arc<Transformer>>,
}

/// Where the files of the content are.
fn source(config: &Config) -> Source<'_> {
    match &config.content.dir {
        Some(dir) => Source::Dir(dir),
        None => Source::Embedded,
    }
}

/// The environment as text; what isn't text can't be a setting.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

impl App {
    /// Reads settings, locale files and content. Touches no database.
    ///
    /// # Errors
    /// Every fault found, a line each.
    pub fn load(origin: &Origin, listen: Option<std::net::SocketAddr>) -> anyhow::Result<Self> {
        let locales = Arc::new(Locales::embedded()?);
        let langs = locales.langs();
        let mut own_layers = Vec::new();
        let (config, content) = match origin {
            Origin::File(path) => {
                let mut config = Config::load(Some(path), environment())?;
                if let Some(listen) = listen {
                    config.web.listen = listen;
                }
                let content = Content::load(source(&config), &langs)?;
                (config, content)
            }
            Origin::Demo(data_dir) => {
                let listen = listen.unwrap_or_else(|| ([127, 0, 0, 1], 8080).into());
                let mut config = Config::demo(data_dir, listen);
                own_layers.extend(layers::sample());
                let mut content = Content::load_with(Source::Embedded, &own_layers, &langs)?;
                let file = "demo/municipality.toml";
                let text = content
                    .raw(file)
                    .context("the sample municipality is missing")?;
                let municipality = Municipality::parse(file, text, &langs)?;
                config.municipality.name = municipality.name.clone();
                content.municipality = Some(municipality);
                (config, content)
            }
        };
        Ok(Self {
            config,
            locales,
            clock: Clock::System,
            content,
            own_layers,
            transformer: None,
        })
    }

    /// The model that the settings name, if they name one. It takes seconds and much memory, so only
    /// what answers questions loads it, into [`App::transformer`].
    ///
    /// # Errors
    /// A line with the cure, if the folder won't do.
    pub fn load_transformer(&self) -> anyhow::Result<Option<Arc<Transformer>>> {
        let Some(dir) = &self.config.answers.model_dir else {
            return Ok(None);
        };
        let transformer = Transformer::load(dir, Some(self.vectors_file(dir)))
            .map_err(|error| anyhow!("answers.model_dir: {error}"))?;
        Ok(Some(Arc::new(transformer)))
    }

    /// Where the vectors of entries are kept: beside a database that is a file, else beside the model.
    fn vectors_file(&self, model_dir: &Path) -> PathBuf {
        let database = sqlite_path(self.config.database.url.expose());
        let folder = database.as_deref().and_then(Path::parent);
        folder.unwrap_or(model_dir).join(VECTORS_FILE)
    }

    /// Opens the database and brings its tables up to this version.
    ///
    /// # Errors
    /// A line with the cure.
    pub async fn database(&self) -> anyhow::Result<Db> {
        let db = Db::open(self.config.database.url.expose()).await?;
        db.migrate().await?;
        Ok(db)
    }

    /// A text of the sample content, such as the sample notice.
    #[must_use]
    pub fn sample(&self, path: &str) -> Option<&str> {
        self.content.raw(path)
    }

    /// The language of a newcomer whose platform says nothing.
    #[must_use]
    pub fn default_lang(&self) -> Lang {
        self.locales.langs().first().copied().unwrap_or(Lang::FI)
    }

    /// Content and imported entries with all that is built from them.
    ///
    /// # Errors
    /// If the database or the content fails.
    pub async fn knowledge(&self, db: &Db) -> anyhow::Result<Knowledge> {
        let imported = entries::list(&mut *db.read().await?).await?;
        let (content, left_out) = self.layered_content(db).await?;
        for fault in left_out.iter() {
            tracing::error!(%fault, "content is left out");
        }
        Ok(self.build(&content, &imported)?)
    }

    /// Content with all that is built from it, without what is in a database.
    ///
    /// # Errors
    /// If the content fails.
    pub fn shipped_knowledge(&self) -> anyhow::Result<Knowledge> {
        Ok(self.build(&self.content, &[])?)
    }

    /// Content as given, with all that is built from it.
    ///
    /// # Errors
    /// If the content fails.
    pub fn knowledge_of(&self, content: &Content) -> anyhow::Result<Knowledge> {
        Ok(self.build(content, &[])?)
    }

    fn build(
        &self,
        content: &Content,
        imported: &[entries::Imported],
    ) -> Result<Knowledge, crate::knowledge::Error> {
        let hours = self.config.privacy.web_history.as_secs() / 3600;
        let identity = Identity {
            name: self.config.municipality.name.clone(),
            web_history_hours: i64::try_from(hours).unwrap_or(i64::MAX),
            quiet_hours: self.config.quiet_hours,
            review_grace_days: self.config.answers.review_grace_days,
        };
        let transformer = self.transformer.as_ref();
        Knowledge::build_with(content, imported, &self.locales, identity, transformer)
    }

    /// The legs that answers are found by, for the log.
    #[must_use]
    pub fn legs(&self, answers: &Answers) -> String {
        legs(answers, self.transformer.as_deref())
    }

    /// The secret that seals buttons; made at the first start and kept in the database, so that
    /// buttons sent earlier keep working.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn key(&self, db: &Db) -> anyhow::Result<ActionKey> {
        let mut fresh = [0; 32];
        getrandom::fill(&mut fresh).map_err(|error| anyhow!("no randomness: {error}"))?;
        let mut tx = db.write().await?;
        let secret =
            settings::put_new(&mut tx, "action-key", &URL_SAFE_NO_PAD.encode(fresh)).await?;
        tx.commit().await?;
        Ok(ActionKey::new(secret.as_bytes()))
    }

    /// What turns of conversation are made with.
    ///
    /// # Errors
    /// If the database or the content fails.
    pub async fn desk(&self, db: &Db) -> anyhow::Result<Desk> {
        Ok(Desk {
            knowledge: Arc::new(self.knowledge(db).await?),
            locales: Arc::clone(&self.locales),
            key: self.key(db).await?,
            default_lang: self.default_lang(),
        })
    }

    /// What notices and polls are sent with.
    #[must_use]
    pub fn sending<'a>(&'a self, desk: &'a Desk, db: &Db) -> notices::Desk<'a> {
        let life = self.config.outbox.notice_retry.as_millis();
        notices::Desk {
            knowledge: &desk.knowledge,
            locales: &self.locales,
            key: &desk.key,
            routine_life: Millis::try_from(life).unwrap_or(Millis::MAX / 4),
            now: self.clock.now(),
            dialect: db.dialect(),
        }
    }
}
