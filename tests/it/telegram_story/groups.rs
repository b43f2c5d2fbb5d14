//! Groups, and how the bot introduces itself.

use serde_json::json;

use super::{PEOPLE, with};
use crate::support::botapi::{Config, Fault, GroupKind, NewGroup, Say, Script, State};
use crate::support::database::on_each_database;
use crate::support::telegram::Bot;
use crate::support::wait::PATIENCE;
use crate::support::words::{LANGS, LOCALES, either, lang as lang_of, phrase};

const GROUP: i64 = -7_500_000_001;

/// A bot that hears everything in a group of somebody with this language.
async fn house(database: crate::support::database::Database, kind: GroupKind, lang: &str) -> Bot {
    let config = Config {
        privacy_mode: false,
        ..Config::default()
    };
    let bot = Bot::with(config, database, |_| {}).await;
    let polls = bot.sim.wait_until(|state| state.polling(), PATIENCE);
    polls.await.expect("the bot fetches updates");
    let user = person(lang);
    bot.sim.set_language(user, Some(lang));
    let group = NewGroup {
        id: GROUP,
        kind,
        members: vec![user],
        ..NewGroup::default()
    };
    bot.sim.create_group(group).expect("a group");
    bot.quiet().await;
    bot
}

fn person(lang: &str) -> i64 {
    PEOPLE
        .iter()
        .find(|(known, _)| *known == lang)
        .expect("a person")
        .1
}

#[tokio::test]
async fn in_a_group_the_bot_answers_only_who_speaks_to_it() {
    on_each_database(async |database| {
        let bot = house(database, GroupKind::Supergroup, "fi").await;
        let user = person("fi");
        let hello = bot.lines(GROUP);
        assert_eq!(hello.len(), 1, "{hello:?}");
        assert_eq!(
            hello[0].text,
            with("fi", "start-group", "municipality", "Espoo")
        );
        let asked = "miten palovaroitin testataan";
        for (text, answered) in [
            (asked.to_owned(), false),
            (format!("@turva_test_bot {asked}"), true),
            (format!("/ohje@muu_bot {asked}"), false),
            ("/ohje@turva_test_bot".to_owned(), true),
            ("/ohje".to_owned(), true),
            ("apua".to_owned(), false),
        ] {
            let lines = bot.hear(GROUP, |sim| {
                sim.say_in(GROUP, user, &text).expect("said");
            });
            assert_eq!(lines.await.len(), usize::from(answered), "{text}");
        }
        let reply = Say {
            user,
            chat: Some(GROUP),
            text: asked.into(),
            reply_to: Some(hello[0].id),
            media: None,
        };
        let line = bot.answer(GROUP, |sim| {
            sim.say_with(&reply).expect("said");
        });
        assert!(line.await.says("Lähde: SPEK"));
    })
    .await;
}

#[tokio::test]
async fn what_is_personal_is_refused_in_a_group() {
    for lang in LANGS {
        on_each_database(async |database| {
            let bot = house(database, GroupKind::Supergroup, lang).await;
            let commands = either(
                lang,
                "/aiheet /alueet /hiljaa /omattiedot /poista /lopeta",
                "/amnen /omraden /tyst /minauppgifter /radera /sluta",
            );
            for command in commands.split(' ') {
                let line = bot.answer(GROUP, |sim| {
                    sim.say_in(GROUP, person(lang), command).expect("said");
                });
                assert_eq!(line.await.text, phrase(lang, "group-private"), "{command}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_group_that_becomes_a_supergroup_is_followed_with_the_answers_it_waits_for() {
    on_each_database(async |database| {
        let bot = house(database, GroupKind::Group, "fi").await;
        // The answer is held back until the group has moved.
        bot.sim.script(Script {
            method: Some("sendMessage".into()),
            chat_id: Some(GROUP),
            skip: 0,
            times: 1,
            fault: Fault::TooMany(1),
        });
        bot.sim.say_in(GROUP, person("fi"), "/ohje").expect("said");
        let faulty = |state: &State| state.calls("sendMessage").faults == 1;
        let limited = bot.sim.wait_until(faulty, PATIENCE);
        limited.await.expect("a 429");
        let new = bot.sim.migrate(GROUP).expect("a group");
        bot.quiet().await;
        let lines = bot.lines(new);
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert_eq!(lines[0].text, phrase("fi", "help"));
        let addresses = bot
            .server
            .database
            .texts("SELECT address FROM resident")
            .await;
        assert_eq!(addresses, [new.to_string()]);
    })
    .await;
}

#[tokio::test]
async fn a_group_that_moves_and_speaks_at_once_is_one_chat_and_holds_up_nobody() {
    on_each_database(async |database| {
        let bot = house(database, GroupKind::Group, "fi").await;
        bot.answer(GROUP, |sim| {
            sim.say_in(GROUP, person("fi"), "/ohje").expect("said");
        })
        .await;
        // Both come in the same batch.
        bot.sim.set_down(true);
        let new = bot.sim.migrate(GROUP).expect("a group");
        bot.sim.say_in(new, person("fi"), "/kyselyt").expect("said");
        bot.sim.set_down(false);
        bot.quiet().await;
        let lines = bot.lines(new);
        let said = lines
            .iter()
            .filter(|line| line.text == phrase("fi", "polls-none"));
        assert_eq!(said.count(), 1, "{lines:?}");
        let addresses = bot
            .server
            .database
            .texts("SELECT address FROM resident WHERE direct = 0")
            .await;
        assert_eq!(addresses, [new.to_string()]);
        assert!(bot.say(person("sv"), "hej").await.text.contains("112"));
        // The engine would save the others by trying each event by itself; here it needn't.
        let log = bot.server.log();
        assert!(
            !log.iter().any(|line| line.contains("the store failed")),
            "{log:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_menu_the_name_and_the_description_are_set_in_both_languages() {
    on_each_database(async |database| {
        let config = Config {
            record_calls: true,
            ..Config::default()
        };
        let bot = Bot::with(config, database, |_| {}).await;
        let scope = json!({"type": "default"});
        for lang in LANGS {
            let menu = bot.sim.wait_for(
                |state| {
                    let commands = state.commands(&scope, lang);
                    let named = |method: &str, field: &str, text: &str| {
                        let mut calls = state.call_log().iter().filter(|c| c.method == method);
                        calls.any(|c| {
                            c.code == 200
                                && c.params["language_code"] == lang
                                && c.params[field].as_str().is_some_and(|t| t.contains(text))
                        })
                    };
                    let place = either(lang, "Turvabotti – Espoo", "Trygghetsboten – Esbo");
                    let told = LOCALES.page(lang_of(lang), "profile-about", "");
                    // What is the same as in general need not be set again.
                    let set = lang == "fi"
                        || (named("setMyName", "name", place)
                            && named("setMyDescription", "description", "112")
                            && named("setMyShortDescription", "short_description", &told));
                    (!commands.is_empty() && set).then_some(commands)
                },
                PATIENCE,
            );
            let menu = menu.await.expect("an introduction");
            let slashes: Vec<_> = menu.iter().map(|(command, _)| command.as_str()).collect();
            for slash in
                either(lang, "start ohje lopeta poista", "start meny sluta radera").split(' ')
            {
                assert!(slashes.contains(&slash), "{slash}: {slashes:?}");
            }
        }
    })
    .await;
}
