//! Starting, asking, and everything that isn't a question.

use serde_json::json;

use super::{PEOPLE, town, with};
use crate::support::botapi::{Media, Say};
use crate::support::database::on_each_database;
use crate::support::words::{either, label, phrase};

#[tokio::test]
async fn start_says_in_one_message_what_this_is_and_subscribes_nobody_to_anything() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let line = bot.say(user, "/start").await;
            let place = either(lang, "Espoo", "Esbo");
            assert_eq!(line.text, with(lang, "start", "municipality", place));
            assert!(line.says(either(lang, "Olen botti", "Jag är en bot")));
            assert!(line.says(either(lang, "soita 112", "ring 112")));
            let other = label(either(lang, "sv", "fi"), "speak-this");
            let buttons = [
                label(lang, "button-topics"),
                label(lang, "button-areas"),
                other,
            ];
            assert_eq!(line.labels, buttons);
            let again = bot.say(user, "/start palovaroitin").await;
            assert_eq!(again.text, line.text, "a deep link opens the chat as well");
        }
        let chosen = "SELECT (SELECT COUNT(*) FROM resident_topic) + \
                      (SELECT COUNT(*) FROM resident_area)";
        assert_eq!(bot.server.database.number(chosen).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_question_gets_one_checked_answer_with_its_source_and_related_ones_behind_buttons() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let question = either(
                lang,
                "miten palovaroitin testataan",
                "hur testas brandvarnaren",
            );
            let line = bot.say(user, question).await;
            let title = either(
                lang,
                "Miten testaan palovaroittimen?",
                "Hur testar jag brandvarnaren?",
            );
            assert!(line.text.starts_with(title), "{line:?}");
            assert!(
                line.sent.starts_with(&format!("<b>{title}</b>")),
                "{line:?}"
            );
            assert!(
                line.sent.contains("<a href=\"https://www.spek.fi"),
                "{line:?}"
            );
            assert!(line.says(either(lang, "Lähde: SPEK", "Källa: SPEK")));
            assert!(line.says("23.11.2026"), "{line:?}");
            let thumbs = [
                label(lang, "button-helped"),
                label(lang, "button-helped-not"),
            ];
            assert_eq!(line.labels.len(), 4, "{line:?}");
            assert_eq!(line.labels[2..], thumbs, "{line:?}");
            let (toast, lines) = bot.press(user, &thumbs[1]).await;
            assert_eq!((toast, lines.len()), (label(lang, "feedback-noted"), 0));
            let related = line.labels[0].clone();
            let (toast, lines) = bot.press(user, &related).await;
            assert_eq!((&*toast, lines.len()), ("", 1));
            assert!(lines[0].text.starts_with(&related), "{lines:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn without_an_answer_the_bot_says_so_names_112_and_keeps_the_question_without_the_asker() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let question = either(
                lang,
                "Milloin kirjasto aukeaa lauantaina?",
                "När öppnar biblioteket på lördag?",
            );
            let line = bot.say(user, question).await;
            assert!(line.text.starts_with(&phrase(lang, "unknown")), "{line:?}");
            assert!(line.says(either(lang, "soita 112", "ring 112")), "{line:?}");
            let send = label(lang, "button-send-question");
            assert_eq!(line.labels, [send.clone(), label(lang, "button-help")]);
            let (_, sent) = bot.press(user, &send).await;
            assert_eq!(sent[0].text, phrase(lang, "question-sent"));
            let (_, help) = bot.press(user, &label(lang, "button-help")).await;
            assert_eq!(help[0].text, phrase(lang, "help"));
            assert_eq!(help[0].labels.len(), 6);
        }
        for kind in ["unknown", "sent"] {
            let query = format!("SELECT question FROM gap WHERE kind = '{kind}'");
            let gaps = bot.server.database.texts(&query).await;
            assert_eq!(gaps.len(), 2, "{kind}: {gaps:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_cry_for_help_gets_112_before_anything_else() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            for cry in [
                either(lang, "apua", "hjälp"),
                either(lang, "APUA!!", "Hjälp!!"),
                "112",
            ] {
                let line = bot.say(user, cry).await;
                assert!(
                    line.text.starts_with(&phrase(lang, "emergency")),
                    "{line:?}"
                );
                assert!(line.says(&phrase(lang, "emergency-how")), "{line:?}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_message_without_words_is_answered_by_what_it_is() {
    on_each_database(async |database| {
        let bot = town(database).await;
        let kinds = [
            (Media::Sticker, "media-sticker"),
            (Media::Voice, "media-voice"),
            (Media::Photo, "media-photo"),
            (Media::Location, "media-location"),
            (Media::Contact, "media-other"),
            (
                Media::Other("hologram".into(), json!({"depth": 3})),
                "media-other",
            ),
        ];
        for (lang, user) in PEOPLE {
            for (media, key) in &kinds {
                let line = bot.answer(user, |sim| {
                    sim.send_media(user, media.clone());
                });
                let line = line.await;
                assert_eq!(line.text, phrase(lang, *key));
                assert_eq!(line.labels, [label(lang, "button-help")]);
            }
            let captioned = Say {
                user,
                text: either(lang, "palovaroittimen testaus", "testning av brandvarnare").into(),
                media: Some(Media::Photo),
                ..Say::default()
            };
            let line = bot.answer(user, |sim| {
                sim.say_with(&captioned).expect("said");
            });
            assert!(
                line.await.says("SPEK"),
                "words under a picture are a question"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn an_edited_question_is_answered_anew() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            let mut message = 0;
            let line = bot.answer(user, |sim| message = sim.say(user, "asdfgh").message_id);
            line.await;
            let better = either(lang, "palovaroittimen testaus", "testning av brandvarnare");
            let line = bot.answer(user, |sim| {
                sim.edit_said(user, user, message, better).expect("edited");
            });
            assert!(line.await.says("SPEK"));
        }
    })
    .await;
}

#[tokio::test]
async fn updates_that_cannot_be_read_stop_nothing_and_a_chat_that_can_be_made_out_is_answered() {
    on_each_database(async |database| {
        let bot = town(database).await;
        let (lang, user) = PEOPLE[0];
        bot.say(user, "/start").await;
        let odd = json!({"message": {"message_id": 1, "date": 1, "text": {"not": "text"},
            "chat": {"id": user, "type": "private"}}});
        let line = bot.answer(user, |sim| {
            sim.unknown_update();
            sim.empty_update();
            sim.unparsable_update();
            sim.odd_update(odd.as_object().cloned().expect("an object"));
        });
        assert_eq!(line.await.text, phrase(lang, "media-other"));
        let line = bot.say(user, "?!").await;
        assert_eq!(line.text, phrase(lang, "help"), "signs ask for help");
        assert_eq!(bot.say(user, "...").await.text, phrase(lang, "empty"));
        assert_eq!(
            bot.say(user, "/enpatuntematon").await.text,
            phrase(lang, "unknown-command")
        );
        let update = bot.sim.say(user, "hei").update_id.expect("an update");
        bot.quiet().await;
        let again = bot.hear(user, |sim| sim.duplicate(update).expect("known"));
        assert_eq!(again.await.len(), 0, "a repeated update is no news");
    })
    .await;
}
