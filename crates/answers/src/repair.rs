//! Words as they were meant: a mistyped word is read as the one known word that it is nearest to.
//!
//! Known are the words of the entries, the corpus and the thesaurus. A word of another kind that the
//! language has anyway is left alone, and so is one that could have been meant as several.

use std::collections::HashMap;

use super::grams::whole;
use super::vocabulary::Spelled;

/// Letters from which on one slip is repaired.
const ONE_SLIP: usize = 5;

/// Letters from which on two slips are repaired.
const TWO_SLIPS: usize = 9;

/// Letters of a word that is repaired at most: the bound for hostile messages.
const LONGEST: usize = 40;

/// Known words by their folded spelling, and by length.
#[derive(Debug, Default)]
pub(super) struct Repair {
    /// Exact spellings, each with the folded one behind it, end to end.
    chars: Vec<char>,
    /// Where the spellings of a word begin, by the hash of the folded one, and how long they are.
    known: HashMap<u32, (u32, u8, u8)>,
    /// Words by their number of letters: the set of the letters, and the hash.
    lengths: Vec<Vec<(u32, u32)>>,
}

impl Repair {
    /// Takes in known words; the first of those that differ in diacritics only is meant.
    pub(super) fn build<'a>(words: impl Iterator<Item = (&'a [char], &'a [char])>) -> Self {
        let mut repair = Self {
            lengths: vec![Vec::new(); LONGEST + 3],
            ..Self::default()
        };
        for (exact, folded) in words {
            let hash = whole(folded);
            if folded.len() >= repair.lengths.len() || repair.known.contains_key(&hash) {
                continue;
            }
            let (Ok(exactly), Ok(folds)) = (exact.len().try_into(), folded.len().try_into()) else {
                continue;
            };
            let start = repair.chars.len() as u32;
            repair.known.insert(hash, (start, exactly, folds));
            repair.lengths[folded.len()].push((letters(folded), hash));
            repair.chars.extend(exact);
            repair.chars.extend(folded);
        }
        repair
    }

    /// The known word with the same letters but for diacritics.
    pub(super) fn unfold(&self, folded: &[char]) -> Option<Spelled> {
        let (exact, folded) = self.spelled(whole(folded))?;
        Some((exact.to_vec(), folded.to_vec()))
    }

    fn spelled(&self, hash: u32) -> Option<(&[char], &[char])> {
        let (start, exact, folded) = *self.known.get(&hash)?;
        let chars = self.chars.get(start as usize..)?;
        let both = chars.get(..usize::from(exact) + usize::from(folded))?;
        Some(both.split_at(usize::from(exact)))
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
        (1..=allowed).find_map(|slips| self.only(folded, slips))?
    }

    /// The word so many slips away: `None` if there is none, and `Some(None)` if there are several.
    fn only(&self, folded: &[char], slips: usize) -> Option<Option<Spelled>> {
        let set = letters(folded);
        let mut only = None;
        for length in folded.len() - slips..=folded.len() + slips {
            for (letters, hash) in self.lengths.get(length)? {
                if (letters ^ set).count_ones() as usize > 2 * slips {
                    continue;
                }
                let (_, word) = self.spelled(*hash)?;
                // Hardly anyone mistypes the first letter.
                if word.first() != folded.first() || distance(folded, word, slips) != Some(slips) {
                    continue;
                }
                if only.replace(word).is_some() {
                    return Some(None);
                }
            }
        }
        only.map(|word| self.unfold(word))
    }
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
        let words: Vec<Spelled> = words
            .iter()
            .map(|word| (chars(word), super::super::words::fold_word(&chars(word))))
            .collect();
        let known = words
            .iter()
            .map(|(exact, folded)| (exact.as_slice(), folded.as_slice()));
        let repair = Repair::build(known);
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
