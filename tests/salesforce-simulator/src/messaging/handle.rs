//! Typed access to an org's Messaging.

use std::{error::Error, fmt};

use axum::body::Bytes;
use tokio::time::error::Elapsed;

use crate::{
    handle::Handle,
    messaging::{
        agent::Obstacle,
        callback::{self, Callback, CallbackCase, SentCallback},
        conversation::{Conversation, EndedBy},
        file::FileData,
        scene::Scene,
        script::{Action, Script},
        settings::MessagingOrg,
        state::Attachment,
    },
};

/// The org has no such conversation, or the simulator no such org.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownConversation;

type Result<T = ()> = std::result::Result<T, UnknownConversation>;

impl Handle {
    /// An org's conversations, oldest first.
    #[must_use]
    pub fn conversations(&self, client_id: &str) -> Vec<Conversation> {
        self.of_org(client_id, |org| org.messaging.conversations.clone())
    }

    /// One conversation, if the org has it.
    #[must_use]
    pub fn conversation(&self, client_id: &str, conversation: &str) -> Option<Conversation> {
        self.of_org(client_id, |org| org.messaging.conversations.iter().find(|own| own.id == conversation).cloned())
    }

    /// Waits until a conversation of the org is as it should be, for at most 30 seconds.
    pub async fn wait_for_conversation(
        &self,
        client_id: &str,
        is_expected: impl Fn(&Conversation) -> bool,
    ) -> std::result::Result<Conversation, Elapsed> {
        self.wait_for(|handle| handle.conversations(client_id).into_iter().find(&is_expected)).await
    }

    /// Lets something happen to a conversation now.
    pub fn play(&self, client_id: &str, conversation: &str, action: Action) -> Result {
        self.on_scene(client_id, conversation, |scene| scene.play(action))
    }

    /// The same, or what keeps it from doing anything.
    pub(crate) fn try_to_play(&self, client_id: &str, conversation: &str, action: Action) -> Result<Option<Obstacle>> {
        self.on_scene(client_id, conversation, |scene| {
            let obstacle = scene.obstacle(&action);
            if obstacle.is_none() {
                scene.play(action);
            }
            obstacle
        })
    }

    /// An agent takes a conversation.
    pub fn join_agent(&self, client_id: &str, conversation: &str, name: &str) -> Result {
        self.play(client_id, conversation, Action::AgentJoins { name: name.into() })
    }

    /// The agents leave; `requeue` gives the conversation back to the queue.
    pub fn leave_agent(&self, client_id: &str, conversation: &str, requeue: bool) -> Result {
        self.play(client_id, conversation, Action::AgentLeaves { requeue })
    }

    /// The agents pass a conversation on, to an agent who takes it at once or to a queue.
    pub fn transfer(&self, client_id: &str, conversation: &str, to: Option<&str>) -> Result {
        self.play(client_id, conversation, Action::Transfer { to: to.map(Into::into) })
    }

    /// The agent writes; nothing if none is present.
    pub fn agent_says(&self, client_id: &str, conversation: &str, text: &str) -> Result {
        self.play(client_id, conversation, Action::AgentSays { text: text.into() })
    }

    /// The agent sends a file; nothing if none is present.
    pub fn agent_sends_file(
        &self,
        client_id: &str,
        conversation: &str,
        (name, content_type): (&str, &str),
        bytes: impl Into<Bytes>,
    ) -> Result {
        let file = FileData { name: name.into(), content_type: content_type.into(), bytes: bytes.into() };
        self.on_scene(client_id, conversation, |scene| scene.agent_sends_file(file))
    }

    /// The agent sends a file, or what keeps it from that.
    pub(crate) fn try_to_send_file(
        &self,
        client_id: &str,
        conversation: &str,
        file: FileData,
    ) -> Result<Option<Obstacle>> {
        self.on_scene(client_id, conversation, |scene| {
            let obstacle = scene.obstacle_to_agent();
            if obstacle.is_none() {
                scene.agent_sends_file(file);
            }
            obstacle
        })
    }

    /// A file of a conversation, if the org has it.
    pub(crate) fn attachment(&self, client_id: &str, id: &str) -> Option<Attachment> {
        self.of_org(client_id, |org| org.messaging.attachments.get(id).cloned())
    }

    /// The agent starts or stops typing; nothing if none is present.
    pub fn agent_typing(&self, client_id: &str, conversation: &str, typing: bool) -> Result {
        self.play(client_id, conversation, Action::AgentTyping { typing })
    }

    /// The session ends; without `with_event` neither the event stream nor the entries tell it.
    pub fn end_session(&self, client_id: &str, conversation: &str, by: EndedBy, with_event: bool) -> Result {
        self.play(client_id, conversation, Action::SessionEnds { by, with_event })
    }

    /// Omni-Channel finds nobody.
    pub fn refuse_routing(&self, client_id: &str, conversation: &str, error_messages: &[&str]) -> Result {
        let error_messages = error_messages.iter().map(ToString::to_string).collect();
        self.play(client_id, conversation, Action::RoutingFailure { error_messages })
    }

    /// What happens to every conversation that is created from now on. Nothing if the org has no Messaging.
    pub fn set_script(&self, client_id: &str, script: Script) {
        self.change_messaging(client_id, |messaging| messaging.script = script);
    }

    /// Changes the settings of an org's Messaging. Nothing if it has none.
    pub fn change_messaging(&self, client_id: &str, change: impl FnOnce(&mut MessagingOrg)) {
        self.change_org(client_id, |settings| {
            if let Some(messaging) = &mut settings.messaging {
                change(messaging);
            }
        });
    }

    /// Ends every guest's access token, and with it the event streams.
    pub fn expire_tokens(&self, client_id: &str) {
        self.change(|world| {
            if let Some(org) = world.org_mut(client_id) {
                org.messaging.expire_tokens();
            }
        });
    }

    /// Breaks every event stream that is open.
    pub fn break_streams(&self, client_id: &str) {
        self.change(|world| {
            for guest in world.org_mut(client_id).into_iter().flat_map(|org| org.messaging.guests.values_mut()) {
                guest.broken_streams = guest.last_stream;
            }
        });
    }

    /// How many event streams are open.
    #[must_use]
    pub fn streams(&self, client_id: &str) -> usize {
        self.of_org(client_id, |org| org.messaging.guests.values().map(|guest| guest.streams).sum())
    }

    /// Makes a Case as the org's flow does.
    pub fn make_flow_case(&self, client_id: &str, conversation: &str) -> Result<CallbackCase> {
        self.on_scene(client_id, conversation, callback::make_case)
    }

    /// Sends the callback of a conversation now, even twice or late; the status of the answer, nothing if there was none.
    pub async fn callback(
        &self,
        client_id: &str,
        conversation: &str,
        case: Option<&CallbackCase>,
    ) -> Result<Option<u16>> {
        let callback = self.on_scene(client_id, conversation, |scene| Callback::new(scene, case))?;
        Ok(callback.send(self).await)
    }

    /// The callbacks that an org has sent, oldest first.
    #[must_use]
    pub fn callbacks(&self, client_id: &str) -> Vec<SentCallback> {
        self.of_org(client_id, |org| org.messaging.sent.clone())
    }

    fn on_scene<T>(&self, client_id: &str, conversation: &str, act: impl FnOnce(&mut Scene<'_>) -> T) -> Result<T> {
        self.change(|world| {
            let now = world.now();
            let org = world.org_mut(client_id).ok_or(UnknownConversation)?;
            let position = org.messaging.position(conversation).ok_or(UnknownConversation)?;
            Ok(act(&mut Scene { org, position, now }))
        })
    }
}

impl fmt::Display for UnknownConversation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("there is no such conversation")
    }
}

impl Error for UnknownConversation {}
