//! Receiving by long polling, and the introduction.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::json;
use turvabot::channels::Channel as _;
use turvabot::channels::telegram::Introduction;
use turvabot::config::Mode;
use turvabot::domain::{Chat, Input, Lang, SendError};

use super::{Running, SOON, Store, connect, delivery, polling, run, text};
use crate::support::botapi::{Config, Fault, GroupKind, Media, NewGroup, Say, Simulator, Standing};

#[tokio::test]
async fn events_arrive_in_order_and_are_confirmed() {
    let it = polling();
    it.sim.set_language(9, Some("sv"));
    it.sim.say(9, "/start info-1");
    it.sim.say(9, "Moi");
    it.sim.send_media(9, Media::Voice);
    let inputs = it.store.wait(3).await;
    assert_eq!(inputs[0].1, Input::Start(Some("info-1".into())));
    assert_eq!(inputs[1], ("9".into(), text("Moi")));
    {
        let taken = it.store.taken.lock().expect("a lock");
        assert!(
            taken
                .iter()
                .all(|e| e.lang_hint == Some(Lang::SV) && e.received_at == 42)
        );
    }
    it.confirmed().await;
    it.cancel.cancel();
    tokio::time::timeout(Duration::from_secs(1), it.task)
        .await
        .expect("prompt")
        .expect("no panic");
}

#[tokio::test]
async fn nothing_is_confirmed_before_it_is_committed() {
    let store = Store::default();
    store.closed.store(true, Ordering::SeqCst);
    let it = run(Simulator::start(Config::default()), store, Vec::new());
    it.sim.say(9, "yksi");
    it.sim.say(9, "kaksi");
    it.store.refused(2).await;
    assert_eq!(it.sim.read(|state| state.pending_updates()), 2);
    it.store.closed.store(false, Ordering::SeqCst);
    assert_eq!(
        it.store.wait(2).await,
        [("9".into(), text("yksi")), ("9".into(), text("kaksi"))]
    );
    it.confirmed().await;
}

#[tokio::test]
async fn a_killed_bot_gets_the_same_events_again() {
    let store = Store::default();
    store.closed.store(true, Ordering::SeqCst);
    let it = run(Simulator::start(Config::default()), store, Vec::new());
    it.sim.say(9, "yksi");
    it.store.refused(1).await;
    it.task.abort();
    let again = run(it.sim, Store::default(), Vec::new());
    assert_eq!(again.store.wait(1).await, [("9".into(), text("yksi"))]);
}

#[tokio::test]
async fn a_panic_behind_the_sink_neither_ends_the_loop_nor_loses_anything() {
    let store = Store::default();
    store.panics.store(2, Ordering::SeqCst);
    let it = run(Simulator::start(Config::default()), store, Vec::new());
    it.sim.say(9, "yksi");
    it.store.wait(1).await;
    it.confirmed().await;
}

#[tokio::test]
async fn a_reordered_batch_is_sorted_and_a_duplicate_moves_nothing_back() {
    let sim = Simulator::start(Config::default());
    let ids: Vec<_> = (0..30)
        .filter_map(|n| sim.say(9, &n.to_string()).update_id)
        .collect();
    sim.shuffle_queue(3);
    let it = run(sim, Store::default(), Vec::new());
    it.store.wait(30).await;
    assert_eq!(it.store.ids(), ids);
    it.confirmed().await;
    it.sim.duplicate(ids[4]).expect("a known update");
    it.store.wait(31).await;
    it.confirmed().await;
    it.sim.say(9, "uusi");
    assert_eq!(it.store.wait(32).await[31].1, text("uusi"));
    it.confirmed().await;
    assert_eq!(it.store.inputs().len(), 32);
}

/// After a quiet week Telegram may go on with lower numbers, which an old offset would confirm.
#[tokio::test]
async fn the_offset_is_forgotten_once_everything_is_confirmed() {
    let config = Config {
        poll_second: Duration::from_millis(1),
        record_calls: true,
        ..Config::default()
    };
    let it = run(Simulator::start(config), Store::default(), Vec::new());
    let update = it.sim.say(9, "ennen").update_id;
    it.store.wait(1).await;
    it.confirmed().await;
    let polls = it.sim.read(|state| state.calls("getUpdates").total);
    let quiet = it
        .sim
        .wait_until(|state| state.calls("getUpdates").ok >= polls + 2, SOON);
    quiet.await.expect("empty answers");
    let offsets = it.sim.read(|state| {
        let polls = state
            .call_log()
            .iter()
            .filter(|call| call.method == "getUpdates");
        polls
            .map(|call| call.params["offset"].as_i64())
            .collect::<Vec<_>>()
    });
    let confirming: Vec<_> = offsets.iter().flatten().copied().collect();
    assert_eq!(confirming, [update.expect("an update") + 1]);
    assert_eq!(offsets.last(), Some(&None));
}

#[tokio::test]
async fn one_bad_update_stops_nothing_and_gets_an_answer_where_there_is_a_chat() {
    let it = polling();
    it.sim.say(9, "ennen");
    it.sim.unknown_update();
    it.sim.unparsable_update();
    it.sim.empty_update();
    let message = json!({"message": {"message_id": 1, "date": 1, "chat": {"id": 8, "type": "private"}, "text": {"not": "text"}}});
    it.sim
        .odd_update(message.as_object().cloned().expect("an object"));
    it.sim.say(9, "jälkeen");
    it.confirmed().await;
    let inputs = it.store.inputs();
    let of = |address: &str| {
        inputs
            .iter()
            .filter(|(a, _)| a == address)
            .map(|(_, i)| i.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("8"), [Input::Media(turvabot::domain::Media::Other)]);
    let said: Vec<_> = of("9")
        .into_iter()
        .filter(|i| matches!(i, Input::Text(_)))
        .collect();
    assert_eq!(said, [text("ennen"), text("jälkeen")]);
}

#[tokio::test]
async fn outages_pass() {
    let sim = Simulator::start(Config::default());
    sim.fail_next("getMe", 1, Fault::Dropped);
    sim.fail_next("deleteWebhook", 1, Fault::Dropped);
    sim.fail_next("getUpdates", 1, Fault::BadGateway);
    sim.fail_next("getUpdates", 1, Fault::LostReply);
    sim.fail_next("getUpdates", 1, Fault::TooMany(1));
    sim.say(9, "Moi");
    let it = run(sim, Store::default(), Vec::new());
    let enough = it
        .sim
        .wait_until(|s| s.pending_updates() == 0, Duration::from_secs(20));
    enough.await.expect("everything is confirmed");
    assert!(
        it.store
            .inputs()
            .iter()
            .all(|(_, input)| *input == text("Moi"))
    );
}

#[tokio::test]
async fn another_poller_or_a_webhook_is_outlived() {
    let it = polling();
    it.sim
        .wait_until(|state| state.polling(), SOON)
        .await
        .expect("a poll");
    let http = reqwest::Client::new();
    let call = |method: &str| format!("{}/bot{}/{method}", it.sim.url(), it.sim.token());
    let other = http
        .post(call("getUpdates"))
        .json(&json!({"timeout": 0}))
        .send()
        .await;
    assert_eq!(other.expect("an answer").status(), 200);
    let hook = json!({"url": "https://example.fi/hook"});
    let set = http
        .post(call("setWebhook"))
        .json(&hook)
        .send()
        .await
        .expect("an answer");
    assert_eq!(set.status(), 200);
    it.sim.say(9, "Moi");
    let enough = it.sim.wait_until(
        |s| s.webhook_url().is_none() && s.pending_updates() == 0,
        Duration::from_secs(15),
    );
    enough.await.expect("polling goes on");
    assert_eq!(
        it.store.inputs().last().map(|(_, i)| i.clone()),
        Some(text("Moi"))
    );
}

#[tokio::test]
async fn presses_are_answered_with_a_short_toast_while_sending_goes_on() {
    let it = polling();
    it.sim.say(9, "/start");
    let sent = it
        .telegram
        .send(&delivery(9, "Valitse"))
        .await
        .expect("sent");
    let pressed = it.sim.press_last(9, "Ohje").expect("a button");
    it.sim
        .wait_until(|state| state.answered() == 1, SOON)
        .await
        .expect("an answer");
    let toast = it
        .sim
        .read(|s| s.callback_answer(&pressed.id).and_then(|a| a.text.clone()));
    assert_eq!(toast.map(|toast| toast.chars().count()), Some(200));
    let taken = it.store.taken.lock().expect("a lock");
    let press = taken.last().expect("an event");
    assert_eq!(press.input, Input::Token("h.abc".into()));
    assert_eq!(press.on_message.as_deref(), Some(sent.external_id.as_str()));
}

#[tokio::test]
async fn late_answers_to_presses_disturb_nobody() {
    let it = polling();
    it.sim.say(9, "/start");
    it.telegram
        .send(&delivery(9, "Valitse"))
        .await
        .expect("sent");
    it.sim
        .fail_next("answerCallbackQuery", 1, Fault::Slow(1_500));
    it.sim.press_last(9, "Ohje").expect("a button");
    it.sim.say(9, "heti");
    let before = std::time::Instant::now();
    it.store.wait(3).await;
    it.confirmed().await;
    assert!(before.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn blocking_and_coming_back() {
    let it = polling();
    it.sim.say(9, "/start");
    it.sim.block(9);
    it.sim.unblock(9);
    let inputs: Vec<_> = it.store.wait(3).await.into_iter().map(|(_, i)| i).collect();
    assert_eq!(inputs[1..], [Input::Gone, Input::Returned]);
}

/// A bot in a group whose every word reaches it.
async fn house() -> Running {
    let config = Config {
        privacy_mode: false,
        ..Config::default()
    };
    let it = run(Simulator::start(config), Store::default(), Vec::new());
    it.sim
        .wait_until(|state| state.polling(), SOON)
        .await
        .expect("a poll");
    let new = NewGroup {
        id: -50,
        kind: GroupKind::Group,
        members: vec![1, 2],
        ..NewGroup::default()
    };
    it.sim.create_group(new).expect("a group");
    it
}

#[tokio::test]
async fn groups_are_heard_only_when_they_speak_to_the_bot() {
    let it = house().await;
    for words in [
        "moi kaikki",
        "/apua",
        "/apua@turva_test_bot",
        "/apua@muu_bot",
        "@turva_test_bot mitä nyt?",
    ] {
        it.sim.say_in(-50, 1, words).expect("said");
    }
    let sent = it.telegram.send(&delivery(-50, "Hei")).await.expect("sent");
    let reply_to = sent.external_id.parse().ok();
    let say = Say {
        user: 2,
        chat: Some(-50),
        text: "kiitos".into(),
        reply_to,
        media: None,
    };
    it.sim.say_with(&say).expect("said");
    let migrated = it.sim.migrate(-50).expect("a group");
    it.sim
        .set_bot_standing(migrated, 1, Standing::Kicked)
        .expect("a group");
    it.confirmed().await;
    let inputs: Vec<_> = it.store.inputs().into_iter().map(|(_, i)| i).collect();
    let expected = [
        Input::Start(None),
        text("/apua"),
        text("/apua"),
        text("mitä nyt?"),
        text("kiitos"),
        Input::Moved(migrated.to_string()),
        Input::Gone,
    ];
    assert_eq!(inputs, expected);
    assert!(
        it.store
            .taken
            .lock()
            .expect("a lock")
            .iter()
            .all(|e| e.chat == Chat::Group)
    );
    let moved = it.telegram.send(&delivery(-50, "Hei")).await;
    assert_eq!(
        moved,
        Err(SendError::Moved {
            to: migrated.to_string()
        })
    );
    assert!(it.telegram.is_group("-50") && !it.telegram.is_group("9"));
}

#[tokio::test]
async fn the_bot_introduces_itself_once() {
    let introduction = |lang, name: &str| Introduction {
        lang,
        name: name.into(),
        about: "Turvallisuusneuvoja".into(),
        description: "Kysy mitä vain".into(),
        commands: vec![("apua".into(), "Näytä ohje".into())],
    };
    let introductions = vec![
        introduction(Lang::FI, "Turvabotti"),
        introduction(Lang::SV, "Säkerhetsboten"),
    ];
    let sim = Simulator::start(Config::default());
    connect(&sim, Mode::Polling).introduce(&introductions).await;
    let commands = sim.read(|s| s.commands(&json!({"type": "default"}), "sv"));
    assert_eq!(commands, [("apua".to_owned(), "Näytä ohje".to_owned())]);
    assert!(sim.read(|s| s.calls("setMyName").ok) >= 2);
    sim.reset_counts();
    connect(&sim, Mode::Polling).introduce(&introductions).await;
    assert_eq!(sim.read(|s| s.calls("getMyName").ok), 3);
    for method in [
        "setMyCommands",
        "setMyName",
        "setMyDescription",
        "setMyShortDescription",
    ] {
        assert_eq!(sim.read(|s| s.calls(method).total), 0, "{method}");
    }
}
