//! Settings at fault: one clear line that names file, key and cure, and nothing half done.

use std::net::TcpListener;

use toml::{Table, Value};
use turvabot::config::KEYS;

use crate::support::database::{Database, Kind};
use crate::support::home::{Home, run};

async fn database() -> Database {
    Database::create(Kind::Sqlite).await
}

/// Sets `section.key`.
fn set(settings: &mut Table, section: &str, key: &str, value: impl Into<Value>) {
    let slot = settings
        .entry(section)
        .or_insert_with(|| Table::new().into());
    let slot = slot.as_table_mut().expect("a section");
    if section == "matrix" {
        // Without an account there is another fault.
        for (key, value) in [("homeserver", "http://127.0.0.1:9"), ("user", "@bot:e.fi")] {
            slot.entry(key).or_insert_with(|| value.into());
        }
    }
    slot.insert(key.into(), value.into());
}

/// Starts a server of these settings and returns its one line of complaint.
async fn complaint(home: &Home) -> String {
    let ended = run(&["serve", "--config", &home.config()]).await;
    let faults = ended.faults();
    assert_eq!(faults.len(), 1, "one clear line: {faults:#?}");
    let made = home
        .database
        .file
        .as_deref()
        .is_some_and(std::path::Path::exists);
    assert!(!made, "no database is made: {faults:?}");
    assert_eq!(ended.stdout, "");
    faults[0].to_owned()
}

#[tokio::test]
async fn every_key_of_a_wrong_kind_is_told_by_file_and_key() {
    for (section, keys) in KEYS {
        for key in *keys {
            let home = Home::with(database().await, |settings| {
                if *section == "telegram" {
                    let token = "123456789:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
                    set(settings, "telegram", "token", token);
                }
                let with_file = key.strip_suffix("_file");
                if let Some(plain) = with_file {
                    let section = settings.get_mut(*section).and_then(Value::as_table_mut);
                    section.map(|section| section.remove(plain));
                }
                set(settings, section, key, Table::new());
            });
            let line = complaint(&home).await;
            let expected = format!("{}: {section}.{key}: ", home.config());
            assert!(line.starts_with(&expected), "{section}.{key}: {line}");
        }
    }
}

/// Section, key, a value in TOML, and a part of what is told.
const IMPOSSIBLE: [[&str; 4]; 23] = [
    [
        "municipality",
        "code",
        "'49'",
        "write three digits in quotes",
    ],
    ["municipality", "name_sv", "''", "is empty"],
    [
        "database",
        "url",
        "'mysql://host/db'",
        "write sqlite://path or postgres://user@host/database",
    ],
    [
        "database",
        "url",
        "'sqlite::memory:'",
        "write sqlite://path/to/turvabot.sqlite",
    ],
    ["database", "url", "'postgres:///db'", "names no host"],
    ["web", "listen", "'8080'", "such as 127.0.0.1:8080"],
    [
        "web",
        "listen",
        "'localhost:8080'",
        "such as 127.0.0.1:8080",
    ],
    ["web", "public_url", "'turva.example.fi'", "https://"],
    ["web", "enabled", "'maybe'", "true or false"],
    ["matrix", "user", "'turvabot'", "write @name:server"],
    [
        "outbox",
        "resend_ambiguous",
        "['alerts']",
        "did you mean \"alert\"?",
    ],
    ["outbox", "resend_ambiguous", "['poll', 'poll']", "twice"],
    ["outbox", "notice_retry_hours", "0", "1 to 168"],
    ["outbox", "notice_retry_hours", "169", "1 to 168"],
    ["answers", "review_grace_days", "3651", "0 to 3650"],
    ["privacy", "web_history_hours", "0", "1 to 8760"],
    ["privacy", "inbox_days", "-1", "1 to 365"],
    ["log", "format", "'xml'", "json"],
    [
        "log",
        "level",
        "'loud'",
        "write error, warn, info, debug, trace or off",
    ],
    ["quiet_hours", "from", "'22'", "\"00:00\" to \"23:59\""],
    ["quiet_hours", "to", "'22:00'", "write another"],
    ["web", "listne", "'x'", "did you mean \"listen\"?"],
    ["databse", "url", "'x'", "did you mean \"database\"?"],
];

#[tokio::test]
async fn values_that_cannot_be_are_told_with_the_cure() {
    for [section, key, value, cure] in IMPOSSIBLE {
        let value: Table = format!("v = {value}").parse().expect("a value");
        let home = Home::with(database().await, |settings| {
            set(settings, section, key, value["v"].clone());
        });
        let line = complaint(&home).await;
        assert!(line.starts_with(&home.config()), "{line}");
        assert!(line.contains(section), "{line}");
        assert!(line.contains(cure), "{section}.{key}: {cure}: {line}");
    }
}

#[tokio::test]
async fn all_faults_of_the_settings_are_told_at_once() {
    let home = Home::with(database().await, |settings| {
        set(settings, "municipality", "code", "x");
        set(settings, "web", "listen", "x");
        set(settings, "log", "format", "x");
    });
    let ended = run(&["check-config", "--config", &home.config()]).await;
    assert_eq!(ended.faults().len(), 3, "{}", ended.stderr);
}

#[tokio::test]
async fn settings_that_are_missing_are_told_with_what_to_write() {
    for (section, key) in [
        ("municipality", "code"),
        ("municipality", "name_fi"),
        ("municipality", "name_sv"),
        ("database", "url"),
        ("matrix", "homeserver"),
        ("matrix", "user"),
    ] {
        let home = Home::with(database().await, |settings| {
            if section == "matrix" {
                set(settings, "matrix", "connections", 8);
            }
            let section = settings.get_mut(section).and_then(Value::as_table_mut);
            section.expect("a section").remove(key);
        });
        let line = complaint(&home).await;
        assert!(line.contains(&format!("{section}.{key}: ")), "{line}");
        let variable = format!("TURVABOT_{section}__{key}").to_uppercase();
        assert!(line.contains(&variable), "{line}");
    }
}

#[tokio::test]
async fn a_file_that_is_missing_or_no_toml_is_told_with_its_place() {
    let home = Home::new(database().await);
    let missing = home.path("missing.toml").display().to_string();
    let ended = run(&["serve", "--config", &missing]).await;
    assert_eq!(ended.faults().len(), 1);
    assert!(ended.stderr.starts_with(&missing), "{}", ended.stderr);
    home.write("turvabot.toml", "[municipality\ncode = 1");
    let line = complaint(&home).await;
    assert!(line.starts_with(&format!("{}:1:", home.config())), "{line}");
}

#[tokio::test]
async fn sound_settings_are_said_to_be_sound_and_nothing_is_made() {
    let home = Home::new(database().await);
    let ended = home.cli(&["check-config"]).await;
    assert!(ended.success, "{}", ended.stderr);
    assert_eq!(ended.stdout, "Settings and content are sound.\n");
    assert!(!home.database.file.as_deref().expect("a file").exists());
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_and_no_database_is_made() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let home = Home::with(database().await, |settings| {
        set(settings, "web", "listen", address.clone());
    });
    let line = complaint(&home).await;
    let expected = format!("web.listen: cannot listen on {address}: ");
    assert!(line.starts_with(&expected), "{line}");
    assert!(line.contains("choose another address"), "{line}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_told_with_the_cure() {
    let home = Home::with(database().await, |_| {});
    let file = home.write("in-the-way", "a file");
    let mut settings = home.settings.clone();
    set(
        &mut settings,
        "database",
        "url",
        format!("sqlite://{file}/data/turvabot.sqlite"),
    );
    home.write("turvabot.toml", &settings.to_string());
    let line = complaint(&home).await;
    assert!(
        line.starts_with("database.url: cannot make the folder "),
        "{line}"
    );
    assert!(
        line.ends_with("choose a folder that this user may write"),
        "{line}"
    );
}

#[tokio::test]
async fn a_database_server_that_does_not_answer_is_told_without_the_password() {
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = nobody.local_addr().expect("an address").port();
    drop(nobody);
    let home = Home::with(database().await, |settings| {
        let url = format!("postgres://bot:hunter2@127.0.0.1:{port}/turvabot");
        set(settings, "database", "url", url);
    });
    let line = complaint(&home).await;
    assert!(
        line.starts_with("database.url: cannot connect to PostgreSQL: "),
        "{line}"
    );
    assert!(!line.contains("hunter2"), "{line}");
}

#[tokio::test]
async fn a_command_without_settings_and_without_a_demo_says_what_to_do() {
    let home = Home::new(database().await);
    let folder = home.path("nowhere").display().to_string();
    let ended = run(&["kb", "gaps", "--data-dir", &folder]).await;
    assert_eq!(ended.faults().len(), 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("start `turvabot demo` first"),
        "{}",
        ended.stderr
    );
    assert!(!home.path("nowhere").exists());
}
