//! Which threads the encoder starts: in a process of its own, where no other tests run.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use turvabot_encoder::{Encoder, Kind};

/// The names of this process's threads.
fn threads() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir("/proc/self/task")
        .unwrap()
        .map(|task| {
            fs::read_to_string(task.unwrap().path().join("comm"))
                .unwrap()
                .trim()
                .to_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn the_encoder_has_one_thread_of_its_own() {
    let before = threads();
    let encoder = Encoder::load(support::folder().path()).unwrap();
    encoder.embed(Kind::Passage, &"x".repeat(2000));
    let mut expected = before;
    expected.push("encoder".into());
    expected.sort();
    assert_eq!(threads(), expected);
}
