//! Programs of the system's packages that a run needs: found, or installed where that can be done.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// What `find` finds. Where it finds nothing, `packages` are installed first; `advice` ends the error that says it could not be done.
pub fn bring<T>(
    what: &str,
    packages: &[&str],
    advice: &str,
    find: impl Fn() -> Option<T>,
) -> Result<T> {
    if let Some(found) = find() {
        return Ok(found);
    }
    let listed = packages.join(" ");
    println!("{what} is not installed: apt-get install {listed}");
    let installed = Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status();
    let found = installed
        .is_ok_and(|status| status.success())
        .then(find)
        .flatten();
    found.with_context(|| {
        format!(
            "{what} is missing and could not be installed: `apt-get install {listed}` as root{advice}"
        )
    })
}
