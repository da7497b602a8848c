//! `shared/SEMANTICS.md` names invariants and tests that exist, and leaves no invariant out.

use std::fs;
use std::path::Path;

use simulation::invariants;

const SEMANTICS: &str = include_str!("../../../shared/SEMANTICS.md");
/// What the simulation checks of itself.
const OF_ITSELF: &str = "the simulation knows what it is asked";

/// What stands between two marks.
fn between(mark: char) -> impl Iterator<Item = String> {
    let parts = SEMANTICS.split(mark).enumerate().filter(|(number, _)| number % 2 == 1);
    parts.map(|(_, part)| part.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn every_invariant_is_named() {
    let text = SEMANTICS.split_whitespace().collect::<Vec<_>>().join(" ");
    let missing: Vec<_> = invariants().filter(|name| !text.contains(&format!("*{name}*"))).collect();
    assert_eq!(missing, [OF_ITSELF]);
}

#[test]
fn every_test_that_is_named_exists() {
    let named: Vec<_> = between('`')
        .filter_map(|name| name.split_once("::").map(|(file, test)| (file.to_owned(), test.to_owned())))
        .collect();
    assert!(named.len() > 20, "{named:?}");
    for (file, test) in named {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../flows/tests/flows").join(&file);
        let source = fs::read_to_string(&path).unwrap_or_default();
        assert!(source.contains(&format!("fn {test}(")), "{file}::{test}");
    }
}
