//! Whether those who report an emergency are shown the steps for it, right below "call 112".

use turvabot::conversation::{respond, understand};
use turvabot::domain::{ActionKey, ChannelKind, Input, Message};
use turvabot::knowledge::Knowledge;

use super::content::knowledge;
use crate::support::talk::{facts, newcomer};
use crate::support::words::{LANGS, LOCALES, lang};

/// Situations of `tests/data/triage`, and the entry with the steps for each.
const STEPS: [(&str, &[&str]); 9] = [
    (
        "home-fire",
        &[
            "kitchen-fire",
            "neighbour-flat-fire",
            "stairwell-smoke",
            "trapped-by-fire",
            "sauna-fire",
        ],
    ),
    ("grease-fire", &["grease-fire"]),
    ("cpr", &["not-breathing", "unconscious-person"]),
    ("choking", &["choking-adult", "choking-baby"]),
    ("fell-through-ice", &["ice-rescue"]),
    ("swimming", &["drowning-child", "swimmer-in-trouble"]),
    (
        "poison-information",
        &[
            "medicine-poisoning-child",
            "detergent-swallowed",
            "mushroom-poisoning",
        ],
    ),
    ("violence-at-home", &["domestic-violence"]),
    (
        "crisis-line",
        &["self-harm", "suicide-overdose", "quiet-goodbye-message"],
    ),
];

/// Least share of emergencies whose steps are shown, and shown or behind a button, in percent; a
/// little below what was measured.
const FLOORS: [(&str, f64, f64); 2] = [("fi", 62.0, 83.0), ("sv", 64.0, 84.0)];

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
            let entry = STEPS.iter().find(|(_, kinds)| kinds.contains(&cells[0]));
            let (Some((entry, _)), "1") = (entry, cells[1]) else {
                continue;
            };
            let entry = knowledge.entry(entry).expect("an entry");
            let question = entry.question.get(lang(code)).expect("a question");
            let message = told(&knowledge, code, cells[3]);
            let title = message.text.contains(&format!("**{question}**"));
            let button = message
                .buttons
                .iter()
                .flatten()
                .any(|one| one.label == *question);
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
