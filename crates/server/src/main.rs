//! The binary `pontic`: see `pontic help`.

/// What a request's thread takes, the door's thread frees: glibc's allocator is slow at that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    pontic_server::cli::run()
}
