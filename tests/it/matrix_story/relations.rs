//! Threads, edits and reactions.

use serde_json::json;
use turvabot::domain::Phrase;

use super::{
    Chat, MODES, POLL_START, assert_answer, number_of, person, question, subscribe, with, words,
};
use crate::support::matrix::bot::MatrixBot;
use crate::support::matrix::resident::Text;
use crate::support::words::{either, phrase};

#[tokio::test]
async fn a_question_in_a_thread_is_answered_there() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let first = chat.say(question("fi")).await;
        assert_eq!(first.thread, None, "{first:?}");
        for lang in ["fi", "sv"] {
            let asked = Text {
                body: question(lang),
                thread: Some(&first.event_id),
                ..Text::default()
            };
            chat.resident.send_text(&chat.room, asked).await;
            let answer = chat.next().await;
            assert_answer(lang, &answer);
            assert_eq!(answer.thread.as_deref(), Some(&*first.event_id));
        }
        let quoted = format!("> <{}> jotain\n\n{}", chat.bot.id(), question("fi"));
        let reply = Text {
            body: &quoted,
            reply_to: Some(&first.event_id),
            ..Text::default()
        };
        chat.resident.send_text(&chat.room, reply).await;
        let answer = chat.next().await;
        assert_answer("fi", &answer);
        assert_eq!(answer.thread, None, "{answer:?}");
    }
}

#[tokio::test]
async fn the_answer_to_a_question_that_is_edited_changes_with_it() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        for lang in ["fi", "sv"] {
            let asked = chat.resident.send(&chat.room, "asdfgh").await;
            let answer = chat.next().await;
            let edits = [
                question(lang),
                either(lang, "aiheet", "ämnen"),
                question(lang),
            ];
            for (place, better) in edits.into_iter().enumerate() {
                chat.resident.edit(&chat.room, &asked, better).await;
                let edit = chat.next().await;
                assert_eq!(edit.edits.as_deref(), Some(&*answer.event_id));
                if place != 1 {
                    assert_answer(lang, &edit);
                }
            }
        }
        chat.nothing_more().await;
    }
}

/// Thumbs up and down as they are counted.
async fn thumbs(bot: &MatrixBot) -> (i64, i64) {
    let sum =
        |column: &str| format!("SELECT CAST(COALESCE(SUM({column}), 0) AS BIGINT) FROM feedback");
    let database = &bot.server.database;
    (
        database.number(&sum("up")).await,
        database.number(&sum("down")).await,
    )
}

#[tokio::test]
async fn thumbs_on_an_answer_are_counted_and_nothing_is_said() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (resident, room) = (&chat.resident, &*chat.room);
        let answer = chat.say(question("fi")).await;
        for thumb in ["👍", "👍🏽", "👍\u{fe0f}", "👎🏿"] {
            resident.react(room, &answer.event_id, thumb).await;
        }
        resident.react(room, &answer.event_id, "🎉").await;
        // Whatever is heard after them is answered after them.
        let thanks = chat.say("kiitos").await;
        assert_eq!(words(&thanks), phrase("fi", "thanks"));
        assert_eq!(thumbs(&chat.bot).await, (3, 1));
        resident.react(room, &thanks.event_id, "👍").await;
        chat.say("kiitos").await;
        assert_eq!(thumbs(&chat.bot).await, (3, 1));
        chat.nothing_more().await;
    }
}

#[tokio::test]
async fn reactions_with_numbers_choose_and_change_the_list_itself() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (resident, room) = (&chat.resident, &*chat.room);
        let menu = chat.say("aiheet").await;
        let topic = "Vesi, sähkö, puhelin";
        let number = number_of(&menu, topic);
        // As most keyboards write it, and without the sign for a coloured form.
        for (key, said, ticked) in [
            ("\u{fe0f}\u{20e3}", "subscribed", true),
            ("\u{20e3}", "unsubscribed", false),
        ] {
            let key = format!("{number}{key}");
            resident.react(room, &menu.event_id, &key).await;
            let changed = chat.next().await;
            assert_eq!(changed.edits.as_deref(), Some(&*menu.event_id));
            assert!(words(&changed).starts_with(&with("fi", said, "topic", topic)));
            assert_eq!(changed.body.contains(&format!("✓ {topic}")), ticked);
        }
        let answer = chat.say(question("fi")).await;
        resident
            .react(room, &answer.event_id, "2\u{fe0f}\u{20e3}")
            .await;
        let related = chat.next().await;
        assert_eq!(related.edits, None, "{related:?}");
        assert!(
            related.body.starts_with("Montako palovaroitinta"),
            "{related:?}"
        );
    }
}

#[tokio::test]
async fn reactions_to_what_others_say_do_nothing_and_none_votes() {
    for encrypted in MODES {
        let chat = Chat::open(encrypted).await;
        let (resident, room) = (&chat.resident, &*chat.room);
        subscribe(resident, room).await;
        let answer = chat.say("aiheet").await;
        let mine = &answer.content["fi.turvabot"];
        assert!(mine["reactions"].is_object(), "{answer:?}");
        // Somebody shows what the bot showed, with the bot's own tokens in it.
        let forged = json!({"msgtype": "m.notice", "body": "x", "fi.turvabot": mine});
        let forged = resident.send_raw(room, "m.room.message", forged).await;
        resident.react(room, &forged, "1\u{fe0f}\u{20e3}").await;
        resident.react(room, &answer.event_id, "1").await;
        let bad = json!({"m.relates_to": {"rel_type": "m.annotation", "event_id": 7, "key": []}});
        resident.send_plain(room, "m.reaction", bad).await;

        let id = chat.bot.server.open_poll(&[]).await;
        let text = chat.next().await;
        let poll = chat.next().await;
        assert_eq!(poll.ty, POLL_START);
        for event in [&text.event_id, &poll.event_id] {
            for key in ["1\u{fe0f}\u{20e3}", "1", "👍"] {
                resident.react(room, event, key).await;
            }
        }
        // Nor does a token that isn't the bot's.
        resident.vote(room, &poll.event_id, &["v:1:0.forged"]).await;
        assert_eq!(words(&chat.next().await), phrase("fi", "stale-button"));
        assert_eq!(chat.bot.server.votes(&id).await, [0, 0, 0]);
        let count = Phrase::new("topics").arg("count", 1_i64);
        let menu = chat.say("aiheet").await;
        assert!(words(&menu).starts_with(&phrase("fi", count)), "{menu:?}");
        chat.nothing_more().await;
    }
}

#[tokio::test]
async fn each_resident_votes_alone() {
    let chat = Chat::open(true).await;
    let bo = person("bo").await;
    let (room, _) = chat.bot.meet(&bo, false).await;
    subscribe(&chat.resident, &chat.room).await;
    subscribe(&bo, &room).await;
    let id = chat.bot.server.open_poll(&[]).await;
    chat.next().await;
    let poll = chat.next().await;
    let own = bo.next_message(&room).await;
    let own_poll = bo.next_message(&room).await;
    assert_eq!((own.encrypted, &*own_poll.ty), (false, POLL_START));
    let answers = poll.answers();
    let (maria, first, second) = (&chat.resident, &*answers[0].0, &*answers[1].0);
    // The last choice counts, however often one chooses; a choice too many does nothing more.
    for choice in [&[first][..], &[second, first], &[first]] {
        maria.vote(&chat.room, &poll.event_id, choice).await;
        chat.next().await;
    }
    let theirs = own_poll.answers();
    bo.vote_stable(&room, &own_poll.event_id, &[&theirs[1].0])
        .await;
    let voted = bo.next_message(&room).await;
    assert_eq!(words(&voted), with("fi", "voted", "option", "Ei"));
    assert_eq!(chat.bot.server.votes(&id).await, [1, 1, 0]);
}
