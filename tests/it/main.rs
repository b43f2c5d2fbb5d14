//! Tests through the public edges: chat message in, chat message out; HTTP; the command line.

#[path = "../support/mod.rs"]
mod support;

mod chat_basics;
