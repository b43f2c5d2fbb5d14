//! `turvabot matrix`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::json;
use turvabot_matrix::{Account, Credentials, remote};

use super::print_json;
use crate::app::{App, Origin};
use crate::channels::matrix::settings;
use crate::config::{Matrix, Secret};
use crate::domain::ChannelKind;
use crate::store::notes;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Log in once; makes the account's recovery key, or takes over with it
    Login(Which),
    /// How the account stands; also while a server runs
    Status(Which),
    /// Sign the bot's device again with the recovery key and check it; stop the server first
    Verify(Which),
}

#[derive(Debug, Args)]
pub(super) struct Which {
    /// Settings; see config.example.toml
    #[arg(long)]
    config: PathBuf,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Which {
    fn open(&self) -> anyhow::Result<(App, Matrix)> {
        let app = App::load(&Origin::File(self.config.clone()), None)?;
        let matrix = app.config.matrix.clone();
        let matrix = matrix.context("the settings have no [matrix] section; write one first")?;
        Ok((app, matrix))
    }
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Login(which) => login(&which).await,
        Command::Status(which) => status(&which).await,
        Command::Verify(which) => verify(&which).await,
    }
}

/// What a login is made with; the password is asked for if no file holds it.
fn credentials(matrix: &Matrix) -> anyhow::Result<Credentials> {
    if let Some(token) = &matrix.access_token {
        return Ok(Credentials::Token {
            user: matrix.user.clone(),
            token: token.expose().trim().to_owned(),
        });
    }
    let password = match &matrix.password {
        Some(password) => password.expose().to_owned(),
        None => anyhow::bail!(
            "no password: write it into a file and name that in matrix.password_file; \
             the file may be removed after the login"
        ),
    };
    Ok(Credentials::Password {
        user: matrix.user.clone(),
        password,
    })
}

async fn login(which: &Which) -> anyhow::Result<()> {
    let (_, matrix) = which.open()?;
    let key = matrix.recovery_key.as_ref().map(Secret::expose);
    let credentials = credentials(&matrix)?;
    let logged_in = Account::login(&settings(&matrix), &credentials, key, "Turvabot").await?;
    if which.json {
        return print_json(&json!({
            "user": logged_in.user,
            "device": logged_in.device,
            "recovery_key": logged_in.recovery_key,
        }));
    }
    println!(
        "Logged in as {}, device {}.",
        logged_in.user, logged_in.device
    );
    match logged_in.recovery_key {
        Some(key) => {
            println!();
            println!("The recovery key of the account's encryption, shown this once:");
            println!();
            println!("  {key}");
            println!();
            println!("Put it into a file that only the bot can read, name that in");
            println!("matrix.recovery_key_file, and keep a copy elsewhere.");
        }
        None => println!("The account's encryption was taken over with the recovery key."),
    }
    println!("The server uses this session from now on; a running one finds it by itself.");
    Ok(())
}

async fn status(which: &Which) -> anyhow::Result<()> {
    let (app, matrix) = which.open()?;
    let remote = remote(&settings(&matrix)).await?;
    let db = app.database().await?;
    let mut conn = db.read().await?;
    let notes = notes::list(&mut conn, ChannelKind::Matrix).await?;
    drop(conn);
    db.close().await;
    let started = notes.iter().any(|(name, _)| name == "token");
    let sealed = notes
        .iter()
        .filter(|(name, _)| name.starts_with("sealed/"))
        .count();
    let good = remote
        .as_ref()
        .is_some_and(|remote| remote.session && remote.signed);
    if which.json {
        print_json(&json!({
            "user": matrix.user, "account": remote, "started": started, "unreadable": sealed,
        }))?;
    } else {
        println!("Account      {}", matrix.user);
        match &remote {
            None => println!("Session      none; run `turvabot matrix login`"),
            Some(remote) => {
                println!("Device       {}", remote.device);
                match &remote.trouble {
                    Some(trouble) => println!("Session      {trouble}"),
                    None => println!("Session      valid"),
                }
                let signed = match (remote.session, remote.signed) {
                    (true, true) => "signed by its owner",
                    (true, false) => "not signed; run `turvabot matrix verify`",
                    (false, _) => "unknown",
                };
                println!("Encryption   {signed}");
            }
        }
        println!(
            "Server       {}",
            if started {
                "has synced"
            } else {
                "has not synced yet"
            }
        );
        println!("Unreadable   {sealed} messages wait for their keys");
    }
    anyhow::ensure!(good, "the account is not ready");
    Ok(())
}

async fn verify(which: &Which) -> anyhow::Result<()> {
    let (_, matrix) = which.open()?;
    let account = Account::restore(&settings(&matrix)).await?;
    let key = matrix.recovery_key.as_ref();
    let key = key.context("no recovery key; name its file in matrix.recovery_key_file")?;
    account.recover(key.expose()).await?;
    let standing = account.standing().await?;
    if which.json {
        print_json(&json!({
            "user": account.me(), "device": account.device(),
            "signed": standing.signed, "recoverable": standing.recoverable,
        }))?;
    } else {
        let yes = |it: bool| if it { "yes" } else { "no" };
        println!("Account                    {}", account.me());
        println!("Device                     {}", account.device());
        println!("Signed by its owner        {}", yes(standing.signed));
        println!("Recovery key fits, backup  {}", yes(standing.recoverable));
    }
    anyhow::ensure!(standing.signed, "the device could not be signed");
    Ok(())
}
