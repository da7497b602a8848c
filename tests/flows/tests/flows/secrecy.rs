//! No customer's word, no address and no secret is in a log, an error or a timeline.

use anyhow::{Context as _, ensure};
use flows::{Answer, Chat, FUNCTIONS, Gate, Request, Steps, System, conversation, send, settings, with};
use reqwest::Method;
use salesforce_simulator::{Action, Effect, Fault, Role, Route, Script};
use serde_json::{Value, json};

/// Part of everything that is planted, and of nothing else.
const MARKER: &str = "zq7";
const CLIENT_SECRET: &str = "zq7clientsecret";
const ESCALATIONS: &str = "/v1/organisations/acme/escalations";
const SETTINGS: &str = "/v1/organisations/acme/settings";
/// Of each function's log.
const LINES_KEPT: usize = 10_000;

/// A system in which everything that must stay secret is known.
struct Planted {
    system: System,
    /// What the system made itself: keys, conversation tokens and access tokens.
    made: Vec<String>,
}

/// An escalation with the marker in everything that a customer or the AI wrote.
fn planted(id: &str) -> Value {
    let attachment =
        json!({ "name": "zq7file.log", "url": "https://files.example.com/zq7file?signature=zq7signature" });
    let spoken = json!({ "id": "zq7message", "role": "customer", "author": "zq7author", "text": "My password is 'zq7text'",
                         "sentAt": "2026-11-20T09:14:03Z", "attachments": [attachment] });
    let customer = json!({ "id": "zq7customer", "name": "zq7name", "email": "zq7@example.com", "phone": "+44 zq7",
                           "properties": { "plan": "zq7plan" } });
    let body = with(conversation(id), "/customer", customer);
    let body = with(with(body, "/summary", json!("zq7summary")), "/conversation/subject", json!("zq7subject"));
    with(body, "/conversation/messages/0", spoken)
}

/// Settings under which the Case holds all of it.
fn document(system: &System, client_secret: &str) -> Value {
    let case = json!({ "attachTranscript": "always", "fields": { "Plan__c": { "attribute": "plan" } } });
    with(settings(system.salesforce_host(), "acme", client_secret), "/case", case)
}

/// A refusal that quotes the customer, as Salesforce's messages do.
fn quoting(error_code: &str) -> Effect {
    let message = "value 'zq7text' of zq7name <zq7@example.com> is wrong: zq7summary".to_owned();
    Effect::Refuse { status: 400, error_code: error_code.to_owned(), message, fields: None }
}

fn page(status: u16, body: &str, content_type: &str) -> Effect {
    Effect::Answer { status, body: body.to_owned(), content_type: content_type.to_owned(), after_commit: false }
}

impl Planted {
    /// Starts a system whose functions log at this level; at their default level if there is none.
    async fn start(level: Option<&str>) -> anyhow::Result<Self> {
        let system = System::start().await?;
        for function in FUNCTIONS {
            for variable in ["RUST_LOG", "AWS_LAMBDA_LOG_LEVEL"].into_iter().filter(|_| level.is_some()) {
                system.stack.lambda().set_variable(function, variable, level.unwrap_or_default())?;
            }
        }
        system.organisation("acme").await?;
        system.salesforce().change_org("acme", |org| org.client_secret = CLIENT_SECRET.into());
        system.put_settings("acme", 1, &document(&system, CLIENT_SECRET)).await?.expect_status(200)?;
        let key = system.key("acme").await?;
        Ok(Self { system, made: vec![key] })
    }

    fn assert_silent(&self, place: &str, text: &str) {
        assert!(!text.contains(MARKER), "{place}: {text}");
        assert!(self.made.iter().all(|secret| !text.contains(secret)), "{place}: {text}");
    }

    /// Sends a request that must fail with this status, and reads its answer.
    async fn refused(&self, status: u16, request: Request) -> anyhow::Result<()> {
        let answer = send(request).await?.expect_status(status)?;
        self.assert_silent("answer", &format!("{:?} {}", answer.headers, answer.body));
        Ok(())
    }

    fn post(&self, body: impl Into<reqwest::Body>) -> Request {
        self.system.request(Method::POST, ESCALATIONS).body(body)
    }

    fn put(&self, body: &Value) -> Request {
        self.put_over("2", body)
    }

    fn put_over(&self, version: &str, body: &Value) -> Request {
        self.system.request(Method::PUT, SETTINGS).header("if-match", format!("\"{version}\"")).json(body)
    }

    /// Escalates, waits, reads the escalation and expects this status of it.
    async fn escalate(&mut self, id: &str, status: &str) -> anyhow::Result<String> {
        let answer = self.system.escalate("acme", &planted(id)).await?.expect_status(202)?;
        self.made.push(answer.body["conversationToken"].as_str().context("no conversationToken")?.to_owned());
        self.system.settle().await;
        let id = answer.body["escalationId"].as_str().context("no escalationId")?.to_owned();
        let escalation = self.system.escalation("acme", &id).await?;
        ensure!(escalation["status"] == status, "not {status}: {escalation}");
        self.assert_silent("escalation", &escalation.to_string());
        Ok(id)
    }

    /// Lets faults strike all calls of one route while one escalation is tried.
    async fn escalate_with(&mut self, route: Route, effect: Effect, id: &str, status: &str) -> anyhow::Result<String> {
        self.system.salesforce().add_fault(Fault { org: None, route: Some(route), times: None, effect });
        let escalation_id = self.escalate(id, status).await?;
        self.system.salesforce().clear_faults();
        Ok(escalation_id)
    }

    /// Salesforce's access tokens, from the table.
    async fn keep_access_tokens(&mut self) -> anyhow::Result<()> {
        let scan = self.system.dynamodb().scan().table_name("Table").send().await?;
        let tokens: Vec<_> = scan.items().iter().filter_map(|item| item.get("accessToken")?.as_s().ok()).collect();
        ensure!(!tokens.is_empty(), "there is no session");
        self.made.extend(tokens.into_iter().cloned());
        Ok(())
    }

    async fn all_succeeds(&mut self) -> anyhow::Result<()> {
        self.escalate("succeeds", "caseCreated").await?;
        self.keep_access_tokens().await?;
        self.system.salesforce().expire_sessions("acme");
        self.escalate("expired", "caseCreated").await?;
        self.keep_access_tokens().await
    }

    async fn callers_err(&self) -> anyhow::Result<()> {
        let system = &self.system;
        for body in [r#"{"summary": "zq7summary"#, r#"{"zq7summary" "zq7text"}"#, r#""zq7text" zq7"#, "zq7"] {
            self.refused(400, self.post(body)).await?;
            self.refused(400, system.request(Method::PUT, SETTINGS).body(body)).await?;
        }
        self.refused(400, self.post(b"{\"summary\": \"zq7\xff\"}".to_vec())).await?;
        self.refused(413, self.post(format!("zq7{}", " ".repeat(4 * 1024 * 1024)))).await?;
        let pointers = ["/conversation/messages/0/role", "/conversation/messages/0/sentAt", "/reason", "/customer"];
        for pointer in pointers {
            self.refused(400, self.post(with(planted("c1"), pointer, json!("zq7")).to_string())).await?;
        }
        let long = "zq7".repeat(40_000);
        for pointer in
            ["/conversation/messages/0/text", "/conversation/messages/0/author", "/customer/email", "/summary"]
        {
            self.refused(400, self.post(with(planted("c1"), pointer, json!(long)).to_string())).await?;
            self.refused(400, self.post(with(planted("c1"), pointer, json!({ "zq7": "zq7" })).to_string())).await?;
        }
        self.refused(401, system.request_with_key(Method::GET, ESCALATIONS, "zq7key")).await?;
        self.refused(404, system.request_with_key(Method::GET, "/v1/organisations/zq7", &self.made[0])).await?;
        self.refused(400, system.request(Method::GET, &format!("{ESCALATIONS}?cursor=zq7&status=zq7&limit=zq7")))
            .await?;
        self.refused(404, system.request(Method::GET, &format!("{ESCALATIONS}/zq7"))).await?;
        let key = ("idempotency-key", "key");
        send(self.post(planted("keyed").to_string()).header(key.0, key.1)).await?.expect_status(202)?;
        let changed = with(planted("keyed"), "/summary", json!("zq7 again")).to_string();
        self.refused(422, self.post(changed).header(key.0, key.1)).await?;
        system.settle().await;
        Ok(())
    }

    async fn admins_err(&self) -> anyhow::Result<()> {
        let correct = document(&self.system, CLIENT_SECRET);
        for pointer in ["/salesforce/domain", "/integrationType", "/case/contact", "/rescue"] {
            self.refused(400, self.put(&with(correct.clone(), pointer, json!(format!("{CLIENT_SECRET}!"))))).await?;
        }
        for secret in [json!([CLIENT_SECRET]), json!(CLIENT_SECRET.repeat(100))] {
            self.refused(400, self.put(&with(correct.clone(), "/salesforce/clientSecret", secret))).await?;
        }
        self.refused(412, self.put_over("zq7", &correct)).await?;
        let shown = send(self.system.request(Method::GET, SETTINGS)).await?.expect_status(200)?;
        self.assert_silent("settings", &shown.body.to_string());
        Ok(())
    }

    async fn salesforce_refuses(&mut self) -> anyhow::Result<()> {
        for code in
            ["FIELD_CUSTOM_VALIDATION_EXCEPTION", "INVALID_FIELD", "JSON_PARSER_ERROR", "REQUIRED_FIELD_MISSING"]
        {
            self.escalate_with(Route::InsertCase, quoting(code), code, "stuck").await?;
        }
        for code in ["MALFORMED_QUERY", "INVALID_FIELD"] {
            self.escalate_with(Route::Query, quoting(code), &format!("query {code}"), "caseCreated").await?;
        }
        self.escalate_with(Route::InsertContentVersion, quoting("STRING_TOO_LONG"), "file", "caseCreated").await?;
        let denied = json!({ "error": "invalid_client", "error_description": format!("{CLIENT_SECRET} is wrong") });
        self.system.salesforce().expire_sessions("acme");
        let denied = page(400, &denied.to_string(), "application/json");
        let id = self.escalate_with(Route::Token, denied, "login", "stuck").await?;
        let redriven = send(self.system.request(Method::POST, &format!("{ESCALATIONS}/{id}/redrive"))).await?;
        self.assert_silent("redriven", &redriven.expect_status(202)?.body.to_string());
        self.system.settle().await;
        self.keep_access_tokens().await
    }

    async fn salesforce_is_down(&mut self) -> anyhow::Result<()> {
        let broken = page(200, r#"{"compositeResponse": "zq7text"}"#, "application/json");
        let id = self.escalate_with(Route::Composite, broken, "broken", "creatingCase").await?;
        self.system.recover_until("acme", &id, "caseCreated").await?;
        let down = page(503, "<html>zq7text</html>", "text/html");
        let id = self.escalate_with(Route::Composite, down, "down", "creatingCase").await?;
        self.system.recover_until("acme", &id, "caseCreated").await?;
        let dropped = Effect::DropConnection { after_commit: false };
        let id = self.escalate_with(Route::Composite, dropped, "dropped", "creatingCase").await?;
        self.system.recover_until("acme", &id, "caseCreated").await?;
        self.keep_access_tokens().await
    }

    async fn aws_is_down(&self) -> anyhow::Result<()> {
        let system = &self.system;
        let gate = Gate::start(system.stack.dynamodb_url(), &Steps::default()).await?;
        let invalid =
            json!({ "__type": "com.amazonaws.dynamodb.v20120810#ValidationException", "message": "zq7text is wrong" });
        gate.refuse("TransactWriteItems", 9, &invalid.to_string());
        for function in ["escalation-intake", "settings"] {
            system.stack.lambda().set_variable(function, "AWS_ENDPOINT_URL_DYNAMODB", gate.url())?;
        }
        self.refused(503, self.post(planted("refused by the table").to_string())).await?;
        self.refused(503, self.put(&document(system, CLIENT_SECRET))).await?;
        let nobody = "http://127.0.0.1:9";
        system.stack.lambda().set_variable("settings", "AWS_ENDPOINT_URL_SECRETS_MANAGER", nobody)?;
        self.refused(503, self.put(&document(system, CLIENT_SECRET))).await
    }

    fn assert_silent_logs(&self) {
        for function in FUNCTIONS {
            for line in self.system.stack.lambda().logs(function) {
                self.assert_silent(function, &line);
            }
        }
    }

    /// A live conversation in which customer, agent and bot speak and send files, and that is made a Case.
    async fn all_is_said_live(&mut self) -> anyhow::Result<()> {
        let system = &self.system;
        system.live_organisation("live", "fullviewFlow", Script::default()).await?;
        system
            .update_settings("live", |settings| {
                settings["routingAttributes"] = json!([{ "attribute": "plan", "value": "Plan" }]);
            })
            .await?;
        let fields = ["FullviewEscalationId", "Plan"].map(Into::into).to_vec();
        system.salesforce().change_messaging("live", |messaging| messaging.hidden_pre_chat_fields = fields);
        let id = system.start_live("live", &planted("live")).await?;
        let conversation = system.conversation("live", &id)?;
        ensure!(conversation.routing_attributes["Plan"] == "zq7plan", "{conversation:?}");
        ensure!(conversation.texts_of(Role::EndUser).concat().contains("zq7text"), "{conversation:?}");
        system.salesforce().play("live", &id, Action::ChatbotJoins { name: "zq7bot".into() })?;
        system.salesforce().play("live", &id, Action::ChatbotSays { text: "zq7 says the bot".into() })?;
        system.salesforce().join_agent("live", &id, "zq7agent")?;
        system.salesforce().agent_says("live", &id, "zq7 says the agent")?;
        system.salesforce().agent_sends_file("live", &id, ("zq7.txt", "text/plain"), "zq7 in a file")?;
        self.keep_access_tokens().await?;
        self.assert_live("active", &self.system.look_after(10, "live", &id).await?)?;
        for route in [Route::ListEntries, Route::ReadConversation, Route::CloseConversation, Route::ContinuationToken] {
            self.system.fault(route, page(500, r#"{"message": "zq7text of zq7name"}"#, "application/json"));
        }
        self.assert_live("active", &self.system.look_after(10, "live", &id).await?)?;
        self.assert_live("caseCreated", &self.system.look_after(11 * 60, "live", &id).await?)?;
        self.system.salesforce().clear_faults();
        let description = self.system.salesforce().cases("live")[0]["Description"].to_string();
        ensure!(description.contains("zq7 says the agent"), "{description}");
        self.system.nothing_is_left_open_or_doubled("live").await
    }

    fn assert_live(&self, status: &str, escalation: &Value) -> anyhow::Result<()> {
        ensure!(escalation["status"] == status, "not {status}: {escalation}");
        self.assert_silent("escalation", &escalation.to_string());
        Ok(())
    }

    /// Messaging refuses at each step, with answers that quote the customer and the token.
    async fn messaging_refuses(&mut self) -> anyhow::Result<()> {
        let quote = |status, token: &str| page(status, &format!("zq7text of zq7name {token}"), "text/plain");
        for (route, status, outcome) in [
            (Route::MessagingToken, 400, "caseCreated"),
            (Route::MessagingToken, 500, "startingMessaging"),
            (Route::CreateConversation, 400, "caseCreated"),
            (Route::CreateConversation, 401, "caseCreated"),
            (Route::CreateConversation, 412, "caseCreated"),
            (Route::SendMessage, 400, "waiting"),
            (Route::SendMessage, 429, "waiting"),
        ] {
            let token = self.made.last().map(String::as_str).unwrap_or_default();
            self.system.fault(route, quote(status, token));
            let id = self.system.start_live("live", &planted(&format!("{route:?} {status}"))).await?;
            self.system.salesforce().clear_faults();
            self.keep_access_tokens().await?;
            self.assert_live(outcome, &self.system.escalation("live", &id).await?)?;
        }
        Ok(())
    }

    /// The customer and the agent talk, in texts, files and names that are planted, while Salesforce quotes them in its refusals.
    async fn all_is_relayed(&mut self) -> anyhow::Result<()> {
        let system = &self.system;
        let chat = system.open_chat("live", &planted("relayed")).await?;
        self.made.push(chat.token.clone());
        let mut events = chat.connect(None).await?;
        events.until_status("waiting").await?;
        system.salesforce().join_agent("live", &chat.id, "zq7agent")?;
        events.until_status("active").await?;
        chat.say("zq7id", "zq7 says the customer").await?.expect_status(202)?;
        events.until_receipt("zq7id", "forwarded").await?;
        chat.send_file("zq7file", ("zq7.txt", "text/plain"), b"zq7 in a file".to_vec()).await?.expect_status(202)?;
        system.salesforce().agent_sends_file("live", &chat.id, ("zq7.txt", "text/plain"), "zq7 in a file")?;
        let file = events.until("file", |file| file["from"] == "agent").await?;
        ensure!(chat.download(&file).await?.status() == 200, "no file");
        self.relay_refuses(&chat).await?;
        for route in [Route::SendMessage, Route::SendFile, Route::ListEntries, Route::EventStream] {
            system.fault(route, page(400, r#"{"message": "zq7text of zq7name"}"#, "application/json"));
        }
        chat.say("zq7more", "zq7 says the customer again").await?.expect_status(202)?;
        system.salesforce().break_streams("live");
        events.until_receipt("zq7more", "undelivered").await?;
        system.salesforce().clear_faults();
        chat.end().await?.expect_status(204)?;
        self.assert_live("ended", &self.system.escalation("live", &chat.id).await?)?;
        self.system.nothing_is_left_open_or_doubled("live").await
    }

    async fn relay_refuses(&self, chat: &Chat<'_>) -> anyhow::Result<()> {
        let post = |path: &str, body: &str| chat.request(Method::POST, path).body(body.to_owned());
        for body in [r#"{"id": "zq7 id", "text": 7}"#, r#"{"id": "zq7""#, "zq7", "{}"] {
            self.refused(400, post("messages", body)).await?;
            self.refused(400, post("typing", body)).await?;
            self.refused(400, post("read", body)).await?;
            self.refused(400, post("files", body)).await?;
        }
        self.refused(409, post("messages", r#"{"id": "zq7id", "text": "zq7 says something else"}"#)).await?;
        self.refused(404, chat.request(Method::GET, "files/zq7")).await?;
        let intruder = self.system.chat(&chat.id, "zq7token");
        self.refused(401, intruder.request(Method::POST, "messages").body(r#"{"id": "a", "text": "zq7"}"#)).await
    }

    /// The org's flow calls back, rightly and wrongly.
    async fn the_org_calls_back(&mut self) -> anyhow::Result<()> {
        let token = self.system.escalations_token("live").await?;
        let id = self.system.start_live("live", &planted("called back")).await?;
        let path = "/v1/callbacks/apex/live";
        for body in [r#"{"conversationId": "zq7""#, r#"{"conversationId": "zq7", "caseId": "zq7", "nonce": 7}"#] {
            self.refused(400, self.system.request_with_key(Method::POST, path, &token).body(body)).await?;
        }
        self.refused(401, self.system.request_with_key(Method::POST, path, "zq7token")).await?;
        let body = json!({ "conversationId": id, "messagingSessionId": null, "caseId": null, "caseNumber": null,
                           "packageVersion": "zq7" });
        self.system.callback("live", &token, &body).await?.expect_status(204)?;
        self.made.push(token);
        self.system.settle().await;
        self.assert_live("ended", &self.system.escalation("live", &id).await?)
    }

    async fn assert_silent_list(&self) -> anyhow::Result<()> {
        let list: Answer = send(self.system.request(Method::GET, &format!("{ESCALATIONS}?limit=100"))).await?;
        self.assert_silent("list", &list.expect_status(200)?.body.to_string());
        Ok(())
    }
}

async fn play_everything(level: Option<&str>) -> anyhow::Result<Planted> {
    let mut planted = Planted::start(level).await?;
    planted.all_succeeds().await?;
    planted.callers_err().await?;
    planted.admins_err().await?;
    planted.salesforce_refuses().await?;
    planted.all_is_said_live().await?;
    planted.messaging_refuses().await?;
    planted.all_is_relayed().await?;
    planted.the_org_calls_back().await?;
    planted.salesforce_is_down().await?;
    planted.assert_silent_list().await?;
    planted.aws_is_down().await?;
    Ok(planted)
}

#[tokio::test]
async fn nothing_that_was_planted_is_told_at_the_usual_log_level() -> anyhow::Result<()> {
    play_everything(None).await?.assert_silent_logs();
    Ok(())
}

#[tokio::test]
async fn nothing_that_was_planted_is_told_at_the_most_talkative_log_level() -> anyhow::Result<()> {
    let planted = play_everything(Some("TRACE")).await?;
    for function in FUNCTIONS {
        let logs = planted.system.stack.lambda().logs(function);
        assert!(logs.iter().any(|line| line.contains("DEBUG")), "{function} does not log at this level");
        assert!(logs.len() < LINES_KEPT, "{function} logs more than is kept");
    }
    planted.assert_silent_logs();
    Ok(())
}
