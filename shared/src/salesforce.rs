//! The client of a company's Salesforce org: OAuth, the REST API and the Messaging API.
//!
//! Facts about Salesforce are from its REST API Developer Guide, unless a comment says otherwise.

mod action;
mod describe;
mod error;
mod host;
pub mod messaging;
mod oauth;
mod org;
mod rest;
mod transport;
mod usage;

pub use describe::{CaseDescription, FieldDescription, RecordTypeInfo};
pub use error::{LimitKind, Refusal, SalesforceError};
pub use host::{Host, InvalidHost};
pub use oauth::{Login, LoginError, Session};
pub use org::{CurrentSession, Org, OrgError};
pub use rest::{Salesforce, Subrequest, soql_literal};
pub use transport::{Transport, TransportError};

/// The REST API's version: Spring '26, which every org has had since February 2026.
pub const API_VERSION: &str = "v66.0";
