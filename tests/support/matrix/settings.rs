//! A homeserver's settings.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::synapse::Options;

/// The homeserver's name, which ends user ids.
pub const SERVER_NAME: &str = "turva.test";

/// What registers users.
pub const SHARED_SECRET: &str = "nobody but the tests knows";

/// A port that is free now, below the range that the system takes ports from by itself: it stays free
/// while the homeserver is down.
pub fn free_port() -> u16 {
    loop {
        let random = getrandom::u32().expect("randomness");
        let port = 20_000 + u16::try_from(random % 12_000).expect("a small number");
        if std::net::TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Writes everything that the homeserver reads at its start.
pub fn write_settings(folder: &Path, port: u16, options: Options) {
    let mut settings = json!({
        "server_name": SERVER_NAME,
        "public_baseurl": format!("http://127.0.0.1:{port}/"),
        "listeners": [{
            "port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "tls": false,
            "resources": [{"names": ["client"], "compress": false}],
        }],
        "database": {"name": "sqlite3", "args": {"database": folder.join("synapse.db")}},
        "media_store_path": folder.join("media"),
        "signing_key_path": folder.join("signing.key"),
        "log_config": folder.join("log.yaml"),
        "pid_file": folder.join("homeserver.pid"),
        "registration_shared_secret": SHARED_SECRET,
        "macaroon_secret_key": "tests only",
        "form_secret": "tests only",
        "bcrypt_rounds": 4,
        "report_stats": false,
        "trusted_key_servers": [],
        "federation_domain_whitelist": [],
        "suppress_key_server_warning": true,
        "presence": {"enabled": false},
        "push": {"enabled": false},
        "user_directory": {"enabled": false},
        "url_preview_enabled": false,
        // What expires in the database has expired.
        "caches": {"per_cache_factors": {"get_user_by_access_token": 0.0}},
    });
    if !options.default_limits {
        let settings = settings.as_object_mut().expect("an object");
        settings.extend(no_limits());
    }
    let log = json!({
        "version": 1,
        "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"level": "WARNING", "handlers": ["out"]},
        "disable_existing_loggers": false,
    });
    let write = |name: &str, text: String| {
        std::fs::write(folder.join(name), text).expect("a file");
    };
    // JSON is YAML.
    write("homeserver.yaml", settings.to_string());
    write("log.yaml", log.to_string());
    write("signing.key", format!("ed25519 test {}\n", "A".repeat(43)));
}

/// Every rate limit that Synapse has, out of the way.
fn no_limits() -> Map<String, Value> {
    let none = json!({"per_second": 100_000, "burst_count": 100_000});
    let each = |names: &[&str]| -> Value {
        let names = names.iter().map(|name| ((*name).to_owned(), none.clone()));
        Value::Object(names.collect())
    };
    let mut limits = Map::new();
    for name in [
        "rc_message",
        "rc_registration",
        "rc_registration_token_validity",
        "rc_admin_redaction",
        "rc_joins_per_room",
        "rc_key_requests",
        "rc_3pid_validation",
        "rc_third_party_invite",
        "rc_media_create",
        "rc_delayed_event_mgmt",
        "rc_room_creation",
        "rc_reports",
        "rc_user_directory",
        "rc_profile",
    ] {
        limits.insert(name.to_owned(), none.clone());
    }
    for (name, parts) in [
        ("rc_login", &["address", "account", "failed_attempts"][..]),
        ("rc_joins", &["local", "remote"]),
        ("rc_invites", &["per_room", "per_user", "per_issuer"]),
        ("rc_presence", &["per_user"]),
    ] {
        limits.insert(name.to_owned(), each(parts));
    }
    limits
}
