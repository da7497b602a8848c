//! IAM in this process: a function is refused what its policies in the template do not allow, and what it was allowed is kept.
//!
//! Who calls is told by the access key's id, which is the function's name. Other keys are nobody's, and may do everything.

mod call;
mod policy;
mod record;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use serde_json::json;

use crate::body::read;
use call::Call;
#[cfg(test)]
pub(crate) use policy::KEY_POLICIES;
pub use policy::Permission;
pub(crate) use policy::permissions;
pub use record::PermissionRecord;

/// More than any request to DynamoDB may have.
const MAXIMUM_BODY_BYTES: usize = 32 * 1024 * 1024;

/// What functions may do, and what they did.
#[derive(Clone)]
pub(crate) struct Iam(Arc<Shared>);

struct Shared {
    granted: Vec<Permission>,
    record: Mutex<PermissionRecord>,
    file: Option<PathBuf>,
}

impl Iam {
    /// Grants these permissions. What is asked for is written to `file`, too, behind what is there.
    pub(crate) fn new(granted: Vec<Permission>, file: Option<PathBuf>) -> Self {
        Self(Arc::new(Shared { granted, record: Mutex::default(), file }))
    }

    /// What was asked for so far.
    fn record(&self) -> MutexGuard<'_, PermissionRecord> {
        self.0.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same service for callers who may call it.
    pub(crate) fn guard(&self, router: Router) -> Router {
        router.layer(from_fn_with_state(self.clone(), authorize))
    }

    fn caller(&self, headers: &HeaderMap) -> Option<String> {
        let header = headers.get("authorization")?.to_str().ok()?;
        let key = header.strip_prefix("AWS4-HMAC-SHA256 Credential=")?.split('/').next()?;
        self.0.granted.iter().any(|granted| granted.function == key).then(|| key.to_owned())
    }

    /// Whether a function may do this, which is recorded.
    fn allows(&self, function: &str, call: &Call) -> anyhow::Result<bool> {
        let mut granted = self.0.granted.iter().filter(|granted| granted.function == function);
        let permission = granted.find(|granted| granted.covers(&call.action, &call.resource));
        let file = self.0.file.as_deref();
        match permission {
            Some(permission) => self.record().needed(permission, file)?,
            None => self.record().denied(function, call, file)?,
        }
        Ok(permission.is_some())
    }
}

async fn authorize(State(iam): State<Iam>, request: Request, next: Next) -> Response {
    let Some(function) = iam.caller(request.headers()) else { return next.run(request).await };
    let (parts, body) = request.into_parts();
    let Ok(body) = read(body, MAXIMUM_BODY_BYTES).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
    for call in call::calls(parts.uri.path(), &parts.headers, &body) {
        match iam.allows(&function, &call) {
            Ok(true) => {}
            Ok(false) => return denied(&function, &call),
            Err(error) => return (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
    next.run(Request::from_parts(parts, Body::from(body))).await
}

/// The services' answer: Lambda's names its type in a header and is a 403, that of the others in the body of a 400.
fn denied(function: &str, Call { action, resource }: &Call) -> Response {
    let message = format!("{function} is not authorized to perform: {action} on resource: {resource}");
    let body = json!({ "__type": "AccessDeniedException", "message": message, "Message": message });
    let is_lambda = action.starts_with("lambda:");
    let status = if is_lambda { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
    (status, [("x-amzn-errortype", "AccessDeniedException")], Json(body)).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::routing::post;
    use reqwest::Client;

    use super::*;
    use crate::server::{Server, bind, url};

    const TABLE: &str = "arn:aws:dynamodb:us-east-1:000000000000:table/Table";

    async fn status(address: &str, key: &str, operation: &str) -> u16 {
        let client = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
        let request = client.post(address).body(r#"{"TableName":"Table"}"#);
        let request = request.header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let credential =
            format!("AWS4-HMAC-SHA256 Credential={key}/20261123/us-east-1/dynamodb/aws4_request, Signature=0");
        request.header("authorization", credential).send().await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn a_function_is_refused_what_it_is_not_granted_and_nobody_else_is_refused() {
        let iam = Iam::new(vec![format!("settings dynamodb:GetItem {TABLE}").parse().unwrap()], None);
        let listener = bind(0).await.unwrap();
        let address = url(&listener).unwrap();
        let service = Router::new().route("/", post(async |body: String| body));
        let _server = Server::start(listener, iam.guard(service));
        assert_eq!(status(&address, "settings", "GetItem").await, 200);
        assert_eq!(status(&address, "settings", "PutItem").await, 400);
        assert_eq!(status(&address, "local", "PutItem").await, 200);
        let record = iam.record().clone();
        assert_eq!(record.needed, iam.0.granted.iter().cloned().collect());
        assert_eq!(record.denied, [format!("settings dynamodb:PutItem {TABLE}").parse().unwrap()].into());
    }
}
