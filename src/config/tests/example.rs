//! The example file against the settings.

use std::collections::BTreeSet;

use super::{Folder, KEYS, TOKEN, with};

const EXAMPLE: &str = include_str!("../../../config.example.toml");

/// The example as it stands, or with what it comments out brought in.
fn example(uncommented: bool) -> String {
    EXAMPLE
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if uncommented && !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect()
}

#[test]
fn the_example_loads_as_it_stands_and_shows_the_defaults() {
    let folder = Folder::new();
    let plain = folder.load(&example(false), &[]).expect("the example");
    assert!(plain.telegram.is_none() && plain.matrix.is_none());
    // With every default brought in, only keys without a default may make a difference.
    let without_default = [
        "url_file",
        "public_url",
        "token_file",
        "webhook_secret",
        "webhook_secret_file",
        "password_file",
        "access_token_file",
        "recovery_key_file",
        "model_dir",
        "dir",
    ];
    let full: String = example(true)
        .lines()
        .filter(|line| {
            !without_default
                .iter()
                .any(|key| line.starts_with(&format!("{key} =")))
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let full = folder.load(&full, &[]).expect("the example, uncommented");
    let mut expected = plain.clone();
    let token = with("telegram", &format!("token = \"{TOKEN}\""));
    expected.telegram = folder.load(&token, &[]).expect("settings").telegram;
    expected.matrix.clone_from(&full.matrix);
    assert_eq!(format!("{full:?}"), format!("{expected:?}"));
}

#[test]
fn the_example_explains_every_key_and_no_other() {
    let table: toml::Table = example(true).parse().expect("the example, uncommented");
    let mut documented = BTreeSet::new();
    for (section, keys) in &table {
        for key in keys.as_table().expect("sections").keys() {
            documented.insert(format!("{section}.{key}"));
        }
    }
    let known = KEYS
        .iter()
        .flat_map(|(section, keys)| keys.iter().map(move |key| format!("{section}.{key}")));
    assert_eq!(documented, known.collect());
    // A key alone explains nothing: a comment stands before it, or before the keys it goes with.
    let mut explained = false;
    for line in EXAMPLE.lines() {
        let key = line.trim_start_matches('#').contains(" = ") && !line.starts_with("# ");
        assert!(!key || explained, "no comment before {line}");
        explained = line.starts_with("# ") || (key && explained);
    }
}
