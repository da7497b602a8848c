//! `cargo openapi`: writes `infra/openapi.json` anew.

fn main() -> anyhow::Result<()> {
    std::fs::write(openapi::FILE, openapi::description()?)?;
    Ok(())
}
