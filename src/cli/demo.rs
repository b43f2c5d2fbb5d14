//! `turvabot demo`.

use std::net::SocketAddr;
use std::path::PathBuf;

use super::content::parse;
use super::{notice, poll, refuse, serving};
use crate::app::{self, App, Origin};
use crate::notices;
use crate::polls;
use crate::store::settings;

/// Says that the samples are in the database.
const LOADED: &str = "demo-loaded";

pub(super) async fn run(listen: SocketAddr, data_dir: PathBuf) -> anyhow::Result<()> {
    let app = App::load(&Origin::Demo(data_dir.clone()), Some(listen))?;
    serving::log(&app.config.log);
    let listener = app::listen(listen).await?;
    let db = app.database().await?;
    load(&app, &db).await?;
    db.close().await;
    serving::until_stopped(app, listener, |served| {
        println!("Turvabot demo: {}", served.listen);
        println!();
        println!("  Web chat   http://{}/        (?lang=fi, ?lang=sv)", served.listen);
        println!("  Database   {}", data_dir.display());
        println!();
        println!("Try in the chat:  Miten testaan palovaroittimen?   tiedotteet   kyselyt   aiheet");
        println!("                  Hur testar jag brandvarnaren?    meddelanden  enkäter   ämnen");
        println!();
        println!("Subscribe to a topic there, then in a second terminal:");
        println!("  cargo run --release -- notice send --severity moderate \\");
        println!("    --title-fi \"Vesi poikki\" --text-fi \"Vesi on poikki kello 15 asti.\" \\");
        println!("    --title-sv \"Vattnet avstängt\" --text-sv \"Vattnet är avstängt till klockan 15.\"");
        println!("  cargo run --release -- poll open --question-fi \"Onko valoa?\" --question-sv \"Finns det ljus?\" \\");
        println!("    --option \"On|Ja\" --option \"Ei|Nej\"");
        println!();
        println!("Stop with Ctrl-C.");
    })
    .await
}

/// Puts the sample notice and poll into a new database, once.
async fn load(app: &App, db: &crate::store::Db) -> anyhow::Result<()> {
    if settings::find(&mut *db.read().await?, LOADED)
        .await?
        .is_some()
    {
        return Ok(());
    }
    let desk = app.desk(db).await?;
    let sending = app.sending(&desk, db);
    let mut tx = db.write().await?;
    if let Some(text) = app.sample("demo/notice.toml") {
        let draft = notice::draft(parse("content/demo/notice.toml", text)?)?;
        refuse(draft.faults(sending))?;
        notices::send(&mut tx, draft, sending).await?;
    }
    if let Some(text) = app.sample("demo/poll.toml") {
        let draft = poll::draft(parse("content/demo/poll.toml", text)?);
        refuse(draft.faults(sending))?;
        polls::open(&mut tx, draft, sending).await?;
    }
    settings::put(&mut tx, LOADED, "1").await?;
    tx.commit().await?;
    Ok(())
}
