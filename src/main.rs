//! The program.

use std::process::ExitCode;

use clap::Parser as _;
use turvabot::cli::{self, Cli};

/// Ends quietly when whoever reads what is printed stops reading, as in `turvabot ask … | head`.
fn end_when_nobody_reads() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let what = info.payload_as_str().unwrap_or_default();
        if what.starts_with("failed printing to stdout") && what.contains("Broken pipe") {
            std::process::exit(0);
        }
        usual(info);
    }));
}

#[tokio::main]
async fn main() -> ExitCode {
    end_when_nobody_reads();
    match cli::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Plain lines: every one names what is wrong, where, and what to do.
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
