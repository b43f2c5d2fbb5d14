//! Starting and stopping.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use reqwest::StatusCode;

use crate::support::database::on_each_database;
use crate::support::home::run;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::wait::{PATIENCE, eventually};

/// A request whose body is half sent: the server has begun to read it.
struct OpenRequest {
    connection: BufReader<TcpStream>,
}

impl OpenRequest {
    const REST: &str = "x";

    fn open(server: &TestServer) -> Self {
        let mut connection = TcpStream::connect(&server.address).expect("a connection");
        connection
            .set_read_timeout(Some(PATIENCE))
            .expect("a limit");
        let body = "text=xyzzy";
        write!(
            connection,
            "POST /say HTTP/1.1\r\nhost: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
            server.address,
            body.len() + Self::REST.len()
        )
        .expect("a head");
        let mut connection = BufReader::new(connection);
        let mut line = String::new();
        connection.read_line(&mut line).expect("a line");
        assert_eq!(line.trim_end(), "HTTP/1.1 100 Continue");
        connection
            .get_mut()
            .write_all(body.as_bytes())
            .expect("half a body");
        Self { connection }
    }

    fn finish(mut self) -> String {
        let rest = Self::REST.as_bytes();
        self.connection.get_mut().write_all(rest).expect("the rest");
        let mut answer = String::new();
        self.connection
            .read_to_string(&mut answer)
            .expect("an answer");
        answer
    }
}

async fn stopping(server: &TestServer) {
    eventually("the server says that it stops", async || {
        server
            .log()
            .iter()
            .any(|line| line.contains("\"stopping: "))
            .then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_request_that_is_open_when_the_server_stops_is_still_answered() {
    on_each_database(async |database| {
        let mut server = TestServer::start(database).await;
        let request = OpenRequest::open(&server);
        server.terminate();
        stopping(&server).await;
        let answer = request.finish();
        assert!(answer.contains("HTTP/1.1 303 "), "{answer}");
        let status = server.ended().await;
        assert!(status.success(), "{status}");
        let lines = "SELECT COUNT(*) FROM web_line";
        assert_eq!(server.database.number(lines).await, 2, "said and answered");
    })
    .await;
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    on_each_database(async |database| {
        let mut server = TestServer::start(database).await;
        let _request = OpenRequest::open(&server);
        server.terminate();
        stopping(&server).await;
        server.terminate();
        let status = server.ended().await;
        assert_eq!(status.code(), Some(1));
        let log = server.log();
        assert_eq!(
            log.last().map(String::as_str),
            Some("stopped at once; the ledger knows what is open")
        );
    })
    .await;
}

#[tokio::test]
async fn open_streams_end_when_the_server_stops() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let resident = WebResident::speaking(&server, "fi").await;
        let stream = resident.stream(Some(resident.last_seen())).await;
        server.terminate();
        assert!(stream.rest().await.is_empty());
        server.stopped().await;
    })
    .await;
}

#[tokio::test]
async fn a_conversation_goes_on_after_a_restart_with_the_buttons_of_before() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "sv").await;
        resident.say("ämnen").await;
        let before = resident.lines.clone();
        let home = server.kill().await;
        let server = TestServer::serve(home).await;
        resident.move_to(&server);
        assert!(resident.look().await.is_empty());
        assert_eq!(resident.lines, before);
        let line = resident.press("Vatten, el, telefon").await;
        assert!(line.labels().contains(&"✓ Vatten, el, telefon"), "{line:?}");
    })
    .await;
}

#[tokio::test]
async fn a_second_server_on_the_same_database_is_refused_until_the_first_ends() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let refused = run(&["serve", "--config", &server.config()]).await;
        let faults = refused.faults();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0]
                .starts_with("database: another Turvabot serves from this database; stop it first"),
            "{faults:?}"
        );
        let home = server.kill().await;
        TestServer::serve(home).await.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_in_one_line_by_every_command() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let home = server.stop().await;
        home.database
            .execute(
                "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 SELECT 29991231000000, description, success, checksum, execution_time \
                 FROM _sqlx_migrations ORDER BY version LIMIT 1",
            )
            .await;
        let config = home.config();
        for command in [&["serve"][..], &["kb", "gaps"], &["notice", "status", "1"]] {
            let args: Vec<_> = command.iter().copied().chain(["--config", &config]).collect();
            let refused = run(&args).await;
            let faults = refused.faults();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].starts_with("database: it was made by a newer Turvabot (migration 29991231000000); run that version"), "{faults:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn health_readiness_and_metrics_tell_how_the_server_fares() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        resident.say("moi").await;
        for (path, told) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let answer = resident.get(path).await;
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.text().await.expect("a text"), told);
        }
        let metrics = resident.get("/metrics").await.text().await.expect("a text");
        let turns = "turvabot_turns_total{channel=\"web\",outcome=\"done\"} 2";
        assert!(metrics.contains(turns), "{metrics}");
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client");
        let proxied = http
            .get(server.url("/metrics"))
            .header("x-forwarded-for", "192.0.2.1");
        let proxied = proxied.send().await.expect("an answer");
        assert_eq!(
            proxied.status(),
            StatusCode::FORBIDDEN,
            "not through a proxy"
        );
    })
    .await;
}

#[tokio::test]
async fn the_log_holds_neither_words_nor_sessions() {
    on_each_database(async |database| {
        let mut server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        resident.say("xyzzy salaisuus kirjasto").await;
        server.terminate();
        server.ended().await;
        let log = server.log().join("\n");
        let secret = resident.secret().expect("a session");
        for hidden in ["salaisuus", &resident.key(), secret] {
            assert!(!log.contains(hidden), "{hidden}: {log}");
        }
    })
    .await;
}
