//! Tests of the simulator itself.

mod calls;
mod flow;
mod formats;
mod hooks;

use std::time::Duration;

use serde_json::{Value, json};

use super::{Config, Simulator};

/// Long enough on a busy machine; nothing waits for it when all is well.
const LONG: Duration = Duration::from_secs(20);

/// A client of the simulator's first bot.
#[derive(Clone)]
struct Client {
    http: reqwest::Client,
    base: String,
}

impl Client {
    fn new(simulator: &Simulator) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .build()
            .expect("a client can be built");
        Self {
            http,
            base: format!("{}/bot{}", simulator.url(), simulator.token()),
        }
    }

    async fn try_call(&self, method: &str, params: Value) -> Result<(u16, Value), reqwest::Error> {
        let request = self
            .http
            .post(format!("{}/{method}", self.base))
            .json(&params);
        let response = request.send().await?;
        let status = response.status().as_u16();
        Ok((status, response.json().await?))
    }

    /// Calls and expects an answer, whatever it is.
    async fn call(&self, method: &str, params: Value) -> Value {
        let (status, body) = self
            .try_call(method, params)
            .await
            .expect("an answer in JSON");
        let code = body["error_code"].as_u64().unwrap_or(200);
        assert_eq!(u64::from(status), code, "{body}");
        body
    }

    /// Calls and expects success; returns the result.
    async fn ok(&self, method: &str, params: Value) -> Value {
        let mut body = self.call(method, params.clone()).await;
        assert_eq!(body["ok"], true, "{method} {params}: {body}");
        body["result"].take()
    }

    /// Calls and expects a refusal; returns its description.
    async fn refused(&self, method: &str, params: Value) -> String {
        let body = self.call(method, params.clone()).await;
        assert_eq!(body["ok"], false, "{method} {params}: {body}");
        body["description"]
            .as_str()
            .expect("a description")
            .to_owned()
    }

    /// Numbers of the updates a short poll returns.
    async fn poll(&self, params: Value) -> Vec<i64> {
        let updates = self.ok("getUpdates", params).await;
        let updates = updates.as_array().expect("a list");
        updates
            .iter()
            .map(|u| u["update_id"].as_i64().expect("a number"))
            .collect()
    }
}

fn start() -> (Simulator, Client) {
    start_with(Config::default())
}

fn start_with(config: Config) -> (Simulator, Client) {
    let simulator = Simulator::start(config);
    let client = Client::new(&simulator);
    (simulator, client)
}

/// A message to chat 1.
fn hello() -> Value {
    json!({"chat_id": 1, "text": "hei"})
}
