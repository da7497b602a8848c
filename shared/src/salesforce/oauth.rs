//! The OAuth 2.0 client-credentials flow.

use reqwest::{Method, RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Host, Salesforce, TransportError, transport, usage};
use crate::metrics::SalesforceFailure;

/// What a login gives. Salesforce does not tell when it expires.
#[derive(Clone, Debug)]
pub struct Session {
    /// The bearer token.
    pub access_token: SecretString,
    /// Where REST calls go; checked by the same rule as the settings.
    pub instance: Host,
}

/// What a sign-in was answered with.
#[derive(Clone, Debug)]
pub struct Login {
    /// The session.
    pub session: Session,
    /// The scopes of the token; `None` if Salesforce did not name them.
    pub scopes: Option<Vec<String>>,
}

/// Why there is no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoginError {
    /// An admin must change something; `code` is OAuth's `error`.
    #[error("login refused: {code}")]
    Refused {
        /// OAuth's `error`, for example `invalid_client`.
        code: String,
        /// What to change.
        cure: &'static str,
    },
    /// More than 3,600 logins in an hour.
    #[error("login rate exceeded")]
    RateExceeded,
    /// No org answers at the host: it can't be reached, or something else is there.
    #[error("no org answers at the domain")]
    NoOrg,
    /// Salesforce is busy or in maintenance.
    #[error("the token endpoint is not available")]
    Unavailable,
}

impl LoginError {
    /// Whether time can cure it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }

    fn failure(&self) -> SalesforceFailure {
        match self {
            Self::Refused { .. } => SalesforceFailure::LoginRefused,
            Self::RateExceeded => SalesforceFailure::Limited,
            Self::NoOrg | Self::Unavailable => SalesforceFailure::Unavailable,
        }
    }
}

/// Longest token: it is stored, and goes back to Salesforce in a header.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    instance_url: String,
    #[serde(default)]
    scope: Option<String>,
}

#[derive(Default, Deserialize)]
struct TokenError {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
}

impl Salesforce {
    /// Logs in. Each call counts against 3,600 an hour of the run-as user.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn login(
        &self,
        domain: &Host,
        client_id: &str,
        client_secret: &SecretString,
    ) -> Result<Login, LoginError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret.expose_secret()),
        ];
        let request = self.http.request(Method::POST, format!("{}/services/oauth2/token", domain.base_url()));
        let login = self.log_in(request.form(&form)).await;
        usage::record_failure(domain, login.as_ref().err().map(LoginError::failure));
        login
    }

    async fn log_in(&self, request: RequestBuilder) -> Result<Login, LoginError> {
        let answer = self.http.send(request).await.map_err(|error| match error {
            TransportError::Connect => LoginError::NoOrg,
            _ => LoginError::Unavailable,
        })?;
        let status = answer.status();
        let body = transport::body(answer).await.map_err(|_| LoginError::Unavailable)?;
        if status == StatusCode::OK { self.granted(&body) } else { Err(login_error(status, &body)) }
    }

    fn granted(&self, body: &[u8]) -> Result<Login, LoginError> {
        let answer: TokenAnswer = serde_json::from_slice(body).map_err(|_| LoginError::NoOrg)?;
        if !is_token(answer.access_token.expose_secret()) {
            return Err(LoginError::Unavailable);
        }
        let instance = Host::parse_salesforce(&answer.instance_url, self.allow_loopback).map_err(|_| LoginError::Refused {
            code: "instance_url_not_allowed".into(),
            cure: "Salesforce named an instance outside of my.salesforce.com. Check the Salesforce domain in the settings.",
        })?;
        let scopes = answer.scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect());
        Ok(Login { session: Session { access_token: answer.access_token, instance }, scopes })
    }
}

/// Whether a text can be sent as a bearer token.
pub(super) fn is_token(text: &str) -> bool {
    (1..=MAX_TOKEN_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn login_error(status: StatusCode, body: &[u8]) -> LoginError {
    let error: Option<TokenError> = serde_json::from_slice(body).ok();
    let is_busy = status.is_server_error() || matches!(status.as_u16(), 408 | 420 | 429);
    let Some(error) = error else { return if is_busy { LoginError::Unavailable } else { LoginError::NoOrg } };
    let description = error.error_description.to_lowercase();
    if description.contains("login rate exceeded") || error.error.eq_ignore_ascii_case("login_rate_exceeded") {
        return LoginError::RateExceeded;
    }
    match (is_busy, cure(&error.error, &description)) {
        (false, Some(cure)) => LoginError::Refused { code: error.error, cure },
        _ => LoginError::Unavailable,
    }
}

fn cure(error: &str, description: &str) -> Option<&'static str> {
    Some(match error {
        "invalid_client_id" => {
            "Check Client ID in the settings: it is the Consumer Key of the External Client App. A new app needs up to ten minutes."
        }
        "invalid_client" => {
            "Enter the Client Secret again in the settings: the Consumer Secret of the External Client App."
        }
        "invalid_app_access" => {
            "In Salesforce, let the run-as user use the External Client App: Policies, Permitted Users."
        }
        "invalid_grant" if description.contains("domain") => {
            "Set the Salesforce domain in the settings to your My Domain, such as acme.my.salesforce.com."
        }
        "invalid_grant" if description.contains("no client credentials user") => {
            "In Salesforce, open the External Client App, Policies, and set Run As to the integration user's username."
        }
        "invalid_grant" if description.contains("authentication failure") => {
            "In Salesforce, look at the Run As user's login history: the user must be active, not frozen, and allowed from any IP address."
        }
        "invalid_grant" | "unsupported_grant_type" | "invalid_request" | "unauthorized_client" => {
            "In Salesforce, enable the Client Credentials Flow of the External Client App in its settings and in its policies, with an active run-as user."
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &str) -> LoginError {
        login_error(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn what_an_admin_can_cure_names_the_cure() {
        for (code, word) in [
            ("invalid_client_id", "Client ID"),
            ("invalid_client", "Client Secret"),
            ("invalid_app_access", "Permitted Users"),
        ] {
            let LoginError::Refused { cure, .. } = error(400, &format!(r#"{{"error":"{code}"}}"#)) else {
                panic!("{code}")
            };
            assert!(cure.contains(word), "{cure}");
        }
    }

    #[test]
    fn the_login_rate_is_not_a_refusal() {
        assert_eq!(
            error(400, r#"{"error":"invalid_grant","error_description":"login rate exceeded"}"#),
            LoginError::RateExceeded
        );
    }

    #[test]
    fn a_page_that_is_no_org_s_is_told_apart_from_maintenance() {
        for status in [302, 403, 404] {
            assert_eq!(error(status, "<html>"), LoginError::NoOrg);
        }
        assert!(LoginError::NoOrg.is_transient(), "a host may be unreachable for a while");
        assert_eq!(error(429, "<html>"), LoginError::Unavailable);
    }

    #[test]
    fn the_scopes_are_known_if_salesforce_names_them() {
        let salesforce = Salesforce::new(false);
        let scopes = |scope: serde_json::Value| {
            let body = serde_json::json!({ "access_token": "t", "instance_url": "https://acme.my.salesforce.com", "scope": scope });
            salesforce.granted(body.to_string().as_bytes()).unwrap().scopes
        };
        assert_eq!(scopes("id api".into()), Some(vec!["id".to_owned(), "api".to_owned()]));
        assert_eq!(scopes(serde_json::Value::Null), None);
    }

    #[test]
    fn maintenance_and_unknown_errors_are_tried_again() {
        assert_eq!(error(503, "<html>"), LoginError::Unavailable);
        assert_eq!(error(420, "<html>Stay tuned"), LoginError::Unavailable);
        assert_eq!(
            error(400, r#"{"error":"unknown_error","error_description":"retry your request"}"#),
            LoginError::Unavailable
        );
    }

    #[test]
    fn what_no_header_can_carry_is_no_token() {
        let salesforce = Salesforce::new(false);
        let session = |token: &str| {
            let body = serde_json::json!({ "access_token": token, "instance_url": "https://acme.my.salesforce.com" });
            salesforce.granted(body.to_string().as_bytes())
        };
        assert!(session("00D!AQ.x_y").is_ok());
        for odd in ["", "a b", "tök", "a\r\nx: y", &"x".repeat(MAX_TOKEN_BYTES + 1)] {
            assert_eq!(session(odd).unwrap_err(), LoginError::Unavailable, "{odd}");
        }
    }

    #[test]
    fn a_session_never_shows_its_token() {
        let session = Session {
            access_token: "00Dxx!secret".to_owned().into(),
            instance: Host::parse_salesforce("acme", false).unwrap(),
        };
        assert!(!format!("{session:?}").contains("secret"));
    }
}
