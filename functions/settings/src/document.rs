//! The settings document: shown, and replaced as a whole.

use lambda_http::Request;
use lambda_http::http::StatusCode;
use shared::authentication::{Caller, require_organisation};
use shared::http_api::{Answer, header_text, json_body};
use shared::problem::{Code, Problem};
use shared::settings::Settings;
use shared::store::StoreError;

use crate::SettingsApi;
use crate::audit::settings_entry;
use crate::parse::{Document, parse};
use crate::view::view;

pub(crate) async fn show(api: &SettingsApi, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let settings = api.store.settings(organisation_id).await?;
    Ok(answer(api, organisation_id, settings.as_ref()))
}

/// The settings are the next version even if nothing in them differs; the audit tells only of what does.
pub(crate) async fn put(
    api: &SettingsApi,
    caller: &Caller,
    request: &Request,
    organisation_id: &str,
) -> Result<Answer, Problem> {
    let body = json_body(request)?;
    let stored = api.store.settings(organisation_id).await?;
    let has_secret = stored.is_some();
    let document = parse(&body, has_secret, api.environment.allow_loopback).map_err(Problem::invalid)?;
    require_organisation(&api.store, organisation_id).await?;
    let version = stored.as_ref().map_or(0, |stored| stored.version);
    check_version(header_text(request, "if-match"), version)?;
    let settings = with_secret(api, organisation_id, document, stored.as_ref()).await?;
    let entry = settings_entry(api, caller, stored.as_ref(), &settings);
    match api.store.put_settings(organisation_id, &settings, entry.as_ref(), api.clock.now()).await {
        Err(StoreError::Conflict) => Err(Problem::new(Code::StaleVersion)),
        outcome => {
            outcome?;
            api.store.clear_not_before(organisation_id).await?;
            api.hints.wake_recovery().await;
            Ok(answer(api, organisation_id, Some(&settings)))
        }
    }
}

/// `If-Match` must name the version that the change is made to.
fn check_version(if_match: Option<&str>, version: u64) -> Result<(), Problem> {
    match if_match.map(str::trim) {
        None => Err(Problem::new(Code::VersionRequired).with_detail("send the ETag of GET as If-Match")),
        Some(tag) if tag == etag(version) => Ok(()),
        Some(_) => Err(Problem::new(Code::StaleVersion).with_detail("read the settings again and repeat the change")),
    }
}

fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// The settings of the next version; a client secret that was sent goes to Secrets Manager first.
async fn with_secret(
    api: &SettingsApi,
    organisation_id: &str,
    document: Document,
    stored: Option<&Settings>,
) -> Result<Settings, Problem> {
    let kept = stored.map(|stored| stored.salesforce.client_secret_version.clone()).unwrap_or_default();
    let client_secret_version = match &document.client_secret {
        None => kept,
        Some(secret) => {
            let version = api.ids.uuid().to_string();
            api.secrets.put_client_secret(organisation_id, secret, &version).await.map_err(|error| {
                tracing::error!(%error, organisationId = organisation_id, "client secret not stored");
                Problem::new(Code::Unavailable)
            })?
        }
    };
    let version = stored.map_or(0, |stored| stored.version) + 1;
    Ok(document.into_settings(version, client_secret_version))
}

fn answer(api: &SettingsApi, organisation_id: &str, settings: Option<&Settings>) -> Answer {
    let version = settings.map_or(0, |settings| settings.version);
    let body = view(settings, organisation_id, &api.environment.api_endpoint);
    Answer::json(StatusCode::OK, body).with_header("etag", etag(version))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(if_match: Option<&str>) -> Option<Code> {
        check_version(if_match, 3).err().map(|problem| problem.code)
    }

    #[test]
    fn a_change_names_the_version_it_is_made_to() {
        assert_eq!(code(Some("\"3\"")), None);
        assert_eq!(code(None), Some(Code::VersionRequired));
        for stale in ["\"2\"", "3", "*", "W/\"3\"", ""] {
            assert_eq!(code(Some(stale)), Some(Code::StaleVersion), "{stale}");
        }
    }
}
