//! Which language a message is written in.
//!
//! Its job is to tell the served languages apart, even for one word and without diacritics. It
//! knows no language by itself: a language is what its sample texts look like, and adding one
//! means giving one more sample. What to do when there is nothing to go on is left to the caller.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use super::grams::{grams, whole};
use super::words::{Spelling, Words};
use crate::{Lang, Localized};

/// Characters of a message that are read at most.
const READ_CHARS: usize = 300;

/// Characters of one sample text that are learned at most.
const SAMPLE_CHARS: usize = 100_000;

/// Sizes of the character n-grams.
const GRAMS: std::ops::RangeInclusive<usize> = 1..=4;

/// Added to every count, so that an unseen n-gram is unlikely and not impossible.
const SMOOTHING: f32 = 0.03;

/// How many n-grams the whole word counts for, when a sample has it.
const WHOLE: f32 = 3.0;

/// Least margin for a language to be named, in nats.
const LEAST_MARGIN: f32 = 0.7;

/// Log-probabilities are stored in steps of 1/1024 nat.
const STEP: f32 = 1024.0;

/// A naive Bayes classifier over hashed character n-grams and whole words.
///
/// Some hundred kilobytes for a few thousand words of samples in two languages.
#[derive(Debug)]
pub struct LanguageId {
    languages: Vec<Lang>,
    /// An open-addressed table of hashes; its length is a power of two and at most half is taken.
    slots: Vec<Option<NonZeroU32>>,
    /// For each slot one log-probability per language, in nats times [`STEP`].
    values: Vec<i16>,
}

/// The language of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identified {
    /// None when there is nothing to go on: no letters, or a word of several languages.
    pub lang: Option<Lang>,
    /// How much likelier the best language is than the second, in nats; 0 and up.
    pub margin: f32,
}

impl LanguageId {
    /// Learns the languages of the samples: texts, lists of words, chat phrases.
    #[must_use]
    pub fn train(samples: &Localized<Vec<String>>) -> Self {
        let (languages, counts): (Vec<Lang>, Vec<Counts>) = samples
            .iter()
            .map(|(lang, texts)| (lang, learn(texts)))
            .unzip();
        let known: BTreeSet<NonZeroU32> = counts
            .iter()
            .flat_map(|counts| counts.keys().copied())
            .collect();
        let size = (known.len() * 2).next_power_of_two();
        let mut model = Self {
            slots: vec![None; size],
            values: vec![0; size * languages.len()],
            languages,
        };
        let all: Vec<f32> = counts
            .iter()
            .map(|counts| counts.values().sum::<f32>() + SMOOTHING * known.len() as f32)
            .collect();
        for hash in known {
            let slot = model.slot(hash);
            model.slots[slot] = Some(hash);
            let row = &mut model.values[slot * counts.len()..];
            for ((value, counts), all) in row.iter_mut().zip(&counts).zip(&all) {
                let count = counts.get(&hash).copied().unwrap_or(0.0);
                *value = (((count + SMOOTHING) / all).ln() * STEP) as i16;
            }
        }
        model
    }

    /// Names the language of a message by its first 300 characters.
    #[must_use]
    pub fn identify(&self, text: &str) -> Identified {
        let count = self.languages.len();
        let mut sums = vec![0.0_f32; count];
        let mut add = |hash: u32, weight: f32| {
            // What no sample has says nothing.
            let slot = self.slot(nonzero(hash));
            if self.slots[slot].is_some() {
                for (sum, value) in sums.iter_mut().zip(&self.values[slot * count..]) {
                    *sum += weight * f32::from(*value);
                }
            }
        };
        for word in Words::read(text, Spelling::Exact, READ_CHARS).iter() {
            if !word.iter().any(|c| c.is_alphabetic()) {
                continue;
            }
            grams(word, GRAMS, |hash| add(hash, 1.0));
            add(whole(word), WHOLE);
        }
        self.choose(&sums)
    }

    /// Where a hash is, or the free place where it would be.
    fn slot(&self, hash: NonZeroU32) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash.get() as usize & mask;
        while self.slots[slot].is_some_and(|other| other != hash) {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn choose(&self, sums: &[f32]) -> Identified {
        let (mut best, mut second) = (None, f32::NEG_INFINITY);
        let mut top = f32::NEG_INFINITY;
        for (lang, sum) in self.languages.iter().zip(sums) {
            if *sum > top {
                second = top;
                (best, top) = (Some(*lang), *sum);
            } else {
                second = second.max(*sum);
            }
        }
        let margin = if second.is_finite() {
            (top - second) / STEP
        } else {
            0.0
        };
        Identified {
            lang: best.filter(|_| margin >= LEAST_MARGIN),
            margin,
        }
    }
}

/// How often each n-gram and word occurs in the samples of one language.
type Counts = BTreeMap<NonZeroU32, f32>;

/// A hash that can mark a slot as taken; zero becomes one.
fn nonzero(hash: u32) -> NonZeroU32 {
    NonZeroU32::new(hash).unwrap_or(NonZeroU32::MIN)
}

/// Counts the samples of one language.
///
/// A word counts by the logarithm of its frequency, so that the vocabulary decides and not the
/// few words every sentence has.
fn learn(texts: &[String]) -> Counts {
    let mut frequencies = BTreeMap::<Vec<char>, f32>::new();
    for text in texts {
        for spelling in [Spelling::Exact, Spelling::Folded] {
            for word in Words::read(text, spelling, SAMPLE_CHARS).iter() {
                *frequencies.entry(word.to_vec()).or_default() += 1.0;
            }
        }
    }
    let mut counts = Counts::new();
    for (word, frequency) in &frequencies {
        let mut count = |hash: u32| *counts.entry(nonzero(hash)).or_default() += frequency.ln_1p();
        grams(word, GRAMS, &mut count);
        count(whole(word));
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Localized<Vec<String>> {
        let list = |text: &str| vec![text.to_owned()];
        Localized::from_iter([
            (
                Lang::FI,
                list(
                    "moi apua ohje kieli aiheet tulipalo jää kiitos missä on lähin väestönsuoja miten toimin kun sähköt katkeavat okei data palovaroitin hätänumero",
                ),
            ),
            (
                Lang::SV,
                list(
                    "hej hjälp anvisning språk ämnen brand is isen tack var finns närmaste skyddsrum vad gör jag när strömmen går okej data brandvarnare nödnummer",
                ),
            ),
        ])
    }

    fn named(id: &LanguageId, text: &str) -> Option<Lang> {
        id.identify(text).lang
    }

    #[test]
    fn single_words_are_told_apart_with_and_without_diacritics() {
        let id = LanguageId::train(&samples());
        for word in [
            "moi",
            "APUA",
            "ohje",
            "kieli",
            "aiheet",
            "tulipalo",
            "jää",
            "jaa",
            "vaestonsuoja",
        ] {
            assert_eq!(named(&id, word), Some(Lang::FI), "{word}");
        }
        for word in [
            "hej", "hjälp", "hjalp", "Språk", "sprak", "ämnen", "amnen", "brand", "is",
        ] {
            assert_eq!(named(&id, word), Some(Lang::SV), "{word}");
        }
    }

    #[test]
    fn words_outside_the_samples_are_judged_by_their_letters() {
        let id = LanguageId::train(&samples());
        assert_eq!(named(&id, "sähkökatkoista"), Some(Lang::FI));
        assert_eq!(named(&id, "skyddsrummen"), Some(Lang::SV));
    }

    #[test]
    fn nothing_to_go_on_names_no_language() {
        let id = LanguageId::train(&samples());
        for text in [
            "",
            "112",
            "116 117",
            "👍",
            "?!",
            "привет",
            "\u{200b}",
            "データ",
        ] {
            assert_eq!(named(&id, text), None, "{text:?}");
        }
    }

    #[test]
    fn a_third_language_is_a_third_sample() {
        let mut samples = samples();
        let english: Lang = "en".parse().expect("two letters");
        samples.insert(
            english,
            vec!["hello where is the nearest shelter what should I do thanks".to_owned()],
        );
        let id = LanguageId::train(&samples);
        assert_eq!(named(&id, "what is the shelter"), Some(english));
        assert_eq!(named(&id, "missä on suoja"), Some(Lang::FI));
    }

    #[test]
    fn one_language_or_none_is_no_choice() {
        assert_eq!(
            named(&LanguageId::train(&Localized::default()), "moi"),
            None
        );
        let one = Localized::from_iter([(Lang::FI, vec!["moi".to_owned()])]);
        assert_eq!(named(&LanguageId::train(&one), "moi"), None);
    }

    #[test]
    fn training_is_deterministic_and_hostile_input_is_cheap() {
        let (first, second) = (LanguageId::train(&samples()), LanguageId::train(&samples()));
        assert_eq!(first.values, second.values);
        let started = std::time::Instant::now();
        for text in [
            "hjälp ".repeat(200_000),
            "\u{308}".repeat(500_000),
            "\u{fdfa}".repeat(300_000),
        ] {
            assert_eq!(first.identify(&text), second.identify(&text));
        }
        assert!(started.elapsed().as_secs() < 2);
    }
}
