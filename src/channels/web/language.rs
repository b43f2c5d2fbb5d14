//! Which language the page speaks: the resident's choice, else the browser's, else the first.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use super::session::{cookie, set_cookie};
use crate::domain::Lang;

/// The name of the cookie with the chosen language.
pub const LANGUAGE_COOKIE: &str = "turvabot_lang";

const YEAR_S: u64 = 365 * 24 * 60 * 60;

/// The page's language: `asked` (from the address), else the cookie, else the browser's wish,
/// else the first of `served`.
#[must_use]
pub fn page_language(asked: Option<&str>, headers: &HeaderMap, served: &[Lang]) -> Lang {
    asked
        .and_then(|code| served_language(code, served))
        .or_else(|| cookie(headers, LANGUAGE_COOKIE).and_then(|code| served_language(code, served)))
        .or_else(|| {
            let wish = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
            accepted(wish, served)
        })
        .or_else(|| served.first().copied())
        .unwrap_or(Lang::FI)
}

/// The language with this code, if the page exists in it.
#[must_use]
pub fn served_language(code: &str, served: &[Lang]) -> Option<Lang> {
    let lang: Lang = code.parse().ok()?;
    served.contains(&lang).then_some(lang)
}

/// The `Set-Cookie` value that remembers a choice.
#[must_use]
pub fn remember(lang: Lang, secure: bool) -> String {
    set_cookie(LANGUAGE_COOKIE, lang.as_str(), YEAR_S, secure)
}

/// The best served language of an `Accept-Language` header.
fn accepted(header: &str, served: &[Lang]) -> Option<Lang> {
    let mut best: Option<(u32, Lang)> = None;
    for range in header.split(',').take(32) {
        let mut parts = range.split(';');
        let Some(tag) = parts.next().map(str::trim) else {
            continue;
        };
        let weight = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(1000, thousandths);
        let lang = if tag == "*" {
            served.first().copied()
        } else {
            Lang::from_tag(tag).filter(|lang| served.contains(lang))
        };
        if let Some(lang) = lang
            && weight > best.map_or(0, |(known, _)| known)
        {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// A quality value in thousandths; one that cannot be read counts as 0.
fn thousandths(value: &str) -> u32 {
    let (whole, fraction) = value.trim().split_once('.').unwrap_or((value.trim(), "0"));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), fraction.parse::<u32>()) {
        (Ok(0), Ok(part)) => part,
        (Ok(1), Ok(_)) => 1000,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use axum::http::header::COOKIE;

    const SERVED: [Lang; 2] = [Lang::FI, Lang::SV];

    fn headers(cookie: Option<&'static str>, wish: Option<&'static str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, HeaderValue::from_static(cookie));
        }
        if let Some(wish) = wish {
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(wish));
        }
        headers
    }

    #[test]
    fn the_address_beats_the_cookie_beats_the_browser_beats_finnish() {
        let swedish = headers(Some("turvabot_lang=sv"), Some("fi"));
        assert_eq!(page_language(Some("fi"), &swedish, &SERVED), Lang::FI);
        assert_eq!(page_language(None, &swedish, &SERVED), Lang::SV);
        assert_eq!(page_language(Some("xx"), &swedish, &SERVED), Lang::SV);
        let browser = headers(Some("turvabot_lang=de"), Some("sv-FI,sv;q=0.9"));
        assert_eq!(page_language(None, &browser, &SERVED), Lang::SV);
        assert_eq!(page_language(None, &HeaderMap::new(), &SERVED), Lang::FI);
    }

    #[test]
    fn weights_decide_and_the_first_wins_a_tie() {
        let best = |wish| accepted(wish, &SERVED);
        assert_eq!(best("en-GB,en;q=0.9,sv;q=0.4,fi;q=0.5"), Some(Lang::FI));
        assert_eq!(best("sv, fi"), Some(Lang::SV));
        assert_eq!(best("en, *;q=0.1"), Some(Lang::FI));
        assert_eq!(best("sv;q=0, fi;q=0.001"), Some(Lang::FI));
        assert_eq!(best("sv;q=nonsense"), None);
        assert_eq!(best("en"), None);
    }

    #[test]
    fn a_choice_is_remembered() {
        let sent = remember(Lang::SV, true);
        assert!(sent.starts_with("turvabot_lang=sv; Path=/;"), "{sent}");
        assert!(sent.ends_with("; Secure"), "{sent}");
    }
}
