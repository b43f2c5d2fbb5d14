//! The file of a pack and its keys: what was changed, forged or is somebody else's is refused.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;

use turvabot::domain::Lang;
use turvabot::packs::file::{self, Pack};
use turvabot::packs::keys::SecretKey;

use super::packs_rig::{KERAVA, SIPOO, Town, signed_again, sipoo};
use crate::support::database::Kind;
use crate::support::home::run;

#[tokio::test]
async fn a_pack_with_any_byte_changed_missing_or_added_is_refused() {
    let sound = small().into_bytes();
    assert!(file::open(&sound).is_ok());
    for at in 0..sound.len() {
        for flip in [0x01, 0x20, 0x80] {
            let mut bytes = sound.clone();
            bytes[at] ^= flip;
            assert!(file::open(&bytes).is_err(), "byte {at} with {flip:#x}");
        }
        assert!(file::open(&sound[..at]).is_err(), "cut off at {at}");
    }
    for more in ["\n", " ", "\0", "{}", "\r\n"] {
        let longer = [&sound[..], more.as_bytes()].concat();
        assert!(file::open(&longer).is_err(), "{more:?} added");
    }
}

/// A pack as small as one can be.
fn small() -> String {
    let name = |fi: &str, sv: &str| {
        [(Lang::FI, fi.to_owned()), (Lang::SV, sv.to_owned())]
            .into_iter()
            .collect()
    };
    let pack = Pack {
        id: "a".to_owned(),
        version: 1,
        title: name("ä", "å"),
        origin: name("o", "o"),
        made_on: "2026-11-24".parse().expect("a day"),
        files: [("answers/a/b.toml".to_owned(), "id = \"b\"\n".to_owned())].into(),
    };
    file::seal(&pack, &SecretKey::from_seed(&[1; 32])).expect("a sound pack")
}

#[tokio::test]
async fn a_pack_that_was_tampered_with_is_refused_by_every_command() {
    let sipoo = sipoo(Kind::Sqlite).await;
    let path = sipoo
        .export("harbour", 1, &["--entry", "harbour-sauna"])
        .await;
    let sound = std::fs::read(&path).expect("a pack");
    run(&["pack", "verify", &path, "--json"]).await.json();
    let kerava = Town::new(Kind::Sqlite, KERAVA).await;
    for at in [3, 20, 80, 200, 900, sound.len() - 2] {
        let mut bytes = sound.clone();
        bytes[at] ^= 0x01;
        let changed = kerava.home.path("changed.pack");
        std::fs::write(&changed, bytes).expect("a file");
        let changed = changed.display().to_string();
        let ended = run(&["pack", "verify", &changed]).await;
        assert!(
            ended.faults()[0].contains("is refused: "),
            "{at}: {}",
            ended.stderr
        );
        let ended = kerava.refuses(&changed, &["--trust", &sipoo.key]).await;
        assert!(
            ended.stderr.contains("is refused: "),
            "{at}: {}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn what_no_export_writes_is_refused_even_if_it_is_signed() {
    let sipoo = sipoo(Kind::Sqlite).await;
    let path = sipoo
        .export("harbour", 1, &["--entry", "harbour-sauna"])
        .await;
    let sound = signed_again(&path, str::to_owned);
    file::open(sound.as_bytes()).expect("only the key is another one");
    let answer = "answers/fire/harbour-sauna.toml";
    for (old, new, why) in [
        (
            answer,
            "answers/../harbour-sauna.toml",
            "is no file of a pack",
        ),
        (
            answer,
            "../answers/fire/harbour-sauna.toml",
            "is no file of a pack",
        ),
        (answer, "/etc/harbour-sauna.toml", "is no file of a pack"),
        (
            answer,
            "answers/fire/deep/harbour-sauna.toml",
            "is no file of a pack",
        ),
        (answer, "answers/fire/.toml", "is no file of a pack"),
        (
            answer,
            "answers/fire/harbour-sauna.txt",
            "is no file of a pack",
        ),
        ("topics.toml", "triage.toml", "is no file of a pack"),
        ("\"harbour\"", "\"local\"", "is the name of something else"),
        ("\"harbour\"", "\"base\"", "is the name of something else"),
        ("\"harbour\"", "\"Harbour\"", "is not an id"),
        ("\"version\": 1", "\"version\": 0", "the first is 1"),
        ("\"version\": 1", "\"version\": -1", "is not a pack"),
        ("\"version\": 1", "\"version\": 1.0", "is not a pack"),
        (
            "\"version\": 1,",
            "\"version\": 1, \"version\": 1,",
            "is not a pack",
        ),
        (
            "\"version\": 1,",
            "\"version\":1,",
            "not spelt as packs are",
        ),
        (
            "\"version\": 1,",
            "\"version\": 1,\n  \"more\": 1,",
            "is not a pack",
        ),
        (
            "\"Satama\"",
            "\"Satama\u{202e}\"",
            "invisible control characters",
        ),
        (
            "\"Satama\"",
            "\"Sa\\u001b[2Jtama\"",
            "invisible control characters",
        ),
        (
            "\"Satama\"",
            "\"Sa\\ntama\"",
            "invisible control characters",
        ),
        ("\"Satama\"", "\"\"", "title-fi is empty"),
        (
            "\"Sipoo\"",
            "\"Sip\u{2066}oo\"",
            "invisible control characters",
        ),
        (
            "iltakymmeneen",
            "ilta\u{202e}kymmeneen",
            "invisible control characters",
        ),
        (
            "iltakymmeneen",
            "ilta\\\\u001bkymmeneen",
            "invisible control characters",
        ),
        ("[fi]", "[fi", answer),
    ] {
        let forged = signed_again(&path, |payload| payload.replacen(old, new, 1));
        assert_ne!(forged, sound, "{old} is there");
        let refused = file::open(forged.as_bytes()).expect_err(new).to_string();
        assert!(refused.contains(why), "{new}: {refused}");
        let inert = refused
            .chars()
            .all(|c| !c.is_control() && !('\u{2028}'..='\u{2069}').contains(&c));
        assert!(inert, "{refused:?}");
    }
    let long = signed_again(&path, |payload| {
        payload.replacen("Satama", &"a".repeat(8_000_000), 1)
    });
    let refused = file::open(long.as_bytes())
        .expect_err("too long")
        .to_string();
    assert!(refused.contains("too long"), "{refused}");
}

#[tokio::test]
async fn a_secret_key_is_its_owners_alone_and_never_written_over() {
    let town = Town::new(Kind::Sqlite, SIPOO).await;
    let path = town.home.path("secret.key");
    let mode = std::fs::metadata(&path)
        .expect("a key")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let key = std::fs::read(&path).expect("a key");
    let file = path.display().to_string();
    let ended = run(&["pack", "key", "--out", &file]).await;
    assert!(
        ended.faults()[0].contains("is there already"),
        "{}",
        ended.stderr
    );
    let ended = town
        .exported("harbour", "1", &file, &["--topic", "fire"])
        .await;
    assert!(
        ended.faults()[0].contains("is there already"),
        "{}",
        ended.stderr
    );
    assert_eq!(std::fs::read(&path).expect("a key"), key);

    std::fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("a mode");
    let out = town.home.path("x.pack").display().to_string();
    let ended = town
        .exported("harbour", "1", &out, &["--topic", "fire"])
        .await;
    assert!(
        ended.faults()[0].contains("others may read it"),
        "{}",
        ended.stderr
    );
}
