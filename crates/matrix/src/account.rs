//! The bot's session and its store on disk.

use futures::future::BoxFuture;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use matrix_sdk::authentication::matrix::MatrixSession;
use matrix_sdk::config::RequestConfig;
use matrix_sdk::encryption::{BackupDownloadStrategy, EncryptionSettings};
use matrix_sdk::ruma::api::client::session::login;
use matrix_sdk::ruma::api::client::session::login::v3::LoginInfo;
use matrix_sdk::ruma::api::client::uiaa::{MatrixUserIdentifier, UserIdentifier};
use matrix_sdk::ruma::{OwnedDeviceId, OwnedUserId};
use matrix_sdk::store::{RoomLoadSettings, StateStoreDataKey, StateStoreDataValue};
use matrix_sdk::sync::SyncResponse;
use matrix_sdk::{Client, SessionMeta, SessionTokens, SqliteStoreConfig};

use crate::Trouble;

/// Longest wait for an ordinary answer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Connections to each of the SDK's databases.
const CONNECTIONS: usize = 3;

/// Where the account is and where its keys are kept.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The homeserver's address.
    pub homeserver: String,
    /// The folder for session, encryption keys and room state.
    pub store_dir: PathBuf,
}

/// What a first login is made with.
#[derive(Clone)]
pub enum Credentials {
    /// User (`@name:server` or the name alone) and password.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// An access token, for homeservers without passwords.
    Token {
        /// Whose it must be, `@name:server`.
        user: String,
        /// The token.
        token: String,
    },
}

/// A logged-in account. Holds the lock of its store until dropped.
pub struct Account {
    pub(crate) client: Client,
    /// How often in a row the past of a room could not be read.
    pub(crate) failed_gaps: AtomicU32,
    pub(crate) me: OwnedUserId,
    device: OwnedDeviceId,
    /// A sync that the SDK has taken in and the caller hasn't got yet, and the place it began at.
    pub(crate) received: tokio::sync::Mutex<Option<(String, SyncResponse)>>,
    _lock: File,
}

// Not derived: the SDK's client would show more than anyone wants to read.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").finish_non_exhaustive()
    }
}

pub(crate) fn store_trouble(path: &Path, error: &std::io::Error) -> Trouble {
    Trouble::Store(format!("{}: {error}", path.display()))
}

fn session_file(store_dir: &Path) -> PathBuf {
    store_dir.join("session.json")
}

/// Takes the store for this process alone.
fn lock(store_dir: &Path) -> Result<File, Trouble> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(store_dir)
        .map_err(|error| store_trouble(store_dir, &error))?;
    // Also when the folder was there before: what is in it opens every chat.
    fs::set_permissions(store_dir, fs::Permissions::from_mode(0o700))
        .map_err(|error| store_trouble(store_dir, &error))?;
    let path = store_dir.join("lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(|error| store_trouble(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Trouble::Store(format!(
            "{} is in use by another process; stop that one first",
            store_dir.display()
        ))),
        Err(TryLockError::Error(error)) => Err(store_trouble(&path, &error)),
    }
}

/// A session as it was kept, if there is one.
pub(crate) fn read_session(store_dir: &Path) -> Result<Option<MatrixSession>, Trouble> {
    let path = session_file(store_dir);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(store_trouble(&path, &error)),
    };
    serde_json::from_str(&text)
        .map(Some)
        .map_err(|_| Trouble::Store(format!("{} cannot be read", path.display())))
}

/// Keeps a session so that either the old or the new one is there, never half of one.
fn write_session(store_dir: &Path, session: &MatrixSession) -> Result<(), Trouble> {
    let path = session_file(store_dir);
    let fresh = path.with_extension("new");
    let text = serde_json::to_string(session).map_err(|error| Trouble::Other(error.to_string()))?;
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        File::open(store_dir)?.sync_all()
    };
    write().map_err(|error| store_trouble(&path, &error))
}

async fn client(settings: &Settings) -> Result<Client, Trouble> {
    // By default there are four connections for each core with 2 MB each, in each of four stores.
    let store = SqliteStoreConfig::new(settings.store_dir.join("sdk"))
        .pool_max_size(CONNECTIONS)
        .cache_size(500_000)
        .journal_size_limit(2_000_000);
    let built = Client::builder()
        .homeserver_url(&settings.homeserver)
        .sqlite_store_with_config_and_cache_path(store, None::<&Path>)
        .request_config(RequestConfig::new().timeout(TIMEOUT).retry_limit(3))
        .with_encryption_settings(EncryptionSettings {
            auto_enable_cross_signing: false,
            backup_download_strategy: BackupDownloadStrategy::AfterDecryptionFailure,
            auto_enable_backups: false,
        })
        .build()
        .await;
    built.map_err(|error| match error {
        matrix_sdk::ClientBuildError::SqliteStore(error) => {
            Trouble::Store(format!("{}: {error}", settings.store_dir.display()))
        }
        matrix_sdk::ClientBuildError::Http(error) => Trouble::from(error),
        error => Trouble::Other(error.to_string()),
    })
}

fn store_error(error: impl std::fmt::Display) -> Trouble {
    Trouble::Store(error.to_string())
}

/// The place in the stream that the SDK's store has got to.
pub(crate) async fn place(client: &Client) -> Result<Option<String>, Trouble> {
    let place = client
        .state_store()
        .get_kv_data(StateStoreDataKey::SyncToken);
    let place = place.await.map_err(store_error)?;
    Ok(place.and_then(StateStoreDataValue::into_sync_token))
}

async fn put_place(client: &Client, place: Option<String>) -> Result<(), Trouble> {
    let (store, key) = (client.state_store(), StateStoreDataKey::SyncToken);
    let put = match place {
        Some(place) => {
            store
                .set_kv_data(key, StateStoreDataValue::SyncToken(place))
                .await
        }
        None => store.remove_kv_data(key).await,
    };
    put.map_err(store_error)
}

impl Account {
    /// The account of an earlier login. Asks the homeserver nothing.
    ///
    /// # Errors
    /// [`Trouble::Store`] when the store is in use, can't be read or holds no session.
    pub fn restore(settings: &Settings) -> BoxFuture<'_, Result<Self, Trouble>> {
        Box::pin(async move {
            // Before the lock: a login that runs just now must get it.
            let known = read_session(&settings.store_dir)?.map(|_| lock(&settings.store_dir));
            let lock = known.transpose()?;
            let session = read_session(&settings.store_dir)?;
            let (lock, session) = lock.zip(session).ok_or_else(|| {
                Trouble::Store(format!(
                    "{} holds no session; run `turvabot matrix login` first",
                    settings.store_dir.display()
                ))
            })?;
            let client = client(settings).await?;
            let meta = session.meta.clone();
            // The SDK drops a sync that ends where its own last one did: it thinks that it is given the
            // same again. But a crash may have come between the SDK's store and the caller's.
            let place = place(&client).await?;
            put_place(&client, None).await?;
            client
                .matrix_auth()
                .restore_session(session, RoomLoadSettings::default())
                .await?;
            if place.is_some() {
                put_place(&client, place).await?;
            }
            Ok(Self::new(client, meta, lock))
        })
    }

    fn new(client: Client, meta: SessionMeta, lock: File) -> Self {
        Self {
            client,
            failed_gaps: AtomicU32::new(0),
            me: meta.user_id,
            device: meta.device_id,
            received: tokio::sync::Mutex::default(),
            _lock: lock,
        }
    }

    /// Makes a new device of the account. Its session isn't kept before [`Account::keep`].
    pub(crate) async fn begin(
        settings: &Settings,
        credentials: &Credentials,
        device_name: &str,
    ) -> Result<Self, Trouble> {
        let lock = lock(&settings.store_dir)?;
        if read_session(&settings.store_dir)?.is_some() {
            return Err(Trouble::Store(format!(
                "{} holds a session already; see `turvabot matrix status`",
                settings.store_dir.display()
            )));
        }
        // What a login left that didn't get to its end belongs to no device.
        let sdk = settings.store_dir.join("sdk");
        if sdk.exists() {
            fs::remove_dir_all(&sdk).map_err(|error| store_trouble(&sdk, &error))?;
        }
        let client = client(settings).await?;
        match credentials {
            Credentials::Password { user, password } => {
                let login = client.matrix_auth().login_username(user, password);
                login
                    .initial_device_display_name(device_name)
                    .send()
                    .await?;
            }
            Credentials::Token { user, token } => {
                let (user_id, device_id) =
                    crate::status::whoami(&settings.homeserver, token).await?;
                if user_id != *user {
                    return Err(Trouble::Other(format!(
                        "the access token is of {user_id}, but matrix.user is {user}"
                    )));
                }
                let session = MatrixSession {
                    meta: SessionMeta { user_id, device_id },
                    tokens: SessionTokens {
                        access_token: token.clone(),
                        refresh_token: None,
                    },
                };
                let auth = client.matrix_auth();
                auth.restore_session(session, RoomLoadSettings::default())
                    .await?;
            }
        }
        let meta = client.session_meta().cloned();
        let meta = meta.ok_or_else(|| Trouble::Other("the login gave no session".into()))?;
        Ok(Self::new(client, meta, lock))
    }

    /// Keeps the session for the next start.
    pub(crate) fn keep(&self, settings: &Settings) -> Result<(), Trouble> {
        let session = self.client.matrix_auth().session();
        let session = session.ok_or(Trouble::LoggedOut { soft: false })?;
        write_session(&settings.store_dir, &session)
    }

    /// Logs the same device in again after a soft logout, and keeps the new session for the next
    /// [`Account::restore`]: the SDK takes no second session.
    ///
    /// # Errors
    /// What the homeserver says of the password; [`Trouble::Store`].
    pub fn renew<'a>(
        &'a self,
        settings: &'a Settings,
        password: &'a str,
    ) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let user = UserIdentifier::Matrix(MatrixUserIdentifier::new(self.me.to_string()));
            let info = LoginInfo::Password(login::v3::Password::new(user, password.to_owned()));
            let mut request = login::v3::Request::new(info);
            request.device_id = Some(self.device.clone());
            let answer = self.client.send(request).await?;
            let session = MatrixSession {
                meta: SessionMeta {
                    user_id: answer.user_id,
                    device_id: answer.device_id,
                },
                tokens: SessionTokens {
                    access_token: answer.access_token,
                    refresh_token: answer.refresh_token,
                },
            };
            write_session(&settings.store_dir, &session)
        })
    }

    /// Sets the session aside if the homeserver has ended it for good, so that the next login makes
    /// a new device. Returns whether it has: one odd answer on the way ends nothing.
    ///
    /// # Errors
    /// [`Trouble`] when the homeserver doesn't say.
    pub fn set_aside<'a>(&'a self, settings: &'a Settings) -> BoxFuture<'a, Result<bool, Trouble>> {
        Box::pin(async move {
            let token = self.client.access_token().unwrap_or_default();
            match crate::status::whoami(&settings.homeserver, &token).await {
                Ok(_) => Ok(false),
                Err(Trouble::LoggedOut { soft: true }) => Ok(false),
                Err(Trouble::LoggedOut { soft: false }) => {
                    let path = session_file(&settings.store_dir);
                    fs::rename(&path, path.with_extension("ended"))
                        .map_err(|error| store_trouble(&path, &error))?;
                    Ok(true)
                }
                Err(trouble) => Err(trouble),
            }
        })
    }

    /// The account, `@name:server`.
    #[must_use]
    pub fn me(&self) -> &str {
        self.me.as_str()
    }

    /// The device of this store.
    #[must_use]
    pub fn device(&self) -> &str {
        self.device.as_str()
    }
}
