//! Lambda entry point of `settings`.
fn main() {}
