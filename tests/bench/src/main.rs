//! `relay`: how long the relay takes, and that it loses, doubles and reorders nothing.

use std::io::stdout;
use std::process::ExitCode;

use bench::{Arguments, run};
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    bench::exit_code(run(Arguments::parse(), &mut stdout()).await)
}
