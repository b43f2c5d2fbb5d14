//! Who deals with what.

use super::{Asking, open};
use crate::conversation::respond::{Facts, Outcome, Turn};
use crate::domain::{Action, Button, Lang, Localized, Phrase, Resident, Say};
use crate::knowledge::{Contact, Curated, Meant};

/// Answers a question for those who deal with something, if it is one and the register has it.
pub(super) fn who(resident: &Resident, text: &str, asking: Asking<'_>) -> Option<Turn> {
    let facts = asking.facts;
    let matter = facts.knowledge.cues.who(text)?;
    let meant = facts
        .knowledge
        .duties
        .meant(asking.lang, &matter, facts.now)?;
    let mut resident = resident.clone();
    resident.dialogue.recall = crate::domain::Recall::default();
    Some(match meant {
        Meant::One(id) => tell(asking.say(), resident, &id, facts),
        Meant::Among(ids) => {
            let mut say = asking.say().and("duty-offer");
            for id in &ids {
                if let Some(name) = facts.knowledge.duties.name(id) {
                    say = say.row([Button::local(name.clone(), Action::Matter(id.clone()))]);
                }
            }
            Turn::new(resident).say(say).outcome(Outcome::Offered)
        }
    })
}

/// Tells who deals with a matter.
pub(in crate::conversation) fn matter(resident: Resident, id: &str, facts: Facts<'_>) -> Turn {
    tell(Say::default(), resident, id, facts)
}

fn tell(say: Say, resident: Resident, id: &str, facts: Facts<'_>) -> Turn {
    let duties = &facts.knowledge.duties;
    let Some((name, contact)) = duties.name(id).zip(duties.contact(id, facts.now)) else {
        return Turn::new(resident).toast(Say::phrase("stale-button"));
    };
    let mut say = say
        .and(Phrase::new("answer-title").arg("question", name.clone()))
        .and(Phrase::new("duty-name").arg("authority", contact.name.clone()));
    if let Some(phone) = &contact.phone {
        say = say.and(match &contact.hours {
            Some(hours) => Phrase::new("duty-phone-hours")
                .arg("phone", phone.clone())
                .arg("hours", hours.clone()),
            None => Phrase::new("duty-phone").arg("phone", phone.clone()),
        });
    }
    if let Some(note) = &contact.note {
        say = say.curated(note.clone());
    }
    say = say.and(
        Phrase::new("duty-web")
            .arg("host", hosts(&contact.web))
            .arg("url", contact.web.clone()),
    );
    let about = facts.knowledge.entries.iter();
    let about = about.filter(|entry| entry.matter.as_deref() == Some(id));
    let served = about.filter_map(|entry| facts.knowledge.served(&entry.id, facts.now));
    for entry in served.take(crate::answers::OFFERED) {
        say = say.row([open(entry)]);
    }
    Turn::new(resident).say(say).outcome(Outcome::Answered)
}

/// Who answers for the matter of an entry: by the register, or else as the entry says.
pub(super) fn authority(entry: &Curated, named: &Localized, facts: Facts<'_>) -> Localized {
    let contact = entry
        .matter
        .as_ref()
        .and_then(|id| facts.knowledge.duties.contact(id, facts.now));
    contact.map_or_else(|| named.clone(), in_a_line)
}

/// The name and the telephone number.
fn in_a_line(contact: &Contact) -> Localized {
    let line = |(lang, name): (Lang, &String)| match &contact.phone {
        Some(phone) => (lang, format!("{name}, {phone}")),
        None => (lang, name.clone()),
    };
    contact.name.iter().map(line).collect()
}

/// What addresses are called: their hosts.
fn hosts(web: &Localized) -> Localized {
    let host = |url: &str| {
        let parsed = url::Url::parse(url).ok();
        let host = parsed.as_ref().and_then(url::Url::host_str);
        host.map_or_else(
            || url.to_owned(),
            |host| host.trim_start_matches("www.").to_owned(),
        )
    };
    web.iter().map(|(lang, url)| (lang, host(url))).collect()
}
