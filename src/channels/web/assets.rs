//! The page's style, script and pictures, embedded in the program.

use std::borrow::Cow;

use axum::body::Body;
use axum::extract::{Path, Query};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde::Deserialize;

use super::session::hex;

#[derive(RustEmbed)]
#[folder = "assets/web/"]
struct Files;

/// The query of an asset's address.
#[derive(Deserialize)]
pub struct Version {
    v: Option<String>,
}

/// The address of an embedded file, different for every content.
#[must_use]
pub fn address(name: &str) -> String {
    match Files::get(name) {
        Some(file) => format!("/assets/{name}?v={}", version(&file)),
        None => format!("/assets/{name}"),
    }
}

/// Answers with an embedded file, or `None` when there is no such file.
///
/// The file may be kept for ever when the address says the version that this program has.
#[must_use]
pub fn answer(
    Path(name): Path<String>,
    Query(asked): Query<Version>,
    headers: &HeaderMap,
) -> Option<Response> {
    let file = Files::get(&name)?;
    let version = version(&file);
    let tag = format!("\"{version}\"");
    let caching = if asked.v.as_deref() == Some(version.as_str()) {
        "public, max-age=31536000, immutable"
    } else {
        "public, no-cache"
    };
    let known = [(ETAG, tag.clone()), (CACHE_CONTROL, caching.to_owned())];
    if headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| matches_tag(value, &tag))
    {
        return Some((StatusCode::NOT_MODIFIED, known).into_response());
    }
    let kind = [(CONTENT_TYPE, content_type(&name))];
    let body = match file.data {
        Cow::Borrowed(bytes) => Body::from(bytes),
        Cow::Owned(bytes) => Body::from(bytes),
    };
    Some((known, kind, body).into_response())
}

/// The first 64 bits of the content's SHA-256.
fn version(file: &EmbeddedFile) -> String {
    let hash = file.metadata.sha256_hash();
    hex(hash.get(..8).unwrap_or(&hash))
}

/// Whether an `If-None-Match` header names this entity tag.
fn matches_tag(header: &str, tag: &str) -> bool {
    header.split(',').map(str::trim).any(|candidate| {
        candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag
    })
}

fn content_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn get(name: &str, v: Option<&str>, known: Option<&str>) -> Option<Response> {
        let mut headers = HeaderMap::new();
        if let Some(known) = known {
            headers.insert(IF_NONE_MATCH, HeaderValue::from_str(known).expect("header"));
        }
        let asked = Version {
            v: v.map(str::to_owned),
        };
        answer(Path(name.to_owned()), Query(asked), &headers)
    }

    #[test]
    fn the_page_gets_addresses_that_never_expire() {
        for name in ["chat.css", "chat.js", "mark.svg", "favicon.svg"] {
            let address = address(name);
            let (_, v) = address.split_once("?v=").expect("a version");
            let answer = get(name, Some(v), None).expect("a file");
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[ETAG], format!("\"{v}\""));
            let caching = answer.headers()[CACHE_CONTROL].to_str().expect("text");
            assert!(caching.ends_with("immutable"), "{caching}");
        }
    }

    #[test]
    fn another_version_is_asked_for_again() {
        let answer = get("chat.css", Some("0"), None).expect("a file");
        assert_eq!(answer.headers()[CACHE_CONTROL], "public, no-cache");
    }

    #[test]
    fn a_known_version_is_not_sent_again() {
        let tag = get("chat.js", None, None).expect("a file").headers()[ETAG].clone();
        let tag = tag.to_str().expect("text");
        let again = get("chat.js", None, Some(tag)).expect("a file");
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        let other = get("chat.js", None, Some("\"0\"")).expect("a file");
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[test]
    fn lists_weak_tags_and_stars_match() {
        assert!(matches_tag("\"a\", W/\"b\"", "\"b\""));
        assert!(matches_tag("*", "\"b\""));
        assert!(!matches_tag("b", "\"b\""));
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        assert!(get("../../Cargo.toml", None, None).is_none());
        assert!(get("nothing.css", None, None).is_none());
    }
}
