//! How often one session and one network address may ask for something.

use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::session::SessionKey;

/// Forgotten keys are removed once in this many questions.
const CLEANING: u32 = 1024;

/// How many requests are allowed.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// At once.
    pub burst: NonZeroU32,
    /// Per minute in the long run.
    pub per_minute: NonZeroU32,
}

impl Pace {
    /// Up to `burst` at once and `per_minute` in the long run; a zero counts as one.
    #[must_use]
    pub fn new(burst: u32, per_minute: u32) -> Self {
        let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
        Self {
            burst: at_least_one(burst),
            per_minute: at_least_one(per_minute),
        }
    }

    fn quota(self) -> Quota {
        Quota::per_minute(self.per_minute).allow_burst(self.burst)
    }
}

/// Counts the requests of each session and of each address.
pub struct Throttle {
    sessions: DefaultKeyedRateLimiter<SessionKey>,
    addresses: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    asked: AtomicU32,
}

/// Too many requests: seconds until the next one is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub u64);

impl Throttle {
    /// A throttle with these paces.
    #[must_use]
    pub fn new(session: Pace, address: Pace) -> Self {
        Self {
            sessions: RateLimiter::keyed(session.quota()),
            addresses: RateLimiter::keyed(address.quota()),
            clock: DefaultClock::default(),
            asked: AtomicU32::new(0),
        }
    }

    /// Counts a request of a session.
    ///
    /// # Errors
    /// When the session has asked too often.
    pub fn session(&self, key: &SessionKey) -> Result<(), Wait> {
        self.check(&self.sessions, key)
    }

    /// Counts a request from an address; an unknown address is not limited.
    ///
    /// # Errors
    /// When the address has asked too often.
    pub fn address(&self, address: Option<IpAddr>) -> Result<(), Wait> {
        match address {
            Some(address) => self.check(&self.addresses, &network(address)),
            None => Ok(()),
        }
    }

    fn check<K: Hash + Eq + Clone>(
        &self,
        limiter: &DefaultKeyedRateLimiter<K>,
        key: &K,
    ) -> Result<(), Wait> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % CLEANING == CLEANING - 1 {
            self.sessions.retain_recent();
            self.sessions.shrink_to_fit();
            self.addresses.retain_recent();
            self.addresses.shrink_to_fit();
        }
        limiter.check_key(key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Wait(wait.as_secs() + 1)
        })
    }
}

/// The part of an address that belongs to one household or office.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

/// Where a request comes from: with `behind_proxy` the last address in `X-Forwarded-For`, which
/// the proxy itself has added, else the connection's other end.
#[must_use]
pub fn client_address(parts: &Parts, behind_proxy: bool) -> Option<IpAddr> {
    if behind_proxy && let Some(address) = forwarded(&parts.headers) {
        return Some(address);
    }
    parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip())
}

fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let address = last.to_str().ok()?.rsplit(',').next()?.trim();
    address.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::session::SessionSecret;
    use super::*;
    use axum::http::{HeaderValue, Request};

    #[test]
    fn a_burst_passes_and_the_next_request_waits() {
        let throttle = Throttle::new(Pace::new(2, 1), Pace::new(1, 1));
        let key = SessionSecret::generate().expect("random").key();
        assert_eq!(throttle.session(&key), Ok(()));
        assert_eq!(throttle.session(&key), Ok(()));
        let wait = throttle.session(&key).expect_err("too many");
        assert!((1..=61).contains(&wait.0), "{wait:?}");
        let other = SessionSecret::generate().expect("random").key();
        assert_eq!(throttle.session(&other), Ok(()));
    }

    #[test]
    fn neighbours_in_one_network_share_their_pace() {
        let throttle = Throttle::new(Pace::new(1, 1), Pace::new(1, 1));
        let address = |text: &str| text.parse::<IpAddr>().ok();
        assert!(throttle.address(address("2001:db8:1:2::a")).is_ok());
        assert!(throttle.address(address("2001:db8:1:2::b")).is_err());
        assert!(throttle.address(address("2001:db8:1:3::a")).is_ok());
        assert!(throttle.address(address("::ffff:192.0.2.1")).is_ok());
        assert!(throttle.address(address("192.0.2.1")).is_err());
        assert!(throttle.address(None).is_ok() && throttle.address(None).is_ok());
    }

    #[test]
    fn only_a_trusted_proxy_names_the_address() {
        let mut request = Request::new(());
        let list = HeaderValue::from_static("203.0.113.9, 192.0.2.7");
        request.headers_mut().insert("x-forwarded-for", list);
        let peer: SocketAddr = "10.0.0.1:5000".parse().expect("address");
        request.extensions_mut().insert(ConnectInfo(peer));
        let (parts, ()) = request.into_parts();
        assert_eq!(client_address(&parts, true), "192.0.2.7".parse().ok());
        assert_eq!(client_address(&parts, false), Some(peer.ip()));
    }

    #[test]
    fn nothing_is_known_of_a_request_without_a_connection() {
        let (parts, ()) = Request::new(()).into_parts();
        assert_eq!(client_address(&parts, true), None);
    }
}
