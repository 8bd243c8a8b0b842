//! The binary `pontic-lambda`: in a package for AWS Lambda it is called `bootstrap`.

use std::process::ExitCode;

/// A function has a part of two processors, mostly less.
const THREADS: usize = 2;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(THREADS)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(pontic_lambda::run(std::env::vars())),
        Err(error) => Err(error.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("pontic-lambda: {error}");
            ExitCode::FAILURE
        }
    }
}
