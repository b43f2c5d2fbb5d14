//! Which language the bot speaks.

use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::words::{LANGS, either, label, phrase};

#[tokio::test]
async fn the_browsers_wish_decides_until_words_say_otherwise() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (wish, lang) in [
            ("fi-FI,fi;q=0.9", "fi"),
            ("sv-FI,sv;q=0.9,fi;q=0.5", "sv"),
            ("sv;q=0.3,fi;q=0.8", "fi"),
            ("en-GB,sv;q=0.5", "sv"),
            ("en-GB", "fi"),
        ] {
            let mut resident = WebResident::new(&server).accepting(wish);
            let page = resident.get("/").await.text().await.expect("a page");
            assert!(page.contains(&format!("<html lang=\"{lang}\"")), "{wish}");
            let start = resident.start().await;
            assert!(
                start
                    .text
                    .contains(either(lang, "Olen botti", "Jag är en bot")),
                "{wish}"
            );
            assert_eq!(start.lang, None, "the page is in the same language: {wish}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_language_is_heard_from_the_message_and_followed_when_it_changes() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::new(&server).accepting("fi");
        resident.start().await;
        let line = resident.say("hur testar man en brandvarnare").await;
        assert_eq!(line.lang.as_deref(), Some("sv"));
        assert!(line.text.contains("Testa brandvarnaren"), "{line:?}");
        let line = resident.say("112").await;
        assert_eq!(
            line.lang.as_deref(),
            Some("sv"),
            "a number changes nothing: {line:?}"
        );
        let line = resident.say("miten palovaroitin testataan").await;
        assert_eq!(line.lang, None, "the page is Finnish");
        assert!(line.text.contains("Testaa palovaroitin"), "{line:?}");
    })
    .await;
}

#[tokio::test]
async fn a_word_of_both_languages_changes_nothing() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            for said in ["ok", "OK!"] {
                let mut resident = WebResident::speaking(&server, lang).await;
                assert_eq!(
                    resident.say(said).await.text,
                    phrase(lang, "thanks"),
                    "{said}"
                );
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_chosen_language_stays_whatever_language_the_questions_are_in() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, other_question) in [
            ("fi", "hur testar man en brandvarnare"),
            ("sv", "miten palovaroitin testataan"),
        ] {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident.say(either(lang, "suomeksi", "på svenska")).await;
            resident.say(other_question).await;
            let help = resident.say(either(lang, "/ohje", "/hjalp")).await;
            assert_eq!(help.text, phrase(lang, "help"));
        }
    })
    .await;
}

#[tokio::test]
async fn the_language_is_changed_by_command_button_and_plain_words() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let other = either(lang, "sv", "fi");
            let set = phrase(lang, "language-set");
            let speak = label(lang, "speak-this");

            // From the start message of the other language.
            let mut resident = WebResident::speaking(&server, other).await;
            assert_eq!(resident.press(&speak).await.text, set);

            // By the command of the other language and a button of its menu.
            let mut resident = WebResident::speaking(&server, other).await;
            let menu = resident.say(either(other, "/kieli", "/sprak")).await;
            let ticked = format!("✓ {}", label(other, "speak-this"));
            assert!(menu.labels().contains(&&*ticked), "{menu:?}");
            assert!(menu.labels().contains(&&*speak), "{menu:?}");
            assert_eq!(resident.press(&speak).await.text, set);

            // In plain words of either language.
            for words in either(
                lang,
                "suomeksi|Suomeksi, kiitos!|puhu suomea|på finska|tala finska",
                "på svenska|svenska tack|prata svenska|ruotsiksi|puhu ruotsia",
            )
            .split('|')
            .filter(|words| *words != "svenska tack")
            {
                let mut resident = WebResident::speaking(&server, other).await;
                assert_eq!(resident.say(words).await.text, set, "{words}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn the_page_is_read_in_the_language_of_its_address_and_remembers_it() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let resident = WebResident::new(&server).accepting("fi");
        let page = resident.get("/?lang=sv").await;
        let cookies: Vec<_> = page
            .headers()
            .get_all("set-cookie")
            .iter()
            .cloned()
            .collect();
        assert_eq!(
            cookies.len(),
            1,
            "a choice, but no session yet: {cookies:?}"
        );
        assert!(
            cookies[0]
                .to_str()
                .expect("text")
                .starts_with("turvabot_lang=sv;")
        );
        let page = page.text().await.expect("a page");
        assert!(page.contains("<html lang=\"sv\""));
        assert!(page.contains("I en nödsituation: ring 112"));
    })
    .await;
}
