//! An organisation's keys. A key is shown once; only its digest is stored.

use lambda_http::http::StatusCode;
use secrecy::ExposeSecret as _;
use shared::authentication::{Caller, require_organisation};
use shared::digest::sha256_hex;
use shared::http_api::Answer;
use shared::problem::{Code, Problem};
use shared::store::{Audited, StoredKey};

use crate::SettingsApi;
use crate::audit::entry;
use crate::bodies::CreatedKey;

pub(crate) async fn create(api: &SettingsApi, caller: &Caller, organisation_id: &str) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let key = api.ids.key();
    let stored = StoredKey { key_id: api.ids.uuid(), digest: sha256_hex(key.expose_secret()) };
    let entry = entry(api, caller, Audited::KeyCreated, stored.key_id);
    api.store.put_key(organisation_id, &stored, &entry).await?;
    Ok(Answer::json(StatusCode::CREATED, CreatedKey { key_id: stored.key_id, key: key.expose_secret() }))
}

pub(crate) async fn delete(
    api: &SettingsApi,
    caller: &Caller,
    organisation_id: &str,
    key_id: &str,
) -> Result<Answer, Problem> {
    require_organisation(&api.store, organisation_id).await?;
    let not_found = || Problem::new(Code::NotFound).with_detail("there is no such key");
    let key_id = key_id.parse().map_err(|_| not_found())?;
    let entry = entry(api, caller, Audited::KeyDeleted, key_id);
    let is_deleted = api.store.delete_key(organisation_id, key_id, &entry).await?;
    if is_deleted { Ok(Answer::no_content()) } else { Err(not_found()) }
}
