//! Events in batches of 100 and of 1,000.

use anyhow::Result;

use super::RUNS;
use super::reading::{Bench, Plan, Readings};
use crate::bodies::Message;
use crate::servers::Server;
use crate::shape::Shape;
use crate::table::{Table, at_most};

/// CPU of a plain Node server per event in batches of 100, in microseconds, measured elsewhere.
const NODE_US: f64 = 10.6;
/// Batches before the first run.
const WARM: u64 = 200;
/// Batches of 1,000 in a run.
const LARGE: u64 = 40;

/// Batches of 100.
pub const BATCHES: Plan<'_> = Plan {
    message: Message::Events(100),
    connections: 8,
    status: 200,
    holds: "\"failedEntryCount\":0",
    phones: &[],
};
const LARGE_BATCHES: Plan<'_> = Plan {
    message: Message::Events(1_000),
    connections: 1,
    ..BATCHES
};

/// What is written each time.
pub fn shape(bench: &Bench<'_>) -> Result<Shape> {
    bench.shape("events", BATCHES, WARM)
}

/// Measures and prints.
pub fn run(bench: &Bench<'_>, shape: &Shape) -> Result<()> {
    let ours = Server::pontic(&bench.folder("events"))?;
    let floor = Server::floor(&bench.folder("events-floor"), shape)?;
    let requests = bench.requests_of_a_run(&ours, BATCHES, WARM)?;
    let floor_requests = bench.requests_of_a_run(&floor, BATCHES, WARM)?;
    let (mut events, mut least) = <(Readings, Readings)>::default();
    for run in 0..RUNS {
        events.add(bench.read(&ours, BATCHES, WARM + run * requests, requests)?);
        least.add(bench.read(&floor, BATCHES, WARM + run * floor_requests, floor_requests)?);
    }
    floor.stop()?;
    let mut table = Table::new(&[
        "events in batches of 100",
        "CPU µs an event",
        "events a second",
        "to floor",
        "target",
    ]);
    table.row([
        "`CaseReadyToShip`".to_owned(),
        events.cpu_us.told(1),
        events.rate.told(0),
        format!("{:.2}", events.times(&least)),
        format!(
            "{}; Node {}",
            at_most(events.times(&least), 2.0, "x"),
            at_most(events.cpu_us.median(), NODE_US, " µs")
        ),
    ]);
    table.row([
        "floor".to_owned(),
        least.cpu_us.told(1),
        least.rate.told(0),
        "1".to_owned(),
        String::new(),
    ]);
    table.print(&format!(
        "Events, {} connections, {requests} batches a run",
        BATCHES.connections
    ));

    let first = (WARM + RUNS * requests) / 10 + 1;
    let mut large = Readings::default();
    for run in 0..RUNS {
        large.add(bench.read(&ours, LARGE_BATCHES, first + run * LARGE, LARGE)?);
    }
    ours.stop()?;
    let mut table = Table::new(&[
        "a batch of 1,000",
        "p50 ms",
        "p95 ms",
        "CPU µs an event",
        "target",
    ]);
    table.row([
        format!("one after the other, {LARGE} a run"),
        large.p50_ms.told(0),
        large.p95_ms.told(0),
        large.cpu_us.told(1),
        format!("p95 {}", at_most(large.p95_ms.median(), 250.0, " ms")),
    ]);
    table.print("Large batches");
    Ok(())
}
