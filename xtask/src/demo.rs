//! `cargo xtask demo`: a scripted day of a lab through the real binary, and what became of each message.

mod day;
mod report;
mod server;

use anyhow::Result;

use crate::place::{cargo, target};
use crate::steps;
use server::Server;

/// Builds, starts, sends, tells; then leaves the server running, unless `once`.
pub fn run(once: bool) -> Result<()> {
    println!("building the release binary (minutes, the first time)");
    steps::run(cargo().args([
        "build",
        "--release",
        "-p",
        "pontic-server",
        "--bin",
        "pontic",
    ]))?;
    let binary = target()?.join("release/pontic");
    let mut server = Server::start(&binary, once)?;
    let told = day::send(&server).and_then(|sent| report::print(&server, &sent));
    if once || told.is_err() {
        server.end(told.is_ok());
        return told;
    }
    println!();
    println!("The server runs at {} until Ctrl-C.", server.url());
    println!("  look around:  {}/login", server.url());
    println!("  the API:      {}/docs/", server.url());
    println!("  admin token:  {}", server.token);
    for (system, secret) in &server.secrets {
        println!("  secret of {system}: {secret}");
    }
    println!("  data and log: {}", server.folder.display());
    server.wait()
}
