//! The organisations, each of its own kind.

use flows::System;
use salesforce_simulator::{CallbackSettings, ExternalIdField, Script};
use serde_json::json;

/// In which nobody has come: then it is a Case.
const LONGEST_WAIT_MINUTES: u32 = 1;
/// Of an organisation whose sessions end while they are needed.
const SHORT_SESSION_SECONDS: u32 = 20;

/// Of a guest's token: the shortest that an org can choose, so that it is renewed.
pub(crate) const GUEST_TOKEN_SECONDS: u32 = 3_600;

/// An organisation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Organisation {
    pub(crate) id: &'static str,
    integration_type: &'static str,
    messaging: Messaging,
    /// Whether Cases have our field.
    has_field: bool,
    /// Whether its org runs out of its calls of a day, which is then looked at again each hour.
    pub(crate) is_limited: bool,
}

/// Whether it has live conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Messaging {
    NotSetUp,
    /// Out of hours.
    Closed,
    Open,
}

const OMNI_CHANNEL: Organisation = Organisation {
    id: "omni-channel",
    integration_type: "omniChannelFlow",
    messaging: Messaging::Open,
    has_field: true,
    is_limited: false,
};

/// All of them. Most have conversations, since most goes wrong there.
pub(crate) const ALL: [Organisation; 8] = [
    OMNI_CHANNEL,
    Organisation { id: "omni-channel-without-field", has_field: false, ..OMNI_CHANNEL },
    Organisation { id: "omni-channel-without-messaging", messaging: Messaging::NotSetUp, ..OMNI_CHANNEL },
    Organisation { id: "fullview", integration_type: "fullviewFlow", ..OMNI_CHANNEL },
    Organisation { id: "fullview-without-field", integration_type: "fullviewFlow", has_field: false, ..OMNI_CHANNEL },
    Organisation {
        id: "fullview-closed",
        integration_type: "fullviewFlow",
        messaging: Messaging::Closed,
        ..OMNI_CHANNEL
    },
    Organisation { id: "fullview-limited", integration_type: "fullviewFlow", is_limited: true, ..OMNI_CHANNEL },
    Organisation {
        id: "fullview-without-messaging",
        integration_type: "fullviewFlow",
        messaging: Messaging::NotSetUp,
        has_field: false,
        ..OMNI_CHANNEL
    },
];

impl Organisation {
    /// Whether conversations are opened.
    pub(crate) fn is_live(&self) -> bool {
        self.messaging == Messaging::Open
    }

    /// Whether the org's flow may refuse a conversation.
    pub(crate) fn has_flow(&self) -> bool {
        self.is_live() && self.integration_type == "omniChannelFlow"
    }

    /// Makes it, with its org.
    pub(crate) async fn make(&self, system: &System) -> anyhow::Result<()> {
        let (id, integration_type) = (self.id, self.integration_type);
        if self.messaging == Messaging::NotSetUp {
            system.organisation_with(id, |settings| settings["integrationType"] = json!(integration_type)).await?;
        } else {
            system.live_organisation(id, integration_type, Script::default()).await?;
            let callback = CallbackSettings {
                endpoint: system.stack.api_url().to_owned(),
                organisation_id: id.to_owned(),
                escalations_token: system.escalations_token(id).await?,
            };
            system.salesforce().change_messaging(id, |messaging| {
                messaging.callback = Some(callback);
                messaging.token_lifetime_seconds = GUEST_TOKEN_SECONDS;
                messaging.uncertain.duplicate_events = self.has_field;
                messaging.uncertain.no_replay = !self.has_field;
            });
        }
        system.salesforce().change_org(id, |org| {
            if self.has_field {
                org.session_timeout_seconds = SHORT_SESSION_SECONDS;
            } else {
                org.external_id_field = ExternalIdField::Missing;
            }
        });
        system
            .update_settings(id, |settings| {
                settings["rescue"] = json!({ "longestWaitMinutes": LONGEST_WAIT_MINUTES });
                if self.messaging == Messaging::Closed {
                    settings["businessHours"]["weekly"] = json!({});
                }
            })
            .await
    }
}
