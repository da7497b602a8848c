//! What an agent does in a conversation, and why it may come to nothing.

use std::fmt;

use serde_json::{Value, json};

use crate::messaging::{
    conversation::{Acknowledgement, AcknowledgementType, Conversation, RoutingStatus, SessionStatus},
    entry::{EntryType, Role, Sender},
    file::{FileData, attach},
    scene::Scene,
    script::{Action, WorkType},
    send::abstract_message,
    state::random_uuid,
};

/// Why an action would do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The session has ended, or the customer has closed the conversation.
    Over,
    /// No agent is there to do it.
    NoAgent,
    /// Another agent has the conversation.
    Taken,
}

impl Scene<'_> {
    /// What keeps an action from doing anything.
    pub(crate) fn obstacle(&self, action: &Action) -> Option<Obstacle> {
        match action {
            _ if !self.conversation().is_live() => Some(Obstacle::Over),
            Action::AgentAccepts { .. } => self.first(Role::Agent).is_some().then_some(Obstacle::Taken),
            action if action.needs_agent() => self.obstacle_to_agent(),
            _ => None,
        }
    }

    /// What keeps an agent from doing anything.
    pub(crate) fn obstacle_to_agent(&self) -> Option<Obstacle> {
        match self.first(Role::Agent) {
            _ if !self.conversation().is_live() => Some(Obstacle::Over),
            None => Some(Obstacle::NoAgent),
            Some(_) => None,
        }
    }

    pub(crate) fn agent_accepts(&mut self, name: String) {
        if self.first(Role::Agent).is_none() {
            self.routing_work(WorkType::Assigned);
            self.routing_work(WorkType::Accepted);
            self.agent_joins(name);
        }
    }

    pub(crate) fn routing_work(&mut self, work_type: WorkType) {
        let session = self.conversation().session_id().to_owned();
        let payload = json!({ "workType": work_type, "workId": "0Bz", "workTargetId": session, "errorMessages": [] });
        self.emit(EntryType::RoutingWorkResult, Sender::system(), payload);
    }

    pub(crate) fn agent_joins(&mut self, name: String) {
        let users = &self.org.settings.users;
        let user = users.iter().find(|user| user.name == name).or(users.first());
        let subject = user.map(|user| user.id.clone()).unwrap_or_default();
        self.add_participant(Sender { role: Role::Agent, name, subject });
        let conversation = self.conversation_mut();
        conversation.routing_status = RoutingStatus::Routed;
        conversation.queue_position = None;
        self.change_status(SessionStatus::Active);
    }

    pub(crate) fn agent_sends_file(&mut self, file: FileData) {
        if self.first(Role::Agent).is_some() {
            let content = attach(self, &random_uuid(), file, None);
            self.say_as(Role::Agent, &content);
        }
    }

    pub(crate) fn agent_sends_message(&mut self, mut message: Value) {
        if let Some(agent) = self.first(Role::Agent) {
            let identifier = random_uuid();
            message["id"] = identifier.clone().into();
            self.emit_as(identifier, EntryType::Message, agent, json!({ "abstractMessage": message }));
        }
    }

    pub(crate) fn agent_typing(&mut self, typing: bool) {
        let entry_type = if typing { EntryType::TypingStartedIndicator } else { EntryType::TypingStoppedIndicator };
        if let Some(agent) = self.first(Role::Agent) {
            let timestamp = self.now.timestamp_millis();
            self.emit(entry_type, agent, json!({ "timestamp": timestamp }));
        }
    }

    /// Tells what became of each message of the customer's that it was not told of before.
    pub(crate) fn acknowledge(&mut self, read: bool) {
        let acknowledgement_type = if read { AcknowledgementType::Read } else { AcknowledgementType::Delivery };
        let identifiers: Vec<_> = self.conversation().unacknowledged(acknowledgement_type).map(Into::into).collect();
        for identifier in identifiers {
            self.acknowledge_one(acknowledgement_type, identifier);
        }
    }

    fn acknowledge_one(&mut self, acknowledgement_type: AcknowledgementType, identifier: String) {
        let entry_type = match acknowledgement_type {
            AcknowledgementType::Delivery => EntryType::DeliveryAcknowledgement,
            AcknowledgementType::Read => EntryType::ReadAcknowledgement,
        };
        let (id, at) = (random_uuid(), self.now.timestamp_millis());
        let payload = json!({ "acknowledgedConversationEntryIdentifier": identifier, "acknowledgementTimestamp": at });
        let sender = self.first(Role::Agent).unwrap_or_else(Sender::system);
        self.emit_as(id.clone(), entry_type, sender, payload);
        let own = Acknowledgement { id, entry_type: acknowledgement_type, conversation_entry_id: identifier };
        self.conversation_mut().agent_acknowledgements.push(own);
    }

    /// Says something as the first participant of a role; nobody is there to say it otherwise.
    pub(crate) fn say_as(&mut self, role: Role, content: &Value) {
        if let Some(sender) = self.first(role) {
            let identifier = random_uuid();
            let message = abstract_message(&identifier, content);
            self.emit_as(identifier, EntryType::Message, sender, message);
        }
    }

    fn first(&self, role: Role) -> Option<Sender> {
        self.conversation().present(role).next().cloned()
    }

    pub(crate) fn one_agent_leaves(&mut self, name: &str) {
        self.remove_participants(true, |own| own.role == Role::Agent && own.name == name);
    }

    pub(crate) fn agent_leaves(&mut self, requeue: bool) {
        self.remove_participants(true, |own| own.role == Role::Agent);
        if requeue {
            self.conversation_mut().routing_status = self.uncertain().routing_status_after_transfer;
            self.change_status(SessionStatus::Waiting);
        }
    }
}

impl Conversation {
    /// The customer's messages of which the agents have not acknowledged so much; a read one needs no delivery any more.
    pub(crate) fn unacknowledged(&self, wanted: AcknowledgementType) -> impl Iterator<Item = &str> {
        let is_enough =
            move |own: &&Acknowledgement| own.entry_type == wanted || own.entry_type == AcknowledgementType::Read;
        let told = move |id: &str| {
            self.agent_acknowledgements.iter().filter(is_enough).any(|own| own.conversation_entry_id == id)
        };
        let sent = self.messages().filter(|entry| entry.sender.role == Role::EndUser);
        sent.map(|entry| entry.identifier.as_str()).filter(move |id| !told(id))
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Over => "The conversation is over.",
            Self::NoAgent => "No agent is in the conversation.",
            Self::Taken => "An agent has the conversation already.",
        })
    }
}
