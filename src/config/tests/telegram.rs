//! What the keys of `[telegram]` ask of each other and of `[web]`.

use super::{BASE, Folder, Mode, TOKEN, with};

#[test]
fn webhook_mode_needs_a_secret_a_public_address_and_the_web_server() {
    let folder = Folder::new();
    let load = |web: &str, secret: &str| {
        let telegram = format!("[telegram]\ntoken = \"{TOKEN}\"\nmode = \"webhook\"\n{secret}\n");
        folder.load(&format!("{BASE}[web]\n{web}\n{telegram}"), &[])
    };
    let secret = "webhook_secret = \"s-1_A\"";
    for (address, allowed) in [
        ("https://x.fi/bot", true),
        ("http://127.0.0.1:8080", true),
        ("http://[::1]/", true),
        ("http://localhost:8080", true),
        ("http://x.fi", false),
    ] {
        let loaded = load(&format!("public_url = \"{address}\""), secret);
        assert_eq!(loaded.is_ok(), allowed, "{address}: {loaded:?}");
        if let Ok(config) = loaded {
            let Some(Mode::Webhook { secret, public_url }) = config.telegram.map(|t| t.mode) else {
                panic!("not a webhook");
            };
            assert_eq!(secret.expose(), "s-1_A");
            assert!(public_url.path().ends_with('/'), "{public_url}");
        }
    }
    for (web, secret, key) in [
        (
            "",
            secret,
            "telegram.mode: webhook mode needs a public address; ",
        ),
        (
            "public_url = \"https://x.fi\"",
            "",
            "telegram.webhook_secret: missing; ",
        ),
        (
            "public_url = \"https://x.fi\"\nenabled = false",
            secret,
            "telegram.mode: webhook mode needs the web server; ",
        ),
    ] {
        let faults = load(web, secret).map(|_| ()).expect_err(key);
        assert!(
            faults.starts_with(&format!("turvabot.toml: {key}")),
            "{faults}"
        );
        assert_eq!(faults.lines().count(), 1, "{faults}");
    }
}

#[test]
fn a_webhook_secret_is_at_most_256_characters() {
    let folder = Folder::new();
    for (length, allowed) in [(1, true), (256, true), (257, false)] {
        let secret = "s".repeat(length);
        let lines = format!("token = \"{TOKEN}\"\nwebhook_secret = \"{secret}\"");
        assert_eq!(
            folder.load(&with("telegram", &lines), &[]).is_ok(),
            allowed,
            "{length}"
        );
    }
}

#[test]
fn a_server_of_ones_own_may_go_without_a_limit_and_matrix_needs_an_account_only() {
    let lines = "api_url = \"http://127.0.0.1:8081/x\"\nmessages_per_second = 0";
    let toml = with("telegram", &format!("token = \"{TOKEN}\"\n{lines}"))
        + "[matrix]\nhomeserver = \"http://127.0.0.1:8008\"\nuser = \"@t:x\"\n";
    let config = Folder::new().load(&toml, &[]).expect("settings");
    let telegram = config.telegram.expect("telegram");
    assert!(telegram.messages_per_second.is_none());
    assert_eq!(telegram.api_url.as_str(), "http://127.0.0.1:8081/x/");
    assert!(config.matrix.is_some());
}
