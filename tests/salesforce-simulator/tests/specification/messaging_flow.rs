//! An Omni-Channel flow that refuses, its callback, the REST records and the control API.

use std::{net::Ipv4Addr, time::Duration};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use reqwest::Method;
use salesforce_simulator::{
    CallbackSettings, DEVELOPER_NAME, EXTERNAL_ID_FIELD, FLOW_CASE_MARK, FlowRefusal, Handle, RefusalOutcome, Script,
    SessionStatus,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::mpsc, time::timeout};

use crate::{
    client::{Answer, CLIENT_ID, CLIENT_SECRET, Result},
    guest::{CONVERSATION, Guest, id, on},
};

const PATIENCE: Duration = Duration::from_secs(10);

/// Our callback's endpoint, as the org sees it.
pub(crate) struct Endpoint {
    pub(crate) settings: CallbackSettings,
    received: mpsc::UnboundedReceiver<Received>,
}

#[derive(Debug)]
pub(crate) struct Received {
    organisation: String,
    authorization: String,
    pub(crate) body: Value,
}

type Receiver = (mpsc::UnboundedSender<Received>, StatusCode);

impl Endpoint {
    /// Listens, and answers every callback so.
    pub(crate) async fn start(status: StatusCode) -> Result<Self> {
        let (sender, received) = mpsc::unbounded_channel();
        let router =
            Router::new().route("/v1/callbacks/apex/{organisation}", post(receive)).with_state((sender, status));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let settings = CallbackSettings {
            endpoint,
            organisation_id: "acme".into(),
            escalations_token: "escalations-token".into(),
        };
        Ok(Self { settings, received })
    }

    pub(crate) async fn next(&mut self) -> Result<Received> {
        Ok(timeout(PATIENCE, self.received.recv()).await?.ok_or("the endpoint lives")?)
    }
}

async fn receive(
    State((sender, status)): State<Receiver>,
    Path(organisation): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> StatusCode {
    let authorization = headers["authorization"].to_str().unwrap_or_default().into();
    let _received = sender.send(Received { organisation, authorization, body });
    status
}

async fn refused(status: StatusCode, refusal: FlowRefusal) -> Result<(Guest, Endpoint)> {
    let endpoint = Endpoint::start(status).await?;
    let guest = Guest::with(|org| {
        org.callback = Some(endpoint.settings.clone());
        org.script = Script::flow_refuses(refusal);
    })
    .await?;
    guest.create().await?;
    Ok((guest, endpoint))
}

/// Statuses of the first callbacks, once there are so many.
async fn sent(handle: &Handle, number: usize) -> Result<Vec<Option<u16>>> {
    let sent = handle.wait_for(|handle| Some(handle.callbacks(CLIENT_ID)).filter(|sent| sent.len() >= number)).await?;
    Ok(sent.into_iter().take(number).map(|callback| callback.status).collect())
}

#[tokio::test]
async fn a_flow_that_refuses_makes_a_case_and_calls_back() -> Result {
    let (guest, mut endpoint) = refused(StatusCode::NO_CONTENT, FlowRefusal::default()).await?;
    let received = endpoint.next().await?;
    let case = &guest.handle().cases(CLIENT_ID)[0];
    assert_eq!((received.organisation.as_str(), received.authorization.as_str()), ("acme", "Bearer escalations-token"));
    let expected = json!({
        "conversationId": CONVERSATION,
        "messagingSessionId": guest.conversation()?.session_id(),
        "caseId": case["Id"],
        "caseNumber": case["CaseNumber"],
        "packageVersion": "1.0",
    });
    assert_eq!(received.body, expected);
    assert_eq!((&case[FLOW_CASE_MARK], case.get(EXTERNAL_ID_FIELD)), (&json!(true), None));
    assert_eq!(sent(guest.handle(), 1).await?, [Some(204)]);
    let failure = &guest.entries("?entryTypeFilter=RoutingResult").await?[0];
    assert_eq!(failure["entryPayload"]["failureType"], "RoutingError");
    assert_eq!(guest.conversation()?.session_status(), SessionStatus::Waiting);
    Ok(())
}

#[tokio::test]
async fn a_flow_may_make_no_case_or_not_know_its_number() -> Result {
    let silent = FlowRefusal { make_case: false, outcome: RefusalOutcome::Silent, ..FlowRefusal::default() };
    let (guest, mut endpoint) = refused(StatusCode::NO_CONTENT, silent).await?;
    let body = endpoint.next().await?.body;
    assert_eq!((&body["caseId"], &body["caseNumber"]), (&Value::Null, &Value::Null));
    assert_eq!(guest.handle().cases(CLIENT_ID).len() + guest.entries("?entryTypeFilter=RoutingResult").await?.len(), 0);

    let numberless = FlowRefusal { case_number: false, outcome: RefusalOutcome::SessionEnd, ..FlowRefusal::default() };
    let (guest, mut endpoint) = refused(StatusCode::NO_CONTENT, numberless).await?;
    let body = endpoint.next().await?.body;
    assert!(body["caseId"].is_string() && body["caseNumber"].is_null());
    assert_eq!(guest.conversation()?.session_status(), SessionStatus::Ended);
    Ok(())
}

#[tokio::test]
async fn callbacks_come_never_twice_or_late_by_the_simulators_clock() -> Result {
    let never = FlowRefusal { callback: Vec::new(), ..FlowRefusal::default() };
    let (guest, _endpoint) = refused(StatusCode::NO_CONTENT, never).await?;
    assert_eq!(guest.handle().cases(CLIENT_ID).len(), 1);

    let twice = FlowRefusal { callback: vec![0, 90_000], ..FlowRefusal::default() };
    let (guest, mut endpoint) = refused(StatusCode::NO_CONTENT, twice).await?;
    let first = endpoint.next().await?.body;
    guest.handle().set_clock_offset(91);
    assert_eq!(endpoint.next().await?.body, first);
    assert_eq!(sent(guest.handle(), 2).await?, [Some(204), Some(204)]);
    Ok(())
}

#[tokio::test]
async fn a_callback_may_come_before_the_creates_answer() -> Result {
    let early = FlowRefusal { before_create_answer: true, ..FlowRefusal::default() };
    let (guest, mut endpoint) = refused(StatusCode::NO_CONTENT, early).await?;
    assert!(endpoint.received.try_recv().is_ok());
    assert_eq!(guest.handle().callbacks(CLIENT_ID)[0].status, Some(204));
    Ok(())
}

#[tokio::test]
async fn a_callback_is_repeated_after_5xx_and_not_after_4xx() -> Result {
    let (guest, mut endpoint) = refused(StatusCode::SERVICE_UNAVAILABLE, FlowRefusal::default()).await?;
    for (number, offset) in [(1, 2), (2, 20), (3, 100), (4, 1_000)] {
        endpoint.next().await?;
        assert_eq!(sent(guest.handle(), number).await?, vec![Some(503); number]);
        guest.handle().set_clock_offset(offset);
    }
    guest.say(&id(1), "hello").await?;
    assert_eq!(guest.handle().callbacks(CLIENT_ID).len(), 4);

    let (guest, mut endpoint) = refused(StatusCode::UNAUTHORIZED, FlowRefusal::default()).await?;
    endpoint.next().await?;
    assert_eq!(sent(guest.handle(), 1).await?, [Some(401)]);
    guest.handle().set_clock_offset(1_000);
    guest.say(&id(1), "hello").await?;
    assert_eq!(guest.handle().callbacks(CLIENT_ID).len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_callback_can_be_sent_by_hand() -> Result {
    let endpoint = Endpoint::start(StatusCode::NO_CONTENT).await?;
    let guest = Guest::with(|org| org.callback = Some(endpoint.settings.clone())).await?;
    guest.create().await?;
    let case = guest.handle().make_flow_case(CLIENT_ID, CONVERSATION)?;
    assert_eq!(guest.handle().callback(CLIENT_ID, CONVERSATION, Some(&case)).await?, Some(204));
    assert_eq!(guest.handle().callback(CLIENT_ID, CONVERSATION, None).await?, Some(204));
    let sent = guest.handle().callbacks(CLIENT_ID);
    assert_eq!((&sent[0].body["caseId"], &sent[1].body["caseId"]), (&json!(case.id), &Value::Null));
    assert!(guest.handle().callback(CLIENT_ID, "another", None).await.is_err());
    Ok(())
}

async fn rest(guest: &Guest, path: &str) -> Result<Answer> {
    let url = guest.simulator.url();
    let form = [("grant_type", "client_credentials"), ("client_id", CLIENT_ID), ("client_secret", CLIENT_SECRET)];
    let token = Answer::of(guest.http.post(format!("{url}/services/oauth2/token")).form(&form).send().await?).await?;
    let request = guest.http.get(format!("{url}/services/data/v66.0/{path}"));
    Answer::of(request.bearer_auth(token.body["access_token"].as_str().unwrap_or_default()).send().await?).await
}

#[tokio::test]
async fn a_session_and_its_conversation_are_records() -> Result {
    let guest = Guest::start().await?;
    guest.create().await?;
    let case = guest.handle().make_flow_case(CLIENT_ID, CONVERSATION)?;
    let session = guest.conversation()?.session_id().to_owned();
    let read =
        rest(&guest, &format!("sobjects/MessagingSession/{session}?fields=CaseId,ConversationId,Status")).await?;
    assert_eq!((&read.body["CaseId"], &read.body["Status"]), (&json!(case.id), &json!("Waiting")));
    let conversation = read.body["ConversationId"].as_str().ok_or("an id")?;
    let soql = format!("SELECT ConversationIdentifier FROM Conversation WHERE Id = '{conversation}'");
    let found = rest(&guest, &format!("query?q={}", soql.replace(' ', "+"))).await?;
    assert_eq!(found.body["records"][0]["ConversationIdentifier"], CONVERSATION);
    let soql = format!("SELECT Id, CaseId FROM MessagingSession WHERE Id = '{session}'");
    let found = rest(&guest, &format!("query?q={}", soql.replace(' ', "+"))).await?;
    assert_eq!(found.body["records"][0]["CaseId"], case.id);
    Ok(())
}

#[tokio::test]
async fn sessions_may_be_hidden_from_the_run_as_user() -> Result {
    let guest = Guest::with(|org| org.readable_sessions = false).await?;
    guest.create().await?;
    let session = guest.conversation()?.session_id().to_owned();
    assert_eq!(rest(&guest, &format!("sobjects/MessagingSession/{session}")).await?.refusal().1, "NOT_FOUND");
    assert_eq!(rest(&guest, "sobjects/MessagingSession/describe").await?.status, 404);
    assert_eq!(rest(&guest, "query?q=SELECT+Id+FROM+MessagingSession").await?.refusal().1, "INVALID_TYPE");
    Ok(())
}

async fn control(guest: &Guest, method: Method, path: &str, body: Value) -> Result<Answer> {
    let url = format!("{}/control/orgs/{CLIENT_ID}/{path}", guest.simulator.url());
    Answer::of(guest.http.request(method, url).json(&body).send().await?).await
}

#[tokio::test]
async fn the_control_api_moves_agents() -> Result {
    let endpoint = Endpoint::start(StatusCode::NO_CONTENT).await?;
    let guest = Guest::with(|org| org.callback = Some(endpoint.settings.clone())).await?;
    let script = json!([{ "action": { "kind": "agentJoins", "name": "Grace" } }, { "afterMs": 60_000, "action": { "kind": "sessionEnds", "by": "agent" } }]);
    assert_eq!(control(&guest, Method::PUT, "script", script).await?.status, 204);
    guest.create().await?;
    let says = json!({ "kind": "agentSays", "text": "Hello" });
    assert_eq!(
        control(&guest, Method::POST, &on("actions").replace("conversation/", "conversations/"), says.clone())
            .await?
            .status,
        204
    );
    let listed = control(&guest, Method::GET, "conversations", Value::Null).await?.body;
    assert_eq!((&listed[0]["id"], &listed[0]["participants"][0]["name"]), (&json!(CONVERSATION), &json!("Grace")));
    let shown = control(&guest, Method::GET, &format!("conversations/{CONVERSATION}"), Value::Null).await?.body;
    assert_eq!(shown["entries"].as_array().and_then(|entries| entries.last()).ok_or("an entry")?["text"], "Hello");
    assert_eq!(control(&guest, Method::POST, "conversations/another/actions", says).await?.status, 404);
    let case =
        control(&guest, Method::POST, &format!("conversations/{CONVERSATION}/flow-case"), Value::Null).await?.body;
    let answered = control(&guest, Method::POST, &format!("conversations/{CONVERSATION}/callback"), case).await?;
    assert_eq!(answered.body, json!({ "status": 204 }));
    assert_eq!(control(&guest, Method::GET, "callbacks", Value::Null).await?.body[0]["status"], 204);
    Ok(())
}

#[tokio::test]
async fn the_control_api_ends_tokens_and_streams() -> Result {
    let guest = Guest::start().await?;
    let mut stream = guest.stream().await?;
    assert_eq!(control(&guest, Method::POST, "break-streams", Value::Null).await?.status, 204);
    assert!(stream.next().await.is_err());
    assert_eq!(control(&guest, Method::POST, "expire-tokens", Value::Null).await?.status, 204);
    assert_eq!(guest.create().await?.status, 401);
    Ok(())
}

#[tokio::test]
async fn an_org_without_messaging_gives_no_tokens() -> Result {
    let guest = Guest::start().await?;
    guest.handle().change_org(CLIENT_ID, |org| org.messaging = None);
    assert_eq!(guest.create().await?.status, 401);
    let refused = guest.ask_for_token(&guest.token_request()).await?;
    assert_eq!((refused.status, guest.token_request()["esDeveloperName"].as_str()), (400, Some(DEVELOPER_NAME)));
    Ok(())
}
