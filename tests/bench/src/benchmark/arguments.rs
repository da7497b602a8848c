//! What the command is told.

use clap::{Parser, ValueEnum};

/// Measures the functions as they are deployed, beside what people would use instead, on the same machine and in the same run.
#[derive(Clone, Debug, Parser)]
#[command(name = "benchmark")]
pub struct Arguments {
    /// How often each thing is measured
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Only these parts
    #[arg(long, value_name = "PARTS", value_delimiter = ',')]
    pub only: Vec<Part>,
    /// Profile in which the functions are built
    #[arg(long, default_value = "release")]
    pub profile: String,
    /// Escalations of the large table, in which 100 are due
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(200..))]
    pub stored: u32,
    /// Customers whose conversations are open while the relay's delay is measured
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub customers: u32,
    /// Seconds in which the relay's delay is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub seconds: u64,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// From a process's start to its first answer
    Start,
    /// Peak memory, with bodies of several sizes
    Memory,
    /// Time and CPU time of one more escalation
    Warm,
    /// Requests to Salesforce and DynamoDB
    Requests,
    /// CPU time by the length of the conversation
    Growth,
    /// Recovery by the number of stored escalations
    Recovery,
    /// Artefacts, zipped
    Size,
    /// The relay's delay
    Relay,
}

impl Arguments {
    /// Whether a part is wanted.
    pub(super) fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}
