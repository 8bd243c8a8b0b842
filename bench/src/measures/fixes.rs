//! Positions: what one costs from the socket to its answer, which comes when it is on disk, with 15 stops ahead.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::RUNS;
use super::reading::Bench;
use crate::drive::{Order, Report, driver, north};
use crate::load::client::Connection;
use crate::numbers::{Runs, float};
use crate::process::cpu_us;
use crate::servers::Server;
use crate::table::{Table, at_most};

/// Gateways, each with one driver.
const SOCKETS: usize = 64;
/// Fixes of a gateway that may wait for their answers.
const WINDOW: usize = 32;
/// Stops of a route, and how far they lie apart, in metres: all of them stay ahead.
const STOPS: u32 = 15;
const APART_M: f64 = 3_000.0;
/// CPU of a fix at most, in microseconds, with so many dispatchers.
const TARGETS: [(usize, f64); 3] = [(0, 12.0), (10, 35.0), (50, 70.0)];
/// The rate at which the way to a dispatcher is timed.
const USUAL_RATE: f64 = 1_000.0;

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let server = Server::pontic(&bench.folder("fixes"))?;
    // As long ago as a fix may be: most of a week can be driven in one measure.
    let start = Timestamp::now().saturating_sub(SignedDuration::from_hours(6 * 24))?;
    let start = Timestamp::from_second(start.as_second())?;
    prepare(&server.address, start)?;
    let fixes = if bench.extent.quick { 300 } else { 2_000 };
    let mut from = 0;
    let mut order = |watchers, rate, fixes| {
        let order = Order {
            address: server.address.clone(),
            sockets: SOCKETS,
            drivers: 1,
            fixes,
            from,
            step_s: 5,
            start,
            window: WINDOW,
            rate,
            batch: false,
            watchers,
        };
        from += fixes;
        order
    };
    let mut table = Table::new(&[
        "dispatchers",
        "CPU µs a fix",
        "a second",
        "ack p50/p99 ms",
        "target",
    ]);
    // The first run makes the drivers known.
    drive(&order(0, 0.0, 50))?;
    for (watchers, most_us) in TARGETS {
        let (mut cpu, mut rate, mut acks) = (Runs::default(), Runs::default(), String::new());
        for _ in 0..RUNS {
            let order = order(watchers, 0.0, fixes);
            let before = cpu_us(server.pid())?;
            let report = drive(&order)?;
            let count = float(order.sockets * order.drivers * order.fixes);
            cpu.add((cpu_us(server.pid())? - before) / count);
            rate.add(count / report.seconds);
            acks = format!("{:.1}/{:.1}", report.ack_ms.0, report.ack_ms.1);
        }
        table.row([
            watchers.to_string(),
            cpu.told(1),
            rate.told(0),
            acks,
            at_most(cpu.median(), most_us, " µs"),
        ]);
    }
    table.print(&format!(
        "Positions over {SOCKETS} sockets, {STOPS} stops ahead, each answered when it is on disk"
    ));
    let report = drive(&order(
        10,
        USUAL_RATE,
        if bench.extent.quick { 60 } else { 300 },
    ))?;
    let (half, most) = report.seen_ms.context("a dispatcher saw nothing")?;
    println!(
        "\nFrom a phone to a dispatcher at {USUAL_RATE} fixes a second: p50 {half:.1} ms, p99 {most:.1} ms; {}",
        at_most(most, 50.0, " ms")
    );
    server.stop()
}

/// A started route of 15 stops for every driver.
fn prepare(address: &str, start: Timestamp) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut connection = Connection::open(address).await?;
        for gateway in 0..SOCKETS {
            let stops = (1..=STOPS).map(|number| {
                json!({ "clinicId": format!("C{number}"), "location": north(200_000.0 + APART_M * f64::from(number)) })
            });
            let id = format!("R{gateway}");
            let plan = json!({
                "id": id, "labId": "LAB001", "driverId": driver(gateway, 0),
                "date": start.to_string()[..10], "stops": stops.collect::<Vec<_>>(),
            });
            post(&mut connection, "/v1/routes", &plan.to_string(), 201).await?;
            let at = json!({ "at": start.to_string() }).to_string();
            post(&mut connection, &format!("/v1/routes/{id}/start"), &at, 200).await?;
        }
        Ok(())
    })
}

async fn post(connection: &mut Connection, path: &str, body: &str, right: u16) -> Result<()> {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        crate::bodies::TOKEN,
        body.len()
    );
    let (status, answer) = connection.ask(request.as_bytes()).await?;
    ensure!(status == right, "{path}: {status} {answer}");
    Ok(())
}

/// Runs a generator to its end.
pub fn drive(order: &Order) -> Result<Report> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg("drive")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting the drivers")?;
    let mut input = child.stdin.take().context("its input")?;
    write!(input, "{}", serde_json::to_string(order)?)?;
    drop(input);
    let output = child.wait_with_output()?;
    ensure!(output.status.success(), "the drivers broke off");
    let report: Report = serde_json::from_slice(&output.stdout)?;
    ensure!(
        report.wrong == 0,
        "{} fixes were not accepted",
        report.wrong
    );
    Ok(report)
}
