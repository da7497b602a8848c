//! The relay under load: many customers at once, each with the processes that Lambda would start for them.
//!
//! First everything goes wrong: Salesforce doubles its events and breaks its streams, customers' connections are cut, and processes
//! of the relay are killed. Whatever was said must arrive exactly once and in order all the same. Then nothing goes wrong, and the
//! delay of agents' messages is measured beside an event stream of Salesforce's own, read in this process for each conversation.

mod arguments;
mod calm;
mod chaos;
mod customer;
mod delay;
mod direct;
mod faults;
mod mark;
mod run;
mod tab;

pub use arguments::Arguments;
pub use run::run;
