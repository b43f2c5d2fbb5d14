//! What the homeserver says of the account, asked without the store: also while a server runs.

use futures::future::BoxFuture;
use std::time::Duration;

use matrix_sdk::reqwest;
use matrix_sdk::ruma::{OwnedDeviceId, OwnedUserId};
use serde_json::Value;

use crate::Trouble;
use crate::account::{Settings, read_session};

/// Longest wait for an answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What the homeserver says of the account.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Remote {
    /// The account.
    pub user: String,
    /// The device of the store.
    pub device: String,
    /// Whether the homeserver takes the session.
    pub session: bool,
    /// Whether the device carries a signature of its owner's.
    pub signed: bool,
    /// What kept the homeserver from answering.
    pub trouble: Option<String>,
}

/// Asks the homeserver, with an access token where it wants one.
pub(crate) async fn ask(
    homeserver: &str,
    token: Option<&str>,
    path: &str,
    body: Option<Value>,
) -> Result<Value, Trouble> {
    let http = reqwest::Client::builder().timeout(TIMEOUT).build();
    let http = http.map_err(|error| Trouble::Other(error.to_string()))?;
    let url = format!("{}{path}", homeserver.trim_end_matches('/'));
    let request = match body {
        Some(body) => http.post(url).body(body.to_string()),
        None => http.get(url),
    };
    let request = match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    };
    let answer = request.send().await;
    let answer = answer.map_err(|_| Trouble::Unreachable("no connection".into()))?;
    let status = answer.status();
    let unclear = || Trouble::Unclear(format!("status {}", status.as_u16()));
    let text = answer.text().await.map_err(|_| unclear())?;
    let value: Value = serde_json::from_str(&text).map_err(|_| unclear())?;
    if status.is_success() {
        return Ok(value);
    }
    Err(match value["errcode"].as_str() {
        Some("M_UNKNOWN_TOKEN") => Trouble::LoggedOut {
            soft: value["soft_logout"].as_bool().unwrap_or(false),
        },
        Some("M_LIMIT_EXCEEDED") => Trouble::Limited(Duration::from_millis(
            value["retry_after_ms"].as_u64().unwrap_or(5_000),
        )),
        Some(code) => Trouble::Refused {
            code: code.to_owned(),
            message: value["error"].as_str().unwrap_or_default().to_owned(),
        },
        None => unclear(),
    })
}

/// Whose an access token is.
pub(crate) async fn whoami(
    homeserver: &str,
    token: &str,
) -> Result<(OwnedUserId, OwnedDeviceId), Trouble> {
    let answer = ask(
        homeserver,
        Some(token),
        "/_matrix/client/v3/account/whoami",
        None,
    )
    .await?;
    let user = answer["user_id"]
        .as_str()
        .and_then(|user| OwnedUserId::try_from(user).ok());
    let device = answer["device_id"].as_str().map(OwnedDeviceId::from);
    user.zip(device).ok_or_else(|| {
        Trouble::Other("the access token belongs to no device; make one for the bot".into())
    })
}

/// What the homeserver says of the account in a store; `None` if the store holds no session.
///
/// # Errors
/// [`Trouble::Store`].
pub fn remote(settings: &Settings) -> BoxFuture<'_, Result<Option<Remote>, Trouble>> {
    Box::pin(async move {
        let Some(session) = read_session(&settings.store_dir)? else {
            return Ok(None);
        };
        let user = session.meta.user_id.to_string();
        let device = session.meta.device_id.to_string();
        let mut remote = Remote {
            session: false,
            signed: false,
            trouble: None,
            user,
            device,
        };
        let body = serde_json::json!({ "device_keys": { &remote.user: [] } });
        let token = &session.tokens.access_token;
        match ask(
            &settings.homeserver,
            Some(token),
            "/_matrix/client/v3/keys/query",
            Some(body),
        )
        .await
        {
            Ok(keys) => {
                remote.session = true;
                remote.signed = is_signed(&keys, &remote.user, &remote.device);
            }
            Err(trouble) => remote.trouble = Some(trouble.to_string()),
        }
        Ok(Some(remote))
    })
}

/// Whether the device's keys carry a signature by the owner's self-signing key.
fn is_signed(keys: &Value, user: &str, device: &str) -> bool {
    let signing = keys["self_signing_keys"][user]["keys"].as_object();
    let signatures = keys["device_keys"][user][device]["signatures"][user].as_object();
    match (signing, signatures) {
        (Some(signing), Some(signatures)) => signing.keys().any(|key| signatures.contains_key(key)),
        _ => false,
    }
}
