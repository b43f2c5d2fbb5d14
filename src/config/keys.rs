//! The names of all settings, in the file and in the environment.

use toml::{Table, Value};

use crate::faults::{Faults, Variables, did_you_mean, nearest};

/// Every section with its keys, in the order of `config.example.toml`.
pub const KEYS: &[(&str, &[&str])] = &[
    ("municipality", &["code", "name_fi", "name_sv"]),
    ("database", &["url", "url_file"]),
    ("web", &["listen", "public_url", "enabled", "behind_proxy"]),
    (
        "telegram",
        &[
            "token",
            "token_file",
            "api_url",
            "mode",
            "webhook_secret",
            "webhook_secret_file",
            "messages_per_second",
            "messages_per_second_per_chat",
            "messages_per_minute_per_group",
            "connections",
        ],
    ),
    (
        "matrix",
        &[
            "homeserver",
            "user",
            "password_file",
            "access_token_file",
            "recovery_key_file",
            "store_dir",
            "allow_servers",
            "deny_servers",
            "deny_users",
            "invites_per_minute",
            "messages_per_second",
            "connections",
            "rooms",
        ],
    ),
    ("answers", &["model_dir", "review_grace_days"]),
    ("content", &["dir"]),
    ("outbox", &["resend_ambiguous", "notice_retry_hours"]),
    (
        "privacy",
        &["web_history_hours", "inbox_days", "questions_days"],
    ),
    ("log", &["format", "level"]),
    ("quiet_hours", &["from", "to"]),
];

/// What the names of all variables begin with.
const PREFIX: &str = "TURVABOT_";

/// The names of all sections.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    KEYS.iter().map(|(section, _)| *section)
}

/// The keys of a section, none when there is no such section.
pub(super) fn keys(section: &str) -> &'static [&'static str] {
    KEYS.iter()
        .find(|(name, _)| *name == section)
        .map_or(&[], |(_, keys)| keys)
}

/// The variable that sets a key.
pub(super) fn variable(section: &str, key: &str) -> String {
    format!("{PREFIX}{section}__{key}").to_ascii_uppercase()
}

/// Lays the variables among `env` over the file's table, as texts; gives which key came from which.
///
/// A name with our prefix but without `__` is a fault only when it looks like one of ours: a
/// container platform may add names of its own, such as `TURVABOT_SERVICE_HOST` in Kubernetes for
/// a service called "turvabot".
pub(super) fn overlay(
    table: &mut Table,
    env: impl Iterator<Item = (String, String)>,
    faults: &mut Faults,
) -> Variables {
    let mut variables = Variables::new();
    for (name, value) in env {
        let Some(rest) = name.strip_prefix(PREFIX) else {
            continue;
        };
        let Some((section, key)) = find(&name) else {
            refuse(&name, rest, faults);
            continue;
        };
        let slot = table
            .entry(section)
            .or_insert_with(|| Value::Table(Table::new()));
        // A section that isn't a table is told of when the section is read.
        if let Value::Table(slot) = slot {
            slot.insert(key.to_owned(), Value::String(value));
            variables.insert(format!("{section}.{key}"), name);
        }
    }
    variables
}

fn find(name: &str) -> Option<(&'static str, &'static str)> {
    all().find(|(section, key)| variable(section, key) == name)
}

fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter()
        .flat_map(|(section, keys)| keys.iter().map(|key| (*section, *key)))
}

fn refuse(name: &str, rest: &str, faults: &mut Faults) {
    let Some((section, key)) = rest.split_once("__") else {
        let names: Vec<String> = all().map(|(section, key)| variable(section, key)).collect();
        if let Some(near) = nearest(name, names.iter().map(String::as_str)) {
            faults.add(
                name,
                "",
                format_args!("unknown variable; did you mean {near}?"),
            );
        }
        return;
    };
    let (section, key) = (section.to_ascii_lowercase(), key.to_ascii_lowercase());
    let full = format!("{section}.{key}");
    if keys(&section).is_empty() {
        let near = did_you_mean(&section, sections());
        faults.add(
            name,
            &full,
            format_args!("unknown section \"{section}\"{near}"),
        );
    } else {
        let near = did_you_mean(&key, keys(&section).iter().copied());
        faults.add(name, &full, format_args!("unknown key \"{key}\"{near}"));
    }
}
