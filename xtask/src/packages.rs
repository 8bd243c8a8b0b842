//! Programs of the system's packages that a run needs: found, or installed where that can be done.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::place::target;
use crate::steps;

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

/// A program of a package that would start a service of its own where it is installed: found on the path, or unpacked below the
/// target folder.
pub fn unpack(package: &str, program: &str) -> Result<PathBuf> {
    let name = Path::new(program)
        .file_name()
        .context("a package's program has a name")?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let installed = std::env::split_paths(&path).map(|folder| folder.join(name));
    let folder = target()?.join("tools").join(package);
    let unpacked = folder.join(program);
    let mut known = installed.chain([unpacked.clone()]);
    if let Some(found) = known.find(|path| path.is_file()) {
        return Ok(found);
    }
    println!(
        "{} is not installed: apt-get download {package}",
        name.display()
    );
    fetch(package, &folder)
        .ok()
        .filter(|()| unpacked.is_file())
        .map(|()| unpacked)
        .with_context(|| {
            format!("{program} is missing and could not be fetched: `apt-get install {package}`")
        })
}

fn fetch(package: &str, folder: &Path) -> Result<()> {
    // Of an earlier try that was broken off.
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder)?;
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        apt.current_dir(folder).args(arguments);
        apt.stdout(Stdio::null()).stderr(Stdio::null());
        steps::run(&mut apt)
    };
    if apt(&["download", package]).is_err() {
        apt(&["update"])?;
        apt(&["download", package])?;
    }
    let mut archives = fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
    let archive = archives.next().context("nothing was downloaded")?;
    let mut unpack = Command::new("dpkg-deb");
    steps::run(unpack.arg("--extract").arg(&archive).arg(folder))?;
    Ok(fs::remove_file(archive)?)
}
