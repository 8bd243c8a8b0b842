//! `cargo xtask demo`: the release binary, and a day in a made-up city.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::{Result, bail};

use crate::place::{cargo, target};
use crate::servers::{Nats, Postgres};
use crate::steps;

/// Set where Ctrl-C is not for us.
const CALM: &str = "PONTIC_XTASK_CALM";

/// Builds, then runs `pontic demo` with these arguments. With `--replicas` it starts a database and a bus for them.
pub fn run(arguments: &[&str]) -> Result<()> {
    let several = arguments.contains(&"--replicas") && !arguments.contains(&"--database");
    if several && std::env::var_os(CALM).is_none() {
        return calmly(arguments);
    }
    println!("building the release binary (minutes, the first time)");
    let mut build = cargo();
    build.args(["build", "--release", "-p", "pontic-server"]);
    build.args(["--bin", "pontic"]);
    if arguments.contains(&"--replicas") {
        build.args(["--features", "postgres,nats"]);
    }
    steps::run(&mut build)?;
    let mut demo = Command::new(target()?.join("release/pontic"));
    demo.arg("demo").args(arguments);
    if !several {
        return steps::run(&mut demo);
    }
    let (database, bus) = (Postgres::start_apart()?, Nats::start_apart()?);
    demo.args(["--database", &database.url(), "--nats", &bus.url()]);
    steps::run(&mut demo)
}

/// Ctrl-C ends the demo, and then we end what we started for it: the system is asked to keep it from us.
fn calmly(arguments: &[&str]) -> Result<()> {
    let error = Command::new("sh")
        .args(["-c", "trap '' INT; exec \"$@\"", "sh"])
        .arg(std::env::current_exe()?)
        .arg("demo")
        .args(arguments)
        .env(CALM, "1")
        .exec();
    bail!("sh: {error}")
}
