//! What the command is told.

use clap::Parser;

/// Proves with the real binaries that no escalation is lost and none doubled, whatever is killed and whatever fails.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "soak")]
pub struct Arguments {
    /// Minutes in which everything goes wrong
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..))]
    pub minutes: u64,
    /// Escalations a second
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// Of all random choices
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
