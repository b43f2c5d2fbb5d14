//! The first thing a stranger runs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use crate::support::home::{program, run, signal};
use crate::support::resident::WebResident;

/// A running demo; killed if the test fails.
struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    fn start(data_dir: &str) -> Self {
        let mut child = program()
            .args(["demo", "--listen", "127.0.0.1:0", "--data-dir", data_dir])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the demo starts");
        let mut lines = BufReader::new(child.stdout.take().expect("an output")).lines();
        let first = lines.next().expect("a line").expect("UTF-8");
        let address = first.strip_prefix("Turvabot demo: ").expect("the address");
        let url = format!("http://{address}");
        // Its output is read to the end, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, url }
    }

    fn stop(mut self) {
        signal(self.child.id(), "INT");
        assert!(self.child.wait().expect("an end").success());
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[tokio::test]
async fn the_demo_answers_shows_its_samples_and_takes_commands_beside_it_twice_in_a_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let data_dir = folder.path().join("data");
    let data_dir = data_dir.to_str().expect("UTF-8");
    for round in 0..2 {
        let demo = Demo::start(data_dir);
        let mut resident = WebResident::at(&demo.url).accepting("sv");
        let answer = resident.say("Hur testar jag brandvarnaren?").await;
        assert!(answer.text.contains("SPEK"), "{round}: {answer:?}");
        let notices = resident.say("meddelanden").await;
        assert!(
            notices.text.contains("Vattenavbrott"),
            "{round}: {notices:?}"
        );
        let poll = resident.say("enkäter").await;
        assert_eq!(poll.buttons.len(), 4, "{round}: {poll:?}");
        let mut stream = resident.stream(Some(resident.last_seen())).await;
        let headline = format!("Gasläcka {round}");
        let sent = run(&[
            "notice",
            "send",
            "--data-dir",
            data_dir,
            "--severity",
            "severe",
            "--title-fi",
            "Kaasuvuoto",
            "--text-fi",
            "Pysy sisällä.",
            "--title-sv",
            &headline,
            "--text-sv",
            "Stanna inne.",
        ])
        .await;
        assert!(sent.success, "{}", sent.stderr);
        let line = stream.next().await;
        assert!(line.text.contains(&headline), "{round}: {line:?}");
        drop(stream);
        demo.stop();
    }
}
