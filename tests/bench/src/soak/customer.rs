//! A customer, and the caller who escalates for them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use flows::{Answer, Chat, System, message, send};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use tokio::time::{sleep, timeout};

use super::agent;
use super::organisation::Organisation;
use super::plan::{Message, Plan};
use crate::tab::lock;

/// Whoever got no answer tries again after so long.
const AGAIN: Duration = Duration::from_secs(1);

/// A customer, and what they have learned.
pub(crate) struct Customer {
    system: Arc<System>,
    pub(crate) organisation: Organisation,
    /// The caller's id of the conversation, which nobody else has.
    pub(crate) name: String,
    learned: Mutex<Learned>,
}

/// What a customer and the caller know.
#[derive(Clone, Debug, Default)]
pub(crate) struct Learned {
    /// The escalations that they were told of: one, or something is wrong.
    pub(crate) ids: HashSet<String>,
    pub(crate) token: String,
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
    /// An answer was lost, or has not come yet: it may have been accepted.
    pub(crate) is_unsure: bool,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Accepted,
    Refused,
    /// It may have been accepted before it was refused.
    Unsure,
}

impl Customer {
    pub(crate) fn new(system: &Arc<System>, organisation: Organisation, name: String) -> Arc<Self> {
        Arc::new(Self { system: Arc::clone(system), organisation, name, learned: Mutex::default() })
    }

    pub(crate) fn learned(&self) -> MutexGuard<'_, Learned> {
        lock(&self.learned)
    }

    /// The chat of the escalation, once it is accepted.
    pub(crate) fn chat(&self) -> Option<Chat<'_>> {
        let learned = self.learned();
        learned.ids.iter().next().map(|id| self.system.chat(id, &learned.token))
    }

    /// Does all that is planned.
    pub(crate) async fn act(&self, plan: &Plan) {
        let repeats = plan.repeats.iter().map(async |pause| {
            sleep(*pause).await;
            self.escalate(plan).await;
        });
        let lives = async {
            self.escalate(plan).await;
            let Some(chat) = self.chat() else { return };
            let attended = agent::attend(&self.system, self.organisation.id, &chat.id, &plan.actions);
            tokio::join!(
                attended,
                self.write(&chat, &plan.messages),
                self.follow(&chat, plan),
                self.leave(&chat, plan)
            );
        };
        tokio::join!(lives, join_all(repeats));
    }

    /// Until it is answered.
    async fn escalate(&self, plan: &Plan) {
        let body = json!({
            "conversation": { "id": self.name, "subject": "The export fails", "messages": [message("m1", "It stops at 80 percent.")] },
            "customer": { "name": "Ada Lovelace", "email": "ada@example.com", "properties": { "plan": "enterprise" } },
            "reason": "unresolved",
        });
        let path = format!("/v1/organisations/{}/escalations", self.organisation.id);
        loop {
            let mut request = self.system.request(Method::POST, &path).json(&body);
            if plan.has_key {
                request = request.header("idempotency-key", format!("key of {}", self.name));
            }
            if plan.prefers_to_wait {
                request = request.header("prefer", "wait=5");
            }
            match send(request).await {
                Ok(answer) if answer.status.is_success() => return self.learn(&answer),
                Ok(answer) if answer.status.is_client_error() => return self.is_surprised("escalates", &answer),
                Ok(_) | Err(_) => sleep(AGAIN).await,
            }
        }
    }

    fn learn(&self, answer: &Answer) {
        let text = |name: &str| answer.body[name].as_str().unwrap_or_default().to_owned();
        let mut learned = self.learned();
        learned.ids.insert(text("escalationId"));
        learned.token = text("conversationToken");
    }

    fn is_surprised(&self, by: &str, answer: &Answer) {
        let surprise = format!("{by}: {} {}", answer.status, answer.body);
        self.learned().surprises.push(surprise);
    }

    async fn write(&self, chat: &Chat<'_>, messages: &[Message]) {
        for (number, message) in (1..).zip(messages) {
            sleep(message.pause).await;
            let id = format!("{}-m{number}", self.name);
            let sent = Sent { id: id.clone(), is_file: message.is_file, is_accepted: false, is_unsure: true };
            self.learned().sent.push(sent);
            let says = || self.say(chat, &id, message.is_file);
            let fates = join_all((0..=u8::from(message.is_repeated)).map(|_| says())).await;
            if let Some(sent) = self.learned().sent.last_mut() {
                sent.is_accepted = fates.contains(&Fate::Accepted);
                sent.is_unsure = fates.contains(&Fate::Unsure);
            }
        }
    }

    /// Until it is accepted or refused.
    async fn say(&self, chat: &Chat<'_>, id: &str, is_file: bool) -> Fate {
        let mut was_lost = false;
        loop {
            let answer = if is_file {
                chat.send_file(id, (&format!("{id}.txt"), "text/plain"), format!("file of {id}").into_bytes()).await
            } else {
                chat.say(id, &format!("text of {id}.")).await
            };
            match answer {
                Ok(answer) if answer.status == 202 => return Fate::Accepted,
                Ok(answer) if answer.status == 409 => return if was_lost { Fate::Unsure } else { Fate::Refused },
                Ok(answer) if answer.status.is_client_error() && answer.status != 429 => {
                    self.is_surprised("writes", &answer);
                    return Fate::Unsure;
                }
                Ok(_) | Err(_) => was_lost = true,
            }
            sleep(AGAIN).await;
        }
    }

    /// Follows the conversation for some time, as a page does: it reconnects, and gets nothing twice.
    async fn follow(&self, chat: &Chat<'_>, plan: &Plan) {
        let Some(lasts) = plan.follows else { return };
        let mut seen = Vec::new();
        let following = async {
            let mut last_id = None;
            loop {
                if let Ok(mut connection) = chat.connect(last_id.as_deref()).await {
                    while let Ok(Some(event)) = connection.next().await {
                        last_id = event.id.clone().or(last_id);
                        seen.extend(event.id);
                    }
                }
                sleep(AGAIN).await;
            }
        };
        let _lasts_until_then: Result<(), _> = timeout(lasts, following).await;
        let distinct: HashSet<_> = seen.iter().collect();
        if distinct.len() < seen.len() {
            self.learned().surprises.push(format!("gets an event twice: {seen:?}"));
        }
    }

    /// Until that is answered.
    async fn leave(&self, chat: &Chat<'_>, plan: &Plan) {
        let Some(pause) = plan.leaves else { return };
        sleep(pause).await;
        loop {
            match chat.end().await {
                Ok(answer) if answer.status == 204 || answer.status == 409 => return,
                Ok(answer) if answer.status.is_client_error() => return self.is_surprised("leaves", &answer),
                Ok(_) | Err(_) => sleep(AGAIN).await,
            }
        }
    }
}
