//! Tests through the public edges: chat message in, chat message out; HTTP; the command line.

#[path = "../support/mod.rs"]
mod support;

mod chat_basics;
mod chat_choices;
mod chat_data;
mod chat_hostile;
mod chat_language;
mod crash;
mod faults;
mod notices;
mod polls;
mod stream;
mod telegram_channel;
mod telegram_lanes;
mod telegram_ledger;
mod telegram_story;
