//! A Salesforce org for tests and the local stack: OAuth, the REST API, Messaging for In-App and Web, faults, and an agent
//! console, `/console/`, in which a person sees the Cases and talks with the customers.
//!
//! One simulator holds any number of orgs. The client id of a token request chooses the org, and so does the token of
//! every later call. [`DEMO_CLIENT_ID`] exists from the start. Where Salesforce's behaviour is documented, the simulator
//! does the same and is as strict; what it can't know, it refuses.
//!
//! Both hosts of an org are the simulator's: the REST API's and the Messaging API's (`my.salesforce-scrt.com`). An org of
//! [`OrgSettings::new`] has the deployment [`DEVELOPER_NAME`], which nobody answers until a [`Script`] or a test's hand
//! does. What is not documented about Messaging is a switch of [`Uncertain`].
//!
//! # Control API
//!
//! JSON over HTTP, without authentication; [`Handle`] does the same in the same process.
//!
//! | call | what |
//! |---|---|
//! | `GET /control/orgs` | every org's [`OrgSettings`] |
//! | `GET`, `PUT`, `PATCH /control/orgs/{clientId}` | one org's settings; `PATCH` replaces the members it names; both create and change keep records |
//! | `POST /control/orgs/{clientId}/expire-sessions` | end every session |
//! | `GET /control/orgs/{clientId}/counters` | [`Counters`] |
//! | `GET /control/orgs/{clientId}/cases` | Cases with their fields |
//! | `GET /control/orgs/{clientId}/files`, `…/files/{id}` | files with their fields; the bytes of one |
//! | `POST`, `DELETE /control/orgs/{clientId}/components` | what the Metadata API would: deploy or delete these [`Component`]s; 409 with the reason if one is in use |
//! | `GET /control/orgs/{clientId}/conversations`, `…/conversations/{id}` | [`Conversation`]s with their entries |
//! | `POST /control/orgs/{clientId}/conversations/{id}/actions` | let an [`Action`] happen: an agent joins, speaks, ends, …; 409 with the reason if it would do nothing |
//! | `POST /control/orgs/{clientId}/conversations/{id}/files?name=…` | let the agent send the body as a file |
//! | `GET /control/orgs/{clientId}/attachments/{id}` | the bytes of a file in a conversation |
//! | `POST /control/orgs/{clientId}/conversations/{id}/flow-case` | make a Case as the org's flow does: a [`CallbackCase`] |
//! | `POST /control/orgs/{clientId}/conversations/{id}/callback` | send the callback now, with a [`CallbackCase`] or `null`: `{"status": n}` |
//! | `GET /control/orgs/{clientId}/callbacks` | the [`SentCallback`]s |
//! | `PUT /control/orgs/{clientId}/script` | the [`Script`] of every conversation from now on |
//! | `POST /control/orgs/{clientId}/expire-tokens`, `…/break-streams` | end every guest's token; break every open event stream |
//! | `GET`, `POST`, `DELETE /control/faults` | the waiting [`Fault`]s; add one; forget all |
//! | `POST /control/release` | carry out the calls that `commitLate` holds |
//! | `GET`, `DELETE /control/requests` | the [`ReceivedRequest`]s, with bodies if `?bodies=true`; forget them |
//! | `PUT /control/clock` | `{"offsetSeconds": n}` |
//! | `GET /control/desk?org=…&conversation=…` | an event stream of all that the console shows, whenever that changes |
//!
//! A fault, for example a connection that breaks after the Case was made:
//! `{"route": "composite", "times": 1, "effect": {"kind": "dropConnection", "afterCommit": true}}`.
//!
//! A script, for example an agent who takes every conversation at once and leaves it after a minute of the simulator's clock:
//! `[{"action": {"kind": "agentJoins", "name": "Grace"}}, {"afterMs": 60000, "action": {"kind": "sessionEnds", "by": "agent"}}]`.

mod console;
mod control;
mod exchange;
mod fault;
mod field;
mod handle;
mod id;
mod messaging;
mod oauth;
mod org;
mod outside;
mod reply;
mod rest;
mod schema;
mod server;
mod settings;
mod setup;
mod soql;
mod world;

pub use exchange::ConnectionDropped;
pub use fault::{Effect, Fault, Route};
pub use field::{Field, FieldType};
pub use handle::{File, Handle};
pub use id::{normalise, salesforce_id};
pub use messaging::{
    callback::{CallbackCase, FLOW_CASE_MARK, SentCallback},
    conversation::{
        Acknowledgement, AcknowledgementType, Conversation, EndedBy, MessagingSession, RoutingStatus, SessionStatus,
    },
    entry::{Entry, EntryType, Role, Sender},
    handle::UnknownConversation,
    script::{Action, FlowRefusal, RefusalOutcome, Script, Step, WorkType},
    settings::{CallbackSettings, ChannelState, DEVELOPER_NAME, DeploymentType, MessagingOrg},
    uncertain::{AgentEnd, DuplicateCreate, ErrorShape, RepeatedMessage, Uncertain, WaitShown},
};
pub use oauth::TokenError;
pub use org::{Counters, Record};
pub use outside::Outside;
pub use schema::EXTERNAL_ID_FIELD;
pub use server::{Options, Simulator, router};
pub use settings::{
    Contact, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, ExternalIdField, FileUploads, Named, OrgSettings, Package, TestAction,
};
pub use setup::{Component, ComponentType};
pub use world::ReceivedRequest;
