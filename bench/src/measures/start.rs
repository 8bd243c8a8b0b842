//! Until the server can be asked, and how much memory it holds.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::RUNS;
use super::events::BATCHES;
use super::growth::fill;
use super::reading::Bench;
use crate::numbers::{Runs, float};
use crate::process::resident_mib;
use crate::servers::{self, Server};
use crate::table::{Table, at_most};

/// After so long a server that is asked nothing is at rest.
const REST: Duration = Duration::from_secs(4);
/// Batches that make the memory of a busy server.
const BUSY: u64 = 1_000;
/// Most memory at rest, in MiB.
const MOST_MIB: f64 = 30.0;

/// Measures and prints; `grown` is a data folder with many events, if there is one already.
pub fn run(bench: &Bench<'_>, grown: Option<PathBuf>) -> Result<()> {
    let events = bench.extent.sizes().pop().unwrap_or_default();
    let dir = match grown {
        Some(dir) => dir,
        None => grow(bench, events)?,
    };
    let mut ready_ms = Runs::default();
    for _ in 0..RUNS {
        let (server, ready) = start(&dir)?;
        ready_ms.add(ready.as_secs_f64() * 1_000.0);
        server.stop()?;
    }
    let (empty, after_load) = memory(bench, &bench.folder("start"))?;
    let (server, _) = start(&dir)?;
    sleep(REST);
    let full = resident_mib(server.pid())?;
    server.stop()?;
    let mut table = Table::new(&["measure", "value", "target"]);
    table.row([
        format!("from exec to `/readyz` 200 with {events} events, ms"),
        ready_ms.told(0),
        at_most(ready_ms.median(), 1_000.0, " ms"),
    ]);
    let lines = [
        ("resident at rest, no data, MiB".to_owned(), empty),
        (
            format!("resident at rest after {} events, MiB", BUSY * 100),
            after_load,
        ),
        (
            format!("resident at rest, started with {events} events, MiB"),
            full,
        ),
    ];
    for (name, mib) in lines {
        table.row([name, format!("{mib:.1}"), at_most(mib, MOST_MIB, " MiB")]);
    }
    table.print("Start and memory");
    Ok(())
}

/// Prints the size of the binary.
pub fn size() -> Result<()> {
    let bytes = usize::try_from(std::fs::metadata(servers::binary()?)?.len())?;
    let mib = float(bytes) / 1_048_576.0;
    let mut table = Table::new(&["measure", "value", "target"]);
    table.row([
        "binary, MiB".to_owned(),
        format!("{mib:.1}"),
        at_most(mib, 40.0, " MiB"),
    ]);
    table.print("Size");
    Ok(())
}

fn grow(bench: &Bench<'_>, events: u64) -> Result<PathBuf> {
    let dir = bench.folder("grown");
    let server = Server::pontic(&dir)?;
    fill(bench, &server, BATCHES, &mut 0, events / 100)?;
    server.stop()?;
    Ok(dir)
}

/// Memory of a server that has just started, and of the same after load.
fn memory(bench: &Bench<'_>, dir: &Path) -> Result<(f64, f64)> {
    let (server, _) = start(dir)?;
    sleep(REST);
    let fresh = resident_mib(server.pid())?;
    fill(bench, &server, BATCHES, &mut 0, BUSY)?;
    sleep(REST);
    let after_load = resident_mib(server.pid())?;
    server.stop()?;
    Ok((fresh, after_load))
}

fn start(dir: &Path) -> Result<(Server, Duration)> {
    let started = Instant::now();
    let server = Server::pontic(dir)?;
    while !is_ready(&server.address)? {
        sleep(Duration::from_millis(2));
    }
    Ok((server, started.elapsed()))
}

fn is_ready(address: &str) -> Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}
