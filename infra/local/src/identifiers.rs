//! Identifiers that the emulated services give out.

/// A new random UUID as text.
#[expect(clippy::disallowed_methods, reason = "these identifiers are AWS's own, not part of an escalation's history")]
pub(crate) fn unique_id() -> String {
    uuid::Uuid::new_v4().to_string()
}
