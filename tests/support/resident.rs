//! A resident at the web chat, with the browser's cookies.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU16, Ordering};

use reqwest::header::{ACCEPT_LANGUAGE, COOKIE, ORIGIN, SET_COOKIE};
use reqwest::{Response, StatusCode};
use sha2::{Digest as _, Sha256};

use super::page::{self, Line};
use super::server::TestServer;
use super::wait::in_time;

/// A resident in front of a browser.
pub struct WebResident {
    http: reqwest::Client,
    base: String,
    accepts: Option<String>,
    session: Option<String>,
    seen: i64,
    /// Everything the page showed when it was last looked at.
    pub lines: Vec<Line>,
}

impl WebResident {
    /// Somebody who hasn't said anything yet.
    pub fn new(server: &TestServer) -> Self {
        Self::at(&server.url(""))
    }

    /// The same, for a server by its address.
    pub fn at(base: &str) -> Self {
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy();
        if cfg!(target_os = "linux") {
            // Everyone has a network address of their own, as the limits per address expect.
            http = http.local_address(address());
        }
        Self {
            http: http.build().expect("a browser"),
            base: base.to_owned(),
            accepts: None,
            session: None,
            seen: 0,
            lines: Vec::new(),
        }
    }

    /// The browser wishes for a language.
    pub fn accepting(mut self, language: &str) -> Self {
        self.accepts = Some(language.to_owned());
        self
    }

    /// Somebody whose browser wishes for `lang` and who has begun with a first message.
    pub async fn speaking(server: &TestServer, lang: &str) -> Self {
        let mut resident = Self::new(server).accepting(lang);
        resident.start().await;
        resident
    }

    /// Goes on with the same session at another server.
    pub fn move_to(&mut self, server: &TestServer) {
        self.base = server.url("");
    }

    /// What stands for the session in the database: the hash of the cookie, and of no use to others.
    pub fn key(&self) -> String {
        let session = self.session.as_deref().expect("a session");
        let digest = Sha256::digest(session.as_bytes());
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The cookie's value.
    pub fn secret(&self) -> Option<&str> {
        self.session.as_deref()
    }

    fn request(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let mut request = request;
        if let Some(language) = &self.accepts {
            request = request.header(ACCEPT_LANGUAGE, language);
        }
        if let Some(session) = &self.session {
            request = request.header(COOKIE, format!("turvabot_chat={session}"));
        }
        request
    }

    /// Sends a form of the page and returns the answer.
    pub async fn post(&mut self, field: &str, value: &str) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(field, value)
            .finish();
        let request = self
            .http
            .post(format!("{}/say", self.base))
            .header(ORIGIN, &self.base)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        let answer = self.request(request).send().await.expect("an answer");
        for cookie in answer.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie");
            if let Some(value) = cookie.strip_prefix("turvabot_chat=") {
                self.session = value.split(';').next().map(str::to_owned);
            }
        }
        answer
    }

    /// Looks at an address of the site.
    pub async fn get(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.base));
        self.request(request).send().await.expect("an answer")
    }

    /// Looks at the page, and returns the bot's lines that were not there before.
    pub async fn look(&mut self) -> Vec<Line> {
        let answer = self.get("/").await;
        assert_eq!(answer.status(), StatusCode::OK);
        self.lines = page::lines(&answer.text().await.expect("a page"));
        let seen = self.seen;
        self.seen = self.lines.last().map_or(0, |line| line.seq);
        let new = self
            .lines
            .iter()
            .filter(|line| line.seq > seen && line.by_bot);
        new.cloned().collect()
    }

    async fn send(&mut self, field: &str, value: &str) -> Vec<Line> {
        let answer = self.post(field, value).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{field}: {value}");
        self.look().await
    }

    /// Presses the button that begins the conversation.
    pub async fn start(&mut self) -> Line {
        one(self.send("start", "").await, "start")
    }

    /// Writes something and returns the answer, which is a single line.
    pub async fn say(&mut self, text: &str) -> Line {
        one(self.say_all(text).await, text)
    }

    /// Writes something and returns the lines of the answer.
    pub async fn say_all(&mut self, text: &str) -> Vec<Line> {
        self.send("text", text).await
    }

    /// Presses the newest button with this label and returns the answer, a single line.
    pub async fn press(&mut self, label: &str) -> Line {
        let mut newest = self.lines.iter().rev();
        let found = newest.find_map(|line| line.button(label));
        let token = found.unwrap_or_else(|| panic!("no button \"{label}\" in {:#?}", self.lines));
        let token = token.token.clone();
        one(self.send("action", &token).await, label)
    }

    /// Sends what a button would send.
    pub async fn press_token(&mut self, token: &str) -> Vec<Line> {
        self.send("action", token).await
    }

    /// Opens the stream of new lines, after the last line known to the browser if it says so.
    pub async fn stream(&self, last_event: Option<i64>) -> Stream {
        let mut request = self.http.get(format!("{}/events", self.base));
        if let Some(last) = last_event {
            request = request.header("last-event-id", last.to_string());
        }
        let response = self.request(request).send().await.expect("an answer");
        assert_eq!(response.status(), StatusCode::OK);
        Stream {
            response,
            buffer: String::new(),
        }
    }

    /// The place of the last line seen.
    pub fn last_seen(&self) -> i64 {
        self.seen
    }
}

/// New lines as they come.
pub struct Stream {
    response: Response,
    buffer: String,
}

impl Stream {
    /// The next line.
    pub async fn next(&mut self) -> Line {
        in_time("the next line of the stream", self.read())
            .await
            .expect("the stream goes on")
    }

    /// Waits for the end of the stream and returns the lines that came before.
    pub async fn rest(mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        while let Some(line) = in_time("the end of the stream", self.read()).await {
            lines.push(line);
        }
        lines
    }

    async fn read(&mut self) -> Option<Line> {
        loop {
            while let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let line = line(event);
                self.buffer = rest.to_owned();
                if line.is_some() {
                    return line;
                }
            }
            let chunk = self.response.chunk().await.ok()??;
            self.buffer.push_str(&String::from_utf8_lossy(&chunk));
        }
    }
}

/// The line of an event; none for a comment or a setting.
fn line(event: &str) -> Option<Line> {
    let field = |name| {
        let found = event
            .lines()
            .filter_map(move |line| line.strip_prefix(name));
        found.map(|value: &str| value.strip_prefix(' ').unwrap_or(value))
    };
    let id: i64 = field("id:").next()?.parse().expect("an event's number");
    let data: Vec<_> = field("data:").collect();
    let line = page::lines(&data.join("\n")).pop().expect("a line");
    assert_eq!(line.seq, id, "an event's number is its line's");
    Some(line)
}

fn one(mut lines: Vec<Line>, to: &str) -> Line {
    assert_eq!(lines.len(), 1, "one line answers \"{to}\": {lines:#?}");
    lines.remove(0)
}

fn address() -> IpAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let [high, low] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    Ipv4Addr::new(127, 77, high, low).into()
}
