//! What a start is made of: the customer's conversation, and what is told to the org's flow.

use chrono_tz::Tz;
use shared::escalation::Escalation;
use shared::escalation_request::EscalationRequest;
use shared::routing_attributes::{RoutingAttributes, routing_attributes};
use shared::settings::Settings;
use shared::store::StoreError;
use shared::transcript::Transcript;

use crate::MessagingStarter;
use crate::trouble::Trouble;

/// Sent if the caller named none: one org was found to need it.
const DEFAULT_LANGUAGE: &str = "en_US";

/// What a start is made of.
pub(crate) struct Material {
    pub(crate) request: EscalationRequest,
    pub(crate) routing_attributes: RoutingAttributes,
    pub(crate) time_zone: Tz,
}

/// Loads it.
pub(crate) async fn load(starter: &MessagingStarter, escalation: &Escalation) -> Result<Material, Trouble> {
    let settings = starter.store.settings(&escalation.organisation_id).await?;
    let packed = starter.store.transcript(escalation.escalation_id, escalation.transcript.chunks).await?;
    let request = EscalationRequest::unpack(&packed).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    let rows = settings.as_ref().map_or(&[][..], |settings| &settings.routing_attributes);
    Ok(Material {
        routing_attributes: routing_attributes(rows, &request, escalation.escalation_id),
        time_zone: settings.as_ref().map_or(Tz::UTC, Settings::time_zone),
        request,
    })
}

impl Material {
    /// The conversation with the AI, as the agent reads it.
    pub(crate) fn transcript(&self, escalation: &Escalation) -> Transcript<'_> {
        Transcript {
            request: &self.request,
            live: &[],
            accepted_at: escalation.accepted_at,
            why: "",
            next_opening: None,
            time_zone: self.time_zone,
        }
    }

    /// The caller's language, as Salesforce writes it: `en_US`.
    pub(crate) fn language(&self) -> String {
        let given = self.request.conversation.language.as_deref().unwrap_or_default().replace('-', "_");
        if is_locale(&given) { given } else { DEFAULT_LANGUAGE.to_owned() }
    }
}

/// A language of two or three letters, and perhaps a country or a script.
fn is_locale(text: &str) -> bool {
    let mut parts = text.split('_');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    is_language
        && parts.all(|part| (2..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_locale_or_it_is_not_passed_on() {
        for locale in ["en", "en_US", "fil", "zh_Hant", "zh_Hans_CN", "es_419"] {
            assert!(is_locale(locale), "{locale}");
        }
        for other in ["", "English", "EN", "e", "en_", "en_United", "en US", "😀"] {
            assert!(!is_locale(other), "{other}");
        }
    }
}
