//! Which language a message is written in.
//!
//! Its job is to tell the served languages apart, even for one word and without diacritics, and to
//! notice a message in none of them. It knows no language by itself: a language is what its sample
//! texts look like, and adding one means giving one more sample. What to do when there is nothing to
//! go on, or when the language is another, is left to the caller.
//!
//! Words are judged one by one and then vote, so that neither a long compound nor a quoted name
//! outweighs the rest of the message.

use std::collections::BTreeMap;
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

/// How many n-grams the whole word counts for, when a sample has it.
const WHOLE: f32 = 5.0;

/// A word counts by this power of its frequency, so that the vocabulary decides more than the few
/// words every sentence has.
const TEMPER: f32 = 0.7;

/// The share of a served language's text that an n-gram is granted without having been seen.
const UNSEEN: f32 = 1e-7;

/// The same where served languages are compared with others: these have far smaller samples.
const UNSEEN_BY_OTHERS: f32 = 2e-6;

/// A share above this counts no more towards another language: what both languages have is no
/// evidence, however much more often one sample has it. Keeps Danish from owning "får".
const COMMON: f32 = 3e-5;

/// Up to here, in nats, a word's evidence between served languages counts in full; what exceeds it
/// counts by [`BEYOND`].
const FULL: f32 = 30.0;

/// How much of a word's evidence counts beyond [`FULL`].
const BEYOND: f32 = 0.1;

/// Most nats that one word says for or against another language.
const WORD: f32 = 20.0;

/// A word that another language explains better by this many nats is borrowed or quoted...
const BORROWED: f32 = 6.0;

/// ...and counts only this much between the served languages, beside other words.
const BORROWED_SHARE: f32 = 0.2;

/// Least margin for a language to be named, in nats.
const LEAST_MARGIN: f32 = 0.7;

/// Nats by which another language must lead to be noticed.
const OTHER_MARGIN: f32 = 26.0;

/// Words at least of a message in another language; fewer may be a name or a loan: "phishing mail".
const OTHER_WORDS: usize = 3;

/// Nats by which two words must be of another language to name no served one.
const PAIR_MARGIN: f32 = 30.0;

/// Nats by which a word is clearly of a served language.
const CLEARLY: f32 = 8.0;

/// Evidence is stored in steps of 1/1024 nat.
const STEP: f32 = 1024.0;

/// A classifier over hashed character n-grams and whole words.
///
/// About three megabytes for some ten thousand words of two served languages and a dozen others.
#[derive(Debug)]
pub struct LanguageId {
    /// The served languages, then the others.
    languages: Vec<Lang>,
    served: usize,
    /// Whether every served language is written in Latin letters.
    latin: bool,
    /// An open-addressed table of hashes; its length is a power of two and at most half is taken.
    slots: Vec<Option<NonZeroU32>>,
    /// Where the evidence of each slot begins, and where that of the last one ends.
    starts: Vec<u32>,
    evidence: Vec<Evidence>,
}

/// What an n-gram says for one language, in nats times [`STEP`].
#[derive(Clone, Copy, Debug, PartialEq)]
struct Evidence {
    /// A position in `languages`.
    language: u16,
    /// Against the other served languages.
    apart: u16,
    /// Between served languages and others.
    known: u16,
}

/// The language of a message.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Identified {
    /// The served language. None when there is nothing to go on (no letters, a word of several
    /// languages, two foreign words), and when the message is in another language.
    pub lang: Option<Lang>,
    /// Whether the message is in a language that is not served; `lang` is None then. In Latin letters
    /// only from three words on: fewer may be a name or a loan.
    pub other: bool,
    /// How much likelier the best language is than the second, in nats; 0 and up. For another
    /// language: how far it leads the served ones.
    pub margin: f32,
}

impl LanguageId {
    /// Learns the served languages, and others to tell them from, of samples: texts, lists of
    /// words, chat phrases. What is served is never another language.
    #[must_use]
    pub fn train(served: &Localized<Vec<String>>, others: &Localized<Vec<String>>) -> Self {
        let others = others
            .iter()
            .filter(|(lang, _)| served.get(*lang).is_none());
        let samples: Vec<(Lang, &Vec<String>)> = served.iter().chain(others).collect();
        let mut all = Vec::new();
        // Two letters name no more than 676 languages.
        for (language, (_, texts)) in (0_u16..).zip(&samples) {
            let counts = learn(texts);
            let total: f32 = counts.iter().map(|(_, count)| count).sum();
            all.extend(counts.into_iter().map(|(hash, count)| {
                let share = count / total;
                let nats = |share: f32, unseen: f32| ((share / unseen).ln_1p() * STEP) as u16;
                let evidence = Evidence {
                    language,
                    apart: nats(share, UNSEEN),
                    known: nats(share.min(COMMON), UNSEEN_BY_OTHERS),
                };
                (hash, evidence)
            }));
        }
        // Stable: the evidence of a hash stays in the order of languages.
        all.sort_by_key(|(hash, _)| *hash);
        let latin = served.iter().all(|(_, texts)| !foreign(&letters(texts)));
        let languages: Vec<Lang> = samples.iter().map(|(lang, _)| *lang).collect();
        Self::table(languages, served.iter().count(), latin, &all)
    }

    /// Puts evidence, sorted by hash, into the table.
    fn table(
        languages: Vec<Lang>,
        served: usize,
        latin: bool,
        all: &[(NonZeroU32, Evidence)],
    ) -> Self {
        let runs: Vec<&[(NonZeroU32, Evidence)]> = all.chunk_by(|a, b| a.0 == b.0).collect();
        let mut model = Self {
            languages,
            served,
            latin,
            slots: vec![None; (runs.len() * 2).next_power_of_two()],
            starts: Vec::new(),
            evidence: Vec::with_capacity(all.len()),
        };
        let mut taken: Vec<&[(NonZeroU32, Evidence)]> = vec![&[]; model.slots.len()];
        for run in runs {
            let slot = model.slot(run[0].0);
            model.slots[slot] = Some(run[0].0);
            taken[slot] = run;
        }
        let mut end = 0;
        model.starts.push(end);
        for run in taken {
            model
                .evidence
                .extend(run.iter().map(|(_, evidence)| *evidence));
            end += u32::try_from(run.len()).unwrap_or(0);
            model.starts.push(end);
        }
        model
    }

    /// Names the language of a message by its first 300 characters.
    #[must_use]
    pub fn identify(&self, text: &str) -> Identified {
        let text = unstretched(text);
        let read = Words::read(&text, Spelling::Exact, READ_CHARS);
        let words: Vec<&[char]> = read
            .iter()
            .filter(|word| word.iter().any(|c| c.is_alphabetic()))
            .collect();
        if self.latin && foreign(&words) {
            return Identified {
                lang: None,
                other: true,
                margin: WORD * words.len() as f32,
            };
        }
        let votes = self.count(&words);
        self.another(&votes, words.len())
            .unwrap_or_else(|| self.choose(&votes.nats[..self.served]))
    }

    /// Lets each word vote.
    fn count(&self, words: &[&[char]]) -> Votes {
        let mut votes = Votes::new(self.languages.len());
        let mut apart = vec![0.0_f32; self.languages.len()];
        let mut known = apart.clone();
        let best = |nats: &[f32]| nats.iter().copied().fold(0.0, f32::max);
        for word in words {
            self.weigh(word, &mut apart, &mut known);
            let (ours, theirs) = known.split_at(self.served);
            let home = best(ours);
            let borrowed = words.len() > 1 && best(theirs) > home + BORROWED;
            let share = if borrowed { BORROWED_SHARE } else { 1.0 };
            let (nats, other_nats) = votes.nats.split_at_mut(self.served);
            let top = best(&apart[..self.served]);
            for (sum, nats) in nats.iter_mut().zip(&apart) {
                let behind = top - nats;
                *sum -= share * (behind.min(FULL) + BEYOND * (behind - FULL).max(0.0));
            }
            for (i, nats) in theirs.iter().enumerate() {
                let lead = nats - home;
                other_nats[i] += lead.clamp(-WORD, WORD);
                votes.ahead[self.served + i] += usize::from(lead > 0.0);
                votes.behind[self.served + i] += usize::from(lead < -CLEARLY);
            }
        }
        votes
    }

    /// What the word says for each language.
    fn weigh(&self, word: &[char], apart: &mut [f32], known: &mut [f32]) {
        apart.fill(0.0);
        known.fill(0.0);
        let mut add = |hash: u32, weight: f32| {
            // What no sample has says nothing: such a slot has no evidence.
            let slot = self.slot(nonzero(hash));
            let range = self.starts[slot] as usize..self.starts[slot + 1] as usize;
            for evidence in &self.evidence[range] {
                let language = usize::from(evidence.language);
                apart[language] += weight * f32::from(evidence.apart) / STEP;
                known[language] += weight * f32::from(evidence.known) / STEP;
            }
        };
        grams(word, GRAMS, |hash| add(hash, 1.0));
        add(whole(word), WHOLE);
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

    /// Another language, if it leads by far, most words are of it and few clearly of ours.
    fn another(&self, votes: &Votes, words: usize) -> Option<Identified> {
        let nats = |language: &usize| votes.nats[*language];
        let others = self.served..self.languages.len();
        let language = others.max_by(|a, b| nats(a).total_cmp(&nats(b)))?;
        let margin = nats(&language);
        let least = match words {
            0 | 1 => return None,
            2 => PAIR_MARGIN,
            _ => OTHER_MARGIN,
        };
        let most = votes.ahead[language] * 5 >= words * 3;
        let few_of_ours = votes.behind[language] * 4 <= words;
        (margin >= least && most && few_of_ours).then_some(Identified {
            lang: None,
            other: words >= OTHER_WORDS,
            margin,
        })
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
            top - second
        } else {
            0.0
        };
        Identified {
            lang: best.filter(|_| margin >= LEAST_MARGIN),
            other: false,
            margin,
        }
    }
}

/// What the words of a message say together, by language.
struct Votes {
    /// Of a served language: 0 less what its words are behind. Of another: its lead.
    nats: Vec<f32>,
    /// Words that another language explains better than the served ones.
    ahead: Vec<usize>,
    /// Words that it explains clearly worse.
    behind: Vec<usize>,
}

impl Votes {
    fn new(languages: usize) -> Self {
        Self {
            nats: vec![0.0; languages],
            ahead: vec![0; languages],
            behind: vec![0; languages],
        }
    }
}

/// A hash that can mark a slot as taken; zero becomes one.
fn nonzero(hash: u32) -> NonZeroU32 {
    NonZeroU32::new(hash).unwrap_or(NonZeroU32::MIN)
}

/// The beginning of a text, a letter that stands three times or more written once: "hjääälp".
fn unstretched(text: &str) -> String {
    let mut short = String::with_capacity(text.len().min(2 * READ_CHARS));
    let (mut last, mut run) = ('\0', 0);
    for c in text.chars().take(READ_CHARS) {
        run = if c == last { run + 1 } else { 1 };
        last = c;
        match run {
            1 | 2 => short.push(c),
            3 if c.is_alphabetic() => {
                short.pop();
            }
            _ if c.is_alphabetic() => {}
            _ => short.push(c),
        }
    }
    short
}

/// Whether most letters are of another script than Latin; one of them alone is an ornament.
fn foreign<W: AsRef<[char]>>(words: &[W]) -> bool {
    let (mut latin, mut foreign) = (0, 0);
    let letters = words.iter().flat_map(|word| word.as_ref());
    for c in letters.filter(|c| c.is_alphabetic()) {
        if matches!(c, ..'\u{2b0}' | '\u{1d00}'..'\u{1f00}') {
            latin += 1;
        } else {
            foreign += 1;
        }
    }
    foreign > latin.max(1)
}

/// The beginning of sample texts as words.
fn letters(texts: &[String]) -> Vec<Vec<char>> {
    let words = texts.iter().flat_map(|text| {
        let words = Words::read(text, Spelling::Exact, READ_CHARS);
        words.iter().map(<[char]>::to_vec).collect::<Vec<_>>()
    });
    words.take(READ_CHARS).collect()
}

/// Counts the n-grams and words in the samples of one language, by hash.
fn learn(texts: &[String]) -> Vec<(NonZeroU32, f32)> {
    let mut frequencies = BTreeMap::<Vec<char>, f32>::new();
    for text in texts {
        for spelling in [Spelling::Exact, Spelling::Folded] {
            for word in Words::read(text, spelling, SAMPLE_CHARS).iter() {
                *frequencies.entry(word.to_vec()).or_default() += 1.0;
            }
        }
    }
    let mut counts = Vec::new();
    for (word, frequency) in &frequencies {
        let count = frequency.powf(TEMPER);
        grams(word, GRAMS, |hash| counts.push((nonzero(hash), count)));
        counts.push((nonzero(whole(word)), count));
    }
    counts.sort_by_key(|(hash, _)| *hash);
    counts.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        kept.1 += if same { next.1 } else { 0.0 };
        same
    });
    counts
}

#[cfg(test)]
mod tests;
