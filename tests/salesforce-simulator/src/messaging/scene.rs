//! One conversation at one moment: what is said and done in it, and who hears of it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::{
    messaging::{
        conversation::{Conversation, EndedBy, MessagingSession, RoutingStatus, SessionStatus},
        entry::{Entry, EntryType, Sender},
        script::Script,
        state::{Planned, random_uuid},
        uncertain::Uncertain,
    },
    org::Org,
};

/// A conversation of an org, now.
pub(crate) struct Scene<'a> {
    pub(crate) org: &'a mut Org,
    /// The conversation's position.
    pub(crate) position: usize,
    pub(crate) now: DateTime<Utc>,
}

impl Scene<'_> {
    pub(crate) fn conversation(&self) -> &Conversation {
        &self.org.messaging.conversations[self.position]
    }

    pub(crate) fn conversation_mut(&mut self) -> &mut Conversation {
        &mut self.org.messaging.conversations[self.position]
    }

    pub(crate) fn uncertain(&self) -> Uncertain {
        self.org.settings.messaging.as_ref().map(|messaging| messaging.uncertain).unwrap_or_default()
    }

    /// Adds an entry with an identifier of its own; `payload` is an object without `id` and `entryType`.
    pub(crate) fn emit(&mut self, entry_type: EntryType, sender: Sender, payload: Value) {
        self.emit_as(random_uuid(), entry_type, sender, payload);
    }

    /// Adds an entry, to the transcript if it is of a saved type and to the event stream.
    pub(crate) fn emit_as(&mut self, identifier: String, entry_type: EntryType, sender: Sender, mut payload: Value) {
        payload["id"] = identifier.clone().into();
        payload["entryType"] = json!(entry_type);
        let text = text_of(&payload).map(Into::into);
        let related_records = self.related_records(entry_type, &payload);
        let entry = Entry { identifier, entry_type, sender, text, payload, at: self.now, related_records };
        self.stream(&entry);
        if entry_type.is_saved() {
            self.conversation_mut().entries.push(entry);
        }
    }

    fn related_records(&self, entry_type: EntryType, payload: &Value) -> Vec<String> {
        match entry_type {
            EntryType::Message if self.uncertain().session_in_related_records => {
                vec![self.conversation().session_id().into()]
            }
            EntryType::DeliveryAcknowledgement | EntryType::ReadAcknowledgement => {
                payload["acknowledgedConversationEntryIdentifier"].as_str().map(Into::into).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    fn stream(&mut self, entry: &Entry) {
        let conversation = self.conversation();
        let (id, subject) = (conversation.id.clone(), conversation.subject.clone());
        let channel = self.org.messaging.channel.clone();
        let data = json!({
            "channelPlatformKey": channel,
            "channelType": "embedded_messaging",
            "channelAddressIdentifier": channel,
            "conversationId": id,
            "conversationEntry": entry.render(true),
        });
        if self.uncertain().unknown_events {
            self.org.messaging.push_event(&subject, "CONVERSATION_OF_THE_FUTURE", data.to_string());
        }
        self.org.messaging.push_event(&subject, entry.entry_type.event_name(), data.to_string());
    }

    /// Opens another session, New and then Waiting, and plans what happens to it.
    pub(crate) fn open_session(&mut self) {
        let (id, now) = (self.org.next_id("0Mw"), self.now);
        let session = MessagingSession {
            id,
            status: SessionStatus::New,
            case_id: None,
            started_at: now,
            ended_at: None,
            ended_by: None,
        };
        let conversation = self.conversation_mut();
        conversation.sessions.push(session);
        conversation.routing_status = RoutingStatus::Initial;
        self.announce_status(None);
        self.change_status(SessionStatus::Waiting);
        self.plan_script();
    }

    fn plan_script(&mut self) {
        let Script(steps) =
            self.org.settings.messaging.as_ref().map(|messaging| messaging.script.clone()).unwrap_or_default();
        let conversation = self.conversation().id.clone();
        for step in steps {
            let due = self.now + std::time::Duration::from_millis(step.after_ms);
            let planned = Planned { due, conversation: conversation.clone(), action: step.action };
            self.org.messaging.plan(planned);
        }
    }

    /// Changes the session's status and tells it, unless it is the same.
    pub(crate) fn change_status(&mut self, status: SessionStatus) {
        let previous = self.conversation().session_status();
        if previous != status {
            self.set_status(status);
            self.announce_status(Some(previous));
        }
    }

    fn set_status(&mut self, status: SessionStatus) {
        if let Some(session) = self.conversation_mut().session_mut() {
            session.status = status;
        }
    }

    fn announce_status(&mut self, previous: Option<SessionStatus>) {
        let in_seconds = self.uncertain().session_times_in_seconds;
        let time = |at: DateTime<Utc>| if in_seconds { at.timestamp() } else { at.timestamp_millis() };
        let conversation = self.conversation();
        let Some(session) = conversation.sessions.last() else {
            return;
        };
        let payload = json!({
            "sessionId": session.id,
            "channelAddressIdentifier": self.org.messaging.channel,
            "conversationIdentifier": conversation.id,
            "sessionStatus": session.status,
            "sessionStatusPrev": previous,
            "sessionStartTime": time(session.started_at),
            "sessionEndTime": session.ended_at.map(time),
            "sessionEndedByRole": session.ended_by.map(EndedBy::role),
        });
        self.emit(EntryType::SessionStatusChanged, Sender::system(), without_nulls(payload));
    }

    /// Ends the session; `with_event` tells its new status.
    pub(crate) fn end_session(&mut self, by: EndedBy, with_event: bool) {
        let (now, previous) = (self.now, self.conversation().session_status());
        if let Some(session) = self.conversation_mut().session_mut() {
            session.status = SessionStatus::Ended;
            session.ended_at = Some(now);
            session.ended_by = Some(by);
        }
        if with_event {
            self.announce_status(Some(previous));
        }
    }

    /// Adds a participant and tells it.
    pub(crate) fn add_participant(&mut self, participant: Sender) {
        self.announce_participant("add", &participant);
        self.conversation_mut().participants.push(participant);
    }

    /// Removes everyone of a role.
    pub(crate) fn remove_participants(&mut self, with_event: bool, is_gone: impl Fn(&Sender) -> bool) {
        let participants = std::mem::take(&mut self.conversation_mut().participants);
        let (gone, kept): (Vec<_>, Vec<_>) = participants.into_iter().partition(is_gone);
        self.conversation_mut().participants = kept;
        for participant in gone.iter().filter(|_| with_event) {
            self.announce_participant("remove", participant);
        }
    }

    fn announce_participant(&mut self, operation: &str, participant: &Sender) {
        let entry = json!({
            "operation": operation,
            "displayName": participant.name,
            "participant": participant.participant(),
        });
        self.emit(EntryType::ParticipantChanged, Sender::system(), json!({ "entries": [entry] }));
    }
}

/// What a message says: its text, or the address of its link.
fn text_of(payload: &Value) -> Option<&str> {
    let content = payload.pointer("/abstractMessage/staticContent")?;
    content.get("text").or(content.pointer("/linkItem/url"))?.as_str()
}

/// An object without the members that are null.
pub(crate) fn without_nulls(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null());
    }
    object
}
