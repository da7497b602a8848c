//! What a simulator takes from outside: the time, and the way to whoever its orgs call.

use std::{
    fmt::Debug,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::Value;

use crate::messaging::settings::CallbackSettings;

const TIMEOUT: Duration = Duration::from_secs(10);

/// What a simulator takes from outside. Whoever simulates whole histories has another than the machine itself.
pub trait Outside: Debug + Send + Sync {
    /// The time.
    fn now(&self) -> DateTime<Utc>;

    /// Posts a callback of the package; the status of the answer, nothing if there was none.
    fn post(&self, settings: CallbackSettings, body: Value) -> BoxFuture<'static, Option<u16>>;
}

/// The machine's clock, and HTTP.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Real;

impl Outside for Real {
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }

    fn post(&self, settings: CallbackSettings, body: Value) -> BoxFuture<'static, Option<u16>> {
        Box::pin(async move {
            let client = reqwest::Client::builder().timeout(TIMEOUT).build().ok()?;
            let url = format!("{}/v1/callbacks/apex/{}", settings.endpoint, settings.organisation_id);
            let request = client.post(url).bearer_auth(&settings.escalations_token).json(&body);
            Some(request.send().await.ok()?.status().as_u16())
        })
    }
}
