//! `turvabot kb run`, `eval` and `calibrate`: the retrieval by itself, over files.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use clap::Args;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{print_json, refuse};
use crate::answers::measure::{self, Aim, Done, Figures, Judged, Labelled};
use crate::answers::{self, Answers, Encode, Entry, EntryText};
use crate::content::{Content, Source};
use crate::domain::Lang;
use crate::knowledge::{self, Understanding};
use crate::locale::Locales;
use crate::transformer;

/// Entries listed for a query at most.
const RANKED: usize = 10;

#[derive(Debug, Args)]
pub(super) struct Run {
    /// The whole knowledge base: lines of {"id","lang","topic","question","answer"}
    #[arg(long)]
    kb: PathBuf,
    /// What is asked: lines of {"id","lang","text"}; lang may be left out
    #[arg(long)]
    queries: PathBuf,
    /// Where the results go, a line for each query
    #[arg(long)]
    out: PathBuf,
    /// Folder of a model: find answers by meaning, too
    #[arg(long, value_name = "DIR")]
    model_dir: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Eval {
    /// Questions whose answers are known: lines of {"lang","kind","entry","text"}; entry is null
    /// where none answers, "split" may be set
    #[arg(long)]
    queries: PathBuf,
    /// Entries besides the shipped ones, as for `kb run`
    #[arg(long)]
    kb: Option<PathBuf>,
    /// Leave the shipped entries out
    #[arg(long, requires = "kb")]
    only: bool,
    /// Take question and answer only, as if nobody had written other phrasings
    #[arg(long)]
    bare: bool,
    /// Only questions of this split
    #[arg(long)]
    split: Option<String>,
    /// Folder of a model: find answers by meaning, too
    #[arg(long, value_name = "DIR")]
    model_dir: Option<PathBuf>,
    /// List the questions that are not answered by the right entry, and those answered or offered
    /// something though none answers them
    #[arg(long)]
    misses: bool,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Calibrate {
    #[command(flatten)]
    eval: Eval,
    /// Where the thresholds go, to be reviewed and kept as content/thresholds.toml
    #[arg(long)]
    out: PathBuf,
    /// Least share of direct answers that are right, percent
    #[arg(long, default_value_t = 90.0)]
    precision: f32,
    /// Most questions outside the knowledge base that are answered directly, percent
    #[arg(long, default_value_t = 5.0)]
    outside_answered: f32,
    /// Most questions outside the knowledge base that are shown anything, percent
    #[arg(long, default_value_t = 25.0)]
    outside_shown: f32,
}

/// One line of a knowledge base.
#[derive(Deserialize)]
struct BareEntry {
    id: String,
    lang: Lang,
    #[serde(default)]
    topic: String,
    question: String,
    answer: String,
}

#[derive(Deserialize)]
struct Query {
    id: String,
    lang: Option<Lang>,
    text: String,
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    lang_detected: Option<Lang>,
    outcome: Done,
    confidence: f32,
    emergency: f32,
    emergency_flag: bool,
    ranked: Vec<Ranked>,
    micros: u64,
}

#[derive(Serialize)]
struct Ranked {
    id: String,
    score: f32,
}

/// The lines of a file, or all its faults.
fn lines<T: DeserializeOwned>(path: &Path) -> anyhow::Result<Vec<T>> {
    let place = path.display();
    let file = File::open(path).map_err(|error| anyhow!("{place}: cannot be read: {error}"))?;
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line.map_err(|error| anyhow!("{place}:{number}: {error}"))?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&line) {
            Ok(one) => found.push(one),
            Err(error) => faults.push(format!("{place}:{number}: {error}")),
        }
    }
    refuse(faults)?;
    Ok(found)
}

/// Entries of a file; the lines of one id are one entry.
fn bare(path: &Path) -> anyhow::Result<Vec<Entry>> {
    let mut entries = std::collections::BTreeMap::<String, Entry>::new();
    for line in lines::<BareEntry>(path)? {
        let entry = entries.entry(line.id.clone()).or_insert_with(|| Entry {
            id: line.id,
            topic: line.topic,
            texts: Default::default(),
        });
        let text = EntryText {
            question: line.question,
            answer: line.answer,
            phrasings: Vec::new(),
        };
        entry.texts.insert(line.lang, text);
    }
    Ok(entries.into_values().collect())
}

pub(super) fn shipped() -> anyhow::Result<(Content, Locales)> {
    let locales = Locales::embedded()?;
    let content = Content::load(Source::Embedded, &locales.langs())?;
    Ok((content, locales))
}

/// The index over entries; with the folder of a model, by meaning too.
fn index(
    understanding: &Understanding,
    entries: &[Entry],
    model_dir: Option<&Path>,
) -> anyhow::Result<Answers> {
    let Some(dir) = model_dir else {
        return Ok(understanding.answers(entries, None));
    };
    let transformer = super::transformer(dir)?;
    super::encode(&transformer, &answers::encoded(entries));
    let encoder = Arc::clone(&transformer) as Arc<dyn Encode>;
    let answers = understanding.answers(entries, Some(&encoder));
    let legs = transformer::legs(&answers, Some(&transformer));
    eprintln!("answers: {legs}");
    Ok(answers)
}

pub(super) fn run(run: &Run) -> anyhow::Result<()> {
    let (content, locales) = shipped()?;
    let entries = bare(&run.kb)?;
    let understanding = Understanding::build(&content, &locales, &entries)?;
    let answers = index(&understanding, &entries, run.model_dir.as_deref())?;
    let Understanding {
        language, triage, ..
    } = understanding;
    let place = run.out.display();
    let file = File::create(&run.out).with_context(|| format!("{place}: cannot be written"))?;
    let mut out = BufWriter::new(file);
    let default = locales.langs().first().copied().unwrap_or(Lang::FI);
    for query in lines::<Query>(&run.queries)? {
        let begun = Instant::now();
        let detected = language.identify(&query.text).lang;
        let lang = query.lang.or(detected).unwrap_or(default);
        let found = answers.look(lang, &query.text);
        let outcome = answers.outcome(&found).done();
        let assessment = triage.assess(&query.text);
        let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        let ranked = found.ranked.iter().take(RANKED).map(|one| Ranked {
            id: one.id.clone(),
            score: one.score,
        });
        let line = Line {
            id: &query.id,
            lang_detected: detected,
            outcome,
            confidence: answers.confidence(found.evidence),
            emergency: assessment.chance,
            emergency_flag: assessment.emergency,
            ranked: ranked.collect(),
            micros,
        };
        serde_json::to_writer(&mut out, &line)?;
        writeln!(out)?;
    }
    out.flush()
        .with_context(|| format!("{place}: cannot be written"))
}

/// The labelled questions, judged, and how long each took, microseconds, ascending.
type Measured = (Vec<(Labelled, Judged)>, Vec<u128>);

fn judge(eval: &Eval) -> anyhow::Result<Measured> {
    let (content, locales) = shipped()?;
    let mut entries = match eval.only {
        true => Vec::new(),
        false => knowledge::sources(&content),
    };
    if eval.bare {
        for entry in &mut entries {
            for text in entry.texts.values_mut() {
                text.phrasings.clear();
            }
        }
    }
    if let Some(kb) = &eval.kb {
        entries.extend(bare(kb)?);
    }
    let understanding = Understanding::build(&content, &locales, &entries)?;
    let answers = index(&understanding, &entries, eval.model_dir.as_deref())?;
    let mut questions: Vec<Labelled> = lines(&eval.queries)?;
    questions.retain(|one| eval.split.is_none() || one.split == eval.split);
    let strange = questions.iter().filter_map(|one| {
        let id = one.entry.as_ref()?;
        let known = entries.iter().any(|entry| entry.id == *id);
        (!known).then(|| format!("no entry \"{id}\", which should answer: {}", one.text))
    });
    refuse(strange.collect())?;
    let mut micros = Vec::with_capacity(questions.len());
    if eval.misses {
        misses(&answers, &questions);
    }
    let judged = questions.into_iter().map(|question| {
        let begun = Instant::now();
        let judged = measure::judge(&answers, &question);
        micros.push(begun.elapsed().as_micros());
        (question, judged)
    });
    let judged = judged.collect();
    micros.sort_unstable();
    Ok((judged, micros))
}

/// Prints each question that goes wrong: what was done, what was found first, what should have been.
fn misses(answers: &Answers, questions: &[Labelled]) {
    for question in questions {
        let found = answers.look(question.lang, &question.text);
        let done = answers.outcome(&found).done();
        let first = found.ranked.first().map_or("-", |best| best.id.as_str());
        let gold = question.entry.as_deref();
        let wrong = match gold {
            Some(gold) => first != gold,
            None => done != Done::Unknown,
        };
        if wrong {
            println!(
                "{}\t{}\t{done:?}\t{first}\t{}\t{}",
                question.lang,
                question.kind,
                gold.unwrap_or("-"),
                question.text
            );
        }
    }
}

#[derive(Serialize)]
struct Part {
    lang: Lang,
    kind: String,
    #[serde(flatten)]
    figures: Figures,
}

pub(super) fn eval(eval: &Eval) -> anyhow::Result<()> {
    let (judged, micros) = judge(eval)?;
    let parts = measure::by_kind(&judged).into_iter();
    let parts = parts.map(|((lang, kind), figures)| Part {
        lang,
        kind,
        figures,
    });
    let parts: Vec<Part> = parts.collect();
    let at = |share: usize| micros.get(micros.len() * share / 100).copied().unwrap_or(0);
    if eval.json {
        return print_json(&serde_json::json!({
            "parts": parts, "micros_median": at(50), "micros_p99": at(99),
        }));
    }
    println!(
        "{:<4} {:<14} {:>5} {:>6} {:>6} {:>6} | {:>8} {:>6} {:>8} {:>6} {:>7} | {:>8} {:>6} {:>6}",
        "lang",
        "kind",
        "n",
        "top-1",
        "rec@3",
        "MRR",
        "answered",
        "right",
        "offered",
        "holds",
        "unknown",
        "answered",
        "shown",
        "AUROC"
    );
    for Part {
        lang,
        kind,
        figures: f,
    } in &parts
    {
        println!(
            "{lang:<4} {kind:<14} {:>5} {:>6.1} {:>6.1} {:>6.3} | {:>8.1} {:>6.1} {:>8.1} {:>6.1} \
             {:>7.1} | {:>8.1} {:>6.1} {:>6.3}",
            f.questions,
            f.top1,
            f.recall3,
            f.mrr,
            f.answered,
            f.precision,
            f.offered,
            f.offers_right,
            f.unknown,
            f.outside_answered,
            f.outside_shown,
            f.auroc
        );
    }
    println!(
        "\nAll in percent but MRR and AUROC; behind the second line: questions that no entry \
         answers.\nTime per question: half within {} µs, 99 % within {} µs.",
        at(50),
        at(99)
    );
    Ok(())
}

pub(super) fn calibrate(calibrate: &Calibrate) -> anyhow::Result<()> {
    let (judged, _) = judge(&calibrate.eval)?;
    let aim = Aim {
        precision: calibrate.precision,
        outside_answered: calibrate.outside_answered,
        outside_shown: calibrate.outside_shown,
    };
    let thresholds = measure::calibrate(&judged, aim, NEAR);
    let judged: Vec<(Labelled, Judged)> = judged
        .into_iter()
        .map(|(question, judged)| {
            let judged = judged.again(&question, &thresholds);
            (question, judged)
        })
        .collect();
    let figures = measure::figures(judged.iter().map(|(question, judged)| (question, judged)));
    let record = format!(
        "# Where answering, offering and not knowing part. Written by `turvabot kb calibrate`.\n\
         # Measured on {} questions with an answer and {} without:\n\
         # answered directly {:.1} %, of these right {:.1} %; offered {:.1} %, holding the right one \
         {:.1} %;\n\
         # of those without an answer {:.1} % answered, {:.1} % shown anything; AUROC {:.3}.\n",
        figures.questions,
        figures.outside,
        figures.answered,
        figures.precision,
        figures.offered,
        figures.offers_right,
        figures.outside_answered,
        figures.outside_shown,
        figures.auroc
    );
    let text = format!("{record}{}", toml::to_string(&thresholds)?);
    std::fs::write(&calibrate.out, &text)
        .with_context(|| format!("{}: cannot be written", calibrate.out.display()))?;
    print!("{text}");
    Ok(())
}

/// Least score of an offered entry, as a share of the best score.
const NEAR: f32 = 0.5;
