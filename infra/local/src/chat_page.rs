//! `/chat/`: a company's page with the customer's chat on it, and the little backend that such a page has.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use salesforce_simulator::Simulator;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::demo::api::Api;
use crate::demo::organisation::{CHAT, CLOSED, Organisation, Salesforce};
use crate::identifiers::unique_id;

const PAGE: &str = include_str!("../chat/index.html");
const STYLES: &str = include_str!("../chat/page.css");
const SCRIPT: &str = include_str!("../chat/page.js");
/// How long the backend waits for the API.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of a question that are the conversation's subject.
const SUBJECT_CHARACTERS: usize = 80;

/// What the page's form sends.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ChatForm {
    name: String,
    question: String,
    language: String,
    organisation: OrganisationKind,
}

/// Which organisation's page it is.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum OrganisationKind {
    /// A person answers in the agent console.
    Open,
    /// It is out of hours.
    Closed,
}

/// The company's backend: what has the platform key.
struct Backend {
    api: Api,
    salesforce: Salesforce,
    page: Response<String>,
    made: Mutex<HashSet<&'static str>>,
}

/// The page's routes, for the stack whose API and simulator these are.
pub(crate) fn router(api_url: &str, simulator: &Simulator) -> anyhow::Result<Router> {
    let backend = Backend {
        api: Api::new(api_url, TIMEOUT)?,
        salesforce: Salesforce::of(simulator),
        page: page(simulator.url())?,
        made: Mutex::default(),
    };
    Ok(Router::new()
        .route("/chat", get(async || Redirect::permanent("/chat/")))
        .route("/chat/", get(async |State(backend): State<Arc<Backend>>| backend.page.clone()))
        .route("/chat/page.css", get(async || file("text/css; charset=utf-8", STYLES)))
        .route("/chat/page.js", get(async || file("text/javascript; charset=utf-8", SCRIPT)))
        .route("/chat/escalations", post(escalate))
        .with_state(Arc::new(backend)))
}

/// The page may load and do only what it must: a chat that needs more would not work on it.
fn page(simulator_url: &str) -> anyhow::Result<Response<String>> {
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src blob: data:; \
         frame-src {simulator_url}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let page = Response::builder()
        .header("content-type", "text/html; charset=utf-8")
        .header("content-security-policy", policy)
        .header("cache-control", "no-store");
    Ok(page.body(PAGE.replace("{console}", &format!("{simulator_url}/console/")))?)
}

fn file(content_type: &'static str, content: &'static str) -> impl IntoResponse {
    ([("content-type", content_type), ("cache-control", "no-store")], content)
}

/// `POST /chat/escalations`: what the page may know of the escalation, and whose it is.
async fn escalate(State(backend): State<Arc<Backend>>, Json(form): Json<ChatForm>) -> Response {
    match backend.escalate(&form).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, format!("{error:#}")).into_response(),
    }
}

impl Backend {
    async fn escalate(&self, form: &ChatForm) -> anyhow::Result<Value> {
        let organisation = match form.organisation {
            OrganisationKind::Open => &CHAT,
            OrganisationKind::Closed => &CLOSED,
        };
        let now = DateTime::<Utc>::from(SystemTime::now());
        self.set_up(organisation, now).await?;
        let accepted = self.api.accept(organisation.id, &form.escalation(now)).await?;
        Ok(json!({
            "escalationId": accepted["escalationId"],
            "conversationToken": accepted["conversationToken"],
            "organisationId": organisation.id,
        }))
    }

    /// Makes the organisation when it is needed for the first time.
    async fn set_up(&self, organisation: &'static Organisation, now: DateTime<Utc>) -> anyhow::Result<()> {
        let mut made = self.made.lock().await;
        if !made.contains(organisation.id) {
            organisation.set_up(&self.api, &self.salesforce, now).await?;
            made.insert(organisation.id);
        }
        Ok(())
    }
}

impl ChatForm {
    /// What the support AI's backend sends: it could not help.
    fn escalation(&self, now: DateTime<Utc>) -> Value {
        let message = |id, role, author: &str, text: &str| json!({ "id": id, "role": role, "author": author, "text": text, "sentAt": now });
        json!({
            "conversation": {
                "id": format!("chat-{}", unique_id()),
                "subject": self.question.chars().take(SUBJECT_CHARACTERS).collect::<String>(),
                "language": self.language,
                "messages": [
                    message("m1", "customer", &self.name, &self.question),
                    message("m2", "assistant", "Assistant", "I can't answer that. I am getting a person for you."),
                ],
            },
            "customer": { "name": self.name },
            "reason": "customerRequested",
            "summary": "The customer wants to talk to a person.",
        })
    }
}
