//! The corpus: what is said of matters of safety, and of others, beside the entries.
//!
//! A message is compared with the lines of the corpus too. Each line votes for the entries it is
//! most like, so that a message finds an entry through a line that says the same in other words.
//! Lines of the background vote for none: a message that is most like one of them is about
//! something that is no matter of the knowledge base.

use std::sync::Arc;

use super::EntryText;
use super::collection::{Asked, Collection, LEGS, PerLeg, Query, Worded};
use super::repair::Known;
use super::thesaurus::Thesaurus;
use super::vectors::Vectors;
use super::vocabulary::{Places, Selection, Vocabulary};
use super::weighing::Weighing;
use crate::Lang;

/// Words a line has at least: shorter ones are like everything.
const LINE_WORDS: usize = 4;

/// How decidedly a message chooses among lines.
const CHOICE: f32 = 8.0;

/// How decidedly a line votes for its best entry.
const VOTE: f32 = 8.0;

/// Lines and entries that get a share at most.
const CHOSEN: usize = 20;

/// Least sum of votes of an entry that its votes are divided by, as a share of the average.
const LEAST_SUM: f32 = 0.25;

/// Lines that the scale is measured with.
const SAMPLE: usize = 64;

/// Least lead of the line nearest to a line, as a share of the best there could be.
const LEAST_LEAD: f32 = 0.1;

/// The texts of one line each; those that begin with `#` are comments.
fn read(text: &str) -> impl Iterator<Item = EntryText> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.starts_with('#'))
        .filter(|line| line.split_whitespace().count() >= LINE_WORDS)
        .map(|line| EntryText {
            question: line.to_owned(),
            ..EntryText::default()
        })
}

/// What the corpus has to say about a message.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// What each entry gets from the lines that are like the message.
    pub(super) hop: Vec<f32>,
    /// How like the message the best line of the background is.
    pub(super) background: f32,
}

/// The corpus of one language, indexed, and its words; the same for all indexes.
#[derive(Debug)]
pub(super) struct Corpus {
    pub(super) vocabulary: Vocabulary,
    /// The words of corpus and thesaurus.
    pub(super) known: Arc<Known>,
    pub(super) lines: Collection,
    weighing: Weighing,
    /// The words of the lines that vote; they come first.
    words: Vec<Places>,
    /// What these lines speak of.
    concepts: Vec<Places>,
}

impl Corpus {
    /// Indexes the lines that vote, and those of the background.
    pub(super) fn build(
        lang: Lang,
        thesaurus: &Thesaurus,
        vectors: Option<Arc<Vectors>>,
        (lines, background): (&str, &str),
    ) -> Self {
        let mut texts: Vec<EntryText> = read(lines).collect();
        let voting = texts.len();
        texts.extend(read(background));
        let texts: Vec<&EntryText> = texts.iter().collect();
        let mut vocabulary = Vocabulary::new(vectors, lang);
        let words: Vec<Worded> = texts
            .iter()
            .map(|text| Worded::read(text, &mut vocabulary))
            .collect();
        let spelled = vocabulary.finish();
        vocabulary.share();
        let lines = Collection::build(&texts, &words, thesaurus, &vocabulary, None);
        let among = lines.words(&vocabulary, &words);
        let step = (texts.len() / SAMPLE).max(1);
        let asked = (0..texts.len()).step_by(step).map(|at| {
            let query = Query::of(texts[at], &words[at], thesaurus, &vocabulary, &among);
            (at, query)
        });
        Self {
            weighing: scale(&lines, &vocabulary, asked),
            lines,
            known: Arc::new(Known::build(spelled.iter().chain(thesaurus.words()))),
            vocabulary,
            concepts: texts[..voting]
                .iter()
                .map(|text| thesaurus.speaks_of(&text.question))
                .collect(),
            words: words
                .into_iter()
                .take(voting)
                .map(|words| words.question)
                .collect(),
        }
    }

    /// Lets the lines vote for entries.
    pub(super) fn votes(
        &self,
        entries: &Collection,
        vocabulary: &Vocabulary,
        among: &Selection,
        weighing: &Weighing,
    ) -> Votes {
        let asked = Asked {
            collection: &self.lines,
            words: &self.words,
            concepts: &self.concepts,
        };
        let scores = entries.score_lines(&asked, vocabulary, among, weighing);
        Votes::count(&scores, entries.count)
    }

    /// Whether there are lines that vote.
    pub(super) fn has_lines(&self) -> bool {
        !self.words.is_empty()
    }

    /// What the lines like a message say of the entries.
    pub(super) fn hear(&self, query: &Query, votes: &Votes) -> Heard {
        let mut heard = Heard {
            hop: vec![0.0; votes.entries],
            background: 0.0,
        };
        if self.lines.count == 0 {
            return heard;
        }
        let mut scores = vec![0.0; self.lines.count];
        let mut raw = vec![0.0; self.lines.count];
        for leg in LEGS {
            raw.fill(0.0);
            self.lines.score(leg, query, &mut raw);
            let factor = self.weighing.factor(leg);
            for (score, raw) in scores.iter_mut().zip(&raw) {
                *score += factor * raw;
            }
        }
        let background = scores.iter().skip(self.words.len()).copied();
        heard.background = background.fold(0.0, f32::max);
        for (line, share) in shares(&scores, CHOICE) {
            for (entry, vote) in votes.of(line) {
                heard.hop[*entry as usize] += share * vote;
            }
        }
        heard
    }
}

/// What lines are measured by: how far the best line is ahead when another line is asked.
fn scale(
    lines: &Collection,
    vocabulary: &Vocabulary,
    asked: impl Iterator<Item = (usize, Query)>,
) -> Weighing {
    let mut leads: PerLeg = [0.0; LEGS.len()];
    let mut row = vec![0.0; lines.count];
    for (line, query) in asked {
        for leg in LEGS.into_iter().filter(|leg| leg.works(vocabulary)) {
            row.fill(0.0);
            let bound = lines.score(leg, &query, &mut row);
            let mean = row.iter().sum::<f32>() / row.len().max(1) as f32;
            let others = row.iter().enumerate().filter(|(at, _)| *at != line);
            let top = others.map(|(_, score)| *score).fold(mean, f32::max);
            leads[leg as usize] += (top - mean).max(LEAST_LEAD * bound);
        }
    }
    let sample = lines.count.div_ceil((lines.count / SAMPLE).max(1)).max(1);
    Weighing::new(leads.map(|lead| lead / sample as f32))
}

/// Which entries each line is for, and how much.
#[derive(Debug)]
pub(super) struct Votes {
    entries: usize,
    /// Where each line's votes begin; one more at the end.
    starts: Vec<u32>,
    votes: Places,
}

impl Votes {
    /// Counts the votes of lines by their scores. An entry that many lines vote for gets less of each.
    fn count(scores: &[f32], entries: usize) -> Self {
        let mut sums = vec![0.0_f32; entries];
        let mut starts = vec![0];
        let mut votes = Places::new();
        for row in scores.chunks_exact(entries.max(1)) {
            for (entry, vote) in shares(row, VOTE) {
                sums[entry as usize] += vote;
                votes.push((entry, vote));
            }
            starts.push(votes.len() as u32);
        }
        let average = sums.iter().sum::<f32>() / entries.max(1) as f32;
        for (entry, vote) in &mut votes {
            *vote *= average / sums[*entry as usize].max(LEAST_SUM * average);
        }
        votes.shrink_to_fit();
        Self {
            entries,
            starts,
            votes,
        }
    }

    fn of(&self, line: u32) -> &[(u32, f32)] {
        let at = line as usize;
        let (start, end) = (self.starts.get(at), self.starts.get(at + 1));
        match (start, end) {
            (Some(start), Some(end)) => &self.votes[*start as usize..*end as usize],
            _ => &[],
        }
    }
}

/// The softmax of the best [`CHOSEN`] scores.
fn shares(scores: &[f32], sharpness: f32) -> Places {
    let mut best: Places = (0..).zip(scores.iter().copied()).collect();
    let by_score = |a: &(u32, f32), b: &(u32, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if best.len() > CHOSEN {
        best.select_nth_unstable_by(CHOSEN, by_score);
        best.truncate(CHOSEN);
    }
    best.sort_unstable_by(by_score);
    let top = best.first().map_or(0.0, |(_, score)| *score);
    let mut all = 0.0;
    for (_, score) in &mut best {
        *score = (sharpness * (*score - top)).exp();
        all += *score;
    }
    best.iter_mut().for_each(|(_, share)| *share /= all);
    best
}
