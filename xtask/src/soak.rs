//! `cargo xtask soak`: the crash harness and the property tests, for long.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::place::cargo;
use crate::servers::Servers;
use crate::steps::{self, Steps};
use crate::tally::{Runner, Tally};

/// Crashes of a round, how long of several programs one is killed and how often (in seconds), and cases of each property, unless
/// the environment says otherwise.
const USUAL: [(&str, &str); 4] = [
    ("PONTIC_CRASH_ROUNDS", "200"),
    ("PONTIC_REPLICAS_SECONDS", "300"),
    ("PONTIC_REPLICAS_KILL_EVERY", "20"),
    ("PROPTEST_CASES", "20000"),
];

/// One round, or as many as begin within `minutes`.
pub fn run(minutes: Option<&str>) -> Result<()> {
    let minutes: u64 = minutes
        .unwrap_or("0")
        .parse()
        .context("--minutes takes a whole number")?;
    let until = Instant::now() + Duration::from_mins(minutes);
    let servers = Servers::start()?;
    let mut tally = Tally::default();
    for round in 1_u32.. {
        println!("soak: round {round}");
        let seen = once(&servers)?;
        tally.passed += seen.passed;
        tally.failed += seen.failed;
        if Instant::now() >= until {
            break;
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(())
}

fn once(servers: &Servers) -> Result<Tally> {
    let mut steps = Steps::default();
    // What was killed and how much was accepted stands in the output.
    let crash: &[&str] = &[
        "-p",
        "pontic-server",
        "--test",
        "crash",
        "--",
        "--show-output",
    ];
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
        servers.tell(&mut tests);
        for (name, usual) in USUAL {
            set(&mut tests, name, usual);
        }
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
