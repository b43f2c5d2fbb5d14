//! The web chat: first contact, questions, help, and what isn't a question.

use turvabot::domain::Phrase;

use crate::support::database::on_each_database;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::words::{LANGS, either, label, phrase};

#[tokio::test]
async fn the_start_says_that_it_is_a_bot_and_names_112_and_gives_three_choices() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = WebResident::new(&server).accepting(lang);
            let start = resident.start().await;
            let town = either(lang, "Espoo", "Esbo");
            assert_eq!(
                start.text,
                phrase(
                    lang,
                    Phrase::new("start").arg("municipality", town.to_owned())
                )
            );
            assert!(
                start.text.contains(town) && start.text.contains("112"),
                "{start:?}"
            );
            let bot = either(
                lang,
                "Olen botti: en ole ihminen",
                "Jag är en bot, inte en människa",
            );
            assert!(start.text.contains(bot), "{start:?}");
            let topics = label(lang, "button-topics");
            let areas = label(lang, "button-areas");
            let other = label(either(lang, "sv", "fi"), "speak-this");
            assert_eq!(start.labels(), [topics, areas, other]);
        }
    })
    .await;
}
