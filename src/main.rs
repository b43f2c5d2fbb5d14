//! The program.

use std::process::ExitCode;

use clap::Parser as _;
use turvabot::cli::{self, Cli};

#[tokio::main]
async fn main() -> ExitCode {
    match cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Plain lines: every one names what is wrong, where, and what to do.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
