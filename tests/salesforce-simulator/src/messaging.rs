//! Messaging for In-App and Web: the API for custom clients, and what agents and flows do on the other side.

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

use crate::{exchange::Exchange, fault::Route, messaging::uncertain::ErrorShape, reply::Reply, rest, world::World};

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
    let shape = error_shape(world, exchange);
    execute(world, exchange, now).unwrap_or_else(|error| error.reply(shape))
}

/// A refusal that a fault chose.
pub(crate) fn refuse(world: &World, exchange: &Exchange, status: StatusCode) -> Reply {
    MessagingError::of_status(status).reply(error_shape(world, exchange))
}

fn error_shape(world: &World, exchange: &Exchange) -> ErrorShape {
    let org = org_of(world, exchange).and_then(|client_id| world.org(&client_id));
    let settings = org.and_then(|org| org.settings.messaging.as_ref());
    settings.map_or(ErrorShape::Message, |settings| settings.uncertain.error_body)
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
