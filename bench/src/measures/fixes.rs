//! Positions: what one costs from the socket to its answer, which comes when it is on disk, with 15 stops ahead.

use anyhow::{Context, Result};
use jiff::SignedDuration;

use super::RUNS;
use super::drivers::{Drivers, STOPS, start_routes};
use super::reading::Bench;
use crate::bodies;
use crate::drive::{Order, Report};
use crate::numbers::{Runs, float};
use crate::process::cpu_us;
use crate::servers::Server;
use crate::table::{Table, at_most};

/// Gateways, each with one driver.
const SOCKETS: usize = 64;
/// Fixes of a gateway that may wait for their answers.
const WINDOW: usize = 32;
/// CPU of a fix at most, in microseconds, without dispatchers, and with so many.
const ALONE_US: f64 = 12.0;
const TARGETS: [(usize, f64); 2] = [(10, 35.0), (50, 70.0)];
/// The rate at which dispatchers follow.
const WATCHED_RATE: f64 = 4_000.0;
/// The rate at which the way to a dispatcher is timed.
const USUAL_RATE: f64 = 1_000.0;

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let server = Server::pontic(&bench.folder("fixes"))?;
    // As long ago as a fix may be: most of a week can be driven in one measure.
    let start = bodies::today().saturating_sub(SignedDuration::from_hours(5 * 24))?;
    let drivers: Vec<_> = (0..SOCKETS).map(|gateway| (gateway, 0)).collect();
    start_routes(&server.address, start, &drivers)?;
    let fixes = if bench.extent.quick { 300 } else { 2_000 };
    let mut from = 0;
    let mut order = |watchers, rate, fixes| {
        let order = Order {
            address: server.address.clone(),
            sockets: SOCKETS,
            drivers: 1,
            fixes,
            from,
            step_s: 1,
            start,
            window: WINDOW,
            rate,
            together: 1,
            spread: false,
            watchers,
            watch_at: None,
        };
        from += fixes;
        order
    };
    // The first run makes the drivers known.
    Drivers::prepare(&order(0, 0.0, 50))?.go()?;
    let run = |order: &Order| -> Result<(f64, f64, Report)> {
        let drivers = Drivers::prepare(order)?;
        let before = cpu_us(server.pid())?;
        let report = drivers.go()?;
        let count = float(order.sockets * order.drivers * order.fixes);
        let cost = (cpu_us(server.pid())? - before) / count;
        Ok((cost, count / report.seconds, report))
    };
    let mut table = Table::new(&[
        "dispatchers",
        "CPU µs a fix",
        "a second",
        "ack p50/p99 ms",
        "target",
    ]);
    let (mut alone, mut rate, mut acks) = (Runs::default(), Runs::default(), String::new());
    for _ in 0..RUNS {
        let (cost, fixes_a_second, report) = run(&order(0, 0.0, fixes))?;
        alone.add(cost);
        rate.add(fixes_a_second);
        acks = format!("{:.1}/{:.1}", report.ack_ms.0, report.ack_ms.1);
    }
    table.row([
        "none, as fast as it goes".to_owned(),
        alone.told(1),
        rate.told(0),
        acks,
        at_most(alone.median(), ALONE_US, " µs"),
    ]);
    // As fast as it goes, dispatchers would be left out of most of it: what they add is measured at a rate that they can follow.
    let mut unwatched = Runs::default();
    for _ in 0..RUNS {
        unwatched.add(run(&order(0, WATCHED_RATE, fixes / 4))?.0);
    }
    for (watchers, most_us) in TARGETS {
        let (mut added, mut rate, mut acks) = (Runs::default(), Runs::default(), String::new());
        for _ in 0..RUNS {
            let (cost, fixes_a_second, report) = run(&order(watchers, WATCHED_RATE, fixes / 4))?;
            added.add(cost - unwatched.median());
            rate.add(fixes_a_second);
            acks = format!("{:.1}/{:.1}", report.ack_ms.0, report.ack_ms.1);
        }
        let all = alone.median() + added.median();
        table.row([
            format!("{watchers} add"),
            added.told(1),
            rate.told(0),
            acks,
            format!("{all:.1} in all, {}", at_most(all, most_us, " µs")),
        ]);
    }
    table.print(&format!(
        "Positions over {SOCKETS} sockets, {STOPS} stops ahead, each answered when it is on disk; {} µs each at {WATCHED_RATE} a second without dispatchers, where a write or a wake-up serves few",
        unwatched.told(1)
    ));
    let usual = order(10, USUAL_RATE, if bench.extent.quick { 60 } else { 300 });
    let report = Drivers::prepare(&usual)?.go()?;
    let (half, most) = report.seen_ms.context("a dispatcher saw nothing")?;
    println!(
        "\nFrom a phone to a dispatcher at {USUAL_RATE} fixes a second: p50 {half:.1} ms, p99 {most:.1} ms; {}",
        at_most(most, 50.0, " ms")
    );
    server.stop()
}
