//! What understanding a message costs: `cargo bench --bench answers [-- --quick] [-- --json]`.
//!
//! Retrieval over the shipped content and over a knowledge base of synthetic entries, beside the
//! least there could be (BM25 over plain words); language identification and triage. One thread,
//! nothing else running in the process.

mod rig;

use std::collections::{BTreeMap, HashMap};
use std::hint::black_box;
use std::time::Instant;

use turvabot::answers::{Answers, Entry, EntryText};
use turvabot::content::{Content, Source};
use turvabot::domain::{Lang, QuietHours};
use turvabot::knowledge::{Identity, Knowledge, Understanding};
use turvabot::locale::Locales;

use rig::machine;
use rig::table::{self, Goal, Row, Sample};

/// Repetitions of everything.
const TIMES: usize = 3;

/// Entries of the synthetic knowledge base, each in both languages.
const SYNTHETIC: usize = 500;

/// A message with the language its writer is answered in.
type Message = (Lang, String);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| args.iter().any(|arg| arg == flag);
    if !has("--bench") {
        return println!("Run it with `cargo bench --bench answers`.");
    }
    let rounds = if has("--quick") { 3 } else { 30 };
    let locales = Locales::embedded().expect("the built-in languages");
    let content = Content::load(Source::Embedded, &locales.langs()).expect("the built-in content");
    let messages = messages();
    let shipped = entries(&content);
    let synthetic = synthetic(&shipped);
    let mut rows = Vec::new();
    let mut memory = Row::new(
        format!("memory for {SYNTHETIC} entries in two languages, MB"),
        1,
        Goal::AtMost(30.0),
    );
    let before = machine::held_mb(std::process::id());
    let understanding =
        Understanding::build(&content, &locales, &[]).expect("the built-in understanding");
    let held = Answers::build(
        &understanding.lexicon,
        &synthetic,
        &understanding.thresholds,
    );
    let after = machine::held_mb(std::process::id());
    black_box(&held);
    memory
        .samples
        .push((after.unwrap_or(f64::NAN) - before.unwrap_or(f64::NAN)).into());
    rows.push(memory);
    drop(held);
    for (name, entries, goals) in [
        ("shipped", &shipped, [Goal::Shown, Goal::Shown]),
        (
            "synthetic",
            &synthetic,
            [Goal::AtMost(1_000.0), Goal::AtMost(5_000.0)],
        ),
    ] {
        let name = format!("{} {name} entries", entries.len());
        let case = Case {
            name,
            entries,
            goals,
        };
        retrieval(&case, &understanding, &messages, rounds, &mut rows);
    }
    let knowledge = knowledge(&content, &locales);
    let identify = |(_, text): &Message| knowledge.language.identify(text);
    let assess = |(_, text): &Message| knowledge.triage.assess(text);
    each(
        ("language identification", Goal::Shown),
        &messages,
        rounds,
        identify,
        &mut rows,
    );
    each(
        ("triage", Goal::Shown),
        &messages,
        rounds,
        assess,
        &mut rows,
    );
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let machine = machine::describe(folder.path());
    let columns = ["measure", "result", "goal", "", ""];
    table::print(columns, &rows, &machine, has("--json"));
}

fn knowledge(content: &Content, locales: &Locales) -> Knowledge {
    let identity = Identity {
        name: [
            (Lang::FI, "Espoo".to_owned()),
            (Lang::SV, "Esbo".to_owned()),
        ]
        .into_iter()
        .collect(),
        web_history_hours: 24,
        review_grace_days: 90,
        quiet_hours: QuietHours {
            from: 1320,
            to: 420,
        },
    };
    Knowledge::build(content, &[], locales, identity).expect("the built-in knowledge")
}

/// Real questions in both languages.
fn messages() -> Vec<Message> {
    include_str!("../tests/data/questions.tsv")
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('\t');
            let lang = parts.next()?.parse().ok()?;
            Some((lang, parts.nth(1)?.to_owned()))
        })
        .collect()
}

fn entries(content: &Content) -> Vec<Entry> {
    let text = |text: &turvabot::content::Text| EntryText {
        question: text.question.clone(),
        answer: text.answer.clone(),
        phrasings: text.phrasings.clone(),
    };
    let entry = |entry: &turvabot::content::Entry| Entry {
        id: entry.id.clone(),
        topic: entry.topic.clone(),
        texts: entry
            .texts
            .iter()
            .map(|(lang, one)| (lang, text(one)))
            .collect(),
    };
    content.entries.iter().map(entry).collect()
}

/// The shipped entries again and again, each copy with some of its words made into others, so that
/// the vocabulary grows with the entries as it does in a real knowledge base.
fn synthetic(shipped: &[Entry]) -> Vec<Entry> {
    let copies = shipped.iter().cycle().take(SYNTHETIC).enumerate();
    let entry = |(number, entry): (usize, &Entry)| {
        let other = |text: &str| {
            let words = text.split(' ').enumerate();
            let words = words.map(|(place, word)| match (place + number) % 3 {
                0 if number >= shipped.len() => format!("{word}{}", number % 7),
                _ => word.to_owned(),
            });
            words.collect::<Vec<_>>().join(" ")
        };
        let texts = entry.texts.iter().map(|(lang, text)| {
            let text = EntryText {
                question: other(&text.question),
                answer: other(&text.answer),
                phrasings: text.phrasings.iter().map(|text| other(text)).collect(),
            };
            (lang, text)
        });
        Entry {
            id: format!("{}-{number}", entry.id),
            topic: entry.topic.clone(),
            texts: texts.collect(),
        }
    };
    copies.map(entry).collect()
}

/// A knowledge base with its goals: milliseconds to build, microseconds for 99 % of questions.
struct Case<'e> {
    name: String,
    entries: &'e [Entry],
    goals: [Goal; 2],
}

fn retrieval(
    case: &Case<'_>,
    understanding: &Understanding,
    messages: &[Message],
    rounds: usize,
    rows: &mut Vec<Row>,
) {
    let Case {
        name,
        entries,
        goals: [built, within],
    } = case;
    let mut build = Row::new(format!("{name}: index built in, ms"), 1, *built);
    for _ in 0..TIMES {
        let start = Instant::now();
        black_box(Answers::build(
            &understanding.lexicon,
            entries,
            &understanding.thresholds,
        ));
        build
            .samples
            .push((start.elapsed().as_secs_f64() * 1000.0).into());
    }
    rows.push(build);
    let answers = Answers::build(&understanding.lexicon, entries, &understanding.thresholds);
    let ask = |(lang, text): &Message| answers.ask(*lang, text);
    let asked = each(
        (&format!("{name}: question"), *within),
        messages,
        rounds,
        ask,
        rows,
    );
    let plain = Plain::build(entries);
    let ask = |(lang, text): &Message| plain.ask(*lang, text);
    let least = each(
        (&format!("{name}: by plain words"), Goal::Shown),
        messages,
        rounds,
        ask,
        rows,
    );
    let mut ratio = Row::new(format!("{name}: question / plain words"), 1, Goal::Shown);
    ratio.samples.push((asked / least).into());
    rows.push(ratio);
}

/// Times each message by itself; adds the median and the 99th percentile, and returns the former.
fn each<T>(
    (name, within): (&str, Goal),
    messages: &[Message],
    rounds: usize,
    run: impl Fn(&Message) -> T,
    rows: &mut Vec<Row>,
) -> f64 {
    let mut median = Row::new(format!("{name}, µs"), 1, Goal::Shown);
    let mut slow = Row::new("  99 % within, µs", 1, within);
    for message in messages {
        black_box(run(message));
    }
    for _ in 0..TIMES {
        let mut times = Vec::with_capacity(messages.len() * rounds);
        for message in (0..rounds).flat_map(|_| messages) {
            let start = Instant::now();
            black_box(run(message));
            times.push(start.elapsed().as_secs_f64() * 1e6);
        }
        times.sort_unstable_by(f64::total_cmp);
        median.samples.push(times[times.len() / 2].into());
        slow.samples.push(times[times.len() * 99 / 100].into());
    }
    let of = |sample: &Sample| sample.value;
    let mut medians: Vec<f64> = median.samples.iter().map(of).collect();
    medians.sort_unstable_by(f64::total_cmp);
    rows.extend([median, slow]);
    medians[TIMES / 2]
}

/// BM25 over lower-case words, as short as it can be written.
struct Plain(BTreeMap<Lang, (usize, Postings)>);

/// Which entries have a word, and what it adds to their scores.
type Postings = HashMap<String, Vec<(usize, f32)>>;

impl Plain {
    fn build(entries: &[Entry]) -> Self {
        let mut languages = BTreeMap::new();
        for lang in [Lang::FI, Lang::SV] {
            let mut postings = Postings::new();
            let texts: Vec<_> = entries
                .iter()
                .filter_map(|entry| entry.texts.get(lang))
                .collect();
            let all = texts.len();
            for (number, text) in texts.into_iter().enumerate() {
                let mut counts = HashMap::<String, f32>::new();
                let phrasings = text.phrasings.iter();
                for part in phrasings.chain([&text.question, &text.answer]) {
                    words(part).for_each(|word| *counts.entry(word).or_default() += 1.0);
                }
                for (word, count) in counts {
                    let impact = count * 2.2 / (count + 1.2);
                    postings.entry(word).or_default().push((number, impact));
                }
            }
            for found in postings.values_mut() {
                let idf = (all as f32 / found.len() as f32).ln();
                found.iter_mut().for_each(|(_, impact)| *impact *= idf);
            }
            languages.insert(lang, (all, postings));
        }
        Self(languages)
    }

    fn ask(&self, lang: Lang, text: &str) -> Option<usize> {
        let (all, postings) = self.0.get(&lang)?;
        let mut scores = vec![0.0_f32; *all];
        for word in words(text) {
            for (number, impact) in postings.get(&word).into_iter().flatten() {
                scores[*number] += impact;
            }
        }
        (0..*all).max_by(|a, b| scores[*a].total_cmp(&scores[*b]))
    }
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}
