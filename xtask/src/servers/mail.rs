//! A mail server for tests: aiosmtpd, from the system's packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::packages;

/// Where it may be: Debian's packages are for Debian's own Python.
const PYTHONS: [&str; 2] = ["/usr/bin/python3", "python3"];

/// The Python that has it; it is installed first if it is missing and that can be done.
pub fn python() -> Result<PathBuf> {
    packages::bring("aiosmtpd", &["python3-aiosmtpd"], "", find)
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
