//! The web chat over HTTP, with a core that lives in memory.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::*;

/// A conversation's lines and the signal of new ones.
type Talk = (Vec<Line>, watch::Sender<i64>);

/// Says back what it hears.
struct Echo {
    talks: Mutex<HashMap<SessionKey, Talk>>,
}

impl Echo {
    fn push(&self, key: &SessionKey, html: &str) {
        let mut talks = self.talks.lock().expect("lock");
        let (lines, signal) = talks
            .entry(key.clone())
            .or_insert_with(|| (Vec::new(), watch::channel(0).0));
        let seq = lines.last().map_or(1, |line| line.seq + 1);
        lines.push(Line {
            seq,
            at_ms: 1_763_892_300_000,
            from: Speaker::Bot,
            lang: Lang::FI,
            html: format!("<p>{html}</p>"),
            buttons: Vec::new(),
        });
        signal.send_replace(seq);
    }

    fn sessions(&self) -> Vec<SessionKey> {
        self.talks.lock().expect("lock").keys().cloned().collect()
    }
}

impl ChatPort for Echo {
    async fn say(
        &self,
        session: &SessionKey,
        said: Said,
        hint: Option<Lang>,
    ) -> Result<(), Unavailable> {
        match said {
            Said::Text(text) if text == "break" => return Err(Unavailable),
            Said::Text(text) => self.push(session, &text),
            Said::Action(action) => self.push(session, &format!("pressed {action}")),
            Said::Start(payload) => self.push(session, &format!("{payload:?} {hint:?}")),
        }
        Ok(())
    }

    async fn lines(&self, session: &SessionKey, after_seq: i64) -> Result<Vec<Line>, Unavailable> {
        let talks = self.talks.lock().expect("lock");
        let lines = talks.get(session).map(|(lines, _)| lines.clone());
        let lines = lines.unwrap_or_default().into_iter();
        Ok(lines.filter(|line| line.seq > after_seq).collect())
    }

    fn watch(&self, session: &SessionKey) -> watch::Receiver<i64> {
        let talks = self.talks.lock().expect("lock");
        match talks.get(session) {
            Some((_, signal)) => signal.subscribe(),
            None => watch::channel(0).1,
        }
    }

    fn page(&self, lang: Lang) -> Arc<PageTexts> {
        let texts = PageTexts::from_lookup(lang, "Kunta".to_owned(), Vec::new(), |key| match key {
            "web-time-pattern" => "%H.%M".to_owned(),
            key => format!("{key} in {lang}"),
        });
        Arc::new(texts)
    }
}

struct Site {
    at: SocketAddr,
    echo: Arc<Echo>,
    shutdown: CancellationToken,
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The cookie as the browser sends it back.
    fn cookie(&self) -> String {
        let set = self.header("set-cookie");
        set.split(';').next().unwrap_or_default().to_owned()
    }
}

impl Site {
    async fn open(change: impl FnOnce(&mut WebConfig)) -> Self {
        let echo = Arc::new(Echo {
            talks: Mutex::default(),
        });
        let shutdown = CancellationToken::new();
        let address = Url::parse("https://chat.example.fi/").expect("address");
        let mut config = WebConfig::new(address);
        change(&mut config);
        let app = router(Arc::clone(&echo), config, shutdown.clone())
            .into_make_service_with_connect_info::<SocketAddr>();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("listen");
        let at = listener.local_addr().expect("address");
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { at, echo, shutdown }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> hyper::Response<Incoming> {
        let stream = TcpStream::connect(self.at).await.expect("connect");
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .expect("handshake");
        tokio::spawn(connection);
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "chat.example.fi");
        if method == "POST" {
            request = request.header("content-type", "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::from(body.to_owned()));
        let request = request.body(body).expect("request");
        sender.send_request(request).await.expect("answer")
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let answer = self.send(method, path, headers, body).await;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.expect("body").to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers, "").await
    }

    async fn post(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        self.ask("POST", "/say", headers, body).await
    }
}

#[tokio::test]
async fn looking_at_the_page_leaves_no_trace() {
    let site = Site::open(|_| ()).await;
    let page = site.get("/", &[]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("<html lang=\"fi\">"), "{}", page.body);
    assert_eq!(page.header("set-cookie"), "");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(!page.header("content-security-policy").is_empty());
    assert!(!page.header("strict-transport-security").is_empty());
    assert!(!page.body.contains("<style") && !page.body.contains(" style="));
    assert!(site.echo.sessions().is_empty());
    let events = site.get("/events", &[]).await;
    assert_eq!(events.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_conversation_works_without_a_script() {
    let site = Site::open(|_| ()).await;
    let first = site
        .post(&[("origin", "https://chat.example.fi")], "text=Hei+vaan")
        .await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert_eq!(first.header("location"), "/#end");
    assert!(first.header("set-cookie").contains("; Secure"));
    let cookie = first.cookie();
    site.post(&[("cookie", &cookie)], "action=abc").await;
    site.post(&[("cookie", &cookie)], "start=poll-3").await;
    let page = site.get("/", &[("cookie", &cookie)]).await;
    for part in ["Hei vaan", "pressed abc", "poll-3", "data-after=\"3\""] {
        assert!(page.body.contains(part), "{part} in {}", page.body);
    }
    let [key] = site.echo.sessions().try_into().expect("one session");
    assert!(!cookie.contains(key.as_str()));
    let stranger = site.get("/", &[]).await;
    assert!(!stranger.body.contains("Hei vaan"));
}

#[tokio::test]
async fn the_script_gets_a_status_and_no_page() {
    let site = Site::open(|_| ()).await;
    let json = ("accept", "application/json");
    let said = site.post(&[json], "text=Hei").await;
    assert_eq!(said.status, StatusCode::NO_CONTENT);
    assert_eq!(said.header("x-turvabot-session"), "new");
    let cookie = said.cookie();
    let failed = site.post(&[json, ("cookie", &cookie)], "text=break").await;
    assert_eq!(failed.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(failed.body, "{\"message\":\"web-error-unavailable in fi\"}");
}

#[tokio::test]
async fn a_deep_link_is_offered_and_followed_only_when_pressed() {
    let site = Site::open(|_| ()).await;
    let page = site.get("/?start=poll-3&lang=sv", &[]).await;
    let button = "name=\"start\" value=\"poll-3\"";
    assert!(page.body.contains(button), "{}", page.body);
    assert!(
        page.body.contains("/?lang=fi&#38;start=poll-3"),
        "{}",
        page.body
    );
    assert!(site.echo.sessions().is_empty());
    let odd = site.get("/?start=%3Cb%3E", &[]).await;
    assert!(odd.body.contains("name=\"start\" value=\"\""));
}

#[tokio::test]
async fn a_choice_of_language_is_kept() {
    let site = Site::open(|_| ()).await;
    let chosen = site.get("/?lang=sv", &[]).await;
    assert!(chosen.body.contains("<html lang=\"sv\">"));
    let cookie = chosen.cookie();
    let later = site
        .get("/", &[("cookie", &cookie), ("accept-language", "fi")])
        .await;
    assert!(later.body.contains("<html lang=\"sv\">"));
    let wish = site.get("/", &[("accept-language", "sv-FI")]).await;
    assert!(wish.body.contains("<html lang=\"sv\">"));
    assert_eq!(wish.header("set-cookie"), "");
}

#[tokio::test]
async fn other_sites_cannot_speak_for_a_resident() {
    let site = Site::open(|_| ()).await;
    for header in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let answer = site.post(&[header], "text=Hei").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header:?}");
        assert_eq!(answer.header("set-cookie"), "");
    }
    assert!(site.echo.sessions().is_empty());
}

#[tokio::test]
async fn a_long_message_is_refused_and_kept() {
    let site = Site::open(|config| config.max_text_bytes = 100).await;
    let long = format!("text={}", "kissa+".repeat(40));
    let refused = site.post(&[("accept-language", "sv")], &long).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.body.contains("web-error-too-long in sv"));
    assert!(refused.body.contains("kissa kissa"));
    let longer = format!("text={}", "x".repeat(5000));
    let refused = site.post(&[("accept", "application/json")], &longer).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(refused.body.contains("web-error-too-long in fi"));
    assert!(site.echo.sessions().is_empty());
}

#[tokio::test]
async fn mistakes_are_answered_with_a_page_in_the_residents_language() {
    let site = Site::open(|_| ()).await;
    let sv = ("accept-language", "sv");
    let cases = [
        ("GET", "/nothing", "", StatusCode::NOT_FOUND),
        ("GET", "/assets/nothing.css", "", StatusCode::NOT_FOUND),
        ("GET", "/say", "", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "/say", "nothing=1", StatusCode::BAD_REQUEST),
        (
            "POST",
            "/say",
            "text=break",
            StatusCode::SERVICE_UNAVAILABLE,
        ),
    ];
    for (method, path, body, status) in cases {
        let answer = site.ask(method, path, &[sv], body).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.body.contains("<html lang=\"sv\">"), "{path}");
        assert!(answer.body.contains("web-error-"), "{path}");
        assert!(!answer.header("content-security-policy").is_empty());
    }
}

#[tokio::test]
async fn too_many_messages_have_to_wait() {
    let site = Site::open(|config| config.session_pace = Pace::new(2, 1)).await;
    let cookie = site.post(&[], "text=1").await.cookie();
    let headers = [("cookie", cookie.as_str())];
    assert_eq!(
        site.post(&headers, "text=2").await.status,
        StatusCode::SEE_OTHER
    );
    let refused = site.post(&headers, "text=3").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_ne!(refused.header("retry-after"), "");
    assert!(refused.body.contains(">\n3</textarea>"), "{}", refused.body);
}

/// Reads events until one carries `until`.
async fn read(body: &mut Incoming, until: &str) -> String {
    let mut text = String::new();
    while !text.contains(until) {
        let frame = tokio::time::timeout(Duration::from_secs(5), body.frame()).await;
        let frame = frame.expect("in time").expect("no end").expect("frame");
        let data = frame.into_data().expect("data");
        text.push_str(&String::from_utf8_lossy(&data));
    }
    text
}

#[tokio::test]
async fn a_browser_that_comes_back_misses_nothing_and_gets_nothing_twice() {
    let site = Site::open(|_| ()).await;
    let cookie = site.post(&[], "text=yksi").await.cookie();
    let [key] = site.echo.sessions().try_into().expect("one session");
    site.echo.push(&key, "kaksi");

    let headers = [("cookie", cookie.as_str())];
    let answer = site.send("GET", "/events?after=1", &headers, "").await;
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let mut body = answer.into_body();
    let text = read(&mut body, "kaksi").await;
    assert!(text.contains("id: 2\n") && !text.contains("yksi"), "{text}");
    site.echo.push(&key, "kolme");
    assert!(read(&mut body, "kolme").await.contains("id: 3\n"));
    drop(body);

    site.echo.push(&key, "neljä");
    let again = [("cookie", cookie.as_str()), ("last-event-id", "3")];
    let answer = site.send("GET", "/events?after=1", &again, "").await;
    let mut body = answer.into_body();
    let text = read(&mut body, "neljä").await;
    assert!(text.contains("id: 4\n"), "{text}");
    assert!(!text.contains("kaksi") && !text.contains("kolme"), "{text}");
}

#[tokio::test]
async fn event_streams_end_with_the_program() {
    let site = Site::open(|_| ()).await;
    let cookie = site.post(&[], "text=yksi").await.cookie();
    let headers = [("cookie", cookie.as_str())];
    let answer = site.send("GET", "/events", &headers, "").await;
    let mut body = answer.into_body();
    read(&mut body, "yksi").await;
    site.shutdown.cancel();
    let rest = tokio::time::timeout(Duration::from_secs(5), body.collect()).await;
    assert!(rest.expect("in time").is_ok());
}

#[tokio::test]
async fn only_so_many_browsers_wait_at_once() {
    let site = Site::open(|config| config.max_streams = 1).await;
    let cookie = site.post(&[], "text=yksi").await.cookie();
    let headers = [("cookie", cookie.as_str())];
    let first = site.send("GET", "/events", &headers, "").await;
    let second = site.get("/events", &headers).await;
    assert_eq!(second.status, StatusCode::SERVICE_UNAVAILABLE);
    drop(first);
}
