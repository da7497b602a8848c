//! `relay`: how long the relay takes, and that it loses, doubles and reorders nothing.

use std::io::{Write as _, stderr, stdout};
use std::process::ExitCode;

use bench::{Arguments, run};
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse(), &mut stdout()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Without a standard error there is nobody to tell.
            drop(writeln!(stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
