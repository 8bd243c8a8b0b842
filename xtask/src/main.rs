//! The chores of this repository as one small program: `cargo xtask help`.

mod bench;
mod demo;
mod deny;
mod deploy;
mod lambda;
mod packages;
mod place;
mod servers;
mod soak;
mod steps;
mod tally;
mod test;
mod tidy;
mod tools;
mod web;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test                 everything that CI runs, in its order
cargo xtask tidy                 our own rules of tidiness; one line a fault
cargo xtask deploy               the files of deploy/, by the tools that read them
cargo xtask demo [--once …]      builds the release binary and runs `pontic demo` with these arguments;
                                 with `--replicas 2` beside a PostgreSQL and a NATS that it starts
cargo xtask screens [-- ARGS]    the users in a browser, and the pictures of docs/screens anew
cargo xtask bench [-- ARGS]      the benchmarks of bench/, as ratios against a floor of the same run
cargo xtask soak [--minutes N]   the crash harness and the property tests, for long
cargo xtask lambda [--target T]  the package for AWS Lambda, its size, and how long it takes to start
cargo xtask servers -- COMMAND   a command beside the servers that tests need
cargo xtask help                 this page";

fn main() -> ExitCode {
    let said: Vec<String> = std::env::args().skip(1).collect();
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    let done = match said.as_slice() {
        // It tells its own errors: its last line is the count of the tests.
        ["test"] => return test::run(),
        ["tidy"] => tidy::run(),
        ["deploy"] => deploy::check(),
        ["demo", arguments @ ..] => demo::run(arguments),
        ["screens", "--", rest @ ..] | ["screens", rest @ ..] => web::screens(rest),
        ["bench", "--", rest @ ..] | ["bench", rest @ ..] => bench::run(rest),
        ["servers", "--", command @ ..] => servers::run(command),
        ["lambda"] => lambda::package(None),
        ["lambda", "--target", target] => lambda::package(Some(target)),
        ["soak"] => soak::run(None),
        ["soak", "--minutes", minutes] => soak::run(Some(minutes)),
        [] | ["help" | "--help" | "-h"] => {
            println!("{HELP}");
            Ok(())
        }
        _ => Err(anyhow::anyhow!("there is no such chore:\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
