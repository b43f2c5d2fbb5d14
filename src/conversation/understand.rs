//! From an event to an intent.

use super::intent::{Asked, Choice, Intent, Understood};
use super::lexicon::Meaning;
use crate::answers::{Identified, fold};
use crate::domain::{Action, ActionKey, Input, Lang, Pending, Poll, Resident};
use crate::knowledge::Knowledge;

/// What the resident wants with this input. Never fails: what isn't anything else is a question.
#[must_use]
pub fn understand(
    resident: &Resident,
    input: &Input,
    knowledge: &Knowledge,
    key: &ActionKey,
) -> Understood {
    let plain = Understood::from;
    match input {
        Input::Text(text) | Input::Edited(text) => words(resident, text, knowledge),
        Input::Token(token) => plain(key.open(token).map_or(Intent::StaleButton, Intent::Act)),
        Input::Start(_) => plain(Intent::Command(crate::locale::Command::Start)),
        Input::Media(media) => plain(Intent::Media(*media)),
        Input::Withdrawn => plain(Intent::Withdraw),
        Input::Unreadable => plain(Intent::Unreadable),
        Input::Gone => plain(Intent::Gone),
        // A move changes an address, nothing that is said.
        Input::Returned | Input::Moved(_) => plain(Intent::Returned),
    }
}

fn words(resident: &Resident, text: &str, knowledge: &Knowledge) -> Understood {
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
        return intent.into();
    }
    let lexicon = &knowledge.lexicon;
    if let Some((yes, heard)) = lexicon.answer(&folded)
        && let Some(action) = pending(resident, yes)
    {
        return Understood {
            heard,
            ..Intent::Act(action).into()
        };
    }
    if let Some(action) = chosen(resident, &folded, knowledge) {
        let after = resident.dialogue.menu_at;
        let number = folded.parse().ok();
        return Understood {
            choice: number.zip(after).map(|(number, after)| Choice {
                label: folded,
                number: Some(number),
                after: Some(after),
            }),
            ..Intent::Act(action).into()
        };
    }
    if let Some((meaning, lang)) = lexicon.whole(&folded) {
        let (intent, heard) = by_meaning(meaning, lang);
        let fixed = matches!(meaning, Meaning::Command(_) | Meaning::Cry);
        return Understood {
            intent,
            heard,
            choice: choice(text, folded, knowledge).filter(|_| !fixed),
        };
    }
    let Identified { lang, other, .. } = knowledge.language.identify(text);
    if other {
        // The model knows the languages served; other languages only cry for help.
        let urgent = knowledge.triage.cries(text);
        let text = text.to_owned();
        return Intent::Foreign(Asked { text, urgent }).into();
    }
    let heard = lang;
    match lexicon.subscription(&folded) {
        Some((true, topic)) => Understood {
            heard,
            ..Intent::Subscribe(topic).into()
        },
        Some((false, topic)) => Understood {
            heard,
            ..Intent::Unsubscribe(topic).into()
        },
        None => {
            let asked = Asked {
                text: text.to_owned(),
                urgent: knowledge.triage.assess(text).emergency,
            };
            Understood {
                // Whatever may be an emergency is no vote.
                choice: choice(text, folded, knowledge).filter(|_| !asked.urgent),
                intent: Intent::Ask(asked),
                heard,
            }
        }
    }
}

/// Whether short words may name an option of a poll.
fn choice(text: &str, folded: String, knowledge: &Knowledge) -> Option<Choice> {
    if text.chars().count() > Poll::OPTION_CHARS {
        return None;
    }
    Some(Choice {
        number: knowledge.lexicon.option(&folded),
        label: folded,
        after: None,
    })
}

fn slash(command: &str, knowledge: &Knowledge) -> Option<Understood> {
    let word = command.split([' ', '@', '\n']).next().unwrap_or("");
    let folded = fold(word).replace(' ', "_");
    if folded.is_empty() {
        // "!!!" is no command.
        return None;
    }
    Some(match knowledge.lexicon.slash(&folded) {
        Some((command, heard)) => Understood {
            heard,
            ..Intent::Command(command).into()
        },
        None => Intent::UnknownCommand.into(),
    })
}

/// What an answer to the bot's own question does.
fn pending(resident: &Resident, yes: bool) -> Option<Action> {
    let Pending::Erase = resident.dialogue.pending?;
    Some(if yes {
        Action::EraseConfirmed
    } else {
        Action::EraseCancelled
    })
}

/// A choice of the menu last shown, by its number or by its label.
fn chosen(resident: &Resident, folded: &str, knowledge: &Knowledge) -> Option<Action> {
    let mut menu = resident.dialogue.menu.iter();
    if let Ok(number) = folded.parse::<usize>() {
        return Action::decode(&menu.nth(number.checked_sub(1)?)?.action);
    }
    menu.find_map(|item| {
        let action = Action::decode(&item.action)?;
        let said = match &action {
            Action::Entry(id) => {
                let question = &knowledge.entry(id)?.question;
                fold(question.best(resident.lang)?) == folded
            }
            Action::Matter(id) => fold(knowledge.duties.name(id)?.best(resident.lang)?) == folded,
            _ => item.label == folded,
        };
        said.then_some(action)
    })
}

fn by_meaning(meaning: Meaning, lang: Option<Lang>) -> (Intent, Option<Lang>) {
    match meaning {
        Meaning::Command(command) => (Intent::Command(command), lang),
        Meaning::Cry => (Intent::Cry, lang),
        Meaning::Greeting => (Intent::Greeting, lang),
        Meaning::Thanks => (Intent::Thanks, lang),
        Meaning::More => (Intent::More, lang),
        Meaning::Speak(wanted) => (Intent::Act(Action::Language(wanted)), None),
        // "Yes" and "no" answer nothing here.
        Meaning::Yes | Meaning::No => (Intent::Command(crate::locale::Command::Help), lang),
    }
}
