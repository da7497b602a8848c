//! Lambda entry point of `escalation-intake`.
fn main() {}
