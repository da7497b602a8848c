//! The fuzz targets, one a file.

#![expect(clippy::unwrap_used, reason = "what a target checks fails with a panic, in whichever function it is")]

mod business_hours;
mod callbacks;
mod chat_messages;
mod entries;
mod escalations;
mod event_stream;
mod headers;
mod hosts;
mod list_queries;
mod paths;
mod salesforce_answers;
mod settings_documents;
mod signals;
mod soql;
mod tokens;
mod uploads;
