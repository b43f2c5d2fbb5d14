//! Receiving by webhook.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::http::StatusCode;
use tokio_util::sync::CancellationToken;
use turvabot::channels::telegram::webhook_router;
use turvabot::config::{Mode, Secret};

use super::{SOON, Store, connect, text};
use crate::support::botapi::{Config, Simulator};

struct Hooked {
    sim: Simulator,
    store: Arc<Store>,
    url: String,
    _cancel: CancellationToken,
}

async fn hooked(store: Store) -> Hooked {
    let sim = Simulator::start(Config::default());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let public_url = format!("http://{}/", listener.local_addr().expect("an address"));
    let mode = Mode::Webhook {
        secret: Secret::new("hyvin_salainen"),
        public_url: public_url.parse().expect("an address"),
    };
    let telegram = connect(&sim, mode);
    let store = Arc::new(store);
    let app = webhook_router(Arc::clone(&telegram), Arc::clone(&store), || 42);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let cancel = CancellationToken::new();
    tokio::spawn(telegram.run(Arc::clone(&store), Vec::new(), || 42, cancel.clone()));
    sim.wait_until(|state| state.webhook_url().is_some(), SOON)
        .await
        .expect("a webhook");
    Hooked {
        sim,
        store,
        url: format!("{public_url}telegram/webhook"),
        _cancel: cancel,
    }
}

#[tokio::test]
async fn a_webhook_delivers_and_repeats_what_was_not_committed() {
    let store = Store::default();
    store.closed.store(true, Ordering::SeqCst);
    let it = hooked(store).await;
    it.sim.say(9, "Moi");
    it.store.refused(2).await;
    assert_eq!(it.sim.read(|state| state.pending_updates()), 1);
    it.store.closed.store(false, Ordering::SeqCst);
    assert_eq!(it.store.wait(1).await, [("9".into(), text("Moi"))]);
    it.sim.unparsable_update();
    it.sim
        .wait_until(|s| s.pending_updates() == 0, SOON)
        .await
        .expect("confirmed");
}

#[tokio::test]
async fn a_webhook_takes_nothing_from_strangers() {
    let it = hooked(Store::default()).await;
    let http = reqwest::Client::new();
    let post = async |secret: Option<&str>, body: Vec<u8>| {
        let mut request = http.post(&it.url).body(body);
        if let Some(secret) = secret {
            request = request.header("X-Telegram-Bot-Api-Secret-Token", secret);
        }
        request.send().await.expect("an answer").status()
    };
    let update = || {
        br#"{"update_id":1,"message":{"message_id":1,"chat":{"id":9,"type":"private"},"text":"x"}}"#
            .to_vec()
    };
    for secret in [
        None,
        Some(""),
        Some("hyvin_salaine"),
        Some("hyvin_salainen2"),
    ] {
        assert_eq!(post(secret, update()).await, StatusCode::UNAUTHORIZED);
    }
    let right = Some("hyvin_salainen");
    assert!(it.store.inputs().is_empty());
    assert_eq!(
        post(right, vec![b' '; 2 << 20]).await,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    assert_eq!(post(right, vec![0xff, 0xfe]).await, StatusCode::OK);
    assert_eq!(post(right, update()).await, StatusCode::OK);
    assert_eq!(it.store.inputs(), [("9".into(), text("x"))]);
}

#[tokio::test]
async fn a_webhook_waits_until_the_bot_knows_its_own_name() {
    let sim = Simulator::start(Config::default());
    let mode = Mode::Webhook {
        secret: Secret::new("s"),
        public_url: "http://127.0.0.1:9/".parse().expect("an address"),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port");
    let url = format!(
        "http://{}/telegram/webhook",
        listener.local_addr().expect("an address")
    );
    let app = webhook_router(connect(&sim, mode), Arc::new(Store::default()), || 42);
    tokio::spawn(async move { axum::serve(listener, app).await });
    let http = reqwest::Client::new();
    let request = http
        .post(&url)
        .header("X-Telegram-Bot-Api-Secret-Token", "s");
    let status = request.body("{}").send().await.expect("an answer").status();
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
}
