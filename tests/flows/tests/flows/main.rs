//! Whole flows over real HTTP with the real binaries. One program, as linking each file by itself would cost minutes and gigabytes.

#![cfg(test)]

mod audit;
mod callback;
mod callback_table;
mod callback_test;
mod case;
mod chat;
mod connection_test;
mod data_life;
mod erasure;
mod escalations_tokens;
mod events;
mod faults;
mod intake;
mod isolation;
mod kills;
mod leaks;
mod logging;
mod messaging;
mod messaging_faults;
mod messaging_kills;
mod metrics;
mod organisations;
mod preview;
mod reading_ahead;
mod relay;
mod relay_faults;
mod relay_kills;
mod relay_requests;
mod relay_rules;
mod rescue;
mod secrecy;
mod settings;
mod settings_page;
mod watching;
