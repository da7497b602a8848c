//! What holds of every refusal of a request.

use serde_json::Value;
use shared::problem::{Code, FieldError, Problem};

use crate::PLANTED;

/// The most mistakes that are named.
const MAX_ERRORS: usize = 100;
const MAX_POINTER_CHARACTERS: usize = 2_000;
const MAX_DETAIL_CHARACTERS: usize = 300;

/// Checks that each mistake says where and what, and that none repeats what was sent.
///
/// # Panics
/// One does not.
pub fn check_errors(body: &Value, errors: &[FieldError]) {
    assert!((1..=MAX_ERRORS).contains(&errors.len()), "{} mistakes", errors.len());
    for FieldError { pointer, detail } in errors {
        assert!((1..=MAX_DETAIL_CHARACTERS).contains(&detail.chars().count()), "{detail}");
        assert!(pointer.chars().count() <= MAX_POINTER_CHARACTERS, "{pointer}");
        let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        assert!(body.pointer(parent).is_some(), "{pointer} leads nowhere");
        assert!(!detail.contains(PLANTED) && (!pointer.contains(PLANTED) || is_name(body)), "{pointer}: {detail}");
    }
}

/// Checks a whole problem.
///
/// # Panics
/// It is no refusal of a body, or see [`check_errors`].
pub fn check(body: &Value, problem: &Problem) {
    assert_eq!(problem.code, Code::InvalidRequest);
    assert!(problem.detail.as_ref().is_none_or(|detail| !detail.contains(PLANTED)));
    check_errors(body, &problem.errors);
}

/// Whether the planted words have become a member's name, which a pointer says.
fn is_name(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, member)| name.contains(PLANTED) || is_name(member)),
        Value::Array(elements) => elements.iter().any(is_name),
        _ => false,
    }
}
