//! A mail server for tests: aiosmtpd, from the system's packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// Where it may be: Debian's packages are for Debian's own Python.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// The Python that has it; it is installed first if it is missing and that can be done.
pub fn python() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    println!("aiosmtpd is not installed: apt-get install python3-aiosmtpd");
    let installed = Command::new("apt-get")
        .args(["install", "-y", "--no-install-recommends"])
        .arg("python3-aiosmtpd")
        .env("DEBIAN_FRONTEND", "noninteractive")
        .stdout(Stdio::null())
        .status();
    let found = installed
        .is_ok_and(|status| status.success())
        .then(find)
        .flatten();
    found.context(
        "the mail server aiosmtpd is missing and could not be installed: \
         `apt-get install python3-aiosmtpd` as root",
    )
}

fn find() -> Option<PathBuf> {
    let has = |python: &&&str| {
        let asked = Command::new(python)
            .args(["-c", "import aiosmtpd"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    };
    PYTHONS.iter().find(has).map(PathBuf::from)
}
