//! What a client of Salesforce may rely on, over real HTTP.

mod case;
mod client;
mod composite;
mod connection;
mod console;
mod control;
mod external_id;
mod faults;
mod files;
mod guest;
mod messaging;
mod messaging_events;
mod messaging_flow;
mod messaging_messages;
mod oauth;
mod package;
mod query;
mod setup;
