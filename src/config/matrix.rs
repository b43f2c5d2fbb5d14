//! Reads the `[matrix]` section.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use super::secret::secret_file;
use super::sections::{base_url, path};
use super::{Guests, Matrix, MatrixRoom, keys};
use crate::domain::Lang;
use crate::faults::Reader;

/// The keys of each `[[matrix.rooms]]`.
const ROOM_KEYS: [&str; 5] = ["alias", "lang", "topics", "areas", "create"];

/// The channel's settings; `None` only with a fault recorded.
pub(super) fn matrix(mut reader: Reader<'_>, base: &Path) -> Option<Matrix> {
    let mut need = |key: &str, cure: &str| {
        let variable = keys::variable("matrix", key);
        reader.need(key, &format!("write {key} = {cure}, or set {variable}"));
    };
    need("homeserver", "\"https://matrix.example.fi/\"");
    need("user", "\"@turvabot:example.fi\"");
    let homeserver = base_url(&mut reader, "homeserver");
    let user = reader.text("user");
    if let Some(user) = user.as_ref().filter(|user| !is_user(user)) {
        let cure = "write @name:server";
        reader.fault(
            "user",
            format_args!("\"{user}\" is not a Matrix user; {cure}"),
        );
    }
    let password = secret_file(&mut reader, "password_file", base);
    let access_token = secret_file(&mut reader, "access_token_file", base);
    if password.is_some() && access_token.is_some() {
        reader.fault(
            "access_token_file",
            "password_file is given, too; keep one of them",
        );
    }
    let guests = Guests {
        allow_servers: servers(&mut reader, "allow_servers"),
        deny_servers: servers(&mut reader, "deny_servers").unwrap_or_default(),
        deny_users: users(&mut reader, "deny_users"),
    };
    let number = |reader: &mut Reader<'_>, key: &str, default: u32| {
        let number = reader.whole(key, 1..=1000);
        number
            .and_then(NonZeroU32::new)
            .or(NonZeroU32::new(default))
    };
    let invites_per_minute = number(&mut reader, "invites_per_minute", 60)?;
    let per_second = reader.whole("messages_per_second", 0..=1000).unwrap_or(0);
    let connections = number(&mut reader, "connections", 8)?;
    let mut rooms = Vec::new();
    reader.each("rooms", &ROOM_KEYS, |inner| rooms.extend(room(inner)));
    let mut seen = std::collections::HashSet::new();
    for room in &rooms {
        if !seen.insert(room.alias.clone()) {
            let what = format!("\"{}\" stands there twice; remove one", room.alias);
            reader.fault("rooms", what);
        }
    }
    Some(Matrix {
        recovery_key: secret_file(&mut reader, "recovery_key_file", base),
        store_dir: path(&mut reader, "store_dir", base).unwrap_or_else(|| default_store(base)),
        homeserver: homeserver?,
        user: user?,
        password,
        access_token,
        guests,
        invites_per_minute,
        messages_per_second: NonZeroU32::new(per_second),
        connections,
        rooms,
    })
}

fn default_store(base: &Path) -> PathBuf {
    let path = base.join("matrix-store");
    std::path::absolute(&path).unwrap_or(path)
}

/// Whether this is `@name:server`.
fn is_user(text: &str) -> bool {
    named(text, '@')
}

/// Whether this is a sigil, a name, a colon and a server.
fn named(text: &str, sigil: char) -> bool {
    let parts = text
        .strip_prefix(sigil)
        .and_then(|rest| rest.split_once(':'));
    parts.is_some_and(|(name, server)| !name.is_empty() && !server.is_empty())
}

fn servers(reader: &mut Reader<'_>, key: &str) -> Option<Vec<String>> {
    let servers = reader.texts(key)?;
    for server in &servers {
        if server.contains(['@', '/', ' ']) {
            let cure = "write its name, such as example.fi";
            reader.fault(key, format_args!("\"{server}\" is not a server; {cure}"));
        }
    }
    Some(servers)
}

fn users(reader: &mut Reader<'_>, key: &str) -> Vec<String> {
    let users = reader.texts(key).unwrap_or_default();
    for user in users.iter().filter(|user| !is_user(user)) {
        let cure = "write @name:server";
        reader.fault(key, format_args!("\"{user}\" is not a Matrix user; {cure}"));
    }
    users
}

fn room(mut reader: Reader<'_>) -> Option<MatrixRoom> {
    let alias = reader.need_text("alias", "write alias = \"#turva:example.fi\"");
    if let Some(alias) = alias.as_ref().filter(|alias| !named(alias, '#')) {
        let cure = "write #name:server";
        reader.fault(
            "alias",
            format_args!("\"{alias}\" is not an alias of a room; {cure}"),
        );
    }
    let lang = reader.need_text("lang", "write lang = \"fi\" or lang = \"sv\"");
    let lang = lang.and_then(|code| {
        code.parse::<Lang>()
            .map_err(|_| {
                reader.fault(
                    "lang",
                    format_args!("\"{code}\" is not a language; write \"fi\" or \"sv\""),
                )
            })
            .ok()
    });
    let room = MatrixRoom {
        topics: reader.texts("topics").unwrap_or_default(),
        areas: reader.texts("areas").unwrap_or_default(),
        create: reader.flag("create").unwrap_or(false),
        alias: alias?,
        lang: lang?,
    };
    Some(room)
}
