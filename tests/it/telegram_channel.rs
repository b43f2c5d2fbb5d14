//! The Telegram channel against the strict simulator: nothing is confirmed before it is committed,
//! nothing is lost, and every answer of the server becomes the right next step.

mod receiving;
mod sending;
mod webhook;

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use turvabot::channels::telegram::{Introduction, Telegram};
use turvabot::channels::{Note, Sink, Unavailable};
use turvabot::config::{self, Mode, Secret};
use turvabot::domain::{
    ChannelKind, Delivery, Inbound, Input, Lane, Message, MessageButton, Relation,
};

use crate::support::botapi::{Config, Simulator};
use crate::support::wait::eventually;

const SOON: Duration = Duration::from_secs(5);

/// A sink that keeps what it takes.
#[derive(Default)]
struct Store {
    taken: Mutex<Vec<Inbound>>,
    refused: AtomicU32,
    closed: AtomicBool,
    panics: AtomicU32,
}

impl Sink for Store {
    async fn take(
        &self,
        events: Vec<Inbound>,
        _: Vec<Note>,
    ) -> Result<Vec<Option<String>>, Unavailable> {
        if self.closed.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(Unavailable);
        }
        if self.panics.load(Ordering::SeqCst) > 0 {
            self.panics.fetch_sub(1, Ordering::SeqCst);
            panic!("a bug behind the sink");
        }
        let toasts = events.iter().map(|event| match &event.input {
            Input::Token(_) => Some("Kiitos! ".repeat(50)),
            _ => None,
        });
        let toasts = toasts.collect();
        self.taken.lock().expect("a lock").extend(events);
        Ok(toasts)
    }
}

impl Store {
    fn inputs(&self) -> Vec<(String, Input)> {
        let taken = self.taken.lock().expect("a lock");
        taken
            .iter()
            .map(|e| (e.address.clone(), e.input.clone()))
            .collect()
    }

    fn ids(&self) -> Vec<i64> {
        let taken = self.taken.lock().expect("a lock");
        taken
            .iter()
            .filter_map(|e| e.external_id.parse().ok())
            .collect()
    }

    async fn wait(&self, n: usize) -> Vec<(String, Input)> {
        eventually(&format!("{n} events"), async || {
            let inputs = self.inputs();
            (inputs.len() >= n).then_some(inputs)
        })
        .await
    }

    /// Waits until so many batches were refused.
    async fn refused(&self, n: u32) {
        eventually("refusals", async || {
            (self.refused.load(Ordering::SeqCst) >= n).then_some(())
        })
        .await;
    }
}

fn connect(sim: &Simulator, mode: Mode) -> Arc<Telegram> {
    connect_as(sim, sim.token(), mode)
}

fn connect_as(sim: &Simulator, token: &str, mode: Mode) -> Arc<Telegram> {
    let config = config::Telegram {
        token: Secret::new(token),
        api_url: sim.url().parse().expect("an address"),
        mode,
        messages_per_second: None,
        messages_per_second_per_chat: NonZeroU32::MIN,
        messages_per_minute_per_group: NonZeroU32::MIN,
        connections: NonZeroU32::MIN.saturating_add(7),
    };
    Arc::new(Telegram::connect(&config).expect("a client"))
}

struct Running {
    sim: Simulator,
    store: Arc<Store>,
    telegram: Arc<Telegram>,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

fn run(sim: Simulator, store: Store, introductions: Vec<Introduction>) -> Running {
    let store = Arc::new(store);
    let telegram = connect(&sim, Mode::Polling);
    let cancel = CancellationToken::new();
    let task = tokio::spawn(Arc::clone(&telegram).run(
        Arc::clone(&store),
        introductions,
        || 42,
        cancel.clone(),
    ));
    Running {
        sim,
        store,
        telegram,
        cancel,
        task,
    }
}

fn polling() -> Running {
    run(
        Simulator::start(Config::default()),
        Store::default(),
        Vec::new(),
    )
}

impl Running {
    async fn confirmed(&self) {
        self.sim
            .wait_until(|state| state.pending_updates() == 0, SOON)
            .await
            .expect("everything is confirmed");
    }
}

fn text(text: &str) -> Input {
    Input::Text(text.to_owned())
}

fn delivery(address: i64, text: &str) -> Delivery {
    Delivery {
        id: 1,
        channel: ChannelKind::Telegram,
        address: address.to_string(),
        lane: Lane::Reply,
        message: Arc::new(Message {
            text: text.to_owned(),
            buttons: vec![vec![MessageButton {
                label: "Ohje".into(),
                token: "h.abc".into(),
            }]],
            ..Message::default()
        }),
        relation: None,
        attempts: 1,
        doubts: 0,
        tried_at: 0,
    }
}

fn replacing(address: i64, text: &str, id: &str) -> Delivery {
    let mut delivery = delivery(address, text);
    delivery.relation = Some(Relation::Replaces(id.to_owned()));
    delivery
}
