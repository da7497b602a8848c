//! Whole flows over real HTTP with the real binaries.
//!
//! [`System`] is the whole system in one test: its own local AWS, the functions' processes and a simulated org. [`Gate`] stands
//! between a function and an outside service, counts the calls and makes them fail. Time passes only when a test says so:
//! [`System::pass_time`] moves the functions' clocks and the simulator's, and [`System::settle`] waits for what runs.
//!
//! Every answer must be as `infra/openapi.json` describes it, and so must every event of a conversation.
//!
//! A test fails if anything that it sent, or an agent said, or a key or a token is in a function's log or in an error: see [`System`].

mod answer;
mod chat;
mod contract;
mod flips;
mod gate;
mod lines;
mod live;
mod logs;
mod request;
mod sample;
mod secrecy;
mod story;
mod system;
mod table;
mod watched;

pub use answer::{Answer, send};
pub use chat::{Chat, ChatEvent, Connection};
pub use flips::{FLIPS, Flip};
pub use gate::{Cut, Gate, Steps};
pub use live::{details, events};
pub use request::Request;
pub use sample::{conversation, long_conversation, message, settings, with};
pub use story::{Story, survives_every_kill};
pub use system::{FUNCTIONS, Organisation, System};
pub use watched::Watched;
