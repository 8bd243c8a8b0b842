//! `cargo xtask soak`: the crash harness and the property tests, for long.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::place::cargo;
use crate::steps::{self, Steps};
use crate::tally::{Runner, Tally};

/// Crashes of a round, and cases of each property, unless the environment says otherwise.
const ROUNDS: &str = "200";
const CASES: &str = "20000";

/// One round, or as many as begin within `minutes`.
pub fn run(minutes: Option<&str>) -> Result<()> {
    let minutes: u64 = minutes
        .unwrap_or("0")
        .parse()
        .context("--minutes takes a whole number")?;
    let until = Instant::now() + Duration::from_mins(minutes);
    let mut tally = Tally::default();
    for round in 1_u32.. {
        println!("soak: round {round}");
        let seen = once()?;
        tally.passed += seen.passed;
        tally.failed += seen.failed;
        if Instant::now() >= until {
            break;
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(())
}

fn once() -> Result<Tally> {
    let mut steps = Steps::default();
    let crash: &[&str] = &["-p", "pontic-server", "--test", "crash"];
    let properties: &[&str] = &[
        "-p",
        "pontic-core",
        "-p",
        "pontic-wire",
        "-p",
        "pontic-store",
    ];
    for (name, which) in [("crash", crash), ("properties", properties)] {
        let mut tests = cargo();
        tests
            .args(["test", "--release", "--all-features"])
            .args(which);
        set(&mut tests, "PONTIC_CRASH_ROUNDS", ROUNDS);
        set(&mut tests, "PROPTEST_CASES", CASES);
        steps.step(name, &steps::shown(&tests), |tally| {
            steps::run_counted(Runner::Libtest, &mut tests, tally)
        })?;
    }
    Ok(steps.tally)
}

/// What the environment says goes before what we say.
fn set(command: &mut std::process::Command, name: &str, value: &str) {
    if std::env::var_os(name).is_none() {
        command.env(name, value);
    }
}
