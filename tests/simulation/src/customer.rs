//! A customer with their chat, and the caller who escalates for them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambda_http::Body;
use lambda_http::http::Method;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::chat::{Chat, Follow};
use crate::courier::request;
use crate::function::{Function, PLATFORM_KEY};
use crate::lambda::Reply;
use crate::plan::{Customer as Plan, Message};
use crate::realm::Realm;

/// A caller that got no answer waits so long.
const AGAIN: Duration = Duration::from_secs(2);
/// A caller gives up after so long: later than anybody answers.
const PATIENCE: Duration = Duration::from_secs(35);

/// A customer, and what they have learned so far.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) realm: Arc<Realm>,
    pub(crate) plan: Plan,
    learned: Mutex<Learned>,
    pub(crate) chat: Chat,
}

/// What a customer and the caller know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned {
    /// Ids that escalating was answered with.
    pub(crate) escalations: Vec<String>,
    pub(crate) token: Option<String>,
    /// What was sent, in order.
    pub(crate) sent: Vec<Sent>,
    /// Answers that should not be.
    pub(crate) surprises: Vec<String>,
}

/// A message, and what it was answered with.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) is_file: bool,
    /// 202: it is in our hands.
    pub(crate) is_accepted: bool,
    /// An answer was lost, and then it was refused: it may have been accepted.
    pub(crate) is_unsure: bool,
}

impl Customer {
    pub(crate) fn new(realm: &Arc<Realm>, plan: Plan) -> Arc<Self> {
        let chat = Chat::new(realm, &plan.name);
        Arc::new(Self { realm: Arc::clone(realm), plan, learned: Mutex::default(), chat })
    }

    pub(crate) fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does all that is planned.
    pub(crate) async fn act(self: Arc<Self>) {
        let repeats = self.plan.escalates.iter().skip(1).copied().map(|at| {
            let customer = Arc::clone(&self);
            tokio::spawn(async move {
                sleep(at).await;
                customer.escalate("repeats the escalation").await;
            })
        });
        let repeats: Vec<_> = repeats.collect();
        sleep(self.plan.escalates.first().copied().unwrap_or_default()).await;
        self.escalate("escalates").await;
        let messages = tokio::spawn(Arc::clone(&self).write());
        let connections = tokio::spawn(Arc::clone(&self).connect());
        self.leave().await;
        for task in repeats.into_iter().chain([messages, connections]) {
            drop(task.await);
        }
    }

    /// The escalation, for a certain number of tries or until it is answered.
    async fn escalate(&self, how: &str) {
        let name = &self.plan.name;
        if how != "escalates" && !self.realm.dice.is_kept(&format!("plan: {name} {how}")) {
            return;
        }
        let body = json!({
            "conversation": { "id": name, "subject": "Export", "messages": [
                { "id": "m1", "role": "customer", "text": "It fails.", "sentAt": "2026-11-20T09:14:03Z" } ] },
            "customer": { "id": name, "name": "Ada", "email": "ada@example.com", "properties": { "plan": "pro" } },
            "reason": "unresolved",
        });
        let path = format!("/v1/organisations/{}/escalations", self.plan.organisation);
        loop {
            let mut headers =
                vec![("authorization", format!("Bearer {PLATFORM_KEY}")), ("idempotency-key", name.clone())];
            if self.plan.prefers_to_wait {
                headers.push(("prefer", "wait=5".into()));
            }
            let reply = self.send(Function::Intake, Method::POST, &path, &headers, body.to_string().into()).await;
            let status = reply.as_ref().map(|reply| reply.status);
            self.realm.history.event(name, || format!("{how}: {status:?}"));
            match reply {
                Some(reply) if matches!(reply.status, 200..=202) => return self.learn(&reply),
                None | Some(Reply { status: 500.., .. }) => sleep(AGAIN).await,
                Some(reply) => return self.is_surprised(&format!("{how}: {}", reply.status)),
            }
        }
    }

    fn learn(&self, reply: &Reply) {
        let text = |name: &str| reply.body[name].as_str().map(str::to_owned);
        let mut learned = self.learned();
        learned.escalations.extend(text("escalationId"));
        learned.token = text("conversationToken");
    }

    fn is_surprised(&self, by: &str) {
        self.learned().surprises.push(by.to_owned());
    }

    async fn write(self: Arc<Self>) {
        let mut repeats = Vec::new();
        for message in &self.plan.messages {
            sleep(message.pause).await;
            if !self.realm.dice.is_kept(&format!("plan: {} writes {}", self.plan.name, message.id)) {
                continue;
            }
            self.learned().sent.push(Sent {
                id: message.id.clone(),
                is_file: message.is_file,
                is_accepted: false,
                is_unsure: false,
            });
            self.say(message, "writes").await;
            if let Some(pause) = message.repeat {
                let (customer, message) = (Arc::clone(&self), message.clone());
                repeats.push(tokio::spawn(async move {
                    sleep(pause).await;
                    customer.say(&message, "repeats").await;
                }));
            }
        }
        for repeat in repeats {
            drop(repeat.await);
        }
    }

    /// Until it is accepted or refused.
    async fn say(&self, message: &Message, how: &str) {
        let id = &message.id;
        let mut was_lost = false;
        loop {
            let reply = self.post(message).await;
            let status = reply.as_ref().map(|reply| reply.status);
            self.realm.history.event(&self.plan.name, || format!("{how} {id}: {status:?}"));
            match status {
                Some(202) => return self.answered(id, true, false),
                Some(409) => return self.answered(id, false, was_lost),
                Some(429 | 500..) | None => was_lost = true,
                Some(status) => return self.is_surprised(&format!("{how} {id}: {status}")),
            }
            sleep(AGAIN).await;
        }
    }

    fn answered(&self, id: &str, is_accepted: bool, is_unsure: bool) {
        if let Some(sent) = self.learned().sent.iter_mut().find(|sent| sent.id == id) {
            sent.is_accepted |= is_accepted;
            sent.is_unsure |= is_unsure;
        }
    }

    async fn post(&self, message: &Message) -> Option<Reply> {
        let id = &message.id;
        if message.is_file {
            let body = format!(
                "--b\r\ncontent-disposition: form-data; name=\"id\"\r\n\r\n{id}\r\n--b\r\ncontent-disposition: form-data; \
                 name=\"file\"; filename=\"{id}.txt\"\r\ncontent-type: text/plain\r\n\r\nfile of {id}\r\n--b--\r\n"
            );
            let headers = [("content-type", "multipart/form-data; boundary=b".to_owned())];
            return self.relay(Method::POST, "files", &headers, body.into()).await;
        }
        let body = json!({ "id": id, "text": format!("text of {id}.") });
        self.relay(Method::POST, "messages", &[], body.to_string().into()).await
    }

    /// Comes and goes.
    async fn connect(self: Arc<Self>) {
        for (number, (pause, lasts)) in self.plan.connections.iter().enumerate() {
            sleep(*pause).await;
            if self.realm.dice.is_kept(&format!("plan: {} connects {number}", self.plan.name)) {
                let follow = Follow { longest: *lasts, is_fresh: false };
                self.follow(&self.chat, follow).await;
            }
        }
    }

    /// Follows the conversation until it ends, or for some time.
    pub(crate) async fn follow(&self, chat: &Chat, follow: Follow) {
        let mut headers = vec![];
        if let Some(last) = chat.last_id().filter(|_| !follow.is_fresh) {
            headers.push(("last-event-id", last));
        }
        let reply = self.relay(Method::GET, "events", &headers, Body::Empty).await;
        match reply {
            Some(Reply { status: 200, events: Some(events), .. }) => chat.read(events, follow.longest).await,
            Some(Reply { status: 204, .. }) => chat.is_over(),
            _ => {}
        }
    }

    async fn leave(&self) {
        let Some(pause) = self.plan.leaves else { return };
        sleep(pause).await;
        if !self.realm.dice.is_kept(&format!("plan: {} leaves", self.plan.name)) {
            return;
        }
        self.end().await;
    }

    /// Until that is answered.
    pub(crate) async fn end(&self) {
        loop {
            let reply = self.relay(Method::POST, "end", &[], Body::Empty).await;
            let status = reply.map(|reply| reply.status);
            self.realm.history.event(&self.plan.name, || format!("leaves: {status:?}"));
            match status {
                Some(204 | 409) => return,
                Some(500..) | None => sleep(AGAIN).await,
                Some(status) => return self.is_surprised(&format!("leaves: {status}")),
            }
        }
    }

    async fn relay(&self, method: Method, path: &str, headers: &[(&'static str, String)], body: Body) -> Option<Reply> {
        let (id, token) = {
            let learned = self.learned();
            (learned.escalations.first().cloned()?, learned.token.clone()?)
        };
        let mut headers = headers.to_vec();
        headers.push(("authorization", format!("Bearer {token}")));
        self.send(Function::Relay, method, &format!("/v1/conversations/{id}/{path}"), &headers, body).await
    }

    async fn send(
        &self,
        function: Function,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: Body,
    ) -> Option<Reply> {
        let request = request(method, path, headers, body);
        let sent = self.realm.carry(&self.plan.name, self.realm.rates.network, function, request);
        timeout(PATIENCE, sent).await.ok().flatten()
    }
}
