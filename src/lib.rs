//! Turvabot: the multi-channel safety bot of Finnish municipalities.
//!
//! Data flows one way: a channel hands in events, [`engine`] commits a turn of [`conversation`] per
//! event together with ledger rows, and [`outbox`] takes the rows to the channels.

pub mod app;
pub mod authoring;
pub mod channels;
pub mod cli;
pub mod clock;
pub mod config;
pub mod content;
pub mod conversation;
pub mod domain;
pub mod engine;
pub mod faults;
pub mod inbox;
pub mod knowledge;
pub mod learning;
pub mod locale;
pub mod notices;
pub mod outbox;
pub mod packs;
pub mod polls;
pub mod prose;
pub mod server;
pub mod store;
pub mod transformer;

pub use turvabot_answers as answers;
