//! What a deployment is, as the answer to a request for a guest token tells it.

use reqwest::StatusCode;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::Messaging;
use crate::lossy_json;
use crate::salesforce::oauth::is_token;
use crate::salesforce::{TransportError, transport};

/// The type of a Custom Client deployment.
const CUSTOM_CLIENT: &str = "api";
/// Hidden fields that are looked at: a channel has far fewer.
const MAX_HIDDEN_FIELDS: usize = 500;

/// A deployment for which a guest token is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Whether it is a Custom Client's; `None` if that is not told.
    pub is_custom_client: Option<bool>,
    /// The names of its hidden pre-chat fields; `None` if no form is told, so that it may have some.
    pub hidden_fields: Option<Vec<String>>,
    /// Whether its channel tells the place in the queue. That Salesforce tells this here is not documented; `None` if it does not.
    pub has_queue_position: Option<bool>,
}

/// Why no guest token is granted. The words by which the first five are told apart are not documented: what says something else is
/// `Refused`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeploymentError {
    /// The deployment is of another type than Custom Client.
    OtherType,
    /// The deployment is not published.
    NotPublished,
    /// The channel is not active.
    ChannelInactive,
    /// There is no deployment of this name.
    UnknownDeployment,
    /// The org is not known at this host.
    UnknownOrganization,
    /// Refused for a reason that is not told, with this HTTP status.
    Refused(u16),
    /// No Messaging API answers at the host.
    NoMessaging,
    /// The org gives no more tokens in this minute.
    Limited,
    /// Salesforce is busy or in maintenance.
    Unavailable,
}

/// A body of a refusal; which of its members there are is not documented.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    message: Value,
    text: Value,
    error: Value,
    errors: Vec<Value>,
}

impl Messaging<'_> {
    /// Asks for a guest token, and forgets it: what the answer tells about the deployment. The org allows 200 a minute.
    ///
    /// # Errors
    /// See [`DeploymentError`].
    pub async fn deployment(&self) -> Result<Deployment, DeploymentError> {
        let answer = self.http.send(self.token_request()).await.map_err(|error| match error {
            TransportError::Connect => DeploymentError::NoMessaging,
            _ => DeploymentError::Unavailable,
        })?;
        let status = answer.status();
        let body = transport::body(answer).await.map_err(|_| DeploymentError::Unavailable)?;
        if status.is_success() { granted(&body) } else { Err(refused(status, &body)) }
    }
}

fn granted(body: &[u8]) -> Result<Deployment, DeploymentError> {
    let answer = lossy_json::parse(body).map_err(|_| DeploymentError::NoMessaging)?;
    let token = answer["accessToken"].as_str().map(SecretString::from);
    if !token.is_some_and(|token| is_token(token.expose_secret())) {
        return Err(DeploymentError::NoMessaging);
    }
    let config = &answer["context"]["configuration"]["embeddedServiceConfig"];
    let deployment_type = config["deploymentType"].as_str();
    let channel = &config["embeddedServiceMessagingChannel"];
    Ok(Deployment {
        is_custom_client: deployment_type.map(|known| known.eq_ignore_ascii_case(CUSTOM_CLIENT)),
        hidden_fields: config["forms"].as_array().filter(|forms| !forms.is_empty()).map(|forms| hidden_fields(forms)),
        has_queue_position: channel["isQueuePositionEnabled"].as_bool(),
    })
}

fn hidden_fields(forms: &[Value]) -> Vec<String> {
    let fields = forms.iter().filter_map(|form| form["formFields"].as_array()).flatten();
    let hidden = fields.filter(|field| field["isHidden"] == true).filter_map(|field| field["name"].as_str());
    hidden.take(MAX_HIDDEN_FIELDS).map(str::to_owned).collect()
}

fn refused(status: StatusCode, body: &[u8]) -> DeploymentError {
    match status.as_u16() {
        429 => return DeploymentError::Limited,
        408 | 420 | 500.. => return DeploymentError::Unavailable,
        _ => {}
    }
    let words = words(body);
    let says = |word: &str| words.contains(word);
    if says("deploymenttype") || says("deployment type") {
        DeploymentError::OtherType
    } else if says("publish") {
        DeploymentError::NotPublished
    } else if says("inactive") || says("not active") {
        DeploymentError::ChannelInactive
    } else if says("developername") || says("developer name") || says("deployment") {
        DeploymentError::UnknownDeployment
    } else if says("organization") || says("orgid") || says("org id") {
        DeploymentError::UnknownOrganization
    } else if matches!(status.as_u16(), 300..400 | 404) {
        DeploymentError::NoMessaging
    } else {
        DeploymentError::Refused(status.as_u16())
    }
}

/// What a refusal says, in lower case: it is looked into, and never repeated.
fn words(body: &[u8]) -> String {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let first = refusal.errors.into_iter().next().map(|error| error["message"].clone());
    let said = [Some(refusal.message), Some(refusal.text), Some(refusal.error), first];
    let said: Vec<_> = said.iter().flatten().filter_map(Value::as_str).collect();
    said.join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(config: &Value) -> Deployment {
        let answer = json!({ "accessToken": "t", "context": { "configuration": { "embeddedServiceConfig": config } } });
        granted(answer.to_string().as_bytes()).unwrap()
    }

    fn error(status: u16, body: &Value) -> DeploymentError {
        refused(StatusCode::from_u16(status).unwrap(), body.to_string().as_bytes())
    }

    #[test]
    fn the_type_and_the_hidden_fields_are_told_by_the_configuration() {
        let field = |name: &str, is_hidden: bool| json!({ "name": name, "type": "Text", "isHidden": is_hidden });
        let deployment = told(&json!({
            "deploymentType": "api", "embeddedServiceMessagingChannel": { "isQueuePositionEnabled": true },
            "forms": [{ "formFields": [field("Plan", true), field("_email", false)] }, { "formFields": [field("Tier", true)] }],
        }));
        assert_eq!((deployment.is_custom_client, deployment.has_queue_position), (Some(true), Some(true)));
        assert_eq!(deployment.hidden_fields, Some(vec!["Plan".to_owned(), "Tier".to_owned()]));
        assert_eq!(told(&json!({ "deploymentType": "Web" })).is_custom_client, Some(false));
    }

    #[test]
    fn what_is_not_told_is_not_known() {
        let nothing = Deployment { is_custom_client: None, hidden_fields: None, has_queue_position: None };
        for config in [json!({}), json!({ "deploymentType": 1, "forms": [] }), json!("words"), Value::Null] {
            assert_eq!(told(&config), nothing);
        }
        assert_eq!(told(&json!({ "forms": [{}] })).hidden_fields, Some(vec![]));
    }

    #[test]
    fn a_refusal_is_told_apart_as_far_as_it_says_why() {
        for (message, expected) in [
            ("Use an esDeveloperName whose deploymentType is api", DeploymentError::OtherType),
            ("Embedded Messaging Config is not Published", DeploymentError::NotPublished),
            ("The messaging channel is not active", DeploymentError::ChannelInactive),
            ("The esDeveloperName is not known", DeploymentError::UnknownDeployment),
            ("The organization is not known", DeploymentError::UnknownOrganization),
            ("No", DeploymentError::Refused(400)),
        ] {
            assert_eq!(error(400, &json!({ "message": message })), expected, "{message}");
            assert_eq!(error(400, &json!({ "errors": [{ "message": message }] })), expected, "{message}");
        }
        assert_eq!(error(412, &json!({ "text": "Not Published" })), DeploymentError::NotPublished);
    }

    #[test]
    fn what_is_no_messaging_api_is_told_apart_from_one_that_is_busy() {
        assert_eq!(error(404, &json!("<html>")), DeploymentError::NoMessaging);
        assert_eq!(granted(b"<html>"), Err(DeploymentError::NoMessaging));
        assert_eq!(granted(br#"{"accessToken":"a b"}"#), Err(DeploymentError::NoMessaging));
        assert_eq!(error(503, &json!({ "message": "deployment" })), DeploymentError::Unavailable);
        assert_eq!(error(429, &json!({})), DeploymentError::Limited);
    }
}
