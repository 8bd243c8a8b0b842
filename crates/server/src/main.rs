//! The binary `pontic`: see `pontic help`.

fn main() -> std::process::ExitCode {
    pontic_server::cli::run()
}
