//! Conversations and their sessions as records of the REST API.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::org::{Org, Record, datetime};

/// The records of `Conversation`.
pub(crate) fn conversations(org: &Org) -> Vec<Arc<Record>> {
    let conversations = org.messaging.conversations.iter();
    let row = conversations.map(|conversation| {
        record([
            ("Id", json!(conversation.record_id)),
            ("ConversationIdentifier", json!(conversation.id)),
            ("CreatedDate", json!(datetime(conversation.created_at))),
        ])
    });
    row.collect()
}

/// The records of `Fullview_Callback__c`.
pub(crate) fn failed_callbacks(org: &Org) -> Vec<Arc<Record>> {
    let row = org.messaging.failed.iter().map(|failed| {
        record([
            ("Id", json!(failed.id)),
            ("CreatedDate", json!(datetime(failed.at))),
            ("Is_Test__c", json!(failed.is_test)),
            ("Problem__c", json!(failed.problem)),
            ("Status_Code__c", json!(failed.status)),
        ])
    });
    row.collect()
}

/// The records of `MessagingSession`.
pub(crate) fn sessions(org: &Org) -> Vec<Arc<Record>> {
    let sessions =
        org.messaging.conversations.iter().flat_map(|conversation| {
            conversation.sessions.iter().map(move |session| (&conversation.record_id, session))
        });
    let row = sessions.map(|(conversation, session)| {
        record([
            ("Id", json!(session.id)),
            ("CaseId", json!(session.case_id)),
            ("ConversationId", json!(conversation)),
            ("CreatedDate", json!(datetime(session.started_at))),
            ("EndTime", json!(session.ended_at.map(datetime))),
            ("StartTime", json!(datetime(session.started_at))),
            ("Status", json!(session.status)),
        ])
    });
    row.collect()
}

fn record<const N: usize>(fields: [(&str, Value); N]) -> Arc<Record> {
    Arc::new(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}
