//! From an event to an intent.

use super::intent::{Intent, Understood};
use super::lexicon::Meaning;
use crate::answers::fold;
use crate::domain::{Action, ActionKey, Input, Lang, Pending, Resident};
use crate::knowledge::Knowledge;

/// What the resident wants with this input. Never fails: what isn't anything else is a question.
#[must_use]
pub fn understand(
    resident: &Resident,
    input: &Input,
    knowledge: &Knowledge,
    key: &ActionKey,
) -> Understood {
    let plain = |intent| Understood {
        intent,
        heard: None,
    };
    match input {
        Input::Text(text) | Input::Edited(text) => words(resident, text, knowledge, key),
        Input::Token(token) => plain(key.open(token).map_or(Intent::StaleButton, Intent::Act)),
        Input::Start(_) => plain(Intent::Command(crate::locale::Command::Start)),
        Input::Media(media) => plain(Intent::Media(*media)),
        Input::Gone => plain(Intent::Gone),
        Input::Returned => plain(Intent::Returned),
        Input::Moved(to) => plain(Intent::Moved(to.clone())),
    }
}

fn words(resident: &Resident, text: &str, knowledge: &Knowledge, key: &ActionKey) -> Understood {
    let text = text.trim();
    if let Some(command) = text.strip_prefix(['/', '!'])
        && let Some(understood) = slash(command, knowledge)
    {
        return understood;
    }
    let folded = fold(text);
    if folded.is_empty() {
        let intent = if text.is_empty() || !text.chars().any(|c| c == '?' || c == '!') {
            Intent::Empty
        } else {
            Intent::Command(crate::locale::Command::Help)
        };
        return Understood {
            intent,
            heard: None,
        };
    }
    let lexicon = &knowledge.lexicon;
    let meaning = lexicon.whole(&folded);
    if let Some(intent) = pending(resident, meaning.map(|(meaning, _)| meaning)) {
        return Understood {
            intent,
            heard: meaning.and_then(|(_, lang)| lang),
        };
    }
    if let Some(action) = chosen(resident, &folded, key) {
        return Understood {
            intent: Intent::Act(action),
            heard: None,
        };
    }
    if let Some((intent, heard)) = meaning.and_then(by_meaning) {
        return Understood { intent, heard };
    }
    let heard = heard(knowledge, text);
    let intent = match lexicon.subscription(&folded) {
        Some((true, topic)) => Intent::Subscribe(topic),
        Some((false, topic)) => Intent::Unsubscribe(topic),
        None => Intent::Ask(text.to_owned()),
    };
    Understood { intent, heard }
}

fn heard(knowledge: &Knowledge, text: &str) -> Option<Lang> {
    knowledge.language.identify(text).lang
}

fn slash(command: &str, knowledge: &Knowledge) -> Option<Understood> {
    let word = command.split([' ', '@', '\n']).next().unwrap_or("");
    if word.is_empty() {
        return None;
    }
    let folded = fold(word).replace(' ', "_");
    Some(match knowledge.lexicon.slash(&folded) {
        Some((command, heard)) => Understood {
            intent: Intent::Command(command),
            heard,
        },
        None => Understood {
            intent: Intent::UnknownCommand,
            heard: None,
        },
    })
}

/// An answer to the bot's own question.
fn pending(resident: &Resident, meaning: Option<Meaning>) -> Option<Intent> {
    let Pending::Erase = resident.dialogue.pending?;
    match meaning? {
        Meaning::Yes => Some(Intent::Act(Action::EraseConfirmed)),
        Meaning::No => Some(Intent::Act(Action::EraseCancelled)),
        _ => None,
    }
}

/// A choice of the menu last shown, by its number or by its label.
fn chosen(resident: &Resident, folded: &str, key: &ActionKey) -> Option<Action> {
    let menu = &resident.dialogue.menu;
    let item = match folded.parse::<usize>() {
        Ok(number) => menu.get(number.checked_sub(1)?),
        Err(_) => menu.iter().find(|item| item.label == folded),
    }?;
    key.open(&item.action)
}

fn by_meaning((meaning, lang): (Meaning, Option<Lang>)) -> Option<(Intent, Option<Lang>)> {
    Some(match meaning {
        Meaning::Command(command) => (Intent::Command(command), lang),
        Meaning::Cry => (Intent::Cry, lang),
        Meaning::Greeting => (Intent::Greeting, lang),
        Meaning::Thanks => (Intent::Thanks, lang),
        Meaning::Speak(wanted) => (Intent::Act(Action::Language(wanted)), None),
        // "Yes" and "no" answer nothing here.
        Meaning::Yes | Meaning::No => (Intent::Command(crate::locale::Command::Help), lang),
    })
}
