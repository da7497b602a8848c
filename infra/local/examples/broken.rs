//! A function for tests, which can't start.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(7)
}
