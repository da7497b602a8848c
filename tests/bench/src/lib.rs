//! The whole system under load, with the functions' real binaries.
//!
//! The relay: many customers at once, each with the processes that Lambda would start for them. First everything goes wrong:
//! Salesforce doubles its events and breaks its streams, customers' connections are cut, and processes of the relay are killed.
//! Whatever was said must arrive exactly once and in order all the same. Then nothing goes wrong, and the delay of agents' messages is
//! measured beside an event stream of Salesforce's own, read in this process for each conversation.
//!
//! [`benchmark`]: how fast the functions are, beside others. [`instructions`]: what their pure parts take.
//! [`soak`]: everything that an escalation can go through, for a long time. [`usage`]: what an escalation asks of AWS and Salesforce.

mod arguments;
pub mod benchmark;
mod calm;
mod chaos;
mod customer;
mod delay;
mod direct;
mod faults;
pub mod instructions;
mod mark;
mod run;
pub mod soak;
mod tab;
pub mod usage;

use std::io::{Write as _, stderr};
use std::process::ExitCode;

pub use arguments::Arguments;
pub use run::run;

/// What a command ends with: whether everything held, or why it could not be told, which is printed.
#[must_use]
pub fn exit_code(held: anyhow::Result<bool>) -> ExitCode {
    match held {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Without a standard error there is nobody to tell.
            drop(writeln!(stderr(), "error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
