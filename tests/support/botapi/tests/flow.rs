//! Updates: offsets, conflicts, odd updates; webhooks; faults; loads; control over HTTP.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{
    Config, Fault, Faults, LoadQuestions, LoadVotes, Media, NewGroup, Script, Standing, echo,
};
use super::{Client, LONG, hello, start, start_with};

#[tokio::test]
async fn offsets_confirm() {
    let (sim, client) = start();
    let ids: Vec<i64> = (0..5)
        .filter_map(|i| sim.say(1, &i.to_string()).update_id)
        .collect();
    assert_eq!(client.poll(json!({})).await, ids);
    assert_eq!(
        client.poll(json!({"offset": ids[0]})).await,
        ids,
        "not confirmed by its own number"
    );
    assert_eq!(
        client.poll(json!({"offset": ids[2], "limit": 2})).await,
        ids[2..4]
    );
    assert_eq!(
        client.poll(json!({"offset": 0})).await,
        ids[2..],
        "confirmed for good"
    );
    assert_eq!(client.poll(json!({"offset": -2})).await, ids[3..]);
    assert_eq!(client.poll(json!({})).await, ids[3..], "forgotten for good");
    assert!(client.poll(json!({"offset": ids[4] + 1})).await.is_empty());
    assert_eq!(sim.read(|s| s.pending_updates()), 0);
    assert!(
        client
            .refused("getUpdates", json!({"limit": 101}))
            .await
            .contains("limit")
    );
}

#[tokio::test]
async fn duplicates_and_order() {
    let (sim, client) = start();
    let ids: Vec<i64> = (0..3)
        .filter_map(|i| sim.say(1, &i.to_string()).update_id)
        .collect();
    sim.reverse_queue();
    assert_eq!(client.poll(json!({})).await, [ids[2], ids[1], ids[0]]);
    assert_eq!(
        client.poll(json!({"offset": ids[1]})).await,
        [ids[2], ids[1]]
    );
    assert!(client.poll(json!({"offset": ids[2] + 1})).await.is_empty());
    sim.duplicate(ids[0]).expect("a recent update");
    assert_eq!(client.poll(json!({"offset": ids[2] + 1})).await, [ids[0]]);
    assert!(client.poll(json!({"offset": ids[2] + 1})).await.is_empty());
    let next = sim.say(1, "uusi").update_id.expect("an update");
    assert_eq!(client.poll(json!({"offset": ids[2] + 1})).await, [next]);
    assert!(sim.duplicate(1).is_err());
}

#[tokio::test]
async fn kinds_of_updates() {
    let (sim, client) = start();
    sim.say(1, "moi");
    client
        .poll(json!({"allowed_updates": ["callback_query"]}))
        .await;
    assert_eq!(sim.say(1, "ei").update_id, None);
    assert_eq!(client.poll(json!({})).await.len(), 1, "made before");
    client
        .poll(json!({"allowed_updates": ["message", "chat_member", "poll_answer"]}))
        .await;
    sim.create_group(NewGroup {
        id: -9,
        ..NewGroup::default()
    })
    .expect("a new group");
    sim.set_member(-9, 8, Standing::Member).expect("a group");
    for media in [
        Media::Sticker,
        Media::Voice,
        Media::Photo,
        Media::Location,
        Media::Contact,
    ] {
        sim.send_media(1, media);
    }
    sim.poll_answer(1, "p", &[0]);
    sim.unknown_update();
    sim.unparsable_update();
    sim.empty_update();
    let updates = client.ok("getUpdates", json!({"offset": -10})).await;
    let kinds: Vec<Vec<&str>> = updates
        .as_array()
        .into_iter()
        .flatten()
        .map(|u| {
            let fields = u
                .as_object()
                .into_iter()
                .flatten()
                .map(|(key, _)| key.as_str());
            fields.filter(|key| *key != "update_id").collect()
        })
        .collect();
    assert_eq!(kinds[0], ["message"], "a service message");
    assert_eq!(
        kinds[6..],
        [
            vec!["poll_answer"],
            vec!["quantum_message"],
            vec!["message"],
            vec![]
        ]
    );
    assert_eq!(updates[1]["message"]["sticker"]["width"], 512);
    let said = sim.say(1, "a");
    sim.edit_said(1, 1, said.message_id, "b /c")
        .expect("an own message");
    assert!(sim.edit_said(1, 2, said.message_id, "b").is_err());
    assert_eq!(
        sim.read(|s| s.message(1, said.message_id).map(|m| m.entities.len())),
        Some(1)
    );
}

#[tokio::test]
async fn polls_conflict() {
    let (sim, client) = start();
    let poll = |client: &Client| {
        let client = client.clone();
        tokio::spawn(async move { client.call("getUpdates", json!({"timeout": 50})).await })
    };
    let first = poll(&client);
    sim.wait_until(|s| s.polling(), LONG).await.expect("a poll");
    let second = poll(&client);
    let ended = first.await.expect("no panic");
    assert_eq!(
        ended["description"],
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    );
    let said = sim.say(1, "moi").update_id;
    assert_eq!(
        second.await.expect("no panic")["result"][0]["update_id"].as_i64(),
        said
    );
    client
        .ok("setWebhook", json!({"url": "http://127.0.0.1:1/x"}))
        .await;
    assert_eq!(
        client.refused("getUpdates", json!({})).await,
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
    );
    client
        .ok("deleteWebhook", json!({"drop_pending_updates": true}))
        .await;
    assert!(client.poll(json!({})).await.is_empty());
}

#[tokio::test]
async fn scripted_faults() {
    let (sim, client) = start();
    sim.say(1, "/start");
    sim.fail_next("sendMessage", 1, Fault::LostReply);
    assert!(client.try_call("sendMessage", hello()).await.is_err());
    assert_eq!(sim.read(|s| s.bot_messages(1).len()), 1, "carried out");
    sim.fail_next("getUpdates", 1, Fault::LostReply);
    assert!(client.try_call("getUpdates", json!({})).await.is_err());
    assert_eq!(client.poll(json!({})).await.len(), 1, "not confirmed");
    sim.fail_next("sendMessage", 1, Fault::Dropped);
    assert!(client.try_call("sendMessage", hello()).await.is_err());
    assert_eq!(sim.read(|s| s.bot_messages(1).len()), 1, "not carried out");
    sim.fail_next("sendMessage", 1, Fault::BadGateway);
    let url = format!("{}/sendMessage", client.base);
    let response = client
        .http
        .post(url)
        .json(&hello())
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status().as_u16(), 502);
    assert!(response.text().await.expect("text").contains("nginx"));
    sim.storm(2, 7);
    client.poll(json!({})).await;
    for _ in 0..2 {
        let body = client.call("sendMessage", hello()).await;
        assert_eq!(body["parameters"]["retry_after"], 7);
    }
    let fault = Fault::ServerError;
    sim.script(Script {
        method: None,
        chat_id: Some(2),
        skip: 0,
        times: 1,
        fault,
    });
    sim.say(2, "/start");
    client.ok("sendMessage", hello()).await;
    assert_eq!(
        client
            .call("sendMessage", json!({"chat_id": 2, "text": "x"}))
            .await["error_code"],
        500
    );
    sim.fail_next("getMe", 1, Fault::Slow(1));
    client.ok("getMe", json!({})).await;
    let polls = sim.read(|s| s.poll_generation);
    let poller = client.clone();
    let poll = json!({"offset": i64::MAX, "timeout": 50});
    let waiting = tokio::spawn(async move { poller.try_call("getUpdates", poll).await.is_err() });
    sim.wait_until(|s| s.poll_generation > polls, LONG)
        .await
        .expect("a poll");
    sim.set_down(true);
    assert!(
        waiting.await.expect("no panic"),
        "a poll that waits is closed as well"
    );
    assert!(client.try_call("getMe", json!({})).await.is_err());
    sim.set_down(false);
    client.ok("getMe", json!({})).await;
    let count = sim.read(|s| s.calls("sendMessage"));
    assert_eq!((count.total, count.ok, count.faults), (7, 2, 6));
}

#[tokio::test]
async fn random_faults_repeat() {
    let exempt = vec!["getUpdates".to_owned()];
    let faults = Faults {
        seed: 42,
        server_error: 30.0,
        bad_gateway: 0.0,
        exempt,
        ..Faults::default()
    };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (sim, client) = start();
        sim.set_faults(faults.clone());
        let mut run = Vec::new();
        for _ in 0..40 {
            client.poll(json!({})).await;
            run.push(client.call("getMe", json!({})).await["ok"] == true);
        }
        runs.push(run);
    }
    assert_eq!(runs[0], runs[1]);
    let failed = runs[0].iter().filter(|ok| !**ok).count();
    assert!((4..=22).contains(&failed), "{failed}");
}

#[tokio::test]
async fn loads() {
    let (sim, client) = start_with(Config {
        store_messages: false,
        ..Config::default()
    });
    let (url, token) = (sim.url(), sim.token().to_owned());
    let bot =
        tokio::spawn(async move { echo::run(&url, &token, 2).await.map_err(|e| e.to_string()) });
    let setup = LoadQuestions {
        users: 5,
        total: 100,
        ..LoadQuestions::default()
    };
    let report = sim.load_questions(setup).await;
    assert!(
        report.complete && report.answered == 100 && report.extra == 0,
        "{report:?}"
    );
    for in_flight in [None, Some(3)] {
        let data = vec!["v:1".to_owned(), "v:2".to_owned()];
        let setup = LoadVotes {
            users: 7,
            total: 1500,
            data,
            in_flight,
            ..LoadVotes::default()
        };
        let report = sim.load_votes(setup).await.expect("data is given");
        assert!(report.complete && report.answered == 1500, "{report:?}");
    }
    assert!(sim.load_votes(LoadVotes::default()).await.is_err());
    bot.abort();

    sim.watch_broadcast(1000, 10);
    for chat in [1000, 1001, 1001, 1009, 5] {
        client
            .call("sendMessage", json!({"chat_id": chat, "text": "x"}))
            .await;
    }
    let report = sim.wait_broadcast(4, 20).await;
    assert_eq!(
        (
            report.messages,
            report.reached,
            report.missing,
            report.duplicates
        ),
        (4, 3, 7, 1)
    );
    assert_eq!(report.first_missing[0], 1002);
}

#[tokio::test]
async fn control_over_http() {
    let (sim, client) = start();
    let control = async |path: &str, body: Value| {
        let response = client
            .http
            .post(format!("{}/sim/{path}", sim.url()))
            .json(&body)
            .send();
        response
            .await
            .expect("an answer")
            .json::<Value>()
            .await
            .expect("JSON")
    };
    let said = control("say", json!({"user": 1, "text": "/start"})).await;
    assert_eq!(said["result"]["message_id"], 1);
    let markup = json!({"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]});
    client
        .ok(
            "sendMessage",
            json!({"chat_id": 1, "text": "x", "reply_markup": markup}),
        )
        .await;
    let press = json!({"user": 1, "message_id": 2, "target": {"label": "a"}});
    let pressed = control("press", press).await;
    client
        .ok(
            "answerCallbackQuery",
            json!({"callback_query_id": pressed["result"]["id"]}),
        )
        .await;
    let wait = json!({"timeout_ms": 20_000, "answered": 1, "chat": 1, "messages": 1});
    assert_eq!(control("wait", wait).await["ok"], true);
    assert_eq!(
        control("messages", json!({"chat": 1})).await["result"][1]["plain"],
        "x"
    );
    assert_eq!(
        control("calls", json!({})).await["result"]["sendMessage"]["ok"],
        1
    );
    assert_eq!(
        control("script", json!({"times": 1, "fault": {"too_many": 3}})).await["ok"],
        true
    );
    assert_eq!(client.call("getMe", json!({})).await["error_code"], 429);
    let sticker = control("say", json!({"user": 1, "media": "sticker"})).await;
    assert_eq!(sticker["ok"], true, "{sticker}");
    assert_eq!(
        control("group", json!({"id": -5, "members": [1]})).await["ok"],
        true
    );
    assert_eq!(control("migrate", json!({"chat": -5})).await["ok"], false);
    assert_eq!(control("say", json!({"usr": 1})).await["ok"], false);
    assert_eq!(control("nothing", json!({})).await["error"], "no such path");
    let late = sim.wait_until(|_| false, Duration::ZERO).await;
    assert!(late.is_err());
    control("stop", json!({})).await;
    sim.join();
}
