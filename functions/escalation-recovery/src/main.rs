//! Lambda entry point of `escalation-recovery`.
fn main() {}
