//! The package's actions: **Fullview End Conversation**, which a flow does that routes to nobody, and **Fullview Test Callback**.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    handle::Handle,
    messaging::{
        conversation::EndedBy,
        scene::Scene,
        script::{FlowRefusal, RefusalOutcome},
    },
    org::{Org, Record, datetime},
};

/// The member of a Case that the org's flow made, which [`Handle::cases`] shows and the REST API doesn't.
pub const FLOW_CASE_MARK: &str = "MadeByFlow";

const PACKAGE_VERSION: &str = "1.0";
const NO_SETTINGS: &str = "The custom metadata type Fullview Settings has no record.";
const NO_REMOTE_SITE: &str = "Unauthorized endpoint, please check Setup->Security->Remote site settings.";
/// How long the package waits before it repeats a callback that was not taken.
const REPEATS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(10), Duration::from_mins(1)];

/// A Case as a callback names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CallbackCase {
    /// `500…`.
    pub id: String,
    /// `CaseNumber`, if the flow knows it.
    pub number: Option<String>,
}

/// A callback that the org has sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SentCallback {
    /// When it was sent, by the simulator's clock.
    pub at: DateTime<Utc>,
    /// What was sent.
    pub body: Value,
    /// Status of the answer; nothing if there was none.
    pub status: Option<u16>,
}

/// A callback that is still to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub(crate) due: DateTime<Utc>,
    /// The create waits for it.
    pub(crate) is_before_answer: bool,
    pub(crate) client_id: String,
    body: Value,
    attempts: usize,
}

/// A callback that no repeat can bring through.
#[derive(Clone, Debug)]
pub(crate) struct FailedCallback {
    pub(crate) id: String,
    pub(crate) at: DateTime<Utc>,
    pub(crate) is_test: bool,
    pub(crate) problem: String,
    pub(crate) status: Option<u16>,
}

/// The flow does not route the conversation.
pub(crate) fn refuse(scene: &mut Scene<'_>, refusal: &FlowRefusal) {
    let case = refusal.make_case.then(|| make_case(scene));
    let case = case.map(|case| CallbackCase { number: case.number.filter(|_| refusal.case_number), ..case });
    if refusal.outcome != RefusalOutcome::Silent {
        scene.routing_failure(&["The flow did not route the conversation".into()]);
    }
    if refusal.outcome == RefusalOutcome::SessionEnd {
        scene.end_session(EndedBy::System, true);
    }
    for (number, delay) in refusal.callback.iter().enumerate() {
        let callback = Callback {
            due: scene.now + Duration::from_millis(*delay),
            is_before_answer: refusal.before_create_answer && number == 0,
            ..Callback::new(scene, case.as_ref())
        };
        scene.org.messaging.outbox.push(callback);
    }
}

/// Makes a Case as the org's flow does, and links the session to it.
pub(crate) fn make_case(scene: &mut Scene<'_>) -> CallbackCase {
    let (now, session) = (datetime(scene.now), scene.conversation().session_id().to_owned());
    let org = &mut *scene.org;
    let (id, number) = (org.next_id("500"), org.next_case_number());
    let case: Record = [
        ("Id", json!(id)),
        ("CaseNumber", json!(number)),
        ("CreatedDate", json!(now)),
        ("LastModifiedDate", json!(now)),
        ("IsClosed", json!(false)),
        ("Origin", json!("Messaging")),
        ("OwnerId", json!(org.settings.run_as_user())),
        ("Priority", json!("Medium")),
        ("Status", json!("New")),
        ("Subject", json!(format!("Messaging session {session}"))),
        (FLOW_CASE_MARK, json!(true)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into_iter()
    .collect();
    org.records.cases.push(case.into());
    if let Some(session) = scene.conversation_mut().session_mut() {
        session.case_id = Some(id.clone());
    }
    CallbackCase { id, number: Some(number) }
}

impl Callback {
    /// The callback of a conversation, due now.
    pub(crate) fn new(scene: &Scene<'_>, case: Option<&CallbackCase>) -> Self {
        let conversation = scene.conversation();
        let body = json!({
            "conversationId": conversation.id,
            "messagingSessionId": conversation.session_id(),
            "caseId": case.map(|case| &case.id),
            "caseNumber": case.and_then(|case| case.number.as_ref()),
            "packageVersion": PACKAGE_VERSION,
        });
        let client_id = scene.org.settings.client_id.clone();
        Self { due: scene.now, is_before_answer: false, client_id, body, attempts: 0 }
    }

    /// What the action `FullviewTestCallback` sends.
    pub(crate) fn of_nonce(client_id: &str, nonce: &str, now: DateTime<Utc>) -> Self {
        let body = json!({ "nonce": nonce });
        Self { due: now, is_before_answer: false, client_id: client_id.into(), body, attempts: 0 }
    }

    /// Sends it, notes what came of it, and plans a repeat if it was not taken. The status of the answer.
    pub(crate) async fn send(self, handle: &Handle) -> Option<u16> {
        let org = handle.org(&self.client_id)?;
        let at = handle.now();
        let sent = match org.messaging.and_then(|messaging| messaging.callback) {
            None => Err(NO_SETTINGS),
            Some(_) if !org.package.remote_site => Err(NO_REMOTE_SITE),
            Some(settings) => {
                let outside = handle.outside();
                Ok(outside.post(settings, self.body.clone()).await)
            }
        };
        handle.change(|world| {
            let now = world.now();
            if let Some(org) = world.org_mut(&self.client_id) {
                match sent {
                    Ok(status) => org.note(self, at, status, now),
                    Err(problem) => org.note_failure(&self, problem, None, now),
                }
            }
        });
        sent.ok().flatten()
    }
}

impl Org {
    fn note(&mut self, callback: Callback, at: DateTime<Utc>, status: Option<u16>, now: DateTime<Utc>) {
        self.messaging.sent.push(SentCallback { at, body: callback.body.clone(), status });
        if let Some(status) = status.filter(|status| (400..500).contains(status)) {
            self.note_failure(&callback, &format!("Fullview answered {status}."), Some(status), now);
        }
        let is_taken = status.is_some_and(|status| status < 500);
        if let Some(delay) = REPEATS.get(callback.attempts).filter(|_| !is_taken) {
            let attempts = callback.attempts + 1;
            let repeat = Callback { due: now + *delay, is_before_answer: false, attempts, ..callback };
            self.messaging.outbox.push(repeat);
        }
    }

    fn note_failure(&mut self, callback: &Callback, problem: &str, status: Option<u16>, at: DateTime<Utc>) {
        let is_test = callback.body.get("nonce").is_some();
        let failed = FailedCallback { id: self.next_id("a00"), at, is_test, problem: problem.into(), status };
        self.messaging.failed.push(failed);
    }
}
