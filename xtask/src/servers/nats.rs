//! The program of NATS, from the system's packages; tests start it themselves, as some of them stop it.

use std::path::PathBuf;

use anyhow::Result;

use crate::packages;

/// Where Debian puts it, which is not on everybody's path.
const PACKAGED: &str = "/usr/sbin";

/// Where it is; it is installed first if it is missing and that can be done.
pub fn program() -> Result<PathBuf> {
    let advice = ", or put `nats-server` on the path";
    packages::bring("NATS", &["nats-server"], advice, find)
}

fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from(PACKAGED)]);
    let mut programs = folders.map(|folder| folder.join("nats-server"));
    programs.find(|program| program.exists())
}
