//! Positions of phones with apps of others, by HTTP: what one costs until it is on disk and answered.

use anyhow::Result;

use super::RUNS;
use super::drivers::phones;
use super::reading::{Bench, Plan, Readings};
use super::webhooks::{CONNECTIONS, WARM};
use crate::bodies::Message;
use crate::servers::Server;
use crate::shape::Shape;
use crate::table::{Table, at_most};

/// CPU of one at most, in microseconds.
const MOST_US: f64 = 30.0;

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let ours = Server::pontic(&bench.folder("posts"))?;
    let floor = Server::floor(&bench.folder("posts-floor"), &Shape::default())?;
    let phones = phones(&ours.address, CONNECTIONS)?;
    let plan = |message, holds| Plan {
        message,
        connections: CONNECTIONS,
        status: 200,
        holds,
        phones: &phones,
    };
    let empty_plan = plan(Message::Empty, "");
    let requests = bench.requests_of_a_run(&floor, empty_plan, WARM)?;
    let mut empty = Readings::default();
    for _ in 0..RUNS {
        empty.add(bench.read(&floor, empty_plan, 0, requests)?);
    }
    floor.stop()?;
    let mut table = Table::new(&["posts", "CPU µs", "a second", "to an empty GET", "target"]);
    let mut from = 0;
    for (name, plan) in [
        ("OwnTracks", plan(Message::OwnTracks, "[")),
        ("OsmAnd", plan(Message::OsmAnd, "")),
    ] {
        let rate = bench.send(&ours, plan, from, WARM)?;
        from += WARM;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundred thousand"
        )]
        let requests = (rate * bench.extent.run_seconds()) as u64;
        let mut readings = Readings::default();
        for _ in 0..RUNS {
            readings.add(bench.read(&ours, plan, from, requests)?);
            from += requests;
        }
        table.row([
            name.to_owned(),
            readings.cpu_us.told(1),
            readings.rate.told(0),
            format!("{:.2}", readings.times(&empty)),
            at_most(readings.cpu_us.median(), MOST_US, " µs"),
        ]);
    }
    ours.stop()?;
    table.print(&format!(
        "Posts of phones over {CONNECTIONS} connections, each answered when it is on disk; an empty GET of the floor {} µs",
        empty.cpu_us.told(1)
    ));
    Ok(())
}
