//! Protection around every answer: security headers, and the check of where a POST comes from.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use url::Url;

/// Everything from this site, nothing inline, nowhere framed.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

const PERMISSIONS: &str = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), \
    display-capture=(), fullscreen=()";

/// Adds the headers that every answer carries.
pub fn protect(headers: &mut HeaderMap, https: bool) {
    let fixed = [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Other sites learn nothing. "no-referrer" would make browsers send `Origin: null`
        // with this site's own forms, which the check below must refuse.
        (REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("permissions-policy"), PERMISSIONS),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if https {
        headers.insert(
            STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// Whether a POST comes from this site's own page or from a program that is no browser.
///
/// Browsers say where a request comes from in `Sec-Fetch-Site`, older ones in `Origin`. A request
/// with neither is no browser's: it has no resident's cookies to misuse.
#[must_use]
pub fn from_this_site(headers: &HeaderMap, public: &Url) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let Some(origin) = text(ORIGIN.as_str()) else {
        return true;
    };
    if origin == public.origin().ascii_serialization() {
        return true;
    }
    let host = text(HOST.as_str()).unwrap_or_default();
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    !host.is_empty() && authority == Some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        let public = Url::parse("https://chat.example.fi/").expect("address");
        from_this_site(&headers, &public)
    }

    #[test]
    fn only_this_site_may_post() {
        assert!(allowed(&[("sec-fetch-site", "same-origin")]));
        assert!(allowed(&[("sec-fetch-site", "none")]));
        assert!(!allowed(&[("sec-fetch-site", "cross-site")]));
        assert!(!allowed(&[("sec-fetch-site", "same-site")]));
        assert!(!allowed(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "https://chat.example.fi"),
        ]));
    }

    #[test]
    fn without_fetch_metadata_the_origin_decides() {
        assert!(allowed(&[]));
        assert!(allowed(&[("origin", "https://chat.example.fi")]));
        assert!(allowed(&[
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080"),
        ]));
        assert!(!allowed(&[("origin", "https://evil.example")]));
        assert!(!allowed(&[("origin", "null"), ("host", "chat.example.fi")]));
        assert!(!allowed(&[
            ("origin", "https://chat.example.fi.evil.example"),
            ("host", "chat.example.fi"),
        ]));
    }

    #[test]
    fn the_policy_allows_nothing_inline_or_foreign() {
        assert!(POLICY.starts_with("default-src 'none'; "));
        for word in ["unsafe", "http:", "https:", "*", "data:", "  "] {
            assert!(!POLICY.contains(word), "{word}");
        }
        for part in [
            "script-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(POLICY.contains(part), "{part}");
        }
    }

    #[test]
    fn answers_carry_the_headers() {
        let mut headers = HeaderMap::new();
        protect(&mut headers, true);
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "permissions-policy",
            "strict-transport-security",
        ] {
            assert!(headers.contains_key(name), "{name}");
        }
        assert_eq!(headers["cache-control"], "no-store");
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("immutable"));
        protect(&mut headers, false);
        assert_eq!(headers["cache-control"], "immutable");
        assert!(!headers.contains_key("strict-transport-security"));
    }
}
