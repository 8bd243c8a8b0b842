//! `cargo xtask bench`: the benchmarks of `bench/`.

use anyhow::Result;

use crate::place::cargo;
use crate::steps;

/// Passes `args` on.
pub fn run(args: &[&str]) -> Result<()> {
    steps::run(
        cargo()
            .args(["run", "--release", "-p", "pontic-bench", "--"])
            .args(args),
    )
}
