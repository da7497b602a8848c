//! `soak`: thousands of escalations while everything goes wrong, none lost and none doubled.

use std::io::stdout;
use std::process::ExitCode;

use bench::soak::{Arguments, run};
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    bench::exit_code(run(Arguments::parse(), &mut stdout()).await)
}
