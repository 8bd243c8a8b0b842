//! Signed webhooks: new ones, and the same again.

use anyhow::Result;

use super::RUNS;
use super::reading::{Bench, Plan, Readings};
use crate::bodies::Message;
use crate::servers::Server;
use crate::shape::Shape;
use crate::table::{Table, at_least, at_most};

/// Connections that stay open.
pub const CONNECTIONS: usize = 64;
/// Requests before the first run.
pub const WARM: u64 = 6_400;
/// CPU of a plain Node server that does less, in microseconds, measured elsewhere.
const NODE_US: f64 = 37.0;

/// New ones.
pub const NEW: Plan<'_> = Plan {
    message: Message::Webhook,
    connections: CONNECTIONS,
    status: 200,
    holds: "\"duplicate\":false",
    phones: &[],
};
const AGAIN: Plan<'_> = Plan {
    holds: "\"duplicate\":true",
    ..NEW
};

/// What is written each time.
pub fn shape(bench: &Bench<'_>) -> Result<Shape> {
    bench.shape("webhooks", NEW, WARM)
}

/// Measures and prints.
pub fn run(bench: &Bench<'_>, shape: &Shape) -> Result<()> {
    let ours = Server::pontic(&bench.folder("webhooks"))?;
    let floor = Server::floor(&bench.folder("webhooks-floor"), shape)?;
    let requests = bench.requests_of_a_run(&ours, NEW, WARM)?;
    let floor_requests = bench.requests_of_a_run(&floor, NEW, WARM)?;
    let (mut new, mut again, mut least) = <(Readings, Readings, Readings)>::default();
    for run in 0..RUNS {
        let from = WARM + run * requests;
        new.add(bench.read(&ours, NEW, from, requests)?);
        least.add(bench.read(&floor, NEW, WARM + run * floor_requests, floor_requests)?);
        again.add(bench.read(&ours, AGAIN, from, requests)?);
    }
    ours.stop()?;
    floor.stop()?;
    let mut table = Table::new(&[
        "webhooks",
        "CPU µs",
        "a second",
        "CPU to floor",
        "rate to floor",
        "target",
    ]);
    let rate = new.rate.median() / least.rate.median();
    table.row([
        "new".to_owned(),
        new.cpu_us.told(1),
        new.rate.told(0),
        format!("{:.2}", new.times(&least)),
        format!("{rate:.2}"),
        format!(
            "CPU {}; rate {}; Node {}",
            at_most(new.times(&least), 1.8, "x"),
            at_least(rate, 0.5, "x"),
            at_most(new.cpu_us.median(), NODE_US, " µs")
        ),
    ]);
    let dearer = again.times(&new);
    table.row([
        "the same again".to_owned(),
        again.cpu_us.told(1),
        again.rate.told(0),
        format!("{:.2}", again.times(&least)),
        String::new(),
        format!("{dearer:.2} of a new one, {}", at_most(dearer, 1.0, "x")),
    ]);
    table.row([
        "floor".to_owned(),
        least.cpu_us.told(1),
        least.rate.told(0),
        "1".to_owned(),
        "1".to_owned(),
        String::new(),
    ]);
    table.row([
        "a plain Node server that does less, measured elsewhere".to_owned(),
        "37–41".to_owned(),
        "19000–28000".to_owned(),
        String::new(),
        String::new(),
        String::new(),
    ]);
    table.print(&format!(
        "Durable signed webhooks, {CONNECTIONS} connections, {requests} a run"
    ));
    Ok(())
}
