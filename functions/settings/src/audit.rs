//! The audit: who changed what, newest first. No secret, token or key is in it.

use lambda_http::http::StatusCode;
use lambda_http::{Request, RequestExt as _};
use shared::authentication::{Caller, require_organisation};
use shared::http_api::Answer;
use shared::list_page::{self, cursor};
use shared::problem::Problem;
use shared::settings::Settings;
use shared::store::{AuditEntry, Audited, FieldChange};
use uuid::Uuid;

use crate::SettingsApi;
use crate::bodies::{AuditList, AuditedChange};
use crate::differences::differences;
use crate::view::document;

pub(crate) async fn list(api: &SettingsApi, request: &Request, organisation_id: &str) -> Result<Answer, Problem> {
    let parameters = request.query_string_parameters();
    let page = list_page::parse(|name| parameters.first(name).map(str::to_owned)).map_err(Problem::invalid)?;
    require_organisation(&api.store, organisation_id).await?;
    let page = api.store.audit(organisation_id, &page).await?;
    let changes = page.entries.into_iter().map(view).collect();
    Ok(Answer::json(StatusCode::OK, AuditList { changes, cursor: page.next.as_deref().map(cursor) }))
}

fn view(entry: AuditEntry) -> AuditedChange {
    let AuditEntry { id: _, at, by, what, subject, version, changes } = entry;
    AuditedChange { at, by, what, subject, version, changes }
}

/// The entry of a change to a token or key.
pub(crate) fn entry(api: &SettingsApi, caller: &Caller, what: Audited, subject: Uuid) -> AuditEntry {
    AuditEntry { subject: Some(subject), ..blank(api, caller, what) }
}

/// The entry of a customer's erasure. Not even a digest of the customer's id is in it.
pub(crate) fn erasure_entry(api: &SettingsApi, caller: &Caller) -> AuditEntry {
    blank(api, caller, Audited::CustomerErased)
}

/// The entry of new settings; none if they are the same as before and no secret was sent.
pub(crate) fn settings_entry(
    api: &SettingsApi,
    caller: &Caller,
    before: Option<&Settings>,
    after: &Settings,
) -> Option<AuditEntry> {
    let changes = changes(before, after);
    let version = Some(after.version);
    (!changes.is_empty()).then(|| AuditEntry { version, changes, ..blank(api, caller, Audited::Settings) })
}

fn changes(before: Option<&Settings>, after: &Settings) -> Vec<FieldChange> {
    let secret = |settings: &Settings| settings.salesforce.client_secret_version.clone();
    let secret = (before.map(secret) != Some(secret(after)))
        .then(|| FieldChange::Secret { pointer: "/salesforce/clientSecret".into(), secret: true });
    differences(&document(before), &document(Some(after))).into_iter().chain(secret).collect()
}

fn blank(api: &SettingsApi, caller: &Caller, what: Audited) -> AuditEntry {
    let (id, at, by) = (api.ids.uuid(), api.clock.now(), caller.name().to_owned());
    AuditEntry { id, at, by, what, subject: None, version: None, changes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::parse::parse;

    fn settings(client_id: &str, secret_version: &str) -> Settings {
        let salesforce = json!({ "domain": "acme", "clientId": client_id, "clientSecret": "hidden" });
        let body = json!({ "integrationType": "omniChannelFlow", "salesforce": salesforce });
        parse(&body, false, false).ok().unwrap().into_settings(1, secret_version.into())
    }

    #[test]
    fn the_first_settings_differ_from_the_defaults() {
        let changes = json!(changes(None, &settings("id", "v1")));
        assert_eq!(
            changes,
            json!([
                { "pointer": "/integrationType", "from": null, "to": "omniChannelFlow" },
                { "pointer": "/rescue/longestWaitMinutes", "from": 20, "to": 1440 },
                { "pointer": "/salesforce/clientId", "from": null, "to": "id" },
                { "pointer": "/salesforce/domain", "from": null, "to": "acme.my.salesforce.com" },
                { "pointer": "/salesforce/clientSecret", "secret": true },
            ])
        );
    }

    #[test]
    fn a_secret_that_was_sent_is_told_as_changed_and_one_that_was_kept_is_not() {
        let before = settings("id", "v1");
        assert_eq!(json!(changes(Some(&before), &settings("id", "v1"))), json!([]));
        let sent = json!([{ "pointer": "/salesforce/clientSecret", "secret": true }]);
        assert_eq!(json!(changes(Some(&before), &settings("id", "v2"))), sent);
    }
}
