//! Guest tokens: one for each escalation, because each is a new end user who alone can reach the conversation.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Method, RequestBuilder};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::stream::is_event_id;
use super::{CALL_TIMEOUT, Messaging, MessagingError, read_json};
use crate::salesforce::oauth::is_token;

/// Longest lifetime that is believed; a channel's is at most 72 hours.
const LONGEST_LIFETIME: TimeDelta = TimeDelta::days(30);

/// The shortest lifetime that a channel can have; taken if a token does not say when it ends.
const SHORTEST_LIFETIME: TimeDelta = TimeDelta::minutes(60);

/// A token of an anonymous end user.
#[derive(Clone, Debug)]
pub struct GuestToken {
    /// The bearer token, a JWT.
    pub access_token: SecretString,
    /// When it was received.
    pub issued_at: DateTime<Utc>,
    /// Its `exp`.
    pub expires_at: DateTime<Utc>,
    /// Where the event stream begins; a number or a text in different descriptions.
    pub last_event_id: Option<String>,
}

#[derive(Deserialize)]
struct Claims {
    exp: i64,
}

impl Messaging<'_> {
    /// A token of a new end user. The org allows 200 a minute.
    ///
    /// # Errors
    /// `Refused` (400) if the deployment is unknown, unpublished or of another type than Custom Client.
    pub async fn token(&self, now: DateTime<Utc>) -> Result<GuestToken, MessagingError> {
        read(&read_json(self.send(self.token_request()).await?).await?, now)
    }

    pub(super) fn token_request(&self) -> RequestBuilder {
        let body = json!({
            "orgId": self.deployment.organization_id,
            "esDeveloperName": self.deployment.developer_name,
            "capabilitiesVersion": "1",
            "platform": "Web",
        });
        let base = self.deployment.url.base_url();
        let url = format!("{base}/iamessage/api/v2/authorization/unauthenticated/access-token");
        self.http.request(Method::POST, url).timeout(CALL_TIMEOUT).json(&body)
    }

    /// A token of the same end user, made with one that is still valid. Whether it lives for another whole lifetime, and whether
    /// the old one stays valid, is not documented.
    ///
    /// # Errors
    /// `TokenRejected` if the token has ended.
    pub async fn continuation_token(
        &self,
        token: &SecretString,
        now: DateTime<Utc>,
    ) -> Result<GuestToken, MessagingError> {
        let request = self.request(Method::GET, token, "authorization/continuation-access-token");
        read(&read_json(self.send(request).await?).await?, now)
    }
}

fn read(answer: &Value, now: DateTime<Utc>) -> Result<GuestToken, MessagingError> {
    let token = answer["accessToken"].as_str().filter(|token| is_token(token));
    let token = token.ok_or(MessagingError::UnknownOutcome("an answer without a token"))?;
    let expires_at = expiry(token);
    let last_event_id = match &answer["lastEventId"] {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    };
    Ok(GuestToken {
        access_token: token.into(),
        issued_at: now,
        expires_at: expires_at.map_or(now + SHORTEST_LIFETIME, |at| at.min(now + LONGEST_LIFETIME)),
        last_event_id: last_event_id.filter(|id| is_event_id(id)),
    })
}

/// The `exp` claim. The signature is Salesforce's to check.
fn expiry(jwt: &str) -> Option<DateTime<Utc>> {
    let payload = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    DateTime::from_timestamp(claims.exp, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_799_999_000, 0).unwrap()
    }

    fn token(answer: &Value) -> GuestToken {
        read(answer, now()).unwrap()
    }

    fn jwt(payload: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn a_token_ends_when_it_says_so() {
        let token = token(&json!({ "accessToken": jwt(r#"{"exp":1800000000,"sub":"x"}"#), "lastEventId": "7" }));
        assert_eq!(token.expires_at.timestamp(), 1_800_000_000);
        assert_eq!(token.last_event_id.as_deref(), Some("7"));
    }

    #[test]
    fn one_that_does_not_say_is_taken_to_live_as_short_as_a_channel_allows() {
        for opaque in ["opaque", "a.b.c", &jwt("{}")] {
            assert_eq!(token(&json!({ "accessToken": opaque })).expires_at, now() + SHORTEST_LIFETIME);
        }
    }

    #[test]
    fn the_first_event_s_id_may_be_a_number() {
        let token = token(&json!({ "accessToken": "x", "lastEventId": 2_147_867_834_u64 }));
        assert_eq!(token.last_event_id.as_deref(), Some("2147867834"));
    }

    #[test]
    fn an_answer_without_a_token_tells_nothing() {
        assert!(read(&json!(["token"]), now()).is_err());
        assert!(read(&json!({ "message": "words" }), now()).is_err());
    }

    #[test]
    fn what_no_header_can_carry_is_no_token_and_no_event_s_id() {
        for odd in ["", "a b", "tök", "a\r\nx: y", &"x".repeat(20_000)] {
            assert!(read(&json!({ "accessToken": odd }), now()).is_err(), "{odd}");
            assert_eq!(token(&json!({ "accessToken": "x", "lastEventId": odd })).last_event_id, None, "{odd}");
        }
    }

    #[test]
    fn a_token_for_ever_is_believed_for_thirty_days() {
        for exp in [8_210_266_876_799_i64, 1_900_000_000] {
            let token = token(&json!({ "accessToken": jwt(&format!(r#"{{"exp":{exp}}}"#)) }));
            assert_eq!(token.expires_at, now() + LONGEST_LIFETIME);
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        assert!(!format!("{:?}", token(&json!({ "accessToken": "secret-token" }))).contains("secret-token"));
    }
}
