//! Lambda entry point of `business-hours-router`.
fn main() {}
