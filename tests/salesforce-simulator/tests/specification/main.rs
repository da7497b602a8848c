//! What a client of Salesforce may rely on, over real HTTP.

mod case;
mod client;
mod composite;
mod connection;
mod control;
mod external_id;
mod faults;
mod files;
mod oauth;
mod query;
