//! Logins that can't be, and accounts that were somebody else's.

use serde_json::{Value, json};

use super::{asks, database, has_session, told};
use crate::support::home::Home;
use crate::support::matrix::bot::{self, MatrixBot, log_in, name_key};
use crate::support::matrix::resident::{Residents, unique};
use crate::support::matrix::synapse::{Synapse, User, escape};
use crate::support::telegram::set;

/// How many devices an account has.
async fn devices(synapse: &Synapse, user: &str) -> usize {
    let path = format!("/_synapse/admin/v2/users/{}/devices", escape(user));
    let devices = synapse.admin(reqwest::Method::GET, &path, None).await.ok();
    devices["devices"].as_array().expect("devices").len()
}

/// An installation for an account that exists.
fn home_of(synapse: &Synapse, database: crate::support::database::Database, user: &User) -> Home {
    let home = Home::with(database, |settings| {
        set(settings, "matrix", "homeserver", synapse.url());
        set(settings, "matrix", "user", user.id.clone());
        set(settings, "matrix", "password_file", "password");
    });
    home.write("password", &format!("{}\n", user.password));
    home
}

#[tokio::test]
async fn a_wrong_password_is_told_in_a_line_and_the_right_one_works_afterwards() {
    let synapse = Synapse::shared().await;
    let (mut home, mut account) = bot::home(synapse, database().await, |_| {}).await;
    let ended = home.cli(&["matrix", "status", "--json"]).await;
    told(&ended, &["not ready"]);
    let status: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(status["account"], json!(null));
    assert_eq!(status["started"], json!(false));

    home.write("password", "hakuammuntaa\n");
    let ended = home.cli(&["matrix", "login"]).await;
    let line = told(&ended, &["password"]);
    assert!(!line.contains("hakuammuntaa"), "{line}");
    assert!(!has_session(&home));

    home.write("password", "salasana\n");
    log_in(&mut home, &mut account).await;
    let bot = MatrixBot::serve(home, account).await;
    let status = bot.json(&["matrix", "status"]).await;
    assert_eq!(status["account"]["session"], json!(true), "{status}");
    assert_eq!(status["account"]["signed"], json!(true), "{status}");
    assert_eq!(status["started"], json!(true));
}

#[tokio::test]
async fn a_recovery_key_that_is_wrong_or_missing_is_told_and_leaves_no_device() {
    let synapse = Synapse::shared().await;
    let (mut first, mut account) = bot::home(synapse, database().await, |_| {}).await;
    log_in(&mut first, &mut account).await;
    let key = account.recovery_key.clone().expect("a key");
    let known = devices(synapse, &account.user.id).await;

    let mut home = home_of(synapse, database().await, &account.user);
    let ended = home.cli(&["matrix", "login"]).await;
    told(&ended, &["recovery_key_file"]);
    assert!(!has_session(&home));
    let (other, mut another) = bot::home(synapse, database().await, |_| {}).await;
    let mut other = other;
    log_in(&mut other, &mut another).await;
    for wrong in [&another.recovery_key.expect("a key"), "not a key at all"] {
        name_key(&mut home, wrong);
        let ended = home.cli(&["matrix", "login"]).await;
        let line = told(&ended, &["recovery key"]);
        assert!(!line.contains(wrong), "{line}");
        assert!(!has_session(&home));
    }
    assert_eq!(devices(synapse, &account.user.id).await, known);

    name_key(&mut home, &key);
    let login = log_in(&mut home, &mut account).await.json();
    assert_eq!(login["recovery_key"], json!(null));
}

#[tokio::test]
async fn an_identity_that_somebody_else_made_is_not_touched() {
    let synapse = Synapse::shared().await;
    let human = Residents::shared().await.join("human").await;
    human.cross_sign().await;
    let before = human.devices_of(human.id()).await;
    let home = home_of(synapse, database().await, &human.user);
    let ended = home.cli(&["matrix", "login"]).await;
    told(&ended, &["identity", "recovery_key_file"]);
    assert!(!has_session(&home));
    assert_eq!(human.devices_of(human.id()).await, before);
    let backup = human.call("GET", "/_matrix/client/v3/room_keys/version", None);
    assert_eq!(backup.await.expect_err("none").errcode, "M_NOT_FOUND");
}

#[tokio::test]
async fn an_access_token_serves_where_there_are_no_passwords() {
    let synapse = Synapse::shared().await;
    let user = synapse.register(&unique("turvabotti"), "salasana").await;
    let stranger = synapse.register(&unique("vieras"), "salasana").await;
    let mut home = Home::with(database().await, |settings| {
        set(settings, "matrix", "homeserver", synapse.url());
        set(settings, "matrix", "user", user.id.clone());
        set(settings, "matrix", "access_token_file", "token");
    });
    for (token, words) in [
        ("syt_nobody", "ended the session"),
        (&*stranger.token, &*stranger.id),
    ] {
        home.write("token", token);
        let ended = home.cli(&["matrix", "login"]).await;
        let line = told(&ended, &[words]);
        assert!(!line.contains(token), "{line}");
        assert!(!has_session(&home));
    }
    home.write("token", &format!("{}\n", user.token));
    let mut account = bot::Account {
        user,
        recovery_key: None,
    };
    let login = log_in(&mut home, &mut account).await.json();
    assert_eq!(login["device"], *account.user.device);
    let bot = MatrixBot::serve(home, account).await;
    let maria = Residents::shared().await.join("maria").await;
    let (room, _) = bot.meet(&maria, true).await;
    asks(&maria, &room).await;
}

#[tokio::test]
async fn a_store_that_cannot_be_written_is_told_in_a_line() {
    let synapse = Synapse::shared().await;
    let (mut home, mut account) = bot::home(synapse, database().await, |_| {}).await;
    // A file is where the folder should be: no rights help against that.
    home.write("matrix-store", "");
    told(&home.cli(&["matrix", "login"]).await, &["matrix.store_dir"]);
    std::fs::remove_file(home.path("matrix-store")).expect("a file");

    // A disk that is full after some kilobytes; the limit is on the size of each file.
    let full = "trap '' XFSZ; ulimit -f 40; exec \"$0\" matrix login --config \"$1\"";
    let ended = std::process::Command::new("sh")
        .args(["-c", full, env!("CARGO_BIN_EXE_turvabot"), &home.config()])
        .output()
        .expect("a shell");
    let said = String::from_utf8(ended.stderr).expect("UTF-8");
    assert!(!ended.status.success());
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    assert!(said.contains("matrix.store_dir"), "{said}");
    assert!(!has_session(&home));

    log_in(&mut home, &mut account).await;
    MatrixBot::serve(home, account).await;
}
