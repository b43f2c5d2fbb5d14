//! The program's one HTTP server: web chat, Telegram's webhook, health and metrics.

mod chat;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use chat::Chat;

use crate::clock::Clock;
use crate::domain::Millis;

/// Without a commit for this long the server isn't ready; the engine commits several times a second.
const SILENCE: Millis = 10_000;

/// What the health pages look at.
#[derive(Clone)]
pub struct Health {
    /// The instant of the engine's last commit.
    pub beat: Arc<AtomicI64>,
    /// The time.
    pub clock: Clock,
    /// The metrics.
    pub metrics: PrometheusHandle,
}

/// `GET /healthz`, `/readyz` and `/metrics`.
pub fn health(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> impl IntoResponse {
    let silent = health.clock.now() - health.beat.load(Ordering::Relaxed);
    if silent < SILENCE {
        (StatusCode::OK, "ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database takes no writes\n",
        )
    }
}

/// Metrics are for the machine's own collector: nobody else, and nobody through a proxy.
async fn metrics(
    State(health): State<Health>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> impl IntoResponse {
    let forwarded = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    if !peer.ip().to_canonical().is_loopback() || forwarded {
        return (StatusCode::FORBIDDEN, "only from this machine\n".to_owned());
    }
    health.metrics.run_upkeep();
    (StatusCode::OK, health.metrics.render())
}

/// Serves until cancelled; requests under way are finished.
///
/// # Errors
/// If the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    cancel: CancellationToken,
) -> std::io::Result<()> {
    axum::serve(
        listener,
        app.into_make_service_with_connect_info::<SocketAddr>(),
    )
    .with_graceful_shutdown(cancel.cancelled_owned())
    .await
}
