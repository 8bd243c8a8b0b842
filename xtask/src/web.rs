//! The screens in `web/`: what they are built, checked and tried out with.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};

use crate::place::{cargo, root, target};
use crate::{packages, steps};

/// Oldest Node.js that the tools of the screens run on; the same in `web/package.json`.
const NODE: (u32, u32) = (20, 19);
/// Where Debian and its like put the browser.
const CHROMIUM: [&str; 2] = ["/usr/bin/chromium", "/usr/bin/chromium-browser"];

/// Node.js, npm and a browser; installed where that can be done.
pub fn tools() -> Result<()> {
    let advice = ", or from https://nodejs.org";
    packages::bring("Node.js with npm", &["nodejs", "npm"], advice, || {
        version("npm").and(version("node"))
    })?;
    let said = version("node").context("`node --version` says nothing")?;
    let (major, minor) = NODE;
    ensure!(
        parsed(&said).is_some_and(|found| found >= NODE),
        "`node` is {said}, and the screens need {major}.{minor} or newer: https://nodejs.org"
    );
    chromium().map(drop)
}

fn chromium() -> Result<PathBuf> {
    let advice = ", or name a browser's program in CHROMIUM";
    packages::bring("Chromium", &["chromium"], advice, || {
        let named = env::var_os("CHROMIUM").map(PathBuf::from);
        named
            .into_iter()
            .chain(CHROMIUM.map(PathBuf::from))
            .find(|path| path.exists())
    })
}

fn version(program: &str) -> Option<String> {
    let said = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&said.stdout).trim().to_owned();
    said.status.success().then_some(text)
}

/// `v20.19.2`.
fn parsed(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// `npm ci`, where nobody did it since the list of packages changed.
pub fn install() -> Result<()> {
    let web = folder();
    // npm writes this one last.
    let installed = changed(&web.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(&web.join("package-lock.json")) {
        return Ok(());
    }
    let mut npm = npm();
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    steps::run(&mut npm)
}

/// One of the scripts in `web/package.json`.
pub fn script(name: &str) -> Command {
    let mut npm = npm();
    npm.args(["run", "--silent", name]);
    npm
}

/// The users in a browser, against the program that was built last.
pub fn users() -> Result<Command> {
    let program = target()?
        .join("debug")
        .join(format!("pontic{}", env::consts::EXE_SUFFIX));
    ensure!(
        program.exists(),
        "{} is not there: `cargo build -p pontic-server`",
        program.display()
    );
    let mut tests = script("test");
    tests.env("PONTIC_BIN", program);
    tests.env("CHROMIUM", chromium()?);
    Ok(tests)
}

/// `cargo xtask screens [-- ARGS]`: the pictures in `docs/screens`, anew.
pub fn screens(rest: &[&str]) -> Result<()> {
    tools()?;
    install()?;
    steps::run(cargo().args(["build", "-p", "pontic-server"]))?;
    let mut users = users()?;
    users.env("UPDATE_SCREENS", "1").arg("--").args(rest);
    steps::run(&mut users)
}

fn npm() -> Command {
    let mut npm = Command::new("npm");
    npm.current_dir(folder());
    npm
}

fn folder() -> PathBuf {
    root().join("web")
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|about| about.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_are_read() {
        assert_eq!(parsed("v20.19.2"), Some((20, 19)));
        assert!(parsed("v18.20.4").is_some_and(|found| found < NODE));
        assert!(parsed("v24.0.0").is_some_and(|found| found >= NODE));
        assert_eq!(parsed("no such program"), None);
    }

    #[test]
    fn the_same_node_is_asked_for_everywhere() -> Result<()> {
        let package = fs::read_to_string(folder().join("package.json"))?;
        let package: serde_json::Value = serde_json::from_str(&package)?;
        let (major, minor) = NODE;
        assert_eq!(package["engines"]["node"], format!(">={major}.{minor}"));
        Ok(())
    }
}
