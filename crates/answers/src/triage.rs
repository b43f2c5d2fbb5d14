//! Whether a message reports an emergency in progress.
//!
//! Its job is one cheap judgement before retrieval; the conversation decides what to say about it.
//! A model learnt from examples judges, and rules add a few unmistakable cries that the model may
//! miss. A flag adds "call 112" above an answer and never replaces it, so a false flag costs little
//! and a miss costs much. How well it does is in `docs/triage.md`.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Deserialize;

use super::features::head;
use super::model::{Model, Verdict};
use super::vectors::Vectors;
use super::words::{MESSAGE_CHARS, Spelling, Words};
use crate::{Lang, Lexicon, Localized};

/// The cries of one language.
///
/// Each cue is one or more words separated by spaces, which a sentence must have in any order;
/// words joined by `_` must follow each other. `word` is that word, `stem*` any word that begins
/// so, `*stem` any that ends so and `*stem*` any that holds it. Case and diacritics do not count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TriageRules {
    /// What is an emergency in any sentence without a calm cue.
    pub cry: Vec<String>,
    /// What is one in a message that has no other words.
    pub bare: Vec<String>,
    /// What takes a cry back: past, fiction, question, somebody's plan.
    pub calm: Vec<String>,
}

/// The judgement on a message.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Assessment {
    /// Whether to say "call 112" first.
    pub emergency: bool,
    /// The model's probability, 0 to 1, were half of all messages emergencies: the highest of the
    /// message and its sentences. A cry is an emergency whatever it is.
    pub chance: f32,
    /// The language whose model or cry told it.
    pub lang: Option<Lang>,
}

/// Model and rules, ready to judge.
#[derive(Debug)]
pub struct Triage {
    model: Option<Model>,
    vectors: Option<Arc<Vectors>>,
    cries: Vec<(Lang, Cries)>,
}

impl Triage {
    /// Prepares the rules and a model as `scripts/triage/train-triage` makes it, with the vectors
    /// of the lexicon it was made with. Without a model, or with one that can't be read, the rules
    /// judge alone.
    #[must_use]
    pub fn new(
        rules: &Localized<TriageRules>,
        model: Option<&'static [u8]>,
        lexicon: &Lexicon,
    ) -> Self {
        let cries = rules.iter().map(|(lang, rules)| (lang, Cries::new(rules)));
        Self {
            model: model.and_then(Model::read),
            vectors: lexicon.vectors.clone(),
            cries: cries.collect(),
        }
    }

    /// Judges a message in the language that most of its words may be of, and by the cries of
    /// every language, because people in danger write in any. Reads the first 2,000 characters.
    #[must_use]
    pub fn assess(&self, text: &str) -> Assessment {
        let model = self.model.as_ref();
        let verdicts = model.map(|model| model.judge(text, self.vectors.as_deref()));
        let rank = |verdict: &Verdict| (verdict.emergency, verdict.chance);
        let verdicts = verdicts.into_iter().flatten();
        let gravest = verdicts.max_by(|a, b| {
            let (a, b) = (rank(a), rank(b));
            a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
        });
        let told = gravest.map(|verdict| Assessment {
            emergency: verdict.emergency,
            chance: verdict.chance,
            lang: Some(verdict.lang),
        });
        let told = told.unwrap_or_default();
        if told.emergency {
            return told;
        }
        match self.cried(text) {
            Some(lang) => Assessment {
                emergency: true,
                lang: Some(lang),
                ..told
            },
            None => told,
        }
    }

    /// Whether a message cries for help by the rules alone: all there is to go by in a language
    /// that no model knows. Reads the first 2,000 characters.
    #[must_use]
    pub fn cries(&self, text: &str) -> bool {
        self.cried(text).is_some()
    }

    /// The language of the first sentence that is a cry, or of a message that is nothing else.
    fn cried(&self, text: &str) -> Option<Lang> {
        let words = Words::read(text, Spelling::Folded, MESSAGE_CHARS);
        let bare = |cries: &Cries| {
            let mut each = words.iter();
            words.len() > 0 && each.all(|word| cries.bare.any(&[word]))
        };
        if let Some((lang, _)) = self.cries.iter().find(|(_, cries)| bare(cries)) {
            return Some(*lang);
        }
        let mut sentences = head(text).split(['.', '!', '?', '\n', ';']);
        sentences.find_map(|sentence| {
            let words = Words::read(sentence, Spelling::Folded, MESSAGE_CHARS);
            let words: Vec<&[char]> = words.iter().collect();
            let cried = self.cries.iter().find(|(_, cries)| cries.hear(&words));
            cried.map(|(lang, _)| *lang)
        })
    }
}

/// The cues of one language.
#[derive(Debug)]
struct Cries {
    cry: CueList,
    bare: CueList,
    calm: CueList,
}

impl Cries {
    fn new(rules: &TriageRules) -> Self {
        Self {
            cry: CueList::parse(&rules.cry),
            bare: CueList::parse(&rules.bare),
            calm: CueList::parse(&rules.calm),
        }
    }

    fn hear(&self, words: &[&[char]]) -> bool {
        self.cry.any(words) && !self.calm.any(words)
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

    /// Whether the words have one of the cues.
    fn any(&self, words: &[&[char]]) -> bool {
        let likely = words
            .iter()
            .filter_map(|word| self.by_start.get(&start(word)?))
            .flatten();
        likely.chain(&self.others).any(|cue| cue.is_in(words))
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

    fn is_in(&self, words: &[&[char]]) -> bool {
        self.0.iter().all(|phrase| {
            let follows = |run: &[&[char]]| phrase.iter().zip(run).all(|(p, word)| p.matches(word));
            words.windows(phrase.len()).any(follows)
        })
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
            cry: list("en_halua elää, *hyppään, otin *piller*"),
            bare: list("apua*, nyt"),
            calm: list("viime vuo*, harjoitu*, jos"),
        };
        let sv = TriageRules {
            cry: list("vill dö"),
            ..TriageRules::default()
        };
        let rules = Localized::from_iter([(Lang::FI, fi), (Lang::SV, sv)]);
        Triage::new(&rules, None, &Lexicon::default())
    }

    fn flagged(text: &str) -> bool {
        triage().assess(text).emergency
    }

    /// What is shipped.
    fn shipped() -> Triage {
        static MODEL: &[u8] = include_bytes!("../data/triage.bin");
        static VECTORS: &[u8] = include_bytes!("../data/vectors.bin");
        let rules = include_str!("../../../content/triage.toml");
        let rules: std::collections::BTreeMap<Lang, TriageRules> = toml::from_str(rules).unwrap();
        let lexicon = Lexicon::new(&Localized::default(), Some(VECTORS));
        let triage = Triage::new(&rules.into_iter().collect(), Some(MODEL), &lexicon);
        assert!(triage.model.is_some() && triage.vectors.is_some());
        triage
    }

    #[test]
    fn the_shipped_triage_hears_an_emergency_however_it_is_typed() {
        let triage = shipped();
        for text in [
            "apuaaa keitiö palaa",
            "apua keittiössä palaa, mitä teen",
            "täällä palaa",
            "KEITTIOSSA PALAA",
            "APUA!!!",
            "snälla hjälp",
            "det brinner i köket hjälp",
            "Hej. Jag bor i Vasa. Pappa andas inte.",
            "otin yliannostuksen tarkoituksella, voiko sen perua",
            "orkar inte leva längre",
            "apua",
            "hjälp",
            "palaa",
            "en hengitä",
            "kuolen",
            "drunknar",
            "brinner här",
            "hjärtinfarkt nu",
            "help fire",
            "my friend is not breathing",
        ] {
            assert!(triage.assess(text).emergency, "{text}");
        }
    }

    #[test]
    fn the_shipped_triage_leaves_other_messages_alone() {
        let triage = shipped();
        for text in [
            "",
            "2",
            "hei",
            "stop",
            "xyzzy",
            "miten testaan palovaroittimen",
            "kuusi palaa mökin pihalla koska juhannuskokko",
            "mitä teen jos keittiössä palaa",
            "slå gresset",
            "levande ljus",
            "måste jag ha hjälm när jag cyklar",
            "kerro vitsi",
            "en osaa sanoa",
            "en tiedä",
            "joka päivä",
            "ei",
            "joo",
            "moi",
            "kyynpurema ensiapu",
            "berätta en vits",
            "jag vet inte",
            "vet inte",
            "varje dag",
        ] {
            let found = triage.assess(text);
            assert!(!found.emergency, "{text}: {found:?}");
        }
    }

    #[test]
    fn a_cry_is_heard_in_any_word_order_and_spelling() {
        for text in [
            "En halua enää ELÄÄ",
            "elaa en halua",
            "Otin unipillereitä",
            "Jag vill bara dö",
        ] {
            assert!(flagged(text), "{text}");
        }
        assert!(!flagged("en enää halua elää"), "joined words follow");
    }

    #[test]
    fn a_bare_cry_is_heard_alone_and_not_in_a_request() {
        assert!(flagged("apua"));
        assert!(flagged("APUAA!! Nyt!"));
        assert!(!flagged("Apua! Missä kirjasto on?"));
        assert!(!flagged("lomakkeen täyttämiseen apua"));
    }

    #[test]
    fn what_is_past_or_supposed_is_no_cry() {
        assert!(!flagged("viime vuonna en halua elää"));
        assert!(!flagged("jos hyppään"));
        assert!(flagged("Harjoitus. Nyt hyppään."), "of that sentence only");
    }

    #[test]
    fn the_language_of_the_cry_is_told() {
        let found = triage().assess("Hei. Mitä teen? Jag vill dö!");
        assert!(found.emergency);
        assert_eq!(found.lang, Some(Lang::SV));
        assert_eq!(triage().assess("hei vaan"), Assessment::default());
    }

    #[test]
    fn hostile_messages_and_rules_are_survived() {
        let rules = TriageRules {
            cry: vec!["*".into(), " ".into(), "_ _".into(), "👍".into()],
            ..TriageRules::default()
        };
        let rules = Localized::from_iter([(Lang::FI, rules)]);
        let odd = Triage::new(&rules, Some(b"no model"), &Lexicon::default());
        let shipped = shipped();
        let started = std::time::Instant::now();
        for text in [
            "",
            "!",
            "palaa. ".repeat(200_000).as_str(),
            "\u{336}".repeat(500_000).as_str(),
        ] {
            assert!(!odd.assess(text).emergency);
            let _ = triage().assess(text);
            assert_eq!(shipped.assess(text), shipped.assess(text));
        }
        assert!(started.elapsed().as_secs() < 2);
    }
}
