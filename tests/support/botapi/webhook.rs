//! Webhooks: setting them, and delivering updates to them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::params::Params;
use super::schema::schema;
use super::state::{State, unix_now};
use super::{ApiError, Reply, SimBot, calls};

/// A webhook that is set.
pub(super) struct Webhook {
    pub url: String,
    secret: Option<String>,
    max_connections: usize,
    under_way: usize,
    last_error: Option<(i64, String)>,
}

/// One request to a webhook.
struct Delivery {
    seq: u64,
    body: Arc<str>,
    url: String,
    secret: Option<String>,
    epoch: u64,
}

impl State {
    pub(super) fn set_webhook(&mut self, params: &Params) -> Reply {
        let url = params.text("url").unwrap_or_default();
        if url.is_empty() {
            return self.delete_webhook(params);
        }
        check_url(url)?;
        let secret = params.text("secret_token").filter(|s| !s.is_empty());
        if let Some(secret) = secret {
            let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
            if secret.len() > 256 {
                return Err(ApiError::bad("secret token is too long"));
            }
            if !secret.bytes().all(fine) {
                return Err(ApiError::bad("secret token contains unallowed characters"));
            }
        }
        let connections = params.int("max_connections").unwrap_or(40);
        if !(1..=100).contains(&connections) {
            return Err(ApiError::bad("max_connections must be between 1 and 100"));
        }
        if let Some(kinds) = params.texts("allowed_updates") {
            self.queue.allow(kinds).map_err(ApiError::bad)?;
        }
        if params.flag("drop_pending_updates") {
            self.queue.clear();
        }
        self.webhook_epoch += 1;
        self.queue.release_all();
        self.webhook = Some(Webhook {
            url: url.to_owned(),
            secret: secret.map(str::to_owned),
            max_connections: usize::try_from(connections).unwrap_or(40),
            under_way: 0,
            last_error: None,
        });
        Ok("true".to_owned())
    }

    pub(super) fn delete_webhook(&mut self, params: &Params) -> Reply {
        if params.flag("drop_pending_updates") {
            self.queue.clear();
        }
        self.webhook_epoch += 1;
        self.queue.release_all();
        self.webhook = None;
        Ok("true".to_owned())
    }

    pub(super) fn webhook_info(&self) -> String {
        let webhook = self.webhook.as_ref();
        let mut info = json!({
            "url": webhook.map_or("", |w| w.url.as_str()),
            "has_custom_certificate": false,
            "pending_update_count": self.pending_updates(),
        });
        if let Some(webhook) = webhook {
            info["max_connections"] = json!(webhook.max_connections);
            info["ip_address"] = json!("127.0.0.1");
            if let Some((date, message)) = &webhook.last_error {
                info["last_error_date"] = json!(date);
                info["last_error_message"] = json!(message);
            }
        }
        if let Some(kinds) = self.queue.allowed() {
            info["allowed_updates"] = json!(kinds);
        }
        info.to_string()
    }

    /// The next request, or when to look again.
    fn next_delivery(&mut self) -> Result<Delivery, Option<Instant>> {
        let epoch = self.webhook_epoch;
        if self
            .webhook
            .as_ref()
            .is_none_or(|w| w.under_way >= w.max_connections)
        {
            return Err(None);
        }
        self.refill_votes();
        let (seq, body) = self.queue.next_for_webhook(Instant::now())?;
        let webhook = self.webhook.as_mut().ok_or(None)?;
        webhook.under_way += 1;
        Ok(Delivery {
            seq,
            body,
            url: webhook.url.clone(),
            secret: webhook.secret.clone(),
            epoch,
        })
    }

    fn finish_delivery(&mut self, seq: u64, epoch: u64, error: Option<String>) {
        let current = epoch == self.webhook_epoch;
        if let Some(webhook) = self.webhook.as_mut().filter(|_| current) {
            webhook.under_way = webhook.under_way.saturating_sub(1);
            if let Some(error) = &error {
                webhook.last_error = Some((unix_now(), error.clone()));
            }
        }
        if error.is_none() {
            self.queue.delivered(seq);
        } else if current {
            let backoff = self.config.webhook_backoff;
            self.queue
                .failed(seq, |times| Instant::now() + pause(backoff, times));
        }
    }
}

fn pause(backoff: Duration, failures: u32) -> Duration {
    backoff * 2_u32.pow(failures.saturating_sub(1).min(5))
}

fn check_url(url: &str) -> Result<(), ApiError> {
    let parsed = url::Url::parse(url)
        .map_err(|_| ApiError::bad("bad webhook: Failed to parse webhook URL"))?;
    let loopback = matches!(parsed.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    if parsed.scheme() == "https" || (parsed.scheme() == "http" && loopback) {
        Ok(())
    } else {
        Err(ApiError::bad(
            "bad webhook: An HTTPS URL must be provided for webhook",
        ))
    }
}

/// Delivers a bot's updates as long as the simulator runs.
pub(super) async fn deliver(bot: Arc<SimBot>) {
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(bot.webhook_timeout)
        .tcp_nodelay(true)
        .build();
    // Invariant: only a broken TLS set-up makes building fail, and none is configured here.
    let client = client.expect("an HTTP client can be built");
    loop {
        match bot.quietly(State::next_delivery) {
            Ok(delivery) => {
                let (bot, client) = (Arc::clone(&bot), client.clone());
                tokio::spawn(async move { deliver_one(&bot, &client, delivery).await });
            }
            Err(None) => bot.webhook_wake.notified().await,
            Err(Some(at)) => {
                // Woken or not, the queue is looked at again.
                let _ = tokio::time::timeout_at(at.into(), bot.webhook_wake.notified()).await;
            }
        }
    }
}

async fn deliver_one(bot: &SimBot, client: &reqwest::Client, delivery: Delivery) {
    let mut request = client
        .post(&delivery.url)
        .header("content-type", "application/json")
        .body(delivery.body.to_string());
    if let Some(secret) = &delivery.secret {
        request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
    }
    let (error, reply) = match request.send().await {
        Ok(response) if response.status().is_success() => match response.bytes().await {
            Ok(body) => (None, Some(body)),
            Err(_) => (Some("Read error".to_owned()), None),
        },
        Ok(response) => (
            Some(format!(
                "Wrong response from the webhook: {}",
                response.status()
            )),
            None,
        ),
        Err(error) if error.is_timeout() => (Some("Read timeout expired".to_owned()), None),
        Err(error) if error.is_connect() => (Some("Connection refused".to_owned()), None),
        Err(_) => (Some("Connection closed".to_owned()), None),
    };
    bot.with(|state| state.finish_delivery(delivery.seq, delivery.epoch, error));
    bot.webhook_wake.notify_one();
    if let Some(body) = reply.filter(|body| !body.is_empty()) {
        call_in_reply(bot, &body).await;
    }
}

/// Carries out the call a webhook's answer may contain; its result is not told to the bot.
async fn call_in_reply(bot: &SimBot, body: &[u8]) {
    let Ok(Value::Object(mut values)) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let Some(Value::String(name)) = values.remove("method") else {
        return;
    };
    if let Some(method) = schema().method(&name) {
        let mut params = Params {
            values,
            ..Params::default()
        };
        // As with Telegram, nobody hears about a failure; the counters show it.
        let _ = calls::call(bot, method, &mut params).await;
    }
}
