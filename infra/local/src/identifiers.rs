//! Identifiers that the emulated services give out.

/// Region that everything local is said to be in.
pub(crate) const REGION: &str = "us-east-1";

/// The account that everything local is said to belong to.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The ARN of a service's resource.
pub(crate) fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// A new random UUID as text.
#[expect(clippy::disallowed_methods, reason = "these identifiers are AWS's own, not part of an escalation's history")]
pub(crate) fn unique_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
