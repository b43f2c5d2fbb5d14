//! Looking at answers: `kb lint`, `stats`, `facts`, `due`.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use crate::authoring;
use crate::cli::{Common, print_json};
use crate::content::lint::{Finding, lint as findings_of};
use crate::content::{Content, Status};
use crate::packs::{self, file::inert};
use crate::prose::telephones;

#[derive(Debug, Args)]
pub(in crate::cli) struct Lint {
    /// Only these answers
    ids: Vec<String>,
    #[command(flatten)]
    common: Common,
}

/// Content with all its layers, or, without a database, as it is in the files.
async fn content(common: &Common) -> anyhow::Result<(crate::app::App, Content, Vec<String>)> {
    let (app, db) = common.open().await?;
    let (content, left_out) = app.layered_content(&db).await?;
    let mut faults: Vec<String> = left_out.iter().map(ToString::to_string).collect();
    for conflict in authoring::conflicts(&app, &db).await? {
        let mut lines = format!(
            "{}: your answer was written over another version of {}; read both, then import yours again",
            conflict.entry, conflict.below
        );
        for (part, below, own) in &conflict.differences {
            lines.push_str(&format!(
                "\n  {part}\n    {}: {below}\n    yours: {own}",
                conflict.below
            ));
        }
        faults.push(lines);
    }
    for (pack, conflict) in packs::conflicts(&app, &db).await? {
        let mut lines = format!(
            "pack {pack}: {} of {} has changed since; import the pack again with --take ours or --take theirs",
            conflict.what, conflict.held_by
        );
        for (part, there, of_pack) in &conflict.differences {
            let there = format!("{}: {}", conflict.held_by, inert(there));
            lines.push_str(&format!(
                "\n  {part}\n    {there}\n    pack: {}",
                inert(of_pack)
            ));
        }
        faults.push(lines);
    }
    db.close().await;
    Ok((app, content, faults))
}

/// Prints what to mend; fails if there is something.
pub(super) async fn lint(lint: &Lint) -> anyhow::Result<()> {
    let (app, content, faults) = content(&lint.common).await?;
    let mut findings = findings_of(&content, authoring::today(&app));
    if !lint.ids.is_empty() {
        findings.retain(|finding| lint.ids.contains(&finding.entry));
    }
    let (notes, mend): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(|finding| finding.note);
    if lint.common.json {
        print_json(&json!({ "faults": faults, "findings": mend, "notes": notes }))?;
    } else {
        for fault in &faults {
            println!("{fault}");
        }
        for finding in mend.iter().chain(&notes) {
            let lang = finding
                .lang
                .map_or(String::new(), |lang| format!(" [{lang}]"));
            println!(
                "{}{lang}: {}: {}",
                finding.entry, finding.rule, finding.what
            );
        }
        println!(
            "{} answers: {} to mend, {} to confirm",
            content.entries.len(),
            mend.len() + faults.len(),
            notes.len()
        );
    }
    if mend.is_empty() && faults.is_empty() {
        return Ok(());
    }
    anyhow::bail!("{} to mend", mend.len() + faults.len())
}

/// Prints how many answers there are.
pub(super) async fn stats(common: &Common) -> anyhow::Result<()> {
    #[derive(Default, serde::Serialize)]
    struct Topic {
        answers: usize,
        verify: usize,
        own: usize,
        from_packs: usize,
        phrasings: BTreeMap<crate::domain::Lang, usize>,
        words: BTreeMap<crate::domain::Lang, usize>,
    }
    let (_, content, _) = content(common).await?;
    let mut topics = BTreeMap::<&str, Topic>::new();
    for entry in &content.entries {
        let topic = topics.entry(&entry.topic).or_default();
        topic.answers += 1;
        topic.verify += usize::from(entry.status == Status::Verify);
        match entry.layer.as_deref() {
            None => {}
            Some(crate::content::LOCAL) => topic.own += 1,
            Some(_) => topic.from_packs += 1,
        }
        for (lang, text) in entry.texts.iter() {
            *topic.phrasings.entry(lang).or_default() += text.phrasings.len();
            *topic.words.entry(lang).or_default() += crate::prose::words(&text.answer).count();
        }
    }
    if common.json {
        return print_json(&topics);
    }
    let sum = |pick: fn(&Topic) -> usize| topics.values().map(pick).sum::<usize>();
    println!(
        "{:<22} {:>7} {:>8} {:>4} {:>6}",
        "topic", "answers", "confirm", "own", "packs"
    );
    for (id, topic) in &topics {
        let Topic {
            answers,
            verify,
            own,
            from_packs,
            ..
        } = topic;
        println!("{id:<22} {answers:>7} {verify:>8} {own:>4} {from_packs:>6}");
    }
    println!(
        "{:<22} {:>7} {:>8} {:>4} {:>6}",
        "all",
        sum(|topic| topic.answers),
        sum(|topic| topic.verify),
        sum(|topic| topic.own),
        sum(|topic| topic.from_packs)
    );
    Ok(())
}

/// Prints every number and address, for a person to compare with the source.
pub(super) async fn facts(common: &Common) -> anyhow::Result<()> {
    let (_, content, _) = content(common).await?;
    let mut facts = Vec::new();
    for entry in &content.entries {
        let mut telephone = Vec::new();
        let mut number = Vec::new();
        for (_, text) in entry.texts.iter() {
            telephone.extend(telephones(&text.answer));
            number.extend(
                crate::prose::figures(&text.answer)
                    .into_iter()
                    .map(str::to_owned),
            );
        }
        for list in [&mut telephone, &mut number] {
            list.sort();
            list.dedup();
        }
        // What is part of a telephone number is no number of its own.
        number.retain(|figure| {
            !telephone.iter().any(|phone| {
                phone
                    .split(' ')
                    .any(|part| part.trim_start_matches('+') == figure)
            })
        });
        facts.push(json!({
            "entry": entry.id, "source": entry.source.as_str(),
            "checked": entry.checked.to_string(),
            "confirmed": entry.status == Status::Verified,
            "telephones": telephone, "numbers": number,
        }));
    }
    let mut contacts = Vec::new();
    for duty in &content.register.duties {
        let web = duty.web.as_ref().map(|web| {
            web.iter()
                .map(|(lang, url)| (lang, url.to_string()))
                .collect::<BTreeMap<_, _>>()
        });
        contacts.push(json!({
            "matter": duty.matter, "municipality": duty.municipality, "phone": duty.phone,
            "web": web, "valid_until": duty.valid_until.to_string(),
        }));
    }
    let authorities: BTreeMap<_, _> = content
        .authorities
        .iter()
        .map(|(key, authority)| (key, authority.url.as_str()))
        .collect();
    if common.json {
        return print_json(&json!({
            "answers": facts, "register": contacts, "authorities": authorities,
        }));
    }
    let list = |value: &serde_json::Value| {
        let texts = value.as_array().into_iter().flatten();
        texts
            .filter_map(serde_json::Value::as_str)
            .collect::<Vec<_>>()
            .join(", ")
    };
    for fact in &facts {
        let mark = if fact["confirmed"] == true { " " } else { "?" };
        println!(
            "{mark} {:<26} {}",
            fact["entry"].as_str().unwrap_or(""),
            fact["source"].as_str().unwrap_or("")
        );
        for (name, key) in [("telephone", "telephones"), ("number", "numbers")] {
            let values = list(&fact[key]);
            if !values.is_empty() {
                println!("    {name}: {values}");
            }
        }
    }
    for contact in &contacts {
        println!(
            "  {:<26} {} {} (until {})",
            contact["matter"].as_str().unwrap_or(""),
            contact["phone"].as_str().unwrap_or("-"),
            contact["web"].as_object().map_or(String::new(), |web| {
                web.values()
                    .filter_map(serde_json::Value::as_str)
                    .collect::<Vec<_>>()
                    .join(" ")
            }),
            contact["valid_until"].as_str().unwrap_or("")
        );
    }
    for (key, url) in authorities {
        println!("  authority {key:<16} {url}");
    }
    Ok(())
}

/// Lists the answers whose review is due, those no longer given first, then by date.
pub(super) async fn due(common: &Common) -> anyhow::Result<()> {
    let (app, content, _) = content(common).await?;
    let knowledge = app.knowledge_of(&content)?;
    let now = app.clock.now();
    let today = app.locales.day(now);
    let mut due: Vec<_> = content
        .entries
        .iter()
        .map(|entry| (entry.review.to_string(), entry))
        .filter(|(review, _)| *review < today)
        .map(|(review, entry)| (knowledge.served(&entry.id, now).is_some(), review, entry))
        .collect();
    due.sort_by(|a, b| (a.0, &a.1, &a.2.id).cmp(&(b.0, &b.1, &b.2.id)));
    if common.json {
        let rows = due.iter().map(|(served, review, entry)| {
            json!({ "id": entry.id, "topic": entry.topic, "review": review, "served": served })
        });
        return print_json(&rows.collect::<Vec<_>>());
    }
    if due.is_empty() {
        println!("No answer is due for review.");
    }
    for (served, review, entry) in due {
        let state = if served { "given" } else { "NOT GIVEN" };
        println!("{review}  {state:<9}  {}/{}", entry.topic, entry.id);
    }
    Ok(())
}
