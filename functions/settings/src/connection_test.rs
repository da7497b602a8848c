//! The connection test: the checks, run against the settings that are stored or against others before they are saved.

use lambda_http::Request;
use lambda_http::http::StatusCode;
use secrecy::SecretString;
use serde_json::Value;
use shared::authentication::require_organisation;
use shared::http_api::{Answer, json_body};
use shared::json_reader::JsonReader;
use shared::problem::{Code, FieldError, Problem};
use shared::salesforce::{CurrentSession, Org, Session};
use shared::settings::Settings;

use crate::SettingsApi;
use crate::bodies::ConnectionTest;
use crate::checks::{self, Check};
use crate::parse::{Document, document};

pub(crate) async fn run(api: &SettingsApi, request: &Request, organisation_id: &str) -> Result<Answer, Problem> {
    let body = json_body(request)?;
    let stored = api.store.settings(organisation_id).await?;
    let unsaved = unsaved(&body, stored.is_some(), api.environment.allow_loopback).map_err(Problem::invalid)?;
    require_organisation(&api.store, organisation_id).await?;
    let checks = match (unsaved, stored) {
        (Some(document), stored) => test_unsaved(api, organisation_id, document, stored.as_ref()).await?,
        (None, Some(stored)) => test_stored(api, organisation_id, &stored).await?,
        (None, None) => return Err(Problem::new(Code::OrganisationNotConfigured)),
    };
    Ok(Answer::json(StatusCode::OK, ConnectionTest { checks }))
}

/// The document that the request brings along; `has_secret` if a client secret is stored already.
///
/// # Errors
/// Every wrong field, with a pointer to it.
pub fn unsaved(body: &Value, has_secret: bool, allow_loopback: bool) -> Result<Option<Document>, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut reader = JsonReader::new(body, &mut errors);
    let document = reader.object().and_then(|_| {
        let mut settings = reader.optional_object("settings")?;
        document(&mut settings, has_secret, allow_loopback)
    });
    if errors.is_empty() { Ok(document) } else { Err(errors) }
}

/// Nothing of what is not saved becomes the organisation's: neither the session nor a redrive.
async fn test_unsaved(
    api: &SettingsApi,
    organisation_id: &str,
    mut document: Document,
    stored: Option<&Settings>,
) -> Result<Vec<Check>, Problem> {
    let secret = match (document.client_secret.take(), stored) {
        (Some(secret), _) => secret,
        (None, Some(stored)) => stored_secret(api, organisation_id, stored).await?,
        (None, None) => return Err(Problem::invalid_field("/settings/salesforce/clientSecret", "is required")),
    };
    let settings = document.into_settings(0, String::new());
    Ok(checks::run(&api.salesforce, &settings, &secret).await.0)
}

/// The session of the test is shared, so that a test costs one sign-in and saves the next one. If the settings work, what got stuck is
/// driven on.
async fn test_stored(api: &SettingsApi, organisation_id: &str, settings: &Settings) -> Result<Vec<Check>, Problem> {
    let secret = stored_secret(api, organisation_id, settings).await?;
    let (checks, session) = checks::run(&api.salesforce, settings, &secret).await;
    if let Some(session) = session {
        share(api, organisation_id, settings, &session).await;
    }
    if checks::is_connected(&checks) {
        api.store.owe_redrive(organisation_id, api.clock.now()).await?;
        api.store.clear_not_before(organisation_id).await?;
        api.hints.wake_recovery().await;
    }
    Ok(checks)
}

async fn stored_secret(api: &SettingsApi, organisation_id: &str, settings: &Settings) -> Result<SecretString, Problem> {
    let secret = api.secrets.client_secret(organisation_id, &settings.salesforce.client_secret_version).await;
    secret.map_err(|error| {
        tracing::error!(%error, organisationId = organisation_id, "client secret not read");
        Problem::new(Code::Unavailable)
    })
}

async fn share(api: &SettingsApi, organisation_id: &str, settings: &Settings, session: &Session) {
    if let Err(error) = org(api, organisation_id, settings).share(session).await {
        tracing::warn!(%error, organisationId = organisation_id, "the session of a connection test is not shared");
    }
}

/// The org of stored settings.
pub(crate) fn org<'a>(api: &'a SettingsApi, organisation_id: &'a str, settings: &'a Settings) -> Org<'a> {
    Org {
        salesforce: &api.salesforce,
        store: &api.store,
        secrets: &api.secrets,
        clock: &*api.clock,
        organisation_id,
        settings: &settings.salesforce,
        host: settings.salesforce.domain.clone(),
        current: CurrentSession::default(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(body: &Value, has_secret: bool) -> Vec<String> {
        let errors = unsaved(body, has_secret, false).err().unwrap_or_default();
        errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn without_a_document_the_stored_settings_are_tested() {
        assert!(unsaved(&json!({}), true, false).is_ok_and(|document| document.is_none()));
        assert!(unsaved(&json!({ "settings": null }), true, false).is_ok_and(|document| document.is_none()));
        assert_eq!(pointers(&json!([]), true), [""]);
    }

    #[test]
    fn a_document_is_read_as_it_would_be_saved() {
        let body = json!({ "settings": { "integrationType": "fullviewFlow", "salesforce": { "domain": "login.salesforce.com", "clientId": "i" } } });
        assert_eq!(pointers(&body, true), ["/settings/salesforce/domain"]);
        assert_eq!(pointers(&body, false), ["/settings/salesforce/domain", "/settings/salesforce/clientSecret"]);
        assert_eq!(pointers(&json!({ "settings": 7 }), true), ["/settings"]);
    }
}
