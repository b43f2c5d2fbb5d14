//! Tests through the public edges: chat message in, chat message out; HTTP; the command line.

#[path = "../support/mod.rs"]
mod support;

mod bad_content;
mod bad_settings;
mod chat_basics;
mod chat_choices;
mod chat_data;
mod chat_hostile;
mod chat_language;
mod chat_transcripts;
mod content;
mod crash;
mod curating;
mod demo;
mod faults;
mod hostile_strings;
mod locales;
mod matrix_crash;
mod matrix_limits;
mod matrix_rig;
mod matrix_story;
mod matrix_trouble;
mod meaning;
mod measuring;
mod notices;
mod notices_amended;
mod polls;
mod polls_ended;
mod polls_typed;
mod register;
mod serving;
mod steps;
mod store_amendments;
mod store_expansion;
mod store_ledger;
mod store_rooms;
mod stream;
mod telegram_channel;
mod telegram_lanes;
mod telegram_ledger;
mod telegram_story;
mod triage;
mod understanding;
