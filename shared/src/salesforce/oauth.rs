//! The OAuth 2.0 client-credentials flow.

use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use super::{Host, Salesforce, transport};

/// What a login gives. Salesforce does not tell when it expires.
#[derive(Clone, Debug)]
pub struct Session {
    /// The bearer token.
    pub access_token: SecretString,
    /// Where REST calls go; checked by the same rule as the settings.
    pub instance: Host,
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
    /// Salesforce can't be reached or is in maintenance.
    #[error("the token endpoint is not available")]
    Unavailable,
}

impl LoginError {
    /// Whether time can cure it.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}

/// Longest token: it is stored, and goes back to Salesforce in a header.
const MAX_TOKEN_BYTES: usize = 16 * 1024;

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: SecretString,
    instance_url: String,
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
    ) -> Result<Session, LoginError> {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret.expose_secret()),
        ];
        let request = self.http.request(Method::POST, format!("{}/services/oauth2/token", domain.base_url()));
        let answer = self.http.send(request.form(&form)).await.map_err(|_| LoginError::Unavailable)?;
        let status = answer.status();
        let body = transport::body(answer).await.map_err(|_| LoginError::Unavailable)?;
        if status == StatusCode::OK { self.session(&body) } else { Err(login_error(status, &body)) }
    }

    fn session(&self, body: &[u8]) -> Result<Session, LoginError> {
        let answer: TokenAnswer = serde_json::from_slice(body).map_err(|_| LoginError::Unavailable)?;
        if !is_token(answer.access_token.expose_secret()) {
            return Err(LoginError::Unavailable);
        }
        let instance = Host::parse_salesforce(&answer.instance_url, self.allow_loopback).map_err(|_| LoginError::Refused {
            code: "instance_url_not_allowed".into(),
            cure: "Salesforce named an instance outside of my.salesforce.com. Check the Salesforce domain in the settings.",
        })?;
        Ok(Session { access_token: answer.access_token, instance })
    }
}

/// Whether a text can be sent as a bearer token.
pub(super) fn is_token(text: &str) -> bool {
    (1..=MAX_TOKEN_BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn login_error(status: StatusCode, body: &[u8]) -> LoginError {
    let error: TokenError = serde_json::from_slice(body).unwrap_or_default();
    let description = error.error_description.to_lowercase();
    if description.contains("login rate exceeded") || error.error.eq_ignore_ascii_case("login_rate_exceeded") {
        return LoginError::RateExceeded;
    }
    match (status.is_server_error() || status.as_u16() == 420, cure(&error.error, &description)) {
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
        let salesforce = Salesforce::new(false).unwrap();
        let session = |token: &str| {
            let body = serde_json::json!({ "access_token": token, "instance_url": "https://acme.my.salesforce.com" });
            salesforce.session(body.to_string().as_bytes())
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
