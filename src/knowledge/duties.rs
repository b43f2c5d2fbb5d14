//! Who deals with what, as residents ask for it.

use super::{Understanding, end_of};
use crate::answers::{self, Answers, Found, Outcome};
use crate::content::{Content, Duty, Matter};
use crate::domain::{Lang, Localized, Millis};

/// By how much the first matter must lead the second to be told without asking.
const AHEAD: f32 = 1.08;

/// Least likeness in spelling, and least score, of a matter named in a word or two. Of 28 questions
/// about other things, three pass both; of 210 about matters, none fails.
const SPELT: f32 = 0.3;
const SCORE: f32 = 0.41;

/// The topic that all matters are of, for the index.
const TOPIC: &str = "register";

/// Who deals with a matter, and how to reach them.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Who it is.
    pub name: Localized,
    /// Where to call.
    pub phone: Option<String>,
    /// When the telephone is answered.
    pub hours: Option<Localized>,
    /// Where to read more or to report.
    pub web: Localized,
    /// What else there is to know.
    pub note: Option<Localized>,
    /// Until when this is told.
    until: Option<Millis>,
}

/// The register of matters.
pub struct Duties {
    matters: Vec<Listed>,
    answers: Answers,
}

struct Listed {
    id: String,
    name: Localized,
    /// Who deals with it, the one to be told first.
    contacts: Vec<Contact>,
}

/// Which matters a question is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Meant {
    /// One.
    One(String),
    /// One of these, the likeliest first.
    Among(Vec<String>),
}

impl Duties {
    /// The register of the content, for its municipality.
    #[must_use]
    pub fn new(content: &Content, understanding: &Understanding) -> Self {
        let code = content.municipality.as_ref().map(|one| one.code.as_str());
        let matters = content.register.matters.iter().map(|matter| Listed {
            id: matter.id.clone(),
            name: matter.name.clone(),
            contacts: content
                .register
                .rows(&matter.id, code)
                .map(|duty| contact(content, duty))
                .collect(),
        });
        let entries: Vec<_> = content.register.matters.iter().map(entry).collect();
        Self {
            matters: matters.collect(),
            answers: understanding.answers(&entries, None),
        }
    }

    /// The matters that a question is about, of those that somebody is known to deal with; `None` if
    /// none is near.
    #[must_use]
    pub fn meant(&self, lang: Lang, text: &str, now: Millis) -> Option<Meant> {
        let mut found = self.answers.look(lang, text);
        if matches!(self.answers.outcome(&found), Outcome::Unknown) && !Self::is_likely(&found) {
            return None;
        }
        found
            .ranked
            .retain(|scored| self.contact(&scored.id, now).is_some());
        // Lines about what to do in a situation lead to who is concerned, not to who is in charge.
        for scored in &mut found.ranked {
            scored.score -= scored.legs.hop;
        }
        found.ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
        let best = found.ranked.first()?;
        let near = found
            .ranked
            .iter()
            .take_while(|scored| scored.score * AHEAD > best.score);
        let ids: Vec<String> = near
            .take(answers::OFFERED)
            .map(|scored| scored.id.clone())
            .collect();
        Some(match ids.as_slice() {
            [_, _, ..] => Meant::Among(ids),
            _ => Meant::One(best.id.clone()),
        })
    }

    /// Whether the best matter is meant although little was said: whoever asks who deals with
    /// something names it in a word or two.
    fn is_likely(found: &Found) -> bool {
        let best = found.ranked.first();
        best.is_some_and(|best| best.legs.grams >= SPELT && best.score >= SCORE)
    }

    /// What a matter is called.
    #[must_use]
    pub fn name(&self, id: &str) -> Option<&Localized> {
        Some(&self.listed(id)?.name)
    }

    /// Who deals with a matter now, if it is known.
    #[must_use]
    pub fn contact(&self, id: &str, now: Millis) -> Option<&Contact> {
        let contacts = &self.listed(id)?.contacts;
        contacts
            .iter()
            .find(|contact| contact.until.is_none_or(|until| now < until))
    }

    fn listed(&self, id: &str) -> Option<&Listed> {
        self.matters.iter().find(|matter| matter.id == id)
    }
}

/// A matter as retrieval sees it.
fn entry(matter: &Matter) -> answers::Entry {
    let texts = matter.name.iter().map(|(lang, name)| {
        let asked = matter.asked.get(lang).cloned().unwrap_or_default();
        let text = answers::EntryText {
            question: name.clone(),
            answer: asked.join(". "),
            phrasings: asked,
        };
        (lang, text)
    });
    answers::Entry {
        id: matter.id.clone(),
        topic: TOPIC.to_owned(),
        texts: texts.collect(),
    }
}

fn contact(content: &Content, duty: &Duty) -> Contact {
    let authority = content.authorities.get(&duty.authority);
    let name = duty.name.as_ref();
    let name = name.or(authority.map(|authority| &authority.name)).cloned();
    let name = name.unwrap_or_default();
    let web = match (&duty.web, authority) {
        (Some(web), _) => web
            .iter()
            .map(|(lang, url)| (lang, url.to_string()))
            .collect(),
        (None, Some(authority)) => name
            .iter()
            .map(|(lang, _)| (lang, authority.url.to_string()))
            .collect(),
        (None, None) => Localized::default(),
    };
    Contact {
        name,
        phone: duty.phone.clone(),
        hours: duty.hours.clone(),
        web,
        note: duty.note.clone(),
        until: end_of(duty.valid_until, 0),
    }
}
