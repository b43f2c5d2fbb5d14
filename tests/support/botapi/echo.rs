//! A minimal bot that answers every message with its text and every press: what remains of a bench
//! when the bot itself costs nothing. Also a plain hammer of `sendMessage` calls.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::SendRequest;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, mpsc};

/// Why a client of this module gave up.
pub type EchoError = Box<dyn std::error::Error + Send + Sync>;

/// One keep-alive connection.
struct Client {
    sender: SendRequest<Full<Bytes>>,
    prefix: String,
    host: String,
}

impl Client {
    /// `url` is `http://host:port`.
    async fn connect(url: &str, token: &str) -> Result<Self, EchoError> {
        let host = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        let stream = TcpStream::connect(&host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // Whoever waits for an answer hears of the end.
            let _ = connection.await;
        });
        Ok(Self {
            sender,
            prefix: format!("/bot{token}/"),
            host,
        })
    }

    async fn call(&mut self, method: &str, body: String) -> Result<Bytes, EchoError> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{}{method}", self.prefix))
            .header(HOST, &self.host)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        Ok(response.into_body().collect().await?.to_bytes())
    }
}

/// Answers messages and presses over `connections` connections until an error ends it.
///
/// # Errors
///
/// When the simulator can't be reached any more.
pub async fn run(url: &str, token: &str, connections: usize) -> Result<(), EchoError> {
    let (sender, receiver) = mpsc::channel::<(&'static str, String)>(1024);
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..connections.max(1) {
        let mut client = Client::connect(url, token).await?;
        let receiver = Arc::clone(&receiver);
        tokio::spawn(async move {
            loop {
                let next = receiver.lock().await.recv().await;
                let Some((method, body)) = next else { return };
                if client.call(method, body).await.is_err() {
                    return;
                }
            }
        });
    }
    let mut poller = Client::connect(url, token).await?;
    let mut offset = 0;
    loop {
        let body = poller.call(
            "getUpdates",
            json!({"offset": offset, "timeout": 50}).to_string(),
        );
        let answer: Value = serde_json::from_slice(&body.await?)?;
        let updates = answer["result"]
            .as_array()
            .ok_or("getUpdates was refused")?;
        for update in updates {
            offset = update["update_id"]
                .as_i64()
                .map_or(offset, |id| offset.max(id + 1));
            let call = if let Some(press) = update.get("callback_query") {
                (
                    "answerCallbackQuery",
                    json!({"callback_query_id": press["id"]}),
                )
            } else if let Some(message) = update.get("message") {
                let text = message["text"].as_str().unwrap_or("-");
                (
                    "sendMessage",
                    json!({"chat_id": message["chat"]["id"], "text": text}),
                )
            } else {
                continue;
            };
            if sender.send((call.0, call.1.to_string())).await.is_err() {
                return Err("all connections are closed".into());
            }
        }
    }
}

/// Sends `total` messages to `chats` chats from `first_chat_id` on over `connections` connections;
/// returns messages per second.
///
/// # Errors
///
/// When the simulator can't be reached or refuses a message.
pub async fn hammer(
    url: &str,
    token: &str,
    connections: usize,
    total: u64,
    first_chat_id: i64,
    chats: u64,
) -> Result<f64, EchoError> {
    let next = Arc::new(AtomicU64::new(0));
    let start = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections.max(1) {
        let mut client = Client::connect(url, token).await?;
        let next = Arc::clone(&next);
        tasks.push(tokio::spawn(async move {
            loop {
                let turn = next.fetch_add(1, Ordering::Relaxed);
                if turn >= total {
                    return Ok::<(), EchoError>(());
                }
                let chat = first_chat_id + i64::try_from(turn % chats.max(1))?;
                let body = format!(
                    "{{\"chat_id\":{chat},\"text\":\"<b>Vaaratiedote</b>: pysykää sisällä.\",\
                     \"parse_mode\":\"HTML\"}}"
                );
                let answer = client.call("sendMessage", body).await?;
                if !answer.starts_with(b"{\"ok\":true") {
                    return Err(String::from_utf8_lossy(&answer).into_owned().into());
                }
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    let seconds = start.elapsed().max(Duration::from_micros(1)).as_secs_f64();
    #[allow(clippy::cast_precision_loss, reason = "counts below 2^53")]
    Ok(total as f64 / seconds)
}
