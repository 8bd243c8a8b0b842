//! `cargo xtask test`: everything that CI runs, nothing built twice.

use std::process::{Command, ExitCode};

use anyhow::Result;

use crate::place::cargo;
use crate::servers::Servers;
use crate::steps::{self, Steps};
use crate::tally::Runner;
use crate::{deny, deploy, tidy, tools, web};

/// Stops at the first step that fails. Where tests ran, the last line counts them.
pub fn run() -> ExitCode {
    let mut steps = Steps::default();
    let done = all(&mut steps);
    println!("times: {}", steps.times());
    if let Err(error) = &done {
        println!("stopped: {error:#}");
    }
    let tally = steps.tally;
    if done.is_ok() || tally.passed + tally.failed > 0 {
        println!("{} passed, {} failed", tally.passed, tally.failed);
    }
    ExitCode::from(u8::from(done.is_err()))
}

fn all(steps: &mut Steps) -> Result<()> {
    steps.step("tools", "what must be installed", |_| tools::check())?;
    let mut fmt = cargo();
    // Names of files only: `cargo fmt --all` shows and mends the rest.
    fmt.args(["fmt", "--all", "--check", "--message-format", "short"]);
    steps.step("fmt", &steps::shown(&fmt), |_| steps::run(&mut fmt))?;
    steps.step("tidy", "our own rules (CONTRIBUTING.md)", |_| tidy::run())?;
    web_sources(steps)?;
    let mut clippy = cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--all-features"]);
    clippy.args(["--", "-D", "warnings"]);
    steps.step("clippy", &steps::shown(&clippy), |_| {
        steps::run(&mut clippy)
    })?;
    // The usual build leaves the database out: what only it has must be right as well.
    let mut usual = cargo();
    usual.args(["clippy", "-p", "pontic-server", "--", "-D", "warnings"]);
    steps.step("usual build", &steps::shown(&usual), |_| {
        steps::run(&mut usual)
    })?;
    steps.step("deny", "cargo deny check", |_| deny::run())?;
    steps.step("deploy", "deploy/, by the tools that read it", |_| {
        deploy::check()
    })?;
    let mut servers = None;
    steps.step("servers", "what tests talk to, on private ports", |_| {
        servers = Some(Servers::start()?);
        Ok(())
    })?;
    let told = |command: &mut Command| {
        if let Some(servers) = &servers {
            servers.tell(command);
        }
    };
    let (runner, mut tests) = tests();
    told(&mut tests);
    steps.step("tests", &steps::shown(&tests), |tally| {
        steps::run_counted(runner, &mut tests, tally)
    })?;
    let (runner, mut again) = on_postgres();
    told(&mut again);
    steps.step("postgres", &steps::shown(&again), |tally| {
        steps::run_counted(runner, &mut again, tally)
    })?;
    let mut examples = cargo();
    examples.args(["test", "--doc", "--workspace", "--all-features"]);
    steps.step("doc-tests", &steps::shown(&examples), |tally| {
        steps::run_counted(Runner::Libtest, &mut examples, tally)
    })?;
    // The program is there since `tests`.
    let mut users = web::users()?;
    steps.step("users", "in a browser: web/tests", |tally| {
        steps::run_counted(Runner::Playwright, &mut users, tally)
    })
}

/// The sources of the screens, before anything is built of them.
fn web_sources(steps: &mut Steps) -> Result<()> {
    steps.step("web packages", "web/package-lock.json", |_| web::install())?;
    for (name, script) in [("web check", "check"), ("web lint", "lint")] {
        let mut command = web::script(script);
        steps.step(name, &steps::shown(&command), |_| steps::run(&mut command))?;
    }
    let mut unit = web::script("unit");
    steps.step("web unit", &steps::shown(&unit), |tally| {
        steps::run_counted(Runner::Vitest, &mut unit, tally)
    })
}

/// All tests but those in documentation. The same features as the other steps have, or all would be built twice.
fn tests() -> (Runner, Command) {
    let (runner, mut tests) = runner();
    if matches!(runner, Runner::Libtest) {
        tests.args(["--lib", "--bins", "--tests"]);
    }
    (runner, tests)
}

/// The tests of the server once more, with its records in a database; but for those that are about the folder's own file.
fn on_postgres() -> (Runner, Command) {
    let (runner, mut tests) = runner();
    if matches!(runner, Runner::Nextest) {
        tests.args([
            "-E",
            "package(pontic-server) & (binary(it) | binary(crash)) - test(full_disk) - test(a_data_folder_of) - test(a_folder_without_data) - test(backup)",
        ]);
    } else {
        tests.args([
            "--test",
            "it",
            "--test",
            "crash",
            "--",
            "--skip",
            "full_disk",
            "--skip",
            "a_data_folder_of",
            "--skip",
            "a_folder_without_data",
            "--skip",
            "backup",
        ]);
    }
    tests.env("TEST_ENGINE", "postgres");
    (runner, tests)
}

fn runner() -> (Runner, Command) {
    let mut tests = cargo();
    if tools::has_nextest() {
        tests.args(["nextest", "run", "--workspace", "--all-features"]);
        tests.args(["--no-fail-fast", "--status-level", "fail"]);
        tests.args(["--final-status-level", "fail"]);
        return (Runner::Nextest, tests);
    }
    tests.args(["test", "--workspace", "--all-features", "--no-fail-fast"]);
    (Runner::Libtest, tests)
}
