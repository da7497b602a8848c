//! What all is measured in: a local AWS, simulated orgs, and escalations that wait for the work of one function.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use aws_sdk_dynamodb::types::AttributeValue;
use axum::body::Bytes;
use flows::{FUNCTIONS, System, long_conversation};
use local::{Options, PLATFORM_KEY, Reply, build_binaries};
use reqwest::Client;
use salesforce_simulator::Script;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use shared::digest::sha256_hex;

use super::recorder::{Recorder, Service};

/// More hints than are ever sent.
const ALL: usize = usize::MAX / 2;
/// Longest message of a conversation that is made of as many as it takes.
const MESSAGE_CHARACTERS: usize = 4_000;
/// What JSON takes of each message beside its text, about.
const MESSAGE_OVERHEAD: usize = 130;
/// Often enough that no line is dropped before it is read.
const READ_LOGS_EACH: u64 = 200;
const EVENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../events");

/// Which organisations: those whose outside calls are recorded have their org at the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Organisations {
    Measured,
    Recorded,
}

impl Organisations {
    /// The one whose escalations become Cases.
    pub(super) fn case(self) -> &'static str {
        if self == Self::Measured { "case" } else { "case-recorded" }
    }

    /// The one whose escalations become live conversations, which nobody takes.
    pub(super) fn live(self) -> &'static str {
        if self == Self::Measured { "live" } else { "live-recorded" }
    }
}

/// The system, whose functions are built in some profile. Its own case-creation and messaging-session-start get no hints.
pub(super) struct Stage {
    pub(super) system: System,
    pub(super) recorder: Recorder,
    pub(super) binaries: PathBuf,
    /// Not the system's own, which remembers all that it sends.
    client: Client,
    escalations_tokens: [String; 2],
    conversations: AtomicU64,
}

/// An event that a function can work on, and what in it is different from that of another escalation.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) event: Bytes,
    pub(super) names: Vec<String>,
}

/// An accepted escalation.
pub(super) struct Accepted {
    pub(super) id: String,
    token: String,
}

impl Stage {
    /// Builds the functions and starts all.
    pub(super) async fn start(profile: &str) -> anyhow::Result<Self> {
        let names: Vec<_> = FUNCTIONS.into_iter().chain(["floor"]).collect();
        let binaries = build_binaries(profile, &names).await?;
        let system = System::start_with(Options { binaries: binaries.clone(), ..Options::default() }).await?;
        let stack = &system.stack;
        let services = [stack.dynamodb_url(), stack.secrets_manager_url(), stack.api_url(), stack.simulator().url()];
        let recorder = Recorder::start(services).await?;
        for organisations in [Organisations::Measured, Organisations::Recorded] {
            make(&system, &recorder, organisations).await?;
        }
        let token = async |organisations: Organisations| system.escalations_token(organisations.case()).await;
        let escalations_tokens = [token(Organisations::Measured).await?, token(Organisations::Recorded).await?];
        for function in ["case-creation", "messaging-session-start", "escalation-recovery"] {
            system.stack.lambda().lose_events(Some(function), ALL);
        }
        let client = Client::builder().timeout(Duration::from_secs(40)).build()?;
        let stage = Self { system, recorder, binaries, client, escalations_tokens, conversations: AtomicU64::new(0) };
        for organisations in [Organisations::Measured, Organisations::Recorded] {
            // From then on, the orgs' sessions are shared.
            let accepted = stage.accept(organisations.case(), &Self::sample()?).await?;
            stage.invoke("case-creation", organisations.case(), &accepted.id).await?;
        }
        Ok(stage)
    }

    /// The conversation of the sample event.
    pub(super) fn sample() -> anyhow::Result<Value> {
        let event: Value = serde_json::from_str(&sample_event("escalation-intake")?)?;
        Ok(serde_json::from_str(event["body"].as_str().context("no body")?)?)
    }

    /// A conversation that has about so many bytes as JSON, and at most those.
    pub(super) fn conversation_of(bytes: usize) -> Value {
        let characters = bytes.saturating_sub(600).clamp(100, MESSAGE_CHARACTERS);
        let messages = (bytes.saturating_sub(600) / (characters + MESSAGE_OVERHEAD)).max(1);
        long_conversation("", messages, characters)
    }

    /// Escalates a conversation anew. What follows is over, as far as hints get.
    pub(super) async fn accept(&self, organisation: &str, body: &Value) -> anyhow::Result<Accepted> {
        let url = format!("{}/v1/organisations/{organisation}/escalations", self.system.stack.api_url());
        let request = self.client.post(url).bearer_auth(PLATFORM_KEY).json(&self.anew(body).0);
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        self.system.settle().await;
        let member = |name: &str| answer[name].as_str().map(str::to_owned).context("not accepted");
        Ok(Accepted { id: member("escalationId")?, token: member("conversationToken")? })
    }

    /// The conversation with an id of its own, and that id.
    fn anew(&self, body: &Value) -> (Value, String) {
        let number = self.conversations.fetch_add(1, Ordering::Relaxed);
        if number.is_multiple_of(READ_LOGS_EACH) {
            self.system.read_logs();
        }
        let id = format!("benchmark-{number:012}");
        let mut body = body.clone();
        body["conversation"]["id"] = json!(id);
        (body, id)
    }

    /// Invokes a function of the system's own with a hint.
    pub(super) async fn invoke(&self, function: &str, organisation: &str, id: &str) -> anyhow::Result<()> {
        let reply = self.system.stack.lambda().invoke(function, hint(organisation, id)).await?;
        ensure!(matches!(reply, Reply::Payload(_)), "{function} failed");
        Ok(())
    }

    /// Lets the session of the measured org be forgotten, so that the next to make a Case there logs in.
    pub(super) async fn forget_session(&self) -> anyhow::Result<()> {
        let organisation = format!("ORGANISATION#{}", Organisations::Measured.case());
        let delete = self.system.dynamodb().delete_item().table_name("Table");
        let delete = delete.key("pk", AttributeValue::S(organisation)).key("sk", AttributeValue::S("SESSION".into()));
        delete.send().await?;
        Ok(())
    }

    /// Something for a function to do, made of the sample conversation.
    pub(super) async fn work(&self, function: &str, organisations: Organisations) -> anyhow::Result<Work> {
        self.work_on(function, organisations, &Self::sample()?).await
    }

    /// Something for a function to do, made of a conversation.
    pub(super) async fn work_on(
        &self,
        function: &str,
        organisations: Organisations,
        body: &Value,
    ) -> anyhow::Result<Work> {
        let (case, live) = (organisations.case(), organisations.live());
        match function {
            "escalation-intake" => self.escalation(case, body),
            "business-hours-router" => {
                self.system.stack.lambda().lose_events(Some(function), 1);
                Ok(hinted(case, self.accept(case, body).await?))
            }
            "case-creation" => Ok(hinted(case, self.accept(case, body).await?)),
            "messaging-session-start" => Ok(hinted(live, self.accept(live, body).await?)),
            "apex-callback" => {
                let accepted = self.accept(case, body).await?;
                self.callback(organisations, &accepted)
            }
            "conversation-relay" => self.message(live, body).await,
            "settings" => Ok(Work { event: event("settings-show", &[], case)?, names: Vec::new() }),
            _ => Ok(Work { event: "{}".into(), names: Vec::new() }),
        }
    }

    fn escalation(&self, organisation: &str, body: &Value) -> anyhow::Result<Work> {
        let (body, id) = self.anew(body);
        let mut event: Value = serde_json::from_slice(&event("escalation-intake", &[], organisation)?)?;
        event["body"] = body.to_string().into();
        let digest = sha256_hex(&id);
        Ok(Work { event: event.to_string().into(), names: vec![id, digest] })
    }

    fn callback(&self, organisations: Organisations, accepted: &Accepted) -> anyhow::Result<Work> {
        let token = &self.escalations_tokens[organisations as usize];
        let replaced = [
            ("sample-escalations-token", token.as_str()),
            ("5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417", accepted.id.as_str()),
        ];
        let event = event("apex-callback", &replaced, organisations.case())?;
        Ok(Work { event, names: vec![accepted.id.clone()] })
    }

    /// A message of a customer whose conversation is open.
    async fn message(&self, organisation: &str, body: &Value) -> anyhow::Result<Work> {
        let Accepted { id, token } = self.accept(organisation, body).await?;
        self.invoke("messaging-session-start", organisation, &id).await?;
        let guest = self.system.store().guest_token(id.parse()?).await?.context("no guest token")?;
        let guest = guest.access_token.expose_secret().to_owned();
        let replaced = [
            ("c3a7b9d2-14e6-4d58-a0f1-7be25d9c8034", id.as_str()),
            ("c2FtcGxlLXRva2VuLW9mLWEtY29udmVyc2F0aW9uLi4", token.as_str()),
        ];
        let event = event("conversation-relay-message", &replaced, organisation)?;
        Ok(Work { event, names: vec![id, token, guest] })
    }

    /// How many Cases and conversations the measured orgs have.
    pub(super) fn made(&self) -> (usize, usize) {
        let salesforce = self.system.salesforce();
        (
            salesforce.cases(Organisations::Measured.case()).len(),
            salesforce.conversations(Organisations::Measured.live()).len(),
        )
    }
}

async fn make(system: &System, recorder: &Recorder, organisations: Organisations) -> anyhow::Result<()> {
    let proxy = recorder.url(Service::Salesforce).trim_start_matches("http://");
    let host = if organisations == Organisations::Recorded { proxy } else { system.salesforce_host() }.to_owned();
    let (case, live) = (organisations.case(), organisations.live());
    system
        .organisation_with(case, |settings| {
            settings["salesforce"]["domain"] = json!(host);
            settings["case"] = json!({ "contact": "none" });
        })
        .await?;
    let url = format!("http://{host}");
    system.salesforce().change_org(case, |org| {
        org.instance_url = Some(url);
        org.daily_api_requests = u64::MAX;
    });
    system.live_organisation_at(live, "fullviewFlow", Script::default(), &host).await?;
    system.salesforce().change_messaging(live, |messaging| {
        (messaging.tokens_per_minute, messaging.messages_per_minute) = (usize::MAX, usize::MAX);
    });
    Ok(())
}

/// A sample event of an organisation.
fn event(name: &str, replaced: &[(&str, &str)], organisation: &str) -> anyhow::Result<Bytes> {
    let event = sample_event(name)?.replace("demo-fullview-flow", organisation);
    Ok(replaced.iter().fold(event, |event, (sample, own)| event.replace(sample, own)).into())
}

fn sample_event(name: &str) -> anyhow::Result<String> {
    let file = format!("{EVENTS}/{name}.json");
    std::fs::read_to_string(&file).with_context(|| format!("cannot read {file}"))
}

/// The hint about an escalation, as functions send it.
pub(super) fn hint(organisation: &str, id: &str) -> Bytes {
    json!({ "escalationId": id, "organisationId": organisation }).to_string().into()
}

fn hinted(organisation: &str, accepted: Accepted) -> Work {
    Work { event: hint(organisation, &accepted.id), names: vec![accepted.id] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_has_about_as_many_bytes_as_it_should_and_no_more_than_a_body_may() {
        for bytes in [1_000, 10_000, 100_000, 1_000_000, 4_000_000] {
            let length = Stage::conversation_of(bytes).to_string().len();
            assert!(length <= bytes + bytes / 20 && length > bytes * 6 / 10, "{bytes}: {length}");
        }
    }

    #[test]
    fn a_hint_is_as_functions_send_it() {
        let id = "5f0d2c1e-8a4b-4f6e-9b73-2d1c6a90e417";
        let hint: shared::hints::Hint = serde_json::from_slice(&hint("acme", id)).unwrap();
        assert_eq!((hint.escalation_id.to_string().as_str(), hint.organisation_id.as_deref()), (id, Some("acme")));
    }
}
