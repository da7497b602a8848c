//! `benchmark`: how fast the functions are, beside a floor, Node and Python, and whether the goals hold.

use std::io::stdout;
use std::process::ExitCode;

use bench::benchmark::{Arguments, run};
use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    bench::exit_code(run(Arguments::parse(), &mut stdout()).await)
}
