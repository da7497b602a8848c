//! The REST API's calls that we make.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{MAX_REFUSALS, Refusal, is_name, refusals};
use super::transport::{self, Http};
use super::{API_VERSION, Host, SalesforceError, Session, Transport, usage};

/// A Case with its file is made in a second or two; a call that takes longer than this has an unknown outcome.
pub(super) const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// Calls Salesforce orgs over HTTP. Redirects are never followed.
#[derive(Clone, Debug)]
pub struct Salesforce {
    pub(super) http: Http,
    pub(super) allow_loopback: bool,
}

/// One part of a composite request.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Subrequest {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Path from `/services/data`.
    pub url: String,
    /// Its name for the other parts.
    pub reference_id: &'static str,
    /// What is posted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

impl Subrequest {
    /// Inserts a record.
    #[must_use]
    pub fn insert(object: &str, reference_id: &'static str, record: Value) -> Self {
        Self { method: "POST", url: format!("{}/sobjects/{object}", data_path()), reference_id, body: Some(record) }
    }

    /// Reads fields of a record; `id` may be a reference such as `@{case.id}`.
    #[must_use]
    pub fn read(object: &str, id: &str, fields: &str, reference_id: &'static str) -> Self {
        let url = format!("{}/sobjects/{object}/{id}?fields={fields}", data_path());
        Self { method: "GET", url, reference_id, body: None }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompositeAnswer {
    composite_response: Vec<CompositePart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CompositePart {
    #[serde(default)]
    body: Value,
    http_status_code: u16,
    reference_id: String,
}

#[derive(Deserialize)]
struct QueryAnswer {
    records: Vec<Value>,
}

impl Salesforce {
    /// A client; `allow_loopback` also allows hosts of this machine, over plain HTTP.
    #[must_use]
    pub fn new(allow_loopback: bool) -> Self {
        Self { http: Http::new(), allow_loopback }
    }

    /// Sets up TLS on another thread, in a process that will call soon: it takes longer than what is read before the call.
    #[must_use]
    pub fn prepared(self) -> Self {
        self.http.prepare();
        self
    }

    /// The same client, whose requests go another way.
    #[must_use]
    pub fn through(self, transport: Arc<dyn Transport>) -> Self {
        Self { http: self.http.through(transport), ..self }
    }

    /// Runs all parts or none, and returns their bodies in order.
    ///
    /// `auto_assign` lets the org's active Case assignment rule set the owner (`Sforce-Auto-Assign`).
    ///
    /// # Errors
    /// `Refused` names the part that was refused; nothing was done then.
    pub async fn composite(
        &self,
        session: &Session,
        parts: &[Subrequest],
        auto_assign: bool,
    ) -> Result<Vec<Value>, SalesforceError> {
        let body = json!({ "allOrNone": true, "compositeRequest": parts });
        let request = self
            .request(session, Method::POST, "/composite")
            .header("Sforce-Auto-Assign", if auto_assign { "TRUE" } else { "FALSE" })
            .json(&body);
        let answer: CompositeAnswer = self.read(session, request).await?;
        if answer.composite_response.iter().any(CompositePart::is_refused) {
            let error = rolled_back(&answer.composite_response);
            usage::record_failure(&session.instance, error.failure());
            return Err(error);
        }
        Ok(answer.composite_response.into_iter().map(|part| part.body).collect())
    }

    /// The records that a SOQL query finds, at most its first page.
    ///
    /// # Errors
    /// See [`SalesforceError`].
    pub async fn query(&self, session: &Session, soql: &str) -> Result<Vec<Value>, SalesforceError> {
        let request = self.request(session, Method::GET, "/query").query(&[("q", soql)]);
        Ok(self.read::<QueryAnswer>(session, request).await?.records)
    }

    /// Fields of the Case with this value in an external-id field; `None` if there is no such Case.
    ///
    /// # Errors
    /// See [`SalesforceError`].
    pub async fn case_by_external_id(
        &self,
        session: &Session,
        field: &str,
        value: &str,
        fields: &str,
    ) -> Result<Option<Value>, SalesforceError> {
        self.case(session, &format!("{field}/{value}"), fields).await
    }

    /// A Case's `CaseNumber`, by its record id; `None` if there is no such Case, or none that we may see.
    ///
    /// # Errors
    /// See [`SalesforceError`].
    pub async fn case_number(&self, session: &Session, case_id: &str) -> Result<Option<String>, SalesforceError> {
        let case = self.case(session, case_id, "CaseNumber").await?;
        Ok(case.and_then(|case| case["CaseNumber"].as_str().map(str::to_owned)))
    }

    async fn case(&self, session: &Session, key: &str, fields: &str) -> Result<Option<Value>, SalesforceError> {
        let path = format!("/sobjects/Case/{key}");
        let request = self.request(session, Method::GET, &path).query(&[("fields", fields)]);
        match self.read(session, request).await {
            Err(SalesforceError::Refused(refusals)) if refusals.iter().any(is_not_found) => Ok(None),
            answer => answer.map(Some),
        }
    }

    pub(super) fn request(&self, session: &Session, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{}{path}", session.instance.base_url(), data_path());
        self.http.request(method, url).bearer_auth(session.access_token.expose_secret())
    }

    /// Sends a request, and reads the answer.
    pub(super) async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        session: &Session,
        request: RequestBuilder,
    ) -> Result<T, SalesforceError> {
        let answer = self.read_unrecorded(&session.instance, request).await;
        usage::record_failure(&session.instance, answer.as_ref().err().and_then(SalesforceError::failure));
        answer
    }

    async fn read_unrecorded<T: for<'de> Deserialize<'de>>(
        &self,
        instance: &Host,
        request: RequestBuilder,
    ) -> Result<T, SalesforceError> {
        let answer = self.http.send(request).await?;
        usage::record_used(instance, answer.headers());
        let status = answer.status();
        let body = transport::body(answer).await?;
        if status != StatusCode::OK {
            return Err(SalesforceError::from_answer(status, &body));
        }
        serde_json::from_slice(&body).map_err(|_| SalesforceError::UnknownOutcome("an answer that cannot be read"))
    }
}

/// Quotes a text for SOQL.
#[must_use]
pub fn soql_literal(text: &str) -> String {
    let escaped: String = text
        .chars()
        .flat_map(|character| match character {
            '\\' | '\'' => vec!['\\', character],
            '\n' => vec!['\\', 'n'],
            '\r' => vec!['\\', 'r'],
            _ => vec![character],
        })
        .collect();
    format!("'{escaped}'")
}

fn data_path() -> String {
    format!("/services/data/{API_VERSION}")
}

pub(super) fn is_not_found(refusal: &Refusal) -> bool {
    refusal.code == "NOT_FOUND" || refusal.code == "HTTP_404"
}

impl CompositePart {
    fn is_refused(&self) -> bool {
        self.http_status_code >= 300
    }

    /// Why this part was refused; nothing if it was only halted because of another one.
    fn refusals(&self) -> Vec<Refusal> {
        let all = refusals(self.body.to_string().as_bytes()).into_iter();
        let own = all.filter(|refusal| refusal.code != "PROCESSING_HALTED");
        let reference_id = Some(self.reference_id.clone()).filter(|id| is_name(id));
        own.map(|refusal| Refusal { reference_id: reference_id.clone(), ..refusal }).collect()
    }
}

/// Why all parts were rolled back. Nothing was done, whatever the culprit's own status would mean by itself.
fn rolled_back(parts: &[CompositePart]) -> SalesforceError {
    let refused = parts.iter().filter(|part| part.is_refused());
    let culprit = refused.clone().find(|part| !part.refusals().is_empty());
    let error = culprit.map(|part| {
        let status = StatusCode::from_u16(part.http_status_code).unwrap_or(StatusCode::BAD_REQUEST);
        SalesforceError::from_answer(status, part.body.to_string().as_bytes())
    });
    match error {
        Some(error @ SalesforceError::Limited(_)) => error,
        Some(SalesforceError::UnknownOutcome(_)) => SalesforceError::Unavailable(500),
        _ => SalesforceError::Refused(refused.flat_map(CompositePart::refusals).take(MAX_REFUSALS).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_cannot_end_a_soql_literal() {
        assert_eq!(soql_literal("o'neil\\"), r"'o\'neil\\'");
        assert_eq!(soql_literal("a\nb"), r"'a\nb'");
    }

    fn parts(parts: &Value) -> SalesforceError {
        rolled_back(&serde_json::from_value::<Vec<CompositePart>>(parts.clone()).unwrap())
    }

    #[test]
    fn a_refused_part_is_named_and_those_that_were_only_halted_are_not() {
        let halted = json!([{ "errorCode": "PROCESSING_HALTED", "message": "" }]);
        let long = json!([{ "errorCode": "STRING_TOO_LONG", "message": "", "fields": ["Title"] }]);
        let SalesforceError::Refused(refusals) = parts(&json!([
            { "body": halted, "httpStatusCode": 400, "referenceId": "case" },
            { "body": long, "httpStatusCode": 400, "referenceId": "file" },
        ])) else {
            panic!()
        };
        assert_eq!(refusals.len(), 1);
        assert_eq!((refusals[0].code.as_str(), refusals[0].reference_id.as_deref()), ("STRING_TOO_LONG", Some("file")));
    }

    #[test]
    fn limits_and_exceptions_inside_a_composite_are_waited_for_and_nothing_was_done() {
        let part = |status: u16, code: &str| {
            let body = json!([{ "errorCode": code, "message": "TotalRequests Limit exceeded." }]);
            parts(&json!([{ "body": body, "httpStatusCode": status, "referenceId": "case" }]))
        };
        assert!(matches!(part(403, "REQUEST_LIMIT_EXCEEDED"), SalesforceError::Limited(_)));
        let exception = part(500, "UNKNOWN_EXCEPTION");
        assert!(exception.is_transient() && !exception.is_outcome_unknown());
        assert!(part(400, "UNKNOWN_EXCEPTION").is_transient());
    }

    #[test]
    fn a_read_may_refer_to_a_part_before_it() {
        let part = Subrequest::read("Case", "@{case.id}", "CaseNumber", "number");
        assert_eq!(
            serde_json::to_value(part).unwrap(),
            json!({ "method": "GET", "url": "/services/data/v66.0/sobjects/Case/@{case.id}?fields=CaseNumber", "referenceId": "number" })
        );
    }
}
