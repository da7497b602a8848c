//! `cargo local`: the whole system on one machine.

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;
use local::{Arguments, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse(), &mut std::io::stdout()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a standard error there is nobody to tell.
            drop(writeln!(std::io::stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
