//! Webhooks: repetition, the secret, calls in answers, order, time-outs.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::super::Config;
use super::{LONG, start, start_with};

/// Instead of an answer: the request stays without one.
const HOLD: &str = "hold";

/// A webhook that answers each request as told; sends on the head and body it got.
async fn webhook(answers: Vec<&'static str>) -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    let (sender, receiver) = mpsc::unbounded_channel();
    let mut answers = answers.into_iter();
    let mut held = Vec::new();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut request = String::new();
            let mut buffer = [0; 4096];
            while !request.ends_with("}}") && stream.readable().await.is_ok() {
                match stream.try_read(&mut buffer) {
                    Ok(0) => break,
                    Ok(n) => request.push_str(&String::from_utf8_lossy(&buffer[..n])),
                    // Readable was a false alarm.
                    Err(_) => {}
                }
            }
            let fine = "200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            let answer = answers.next().unwrap_or(fine);
            if answer == HOLD {
                held.push(stream);
            } else {
                // A fresh connection takes a short answer at once; a lost one is repeated.
                let _ = stream.try_write(format!("HTTP/1.1 {answer}").as_bytes());
            }
            let _ = sender.send(request);
        }
    });
    (url, receiver)
}

/// The next request a webhook got.
async fn next(requests: &mut mpsc::UnboundedReceiver<String>) -> String {
    let next = tokio::time::timeout(LONG, requests.recv()).await;
    next.expect("a request in time").expect("the webhook runs")
}

#[tokio::test]
async fn webhooks_are_repeated() {
    let (sim, client) = start();
    let reply = "200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\nconnection: close\r\n\r\n\
                 {\"method\":\"sendMessage\",\"chat_id\":1,\"text\":\"vast\"}";
    let error = "500 Oh\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (url, mut requests) = webhook(vec![error, error, reply]).await;
    let bad = json!({"url": url, "secret_token": "ei näin"});
    assert!(
        client
            .refused("setWebhook", bad)
            .await
            .contains("unallowed characters")
    );
    assert!(
        client
            .refused("setWebhook", json!({"url": "http://a.fi/"}))
            .await
            .contains("HTTPS")
    );
    client
        .ok(
            "setWebhook",
            json!({"url": url, "secret_token": "s3-x", "max_connections": 1}),
        )
        .await;
    sim.say(1, "yksi");
    sim.say(1, "kaksi");
    for text in ["yksi", "yksi", "yksi", "kaksi"] {
        let request = next(&mut requests).await;
        assert!(
            request
                .to_lowercase()
                .contains("x-telegram-bot-api-secret-token: s3-x"),
            "{request}"
        );
        assert!(request.contains(text), "{request}");
    }
    sim.wait_until(|s| s.pending_updates() == 0, LONG)
        .await
        .expect("all delivered");
    let texts = sim
        .wait_for_messages(1, 1, LONG)
        .await
        .expect("the call in the answer");
    assert_eq!(texts, ["vast"]);
    let info = client.ok("getWebhookInfo", json!({})).await;
    assert_eq!(
        info["last_error_message"],
        "Wrong response from the webhook: 500 Internal Server Error"
    );
    assert_eq!(
        (&info["pending_update_count"], &info["max_connections"]),
        (&json!(0), &json!(1))
    );
}

#[tokio::test]
async fn one_chat_at_a_time() {
    let (sim, client) = start();
    let (url, mut requests) = webhook(vec![HOLD]).await;
    client.ok("setWebhook", json!({"url": url})).await;
    sim.say(1, "eka");
    sim.say(1, "toka");
    sim.say(2, "kolmas");
    let first = next(&mut requests).await;
    let second = next(&mut requests).await;
    assert!(
        first.contains("eka") && second.contains("kolmas"),
        "{first} {second}"
    );
    sim.wait_until(|s| s.pending_updates() == 2, LONG)
        .await
        .expect("one delivered");
    client.ok("deleteWebhook", json!({})).await;
    assert_eq!(
        client.poll(json!({})).await.len(),
        2,
        "what was not taken is still there"
    );
}

#[tokio::test]
async fn slow_webhooks_are_repeated() {
    let webhook_timeout = Duration::from_millis(100);
    let (sim, client) = start_with(Config {
        webhook_timeout,
        ..Config::default()
    });
    let (url, mut requests) = webhook(vec![HOLD]).await;
    client.ok("setWebhook", json!({"url": url})).await;
    sim.say(1, "eka");
    for _ in 0..2 {
        assert!(next(&mut requests).await.contains("eka"));
    }
    sim.wait_until(|s| s.pending_updates() == 0, LONG)
        .await
        .expect("all delivered");
    let info = client.ok("getWebhookInfo", json!({})).await;
    assert_eq!(info["last_error_message"], "Read timeout expired");
}
