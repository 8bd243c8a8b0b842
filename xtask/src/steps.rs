//! Steps of a longer chore: each announced, timed, and the end of it all if it fails.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::tally::{Runner, Tally};

/// The steps so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<(&'static str, Duration)>,
    /// Tests that ran in them.
    pub tally: Tally,
}

impl Steps {
    /// Does one step; an error names it.
    pub fn step(
        &mut self,
        name: &'static str,
        what: &str,
        work: impl FnOnce(&mut Tally) -> Result<()>,
    ) -> Result<()> {
        println!("== {name}: {what}");
        let start = Instant::now();
        let done = work(&mut self.tally);
        let took = start.elapsed();
        self.done.push((name, took));
        done.with_context(|| format!("step `{name}` failed after {:.1} s", took.as_secs_f64()))?;
        println!("== {name}: ok, {:.1} s", took.as_secs_f64());
        Ok(())
    }

    /// One line that says how long each took.
    pub fn times(&self) -> String {
        let each: Vec<String> = self
            .done
            .iter()
            .map(|(name, took)| format!("{name} {:.1} s", took.as_secs_f64()))
            .collect();
        each.join(", ")
    }
}

/// How a command is shown.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs `command` on our own terminal.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| shown(command))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs `command`, passes on what it prints, and reads off how many tests passed and failed.
pub fn run_counted(runner: Runner, command: &mut Command, tally: &mut Tally) -> Result<()> {
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| shown(command))?;
    let stdout = child.stdout.take().context("no standard output")?;
    let stderr = child.stderr.take().context("no standard error")?;
    let others = std::thread::spawn(move || pass_on(runner, stderr, std::io::stderr()));
    let mut counts = pass_on(runner, stdout, std::io::stdout())?;
    let Ok(more) = others.join() else {
        bail!("the reader of standard error is gone");
    };
    let more = more?;
    counts.passed += more.passed;
    counts.failed += more.failed;
    tally.passed += counts.passed;
    tally.failed += counts.failed;
    let status = child.wait()?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Line by line, so that a long run shows where it is.
fn pass_on(runner: Runner, from: impl Read, mut to: impl Write) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        tally.read(runner, &String::from_utf8_lossy(&line));
        line.clear();
    }
    to.flush()?;
    Ok(tally)
}
