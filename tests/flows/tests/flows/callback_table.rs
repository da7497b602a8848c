//! Rule 11 as a table: a callback with and without a Case at every status, and before, during and after the starter's write.

use std::time::Duration;

use flows::{System, conversation};
use salesforce_simulator::{Effect, Fault, Route, Script};
use serde_json::{Value, json};

const CASE: &str = "500000000000001AAA";

/// Where the escalation stands when the callback comes.
#[derive(Clone, Copy, Debug)]
enum When {
    Received,
    /// Live is chosen, and the starter has not begun.
    BeforeTheStarter,
    /// The starter waits for this call, which is not carried out yet.
    DuringTheCall(Route),
    /// The starter's call is carried out, and its answer is on its way.
    BeforeTheAnswer(Route),
    Waiting,
    Active,
    CreatingCase,
    /// An insert was sent whose outcome is not known.
    CaseAttempted,
    Stuck,
    CaseCreated,
    Ended,
}

/// Status and author of the outcome.
type Outcome = (&'static str, Option<&'static str>);

const FLOW_CASE: Outcome = ("caseCreated", Some("salesforceFlow"));
const OUR_CASE: Outcome = ("caseCreated", Some("us"));
const SILENT_END: Outcome = ("ended", Some("salesforceFlow"));
const STILL_ACTIVE: Outcome = ("active", None);

/// When, the outcome with a Case, and the outcome without.
const TABLE: [(When, Outcome, Outcome); 15] = [
    (When::Received, FLOW_CASE, SILENT_END),
    (When::BeforeTheStarter, FLOW_CASE, SILENT_END),
    (When::DuringTheCall(Route::MessagingToken), FLOW_CASE, SILENT_END),
    (When::BeforeTheAnswer(Route::MessagingToken), FLOW_CASE, SILENT_END),
    (When::DuringTheCall(Route::CreateConversation), FLOW_CASE, SILENT_END),
    (When::BeforeTheAnswer(Route::CreateConversation), FLOW_CASE, SILENT_END),
    (When::DuringTheCall(Route::SendMessage), FLOW_CASE, SILENT_END),
    (When::BeforeTheAnswer(Route::SendMessage), FLOW_CASE, SILENT_END),
    (When::Waiting, FLOW_CASE, SILENT_END),
    (When::Active, STILL_ACTIVE, STILL_ACTIVE),
    (When::CreatingCase, FLOW_CASE, OUR_CASE),
    (When::CaseAttempted, OUR_CASE, OUR_CASE),
    (When::Stuck, FLOW_CASE, SILENT_END),
    (When::CaseCreated, OUR_CASE, OUR_CASE),
    (When::Ended, SILENT_END, SILENT_END),
];

fn callback(id: &str, case_id: Option<&str>) -> Value {
    json!({ "conversationId": id, "messagingSessionId": "0Mw000000000001AAA", "caseId": case_id,
            "caseNumber": case_id.map(|_| "00009999"), "packageVersion": "1.0" })
}

fn once(organisation: &str, route: Route, effect: Effect) -> Fault {
    Fault { org: Some(organisation.to_owned()), ..Fault::once(route, effect) }
}

/// One row of the table in an organisation of its own.
struct Row<'s> {
    system: &'s System,
    organisation: String,
    token: String,
}

impl<'s> Row<'s> {
    async fn start(system: &'s System, organisation: String, when: When) -> anyhow::Result<Self> {
        let script = if matches!(when, When::Active) { Script::agent_joins("Grace Hopper") } else { Script::default() };
        system.live_organisation(&organisation, "omniChannelFlow", script).await?;
        let token = system.escalations_token(&organisation).await?;
        Ok(Self { system, organisation, token })
    }

    fn fault(&self, route: Route, effect: Effect) {
        self.system.salesforce().add_fault(once(&self.organisation, route, effect));
    }

    /// Brings an escalation there.
    async fn arrange(&self, when: When) -> anyhow::Result<String> {
        let refused = || self.fault(Route::MessagingToken, Effect::messaging_error(400));
        let lambda = self.system.stack.lambda();
        match when {
            When::Received => lambda.lose_events(Some("business-hours-router"), 1),
            When::BeforeTheStarter => lambda.lose_events(Some("messaging-session-start"), 1),
            When::DuringTheCall(route) => self.fault(route, Effect::Delay { before_ms: 1_500, after_ms: 0 }),
            When::BeforeTheAnswer(route) => self.fault(route, Effect::Delay { before_ms: 0, after_ms: 1_500 }),
            When::Waiting | When::Active | When::Ended => {}
            When::CreatingCase => {
                refused();
                lambda.lose_events(Some("case-creation"), 1);
            }
            When::CaseAttempted => {
                refused();
                self.fault(Route::Composite, Effect::DropConnection { after_commit: false });
            }
            When::Stuck => {
                refused();
                self.system.salesforce().change_org(&self.organisation, |org| org.client_secret = "changed".into());
                self.system.salesforce().expire_sessions(&self.organisation);
            }
            When::CaseCreated => refused(),
        }
        let id = self.system.accept(&self.organisation, &conversation("one")).await?;
        match when {
            When::DuringTheCall(route) | When::BeforeTheAnswer(route) => self.is_asked(route).await,
            _ => self.system.settle().await,
        }
        if matches!(when, When::Active) {
            self.system.look_after(5, &self.organisation, &id).await?;
        }
        if matches!(when, When::Ended) {
            self.send(&id, None).await?;
        }
        Ok(id)
    }

    async fn is_asked(&self, route: Route) {
        let is_ours = |org: &Option<String>| org.as_deref().is_none_or(|org| org == self.organisation);
        let requests = || self.system.salesforce().requests(false);
        while !requests()
            .iter()
            .any(|request| request.route == route && request.status.is_none() && is_ours(&request.org))
        {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn send(&self, id: &str, case_id: Option<&str>) -> anyhow::Result<()> {
        let answer = self.system.callback(&self.organisation, &self.token, &callback(id, case_id)).await?;
        answer.expect_status(204).map(drop)
    }

    fn expected_status(when: When) -> &'static str {
        match when {
            When::Received => "received",
            When::BeforeTheStarter | When::DuringTheCall(_) | When::BeforeTheAnswer(_) => "startingMessaging",
            When::Waiting => "waiting",
            When::Active => "active",
            When::CreatingCase | When::CaseAttempted => "creatingCase",
            When::Stuck => "stuck",
            When::CaseCreated => "caseCreated",
            When::Ended => "ended",
        }
    }
}

#[tokio::test]
async fn a_callback_at_every_status_and_at_every_step_of_the_starter_has_the_outcome_of_rule_11() -> anyhow::Result<()>
{
    let system = System::start().await?;
    let mut sent = Vec::new();
    for (number, (when, with_case, without_case)) in TABLE.into_iter().enumerate() {
        for (case_id, expected) in [(Some(CASE), with_case), (None, without_case)] {
            let organisation = format!("row-{number}-{}", if case_id.is_some() { "case" } else { "none" });
            let row = Row::start(&system, organisation, when).await?;
            let id = row.arrange(when).await?;
            let before = system.escalation(&row.organisation, &id).await?;
            assert_eq!(before["status"], Row::expected_status(when), "{when:?}: {before}");
            row.send(&id, case_id).await?;
            row.send(&id, case_id).await?;
            sent.push((row, id, when, case_id, expected));
        }
    }
    system.settle().await;
    system.pass_minutes(4).await;
    for (row, id, when, case_id, (status, by)) in sent {
        let escalation = system.escalation(&row.organisation, &id).await?;
        let context = format!("{when:?} with {case_id:?}: {escalation}");
        assert_eq!((&escalation["status"], escalation["by"].as_str()), (&json!(status), by), "{context}");
        let is_flows_case = (status, by) == FLOW_CASE;
        assert_eq!(escalation["case"]["id"] == CASE, is_flows_case, "{context}");
        let is_kept = matches!(when, When::CaseAttempted) && case_id.is_some();
        assert_eq!(escalation["flowCase"]["id"] == CASE, is_kept, "{context}");
        assert!(escalation["timeline"].to_string().contains("\"callback\""), "{context}");
        let ours = system.salesforce().cases(&row.organisation).len();
        assert_eq!(ours, usize::from((status, by) == OUR_CASE), "{context}");
        system.nothing_is_left_open_or_doubled(&row.organisation).await?;
    }
    Ok(())
}
