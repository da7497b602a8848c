//! Carrying out an [`Action`].

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::{
    messaging::{
        callback,
        conversation::{EndedBy, SessionStatus},
        entry::{EntryType, Role, Sender},
        file::FileData,
        scene::{Scene, without_nulls},
        script::Action,
        send::{abstract_message, plain},
        state::random_uuid,
        uncertain::{AgentEnd, WaitShown},
    },
    org::Org,
};

impl Org {
    /// Carries out what is due.
    pub(crate) fn carry_out_planned(&mut self, now: DateTime<Utc>) {
        while self.messaging.planned.first().is_some_and(|planned| planned.due <= now) {
            let planned = self.messaging.planned.remove(0);
            if let Some(position) = self.messaging.position(&planned.conversation) {
                Scene { org: self, position, now }.play(planned.action);
            }
        }
        self.end_abandoned(now);
    }

    /// When something happens next by itself.
    pub(crate) fn next_due(&self) -> Option<DateTime<Utc>> {
        let planned = self.messaging.planned.first().map(|planned| planned.due);
        let callback = self.messaging.outbox.iter().map(|callback| callback.due).min();
        planned.into_iter().chain(callback).chain(self.next_abandonment()).min()
    }

    fn next_abandonment(&self) -> Option<DateTime<Utc>> {
        let limit = self.abandonment()?;
        let live = self.messaging.conversations.iter().filter(|conversation| conversation.is_live());
        live.filter_map(|conversation| conversation.unattended_since).min().map(|since| since + limit)
    }

    fn abandonment(&self) -> Option<chrono::TimeDelta> {
        let seconds = self.settings.messaging.as_ref()?.uncertain.abandonment_seconds;
        (seconds > 0).then(|| chrono::TimeDelta::seconds(seconds.into()))
    }

    fn end_abandoned(&mut self, now: DateTime<Utc>) {
        let Some(limit) = self.abandonment() else {
            return;
        };
        for position in 0..self.messaging.conversations.len() {
            let conversation = &self.messaging.conversations[position];
            let is_abandoned = conversation.unattended_since.is_some_and(|since| since + limit <= now);
            if is_abandoned && conversation.is_live() {
                Scene { org: self, position, now }.play(Action::SessionEnds { by: EndedBy::System, with_event: true });
            }
        }
    }
}

impl Scene<'_> {
    /// Carries out an action, unless the conversation or its session is over.
    pub(crate) fn play(&mut self, action: Action) {
        if !self.conversation().is_live() {
            return;
        }
        match action {
            Action::QueuePosition { position } => self.queue_position(position),
            Action::RoutingResult { estimated_wait_seconds } => self.routing_result("Initial", estimated_wait_seconds),
            Action::RoutingFailure { error_messages } => self.routing_failure(&error_messages),
            Action::RoutingWork { work_type } => self.routing_work(work_type),
            Action::AgentJoins { name } => self.agent_joins(name),
            Action::AgentAccepts { name } => self.agent_accepts(name),
            Action::ChatbotJoins { name } => self.chatbot_joins(name),
            Action::ChatbotLeaves => self.remove_participants(true, |own| own.role == Role::Chatbot),
            Action::AgentSays { text } => self.say_as(Role::Agent, &plain(&text)),
            Action::ChatbotSays { text } => self.say_as(Role::Chatbot, &plain(&text)),
            Action::SystemSays { text } => self.system_says(&text),
            Action::AgentSendsFile { name, content_type, content } => {
                self.agent_sends_file(FileData { name, content_type, bytes: content.into() });
            }
            Action::AgentSendsMessage { message } => self.agent_sends_message(message),
            Action::AgentTyping { typing } => self.agent_typing(typing),
            Action::AgentAcknowledges { read } => self.acknowledge(read),
            Action::Transfer { to } => self.transfer(to),
            Action::AgentLeaves { requeue } => self.agent_leaves(requeue),
            Action::OneAgentLeaves { name } => self.one_agent_leaves(&name),
            Action::GoesInactive => self.change_status(SessionStatus::Inactive),
            Action::SessionEnds { by, with_event } => self.session_ends(by, with_event),
            Action::FlowRefuses(refusal) => callback::refuse(self, &refusal),
        }
    }

    fn queue_position(&mut self, position: u32) {
        let uncertain = self.uncertain();
        if uncertain.wait_shown == WaitShown::EstimatedWaitTime {
            return;
        }
        let position = if uncertain.queue_position_from_zero { position.saturating_sub(1) } else { position };
        let conversation = self.conversation_mut();
        conversation.queue_position = Some(position);
        let session = conversation.session_id().to_owned();
        let payload = json!({ "pendingServiceRoutingId": "0JR", "workItemId": session, "position": position });
        self.emit(EntryType::QueuePosition, Sender::system(), payload);
    }

    fn routing_result(&mut self, routing_type: &str, estimated_wait_seconds: Option<i64>) {
        let shown = self.uncertain().wait_shown != WaitShown::QueuePosition;
        let wait = estimated_wait_seconds.filter(|_| shown);
        let wait = wait.map(|seconds| json!({ "isEWTRequested": true, "estimatedWaitTimeInSeconds": seconds }));
        let payload = json!({
            "routingType": routing_type,
            "failureType": "None",
            "errorMessages": [],
            "recordId": self.conversation().session_id(),
            "isExternallyRouted": false,
            "estimatedWaitTime": wait,
        });
        self.emit(EntryType::RoutingResult, Sender::system(), without_nulls(payload));
    }

    pub(crate) fn routing_failure(&mut self, error_messages: &[String]) {
        let payload = json!({
            "routingType": "Initial",
            "failureType": "RoutingError",
            "errorMessages": error_messages,
            "recordId": self.conversation().session_id(),
            "isExternallyRouted": false,
            "routingConfigurationDetails": { "queueId": "" },
        });
        self.emit(EntryType::RoutingResult, Sender::system(), payload);
    }

    fn chatbot_joins(&mut self, name: String) {
        self.add_participant(Sender { role: Role::Chatbot, name, subject: "0Xx".into() });
    }

    fn system_says(&mut self, text: &str) {
        let identifier = random_uuid();
        let mut message = abstract_message(&identifier, &plain(text));
        message["messageReason"] = "AutomatedResponse".into();
        self.emit_as(identifier, EntryType::Message, Sender::system(), message);
    }

    fn transfer(&mut self, to: Option<String>) {
        self.agent_leaves(true);
        self.routing_result("Transfer", None);
        if let Some(name) = to {
            self.agent_joins(name);
        }
    }

    fn session_ends(&mut self, by: EndedBy, with_event: bool) {
        let uncertain = self.uncertain();
        let (participant, status) = match (by, uncertain.agent_end) {
            _ if !with_event => (false, false),
            (EndedBy::Agent, AgentEnd::ParticipantOnly) => (true, false),
            (EndedBy::Agent, AgentEnd::StatusOnly) => (false, true),
            (EndedBy::Agent, AgentEnd::Silent) => (false, false),
            _ => (true, true),
        };
        let had_agent = !self.conversation().agents().is_empty();
        self.remove_participants(participant, |own| matches!(own.role, Role::Agent | Role::Chatbot));
        if had_agent || by == EndedBy::Agent {
            self.conversation_mut().routing_status = uncertain.routing_status_after_end;
        }
        self.end_session(by, status);
    }
}
