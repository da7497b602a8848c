//! `usage`: what one escalation asks of AWS and of Salesforce, as the JSON from which `infra/cost` computes prices.

use std::io::stdout;
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    bench::exit_code(bench::usage::run(&mut stdout()).await.map(|()| true))
}
