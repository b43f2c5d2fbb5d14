//! Topics, areas, language, quiet hours.

use turvabot::domain::Phrase;

use super::{PEOPLE, town, with};
use crate::support::database::on_each_database;
use crate::support::words::{either, label, phrase};

#[tokio::test]
async fn topics_and_areas_are_chosen_by_buttons_that_change_their_message_and_say_so_in_passing() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let water = either(lang, "Vesi, sähkö, puhelin", "Vatten, el, telefon");
            let area = either(lang, "Satama", "Hamnen");
            bot.say(user, "/start").await;
            for (button, menu, choice, on, off, name) in [
                (
                    "button-topics",
                    "topics",
                    water,
                    "subscribed",
                    "unsubscribed",
                    "topic",
                ),
                (
                    "button-areas",
                    "areas",
                    area,
                    "area-followed",
                    "area-unfollowed",
                    "area",
                ),
            ] {
                let (_, lines) = bot.press(user, &label(lang, button)).await;
                let id = lines[0].id;
                let count = |count| phrase(lang, Phrase::new(menu).arg("count", count));
                assert_eq!(lines[0].text, count(0));
                for (toast, ticked, chosen) in [(on, true, 1), (off, false, 0), (on, true, 1)] {
                    let (said, lines) = bot.press(user, choice).await;
                    assert_eq!(said, with(lang, toast, name, choice));
                    assert!(lines.is_empty(), "the menu is changed in place: {lines:?}");
                    let lines = bot.lines(user);
                    let line = lines.iter().find(|line| line.id == id).expect("the menu");
                    assert_eq!(line.text, count(chosen));
                    let tick = format!("✓ {choice}");
                    assert_eq!(line.labels.contains(&tick), ticked, "{line:?}");
                }
            }
        }
        let chosen = "SELECT (SELECT COUNT(*) FROM resident_topic WHERE topic = 'water-and-power') \
                      + (SELECT COUNT(*) FROM resident_area WHERE area = 'satama')";
        assert_eq!(bot.server.database.number(chosen).await, 4);
    })
    .await;
}

#[tokio::test]
async fn a_topic_is_subscribed_and_unsubscribed_in_plain_words() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let topic = either(lang, "Sää ja liukkaus", "Väder och halka");
            let on = bot
                .say(user, either(lang, "tilaa sää", "prenumerera på väder"))
                .await;
            assert_eq!(on.text, with(lang, "subscribed", "topic", topic));
            let off = bot
                .say(user, either(lang, "peru sää", "sluta prenumerera på väder"))
                .await;
            assert_eq!(off.text, with(lang, "unsubscribed", "topic", topic));
        }
    })
    .await;
}

#[tokio::test]
async fn the_language_comes_from_telegram_from_words_from_buttons_and_from_commands() {
    on_each_database(async |database| {
        let bot = town(database).await;
        let set = |lang| phrase(lang, "language-set");
        for (lang, user) in PEOPLE {
            let other = either(lang, "sv", "fi");
            let greeting = bot.say(user, "/start").await;
            assert!(greeting.says(either(lang, "botti", "bot")));
            // By the words of a question, as long as nothing was chosen.
            let asked = either(other, "palovaroittimen testaus", "testning av brandvarnare");
            let line = bot.say(user, asked).await;
            assert!(line.says(either(other, "Lähde", "Källa")), "{line:?}");
            // By the button of the other language, by words, by the command's buttons.
            bot.say(user, either(lang, "suomeksi", "på svenska")).await;
            bot.say(user, "/start").await;
            let (_, lines) = bot.press(user, &label(other, "speak-this")).await;
            assert_eq!(lines[0].text, set(other));
            let line = bot.say(user, either(lang, "suomeksi", "på svenska")).await;
            assert_eq!(line.text, set(lang));
            let menu = bot.say(user, either(lang, "/kieli", "/sprak")).await;
            assert_eq!(menu.labels.len(), 2, "{menu:?}");
            let (_, lines) = bot.press(user, &label(other, "speak-this")).await;
            assert_eq!(lines[0].text, set(other));
            // A choice stays, whatever language words are in.
            let line = bot.say(user, either(lang, "kiitos", "tack")).await;
            assert_eq!(line.text, phrase(other, "thanks"));
        }
    })
    .await;
}

#[tokio::test]
async fn quiet_hours_are_turned_on_and_off_in_place() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let menu = bot.say(user, either(lang, "/hiljaa", "/tyst")).await;
            assert_eq!(menu.text, phrase(lang, "quiet-off"));
            let on = Phrase::new("quiet-on")
                .arg("from", "22.00".to_owned())
                .arg("to", "7.00".to_owned());
            for (button, text) in [
                ("button-quiet-on", phrase(lang, on)),
                ("button-quiet-off", phrase(lang, "quiet-off")),
            ] {
                let (toast, lines) = bot.press(user, &label(lang, button)).await;
                assert_eq!(toast, phrase(lang, "saved"));
                assert!(lines.is_empty(), "changed in place: {lines:?}");
                let line = bot.lines(user).pop().expect("the menu");
                assert_eq!((line.id, line.text), (menu.id, text));
            }
        }
    })
    .await;
}
