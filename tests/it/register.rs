//! Who deals with what: asked in the chat, and changed while the bot serves.

use turvabot::conversation::{respond, understand};
use turvabot::domain::{ActionKey, ChannelKind, Input};

use super::content::knowledge;
use crate::support::talk::{facts, newcomer};
use crate::support::words::{LANGS, LOCALES, lang};

/// The matter, then the question in each of [`LANGS`].
const QUESTIONS: &str = include_str!("../data/who.tsv");

#[test]
fn a_hundred_questions_get_the_right_authority_in_both_languages() {
    let knowledge = knowledge();
    let key = ActionKey::new(b"key");
    let mut wrong = Vec::new();
    let rows: Vec<Vec<&str>> = QUESTIONS
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    assert!(rows.len() >= 100);
    for (at, code) in (1..).zip(LANGS) {
        let lang = lang(code);
        for row in &rows {
            let resident = newcomer(ChannelKind::Web, lang);
            let facts = facts(&knowledge);
            let contact = knowledge.duties.contact(row[0], facts.now);
            let contact = contact.unwrap_or_else(|| panic!("nobody for {}", row[0]));
            let name = contact.name.get(lang).expect("a name");
            let understood = understand(&resident, &Input::Text(row[at].into()), &knowledge, &key);
            let turn = respond(resident, understood, facts);
            let told = LOCALES.render(lang, &turn.replies[0], &key);
            if !told.text.contains(name.as_str()) {
                let buttons: Vec<_> = told
                    .buttons
                    .iter()
                    .flatten()
                    .map(|button| &button.label)
                    .collect();
                wrong.push(format!("{} {}: {} {buttons:?}", row[0], row[at], told.text));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Language and question: things that nobody in the register deals with.
const OUTSIDE: &str = include_str!("../data/who-outside.tsv");

#[test]
fn nobody_is_named_for_what_the_register_lacks() {
    let knowledge = knowledge();
    let key = ActionKey::new(b"key");
    let rows: Vec<_> = OUTSIDE
        .lines()
        .filter_map(|line| line.split_once('\t'))
        .collect();
    let mut named = Vec::new();
    for (code, question) in &rows {
        let lang = lang(code);
        let resident = newcomer(ChannelKind::Web, lang);
        let understood = understand(
            &resident,
            &Input::Text((*question).into()),
            &knowledge,
            &key,
        );
        let turn = respond(resident, understood, facts(&knowledge));
        let told = LOCALES.render(lang, &turn.replies[0], &key);
        let says = LOCALES.plain(lang, &"duty-web".into());
        let prefix = says.split('[').next().expect("a text");
        if told.text.contains(prefix) {
            named.push(*question);
        }
    }
    assert!(rows.len() >= 25 && named.len() <= 3, "{named:?}");
}
