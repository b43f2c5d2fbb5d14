//! Sending: every answer of the server becomes the right next step.

use std::time::Duration;

use turvabot::channels::Channel as _;
use turvabot::config::Mode;
use turvabot::domain::SendError;

use super::{connect, connect_as, delivery, replacing};
use crate::support::botapi::{Config, Fault, Simulator};

#[tokio::test]
async fn a_message_arrives_with_markup_and_buttons_and_can_be_replaced() {
    let sim = Simulator::start(Config::default());
    let telegram = connect(&sim, Mode::Polling);
    sim.say(9, "/start");
    let sent = telegram
        .send(&delivery(9, "**Hei** <sinä> & \"muut\"\n\n- a"))
        .await
        .expect("sent");
    assert_eq!(
        sim.read(|s| s.last_bot_message(9).map(|m| m.plain.clone()))
            .as_deref(),
        Some("Hei <sinä> & \"muut\"\n\n• a")
    );
    let edited = telegram
        .send(&replacing(9, "Uusi", &sent.external_id))
        .await
        .expect("edited");
    assert_eq!(edited, sent);
    let unchanged = telegram
        .send(&replacing(9, "Uusi", &sent.external_id))
        .await
        .expect("unchanged");
    assert_eq!(unchanged, sent);
    assert_eq!(sim.read(|s| s.bot_messages(9).len()), 1);
    let new = telegram
        .send(&replacing(9, "Uusi", "99999"))
        .await
        .expect("sent as new");
    assert_ne!(new, sent);
    let new = telegram
        .send(&replacing(9, "Uusi", "?"))
        .await
        .expect("sent as new");
    assert_ne!(new, sent);
}

#[tokio::test]
async fn a_long_message_comes_in_parts_with_buttons_under_the_last() {
    let sim = Simulator::start(Config::default());
    let telegram = connect(&sim, Mode::Polling);
    sim.say(9, "/start");
    let long = format!(
        "{}\n\n{}",
        "sana 🚒 **tuli** ".repeat(600),
        "<loppu> ".repeat(500)
    );
    sim.fail_next("sendMessage", 1, Fault::TooMany(3));
    let limited = telegram.send(&delivery(9, &long)).await;
    assert_eq!(
        limited,
        Err(SendError::Limited {
            after: Duration::from_secs(3)
        })
    );
    let sent = telegram.send(&delivery(9, &long)).await.expect("sent");
    let (texts, keyboards, last) = sim.read(|s| {
        let all = s.bot_messages(9);
        let texts: Vec<_> = all.iter().map(|m| m.plain.clone()).collect();
        let keyboards: Vec<_> = all.iter().map(|m| m.reply_markup.is_some()).collect();
        (
            texts,
            keyboards,
            all.last().map(|m| m.message_id.to_string()),
        )
    });
    assert!(texts.len() >= 3 && texts.iter().all(|text| text.encode_utf16().count() <= 4096));
    assert_eq!(texts.concat().matches('🚒').count(), 600);
    assert_eq!(keyboards.iter().filter(|has| **has).count(), 1);
    assert_eq!(
        (keyboards.last(), last),
        (Some(&true), Some(sent.external_id))
    );
}

#[tokio::test]
async fn another_attempt_goes_on_with_the_part_that_failed() {
    let sim = Simulator::start(Config::default());
    let telegram = connect(&sim, Mode::Polling);
    sim.say(9, "/start");
    let long = "sana ".repeat(2_000);
    sim.script(crate::support::botapi::Script {
        method: Some("sendMessage".into()),
        chat_id: None,
        skip: 1,
        times: 1,
        fault: Fault::TooMany(1),
    });
    assert!(matches!(
        telegram.send(&delivery(9, &long)).await,
        Err(SendError::Limited { .. })
    ));
    telegram.send(&delivery(9, &long)).await.expect("sent");
    assert_eq!(sim.read(|s| s.bot_messages(9).len()), 3);
}

#[tokio::test]
async fn what_goes_wrong_says_what_to_do_next() {
    let sim = Simulator::start(Config::default());
    let telegram = connect(&sim, Mode::Polling);
    sim.say(9, "/start");
    sim.say(8, "/start");
    sim.block(8);
    for nobody in [8, 12_345] {
        assert!(matches!(
            telegram.send(&delivery(nobody, "x")).await,
            Err(SendError::Gone { .. })
        ));
    }
    for fault in [
        Fault::BadGateway,
        Fault::ServerError,
        Fault::LostReply,
        Fault::Dropped,
    ] {
        sim.fail_next("sendMessage", 1, fault.clone());
        let error = telegram
            .send(&delivery(9, "salaisuus"))
            .await
            .expect_err("a fault");
        assert!(
            matches!(error, SendError::Ambiguous { .. }),
            "{fault:?} {error:?}"
        );
        let shown = format!("{error:?}");
        assert!(
            !shown.contains("salaisuus") && !shown.contains(sim.token()),
            "{shown}"
        );
    }
    assert!(matches!(
        telegram.send(&delivery(9, " ")).await,
        Err(SendError::Rejected { .. })
    ));
    drop(sim);
    let error = telegram.send(&delivery(9, "x")).await;
    assert!(matches!(error, Err(SendError::Retry { .. })), "{error:?}");
}

#[tokio::test]
async fn a_revoked_token_waits_for_the_operator_and_is_never_shown() {
    let sim = Simulator::start(Config::default());
    let token = "1000001:SIMULATED-token_that_was_revoked_long_ago";
    let telegram = connect_as(&sim, token, Mode::Polling);
    let after = Duration::from_secs(60);
    let reason = "token refused".to_owned();
    let refused = telegram.send(&delivery(9, "x")).await;
    assert_eq!(refused, Err(SendError::Retry { after, reason }));
    assert!(!format!("{telegram:?}").contains("SIMULATED"));
}
