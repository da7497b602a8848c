//! `instructions`: how many instructions the pure parts take, held against what was recorded.

use std::io::stdout;
use std::process::ExitCode;

use bench::instructions::{Arguments, run};
use clap::Parser as _;

fn main() -> ExitCode {
    bench::exit_code(run(&Arguments::parse(), &mut stdout()))
}
