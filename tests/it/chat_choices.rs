//! The web chat: topics, areas, quiet hours, stopping.

use turvabot::domain::Phrase;

use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::words::{LANGS, either, label, phrase};

const WATER: [(&str, &str); 2] = [
    ("fi", "Vesi, sähkö, puhelin"),
    ("sv", "Vatten, el, telefon"),
];

#[tokio::test]
async fn a_topic_is_subscribed_and_unsubscribed_by_its_button_with_a_tick_to_see() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, topic) in WATER {
            let mut resident = WebResident::speaking(&server, lang).await;
            let menu = resident.press(&label(lang, "button-topics")).await;
            assert_eq!(
                menu.text,
                phrase(lang, Phrase::new("topics").arg("count", 0))
            );
            assert_eq!(menu.buttons.len(), 12, "{menu:?}");
            assert!(!menu.labels().iter().any(|label| label.starts_with('✓')));

            let on = resident.press(topic).await;
            let said = phrase(
                lang,
                Phrase::new("subscribed").arg("topic", topic.to_owned()),
            );
            let count = phrase(lang, Phrase::new("topics").arg("count", 1));
            assert_eq!(on.text, format!("{said} {count}"));
            assert!(on.labels().contains(&&*format!("✓ {topic}")), "{on:?}");

            let off = resident.press(topic).await;
            let said = phrase(
                lang,
                Phrase::new("unsubscribed").arg("topic", topic.to_owned()),
            );
            assert!(off.text.starts_with(&said), "{off:?}");
            assert!(off.labels().contains(&topic), "{off:?}");
        }
        let left = server
            .database
            .number("SELECT COUNT(*) FROM resident_topic");
        assert_eq!(left.await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_topic_is_subscribed_and_unsubscribed_in_plain_words() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, words) in [
            (
                "fi",
                [
                    "tilaa vesi",
                    "Tilaa vesi, sähkö, puhelin!",
                    "haluan tilata sähkö",
                    "peru vesi",
                ],
            ),
            (
                "sv",
                [
                    "prenumerera på vatten",
                    "Prenumerera på vatten, el, telefon",
                    "jag vill prenumerera på vatten",
                    "avbeställ vatten",
                ],
            ),
        ] {
            let topic = either(lang, WATER[0].1, WATER[1].1).to_owned();
            let page = either(lang, "sv", "fi");
            let mut resident = WebResident::speaking(&server, page).await;
            for said in &words[..3] {
                let line = resident.say(said).await;
                let expected = Phrase::new("subscribed").arg("topic", topic.clone());
                assert_eq!(line.text, phrase(lang, expected), "{said}");
                assert_eq!(
                    topics(&server, &resident).await,
                    ["water-and-power"],
                    "{said}"
                );
            }
            let line = resident.say(words[3]).await;
            let expected = Phrase::new("unsubscribed").arg("topic", topic.clone());
            assert_eq!(line.text, phrase(lang, expected));
            assert!(topics(&server, &resident).await.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_wish_for_what_is_no_topic_is_a_question() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, said) in [
            ("fi", "tilaa ambulanssi heti"),
            ("sv", "beställ en ambulans genast"),
        ] {
            let mut resident = WebResident::new(&server).accepting(lang);
            let line = resident.say(said).await;
            assert!(line.text.contains("112"), "{line:?}");
            assert!(topics(&server, &resident).await.is_empty());
        }
    })
    .await;
}

#[tokio::test]
async fn a_topic_is_picked_from_the_menu_by_its_number() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident.say(either(lang, "aiheet", "ämnen")).await;
            resident.say("7").await;
            resident.say("2").await;
            assert_eq!(
                topics(&server, &resident).await,
                ["health", "water-and-power"]
            );
            resident.say("7").await;
            assert_eq!(topics(&server, &resident).await, ["health"]);
            resident.say("99").await;
            assert_eq!(topics(&server, &resident).await, ["health"]);
        }
    })
    .await;
}

#[tokio::test]
async fn areas_are_followed_and_left_by_their_buttons() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, area, command) in [("fi", "Koivula", "alueet"), ("sv", "Björkdal", "områden")]
        {
            let mut resident = WebResident::speaking(&server, lang).await;
            let menu = resident.say(command).await;
            assert_eq!(
                menu.text,
                phrase(lang, Phrase::new("areas").arg("count", 0))
            );
            assert_eq!(menu.buttons.len(), 5);
            let on = resident.press(area).await;
            let said = phrase(
                lang,
                Phrase::new("area-followed").arg("area", area.to_owned()),
            );
            let count = phrase(lang, Phrase::new("areas").arg("count", 1));
            assert_eq!(on.text, format!("{said} {count}"));
            assert!(on.labels().contains(&&*format!("✓ {area}")));
            let off = resident.press(area).await;
            let said = phrase(
                lang,
                Phrase::new("area-unfollowed").arg("area", area.to_owned()),
            );
            assert!(off.text.starts_with(&said), "{off:?}");
        }
        let left = server.database.number("SELECT COUNT(*) FROM resident_area");
        assert_eq!(left.await, 0);
    })
    .await;
}

#[tokio::test]
async fn quiet_hours_are_turned_on_and_off() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, command) in [("fi", "hiljaiset tunnit"), ("sv", "tysta timmar")] {
            let mut resident = WebResident::speaking(&server, lang).await;
            let off = resident.say(command).await;
            assert_eq!(off.text, phrase(lang, "quiet-off"));
            let on = resident.press(&label(lang, "button-quiet-on")).await;
            let hours = Phrase::new("quiet-on")
                .arg("from", "22.00".to_owned())
                .arg("to", "7.00".to_owned());
            let (saved, hours) = (phrase(lang, "saved"), phrase(lang, hours));
            assert_eq!(on.text, format!("{saved} {hours}"));
            let set = format!(
                "SELECT quiet_from * 10000 + quiet_to FROM resident WHERE address = '{}'",
                resident.key()
            );
            assert_eq!(server.database.number(&set).await, 1320 * 10000 + 420);
            let off = resident.press(&label(lang, "button-quiet-off")).await;
            assert!(off.text.ends_with(&phrase(lang, "quiet-off")), "{off:?}");
        }
        let quiet = "SELECT COUNT(*) FROM resident WHERE quiet_from IS NOT NULL";
        assert_eq!(server.database.number(quiet).await, 0);
    })
    .await;
}

#[tokio::test]
async fn whoever_stops_is_still_answered_and_can_resume() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, stop, question) in [
            ("fi", "lopeta", "miten palovaroitin testataan"),
            ("sv", "sluta", "hur testar man en brandvarnare"),
        ] {
            let mut resident = WebResident::speaking(&server, lang).await;
            assert_eq!(resident.say(stop).await.text, phrase(lang, "stopped"));
            let status = format!(
                "SELECT COUNT(*) FROM resident WHERE status = 'stopped' AND address = '{}'",
                resident.key()
            );
            assert_eq!(server.database.number(&status).await, 1);
            assert!(
                !resident.say(question).await.labels().is_empty(),
                "an answer"
            );
            assert_eq!(
                server.database.number(&status).await,
                1,
                "a question resumes nothing"
            );
            let resumed = resident.press(&label(lang, "button-resume")).await;
            assert_eq!(resumed.text, phrase(lang, "resumed"));
            assert_eq!(server.database.number(&status).await, 0);
        }
    })
    .await;
}

async fn topics(server: &TestServer, resident: &WebResident) -> Vec<String> {
    let sql = format!(
        "SELECT t.topic FROM resident_topic t JOIN resident r ON r.id = t.resident_id \
         WHERE r.address = '{}' ORDER BY t.topic",
        resident.key()
    );
    server.database.texts(&sql).await
}
