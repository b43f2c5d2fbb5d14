//! The web chat: privacy, own data, erasure.

use turvabot::domain::Phrase;

use crate::support::database::on_each_database;
use crate::support::page::Line;
use crate::support::resident::WebResident;
use crate::support::server::TestServer;
use crate::support::wait::eventually;
use crate::support::words::{LANGS, either, label, phrase};

#[tokio::test]
async fn privacy_tells_who_answers_for_the_data_and_what_is_stored_for_how_long() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for (lang, command, told) in [
            (
                "fi",
                "tietosuoja",
                [
                    "Esimerkkilän kunta",
                    "tietosuoja@esimerkkila.example",
                    "24 tunnin",
                ],
            ),
            (
                "sv",
                "dataskydd",
                [
                    "Exempelby kommun",
                    "dataskydd@exempelby.example",
                    "24 timmar",
                ],
            ),
        ] {
            let mut resident = WebResident::speaking(&server, lang).await;
            let line = resident.say(command).await;
            for told in told {
                assert!(line.text.contains(told), "{told}: {line:?}");
            }
            let data = label(lang, "button-my-data");
            assert_eq!(line.labels(), [data.clone(), label(lang, "button-erase")]);
            let line = resident.press(&data).await;
            assert!(line.text.starts_with(&phrase(lang, "my-data")), "{line:?}");
        }
    })
    .await;
}

/// A resident with a choice of every kind.
async fn settled(server: &TestServer, lang: &str) -> WebResident {
    let mut resident = WebResident::speaking(server, lang).await;
    resident.say(either(lang, "suomeksi", "på svenska")).await;
    resident
        .say(either(lang, "tilaa vesi", "prenumerera på vatten"))
        .await;
    resident.say(either(lang, "alueet", "områden")).await;
    resident.press(either(lang, "Koivula", "Björkdal")).await;
    resident.say(either(lang, "hiljaa", "tyst")).await;
    resident.press(&label(lang, "button-quiet-on")).await;
    resident.say(either(lang, "kyselyt", "enkäter")).await;
    resident.press(either(lang, "On", "Ja")).await;
    resident
}

async fn open_poll(server: &TestServer) {
    server.open_poll(&[]).await;
    // Whoever subscribes from now on isn't asked unasked any more.
    let open = "SELECT COUNT(*) FROM broadcast WHERE expanded_at IS NULL";
    eventually("the poll is sent to its audience", async || {
        (server.database.number(open).await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn own_data_names_everything_that_is_stored_in_words() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        open_poll(&server).await;
        for lang in LANGS {
            let mut resident = settled(&server, lang).await;
            let key = resident.key();
            let stored = |table: &str| {
                format!(
                    "SELECT COUNT(*) FROM {table} t JOIN resident r ON r.id = t.resident_id \
                     WHERE r.address = '{key}'"
                )
            };
            let lines = server.database.number(&stored("web_line")).await;
            let deliveries = server.database.number(&stored("outbox")).await;
            let line = resident
                .say(either(lang, "omat tiedot", "mina uppgifter"))
                .await;
            let vote = Phrase::new("my-data-vote")
                .arg(
                    "question",
                    either(lang, "Onko valoa?", "Finns det ljus?").to_owned(),
                )
                .arg("option", either(lang, "On", "Ja").to_owned());
            let ledger = Phrase::new("my-data-ledger")
                .arg("deliveries", deliveries)
                .arg("lines", lines);
            for told in [
                key.clone(),
                phrase(lang, "channel-web"),
                phrase(lang, "my-data-lang-chosen"),
                either(lang, "Vesi, sähkö, puhelin", "Vatten, el, telefon").to_owned(),
                either(lang, "Koivula", "Björkdal").to_owned(),
                "22.00–7.00".to_owned(),
                phrase(lang, "my-data-active"),
                phrase(lang, vote),
                phrase(lang, ledger),
            ] {
                assert!(line.text.contains(&told), "{told}: {line:?}");
            }
            assert_eq!(line.labels(), [label(lang, "button-erase")]);
        }
    })
    .await;
}

#[tokio::test]
async fn own_data_of_a_newcomer_says_what_there_is_not() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = WebResident::new(&server).accepting(lang);
            let line = resident
                .say(either(lang, "omat tiedot", "mina uppgifter"))
                .await;
            for key in [
                "my-data-lang-guessed",
                "none-topics",
                "none-areas",
                "my-data-quiet-off",
            ] {
                assert!(line.text.contains(&phrase(lang, key)), "{key}: {line:?}");
            }
            resident.say(either(lang, "lopeta", "sluta")).await;
            let line = resident
                .say(either(lang, "omat tiedot", "mina uppgifter"))
                .await;
            assert!(
                line.text.contains(&phrase(lang, "my-data-stopped")),
                "{line:?}"
            );
        }
    })
    .await;
}

/// How a resident says yes.
const YES: [&str; 4] = ["button", "1", "kyllä|ja", "poista|radera"];

#[tokio::test]
async fn erasure_leaves_nothing_that_points_to_the_resident_in_any_table() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        number_from_high_up(&server).await;
        open_poll(&server).await;
        for lang in LANGS {
            for yes in YES {
                let mut resident = settled(&server, lang).await;
                let key = resident.key();
                let id = format!("SELECT id FROM resident WHERE address = '{key}'");
                let id = server.database.number(&id).await.to_string();
                assert!(!traces(&server, &key, &id).await.is_empty());
                assert_eq!(votes(&server).await, 1);

                let asked = resident
                    .say(either(lang, "poista tietoni", "radera mina uppgifter"))
                    .await;
                assert_eq!(asked.text, phrase(lang, "erase-ask"));
                let yes = yes.split('|').nth(usize::from(lang == "sv")).unwrap_or(yes);
                let erased = confirm(&mut resident, lang, yes).await;
                assert_eq!(erased.text, phrase(lang, "erased"), "{yes}");
                assert_eq!(
                    resident.lines.len(),
                    1,
                    "the page is empty but for the last words"
                );

                assert_eq!(
                    traces(&server, &key, &id).await,
                    Vec::<String>::new(),
                    "{yes}"
                );
                assert_eq!(votes(&server).await, 0, "the vote is gone");
            }
        }
    })
    .await;
}

async fn confirm(resident: &mut WebResident, lang: &str, yes: &str) -> Line {
    if yes == "button" {
        resident.press(&label(lang, "button-erase-yes")).await
    } else {
        resident.say(yes).await
    }
}

async fn votes(server: &TestServer) -> i64 {
    server.database.number("SELECT COUNT(*) FROM ballot").await
}

/// Lets numbers begin so high that none of them is by chance a count or a yes.
async fn number_from_high_up(server: &TestServer) {
    let raise = "UPDATE id_block SET next = next + 7000000000";
    server.database.execute(raise).await;
}

/// Values in the database that are a session or a resident's number.
async fn traces(server: &TestServer, key: &str, id: &str) -> Vec<String> {
    let mut traces = Vec::new();
    for (table, row) in server.database.dump().await {
        for (column, value) in row {
            let value = value.unwrap_or_default();
            // The counter of all numbers is nobody's.
            if value.contains(key) || (value == id && table != "id_block") {
                traces.push(format!("{table}.{column}: {value}"));
            }
        }
    }
    traces
}

#[tokio::test]
async fn a_notice_that_was_delivered_to_an_erased_resident_stays_as_a_bare_number() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        number_from_high_up(&server).await;
        let mut resident = WebResident::speaking(&server, "fi").await;
        let id = server
            .database
            .number("SELECT id FROM resident")
            .await
            .to_string();
        // Somebody after them, so that the last one looked at is another.
        WebResident::speaking(&server, "sv").await;
        let mut stream = resident.stream(Some(resident.last_seen())).await;
        let sent = server
            .json(&[
                "notice",
                "send",
                "--severity",
                "severe",
                "--title-fi",
                "Vaara",
                "--text-fi",
                "Pysy sisällä.",
                "--title-sv",
                "Fara",
                "--text-sv",
                "Stanna inne.",
            ])
            .await;
        stream.next().await;
        resident.look().await;
        let key = resident.key();
        resident.say("poista tietoni").await;
        resident.say("kyllä").await;
        assert_eq!(traces(&server, &key, &id).await, Vec::<String>::new());
        let number = sent["id"].to_string();
        let status = server.json(&["notice", "status", &number]).await;
        assert_eq!(
            status["standing"]["deliveries"],
            serde_json::json!([["web", "sent", 2]])
        );
    })
    .await;
}

#[tokio::test]
async fn erasure_is_cancelled_by_button_and_by_word() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident
                .say(either(lang, "tilaa vesi", "prenumerera på vatten"))
                .await;
            for no in [
                "button",
                "2",
                either(lang, "ei", "nej"),
                either(lang, "peruuta", "avbryt"),
            ] {
                resident.say(either(lang, "/poista", "/radera")).await;
                let line = if no == "button" {
                    resident.press(&label(lang, "button-erase-no")).await
                } else {
                    resident.say(no).await
                };
                assert_eq!(line.text, phrase(lang, "erase-cancelled"), "{no}");
            }
            let yes = resident.say(either(lang, "kyllä", "ja")).await;
            assert_eq!(
                yes.text,
                phrase(lang, "help"),
                "a yes to no question erases nothing"
            );
        }
        assert_eq!(
            server
                .database
                .number("SELECT COUNT(*) FROM resident_topic")
                .await,
            2
        );
    })
    .await;
}

#[tokio::test]
async fn an_old_confirmation_button_asks_again_instead_of_erasing() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        for lang in LANGS {
            let mut resident = WebResident::speaking(&server, lang).await;
            resident.say(either(lang, "/poista", "/radera")).await;
            resident.say(either(lang, "/ohje", "/hjalp")).await;
            let line = resident.press(&label(lang, "button-erase-yes")).await;
            assert_eq!(line.text, phrase(lang, "erase-ask"));
        }
        assert_eq!(
            server
                .database
                .number("SELECT COUNT(*) FROM resident")
                .await,
            2
        );
    })
    .await;
}

#[tokio::test]
async fn an_erased_resident_who_writes_again_begins_anew() {
    on_each_database(async |database| {
        let server = TestServer::start(database).await;
        let mut resident = settled_without_poll(&server).await;
        resident.say("poista tietoni").await;
        resident.say("kyllä").await;
        let line = resident.say("omat tiedot").await;
        assert!(line.text.contains(&phrase("fi", "none-topics")), "{line:?}");
        assert_eq!(
            resident.lines.len(),
            2,
            "the last words are gone: {:?}",
            resident.lines
        );
    })
    .await;
}

async fn settled_without_poll(server: &TestServer) -> WebResident {
    let mut resident = WebResident::speaking(server, "fi").await;
    resident.say("tilaa vesi").await;
    resident
}
