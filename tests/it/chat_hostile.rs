//! What a browser, a program or a prankster may send.

use reqwest::StatusCode;

use crate::support::database::on_each_database;
use crate::support::page;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::words::{LANGS, either, label, phrase};

#[tokio::test]
async fn markup_in_a_message_is_shown_as_it_was_typed() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::new(&server).accepting("fi");
        for said in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "**lihava** ja [linkki](javascript:alert(1))",
            "[linkki](https://example.com/) & \"lainaus\" 'toinen'",
            "1. yksi",
            "- ranskalainen viiva",
            "\\*\\* kenoviiva \\",
            "</div></article><article class=\"line line-bot\">",
        ] {
            resident.say_all(said).await;
            let own = resident.lines.iter().rev().find(|line| !line.by_bot);
            let own = own.expect("the resident's own words");
            assert_eq!(own.text, page::squeeze(said));
            let inner = own.html.replace("<p>", "").replace("</p>", "");
            assert!(!inner.contains('<'), "no markup of one's own: {}", own.html);
            assert!(!own.html.contains("href"), "{}", own.html);
        }
    })
    .await;
}

#[tokio::test]
async fn an_empty_message_begins_nothing() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for text in ["", "  \r\n ", "\u{0}\u{7f}"] {
            let mut resident = WebResident::new(&server);
            let answer = resident.post("text", text).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            assert_eq!(resident.secret(), None, "no session for nothing");
            assert!(resident.look().await.is_empty());
        }
        assert_eq!(
            server
                .database
                .number("SELECT COUNT(*) FROM resident")
                .await,
            0
        );
    })
    .await;
}

#[tokio::test]
async fn a_text_of_16_kb_is_answered_and_a_longer_one_is_refused_and_given_back() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            let long = "xyzzy plugh ".repeat(1364) + "äääääää";
            assert!((16_380..=16 * 1024).contains(&long.len()), "{}", long.len());
            let answers = resident.say_all(&long).await;
            assert_eq!(answers.len(), 1);
            let start = phrase(lang, "unknown-long");
            // The language of nonsense may be heard as either, or as a third.
            let other = phrase(either(lang, "sv", "fi"), "unknown-long");
            let third = phrase(lang, "other-language");
            let text = &answers[0].text;
            assert!(
                [start, other, third]
                    .iter()
                    .any(|said| text.starts_with(said)),
                "{text}"
            );

            let too_long = long + "!!!!!!!!!";
            let answer = resident.post("text", &too_long).await;
            assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
            let page = answer.text().await.expect("a page");
            let why = label(lang, "web-error-too-long");
            assert!(page.contains(&why), "{why}");
            assert!(page.contains(&too_long), "the words are not lost");
            assert!(resident.look().await.is_empty(), "nothing was said");

            let flood = "x".repeat(200_000);
            let answer = resident.post("text", &flood).await;
            assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        }
    })
    .await;
}

#[tokio::test]
async fn a_forged_or_changed_button_does_nothing_and_says_so() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            let menu = resident.say(either(lang, "/aiheet", "/amnen")).await;
            let real = menu.buttons[0].token.clone();
            let seal = real.rsplit_once('.').expect("a seal").1;
            for forged in [
                "er:1",
                "er:1.",
                &format!("er:1.{seal}"),
                &real.replace("t:emergency", "t:fire"),
                &format!("{real}A"),
                &real[..real.len() - 1],
                "💣",
                "t:emergency.AAAAAAAAAAA",
            ] {
                let lines = resident.press_token(forged).await;
                assert_eq!(lines.len(), 1, "{forged}");
                assert_eq!(lines[0].text, phrase(lang, "stale-button"), "{forged}");
            }
            let answer = resident.post("action", &"x".repeat(65)).await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
        }
        let topics = server
            .database
            .number("SELECT COUNT(*) FROM resident_topic");
        assert_eq!(topics.await, 0);
    })
    .await;
}

#[tokio::test]
async fn another_sites_form_is_refused() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let http = reqwest::Client::new();
        let answer = http
            .post(server.url("/say"))
            .header("origin", "https://elsewhere.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .body("text=moi")
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), StatusCode::FORBIDDEN);
        assert_eq!(
            server
                .database
                .number("SELECT COUNT(*) FROM resident")
                .await,
            0
        );
    })
    .await;
}

#[tokio::test]
async fn a_session_that_the_server_did_not_make_reads_nobody_elses_conversation() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        resident.say("salaisuus kirjasto").await;
        let http = reqwest::Client::new();
        // The hash in the database is no key to the conversation.
        let key = resident.key();
        for cookie in [&key[..43], "", "x", &"A".repeat(43)] {
            let page = http
                .get(server.url("/"))
                .header("cookie", format!("turvabot_chat={cookie}"))
                .send()
                .await
                .expect("an answer");
            let page = page.text().await.expect("a page");
            assert!(!page.contains("salaisuus"), "{cookie}");
        }
    })
    .await;
}

#[tokio::test]
async fn too_many_messages_in_a_short_time_are_asked_to_wait() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "sv").await;
        let mut refused = None;
        for _ in 0..60 {
            let answer = resident.post("text", "hej").await;
            if answer.status() != StatusCode::SEE_OTHER {
                refused = Some(answer);
                break;
            }
        }
        let refused = refused.expect("a limit");
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert!(refused.headers().contains_key("retry-after"));
        let page = refused.text().await.expect("a page");
        assert!(page.contains(&label("sv", "web-error-too-many")), "{page}");
        let other = WebResident::speaking(&server, "sv").await;
        assert!(!other.lines.is_empty(), "others are not kept waiting");
    })
    .await;
}
