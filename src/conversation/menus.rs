//! Choices: topics, areas, language, quiet hours.

use super::respond::{Effect, Facts, Turn};
use crate::domain::{Action, Button, Lang, Localized, Phrase, QuietHours, Resident, Say, Status};
use crate::knowledge::Named;

fn toggle(list: &mut Vec<String>, id: &str) -> bool {
    let before = list.len();
    list.retain(|known| known != id);
    let on = list.len() == before;
    if on {
        list.push(id.to_owned());
        list.sort_unstable();
    }
    on
}

fn rows(mut say: Say, buttons: impl IntoIterator<Item = Button>) -> Say {
    for button in buttons {
        say = say.row([button]);
    }
    say
}

fn choices<'a>(
    named: &'a [Named],
    chosen: &'a [String],
    action: impl Fn(String) -> Action + 'a,
) -> impl Iterator<Item = Button> + 'a {
    named.iter().map(move |one| {
        Button::local(one.name.clone(), action(one.id.clone())).ticked(chosen.contains(&one.id))
    })
}

fn number(list: &[String]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}

fn topics_menu(resident: &Resident, facts: Facts<'_>) -> Say {
    let say = Say::phrase(Phrase::new("topics").arg("count", number(&resident.topics)));
    rows(
        say,
        choices(&facts.knowledge.topics, &resident.topics, Action::Topic),
    )
}

/// Shows the topics with their subscriptions.
pub(super) fn topics(resident: Resident, facts: Facts<'_>) -> Turn {
    let say = topics_menu(&resident, facts);
    Turn::new(resident).say(say)
}

fn name_of(named: &[Named], id: &str) -> Option<Localized> {
    named
        .iter()
        .find(|one| one.id == id)
        .map(|one| one.name.clone())
}

/// Turns a topic on or off from the menu.
pub(super) fn toggle_topic(mut resident: Resident, id: &str, facts: Facts<'_>) -> Turn {
    let Some(name) = name_of(&facts.knowledge.topics, id) else {
        return Turn::new(resident).toast(Say::phrase("stale-button"));
    };
    let on = toggle(&mut resident.topics, id);
    if on {
        // Whoever subscribes wants messages again.
        resident.status = Status::Active;
    }
    let key = if on { "subscribed" } else { "unsubscribed" };
    let menu = topics_menu(&resident, facts).in_place();
    Turn::new(resident)
        .toast(Say::phrase(Phrase::new(key).arg("topic", name)))
        .say(menu)
        .effect(Effect::Subscriptions)
}

/// Subscribes or unsubscribes in plain words.
pub(super) fn subscribe(mut resident: Resident, id: String, on: bool, facts: Facts<'_>) -> Turn {
    let Some(name) = name_of(&facts.knowledge.topics, &id) else {
        return topics(resident, facts);
    };
    resident.topics.retain(|known| *known != id);
    if on {
        resident.topics.push(id);
        resident.topics.sort_unstable();
        resident.status = Status::Active;
    }
    let key = if on { "subscribed" } else { "unsubscribed" };
    Turn::new(resident)
        .say(
            Say::phrase(Phrase::new(key).arg("topic", name))
                .row([Button::new("button-subscriptions", Action::Topics)]),
        )
        .effect(Effect::Subscriptions)
}

fn areas_menu(resident: &Resident, facts: Facts<'_>) -> Say {
    let say = Say::phrase(Phrase::new("areas").arg("count", number(&resident.areas)));
    rows(
        say,
        choices(&facts.knowledge.areas, &resident.areas, Action::Area),
    )
}

/// Shows the areas followed.
pub(super) fn areas(resident: Resident, facts: Facts<'_>) -> Turn {
    if facts.knowledge.areas.is_empty() {
        return Turn::new(resident).say(Say::phrase("areas-none"));
    }
    let say = areas_menu(&resident, facts);
    Turn::new(resident).say(say)
}

/// Follows an area or stops following it.
pub(super) fn toggle_area(mut resident: Resident, id: &str, facts: Facts<'_>) -> Turn {
    let Some(name) = name_of(&facts.knowledge.areas, id) else {
        return Turn::new(resident).toast(Say::phrase("stale-button"));
    };
    let on = toggle(&mut resident.areas, id);
    let key = if on {
        "area-followed"
    } else {
        "area-unfollowed"
    };
    let menu = areas_menu(&resident, facts).in_place();
    Turn::new(resident)
        .toast(Say::phrase(Phrase::new(key).arg("area", name)))
        .say(menu)
        .effect(Effect::Subscriptions)
}

/// Shows the languages, each in its own words.
pub(super) fn languages(resident: Resident, facts: Facts<'_>) -> Turn {
    let buttons = facts.knowledge.languages.iter().map(|(lang, name)| {
        Button::local(
            [(*lang, name.clone())].into_iter().collect(),
            Action::Language(*lang),
        )
        .ticked(*lang == resident.lang)
    });
    let say = rows(Say::phrase("languages"), buttons);
    Turn::new(resident).say(say)
}

/// Speaks a language from now on.
pub(super) fn language(mut resident: Resident, lang: Lang, facts: Facts<'_>) -> Turn {
    if !facts
        .knowledge
        .languages
        .iter()
        .any(|(known, _)| *known == lang)
    {
        return Turn::new(resident).toast(Say::phrase("stale-button"));
    }
    resident.lang = lang;
    resident.lang_chosen = true;
    Turn::new(resident).say(
        Say::phrase("language-set")
            .row([Button::new("button-topics", Action::Topics)])
            .row([Button::new("button-help", Action::Help)]),
    )
}

fn clock(minute: u16) -> String {
    format!("{}.{:02}", minute / 60, minute % 60)
}

/// Shows the quiet hours.
pub(super) fn quiet(resident: Resident) -> Turn {
    let say = match resident.quiet {
        Some(QuietHours { from, to }) => Say::phrase(
            Phrase::new("quiet-on")
                .arg("from", clock(from))
                .arg("to", clock(to)),
        )
        .row([Button::new("button-quiet-off", Action::QuietSet(false))]),
        None => {
            Say::phrase("quiet-off").row([Button::new("button-quiet-on", Action::QuietSet(true))])
        }
    };
    Turn::new(resident).say(say)
}

/// Turns quiet hours on or off.
pub(super) fn set_quiet(mut resident: Resident, on: bool, facts: Facts<'_>) -> Turn {
    resident.quiet = on.then_some(facts.knowledge.quiet_hours);
    let mut turn = quiet(resident);
    turn.replies = turn.replies.into_iter().map(Say::in_place).collect();
    turn.toast(Say::phrase("saved"))
}
