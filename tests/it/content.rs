//! The shipped content, as residents see it.

use std::path::Path;

use turvabot::content::{Content, Source};
use turvabot::conversation::{Intent, Understood, respond};
use turvabot::domain::{Action, ActionKey, ChannelKind, Lang, Message, QuietHours, markup};
use turvabot::knowledge::{Identity, Knowledge};

use crate::support::talk::{facts, newcomer};
use crate::support::words::{LANGS, LOCALES, lang};

/// Longest text of a message, and longest data of a button: <https://core.telegram.org/bots/api>.
const TELEGRAM_TEXT: usize = 4096;
const TELEGRAM_BUTTON: usize = 64;

/// What is shipped, built as the program builds it.
pub fn knowledge() -> Knowledge {
    let content = Content::load(Source::Embedded, &LOCALES.langs()).expect("sound content");
    let identity = Identity {
        name: [
            (Lang::FI, "Espoo".to_owned()),
            (Lang::SV, "Esbo".to_owned()),
        ]
        .into_iter()
        .collect(),
        web_history_hours: 24,
        quiet_hours: QuietHours {
            from: 1320,
            to: 420,
        },
        review_grace_days: 90,
    };
    Knowledge::build(&content, &[], &LOCALES, identity).expect("knowledge")
}

/// What somebody who speaks the language is told.
fn told(knowledge: &Knowledge, lang: Lang, intent: Intent) -> Vec<Message> {
    let resident = newcomer(ChannelKind::Telegram, lang);
    let turn = respond(resident, Understood::from(intent), facts(knowledge));
    let key = ActionKey::new(b"key");
    turn.replies
        .iter()
        .map(|say| LOCALES.render(lang, say, &key))
        .collect()
}

#[test]
fn every_answer_is_whole_in_both_languages_and_fits_a_message_of_telegram() {
    let knowledge = knowledge();
    assert!(knowledge.entries.len() > 60, "{}", knowledge.entries.len());
    for entry in &knowledge.entries {
        for code in LANGS {
            let lang = lang(code);
            let messages = told(
                &knowledge,
                lang,
                Intent::Act(Action::Entry(entry.id.clone())),
            );
            assert_eq!(messages.len(), 1, "{} in {code}", entry.id);
            let message = &messages[0];
            let blocks = markup::parse(&message.text);
            let shown: Vec<_> = blocks.iter().map(markup::to_plain).collect();
            let shown = shown.join("\n\n");
            let place = format!("{} in {code}: {shown}", entry.id);
            assert!(shown.encode_utf16().count() <= TELEGRAM_TEXT, "{place}");
            let question = entry.question.get(lang).expect("a question");
            assert!(shown.starts_with(question.as_str()), "{place}");
            for left_over in ["**", "](", "{$", "{ $", "answer-"] {
                assert!(!shown.contains(left_over), "{left_over} in {place}");
            }
            assert!(
                message.text.contains("](http"),
                "the source's address: {place}"
            );
            for button in message.buttons.iter().flatten() {
                assert!(button.token.len() <= TELEGRAM_BUTTON, "{place}");
                assert!(!button.label.is_empty(), "{place}");
            }
        }
    }
}

#[test]
fn no_answer_says_the_same_in_both_languages() {
    for entry in &knowledge().entries {
        let [fi, sv] = LANGS.map(|code| entry.answer.get(lang(code)).expect("an answer"));
        assert_ne!(fi, sv, "{}", entry.id);
    }
}

#[test]
fn every_menu_fits_telegrams_buttons() {
    let knowledge = knowledge();
    for code in LANGS {
        for command in turvabot::locale::Command::ALL {
            for message in told(&knowledge, lang(code), Intent::Command(command)) {
                assert!(
                    message.text.encode_utf16().count() <= TELEGRAM_TEXT,
                    "{command:?}"
                );
                let buttons: Vec<_> = message.buttons.iter().flatten().collect();
                assert!(buttons.len() <= 100, "{command:?}");
                assert!(
                    buttons.iter().all(|b| b.token.len() <= TELEGRAM_BUTTON),
                    "{command:?}"
                );
            }
        }
    }
}

#[test]
fn the_files_in_the_folder_are_the_ones_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("content");
    let folder = Content::load(Source::Dir(&folder), &LOCALES.langs()).expect("sound content");
    let embedded = Content::load(Source::Embedded, &LOCALES.langs()).expect("sound content");
    let ids = |content: &Content| -> Vec<String> {
        content
            .entries
            .iter()
            .map(|entry| entry.id.clone())
            .collect()
    };
    assert_eq!(ids(&folder), ids(&embedded));
}
