//! `cargo deny`: licences, sources, duplicates, advisories. Brings the tool along where it is missing.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::place::{cargo, root, target};
use crate::steps;

/// The newest version that builds with our toolchain.
const VERSION: &str = "0.20.2";

/// Checks the dependencies; without a network, all but the advisories.
pub fn run() -> Result<()> {
    let tool = tool()?;
    let fetched = deny(&tool, &["fetch", "db"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("cargo-deny")?
        .success();
    let wanted: &[&str] = if fetched {
        &["advisories", "bans", "licenses", "sources"]
    } else {
        println!(
            "the advisory database cannot be fetched (no network?): ADVISORIES WERE NOT CHECKED, nor yanked versions"
        );
        &["bans", "licenses", "sources"]
    };
    let mut check = deny(&tool, &["check", "--hide-inclusion-graph"]);
    if fetched {
        check.arg("--disable-fetch");
    }
    steps::run(check.args(wanted))
}

fn deny(tool: &PathBuf, args: &[&str]) -> Command {
    let mut command = Command::new(tool);
    command
        .current_dir(root())
        .args(["--log-level", "warn"])
        .args(args);
    command
}

/// The installed tool, else our own copy of it, built once.
fn tool() -> Result<PathBuf> {
    let installed = PathBuf::from("cargo-deny");
    if works(&installed) {
        return Ok(installed);
    }
    let tools = target()?.join("tools");
    let own = tools.join("bin/cargo-deny");
    if works(&own) {
        return Ok(own);
    }
    println!(
        "cargo-deny is not installed: building {VERSION} into {}; this takes minutes, and happens once",
        tools.display()
    );
    let build = tools.join("build");
    steps::run(
        cargo()
            .args([
                "install",
                "cargo-deny",
                "--locked",
                "--quiet",
                "--version",
                VERSION,
            ])
            .arg("--root")
            .arg(&tools)
            .arg("--target-dir")
            .arg(&build)
            // Optimising it would take twice as long as it saves.
            .arg("--debug")
            .env("CARGO_PROFILE_DEV_DEBUG", "0"),
    )?;
    // Its half-finished parts are of no more use.
    std::fs::remove_dir_all(&build).context("removing what cargo-deny was built from")?;
    Ok(own)
}

fn works(tool: &PathBuf) -> bool {
    Command::new(tool)
        .arg("--version")
        .output()
        .is_ok_and(|said| said.status.success())
}
