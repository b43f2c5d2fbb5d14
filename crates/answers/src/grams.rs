//! Character n-grams and whole words as 32-bit hashes.
//!
//! Its job is to name every piece of a word without allocating a string for it. What a piece is
//! worth is left to the index that counts it. Two pieces collide about once in four thousand
//! million pairs, which a ranking does not notice.

use std::ops::RangeInclusive;

/// Stands before and after a word, so that its beginning and end are pieces of their own.
const EDGE: char = ' ';

/// Calls `each` with the hash of every run of `sizes` characters in the word with its edges.
///
/// A two-letter word has four characters with its edges.
pub(super) fn grams(word: &[char], sizes: RangeInclusive<usize>, mut each: impl FnMut(u32)) {
    let length = word.len() + 2;
    let at = |i: usize| {
        if i == 0 {
            EDGE
        } else {
            word.get(i - 1).copied().unwrap_or(EDGE)
        }
    };
    for start in 0..length {
        let longest = (*sizes.end()).min(length - start);
        let mut state = SEED;
        for size in 1..=longest {
            state = mix(state, at(start + size - 1));
            if size >= *sizes.start() {
                each(finish(state));
            }
        }
    }
}

/// The hash of the word as a whole; never that of one of its n-grams except by chance.
pub(super) fn whole(word: &[char]) -> u32 {
    finish(word.iter().fold(!SEED, |state, c| mix(state, *c)))
}

/// FNV-1a of 32 bits over the UTF-8 of characters: the name of a row in the table of vectors.
pub(super) fn key<'a>(chars: impl Iterator<Item = &'a char>) -> u32 {
    chars.fold(KEY, |state, c| extend_key(state, *c))
}

/// The key of no characters.
pub(super) const KEY: u32 = 0x811c_9dc5;

/// The key of characters and one more.
pub(super) fn extend_key(state: u32, c: char) -> u32 {
    let mut buffer = [0; 4];
    let bytes = c.encode_utf8(&mut buffer).bytes();
    bytes.fold(state, |state, byte| {
        (state ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    })
}

/// The hashes of the word and of all that it begins with, shortest first.
pub(super) fn beginnings(word: &[char]) -> impl Iterator<Item = u32> {
    word.iter().scan(!SEED, |state, c| {
        *state = mix(*state, *c);
        Some(finish(*state))
    })
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// One step of FNV-1a over whole characters instead of bytes.
fn mix(state: u64, c: char) -> u64 {
    (state ^ u64::from(u32::from(c))).wrapping_mul(0x0000_0100_0000_01b3)
}

/// Spreads the state over all 32 bits (the finalizer of MurmurHash3).
fn finish(mut state: u64) -> u32 {
    state ^= state >> 33;
    state = state.wrapping_mul(0xff51_afd7_ed55_8ccd);
    (state >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(word: &str, sizes: RangeInclusive<usize>) -> Vec<u32> {
        let word: Vec<char> = word.chars().collect();
        let mut found = Vec::new();
        grams(&word, sizes, |hash| found.push(hash));
        found
    }

    #[test]
    fn a_word_has_every_run_of_the_wanted_sizes() {
        // " is " has two runs of three and one of four.
        assert_eq!(hashes("is", 3..=5).len(), 3);
        assert_eq!(hashes("palo", 3..=5).len(), 4 + 3 + 2);
        assert_eq!(hashes("", 3..=5).len(), 0);
    }

    #[test]
    fn words_with_a_common_part_share_its_pieces() {
        let (a, b) = (hashes("brandvarnare", 3..=5), hashes("varnare", 3..=5));
        let shared = b.iter().filter(|hash| a.contains(hash)).count();
        assert_eq!(
            shared,
            b.len() - 3,
            "all but the pieces with the first edge"
        );
    }

    #[test]
    fn a_word_is_not_one_of_its_own_pieces() {
        let word: Vec<char> = "jaa".chars().collect();
        assert!(!hashes("jaa", 1..=5).contains(&whole(&word)));
    }

    #[test]
    fn the_beginnings_of_a_word_are_words() {
        let word: Vec<char> = "jää".chars().collect();
        let expected: Vec<u32> = (1..=3).map(|length| whole(&word[..length])).collect();
        assert_eq!(beginnings(&word).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_long_vocabulary_hardly_collides() {
        let mut seen = std::collections::HashSet::new();
        let all = 200_000_u32;
        for number in 0..all {
            let word: Vec<char> = format!("sana{number}").chars().collect();
            seen.insert(whole(&word));
        }
        assert!(all - u32::try_from(seen.len()).unwrap_or(0) < 30);
    }
}
