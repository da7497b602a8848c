//! What the functions have in common: the escalation and its rules, and one client for each outside service.
//!
//! Rules are pure; clients are handed to the functions, so that whole histories can be played against other ones.

pub mod authentication;
pub mod business_hours;
pub mod callback_test;
pub mod case_fields;
pub mod clock;
pub mod conversation;
pub mod conversation_token;
pub mod digest;
pub mod environment;
pub mod escalation;
pub mod escalation_request;
pub mod hints;
pub mod http_api;
pub mod ids;
pub mod json_reader;
pub mod list_page;
pub mod logging;
pub mod lossy_json;
pub mod metrics;
pub mod problem;
pub mod retention;
pub mod routing_attributes;
pub mod routing_decision;
pub mod salesforce;
pub mod secrets;
pub mod settings;
pub mod store;
pub mod transcript;
pub mod utf16;
