//! What must be unique, drawn from the seed.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::SecretString;
use shared::ids::Ids;
use uuid::{Builder, Uuid, Variant, Version};

use crate::dice::Dice;

/// Draws from the seed.
#[derive(Clone, Debug)]
pub(crate) struct SeededIds(pub(crate) Arc<Dice>);

impl Ids for SeededIds {
    fn uuid(&self) -> Uuid {
        let bits = self.0.about("uuid").u128(..);
        Builder::from_u128(bits).with_variant(Variant::RFC4122).with_version(Version::Random).into_uuid()
    }

    fn key(&self) -> SecretString {
        let mut bytes = [0; 32];
        self.0.about("key").fill(&mut bytes);
        BASE64_URL_SAFE_NO_PAD.encode(bytes).into()
    }

    fn fraction(&self) -> f64 {
        self.0.about("fraction").f64()
    }
}
