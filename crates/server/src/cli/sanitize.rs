//! `pontic sanitize`.

use std::process::ExitCode;

use anyhow::Context;
use serde_json::Value;

/// Prints the JSON of standard input without names, notes, contacts and signatures.
pub fn run() -> anyhow::Result<ExitCode> {
    let value: Value =
        serde_json::from_slice(&super::input()?).context("standard input is no JSON")?;
    println!(
        "{}",
        serde_json::to_string_pretty(&pontic_core::mask::sanitize(&value))?
    );
    Ok(ExitCode::SUCCESS)
}
