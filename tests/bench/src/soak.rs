//! The soak: escalations of several organisations, one after the other for a long time, while processes are killed and Salesforce fails.
//!
//! Then the trouble stops, and time goes on, minute by minute and faster than it really does, until everything has its outcome. And
//! then each escalation is judged: none may be lost and nothing may be there twice.

mod agent;
mod arguments;
mod customer;
mod evidence;
mod organisation;
mod plan;
mod report;
mod run;
mod settle;
mod trouble;
mod verdict;

pub use arguments::Arguments;
pub use run::run;
