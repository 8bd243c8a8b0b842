//! Webhooks with a wrong signature beside requests that ask for nothing.

use anyhow::Result;

use super::RUNS;
use super::reading::{Bench, Plan, Readings};
use super::webhooks::{CONNECTIONS, WARM};
use crate::bodies::Message;
use crate::servers::Server;
use crate::shape::Shape;
use crate::table::{Table, at_most};

const WRONG: Plan<'_> = Plan {
    message: Message::WrongSignature,
    connections: CONNECTIONS,
    status: 401,
    holds: "\"unauthorized\"",
    phones: &[],
};
const EMPTY: Plan<'_> = Plan {
    message: Message::Empty,
    connections: CONNECTIONS,
    status: 200,
    holds: "",
    phones: &[],
};
const UNREAD: Plan<'_> = Plan {
    message: Message::Unread,
    ..EMPTY
};

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let ours = Server::pontic(&bench.folder("wrong"))?;
    let floor = Server::floor(&bench.folder("wrong-floor"), &Shape::default())?;
    let requests = bench.requests_of_a_run(&ours, WRONG, WARM)?;
    let floor_requests = bench.requests_of_a_run(&floor, EMPTY, WARM)?;
    let (mut wrong, mut empty, mut unread) = <(Readings, Readings, Readings)>::default();
    for _ in 0..RUNS {
        wrong.add(bench.read(&ours, WRONG, 0, requests)?);
        empty.add(bench.read(&floor, EMPTY, 0, floor_requests)?);
        unread.add(bench.read(&floor, UNREAD, 0, floor_requests)?);
    }
    ours.stop()?;
    floor.stop()?;
    let mut table = Table::new(&[
        "requests",
        "CPU µs",
        "a second",
        "wrong signature to it",
        "target",
    ]);
    let lines = [
        ("wrong signature", &wrong, String::new()),
        (
            "floor: GET, empty 200",
            &empty,
            at_most(wrong.times(&empty), 1.2, "x"),
        ),
        (
            "floor: the same bytes read and thrown away, empty 200",
            &unread,
            String::new(),
        ),
    ];
    for (name, readings, target) in lines {
        table.row([
            name.to_owned(),
            readings.cpu_us.told(1),
            readings.rate.told(0),
            format!("{:.2}", wrong.times(readings)),
            target,
        ]);
    }
    table.print(&format!(
        "Wrong signatures, {CONNECTIONS} connections, {requests} a run"
    ));
    Ok(())
}
