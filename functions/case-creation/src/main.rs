//! Lambda entry point of `case-creation`.
fn main() {}
