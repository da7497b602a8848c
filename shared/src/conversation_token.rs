//! The token that opens one conversation to its customer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;
use uuid::Uuid;

/// Signs escalation ids, so that every repeat of a request gets the same token.
#[derive(Clone, Debug)]
pub struct ConversationTokens {
    key: SecretString,
}

impl ConversationTokens {
    /// Signs with this key.
    #[must_use]
    pub fn new(key: SecretString) -> Self {
        Self { key }
    }

    /// The token of one conversation: HMAC-SHA-256 over the escalation's id, 43 characters.
    #[must_use]
    pub fn sign(&self, escalation_id: Uuid) -> String {
        URL_SAFE_NO_PAD.encode(self.mac(escalation_id).finalize().into_bytes())
    }

    /// Whether a token is this conversation's; compared in constant time.
    #[must_use]
    pub fn opens(&self, token: &str, escalation_id: Uuid) -> bool {
        let bytes = URL_SAFE_NO_PAD.decode(token);
        bytes.is_ok_and(|bytes| self.mac(escalation_id).verify_slice(&bytes).is_ok())
    }

    fn mac(&self, escalation_id: Uuid) -> Hmac<Sha256> {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose_secret().as_bytes()) else {
            unreachable!("HMAC takes a key of any length")
        };
        mac.update(escalation_id.as_bytes());
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(key: &str) -> ConversationTokens {
        ConversationTokens::new(key.to_owned().into())
    }

    #[test]
    fn a_repeat_gets_the_same_token() {
        assert_eq!(tokens("k").sign(Uuid::nil()), tokens("k").sign(Uuid::nil()));
        assert_eq!(tokens("k").sign(Uuid::nil()).len(), 43);
    }

    #[test]
    fn another_conversation_or_key_has_another_token() {
        assert_ne!(tokens("k").sign(Uuid::nil()), tokens("k").sign(Uuid::max()));
        assert_ne!(tokens("k").sign(Uuid::nil()), tokens("l").sign(Uuid::nil()));
    }

    #[test]
    fn a_token_opens_its_own_conversation_and_no_other() {
        let token = tokens("k").sign(Uuid::nil());
        assert!(tokens("k").opens(&token, Uuid::nil()));
        assert!(!tokens("k").opens(&token, Uuid::max()) && !tokens("l").opens(&token, Uuid::nil()));
        for other in ["", "x", &token[1..], &format!("{token}A"), &format!("{token}=")] {
            assert!(!tokens("k").opens(other, Uuid::nil()), "{other}");
        }
    }

    #[test]
    fn the_key_is_never_shown() {
        assert!(!format!("{:?}", tokens("secret-key")).contains("secret-key"));
    }
}
