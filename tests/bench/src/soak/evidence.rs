//! What is left of an escalation.

use anyhow::Context as _;
use flows::{System, events};
use salesforce_simulator::{Conversation, EXTERNAL_ID_FIELD, EntryType, FLOW_CASE_MARK, Record, Role};
use serde_json::Value;

use super::customer::{Customer, Learned, Sent};

/// What is left of an escalation.
pub(crate) struct Evidence {
    pub(crate) name: String,
    pub(crate) learned: Learned,
    /// As the API shows it.
    pub(crate) escalation: Value,
    /// The Cases of ours that carry its id.
    pub(crate) cases: Vec<Record>,
    /// Whether the org has the Case that the outcome names.
    pub(crate) has_case: bool,
    pub(crate) conversation: Option<Conversation>,
    /// The ids of the messages that the customer was told of: they are not delivered.
    pub(crate) undelivered: Vec<String>,
}

impl Evidence {
    /// Of an accepted escalation, among its org's Cases.
    pub(crate) async fn gather(system: &System, customer: &Customer, cases: &[Record]) -> anyhow::Result<Self> {
        let (organisation, learned) = (customer.organisation.id, customer.learned().clone());
        let chat = customer.chat().context("it was not accepted")?;
        let escalation = system.escalation(organisation, &chat.id).await?;
        let case_id = &escalation["case"]["id"];
        let mut evidence = Self {
            name: customer.name.clone(),
            cases: cases.iter().filter(|case| is_ours(case, &chat.id)).cloned().collect(),
            has_case: case_id.is_null() || cases.iter().any(|case| case["Id"] == *case_id),
            conversation: system.salesforce().conversation(organisation, &chat.id),
            undelivered: Vec::new(),
            escalation,
            learned,
        };
        if evidence.learned.sent.iter().any(|sent| evidence.times_kept(sent) == 0) && evidence.is_final() {
            let mut connection = chat.connect(None).await?;
            connection.end().await?;
            let receipts = connection.of("receipt").into_iter().filter(|receipt| receipt["state"] == "undelivered");
            evidence.undelivered =
                receipts.filter_map(|receipt| receipt["messageId"].as_str().map(str::to_owned)).collect();
        }
        Ok(evidence)
    }

    pub(crate) fn status(&self) -> &str {
        self.escalation["status"].as_str().unwrap_or_default()
    }

    pub(crate) fn by(&self) -> &str {
        self.escalation["by"].as_str().unwrap_or_default()
    }

    pub(crate) fn is_final(&self) -> bool {
        ["caseCreated", "ended"].contains(&self.status())
    }

    /// Whether the outcome is a Case that we made.
    pub(crate) fn is_our_case(&self) -> bool {
        self.status() == "caseCreated" && self.escalation["case"]["by"] == "us"
    }

    pub(crate) fn has(&self, event: &str) -> bool {
        events(&self.escalation).contains(&event)
    }

    /// How often a message is in the record: in our Case if that is the outcome, else in the conversation.
    pub(crate) fn times_kept(&self, sent: &Sent) -> usize {
        let described = self.cases.first().filter(|_| self.is_our_case());
        match described {
            Some(case) => case["Description"].as_str().unwrap_or_default().matches(&mark(sent)).count(),
            None => self.times_said(sent),
        }
    }

    /// How often it is in the conversation.
    pub(crate) fn times_said(&self, sent: &Sent) -> usize {
        self.conversation.as_ref().map_or(0, |conversation| said(conversation).matches(&mark(sent)).count())
    }
}

/// What nothing else that is said contains.
fn mark(sent: &Sent) -> String {
    if sent.is_file { format!("{}.txt", sent.id) } else { format!("text of {}.", sent.id) }
}

/// A Case of ours carries the escalation's id, in the field or in its Subject.
fn is_ours(case: &Record, id: &str) -> bool {
    let carries = |field: &str| case.get(field).and_then(Value::as_str).is_some_and(|value| value.contains(id));
    !case.contains_key(FLOW_CASE_MARK) && (carries(EXTERNAL_ID_FIELD) || carries("Subject"))
}

/// What the customer said in it. A file is its name.
fn said(conversation: &Conversation) -> String {
    let entries = conversation.entries.iter().filter(|entry| entry.entry_type == EntryType::Message);
    let entries = entries.filter(|entry| entry.sender.role == Role::EndUser);
    let said = entries.map(|entry| {
        let names = entry.payload.pointer("/abstractMessage/staticContent/attachments").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(|file| file["name"].as_str().map(str::to_owned));
        entry.text.clone().into_iter().chain(names).collect::<Vec<_>>().join(" ")
    });
    said.collect::<Vec<_>>().join("\n")
}
