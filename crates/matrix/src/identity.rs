//! Who the bot is to other people's clients: cross-signing, recovery and key backup.
//!
//! Clients that exclude devices their owner hasn't signed (MSC4153, in the specification since
//! v1.18) share no keys with an unsigned bot, so its device is signed before it serves anyone.

use futures::future::BoxFuture;
use matrix_sdk::encryption::recovery::RecoveryState;
use matrix_sdk::ruma::api::client::uiaa::{
    AuthData, MatrixUserIdentifier, Password, UserIdentifier,
};

use crate::Trouble;
use crate::account::{Account, Credentials, Settings};

/// Syncs after which the homeserver surely shows a signature that was uploaded.
const SYNCS: usize = 10;

/// What a first login led to.
#[derive(Debug)]
pub struct LoggedIn {
    /// The account, `@name:server`.
    pub user: String,
    /// The new device.
    pub device: String,
    /// The recovery key, if this login made one: the only time it is shown.
    pub recovery_key: Option<String>,
}

/// How the bot's device stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whether the device is signed by its owner.
    pub signed: bool,
    /// Whether the account's secrets are all here, and a recovery key exists.
    pub recoverable: bool,
}

fn other(error: impl std::fmt::Display) -> Trouble {
    Trouble::Other(error.to_string())
}

impl Account {
    /// Logs in for the first time: makes a device, signs it, and keeps the session. With a recovery
    /// key the account's identity is taken over; without one it is made, and the new key returned.
    ///
    /// # Errors
    /// What the homeserver says; [`Trouble::Other`] when the account has an identity already and no
    /// recovery key was given, or the key is wrong. Then nothing is kept.
    pub fn login<'a>(
        settings: &'a Settings,
        credentials: &'a Credentials,
        recovery_key: Option<&'a str>,
        device_name: &'a str,
    ) -> BoxFuture<'a, Result<LoggedIn, Trouble>> {
        Box::pin(async move {
            let account = Self::begin(settings, credentials, device_name).await?;
            if let Err(trouble) = account.establish(credentials, recovery_key).await {
                // A device that nobody keeps the keys of must not stay among the account's.
                if matches!(credentials, Credentials::Password { .. }) {
                    let _ = account.client.matrix_auth().logout().await;
                }
                return Err(trouble);
            }
            // Kept before there is a recovery key: whoever has the one has the other.
            account.keep(settings)?;
            let recovery_key = match recovery_key {
                Some(_) => None,
                None => Some(account.make_recovery_key().await?),
            };
            Ok(LoggedIn {
                user: account.me().to_owned(),
                device: account.device().to_owned(),
                recovery_key,
            })
        })
    }

    async fn establish(
        &self,
        credentials: &Credentials,
        recovery_key: Option<&str>,
    ) -> Result<(), Trouble> {
        self.client
            .encryption()
            .wait_for_e2ee_initialization_tasks()
            .await;
        // Device keys are uploaded, and the account's data read.
        self.first_sync().await?;
        let state = self.client.encryption().recovery().state();
        match (recovery_key, state) {
            (Some(key), _) => return self.recover(key).await,
            (None, RecoveryState::Disabled) => self.bootstrap(credentials).await?,
            (None, RecoveryState::Unknown) => {
                return Err(Trouble::Unclear(
                    "whether the account has a recovery key".into(),
                ));
            }
            (None, RecoveryState::Incomplete | RecoveryState::Enabled) => {
                return Err(Trouble::Other(
                    "the account has a recovery key already; \
                     put it into a file and name that in matrix.recovery_key_file"
                        .into(),
                ));
            }
        }
        self.await_signature().await
    }

    /// Makes a recovery key for the account's secrets, with a fresh backup of its room keys.
    ///
    /// # Errors
    /// [`Trouble`]; then it can be made later.
    pub fn make_recovery_key(&self) -> BoxFuture<'_, Result<String, Trouble>> {
        Box::pin(async move {
            let encryption = self.client.encryption();
            let recovery = encryption.recovery();
            if let Ok(key) = recovery.enable().wait_for_backups_to_upload().await {
                return Ok(key);
            }
            // A backup of an earlier attempt, whose key nobody has.
            let backups = encryption.backups();
            backups.disable_and_delete().await.map_err(other)?;
            let enabling = recovery.enable().wait_for_backups_to_upload();
            enabling.await.map_err(other)
        })
    }

    /// Syncs until the homeserver shows the device with its owner's signature.
    async fn await_signature(&self) -> Result<(), Trouble> {
        for _ in 0..SYNCS {
            if self.standing().await?.signed {
                return Ok(());
            }
            self.settled().await?;
        }
        Err(Trouble::Other("the device could not be signed".into()))
    }

    /// Makes the account's signing keys.
    async fn bootstrap(&self, credentials: &Credentials) -> Result<(), Trouble> {
        let encryption = self.client.encryption();
        // Somebody at another client may have made some, and kept the secrets there.
        let known = encryption.request_user_identity(&self.me).await;
        if known.map_err(Trouble::from)?.is_some() {
            return Err(Trouble::Other(
                "the account has an identity already, made by another client; \
                 set up its recovery there and name the key in matrix.recovery_key_file, \
                 or take an account of the bot's own"
                    .into(),
            ));
        }
        let Err(error) = encryption.bootstrap_cross_signing_if_needed(None).await else {
            return Ok(());
        };
        let Some(uiaa) = error.as_uiaa_response() else {
            return Err(error.into());
        };
        let Credentials::Password { password, .. } = credentials else {
            return Err(Trouble::Other(
                "the homeserver wants somebody to approve new signing keys; \
                 approve it in the account's settings and log in again"
                    .into(),
            ));
        };
        let user = MatrixUserIdentifier::new(self.me().to_owned());
        let mut auth = Password::new(UserIdentifier::Matrix(user), password.clone());
        auth.session.clone_from(&uiaa.session);
        let auth = AuthData::Password(auth);
        Ok(encryption.bootstrap_cross_signing(Some(auth)).await?)
    }

    /// Takes over the account's identity with its recovery key, and signs this device.
    ///
    /// # Errors
    /// [`Trouble::Other`] when the key is wrong.
    pub fn recover<'a>(&'a self, recovery_key: &'a str) -> BoxFuture<'a, Result<(), Trouble>> {
        Box::pin(async move {
            let recovery = self.client.encryption().recovery();
            recovery
                .recover(recovery_key.trim())
                .await
                .map_err(|error| {
                    Trouble::Other(format!(
                        "the recovery key does not fit the account ({error})"
                    ))
                })?;
            self.await_signature().await
        })
    }

    /// How the bot's device stands, as far as this store knows.
    ///
    /// # Errors
    /// [`Trouble::Store`].
    pub fn standing(&self) -> BoxFuture<'_, Result<Standing, Trouble>> {
        Box::pin(async move {
            let encryption = self.client.encryption();
            let device = encryption.get_own_device().await;
            let device = device.map_err(|error| Trouble::Store(error.to_string()))?;
            Ok(Standing {
                signed: device.is_some_and(|device| device.is_cross_signed_by_owner()),
                recoverable: encryption.recovery().state() == RecoveryState::Enabled,
            })
        })
    }
}
