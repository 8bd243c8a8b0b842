//! `cargo xtask bench`: the benchmarks of `bench/`.

use anyhow::Result;

use crate::place::cargo;
use crate::servers::Postgres;
use crate::steps;

/// Passes `args` on; programs on one database get one.
pub fn run(args: &[&str]) -> Result<()> {
    let mut bench = cargo();
    bench
        .args(["run", "--release", "-p", "pontic-bench", "--"])
        .args(args);
    if !args.contains(&"replicas") {
        return steps::run(&mut bench);
    }
    let database = Postgres::start()?;
    bench.env("TEST_POSTGRES", database.url());
    steps::run(&mut bench)
}
