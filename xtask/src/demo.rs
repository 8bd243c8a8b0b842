//! `cargo xtask demo`: the release binary, and a day in a made-up city.

use std::process::Command;

use anyhow::Result;

use crate::place::{cargo, target};
use crate::steps;

/// Builds, then runs `pontic demo` with these arguments.
pub fn run(arguments: &[&str]) -> Result<()> {
    println!("building the release binary (minutes, the first time)");
    steps::run(cargo().args([
        "build",
        "--release",
        "-p",
        "pontic-server",
        "--bin",
        "pontic",
    ]))?;
    let binary = target()?.join("release/pontic");
    steps::run(Command::new(binary).arg("demo").args(arguments))
}
