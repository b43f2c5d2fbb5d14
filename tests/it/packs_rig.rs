//! Two municipalities that exchange packs: what tests of packs share.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::Value;
use turvabot::packs::file::{self, Pack};

use crate::support::database::{Database, Kind};
use crate::support::home::{Ended, Home};

/// The municipality that writes packs.
pub const SIPOO: (&str, &str) = ("Sipoo", "Sibbo");

/// The municipality that imports them.
pub const KERAVA: (&str, &str) = ("Kerava", "Kervo");

/// An authority and a matter of Sipoo's own, with who deals with it.
const OWN_AUTHORITY: &str = r#"[authority.harbour]
name = { fi = "Satamatoimisto", sv = "Hamnkontoret" }
url = "https://harbour.example.fi"
"#;

const OWN_MATTER: &str = r#"[[matter]]
id = "harbour-sauna"
name = { fi = "Sataman sauna", sv = "Hamnens bastu" }
asked = { fi = ["sataman sauna"], sv = ["hamnens bastu"] }

[[duty]]
matter = "harbour-sauna"
authority = "harbour"
phone = "09 123 4567"
valid_until = 2036-06-30
"#;

/// Sipoo with answers of its own, one of them about a matter of its own.
pub async fn sipoo(kind: Kind) -> Town {
    let sipoo = Town::new(kind, SIPOO).await;
    sipoo.imports_text("authorities.toml", OWN_AUTHORITY).await;
    sipoo.imports_text("register.toml", OWN_MATTER).await;
    sipoo
        .writes(
            "harbour-sauna",
            ("Saako sataman saunaa lämmittää", "Saa, iltakymmeneen asti"),
            "matter = \"harbour-sauna\"",
        )
        .await;
    sipoo
        .writes(
            "harbour-fire",
            ("Saako laiturilla grillata", "Ei, laituri on puuta"),
            "related = [\"harbour-sauna\", \"smoke-alarm-test\"]",
        )
        .await;
    sipoo
}

/// A municipality with a key of its own.
pub struct Town {
    pub home: Home,
    /// Its public key.
    pub key: String,
}

/// An own answer in both languages; `more` are further lines of the file's head.
pub fn answer(id: &str, words: (&str, &str), more: &str) -> String {
    let (question, text) = words;
    format!(
        r#"id = "{id}"
topic = "fire"
authority = "rescue-services"
source = "https://www.example.fi/{id}"
source_name = {{ fi = "Lähde", sv = "Källa" }}
checked = 2026-11-23
review = 2036-11-23
status = "verified"
severity = "minor"
{more}

[fi]
question = "{question}?"
answer = "{text}."
phrasings = ["{question} täällä"]

[sv]
question = "Vad gäller i hamnen för {id}?"
answer = "{text} på svenska."
phrasings = ["hur är det i hamnen med {id}"]
"#
    )
}

impl Town {
    /// A municipality with a few answers and a key.
    pub async fn new(kind: Kind, name: (&str, &str)) -> Self {
        let database = Database::create(kind).await;
        let home = Home::with(database, |settings| {
            let municipality = settings["municipality"].as_table_mut().expect("a table");
            municipality.insert("name_fi".to_owned(), name.0.into());
            municipality.insert("name_sv".to_owned(), name.1.into());
        });
        let made = home.path("secret.key").display().to_string();
        let made = crate::support::home::run(&["pack", "key", "--out", &made, "--json"]).await;
        let key = made.json()["key"].as_str().expect("a key").to_owned();
        Self { home, key }
    }

    /// Writes an own answer, in place of one with the same id.
    pub async fn writes(&self, id: &str, words: (&str, &str), more: &str) {
        self.imports_text(&format!("{id}.toml"), &answer(id, words, more))
            .await;
    }

    /// Imports a file of the municipality's own.
    pub async fn imports_text(&self, name: &str, text: &str) {
        let file = self.home.write(name, text);
        self.home.json(&["kb", "import", &file]).await;
    }

    /// Exports a pack of this id and version with these further arguments; gives the file.
    pub async fn export(&self, id: &str, version: u32, what: &[&str]) -> String {
        let out = self
            .home
            .path(&format!("{id}-{version}.pack"))
            .display()
            .to_string();
        let ended = self.exported(id, &version.to_string(), &out, what).await;
        ended.json();
        out
    }

    /// The same, to this file, whatever comes of it.
    pub async fn exported(&self, id: &str, version: &str, out: &str, what: &[&str]) -> Ended {
        let key = self.home.path("secret.key").display().to_string();
        let mut args = vec![
            "pack",
            "export",
            "--json",
            "--id",
            id,
            "--version",
            version,
            "--title-fi",
            "Satama",
            "--title-sv",
            "Hamnen",
            "--key",
            &key,
            "--out",
            out,
        ];
        args.extend(what);
        self.home.cli(&args).await
    }

    /// Imports a pack, which must go well.
    pub async fn import(&self, file: &str, more: &[&str]) -> Value {
        let mut args = vec!["pack", "import", file];
        args.extend(more);
        self.home.json(&args).await
    }

    /// Imports a pack, which must be refused; gives why.
    pub async fn refuses(&self, file: &str, more: &[&str]) -> Ended {
        let mut args = vec!["pack", "import", file];
        args.extend(more);
        let before = self.content().await;
        let ended = self.home.cli(&args).await;
        assert!(!ended.success, "it was imported: {}", ended.stdout);
        assert_eq!(before, self.content().await, "nothing is written");
        ended
    }

    /// All that is written of layers and packs.
    pub async fn content(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for (table, row) in self.home.database.dump().await {
            if ["pack", "content_file"].contains(&table.as_str()) {
                rows.push(format!("{row:?}"));
            }
        }
        rows.sort();
        rows
    }

    /// What residents who ask this are told.
    pub async fn told(&self, question: &str) -> String {
        let ended = self.home.cli(&["ask", question, "--lang", "fi"]).await;
        assert!(ended.success, "{}", ended.stderr);
        ended.stdout
    }
}

/// The pack of a file.
pub fn pack(file: &str) -> Pack {
    file::read(Path::new(file)).expect("a sound pack").pack
}

/// A pack's file with what is signed in it changed, and signed again by a key of the test's.
pub fn signed_again(file: &str, change: impl FnOnce(&str) -> String) -> String {
    let text = std::fs::read_to_string(file).expect("a pack");
    let (_, payload) = text.split_once("\n\n").expect("an empty line");
    let payload = change(payload);
    let secret = SigningKey::from_bytes(&[7; 32]);
    let key = STANDARD.encode(secret.verifying_key().as_bytes());
    let message = format!("turvabot pack signature\nturvabot-pack 1\nkey: {key}\n\n{payload}");
    let signature = STANDARD.encode(secret.sign(message.as_bytes()).to_bytes());
    format!("turvabot-pack 1\nkey: {key}\nsignature: {signature}\n\n{payload}")
}
