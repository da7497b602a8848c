//! What the command is told.

use clap::Parser;

/// Proves that the relay loses, doubles and reorders nothing, and measures how much later than Salesforce's own event stream it is.
#[derive(Clone, Copy, Debug, Parser)]
#[command(name = "relay")]
pub struct Arguments {
    /// Customers at once, each with a conversation
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    pub customers: u32,
    /// Agents' messages a second, in all
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: u32,
    /// Seconds in which everything goes wrong
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub chaos: u64,
    /// Seconds in which the delay is measured
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub seconds: u64,
    /// Of all random choices
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}
