//! What an event costs when there are many already.

use std::path::PathBuf;

use anyhow::Result;

use super::RUNS;
use super::events::BATCHES;
use super::reading::{Bench, Plan, Readings};
use crate::bodies::Message;
use crate::servers::Server;
use crate::table::{Table, at_most};

/// Events of a request.
const BATCH: u64 = 100;
/// Most requests that a generator makes ahead.
const FILLED_AT_ONCE: u64 = 1_000;
/// Events of a run: enough for ticks not to matter, few beside what is there.
const RUN: u64 = 16_000;

const FOREIGN: Plan<'_> = Plan {
    message: Message::ForeignEvents(100),
    ..BATCHES
};

/// Measures and prints; gives the folder in which events without ids have grown.
pub fn run(bench: &Bench<'_>) -> Result<PathBuf> {
    let mut table = Table::new(&[
        "ids",
        "events before",
        "CPU µs an event",
        "to the first",
        "target",
    ]);
    let ordered = bench.folder("growth");
    measure(bench, BATCHES, &ordered, "ours, ordered", 1.3, &mut table)?;
    let foreign = bench.folder("growth-foreign");
    measure(bench, FOREIGN, &foreign, "foreign, random", 2.0, &mut table)?;
    std::fs::remove_dir_all(&foreign)?;
    table.print(&format!(
        "Cost per event as the log grows, {RUN} events a run in batches of {BATCH}"
    ));
    Ok(ordered)
}

fn measure(
    bench: &Bench<'_>,
    plan: Plan<'_>,
    dir: &std::path::Path,
    name: &str,
    most: f64,
    table: &mut Table,
) -> Result<()> {
    let server = Server::pontic(dir)?;
    let mut first = None;
    let mut next = 0;
    for size in bench.extent.sizes() {
        fill(bench, &server, plan, &mut next, size / BATCH)?;
        let mut readings = Readings::default();
        for _ in 0..RUNS {
            readings.add(bench.read(&server, plan, next, RUN / BATCH)?);
            next += RUN / BATCH;
        }
        let first = first.get_or_insert_with(|| readings.clone());
        let ratio = readings.times(first);
        table.row([
            name.to_owned(),
            size.to_string(),
            readings.cpu_us.told(1),
            format!("{ratio:.2}"),
            at_most(ratio, most, "x"),
        ]);
    }
    server.stop()
}

/// Sends requests until `until`.
pub fn fill(
    bench: &Bench<'_>,
    server: &Server,
    plan: Plan<'_>,
    next: &mut u64,
    until: u64,
) -> Result<()> {
    while *next < until {
        let count = (until - *next).min(FILLED_AT_ONCE);
        bench.send(server, plan, *next, count)?;
        *next += count;
    }
    Ok(())
}
