//! Who calls: the platform, or one organisation.

use crate::digest::sha256_hex;
use crate::problem::{Code, Problem};
use crate::store::{KeyHolder, Store, StoreError};

/// A caller with a valid key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Fullview's backend.
    Platform,
    /// One organisation, with one of its keys.
    Organisation(KeyHolder),
}

/// Finds out who calls by the `Authorization` header.
///
/// # Errors
/// `unauthenticated` without a valid key; `unavailable` if that can't be found out.
pub async fn authenticate(
    store: &Store,
    platform_digest: &str,
    authorization: Option<&str>,
) -> Result<Caller, Problem> {
    let digest = authorization.and_then(key_digest).ok_or(Problem::new(Code::Unauthenticated))?;
    if digest == platform_digest {
        return Ok(Caller::Platform);
    }
    let holder = store.key_holder(&digest).await?;
    holder.map(Caller::Organisation).ok_or(Problem::new(Code::Unauthenticated))
}

/// SHA-256, in hex, of the key that an `Authorization` header carries.
#[must_use]
pub fn key_digest(authorization: &str) -> Option<String> {
    bearer(authorization).map(sha256_hex)
}

/// The key or token that an `Authorization` header carries.
#[must_use]
pub fn bearer(authorization: &str) -> Option<&str> {
    let (scheme, key) = authorization.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty()).then(|| key.trim())
}

impl Caller {
    /// The name under which the audit has what the caller changes: `platform`, or the id of the key.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Platform => "platform",
            Self::Organisation(holder) => &holder.key_id,
        }
    }

    /// Lets the platform and the organisation itself in, whether the organisation exists or not.
    ///
    /// # Errors
    /// `forbidden` for another organisation.
    pub fn may_act_for(&self, organisation_id: &str) -> Result<(), Problem> {
        match self {
            Self::Platform => Ok(()),
            Self::Organisation(holder) if holder.organisation_id == organisation_id => Ok(()),
            Self::Organisation(_) => Err(Problem::new(Code::Forbidden)),
        }
    }

    /// Lets only the platform in.
    ///
    /// # Errors
    /// `forbidden` for an organisation.
    pub fn must_be_platform(&self) -> Result<(), Problem> {
        if *self == Self::Platform { Ok(()) } else { Err(Problem::new(Code::Forbidden)) }
    }
}

/// Refuses a request about an organisation that does not exist; only the platform can make one.
///
/// # Errors
/// `notFound`.
pub async fn require_organisation(store: &Store, organisation_id: &str) -> Result<(), Problem> {
    if store.organisation_exists(organisation_id).await? {
        return Ok(());
    }
    Err(Problem::new(Code::NotFound).with_detail("there is no such organisation"))
}

impl From<StoreError> for Problem {
    /// Logged here, once; the caller learns only that it may come back.
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the table failed");
        Self::new(Code::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_is_case_insensitive_and_a_key_is_required() {
        assert_eq!(bearer("Bearer abc"), Some("abc"));
        assert_eq!(bearer("bearer abc"), Some("abc"));
        for wrong in ["", "Bearer", "Bearer  ", "Basic abc", "abc"] {
            assert_eq!(bearer(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn an_organisation_acts_only_for_itself() {
        let acme = Caller::Organisation(KeyHolder { organisation_id: "acme".into(), key_id: "k1".into() });
        assert!(acme.may_act_for("acme").is_ok());
        assert_eq!(acme.may_act_for("other").unwrap_err().code, Code::Forbidden);
        assert_eq!(acme.must_be_platform().unwrap_err().code, Code::Forbidden);
        assert!(Caller::Platform.may_act_for("anyone").is_ok());
        assert_eq!((acme.name(), Caller::Platform.name()), ("k1", "platform"));
    }
}
