//! What tests share: a real server process, residents who use it, databases of their own, the
//! Bot API simulator, and a Matrix homeserver. Also for benches and crash tests, each of which uses a part.
#![allow(
    dead_code,
    reason = "each of the crates that include this module uses a part of it"
)]

pub mod audit;
pub mod botapi;
pub mod database;
pub mod drafts;
pub mod home;
pub mod matrix;
#[path = "../../crates/encoder/tests/support/mod.rs"]
pub mod model;
pub mod page;
pub mod resident;
pub mod server;
pub mod talk;
pub mod telegram;
pub mod transcript;
pub mod wait;
pub mod words;
