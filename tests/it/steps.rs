//! Whether those who report an emergency are shown the steps for it, right below "call 112".

use turvabot::conversation::{respond, understand};
use turvabot::domain::{ActionKey, ChannelKind, Input, Message};
use turvabot::knowledge::Knowledge;

use super::content::knowledge;
use crate::support::talk::{facts, newcomer};
use crate::support::words::{LANGS, LOCALES, lang};

/// Situations of `tests/data/triage`, and the entries that hold the steps for each.
const STEPS: &[(&[&str], &[&str])] = &[
    (
        &["home-fire", "sauna-fire-safety"],
        &["kitchen-fire", "neighbour-flat-fire", "sauna-fire"],
    ),
    (
        &["stairwell-smoke", "home-fire"],
        &["stairwell-smoke", "trapped-by-fire"],
    ),
    (&["grease-fire"], &["grease-fire"]),
    (&["car-fire"], &["car-fire"]),
    (&["forest-fire"], &["forest-fire"]),
    (&["carbon-monoxide"], &["carbon-monoxide"]),
    (&["gas-smell"], &["gas-leak"]),
    (&["cpr", "unconscious-person"], &["not-breathing"]),
    (&["unconscious-person", "cpr"], &["unconscious-person"]),
    (&["choking"], &["choking-adult", "choking-baby"]),
    (&["bleeding"], &["severe-bleeding", "finger-cut-off"]),
    (&["heart-attack"], &["cardiac-chest-pain"]),
    (&["stroke"], &["stroke"]),
    (&["seizure"], &["seizure"]),
    (&["allergic-reaction"], &["anaphylaxis", "wasp-sting"]),
    (&["fell-through-ice"], &["ice-rescue"]),
    (
        &["drowning-rescue"],
        &["drowning-child", "swimmer-in-trouble"],
    ),
    (
        &["poison-information"],
        &[
            "medicine-poisoning-child",
            "detergent-swallowed",
            "mushroom-poisoning",
        ],
    ),
    (
        &["violence-at-home", "safe-shelter"],
        &["domestic-violence"],
    ),
    (
        &["crisis-line", "suicide-worry"],
        &[
            "self-harm",
            "suicide-overdose",
            "quiet-goodbye-message",
            "suicide-threat-other",
        ],
    ),
];

/// Least share of emergencies whose steps are shown, and shown or behind a button, in percent; a
/// little below what was measured.
const FLOORS: [(&str, f64, f64); 2] = [("fi", 62.0, 80.0), ("sv", 60.0, 78.0)];

/// What the bot says first.
fn told(knowledge: &Knowledge, code: &str, text: &str) -> Message {
    let lang = lang(code);
    let resident = newcomer(ChannelKind::Web, lang);
    let key = ActionKey::new(b"key");
    let understood = understand(&resident, &Input::Text(text.into()), knowledge, &key);
    let turn = respond(resident, understood, facts(knowledge));
    LOCALES.render(lang, &turn.replies[0], &key)
}

#[test]
fn whoever_reports_an_emergency_sees_the_steps_for_it() {
    let knowledge = knowledge();
    assert_eq!(FLOORS.map(|floor| floor.0), LANGS);
    for (code, least_shown, least_near) in FLOORS {
        let path = format!(
            "{}/tests/data/triage/{code}.tsv",
            env!("CARGO_MANIFEST_DIR")
        );
        let table = std::fs::read_to_string(path).expect("messages");
        let (mut all, mut shown, mut near) = (0, 0, 0);
        for line in table.lines() {
            let cells: Vec<&str> = line.split('\t').collect();
            let entries = STEPS.iter().find(|(_, kinds)| kinds.contains(&cells[0]));
            let (Some((entries, _)), "1") = (entries, cells[1]) else {
                continue;
            };
            let questions: Vec<&String> = entries
                .iter()
                .map(|id| {
                    let entry = knowledge.entry(id).unwrap_or_else(|| panic!("no {id}"));
                    entry.question.get(lang(code)).expect("a question")
                })
                .collect();
            let message = told(&knowledge, code, cells[3]);
            let titled = |question: &&&String| message.text.contains(&format!("**{question}**"));
            let title = questions.iter().any(|question| titled(&question));
            let button = message
                .buttons
                .iter()
                .flatten()
                .any(|one| questions.contains(&&one.label));
            all += 1;
            shown += u32::from(title);
            near += u32::from(title || button);
        }
        assert!(all > 200, "{code}: {all}");
        let share = |count: u32| f64::from(count) * 100.0 / f64::from(all);
        let (shown, near) = (share(shown), share(near));
        println!("{code}: of {all}, shown {shown:.1} %, shown or behind a button {near:.1} %");
        assert!(
            shown >= least_shown && near >= least_near,
            "{code}: {shown} {near}"
        );
    }
}
