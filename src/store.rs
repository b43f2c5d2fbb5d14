//! The only SQL. One text per query for SQLite and PostgreSQL, through `sqlx::Any`.
//!
//! Functions take a connection and do one thing; who calls them decides where a transaction begins
//! and ends. Time and ids are parameters.

pub mod amendments;
pub mod broadcasts;
mod bulk;
mod db;
pub mod deliveries;
pub mod entries;
pub mod feedback;
pub mod gaps;
pub mod ids;
pub mod inbox;
pub mod layers;
pub mod notes;
pub mod notices;
pub mod outbox;
pub mod packs;
pub mod polls;
pub mod residents;
pub mod settings;
pub mod web_lines;

pub use db::{Alone, Db, Dialect, Error, Tx, sqlite_path};

/// A connection, inside a transaction or not.
pub type Conn = sqlx::AnyConnection;
