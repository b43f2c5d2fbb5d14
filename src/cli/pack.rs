//! `turvabot pack`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::content::bilingual;
use super::{Common, print_json};
use crate::domain::Localized;
use crate::packs::export::{Wanted, gather};
use crate::packs::file::{self, inert};
use crate::packs::import::{self, How, Imported};
use crate::packs::keys::{PublicKey, SecretKey};
use crate::packs::{self, Conflict, Take};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make the key that signs your packs, and print its public half to give away
    Key {
        /// File for the secret key; keep it, every later version needs the same one
        #[arg(long)]
        out: PathBuf,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Put answers into a signed file, with the topics, authorities and matters they refer to
    Export(Box<Export>),
    /// Check a pack's signature and tell what is in it, without importing anything
    Verify {
        /// The pack
        file: PathBuf,
        /// The public key that must have signed it
        #[arg(long)]
        key: Option<PublicKey>,
        /// Answer in JSON
        #[arg(long)]
        json: bool,
    },
    /// Take in the answers of a pack, or a new version of one; your own answers stay on top
    Import(Import),
    /// Which packs are here, and who wrote them
    List {
        #[command(flatten)]
        common: Common,
    },
    /// Remove a pack with its answers; what they replaced is said again
    Remove {
        /// The pack's id
        id: String,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, Args)]
pub(super) struct Export {
    /// The pack's id: lower-case words joined by hyphens, the same for every version
    #[arg(long)]
    id: String,
    /// The version, a whole number that goes up
    #[arg(long)]
    version: u32,
    /// What the pack is called, in Finnish
    #[arg(long)]
    title_fi: String,
    /// What the pack is called, in Swedish
    #[arg(long)]
    title_sv: String,
    /// Who wrote it, in Finnish; residents see this. Without it, the municipality's name
    #[arg(long, requires = "origin_sv")]
    origin_fi: Option<String>,
    /// Who wrote it, in Swedish
    #[arg(long, requires = "origin_fi")]
    origin_sv: Option<String>,
    /// A topic of which all answers go in; give it once per topic
    #[arg(long = "topic", required_unless_present = "entries")]
    topics: Vec<String>,
    /// The id of an answer that goes in; give it once per answer
    #[arg(long = "entry")]
    entries: Vec<String>,
    /// Also tell who deals with the matters of these answers, with telephone numbers
    #[arg(long)]
    register: bool,
    /// The file of the secret key; see `turvabot pack key`
    #[arg(long)]
    key: PathBuf,
    /// The file to write
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, Args)]
pub(super) struct Import {
    /// The pack
    file: PathBuf,
    /// The public key of the pack's origin, which you got by another way than the file; needed the
    /// first time
    #[arg(long)]
    trust: Option<PublicKey>,
    /// What stays where the pack says something else than is there. What you chose for an earlier
    /// version holds; import the same version again to choose anew
    #[arg(long)]
    take: Option<Stays>,
    /// Only tell what would happen
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: Common,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Stays {
    /// What is there
    Ours,
    /// What the pack says
    Theirs,
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Key { out, json } => key(&out, json),
        Command::Export(export) => self::export(*export).await,
        Command::Verify { file, key, json } => verify(&file, key, json),
        Command::Import(import) => self::import(import).await,
        Command::List { common } => list(&common).await,
        Command::Remove { id, common } => remove(&id, &common).await,
    }
}

fn key(out: &Path, json: bool) -> anyhow::Result<()> {
    let secret = SecretKey::generate()?;
    secret.write(out)?;
    let public = secret.public();
    let (key, fingerprint) = (public.to_string(), public.fingerprint());
    if json {
        return print_json(&json!({ "key": key, "fingerprint": fingerprint, "file": out }));
    }
    println!("public key:  {key}\nfingerprint: {fingerprint}\n");
    println!(
        "Give the public key to those who import your packs by another way than the packs go."
    );
    println!(
        "{} is secret; keep a copy, as every later version needs it.",
        out.display()
    );
    Ok(())
}

async fn export(export: Export) -> anyhow::Result<()> {
    let secret = SecretKey::read(&export.key)?;
    let (app, db) = export.common.open().await?;
    let origin = match (export.origin_fi, export.origin_sv) {
        (None, None) => app.config.municipality.name.clone(),
        (fi, sv) => bilingual(fi, sv),
    };
    let wanted = Wanted {
        id: export.id,
        version: export.version,
        title: bilingual(Some(export.title_fi), Some(export.title_sv)),
        origin,
        topics: export.topics,
        entries: export.entries,
        register: export.register,
    };
    let pack = gather(&app, &db, wanted).await;
    db.close().await;
    let pack = pack?;
    let text = file::seal(&pack, &secret)?;
    write_new(&export.out, &text)?;
    let public = secret.public();
    if export.common.json {
        return print_json(&json!({
            "id": pack.id, "version": pack.version, "title": pack.title, "origin": pack.origin,
            "entries": pack.entries(), "files": pack.files.keys().collect::<Vec<_>>(),
            "key": public.to_string(), "fingerprint": public.fingerprint(), "file": export.out,
        }));
    }
    println!("{} holds {}", export.out.display(), counted(pack.entries()));
    println!(
        "public key:  {public}\nfingerprint: {}",
        public.fingerprint()
    );
    Ok(())
}

/// Writes a file that isn't there yet: the name may be a slip, and the file there the secret key.
fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let place = path.display();
    let opened = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path);
    let mut file = opened.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            anyhow!("{place} is there already and stays as it is; name another file")
        }
        _ => anyhow!("{place}: cannot be written: {error}"),
    })?;
    file.write_all(text.as_bytes())
        .with_context(|| format!("{place}: cannot be written"))
}

fn verify(path: &Path, key: Option<PublicKey>, json: bool) -> anyhow::Result<()> {
    let opened = file::read(path)?;
    let (pack, public) = (&opened.pack, opened.key);
    if key.is_some_and(|key| key != public) {
        bail!(
            "{} is refused: it is not signed by the key of --key\n  key: {public}\n  fingerprint: {}",
            path.display(),
            public.fingerprint()
        );
    }
    if json {
        return print_json(&json!({
            "id": pack.id, "version": pack.version, "title": pack.title, "origin": pack.origin,
            "made_on": pack.made_on, "entries": pack.entries(),
            "files": pack.files.keys().collect::<Vec<_>>(),
            "key": public.to_string(), "fingerprint": public.fingerprint(),
        }));
    }
    println!("{} {}, {}", pack.id, pack.version, counted(pack.entries()));
    println!("title:       {}", both(&pack.title));
    println!("origin:      {}", both(&pack.origin));
    println!("made on:     {}", pack.made_on);
    println!(
        "key:         {public}\nfingerprint: {}",
        public.fingerprint()
    );
    match key {
        Some(_) => println!("Signed by the key you named, and unchanged since."),
        None => println!(
            "Unchanged since it was signed. Whose key it is only its origin can tell you, by another way."
        ),
    }
    Ok(())
}

async fn import(args: Import) -> anyhow::Result<()> {
    let opened = file::read(&args.file)?;
    let (app, db) = args.common.open().await?;
    let how = How {
        trust: args.trust,
        take: args.take.map(|stays| match stays {
            Stays::Ours => Take::Ours,
            Stays::Theirs => Take::Theirs,
        }),
        dry_run: args.dry_run,
    };
    let imported = import::import(&app, &db, &opened, how).await;
    db.close().await;
    let imported = imported?;
    if args.common.json {
        print_json(&imported)?;
    } else {
        tell(&imported);
    }
    if imported.open.is_empty() {
        return Ok(());
    }
    bail!(
        "pack {} is refused: it says {} otherwise than what is there; import it with --take ours to \
         keep that, or with --take theirs to have the pack's",
        imported.id,
        match imported.open.len() {
            1 => "one thing".to_owned(),
            several => format!("{several} things"),
        }
    )
}

/// Prints what an import did, or would do.
fn tell(imported: &Imported) {
    for (what, by) in &imported.same {
        println!("{what}: {by} says the same and stays");
    }
    for (conflicts, stays) in [
        (&imported.open, "which one stays is to be chosen"),
        (&imported.ours, "left out, what is there stays"),
        (&imported.theirs, "the pack's holds now"),
    ] {
        for conflict in conflicts {
            println!(
                "{}: differs from {}; {stays}",
                conflict.what, conflict.held_by
            );
            explain(conflict);
        }
    }
    for own in &imported.own {
        println!(
            "answer {}: your own answer stays; the pack now says",
            own.entry
        );
        for (part, pack, own) in &own.differences {
            println!(
                "  {part}\n    pack:  {}\n    yours: {}",
                inert(pack),
                inert(own)
            );
        }
    }
    let (id, version, entries) = (&imported.id, imported.version, counted(imported.entries));
    if imported.written {
        println!("pack {id} {version}: {entries}; a running server answers with them now.");
    } else if imported.open.is_empty() {
        println!("pack {id} {version}: {entries} would come in; nothing is written.");
    }
}

fn explain(conflict: &Conflict) {
    for (part, there, pack) in &conflict.differences {
        println!(
            "  {part}\n    there: {}\n    pack:  {}",
            inert(there),
            inert(pack)
        );
    }
}

async fn list(common: &Common) -> anyhow::Result<()> {
    let (_, db) = common.open().await?;
    let packs = packs::list(&db).await;
    db.close().await;
    let packs = packs?;
    if common.json {
        return print_json(&packs);
    }
    if packs.is_empty() {
        println!("No pack is here.");
    }
    for pack in packs {
        println!(
            "{} {}, {}, imported {}",
            pack.id,
            pack.version,
            counted(pack.entries),
            pack.imported_on
        );
        println!(
            "  title:  {}\n  origin: {}",
            both(&pack.title),
            both(&pack.origin)
        );
        println!("  key:    {}", pack.key);
    }
    Ok(())
}

async fn remove(id: &str, common: &Common) -> anyhow::Result<()> {
    let (app, db) = common.open().await?;
    let left_out = import::remove(&app, &db, id).await;
    db.close().await;
    let left_out = left_out?;
    if common.json {
        return print_json(&json!({ "removed": id, "import_again": left_out }));
    }
    println!("{id} is removed; a running server knows now.");
    for pack in left_out {
        println!("{pack} had left something out in its favour; import it again to have that.");
    }
    Ok(())
}

fn counted(entries: usize) -> String {
    if entries == 1 {
        "1 answer".to_owned()
    } else {
        format!("{entries} answers")
    }
}

/// A text in all its languages, on one line.
fn both(texts: &Localized) -> String {
    let texts: Vec<String> = texts.iter().map(|(_, text)| inert(text)).collect();
    texts.join(" / ")
}
