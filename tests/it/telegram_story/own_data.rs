//! Privacy, own data, erasure, stopping.

use super::{PEOPLE, open_poll, town};
use crate::support::database::on_each_database;
use crate::support::telegram::Bot;
use crate::support::wait::eventually;
use crate::support::words::{either, label, phrase};

/// Makes a choice of every kind.
async fn settle(bot: &Bot, lang: &str, user: i64) {
    bot.say(user, either(lang, "suomeksi", "på svenska")).await;
    bot.say(user, either(lang, "tilaa sää", "prenumerera på väder"))
        .await;
    bot.say(user, either(lang, "alueet", "områden")).await;
    bot.press(user, either(lang, "Koivula", "Björkdal")).await;
    bot.say(user, either(lang, "/hiljaa", "/tyst")).await;
    bot.press(user, &label(lang, "button-quiet-on")).await;
    bot.say(user, either(lang, "kyselyt", "enkäter")).await;
    bot.press(user, either(lang, "On", "Ja")).await;
    bot.say(user, "Montako kirjastoa kunnassa on?").await;
}

#[tokio::test]
async fn own_data_shows_all_that_is_stored_and_privacy_who_answers_for_it() {
    on_each_database(async |database| {
        let bot = town(database).await;
        open_poll(&bot).await;
        for (lang, user) in PEOPLE {
            settle(&bot, lang, user).await;
            let line = bot
                .say(user, either(lang, "/tietosuoja", "/dataskydd"))
                .await;
            assert!(line.says(either(lang, "Esimerkkilän kunta", "Exempelby kommun")));
            let (_, lines) = bot.press(user, &label(lang, "button-my-data")).await;
            for told in [
                user.to_string().as_str(),
                "Telegram",
                either(lang, "Sää ja liukkaus", "Väder och halka"),
                either(lang, "Koivula", "Björkdal"),
                either(lang, "klo 22.00–7.00", "kl. 22.00–7.00"),
                either(lang, "”Onko valoa?”: On", "”Finns det ljus?”: Ja"),
            ] {
                assert!(lines[0].says(told), "{told}: {lines:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn after_erasure_no_table_leads_to_the_chat() {
    on_each_database(async |database| {
        let bot = town(database).await;
        let poll = open_poll(&bot).await;
        for (lang, user) in PEOPLE {
            settle(&bot, lang, user).await;
            bot.server
                .send_notice("Vaara", &["--severity", "severe"])
                .await;
            bot.quiet().await;
            assert_eq!(bot.server.votes(&poll).await, [1, 0, 0]);
            bot.say(user, either(lang, "/poista", "/radera")).await;
            let kept = bot.say(user, either(lang, "ei", "nej")).await;
            assert_eq!(kept.text, phrase(lang, "erase-cancelled"));
            let ask = bot
                .say(
                    user,
                    either(lang, "poista tietoni", "radera mina uppgifter"),
                )
                .await;
            assert_eq!(ask.text, phrase(lang, "erase-ask"));
            let (_, lines) = bot.press(user, &label(lang, "button-erase-yes")).await;
            assert_eq!(lines[0].text, phrase(lang, "erased"));
            // A second press on the same button makes nobody known again.
            let (_, lines) = bot.press(user, &label(lang, "button-erase-yes")).await;
            assert_eq!(lines[0].text, phrase(lang, "erased"));
            assert_eq!(bot.server.votes(&poll).await, [0, 0, 0]);
            let id = user.to_string();
            eventually("nothing leads to the chat", async || {
                let rows = bot.server.database.dump().await;
                let mut values = rows.iter().flat_map(|(_, row)| row);
                let left = values.any(|(_, value)| value.as_ref().is_some_and(|v| v.contains(&id)));
                (!left).then_some(())
            })
            .await;
            for table in ["resident", "resident_topic", "resident_area", "ballot"] {
                let count = format!("SELECT COUNT(*) FROM {table}");
                assert_eq!(bot.server.database.number(&count).await, 0, "{table}");
            }
            let before = bot.lines(user).len();
            bot.server
                .send_notice("Vaara", &["--severity", "extreme"])
                .await;
            bot.quiet().await;
            assert_eq!(bot.lines(user).len(), before, "nothing comes any more");
        }
    })
    .await;
}

#[tokio::test]
async fn stop_stops_everything_even_severe_warnings_until_the_resident_wants_them_back() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            bot.say(user, either(lang, "tilaa sää", "prenumerera på väder"))
                .await;
            let line = bot.say(user, either(lang, "/lopeta", "/sluta")).await;
            assert_eq!(line.text, phrase(lang, "stopped"));
            let before = bot.lines(user).len();
            for more in [&["--topic", "weather"][..], &["--severity", "severe"]] {
                bot.server.send_notice("Vaara", more).await;
                bot.quiet().await;
                assert_eq!(bot.lines(user).len(), before, "{more:?}");
            }
            let asked = either(lang, "palovaroittimen testaus", "testning av brandvarnare");
            assert!(bot.say(user, asked).await.says("SPEK"), "questions go on");
            let (_, lines) = bot.press(user, &label(lang, "button-resume")).await;
            assert_eq!(lines[0].text, phrase(lang, "resumed"));
            let before = bot.lines(user).len();
            for (n, more) in [&["--topic", "weather"][..], &["--severity", "severe"]]
                .into_iter()
                .enumerate()
            {
                bot.server.send_notice("Vaara", more).await;
                bot.quiet().await;
                assert_eq!(bot.lines(user).len(), before + n + 1, "{more:?}");
            }
            // The next one in line doesn't start with these.
            bot.say(user, either(lang, "/lopeta", "/sluta")).await;
        }
    })
    .await;
}
