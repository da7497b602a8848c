//! The system on one machine: local AWS, the functions' real binaries and a simulated Salesforce.
//!
//! `Stack::start` makes one; several can run in one process. The names of tables, secrets, functions and routes come from
//! `infra/template.yaml`.

mod api_gateway;
mod body;
mod build;
mod chat_page;
mod command;
mod demo;
mod dynamodb;
mod iam;
mod identifiers;
mod lambda;
mod reference;
mod schedule;
mod secrets_manager;
mod server;
mod stack;
mod template;

pub use api_gateway::{INTEGRATION_TIMEOUT, MAXIMUM_REQUEST_BYTES};
pub use build::{build_binaries, build_folder, build_functions};
pub use command::{Arguments, run};
pub use iam::{Permission, PermissionRecord};
pub use lambda::{
    Host, Invocation, InvocationType, InvokeError, MAXIMUM_EVENT_BYTES, MAXIMUM_PAYLOAD_BYTES, Outcome, Reply,
};
pub use server::Server;
pub use stack::{Options, PLATFORM_KEY, Stack, granted_permissions};
pub use template::TEMPLATE;
