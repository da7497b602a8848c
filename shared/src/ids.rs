//! Randomness, as an argument.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore as _;
use secrecy::SecretString;
use uuid::Uuid;

/// Gives what must be unique or unpredictable.
pub trait Ids: Send + Sync {
    /// A random (version 4) UUID.
    fn uuid(&self) -> Uuid;
    /// 256 random bits, as 43 characters of URL-safe base64.
    fn key(&self) -> SecretString;
    /// A number from 0 (inclusive) to 1 (exclusive), for jitter.
    fn fraction(&self) -> f64;
}

/// Draws from the operating system's random source.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that makes identifiers")]
    fn uuid(&self) -> Uuid {
        Uuid::new_v4()
    }

    fn key(&self) -> SecretString {
        let mut bytes = [0; 32];
        rand::rng().fill_bytes(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes).into()
    }

    fn fraction(&self) -> f64 {
        f64::from(rand::rng().next_u32()) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    #[test]
    fn a_key_has_256_bits_and_never_repeats() {
        let (one, other) = (RandomIds.key(), RandomIds.key());
        assert_eq!(one.expose_secret().len(), 43);
        assert_ne!(one.expose_secret(), other.expose_secret());
    }

    #[test]
    fn a_fraction_is_below_one() {
        assert!((0..1000).map(|_| RandomIds.fraction()).all(|f| (0.0..1.0).contains(&f)));
    }

    #[test]
    fn an_identifier_is_a_lower_case_version_4_uuid() {
        let id = RandomIds.uuid();
        assert_eq!(id.get_version_num(), 4);
        assert_eq!(id.to_string(), id.to_string().to_lowercase());
    }
}
