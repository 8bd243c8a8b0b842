//! A million drivers at once, over gateways' sockets, across the end of an hour; and as many open sockets as a phone network has.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use jiff::SignedDuration;

use super::drivers::{Drivers, history, start_routes};
use super::reading::Bench;
use crate::bodies;
use crate::drive::{Order, driver};
use crate::numbers::float;
use crate::process::{cpu_us, resident_mib};
use crate::servers::Server;
use crate::table::{Table, at_most};

/// Gateways.
const SOCKETS: usize = 500;
/// Seconds between two fixes of a driver.
const STEP_S: i64 = 30;
/// One driver in so many is on a route.
const ON_A_ROUTE: usize = 15;
/// So long before the hour's end it begins.
const BEFORE_S: i64 = 300;
/// Fixes of a gateway's message: those of a second.
const SECONDS: usize = 30;
/// Memory of an active driver at most.
const MOST_BYTES: f64 = 1_024.0;
/// Sockets that are open at once, and what each may hold.
const OPEN: usize = 15_000;
const MOST_OPEN_BYTES: f64 = 10.0 * 1_024.0;
/// After so long a server that is asked nothing is at rest.
const REST: Duration = Duration::from_secs(4);

/// Measures and prints the fleet.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let (drivers, rounds) = if bench.extent.quick {
        (100, 4)
    } else {
        (2_000, 20)
    };
    let all = SOCKETS * drivers;
    let server = Server::pontic(&bench.folder("fleet"))?;
    let today = bodies::today();
    let on_a_route: Vec<_> = (0..all)
        .step_by(ON_A_ROUTE)
        .map(|number| (number / drivers, number % drivers))
        .collect();
    let since = Instant::now();
    start_routes(&server.address, today, &on_a_route)?;
    eprintln!(
        "{} routes started in {:.0} s",
        on_a_route.len(),
        since.elapsed().as_secs_f64()
    );
    let order = |start, from, fixes, rate| Order {
        address: server.address.clone(),
        sockets: SOCKETS,
        drivers,
        fixes,
        from,
        step_s: STEP_S,
        start,
        window: 2 * drivers.div_ceil(SECONDS),
        rate,
        together: drivers.div_ceil(SECONDS),
        spread: true,
        watchers: 0,
        watch_at: None,
    };
    // The first fix of each makes the driver known.
    let before = bodies::now().saturating_sub(SignedDuration::from_hours(2))?;
    let since = Instant::now();
    Drivers::prepare(&order(before, 0, 1, 0.0))?.go()?;
    eprintln!(
        "{all} drivers made known in {:.0} s",
        since.elapsed().as_secs_f64()
    );
    sleep(REST);
    let idle_mib = resident_mib(server.pid())?;
    if !bench.extent.quick {
        wait_for_the_hour();
    }
    let rate = float(all) / 30.0;
    let start = bodies::now();
    let generator = Drivers::prepare(&order(start, 0, rounds, rate))?;
    let cpu = cpu_us(server.pid())?;
    let (report, mib) = generator.go_and(|| resident_mib(server.pid()))?;
    let fixes = float(all * rounds);
    let cost = (cpu_us(server.pid())? - cpu) / fixes;
    let lost = lost(&server, &order(start, 0, rounds, rate))?;
    let bytes = mib * 1_048_576.0 / float(all);
    let mut table = Table::new(&["measure", "value", "target"]);
    let per_second = fixes / report.seconds;
    table.row([
        "fixes a second".to_owned(),
        format!("{per_second:.0}"),
        format!("{rate:.0} were due"),
    ]);
    table.row([
        "CPU µs a fix".to_owned(),
        format!("{cost:.1}"),
        String::new(),
    ]);
    table.row([
        "ack p50/p99, ms".to_owned(),
        format!("{:.1}/{:.1}", report.ack_ms.0, report.ack_ms.1),
        String::new(),
    ]);
    table.row([
        "of a hundred drivers' histories, fixes missing".to_owned(),
        lost.to_string(),
        at_most(float(lost), 0.0, ""),
    ]);
    table.row([
        "resident before and after, MiB".to_owned(),
        format!("{idle_mib:.0}, {mib:.0}"),
        String::new(),
    ]);
    table.row([
        "of it for each driver, bytes, with everything else".to_owned(),
        format!("{bytes:.0}"),
        at_most(bytes, MOST_BYTES, " bytes"),
    ]);
    table.print(&format!(
        "{all} drivers over {SOCKETS} gateways, one fix each per {STEP_S} s, one in {ON_A_ROUTE} on a route of 15 stops, for {:.1} minutes",
        report.seconds / 60.0
    ));
    server.stop()
}

/// Until five minutes before the end of an hour.
fn wait_for_the_hour() {
    let into_the_hour = bodies::now().as_second().rem_euclid(3_600);
    let left = (3_600 - BEFORE_S - into_the_hour).rem_euclid(3_600);
    eprintln!("waiting {left} s for the last minutes of an hour");
    sleep(Duration::from_secs(left.unsigned_abs()));
}

/// Fixes that are not in the histories of a hundred drivers.
fn lost(server: &Server, order: &Order) -> Result<usize> {
    let mut lost = 0;
    for number in 0..100 {
        let all = order.sockets * order.drivers;
        let place = number * all / 100;
        let driver = driver(place / order.drivers, place % order.drivers);
        let kept = history(&server.address, &driver, order.start)?;
        ensure!(
            kept <= order.fixes,
            "{driver} has {kept} fixes of {}",
            order.fixes
        );
        lost += order.fixes - kept;
    }
    Ok(lost)
}

/// Measures and prints what open sockets hold.
pub fn sockets(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.folder("sockets");
    let mut server = Server::pontic(&folder)?;
    let start = bodies::today();
    let open = if bench.extent.quick { OPEN / 10 } else { OPEN };
    let order = |server: &Server, from| Order {
        address: server.address.clone(),
        sockets: open,
        drivers: 1,
        fixes: 1,
        from,
        step_s: 1,
        start,
        window: 1,
        rate: 0.0,
        together: 1,
        spread: false,
        watchers: 0,
        watch_at: None,
    };
    // The drivers are known before, and the memory that this took is given back, so that only the sockets count.
    Drivers::prepare(&order(&server, 0))?.go()?;
    server.stop()?;
    server = Server::pontic(&folder)?;
    sleep(REST);
    let before = resident_mib(server.pid())?;
    let generator = Drivers::prepare(&order(&server, 1))?;
    let idle = resident_mib(server.pid())?;
    let (_, used) = generator.go_and(|| resident_mib(server.pid()))?;
    let bytes = |mib: f64| (mib - before) * 1_048_576.0 / float(open);
    let mut table = Table::new(&["each of the sockets holds, bytes", "value", "target"]);
    for (name, mib) in [("opened", idle), ("after a fix and its answer", used)] {
        table.row([
            name.to_owned(),
            format!("{:.0}", bytes(mib)),
            at_most(bytes(mib), MOST_OPEN_BYTES, " bytes"),
        ]);
    }
    table.print(&format!(
        "{open} sockets of drivers open at once; {before:.0} MiB before, {idle:.0} with them, {used:.0} after a fix of each"
    ));
    server.stop()
}
