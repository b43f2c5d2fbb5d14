//! Which things a text speaks of, by a thesaurus: groups of words that stand for the same thing.
//!
//! "Fillari" and "polkupyörä" are one concept, in any inflection and inside compounds. What a
//! concept is worth is left to the index.

use super::grams::{beginnings, whole};
use super::words::{Spelling, Words};
use crate::Lang;

/// Characters after a stem that are taken for an ending.
const ENDING: usize = 5;

/// Least characters of a stem that is looked for inside words.
const INSIDE: usize = 5;

/// Least characters of a stem that any ending may follow.
const STEM: usize = 4;

/// How sure a stem is at the beginning of a longer compound ("polkupyöräkypärä").
const FIRST_PART: f32 = 0.6;

/// How sure a stem is at the end of a compound ("pyöränvaras").
const LAST_PART: f32 = 0.8;

/// How sure a stem is in the middle of a compound.
const MIDDLE: f32 = 0.4;

/// Words of a term at most.
const TERM_WORDS: usize = 8;

/// A word of a term, by one of its stems.
#[derive(Clone, Copy, Debug)]
struct Stem {
    term: u32,
    /// Which of the term's words it is.
    word: u8,
    /// Stands for this word alone, without endings.
    exact: bool,
}

/// A term: the group it belongs to, and how many words it has.
#[derive(Clone, Copy, Debug)]
struct Term {
    group: u32,
    words: u8,
}

/// The groups of one language.
#[derive(Debug, Default)]
pub(super) struct Thesaurus {
    terms: Vec<Term>,
    /// By the hashes of stems, ascending.
    stems: Vec<(u32, Stem)>,
    /// Where the hashes with given leading bits begin.
    directory: Vec<u32>,
    longest: usize,
    /// The words of terms, folded, end to end.
    words: Vec<char>,
    ends: Vec<u32>,
}

/// Leading bits of a hash by which stems are looked up.
const LEADING: u32 = 14;

impl Thesaurus {
    /// Reads groups, each of terms separated by commas.
    pub(super) fn read(lang: Lang, groups: &[String]) -> Self {
        let mut thesaurus = Self::default();
        for (number, group) in (0..).zip(groups) {
            for term in group.split(',') {
                thesaurus.add(lang, number, term);
            }
        }
        thesaurus.stems.sort_by_key(|(hash, _)| *hash);
        let stems = &thesaurus.stems;
        let begin = |prefix: u32| {
            let before = |(hash, _): &(u32, Stem)| hash >> (u32::BITS - LEADING) < prefix;
            stems.partition_point(before) as u32
        };
        thesaurus.directory = (0..=1 << LEADING).map(begin).collect();
        thesaurus
    }

    fn add(&mut self, lang: Lang, group: u32, term: &str) {
        let words = Words::read(term, Spelling::Folded, usize::MAX);
        if words.len() == 0 || words.len() > TERM_WORDS {
            return;
        }
        let number = self.terms.len() as u32;
        self.terms.push(Term {
            group,
            words: words.len() as u8,
        });
        for (place, word) in (0..).zip(words.iter()) {
            self.words.extend(word);
            self.ends.push(self.words.len() as u32);
            for (stem, exact) in stems(lang, word) {
                self.longest = self.longest.max(stem.len());
                let stands = Stem {
                    term: number,
                    word: place,
                    exact,
                };
                self.stems.push((whole(&stem), stands));
            }
        }
    }

    /// The words of all terms, folded.
    pub(super) fn words(&self) -> impl Iterator<Item = &[char]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let word = |(start, end): (u32, &u32)| &self.words[start as usize..*end as usize];
        starts.zip(&self.ends).map(word)
    }

    /// Whether a folded word holds a word of a term.
    pub(super) fn knows(&self, word: &[char]) -> bool {
        let mut known = false;
        self.of_word(word, |_, _| known = true);
        known
    }

    /// The groups a line speaks of.
    pub(super) fn speaks_of(&self, line: &str) -> Vec<(u32, f32)> {
        self.concepts(&Words::read(line, Spelling::Folded, usize::MAX))
    }

    /// The groups a text speaks of, each with how sure that is, up to 1, by ascending number.
    pub(super) fn concepts(&self, words: &Words) -> Vec<(u32, f32)> {
        let mut found: Vec<(u32, u8, f32)> = Vec::new();
        for word in words.iter() {
            self.of_word(word, |stem, sure| found.push((stem.term, stem.word, sure)));
        }
        found.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let mut groups: Vec<(u32, f32)> = Vec::new();
        for same in found.chunk_by(|a, b| a.0 == b.0) {
            let term = self.terms[same[0].0 as usize];
            // How sure each word of the term is: what is last of it is surest.
            let mut words = 0;
            let mut sure = 1.0_f32;
            for word in same.chunk_by(|a, b| a.1 == b.1) {
                words += 1;
                sure = sure.min(word[word.len() - 1].2);
            }
            if words == term.words {
                groups.push((term.group, sure));
            }
        }
        groups.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        groups.dedup_by_key(|(group, _)| *group);
        groups
    }

    /// The stems with a hash.
    fn stems_of(&self, hash: u32) -> impl Iterator<Item = &Stem> {
        let prefix = (hash >> (u32::BITS - LEADING)) as usize;
        let (first, last) = (self.directory[prefix], self.directory[prefix + 1]);
        let near = &self.stems[first as usize..last as usize];
        let same = near.iter().filter(move |(known, _)| *known == hash);
        same.map(|(_, stem)| stem)
    }

    /// The stems in a word.
    fn of_word(&self, word: &[char], mut each: impl FnMut(&Stem, f32)) {
        if self.stems.is_empty() {
            return;
        }
        for start in 0..word.len() {
            let longest = (word.len() - start).min(self.longest);
            for (length, hash) in (1..=longest).zip(beginnings(&word[start..])) {
                if start > 0 && length < INSIDE {
                    continue;
                }
                let rest = word.len() - start - length;
                for stem in self.stems_of(hash) {
                    if let Some(sure) = sureness(start, length, rest, stem.exact) {
                        each(stem, sure);
                    }
                }
            }
        }
    }
}

/// How sure it is that a word holds a stem that begins at `start` and leaves `rest` characters.
fn sureness(start: usize, length: usize, rest: usize, exact: bool) -> Option<f32> {
    match (start, rest) {
        (0, 0) => Some(1.0),
        _ if exact => None,
        (0, 1..=ENDING) if length >= STEM => Some(1.0),
        (0, 1..=3) if length == STEM - 1 => Some(0.8),
        (0, _) if length >= INSIDE => Some(FIRST_PART),
        (0, _) => None,
        (_, 0..=ENDING) => Some(LAST_PART),
        _ => Some(MIDDLE),
    }
}

/// The forms by which a word of a term is found, folded, and whether each stands for itself alone.
fn stems(lang: Lang, word: &[char]) -> Vec<(Vec<char>, bool)> {
    let mut found = vec![(word.to_vec(), word.len() < STEM)];
    let mut add = |stem: Vec<char>| {
        if stem.len() >= STEM - 1 && found.iter().all(|(known, _)| *known != stem) {
            found.push((stem, false));
        }
    };
    if word.len() < STEM {
        return found;
    }
    if lang == Lang::FI {
        finnish(word, &mut add);
    } else if lang == Lang::SV {
        swedish(word, &mut add);
    }
    found
}

fn finnish(word: &[char], add: &mut impl FnMut(Vec<char>)) {
    let ends = |tail: &str| {
        word.iter()
            .rev()
            .copied()
            .take(tail.len())
            .eq(tail.chars().rev())
    };
    let without = |count: usize| word[..word.len() - count].to_vec();
    let vowel = |c: char| "aeiouy".contains(c);
    if ends("nen") {
        add([without(3), vec!['s']].concat());
        add([without(3), vec!['s', 'e']].concat());
        return;
    }
    if ["us", "ys", "is", "es", "os"].iter().any(|tail| ends(tail)) {
        add(without(1));
        return;
    }
    if ["as", "in", "ut", "yt"].iter().any(|tail| ends(tail)) {
        add(without(1));
        if word.len() > 5 {
            add(without(2));
        }
        return;
    }
    // Infinitives: huijata, nousta, tulla.
    let verb = [
        "ata", "ota", "uta", "ita", "sta", "lla", "nna", "rra", "oda", "uoda", "ida",
    ];
    if verb.iter().any(|tail| ends(tail)) && word.len() > 5 {
        add(without(2));
    }
    let Some(&last) = word.last() else { return };
    if !vowel(last) {
        return add(without(1));
    }
    let twice = word.len() > 5 && vowel(word[word.len() - 2]);
    let stem = without(if twice { 2 } else { 1 });
    if word.len() > 4 {
        add(stem.clone());
    }
    for weak in weaker(&stem) {
        // A short stem keeps its vowel: "luku" is "luvu-", not anything that begins "luv".
        let short = weak.len() < STEM;
        add(if short {
            [weak, vec![last]].concat()
        } else {
            weak
        });
    }
}

/// The weak grades of a Finnish stem that ends in a consonant.
fn weaker(stem: &[char]) -> Vec<Vec<char>> {
    const GRADES: [(&str, &str); 14] = [
        ("kk", "k"),
        ("pp", "p"),
        ("tt", "t"),
        ("nk", "ng"),
        ("nt", "nn"),
        ("mp", "mm"),
        ("lt", "ll"),
        ("rt", "rr"),
        ("lk", "l"),
        ("rk", "r"),
        ("ht", "hd"),
        ("t", "d"),
        ("p", "v"),
        ("k", ""),
    ];
    let text: String = stem.iter().collect();
    let grade = GRADES.iter().find(|(strong, _)| text.ends_with(strong));
    let weak = grade.map(|(strong, weak)| {
        let kept = &text[..text.len() - strong.len()];
        kept.chars().chain(weak.chars()).collect()
    });
    weak.into_iter().collect()
}

fn swedish(word: &[char], add: &mut impl FnMut(Vec<char>)) {
    let Some(&last) = word.last() else { return };
    if word.len() > 4 && matches!(last, 'a' | 'e') {
        add(word[..word.len() - 1].to_vec());
    }
    // Nyckel, nycklar; vatten, vattnet.
    if let [.., 'e', end @ ('l' | 'n' | 'r')] = word
        && word.len() > 5
    {
        add([&word[..word.len() - 2], &[*end]].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concepts(lang: Lang, groups: &str, text: &str) -> Vec<(u32, f32)> {
        let words = Words::read(text, Spelling::Folded, 2_000);
        let groups: Vec<String> = groups.lines().map(str::to_owned).collect();
        Thesaurus::read(lang, &groups).concepts(&words)
    }

    fn groups(lang: Lang, groups: &str, text: &str) -> Vec<u32> {
        let found = concepts(lang, groups, text).into_iter();
        found.map(|(group, _)| group).collect()
    }

    #[test]
    fn any_word_of_a_group_in_any_inflection_is_the_concept() {
        let fi = "polkupyörä, fillari\nvarkaus, varastaa, pölliä\nlukko, munalukko";
        for text in ["fillarini", "POLKUPYÖRÄSTÄ", "polkupyora", "mun fillarii"] {
            assert_eq!(groups(Lang::FI, fi, text), [0], "{text}");
        }
        assert_eq!(groups(Lang::FI, fi, "varkaudesta"), [1]);
        assert_eq!(groups(Lang::FI, fi, "lukon"), [2]);
        let sv = "cykel, hoj\nbrandvarnare, rökvarnare";
        assert_eq!(groups(Lang::SV, sv, "cykeln cyklar hojen"), [0]);
        assert_eq!(groups(Lang::SV, sv, "rökvarnaren piper"), [1]);
    }

    #[test]
    fn a_concept_in_a_compound_is_less_sure() {
        let fi = "polkupyörä, fillari";
        let sure = |text| concepts(Lang::FI, fi, text)[0].1;
        assert_eq!(sure("fillari"), 1.0);
        assert!(sure("fillarikypärästäni") < 1.0);
        assert!(sure("maastofillari") < 1.0);
    }

    #[test]
    fn a_term_of_several_words_needs_them_all() {
        let fi = "hätänumero, yksi yksi kaksi\nsoittaa apua, hälyttää apua";
        assert_eq!(groups(Lang::FI, fi, "soitin"), [0_u32; 0]);
        assert_eq!(groups(Lang::FI, fi, "apua pitäisi soittaa"), [1]);
    }

    #[test]
    fn short_words_stand_for_themselves_alone() {
        let sv = "os, kolmonoxid";
        assert_eq!(groups(Lang::SV, sv, "os"), [0]);
        assert_eq!(groups(Lang::SV, sv, "osten kostar"), [0_u32; 0]);
    }

    #[test]
    fn odd_lines_are_survived() {
        for text in ["", ",", ",,,,", "#", "a,", "👍, 👎", "x\u{301}, y"] {
            assert!(concepts(Lang::FI, text, "x y 👍").len() <= 1, "{text}");
        }
    }
}
