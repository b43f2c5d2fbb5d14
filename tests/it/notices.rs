//! Notices through the command line beside a running server.

use serde_json::{Value, json};

use crate::support::database::on_each_database;
use crate::support::home::Home;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::wait::eventually;
use crate::support::words::{either, phrase};

/// The arguments of a notice with these titles.
fn notice<'a>(title: (&'a str, &'a str), more: &[&'a str]) -> Vec<&'a str> {
    let mut args = vec![
        "notice",
        "send",
        "--title-fi",
        title.0,
        "--title-sv",
        title.1,
    ];
    args.extend([
        "--text-fi",
        "Teksti suomeksi.",
        "--text-sv",
        "Text på svenska.",
    ]);
    args.extend(more);
    args
}

/// Sends a notice and waits until the server is done with it.
async fn send(server: &TestServer, title: (&str, &str), more: &[&str]) -> Value {
    let sent = server.json(&notice(title, more)).await;
    let id = sent["id"].to_string();
    eventually("every recipient has got the notice", async || {
        let status = server
            .json(&["notice", "status", &id, "--recipients"])
            .await;
        let done = status["recipients"]
            .as_array()?
            .iter()
            .all(|one| one["state"] == "sent");
        (done && status["standing"]["expanded"] == true).then_some(status)
    })
    .await
}

/// The town: what everyone has chosen.
const TOWN: [(&str, &str, &[&str], &[&str]); 8] = [
    ("nothing", "fi", &[], &[]),
    ("water", "fi", &["vesi"], &[]),
    ("water-sv", "sv", &["vatten"], &[]),
    ("weather", "fi", &["sää"], &[]),
    ("water-koivula", "fi", &["vesi"], &["Koivula"]),
    ("water-hamnen-sv", "sv", &["vatten"], &["Hamnen"]),
    ("both-areas", "fi", &["vesi", "sää"], &["Koivula", "Satama"]),
    ("stopped", "fi", &["vesi"], &[]),
];

async fn town(server: &TestServer) -> Vec<(&'static str, WebResident)> {
    let mut town = Vec::new();
    for (name, lang, topics, areas) in TOWN {
        let mut resident = WebResident::speaking(server, lang).await;
        for topic in topics {
            let verb = either(lang, "tilaa", "prenumerera på");
            resident.say(&format!("{verb} {topic}")).await;
        }
        for area in areas {
            resident.say(either(lang, "alueet", "områden")).await;
            resident.press(area).await;
        }
        if name == "stopped" {
            resident.say("lopeta").await;
        }
        town.push((name, resident));
    }
    town
}

/// Who has new lines, which must all be one and the same notice in their language.
async fn reached(
    town: &mut [(&'static str, WebResident)],
    title: (&str, &str),
) -> Vec<&'static str> {
    let mut reached = Vec::new();
    for ((name, resident), (_, lang, ..)) in town.iter_mut().zip(TOWN) {
        let new = resident.look().await;
        assert!(new.len() <= 1, "{name} got it more than once: {new:#?}");
        if let Some(line) = new.first() {
            let title = either(lang, title.0, title.1);
            assert!(line.text.contains(title), "{name}: {line:?}");
            let text = either(lang, "Teksti suomeksi.", "Text på svenska.");
            assert!(line.text.contains(text), "{name}: {line:?}");
            assert!(
                line.text.contains(either(lang, "Espoo", "Esbo")),
                "{name}: {line:?}"
            );
            reached.push(*name);
        }
    }
    reached
}

const ACTIVE: [&str; 7] = [
    "nothing",
    "water",
    "water-sv",
    "weather",
    "water-koivula",
    "water-hamnen-sv",
    "both-areas",
];

/// Whom a notice is for, and whom it reaches.
const REACH: [(&[&str], &[&str]); 8] = [
    (
        &["--topic", "water-and-power"],
        &[
            "water",
            "water-sv",
            "water-koivula",
            "water-hamnen-sv",
            "both-areas",
        ],
    ),
    (
        &["--topic", "weather", "--severity", "minor"],
        &["weather", "both-areas"],
    ),
    (
        &["--topic", "water-and-power", "--area", "koivula"],
        &["water", "water-sv", "water-koivula", "both-areas"],
    ),
    (
        &["--area", "satama"],
        &[
            "water",
            "water-sv",
            "weather",
            "water-hamnen-sv",
            "both-areas",
        ],
    ),
    (
        &[],
        &[
            "water",
            "water-sv",
            "weather",
            "water-koivula",
            "water-hamnen-sv",
            "both-areas",
        ],
    ),
    (&["--severity", "severe"], &ACTIVE),
    (&["--severity", "extreme", "--topic", "traffic"], &ACTIVE),
    (
        &["--severity", "severe", "--area", "koivula"],
        &[
            "nothing",
            "water",
            "water-sv",
            "weather",
            "water-koivula",
            "both-areas",
        ],
    ),
];

#[tokio::test]
async fn a_notice_reaches_exactly_those_who_asked_for_it_once_and_in_their_language() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut town = town(&server).await;
        for (number, (more, expected)) in REACH.into_iter().enumerate() {
            let title = (format!("Tiedote {number}"), format!("Meddelande {number}"));
            let title = (&*title.0, &*title.1);
            let status = send(&server, title, more).await;
            assert_eq!(reached(&mut town, title).await, expected, "{more:?}");
            assert_eq!(status["standing"]["recipients"], expected.len(), "{more:?}");
            let recipients = status["recipients"].as_array().expect("a list");
            assert_eq!(recipients.len(), expected.len(), "{more:?}");
            let once = |one: &Value| one["attempts"] == 1 && one["doubts"] == 0;
            assert!(recipients.iter().all(once), "{recipients:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_alert_names_112_and_a_routine_notice_does_not() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in ["fi", "sv"] {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident
                .say(either(lang, "tilaa sää", "prenumerera på väder"))
                .await;
            send(&server, ("Vaara", "Fara"), &["--severity", "severe"]).await;
            let alert = resident.look().await.remove(0);
            assert!(
                alert.text.contains(&phrase(lang, "notice-112")),
                "{alert:?}"
            );
            assert!(alert.text.contains('⚠'), "{alert:?}");
            send(
                &server,
                ("Katko", "Avbrott"),
                &["--topic", "weather", "--area", "satama"],
            )
            .await;
            let routine = resident.look().await.remove(0);
            assert!(!routine.text.contains("112"), "{routine:?}");
            let sender = either(
                lang,
                "Espoo · Sää ja liukkaus · Satama",
                "Esbo · Väder och halka · Hamnen",
            );
            assert!(routine.text.ends_with(sender), "{routine:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_notice_comes_over_the_stream_and_stays_among_the_notices_in_force() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in ["fi", "sv"] {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident
                .say(either(lang, "tilaa vesi", "prenumerera på vatten"))
                .await;
            let mut stream = resident.stream(Some(resident.last_seen())).await;
            let title = (
                &*format!("Vesi poikki {lang}"),
                &*format!("Vattnet borta {lang}"),
            );
            send(&server, title, &["--topic", "water-and-power"]).await;
            let line = stream.next().await;
            assert!(
                line.text.contains(either(lang, title.0, title.1)),
                "{line:?}"
            );
            let listed = resident
                .say_all(either(lang, "tiedotteet", "meddelanden"))
                .await;
            let listed = listed.last().expect("an answer");
            assert!(
                listed.text.contains(either(lang, title.0, title.1)),
                "{listed:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn without_notices_the_bot_says_so() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in ["fi", "sv"] {
            let mut resident = WebResident::new(&server).accepting(lang);
            let line = resident
                .say(either(lang, "tiedotteet", "meddelanden"))
                .await;
            assert_eq!(line.text, phrase(lang, "notices-none"));
        }
    })
    .await;
}

#[tokio::test]
async fn markup_in_a_notice_is_shown_as_it_was_written() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        let title = ("<b>Vaara</b> **nyt**", "Fara");
        send(&server, title, &["--severity", "severe"]).await;
        let line = resident.look().await.remove(0);
        assert!(line.text.contains(title.0), "{line:?}");
        assert!(!line.html.contains("<b>"), "{line:?}");
    })
    .await;
}

#[tokio::test]
async fn a_notice_at_fault_is_refused_by_field_and_nothing_of_it_is_kept() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let full = notice(("Otsikko", "Rubrik"), &[]);
        let without = |field: &str| {
            let at = full.iter().position(|arg| *arg == field).expect("a field");
            let mut args = full.clone();
            args.drain(at..at + 2);
            args
        };
        let long = "x".repeat(161);
        let cases = [
            (without("--title-sv"), "title-sv is missing"),
            (without("--text-sv"), "text-sv is missing"),
            (without("--title-fi"), "title-fi is missing"),
            (notice(("Otsikko", "  "), &[]), "title-sv is missing"),
            (
                notice((&long, "Rubrik"), &[]),
                "title-fi has 161 characters; at most 160 fit",
            ),
            (
                notice(("Otsi\u{202e}kko", "Rubrik"), &[]),
                "title-fi holds invisible control",
            ),
            (
                notice(("O", "R"), &["--topic", "vesi"]),
                "topic \"vesi\" is unknown; the municipality has: emergency, health, fire",
            ),
            (
                notice(("O", "R"), &["--area", "lintuvaara"]),
                "area \"lintuvaara\" is unknown; the municipality has: keskusta, satama",
            ),
        ];
        for (args, fault) in cases {
            let ended = home.cli(&args).await;
            let faults = ended.faults();
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].starts_with(fault), "{fault}: {faults:?}");
        }
        for table in ["notice", "notice_info", "broadcast", "rendering", "outbox"] {
            let kept = format!("SELECT COUNT(*) FROM {table}");
            assert_eq!(home.database.number(&kept).await, 0, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn every_fault_of_a_notice_is_told_at_once() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let ended = home
            .cli(&["notice", "send", "--topic", "x", "--area", "y"])
            .await;
        assert_eq!(ended.faults().len(), 6, "{}", ended.stderr);
    })
    .await;
}

#[tokio::test]
async fn a_notice_from_a_file_is_sent_and_a_fault_in_it_names_file_and_line() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "sv").await;
        resident.say("prenumerera på vatten").await;
        let file = server
            .path("content/demo/notice.toml")
            .display()
            .to_string();
        let mut stream = resident.stream(Some(resident.last_seen())).await;
        server.json(&["notice", "send", "--file", &file]).await;
        let line = stream.next().await;
        assert!(
            line.text.starts_with("Vattenavbrott i Björkdal"),
            "{line:?}"
        );

        let broken = server.write(
            "broken.toml",
            "topic = \"fire\"\n[fi]\ntitel = \"Otsikko\"\n",
        );
        let ended = server.cli(&["notice", "send", "--file", &broken]).await;
        let fault = ended.faults().join("\n");
        assert!(fault.starts_with(&format!("{broken}:3: ")), "{fault}");
        assert!(fault.contains("titel"), "{fault}");
    })
    .await;
}

#[tokio::test]
async fn a_notice_sent_while_no_server_runs_is_delivered_by_the_next_one() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        let home = server.stop().await;
        let sent = home
            .json(&notice(("Vaara", "Fara"), &["--severity", "extreme"]))
            .await;
        let status = home
            .json(&["notice", "status", &sent["id"].to_string()])
            .await;
        assert_eq!(status["standing"]["expanded"], false);
        let server = TestServer::serve(home).await;
        resident.move_to(&server);
        let mut stream = resident.stream(Some(resident.last_seen())).await;
        assert!(stream.next().await.text.contains("Vaara"));
    })
    .await;
}

#[tokio::test]
async fn the_status_of_an_unknown_notice_is_one_clear_line() {
    on_each_database(async |database| {
        let home = Home::new(database);
        let ended = home.cli(&["notice", "status", "12345"]).await;
        assert_eq!(ended.faults(), ["there is no notice 12345"]);
    })
    .await;
}

#[tokio::test]
async fn the_status_in_words_agrees_with_the_status_in_json() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let _resident = WebResident::speaking(&server, "fi").await;
        let status = send(&server, ("Vaara", "Fara"), &["--severity", "severe"]).await;
        assert_eq!(status["headline"], json!({"fi": "Vaara", "sv": "Fara"}));
        assert_eq!(status["severity"], "severe");
        let words = server
            .cli(&["notice", "status", &status["id"].to_string()])
            .await
            .stdout;
        assert!(words.contains("(fi): Vaara"), "{words}");
        assert!(words.contains("recipients: 1"), "{words}");
        assert!(words.contains("web: 1 delivered"), "{words}");
    })
    .await;
}
