//! Polls by buttons.

use super::{PEOPLE, open_poll, town, with};
use crate::support::botapi::PressTarget;
use crate::support::database::on_each_database;
use crate::support::words::{either, label, phrase};

#[tokio::test]
async fn a_poll_is_answered_changed_and_taken_back_by_buttons_until_it_closes() {
    on_each_database(async |database| {
        let bot = town(database).await;
        for (lang, user) in PEOPLE {
            bot.say(user, either(lang, "tilaa sää", "prenumerera på väder"))
                .await;
        }
        let poll = open_poll(&bot).await;
        for (n, (lang, user)) in PEOPLE.into_iter().enumerate() {
            let asked = bot.lines(user).pop().expect("the poll came by itself");
            assert!(
                asked.says(either(lang, "Onko valoa?", "Finns det ljus?")),
                "{asked:?}"
            );
            let [on, off] = [either(lang, "On", "Ja"), either(lang, "Ei", "Nej")];
            let before = i64::try_from(n).expect("a number");
            for (option, expected) in [(on, [1, before]), (on, [1, before]), (off, [0, before + 1])]
            {
                let (toast, lines) = bot.press(user, option).await;
                assert_eq!(toast, with(lang, "voted", "option", option));
                assert!(lines.is_empty(), "a vote is answered in passing: {lines:?}");
                assert_eq!(bot.server.votes(&poll).await[..2], expected);
            }
            let shown = bot.say(user, either(lang, "/kyselyt", "/enkater")).await;
            assert!(
                shown.says(&with(lang, "poll-yours", "option", off)),
                "{shown:?}"
            );
            assert!(shown.labels.contains(&format!("✓ {off}")), "{shown:?}");
            let (toast, _) = bot.press(user, &label(lang, "button-unvote")).await;
            assert_eq!(toast, phrase(lang, "unvoted"));
            assert_eq!(bot.server.votes(&poll).await, [0, before, 0]);
            bot.press(user, off).await;
        }
        assert!(bot.server.cli(&["poll", "close", &poll]).await.success);
        for (lang, user) in PEOPLE {
            for button in [
                either(lang, "On", "Ja").to_owned(),
                label(lang, "button-unvote"),
            ] {
                let (toast, _) = bot.press(user, &button).await;
                assert_eq!(toast, phrase(lang, "poll-closed"));
            }
        }
        assert_eq!(bot.server.votes(&poll).await, [0, 2, 0]);
    })
    .await;
}

#[tokio::test]
async fn forged_buttons_are_refused_in_passing_and_nothing_is_counted() {
    on_each_database(async |database| {
        let bot = town(database).await;
        let poll = open_poll(&bot).await;
        for (lang, user) in PEOPLE {
            let shown = bot.say(user, either(lang, "kyselyt", "enkäter")).await;
            let known = bot.sim.read(|state| {
                let message = state.message(user, shown.id).expect("a message");
                message.all_callback_data().remove(0)
            });
            let (body, seal) = known.rsplit_once('.').expect("a sealed token");
            let last = seal.chars().last().expect("a seal");
            let other = if last == 'A' { 'B' } else { 'A' };
            let tampered = format!("{body}.{}{other}", &seal[..seal.len() - 1]);
            let forged = [
                format!("v:{poll}:0"),
                format!("v:{poll}:0.AAAAAAAA"),
                format!("{}.{seal}", body.replace(":0", ":1")),
                body.to_owned(),
                tampered,
                String::new(),
                "🔥".repeat(16),
                "er:1".to_owned(),
            ];
            for forged in forged {
                let target = PressTarget::Forged(forged.clone());
                let (toast, lines) = bot.press_on(user, shown.id, &target).await;
                assert_eq!(toast, phrase(lang, "stale-button"), "{forged}");
                assert!(lines.is_empty(), "{forged}: {lines:?}");
            }
            assert_eq!(bot.server.votes(&poll).await, [0, 0, 0]);
            // Buttons are the same for everyone: who passes one on gives away nothing of their own.
            let (toast, _) = bot
                .press_on(user, shown.id, &PressTarget::Forged(known))
                .await;
            let option = either(lang, "On", "Ja");
            assert_eq!(toast, with(lang, "voted", "option", option));
            bot.say(user, either(lang, "kyselyt", "enkäter")).await;
            bot.press(user, &label(lang, "button-unvote")).await;
        }
    })
    .await;
}

#[tokio::test]
async fn in_a_group_nobody_votes_in_front_of_the_others() {
    on_each_database(async |database| {
        let bot = town(database).await;
        open_poll(&bot).await;
        let (lang, user) = PEOPLE[0];
        let group = crate::support::botapi::NewGroup {
            id: -7_500_000_001,
            members: vec![user],
            ..Default::default()
        };
        bot.sim.create_group(group).expect("a group");
        bot.quiet().await;
        let line = bot.answer(-7_500_000_001, |sim| {
            sim.say_in(-7_500_000_001, user, "/kyselyt").expect("said");
        });
        let line = line.await;
        assert!(line.says(&phrase(lang, "poll-private")), "{line:?}");
        assert!(line.labels.is_empty(), "{line:?}");
    })
    .await;
}
