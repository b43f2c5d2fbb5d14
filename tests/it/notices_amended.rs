//! Notices that are updated or cancelled after they went out.

use serde_json::{Value, json};

use crate::support::botapi::{Fault, Script};
use crate::support::database::{Database, on_each_database};
use crate::support::home::Home;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::telegram::{Bot, Line};
use crate::support::wait::{PATIENCE, eventually};
use crate::support::words::{either, label};

const FI: i64 = 7_500_000_001;
const SV: i64 = 7_500_000_002;
const LATE: i64 = 7_500_000_003;

/// The texts of a notice, one word for everything.
fn texts<'a>(head: &[&'a str], word: (&'a str, &'a str), more: &[&'a str]) -> Vec<&'a str> {
    let mut args = head.to_vec();
    args.extend(["--title-fi", word.0, "--title-sv", word.1]);
    args.extend(["--text-fi", "Teksti.", "--text-sv", "Text."]);
    args.extend(more);
    args
}

async fn send(server: &TestServer, word: (&str, &str)) -> String {
    let args = texts(&["notice", "send"], word, &["--topic", "weather"]);
    server.json(&args).await["id"].to_string()
}

async fn update(server: &TestServer, id: &str, word: (&str, &str)) {
    server
        .json(&texts(&["notice", "update", id], word, &[]))
        .await;
}

/// Waits until an amendment is done with.
async fn amended(server: &TestServer, id: &str, number: usize) -> Value {
    eventually("the amendment has reached everyone", async || {
        let status = server.json(&["notice", "status", id]).await;
        let standing = &status["amendments"].get(number)?["standing"];
        let deliveries = standing["deliveries"].as_array()?;
        let done = deliveries
            .iter()
            .all(|one| one[1] == "sent" || one[1] == "failed");
        (done && standing["expanded"] == true).then_some(status)
    })
    .await
}

/// A bot with a Finnish and a Swedish subscriber of the weather.
async fn subscribed(database: Database) -> Bot {
    let bot = Bot::start(database).await;
    for (user, lang) in [(FI, "fi"), (SV, "sv")] {
        bot.sim.set_language(user, Some(lang));
        bot.say(user, either(lang, "tilaa sää", "prenumerera på väder"))
            .await;
    }
    bot
}

fn last(bot: &Bot, user: i64) -> Line {
    bot.lines(user).pop().expect("a message")
}

#[tokio::test]
async fn an_update_changes_the_message_where_it_is_once_and_in_its_own_language() {
    on_each_database(async |database| {
        let bot = subscribed(database).await;
        let id = send(&bot.server, ("Myrsky", "Storm")).await;
        bot.quiet().await;
        let before = [bot.lines(FI).len(), bot.lines(SV).len()];
        bot.say(FI, "på svenska").await;
        bot.say(LATE, "tilaa sää").await;
        update(&bot.server, &id, ("Kova myrsky", "Hård storm")).await;
        bot.quiet().await;
        for (user, lang, at) in [(FI, "fi", before[0]), (SV, "sv", before[1])] {
            let line = bot.lines(user).remove(at - 1);
            assert_eq!(line.edits, 1, "{line:?}");
            assert!(
                line.says(either(lang, "Kova myrsky", "Hård storm")),
                "{line:?}"
            );
            assert!(
                line.says(either(lang, "Päivitetty ", "Uppdaterat ")),
                "{line:?}"
            );
            assert_eq!(line.labels, [label(lang, "button-subscriptions")]);
        }
        assert_eq!(bot.lines(SV).len(), before[1], "no new message");
        assert!(!bot.lines(LATE).iter().any(|line| line.says("yrsky")));
        let listed = bot.say(LATE, "tiedotteet").await;
        assert!(
            listed.says("Kova myrsky") && listed.says("Päivitetty "),
            "{listed:?}"
        );
        let status = bot.server.json(&["notice", "status", &id]).await;
        assert_eq!(status["headline"]["fi"], "Kova myrsky");
        let sent = json!([["telegram", "sent", 2]]);
        assert_eq!(status["standing"]["deliveries"], sent);
        assert_eq!(status["amendments"][0]["kind"], "update");
        assert_eq!(status["amendments"][0]["standing"]["deliveries"], sent);
        let words = bot.server.cli(&["notice", "status", &id]).await.stdout;
        assert!(words.contains("\nUpdated 20"), "{words}");
    })
    .await;
}

#[tokio::test]
async fn after_two_updates_a_cancel_has_the_last_word_even_for_who_stopped() {
    on_each_database(async |database| {
        let bot = subscribed(database).await;
        let id = send(&bot.server, ("Myrsky", "Storm")).await;
        bot.quiet().await;
        let stopped = bot.lines(FI).len();
        bot.say(FI, "/lopeta").await;
        for word in [("Eka", "Ett"), ("Toka", "Två")] {
            update(&bot.server, &id, word).await;
        }
        bot.server.json(&["notice", "cancel", &id]).await;
        bot.quiet().await;
        for (line, lang) in [
            (bot.lines(FI).remove(stopped - 1), "fi"),
            (last(&bot, SV), "sv"),
        ] {
            let title = either(lang, "Peruttu: Toka", "Återkallat: Två");
            assert!(line.says(title), "{line:?}");
            assert!(line.labels.is_empty() && !line.says("Tekst"), "{line:?}");
        }
        let status = amended(&bot.server, &id, 2).await;
        assert_eq!(status["amendments"][2]["kind"], "cancel");
        let none = bot.say(SV, "meddelanden").await;
        assert!(!none.says("Två"), "{none:?}");
    })
    .await;
}

#[tokio::test]
async fn a_notice_that_should_not_have_been_sent_is_taken_away_or_says_so_if_it_is_too_old() {
    on_each_database(async |database| {
        let bot = subscribed(database).await;
        let before = [bot.lines(FI).len(), bot.lines(SV).len()];
        let id = send(&bot.server, ("Myrsky", "Storm")).await;
        bot.quiet().await;
        bot.sim.age_messages(SV, 49 * 3_600);
        bot.server
            .json(&["notice", "cancel", &id, "--redact"])
            .await;
        bot.quiet().await;
        assert_eq!(bot.lines(FI).len(), before[0], "taken away");
        assert_eq!(bot.lines(SV).len(), before[1] + 1);
        assert!(last(&bot, SV).says("Återkallat: Storm"));
        let status = bot.server.json(&["notice", "status", &id]).await;
        let change = &status["amendments"][0];
        assert_eq!(change["redacts"], true);
        assert_eq!(
            change["standing"]["deliveries"],
            json!([["telegram", "sent", 2]])
        );
    })
    .await;
}

#[tokio::test]
async fn a_cancel_reaches_a_message_that_is_just_being_sent() {
    on_each_database(async |database| {
        let bot = subscribed(database).await;
        bot.sim.script(Script {
            method: Some("sendMessage".into()),
            chat_id: Some(FI),
            skip: 0,
            times: 1,
            fault: Fault::Slow(5_000),
        });
        let id = send(&bot.server, ("Myrsky", "Storm")).await;
        let begun = |state: &crate::support::botapi::State| {
            let mut messages = state.bot_messages(FI).into_iter();
            messages.any(|message| message.plain.contains("Myrsky"))
        };
        bot.sim.wait_until(begun, PATIENCE).await.expect("a start");
        bot.server.json(&["notice", "cancel", &id]).await;
        let open = "SELECT COUNT(*) FROM outbox WHERE state = 'sending'";
        assert_eq!(bot.server.database.number(open).await, 1, "still under way");
        bot.quiet().await;
        let line = last(&bot, FI);
        assert!(line.says("Peruttu: Myrsky") && line.edits == 1, "{line:?}");
    })
    .await;
}

#[tokio::test]
async fn on_a_page_a_change_is_a_new_line_and_none_for_who_stopped() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut town = Vec::new();
        for lang in ["fi", "sv", "fi"] {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident
                .say(either(lang, "tilaa sää", "prenumerera på väder"))
                .await;
            town.push((lang, resident));
        }
        let id = send(&server, ("Myrsky", "Storm")).await;
        eventually("everyone has it", async || {
            let status = server.json(&["notice", "status", &id]).await;
            (status["standing"]["deliveries"] == json!([["web", "sent", 3]])).then_some(())
        })
        .await;
        let (_, mut stopped) = town.pop().expect("somebody");
        stopped.look().await;
        stopped.say("lopeta").await;
        for (_, resident) in &mut town {
            resident.look().await;
        }
        update(&server, &id, ("Kova myrsky", "Hård storm")).await;
        amended(&server, &id, 0).await;
        server.json(&["notice", "cancel", &id, "--redact"]).await;
        amended(&server, &id, 1).await;
        for (lang, resident) in &mut town {
            let lines = resident.look().await;
            assert_eq!(lines.len(), 2, "{lines:#?}");
            let (updated, cancelled) = (&lines[0], &lines[1]);
            assert!(
                updated
                    .text
                    .contains(either(lang, "Päivitetty", "Uppdaterat"))
            );
            let title = either(lang, "Peruttu: Kova myrsky", "Återkallat: Hård storm");
            assert!(cancelled.text.contains(title), "{cancelled:?}");
        }
        assert!(stopped.look().await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_has_not_left_goes_with_the_new_words_and_what_is_cancelled_not_at_all() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        resident.say("tilaa sää").await;
        let home = server.stop().await;
        let mut ids = Vec::new();
        for word in ["Eka", "Toka"] {
            let args = texts(&["notice", "send"], (word, word), &["--topic", "weather"]);
            ids.push(home.json(&args).await["id"].to_string());
        }
        home.json(&["notice", "cancel", &ids[0]]).await;
        let word = ("Kolmas", "Trean");
        home.json(&texts(&["notice", "update", &ids[1]], word, &[]))
            .await;
        let server = TestServer::serve(home).await;
        resident.move_to(&server);
        amended(&server, &ids[1], 0).await;
        let lines = eventually("the notice is there", async || {
            Some(resident.look().await).filter(|lines| !lines.is_empty())
        })
        .await;
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(lines[0].text.contains("Kolmas"), "{lines:#?}");
        let rows = "SELECT COUNT(*) FROM outbox WHERE broadcast_id IS NOT NULL";
        assert_eq!(server.database.number(rows).await, 1);
    })
    .await;
}

#[tokio::test]
async fn what_cannot_be_changed_is_told_in_a_line() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let word = ("Myrsky", "Storm");
        let unknown = home
            .cli(&texts(&["notice", "update", "7"], word, &[]))
            .await;
        assert_eq!(unknown.faults(), ["there is no notice 7"]);
        let unknown = home.cli(&["notice", "cancel", "7"]).await;
        assert_eq!(unknown.faults(), ["there is no notice 7"]);
        let sent = home
            .json(&texts(&["notice", "send"], word, &["--topic", "weather"]))
            .await;
        let id = sent["id"].to_string();
        let half = ["notice", "update", &id, "--title-fi", "A", "--text-fi", "B"];
        assert_eq!(home.cli(&half).await.faults().len(), 2);
        let file = home.write(
            "moved.toml",
            "topic = \"fire\"\n[fi]\ntitle = \"A\"\ntext = \"B\"\n[sv]\ntitle = \"A\"\ntext = \"B\"\n",
        );
        let moved = home.cli(&["notice", "update", &id, "--file", &file]).await;
        let told = "topic can't change: cancel the notice and send a new one";
        assert_eq!(moved.faults(), [told]);
        assert!(home.cli(&["notice", "cancel", &id]).await.success);
        let again = home.cli(&["notice", "cancel", &id]).await;
        assert_eq!(again.faults(), [format!("notice {id} is cancelled already")]);
        let update = home.cli(&texts(&["notice", "update", &id], word, &[])).await;
        let told = format!("notice {id} is cancelled; send a new one");
        assert_eq!(update.faults(), [told]);
        let changes = "SELECT COUNT(*) FROM broadcast WHERE amends IS NOT NULL";
        assert_eq!(home.database.number(changes).await, 1);
    })
    .await;
}
