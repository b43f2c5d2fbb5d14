//! Whether a message reports an emergency in progress.
//!
//! Its job is one cheap, explainable judgement before retrieval; the conversation decides what to
//! say about it. The rules are data, per language: this module knows how to weigh cues and no
//! word of any language. A flag adds "call 112" above an answer and never replaces it, so a false
//! flag costs little and a miss costs much.

use std::collections::HashMap;

use serde::Deserialize;

use super::words::{MESSAGE_CHARS, Spelling, Words};
use crate::{Lang, Localized};

/// Points at which a sentence is flagged.
const FLAG: i32 = 2;

/// A sentence of at most this many words that has a cry for help is one.
const CRY_WORDS: usize = 2;

/// A sentence of at least this many words that asks nothing tells of something.
const TOLD_WORDS: usize = 3;

/// The cues of one language.
///
/// Each cue is one or more words separated by spaces, which a sentence must have in any order;
/// words joined by `_` must follow each other. `word` is that word, `stem*` any word that begins
/// so, `*stem` any that ends so and `*stem*` any that holds it. Case and diacritics do not count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TriageRules {
    /// Words that tell of mortal danger as it happens.
    pub danger: Vec<String>,
    /// Words of danger that may as well be a topic of a question.
    pub hazard: Vec<String>,
    /// Here, now, to us.
    pub now: Vec<String>,
    /// Calls for help.
    pub cry: Vec<String>,
    /// Past, practice, fiction, denial: wherever they stand in the sentence.
    pub calm: Vec<String>,
    /// Question words and conditions: when they stand before the danger.
    pub ask: Vec<String>,
}

/// The judgement on a message.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Assessment {
    /// Whether to say "call 112" first.
    pub emergency: bool,
    /// Points of the gravest sentence; from 2 up it is an emergency.
    pub points: i32,
    /// How likely it is, 0 to 1.
    pub chance: f32,
    /// The language whose rules gave the points.
    pub lang: Option<Lang>,
}

/// The rules of all languages, ready to match.
#[derive(Debug)]
pub struct Triage {
    languages: Vec<(Lang, Cues)>,
}

impl Triage {
    /// Prepares the rules.
    #[must_use]
    pub fn new(rules: &Localized<TriageRules>) -> Self {
        let languages = rules.iter().map(|(lang, rules)| (lang, Cues::new(rules)));
        Self {
            languages: languages.collect(),
        }
    }

    /// Judges a message by the rules of every language, because people in danger write in any;
    /// the gravest sentence counts. Reads the first 2,000 characters.
    #[must_use]
    pub fn assess(&self, text: &str) -> Assessment {
        let mut gravest = Assessment::default();
        for sentence in sentences(text) {
            let words = Words::read(sentence, Spelling::Folded, MESSAGE_CHARS);
            let words: Vec<&[char]> = words.iter().collect();
            for (lang, cues) in &self.languages {
                let points = cues.points(&words, sentence.chars().last());
                if points > gravest.points {
                    gravest = Assessment {
                        emergency: points >= FLAG,
                        points,
                        chance: (points as f32 / 4.0).clamp(0.0, 1.0),
                        lang: Some(*lang),
                    };
                }
            }
        }
        gravest
    }
}

/// The sentences among the first characters of a text, with the sign that ends them.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let end = text
        .char_indices()
        .nth(MESSAGE_CHARS)
        .map_or(text.len(), |(end, _)| end);
    text[..end].split_inclusive(['.', '!', '?', '\n', ';'])
}

#[derive(Debug)]
struct Cues {
    danger: CueList,
    hazard: CueList,
    now: CueList,
    cry: CueList,
    calm: CueList,
    ask: CueList,
}

impl Cues {
    fn new(rules: &TriageRules) -> Self {
        let cues = CueList::parse;
        Self {
            danger: cues(&rules.danger),
            hazard: cues(&rules.hazard),
            now: cues(&rules.now),
            cry: cues(&rules.cry),
            calm: cues(&rules.calm),
            ask: cues(&rules.ask),
        }
    }

    /// Danger two points, hazard one and told two, urgency one, a cry one and alone two; any
    /// calming cue takes two, and so does a question that comes before what it asks about.
    fn points(&self, words: &[&[char]], end: Option<char>) -> i32 {
        let danger = self.danger.first(words);
        let hazard = self.hazard.first(words);
        let cry = self.cry.first(words);
        let asked = self.ask.first(words);
        let Some(subject) = danger.into_iter().chain(hazard).chain(cry).min() else {
            return 0;
        };
        let urgent = end == Some('!') || self.now.first(words).is_some();
        let alone = cry.is_some() && words.len() <= CRY_WORDS;
        let calmed = self.calm.first(words).is_some();
        let hypothetical = asked.is_some_and(|at| at <= subject);
        let told = words.len() >= TOLD_WORDS && asked.is_none() && end != Some('?');
        let point = |holds: bool| i32::from(holds);
        2 * point(danger.is_some())
            + point(danger.is_none() && hazard.is_some()) * (1 + point(told))
            + point(urgent)
            + point(cry.is_some())
            + point(alone)
            - 2 * point(calmed)
            - 2 * point(hypothetical)
    }
}

/// The first two letters of a word; the second is NUL in a word of one.
type Start = [char; 2];

/// Cues, found by the first letters of one of their words: a message has few words, the lists have
/// hundreds of cues.
#[derive(Debug, Default)]
struct CueList {
    by_start: HashMap<Start, Vec<Cue>>,
    /// Cues without a word whose first letters are known.
    others: Vec<Cue>,
}

impl CueList {
    fn parse(texts: &[String]) -> Self {
        let mut list = Self::default();
        for cue in texts.iter().filter_map(|text| Cue::parse(text)) {
            match cue.start() {
                Some(start) => list.by_start.entry(start).or_default().push(cue),
                None => list.others.push(cue),
            }
        }
        list
    }

    /// Where the earliest of the cues begins that the words have.
    fn first(&self, words: &[&[char]]) -> Option<usize> {
        let likely = words
            .iter()
            .filter_map(|word| self.by_start.get(&start(word)?))
            .flatten();
        likely
            .chain(&self.others)
            .filter_map(|cue| cue.find(words))
            .min()
    }
}

fn start(word: &[char]) -> Option<Start> {
    Some([*word.first()?, word.get(1).copied().unwrap_or('\0')])
}

/// Phrases that must all be in a sentence; a phrase is words that follow each other.
#[derive(Debug)]
struct Cue(Vec<Vec<WordPattern>>);

impl Cue {
    fn parse(text: &str) -> Option<Self> {
        let phrase = |text: &str| text.split('_').filter_map(WordPattern::parse).collect();
        let mut phrases: Vec<Vec<_>> = text.split_whitespace().map(phrase).collect();
        phrases.retain(|phrase| !phrase.is_empty());
        (!phrases.is_empty()).then_some(Self(phrases))
    }

    /// The first letters of the longest of its words whose beginning is fixed.
    fn start(&self) -> Option<Start> {
        let fixed = |pattern: &&WordPattern| {
            !pattern.open_start && (pattern.stem.len() > 1 || !pattern.open_end)
        };
        let patterns = self.0.iter().flatten().filter(fixed);
        start(&patterns.max_by_key(|pattern| pattern.stem.len())?.stem)
    }

    fn find(&self, words: &[&[char]]) -> Option<usize> {
        let mut earliest = usize::MAX;
        for phrase in &self.0 {
            let follows = |run: &[&[char]]| phrase.iter().zip(run).all(|(p, word)| p.matches(word));
            earliest = earliest.min(words.windows(phrase.len()).position(follows)?);
        }
        Some(earliest)
    }
}

#[derive(Debug)]
struct WordPattern {
    stem: Vec<char>,
    open_start: bool,
    open_end: bool,
}

impl WordPattern {
    fn parse(text: &str) -> Option<Self> {
        let read = Words::read(text, Spelling::Folded, MESSAGE_CHARS);
        let stem = read.iter().next()?.to_vec();
        Some(Self {
            stem,
            open_start: text.starts_with('*'),
            open_end: text.ends_with('*'),
        })
    }

    fn matches(&self, word: &[char]) -> bool {
        match (self.open_start, self.open_end) {
            (false, false) => word == self.stem,
            (false, true) => word.starts_with(&self.stem),
            (true, false) => word.ends_with(&self.stem),
            (true, true) => word.windows(self.stem.len()).any(|part| part == self.stem),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triage() -> Triage {
        let list = |cues: &str| cues.split(',').map(|cue| cue.trim().to_owned()).collect();
        let fi = TriageRules {
            danger: list("keittiö* palaa, ei hengitä"),
            hazard: list("tulipalo*, *palo"),
            now: list("nyt"),
            cry: list("apua"),
            calm: list("viime vuo*, harjoitu*"),
            ask: list("jos, miten, mitä_tehdä"),
        };
        let sv = TriageRules {
            danger: list("brinner köket"),
            ..TriageRules::default()
        };
        Triage::new(&Localized::from_iter([(Lang::FI, fi), (Lang::SV, sv)]))
    }

    fn flagged(text: &str) -> bool {
        triage().assess(text).emergency
    }

    #[test]
    fn a_danger_told_is_flagged_in_any_word_order_and_spelling() {
        for text in [
            "keittiössä palaa",
            "Apua, palaa KEITTIO!",
            "hän ei hengitä",
            "det brinner i köket",
        ] {
            assert!(flagged(text), "{text}");
        }
    }

    #[test]
    fn questions_before_the_danger_are_not_flagged_and_after_it_are() {
        assert!(!flagged("miten toimin jos keittiössä palaa"));
        assert!(flagged("keittiössä palaa miten sammutan"));
    }

    #[test]
    fn past_and_practice_are_not_flagged() {
        assert!(!flagged("keittiössä palaa harjoituksessa"));
        assert!(!flagged("viime vuonna tulipalo oli lähellä"));
    }

    #[test]
    fn a_hazard_needs_urgency_or_a_telling_sentence() {
        assert!(!flagged("tulipalo"));
        assert!(flagged("tulipalo nyt"));
        assert!(flagged("tulipalo!"));
        assert!(flagged("naapurissa on metsäpalo"));
        assert!(!flagged("naapurissa on metsäpalo?"));
    }

    #[test]
    fn a_bare_cry_for_help_is_flagged_and_a_request_is_not() {
        assert!(flagged("apua"));
        assert!(!flagged("lomakkeen täyttämiseen apua"));
    }

    #[test]
    fn the_gravest_sentence_counts() {
        let found = triage().assess("Hei. Miten testaan laitteen? Det brinner i köket!");
        assert!(found.emergency);
        assert_eq!(found.lang, Some(Lang::SV));
        assert_eq!(triage().assess("hei vaan"), Assessment::default());
    }

    #[test]
    fn joined_words_must_follow_each_other() {
        assert!(!flagged("mitä tehdä keittiössä palaa"));
        assert!(flagged("mitä keittiössä palaa tehdä"));
    }

    #[test]
    fn hostile_messages_and_rules_are_survived() {
        let rules = TriageRules {
            danger: vec!["*".into(), " ".into(), "_ _".into(), "👍".into()],
            ..TriageRules::default()
        };
        let odd = Triage::new(&Localized::from_iter([(Lang::FI, rules)]));
        let started = std::time::Instant::now();
        for text in [
            "",
            "!",
            "palaa. ".repeat(200_000).as_str(),
            "\u{336}".repeat(500_000).as_str(),
        ] {
            assert!(!odd.assess(text).emergency);
            let _ = triage().assess(text);
        }
        assert!(started.elapsed().as_secs() < 2);
    }
}
