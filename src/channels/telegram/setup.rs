//! What happens once at the start: who the bot is (Bot API, `getMe`) and how it introduces itself
//! (`setMyCommands`, `setMyName`, `setMyDescription`, `setMyShortDescription`).
//!
//! These calls go through teloxide. Its 10 s sleep after a server error does no harm here.

use std::time::Duration;

use teloxide::RequestError;
use teloxide::payloads::{
    GetMyCommandsSetters as _, GetMyDescriptionSetters as _, GetMyNameSetters as _,
    GetMyShortDescriptionSetters as _, SetMyCommandsSetters as _, SetMyDescriptionSetters as _,
    SetMyNameSetters as _, SetMyShortDescriptionSetters as _,
};
use teloxide::requests::{Request as _, Requester as _};
use teloxide::types::BotCommand;
use tokio_util::sync::CancellationToken;

use super::{Me, Telegram};
use crate::domain::Lang;

/// First and longest pause after a failed `getMe`; each is twice the one before.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// How the bot presents itself in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// The language.
    pub lang: Lang,
    /// The name shown, at most 64 characters.
    pub name: String,
    /// The short description on the bot's profile, at most 120 characters.
    pub about: String,
    /// The description in an empty chat, at most 512 characters.
    pub description: String,
    /// Commands without `/` (at most 32 of `a-z0-9_`), each with a description of 1–256 characters.
    pub commands: Vec<(String, String)>,
}

impl Telegram {
    /// Asks who the bot is until there is an answer; `None` when cancelled.
    pub(super) async fn meet(&self, cancel: &CancellationToken) -> Option<&Me> {
        let mut pause = PAUSES.0;
        loop {
            if let Some(me) = self.me.get() {
                return Some(me);
            }
            match cancel.run_until_cancelled(self.bot.get_me().send()).await? {
                Ok(me) => {
                    let me = Me {
                        id: i64::try_from(me.user.id.0).unwrap_or_default(),
                        username: me.user.username.unwrap_or_default(),
                    };
                    tracing::info!(username = me.username, "connected to Telegram");
                    return Some(self.me.get_or_init(|| me));
                }
                Err(error) => {
                    if pause == PAUSES.0 {
                        tracing::error!(
                            reason = reason(&error),
                            "Telegram does not say who the bot is; check telegram.token and the network"
                        );
                    }
                }
            }
            cancel
                .run_until_cancelled(tokio::time::sleep(pause))
                .await?;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Sets commands, name and descriptions where they are not what they should be. The first
    /// introduction also is the one for all other languages. Asking first is cheap; changing,
    /// above all the name, is limited to a few times a day. Failures are logged, no more.
    pub async fn introduce(&self, introductions: &[Introduction]) {
        let default = introductions.first().map(|first| (String::new(), first));
        let each = introductions.iter().map(|one| (one.lang.to_string(), one));
        for (language, introduction) in default.into_iter().chain(each) {
            let steps = [
                ("commands", self.set_commands(&language, introduction).await),
                ("name", self.set_name(&language, introduction).await),
                (
                    "description",
                    self.set_description(&language, introduction).await,
                ),
                (
                    "short description",
                    self.set_about(&language, introduction).await,
                ),
            ];
            for (what, result) in steps {
                if let Err(error) = result {
                    tracing::warn!(
                        what,
                        language,
                        reason = reason(&error),
                        "the bot's introduction stays as it was"
                    );
                }
            }
        }
    }

    async fn set_commands(&self, language: &str, new: &Introduction) -> Result<(), RequestError> {
        let commands: Vec<_> = new
            .commands
            .iter()
            .map(|(command, description)| BotCommand::new(command, description))
            .collect();
        if self.bot.get_my_commands().language_code(language).await? != commands {
            self.bot
                .set_my_commands(commands)
                .language_code(language)
                .await?;
        }
        Ok(())
    }

    async fn set_name(&self, language: &str, new: &Introduction) -> Result<(), RequestError> {
        if self.bot.get_my_name().language_code(language).await?.name != new.name {
            self.bot
                .set_my_name()
                .name(&new.name)
                .language_code(language)
                .await?;
        }
        Ok(())
    }

    async fn set_description(
        &self,
        language: &str,
        new: &Introduction,
    ) -> Result<(), RequestError> {
        let old = self
            .bot
            .get_my_description()
            .language_code(language)
            .await?;
        if old.description != new.description {
            let set = self.bot.set_my_description().description(&new.description);
            set.language_code(language).await?;
        }
        Ok(())
    }

    async fn set_about(&self, language: &str, new: &Introduction) -> Result<(), RequestError> {
        let old = self
            .bot
            .get_my_short_description()
            .language_code(language)
            .await?;
        if old.short_description != new.about {
            let set = self
                .bot
                .set_my_short_description()
                .short_description(&new.about);
            set.language_code(language).await?;
        }
        Ok(())
    }
}

/// Why a call failed, without what an answer or an address might hold.
fn reason(error: &RequestError) -> String {
    match error {
        RequestError::Api(error) => error.to_string(),
        RequestError::RetryAfter(seconds) => format!("too many calls; again in {seconds}"),
        RequestError::Network(_) => "the server cannot be reached".to_owned(),
        _ => "an unreadable answer".to_owned(),
    }
}
