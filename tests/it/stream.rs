//! The web chat's stream of new lines.

use reqwest::StatusCode;

use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;

#[tokio::test]
async fn a_browser_without_a_session_is_told_not_to_ask_again() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let answer = WebResident::new(&server).get("/events").await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
    })
    .await;
}

#[tokio::test]
async fn the_stream_shows_the_same_lines_as_the_page() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        resident.say("moi").await;
        let mut stream = resident.stream(None).await;
        for line in resident.lines.clone() {
            assert_eq!(stream.next().await, line);
        }
    })
    .await;
}

#[tokio::test]
async fn reconnecting_while_lines_arrive_misses_nothing_and_repeats_nothing() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        let mut got = Vec::new();
        let mut after = resident.last_seen();
        let writer = {
            let server = &server;
            async move {
                for number in 0..12 {
                    let title = format!("Tiedote numero {number}.");
                    server
                        .json(&[
                            "notice",
                            "send",
                            "--severity",
                            "severe",
                            "--title-fi",
                            &title,
                            "--text-fi",
                            "t",
                            "--title-sv",
                            "M",
                            "--text-sv",
                            "t",
                        ])
                        .await;
                }
            }
        };
        let reader = async {
            // A connection lasts for one, two or three lines.
            for turn in 0.. {
                let mut stream = resident.stream(Some(after)).await;
                for _ in 0..=turn % 3 {
                    let line = stream.next().await;
                    after = line.seq;
                    got.push(line.text);
                    if got.len() == 12 {
                        return;
                    }
                }
            }
        };
        tokio::join!(writer, reader);
        let expected: Vec<_> = (0..12).map(|n| format!("Tiedote numero {n}.")).collect();
        let shown: Vec<_> = got
            .iter()
            .zip(&expected)
            .map(|(line, title)| line.contains(title.as_str()))
            .collect();
        assert_eq!(shown, [true; 12], "{got:#?}");
        assert_eq!(resident.look().await.len(), 12);
    })
    .await;
}

#[tokio::test]
async fn two_windows_of_one_session_see_the_same() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "sv").await;
        let after = Some(resident.last_seen());
        let (mut first, mut second) = (resident.stream(after).await, resident.stream(after).await);
        resident.say("hej").await;
        for _ in 0..2 {
            assert_eq!(first.next().await, second.next().await);
        }
    })
    .await;
}

#[tokio::test]
async fn the_stream_of_another_session_stays_silent() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut one = WebResident::speaking(&server, "fi").await;
        let mut other = WebResident::speaking(&server, "fi").await;
        let mut stream = other.stream(Some(other.last_seen())).await;
        one.say("salaisuus").await;
        other.say("oma viesti").await;
        assert_eq!(stream.next().await.text, "oma viesti");
    })
    .await;
}
