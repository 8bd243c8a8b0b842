//! The tools that a run needs, and how to get the missing ones.

use anyhow::{Result, bail};

use crate::place::cargo;
use crate::web;

/// Fails with a line for each tool that is missing and cannot be done without.
pub fn check() -> Result<()> {
    let needed = [
        ("fmt", "rustup component add rustfmt"),
        ("clippy", "rustup component add clippy"),
    ];
    let missing: Vec<String> = needed
        .iter()
        .filter(|(name, _)| !has(name))
        .map(|(name, how)| format!("`cargo {name}` is missing; install it with `{how}`"))
        .collect();
    if !missing.is_empty() {
        bail!("{}", missing.join("\n"));
    }
    if !has_nextest() {
        println!(
            "cargo-nextest is not installed: `cargo test` runs the tests instead, more slowly; \
             `cargo install cargo-nextest --locked` brings it"
        );
    }
    web::tools()
}

/// Whether nextest is there.
pub fn has_nextest() -> bool {
    has("nextest")
}

fn has(subcommand: &str) -> bool {
    cargo()
        .args([subcommand, "--version"])
        .output()
        .is_ok_and(|said| said.status.success())
}
