//! Messaging for In-App and Web: the API for custom clients, and what agents and flows do on the other side.

mod agent;
mod call;
pub(crate) mod callback;
pub(crate) mod control;
pub(crate) mod conversation;
mod create;
pub(crate) mod driver;
pub(crate) mod entry;
mod error;
mod file;
pub(crate) mod handle;
mod operation;
mod play;
mod read;
pub(crate) mod record;
mod scene;
pub(crate) mod script;
mod send;
pub(crate) mod settings;
pub(crate) mod state;
pub(crate) mod stream;
mod token;
pub(crate) mod uncertain;

use axum::http::{Method, StatusCode};
use call::Call;
use chrono::{DateTime, Utc};
use error::MessagingError;
pub(crate) use operation::is_messaging;
use operation::{ConversationCall, Operation};

use scene::Scene;
use script::Action;
use uncertain::Uncertain;

use crate::{exchange::Exchange, fault::Route, reply::Reply, rest, world::World};

/// The call that a request makes.
pub(crate) fn route(exchange: &Exchange) -> Route {
    Operation::parse(&exchange.method, &exchange.path).map_or(Route::Other, |operation| operation.route())
}

/// Client id of the org that a request is for.
pub(crate) fn org_of(world: &World, exchange: &Exchange) -> Option<String> {
    let mut orgs = world.orgs.iter();
    let org = if let Some(token) = rest::bearer(&exchange.headers) {
        orgs.find(|org| org.messaging.tokens.contains_key(token))
    } else {
        let id = token::org_of(exchange)?;
        orgs.find(|org| org.settings.organization_id == id)
    };
    org.map(|org| org.settings.client_id.clone())
}

/// Answers a request.
pub(crate) fn answer(world: &mut World, exchange: &Exchange) -> Reply {
    let now = world.now();
    let uncertain = uncertain(world, exchange);
    execute(world, exchange, now).unwrap_or_else(|error| error.reply(uncertain))
}

/// A refusal that a fault chose.
pub(crate) fn refuse(world: &World, exchange: &Exchange, status: StatusCode) -> Reply {
    MessagingError::of_status(status).reply(uncertain(world, exchange))
}

/// Lets something happen to the conversation of a request.
pub(crate) fn play(world: &mut World, exchange: &Exchange, action: Action) {
    let now = world.now();
    let org = org_of(world, exchange).and_then(|client_id| world.org_mut(&client_id));
    let id = Operation::parse(&exchange.method, &exchange.path).ok().and_then(|call| call.conversation(&exchange.body));
    let Some((org, id)) = org.zip(id) else {
        return;
    };
    if let Some(position) = org.messaging.position(&id) {
        Scene { org, position, now }.play(action);
    }
}

fn uncertain(world: &World, exchange: &Exchange) -> Uncertain {
    let org = org_of(world, exchange).and_then(|client_id| world.org(&client_id));
    let settings = org.and_then(|org| org.settings.messaging.as_ref());
    settings.map(|settings| settings.uncertain).unwrap_or_default()
}

fn execute(world: &mut World, exchange: &Exchange, now: DateTime<Utc>) -> Result<Reply, MessagingError> {
    let operation = Operation::parse(&exchange.method, &exchange.path)?;
    if exchange.method != Method::POST && !exchange.body.is_empty() {
        return Err(MessagingError::bad_request("A body is not allowed"));
    }
    match operation {
        Operation::Token => token::grant(world, exchange, now),
        Operation::Attachment(id) => file::download(world, exchange, &id, now),
        Operation::EventStream => stream::subscribe(world, exchange, now),
        operation => {
            let mut call = Call::authorise(world, exchange, now)?;
            call.carry_out(&operation)
        }
    }
}

impl Call<'_> {
    fn carry_out(&mut self, operation: &Operation) -> Result<Reply, MessagingError> {
        match operation {
            Operation::Continuation => token::continuation(self),
            Operation::Create => create::create(self),
            Operation::List => read::list(self),
            Operation::On(id, call) => self.on_conversation(id, *call),
            Operation::Token | Operation::Attachment(_) | Operation::EventStream => Err(MessagingError::not_found()),
        }
    }

    fn on_conversation(&mut self, id: &str, call: ConversationCall) -> Result<Reply, MessagingError> {
        match call {
            ConversationCall::Read => read::routing_status(self, id),
            ConversationCall::Entries => read::entries(self, id),
            ConversationCall::Transcript => read::transcript(self, id),
            ConversationCall::Close => create::close(self, id),
            ConversationCall::EndSession => create::end_session(self, id),
            ConversationCall::Message => send::message(self, id),
            ConversationCall::File => file::send(self, id),
            ConversationCall::Typing => send::typing(self, id),
            ConversationCall::Acknowledge => send::acknowledge(self, id),
        }
    }
}
