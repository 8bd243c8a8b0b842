//! `cargo xtask lambda`: the program for AWS Lambda, where the template looks for it.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::place::{cargo, target};
use crate::servers::Servers;
use crate::steps;

/// A larger one takes longer to load than it takes to start.
const MOST_BYTES: u64 = 15 * 1024 * 1024;

/// Builds it for that target, says how large it is, and (for this machine's own) how long it takes from its start to its first answer.
pub fn package(triple: Option<&str>) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--profile", "lambda", "-p", "pontic-lambda"]);
    let mut built = target()?;
    let folder = built.join("package");
    if let Some(triple) = triple {
        build.args(["--target", triple]);
        built.push(triple);
    }
    steps::run(&mut build)?;
    built.push("lambda/pontic-lambda");
    let bootstrap = folder.join("bootstrap");
    fs::create_dir_all(&folder)?;
    let bytes = fs::copy(&built, &bootstrap).with_context(|| built.display().to_string())?;
    let (whole, tenths) = (bytes >> 20, ((bytes % (1 << 20)) * 10) >> 20);
    println!("{}: {whole}.{tenths} MiB", bootstrap.display());
    ensure!(bytes <= MOST_BYTES, "more than 15 MiB: what has come in?");
    if triple.is_none() {
        let servers = Servers::start()?;
        let mut start = cargo();
        start.args(["test", "-p", "pontic-lambda", "--test", "it", "--"]);
        start.args(["start::from_its_start", "--nocapture"]);
        start.env("TEST_LAMBDA", &bootstrap);
        servers.tell(&mut start);
        steps::run(&mut start)?;
    }
    Ok(())
}
