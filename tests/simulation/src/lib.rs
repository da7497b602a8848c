//! Deterministic simulation of the whole system.
//!
//! One seed is one history: who escalates, writes and leaves, what agents and flows do, and what goes wrong. The functions' real
//! handlers run in one thread and with a time of their own, against models of `DynamoDB`, Secrets Manager and Lambda, and the
//! Salesforce simulator. Then the trouble ends, time goes on until nothing is owed, and the invariants are checked.

mod admin;
mod aws;
mod chat;
mod clock;
mod courier;
mod customer;
mod dice;
mod dynamodb;
mod fate;
mod function;
mod history;
mod ids;
mod invariants;
mod lambda;
mod plan;
mod plant;
mod play;
mod rates;
mod realm;
mod salesforce;
mod sandbox;
mod secrets;
mod setting;
mod shrink;

pub use dice::Mask;
pub use history::Detail;
pub use invariants::{Violation, names as invariants};
pub use plant::Plant;
pub use play::{Options, Played, play, play_hundred_organisations};
pub use realm::Counts;
pub use shrink::shrink;
