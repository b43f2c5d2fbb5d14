//! Words as they were meant: a mistyped word is read as the one known word that it is nearest to.
//!
//! Known are the words of the entries, the corpus and the thesaurus. A word of another kind that the
//! language has anyway is left alone, and so is one that could have been meant as several.

use std::collections::HashMap;
use std::sync::Arc;

use super::grams::whole;
use super::vocabulary::Spelled;
use super::words::fold_word;

/// Letters from which on one slip is repaired.
const ONE_SLIP: usize = 5;

/// Letters from which on two slips are repaired.
const TWO_SLIPS: usize = 9;

/// Letters of a word that is repaired at most: the bound for hostile messages.
const LONGEST: usize = 40;

/// Known words: those of the entries, and those that all indexes know.
#[derive(Debug, Default)]
pub(super) struct Repair {
    own: Known,
    common: Arc<Known>,
}

impl Repair {
    /// Of words that differ in diacritics only, the entries' is meant.
    pub(super) fn new(own: Known, common: Arc<Known>) -> Self {
        Self { own, common }
    }

    /// The known word with the same letters but for diacritics.
    pub(super) fn unfold(&self, folded: &[char]) -> Option<Spelled> {
        let known = |known: &Known| known.spelled(whole(folded)).map(owned);
        known(&self.own).or_else(|| known(&self.common))
    }

    /// The known word from which a word differs by the fewest slips, if there is one such word.
    pub(super) fn nearest(&self, folded: &[char]) -> Option<Spelled> {
        if folded.len() > LONGEST || folded.iter().any(|c| c.is_numeric()) {
            return None;
        }
        let allowed = match folded.len() {
            ..ONE_SLIP => return None,
            ONE_SLIP..TWO_SLIPS => 1,
            _ => 2,
        };
        let slips = (1..=allowed).find_map(|slips| self.only(folded, slips))?;
        self.unfold(slips?)
    }

    /// The word so many slips away: `None` if there is none, and `Some(None)` if there are several.
    fn only(&self, folded: &[char], slips: usize) -> Option<Option<&[char]>> {
        let mut only: Option<&[char]> = None;
        for known in [&self.own, &self.common] {
            for word in known.alike(folded, slips) {
                if distance(folded, word, slips) != Some(slips) {
                    continue;
                }
                if only.replace(word).is_some_and(|other| other != word) {
                    return Some(None);
                }
            }
        }
        only.map(Some)
    }
}

/// Known words by their folded spelling, and by length.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Exact spellings, each with the folded one behind it, end to end.
    chars: Vec<char>,
    /// The spellings of a word, by the hash of the folded one.
    known: HashMap<u32, Spot>,
    /// Words by their number of letters: the set of the letters, and the spellings.
    lengths: Vec<Vec<(u32, Spot)>>,
}

/// Where the spellings of a word begin, and how long they are.
#[derive(Clone, Copy, Debug)]
struct Spot {
    start: u32,
    exact: u8,
    folded: u8,
}

impl Known {
    /// Takes in words that are spelled exactly; the first of those that differ in diacritics only is
    /// meant.
    pub(super) fn build<'a>(words: impl Iterator<Item = &'a [char]>) -> Self {
        let mut known = Self {
            lengths: vec![Vec::new(); LONGEST + 3],
            ..Self::default()
        };
        for exact in words {
            known.add(exact, &fold_word(exact));
        }
        known.chars.shrink_to_fit();
        known.known.shrink_to_fit();
        known.lengths.iter_mut().for_each(Vec::shrink_to_fit);
        known
    }

    fn add(&mut self, exact: &[char], folded: &[char]) {
        let hash = whole(folded);
        if folded.len() >= self.lengths.len() || self.known.contains_key(&hash) {
            return;
        }
        let (Ok(exactly), Ok(folds)) = (exact.len().try_into(), folded.len().try_into()) else {
            return;
        };
        let spot = Spot {
            start: self.chars.len() as u32,
            exact: exactly,
            folded: folds,
        };
        self.known.insert(hash, spot);
        self.lengths[folded.len()].push((letters(folded), spot));
        self.chars.extend(exact);
        self.chars.extend(folded);
    }

    fn spelled(&self, hash: u32) -> Option<(&[char], &[char])> {
        Some(self.at(*self.known.get(&hash)?))
    }

    fn at(&self, spot: Spot) -> (&[char], &[char]) {
        let (exact, folded) = (usize::from(spot.exact), usize::from(spot.folded));
        let start = spot.start as usize;
        self.chars[start..start + exact + folded].split_at(exact)
    }

    /// Words with about the same letters.
    fn alike(&self, folded: &[char], slips: usize) -> impl Iterator<Item = &[char]> {
        let set = letters(folded);
        let lengths = folded.len() - slips..=folded.len() + slips;
        let words = lengths.filter_map(|length| self.lengths.get(length));
        let near = words
            .flatten()
            .filter(move |(letters, _)| (letters ^ set).count_ones() as usize <= 2 * slips);
        let first = folded.first().copied();
        near.map(|(_, spot)| self.at(*spot).1)
            // Hardly anyone mistypes the first letter.
            .filter(move |word| word.first().copied() == first)
    }
}

fn owned((exact, folded): (&[char], &[char])) -> Spelled {
    (exact.to_vec(), folded.to_vec())
}

/// The letters of a word as a set; letters that aren't Latin share places.
fn letters(word: &[char]) -> u32 {
    word.iter()
        .fold(0, |set, c| set | 1 << (u32::from(*c) % 32))
}

/// The number of letters left out, put in, changed or swapped with the next between two words; `None`
/// if there are more than `most` (optimal string alignment, Damerau 1964).
fn distance(a: &[char], b: &[char], most: usize) -> Option<usize> {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut cost = (last[j] + usize::from(x != y))
                .min(last[j + 1] + 1)
                .min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        if row.iter().all(|cost| *cost > most) {
            return None;
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|cost| *cost <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repair(words: &[&str], typed: &str) -> Option<String> {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        let words: Vec<Vec<char>> = words.iter().map(|word| chars(word)).collect();
        let (own, common) = words.split_at(1);
        let of = |words: &[Vec<char>]| Known::build(words.iter().map(Vec::as_slice));
        let repair = Repair::new(of(own), Arc::new(of(common)));
        let typed = super::super::words::fold_word(&chars(typed));
        let found = repair.unfold(&typed).or_else(|| repair.nearest(&typed));
        found.map(|(exact, _)| exact.into_iter().collect())
    }

    #[test]
    fn a_slip_is_repaired_two_only_in_a_long_word() {
        let known = ["palovaroitin", "kypärä", "jää"];
        let of = |typed| repair(&known, typed);
        for typed in ["palovaroitn", "palovraoitin", "plaovaroitni", "PALOVAROTIN"] {
            assert_eq!(of(typed).as_deref(), Some("palovaroitin"), "{typed}");
        }
        assert_eq!(of("kyprä").as_deref(), Some("kypärä"));
        assert_eq!(of("jaa").as_deref(), Some("jää"));
        for typed in ["kyrpp", "jä", "jsa", "palovartn", "palo112varoitin", ""] {
            assert_eq!(of(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_word_between_two_is_left_alone() {
        assert_eq!(repair(&["katto", "kanto"], "kasto"), None);
        assert_eq!(
            repair(&["katto", "kanto"], "kattoo").as_deref(),
            Some("katto")
        );
    }

    #[test]
    fn a_distance_counts_each_kind_of_slip_once() {
        let of = |a: &str, b: &str| {
            let chars = |text: &str| text.chars().collect::<Vec<char>>();
            distance(&chars(a), &chars(b), 2)
        };
        assert_eq!(of("sauna", "sauna"), Some(0));
        for typed in ["suana", "saun", "saunaa", "sauma"] {
            assert_eq!(of(typed, "sauna"), Some(1), "{typed}");
        }
        assert_eq!(of("suama", "sauna"), Some(2));
        assert_eq!(of("", "sauna"), None);
    }
}
