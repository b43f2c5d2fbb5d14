//! `turvabot kb triage`: how well emergencies are told, over labelled messages.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use super::{measure, print_json, refuse};
use crate::answers::Assessment;
use crate::answers::flags::{Kind, Message, Rates, rates};
use crate::domain::Lang;
use crate::knowledge::{self, Understanding};

#[derive(Debug, Args)]
pub(super) struct Triage {
    /// Labelled messages of one language, named by it such as fi.tsv: lines of situation, 1 or 0,
    /// register and text with tabs between
    #[arg(long, required = true)]
    messages: Vec<PathBuf>,
    /// Only these situations: lines of language and situation with a tab between
    #[arg(long)]
    situations: Option<PathBuf>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

/// A message on which the judgement was wrong.
#[derive(Serialize)]
struct Wrong<'a> {
    situation: &'a str,
    register: &'a str,
    chance: f32,
    text: &'a str,
}

/// What became of the messages of one language.
#[derive(Serialize)]
struct Report<'a> {
    lang: Lang,
    #[serde(flatten)]
    rates: Rates,
    registers: BTreeMap<&'a str, Rates>,
    missed: Vec<Wrong<'a>>,
    ordinary_wrongly_flagged: Vec<Wrong<'a>>,
}

fn text(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path)
        .map_err(|error| anyhow!("{}: cannot be read: {error}", path.display()))
}

/// The messages of a file, or all its faults.
fn messages(path: &Path) -> anyhow::Result<Vec<Message>> {
    let place = path.display();
    let stem = path.file_stem().and_then(|stem| stem.to_str());
    let lang: Lang = stem
        .and_then(|stem| stem.parse().ok())
        .ok_or_else(|| anyhow!("{place}: name the file by its language, such as fi.tsv"))?;
    let text = text(path)?;
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match Message::read(lang, line) {
            Some(message) => found.push(message),
            None => faults.push(format!(
                "{place}:{number}: write situation, 1 or 0, register and text with tabs between"
            )),
        }
    }
    refuse(faults)?;
    Ok(found)
}

/// The messages asked for.
fn chosen(triage: &Triage) -> anyhow::Result<Vec<Message>> {
    let mut found = Vec::new();
    for path in &triage.messages {
        found.extend(messages(path)?);
    }
    if let Some(path) = &triage.situations {
        let lines = text(path)?;
        let wanted: std::collections::HashSet<&str> = lines.lines().collect();
        found.retain(|one| wanted.contains(format!("{}\t{}", one.lang, one.situation).as_str()));
    }
    if found.is_empty() {
        return Err(anyhow!("no message to measure"));
    }
    Ok(found)
}

fn report<'a>(lang: Lang, judged: &'a [(Message, Assessment)]) -> Report<'a> {
    let own = || judged.iter().filter(move |(one, _)| one.lang == lang);
    let wrong = |kind, flagged| {
        let wrong =
            own().filter(move |(one, found)| one.kind == kind && found.emergency == flagged);
        let wrong = wrong.map(|(one, found)| Wrong {
            situation: &one.situation,
            register: &one.register,
            chance: found.chance,
            text: &one.text,
        });
        wrong.collect()
    };
    let mut registers = BTreeMap::<&str, Vec<(&Message, Assessment)>>::new();
    for (one, found) in own() {
        registers
            .entry(&one.register)
            .or_default()
            .push((one, *found));
    }
    let registers = registers.into_iter();
    Report {
        lang,
        rates: rates(own().map(|(one, found)| (one, *found))),
        registers: registers
            .map(|(register, judged)| (register, rates(judged.into_iter())))
            .collect(),
        missed: wrong(Kind::Emergency, false),
        ordinary_wrongly_flagged: wrong(Kind::Ordinary, true),
    }
}

fn print(report: &Report<'_>) {
    let line = |name: &str, rates: &Rates| {
        println!(
            "{name:<14} {:>6} {:>7.1} | {:>6} {:>7.1} | {:>6} {:>7.1} | {:>6.3}",
            rates.emergencies,
            rates.recall,
            rates.look_alikes,
            rates.look_alikes_flagged,
            rates.ordinary,
            rates.ordinary_flagged,
            rates.auroc
        );
    };
    println!(
        "{:<14} {:>6} {:>7} | {:>6} {:>7} | {:>6} {:>7} | {:>6}",
        "", "emerg.", "flagged", "alike", "flagged", "ordin.", "flagged", "AUROC"
    );
    line(report.lang.as_str(), &report.rates);
    for (register, rates) in &report.registers {
        line(register, rates);
    }
    for (title, wrong) in [
        ("Missed emergencies", &report.missed),
        (
            "Ordinary questions flagged",
            &report.ordinary_wrongly_flagged,
        ),
    ] {
        println!("\n{title}:");
        for one in wrong {
            println!(
                "{:.3}  {} ({}): {}",
                one.chance, one.situation, one.register, one.text
            );
        }
    }
    println!();
}

pub(super) fn run(triage: &Triage) -> anyhow::Result<()> {
    let messages = chosen(triage)?;
    let (content, locales) = measure::shipped()?;
    let entries = knowledge::sources(&content);
    let understanding = Understanding::build(&content, &locales, &entries)?;
    let judged: Vec<(Message, Assessment)> = messages
        .into_iter()
        .map(|one| {
            let found = understanding.triage.assess(&one.text);
            (one, found)
        })
        .collect();
    let langs: std::collections::BTreeSet<Lang> = judged.iter().map(|(one, _)| one.lang).collect();
    let reports: Vec<_> = langs
        .into_iter()
        .map(|lang| report(lang, &judged))
        .collect();
    if triage.json {
        return print_json(&reports);
    }
    reports.iter().for_each(print);
    println!("Flagged in percent. AUROC: emergencies against look-alikes, by the model alone.");
    Ok(())
}
