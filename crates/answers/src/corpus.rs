//! The corpus: what is said of matters of safety, and of others, beside the entries.
//!
//! A message is compared with the lines of the corpus too. Each line votes for the entries it is
//! most like, so that a message finds an entry through a line that says the same in other words.
//! Lines of the background vote for none: a message that is most like one of them is about
//! something that is no matter of the knowledge base.

use super::EntryText;
use super::collection::{Collection, LEGS, Leg, PerLeg, Planes, Query, Scores, Worded};
use super::thesaurus::Thesaurus;
use super::vocabulary::{Places, Vocabulary};
use super::weighing::Weighing;

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

/// The texts of a corpus in one language.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// First those that vote, then the background.
    texts: Vec<EntryText>,
    voting: usize,
}

impl Lines {
    /// Reads texts of one line each; those that begin with `#` are comments.
    pub(super) fn read(lines: &str, background: &str) -> Self {
        let read = |text: &str| -> Vec<EntryText> {
            let lines = text.lines().map(str::trim);
            lines
                .filter(|line| !line.starts_with('#'))
                .filter(|line| line.split_whitespace().count() >= LINE_WORDS)
                .map(|line| EntryText {
                    question: line.to_owned(),
                    ..EntryText::default()
                })
                .collect()
        };
        let mut texts = read(lines);
        let voting = texts.len();
        texts.extend(read(background));
        Self { texts, voting }
    }

    /// The words of all lines.
    pub(super) fn worded(&self, vocabulary: &mut Vocabulary) -> Vec<Worded> {
        let read = |text| Worded::read(text, vocabulary);
        self.texts.iter().map(read).collect()
    }
}

/// What the corpus has to say about a message.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// What each entry gets from the lines that are like the message.
    pub(super) hop: Vec<f32>,
    /// How like the message the best line of the background is.
    pub(super) background: f32,
}

/// The corpus of one language, indexed, with the votes of its lines.
#[derive(Debug)]
pub(super) struct Corpus {
    lines: Collection,
    voting: usize,
    weighing: Weighing,
    /// Which entries each voting line is for, and how much.
    votes: Vec<Places>,
    entries: usize,
}

impl Corpus {
    /// Indexes lines and lets them vote for the entries.
    pub(super) fn build(
        lines: &Lines,
        words: &[Worded],
        thesaurus: &Thesaurus,
        vocabulary: &Vocabulary,
        entries: (&Collection, &Weighing),
    ) -> Self {
        let texts: Vec<&EntryText> = lines.texts.iter().collect();
        let collection = Collection::build(&texts, words, thesaurus, vocabulary);
        let asked: Vec<(Query, Places)> = lines
            .texts
            .iter()
            .zip(words)
            .map(|(text, words)| words.asked(text, thesaurus))
            .collect();
        let (entries, weighing) = entries;
        let voters = &asked[..lines.voting];
        let planes = Planes::Fused(*weighing);
        let scores = entries.score_all(vocabulary, vocabulary.own(), voters, planes);
        Self {
            weighing: scale(&collection, vocabulary, asked),
            voting: lines.voting,
            votes: votes(&scores, lines.voting, entries.count),
            entries: entries.count,
            lines: collection,
        }
    }

    /// Whether there are lines that vote.
    pub(super) fn votes(&self) -> bool {
        self.voting > 0
    }

    /// What the lines like a message say of the entries.
    pub(super) fn hear(&self, query: &Query) -> Heard {
        let mut heard = Heard {
            hop: vec![0.0; self.entries],
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
        let background = scores.iter().skip(self.voting).copied();
        heard.background = background.fold(0.0, f32::max);
        for (line, share) in shares(&scores, CHOICE) {
            for (entry, vote) in self.votes.get(line as usize).into_iter().flatten() {
                heard.hop[*entry as usize] += share * vote;
            }
        }
        heard
    }
}

/// What lines are measured by: how far the best line is ahead when another line is asked.
fn scale(lines: &Collection, vocabulary: &Vocabulary, asked: Vec<(Query, Places)>) -> Weighing {
    let step = (asked.len() / SAMPLE).max(1);
    let sample: Vec<usize> = (0..asked.len()).step_by(step).collect();
    let asked = asked.into_iter().step_by(step).collect::<Vec<_>>();
    let scores = lines.score_all(vocabulary, vocabulary.len(), &asked, Planes::Each);
    let mut leads: PerLeg = [0.0; LEGS.len()];
    for (text, line) in sample.iter().enumerate() {
        for leg in LEGS.into_iter().filter(|leg| leg.works(vocabulary)) {
            let row = scores.row(leg, text);
            let mean = row.iter().sum::<f32>() / row.len().max(1) as f32;
            let others = row.iter().enumerate().filter(|(at, _)| at != line);
            let top = others.map(|(_, score)| *score).fold(mean, f32::max);
            let bound = scores.bounds[text][leg as usize];
            let lead = (top - mean).max(LEAST_LEAD * bound);
            leads[leg as usize] += lead / sample.len() as f32;
        }
    }
    Weighing::new(leads)
}

/// The votes of lines for entries. An entry that many lines vote for gets less of each.
fn votes(scores: &Scores, lines: usize, entries: usize) -> Vec<Places> {
    let mut sums = vec![0.0_f32; entries];
    let vote = |line: usize| {
        let votes = shares(scores.row(Leg::Soft, line), VOTE);
        for (entry, vote) in &votes {
            sums[*entry as usize] += vote;
        }
        votes
    };
    let mut votes: Vec<Places> = (0..lines).map(vote).collect();
    let average = sums.iter().sum::<f32>() / entries.max(1) as f32;
    for (entry, vote) in votes.iter_mut().flatten() {
        *vote *= average / sums[*entry as usize].max(LEAST_SUM * average);
    }
    votes
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
