//! Whether whoever reads the past slows whoever drives now.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use jiff::SignedDuration;

use super::RUNS;
use super::drivers::{Drivers, start_routes};
use super::reading::Bench;
use crate::bodies::{self, TOKEN};
use crate::drive::{Order, driver};
use crate::numbers::Runs;
use crate::servers::Server;
use crate::table::{Table, at_most};

/// Gateways, each with one driver.
const SOCKETS: usize = 64;
/// Fixes a second.
const RATE: f64 = 1_000.0;
/// Fixes of each driver that are there already: a day of eight hours, one every 8 s.
const DAY: usize = 3_600;
/// Questions a second.
const QUESTIONS: f64 = 20.0;

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let server = Server::pontic(&bench.folder("histories"))?;
    let start = bodies::today().saturating_sub(SignedDuration::from_hours(3 * 24))?;
    let drivers: Vec<_> = (0..SOCKETS).map(|gateway| (gateway, 0)).collect();
    start_routes(&server.address, start, &drivers)?;
    let order = |from, fixes, rate| Order {
        address: server.address.clone(),
        sockets: SOCKETS,
        drivers: 1,
        fixes,
        from,
        step_s: 8,
        start,
        window: 32,
        rate,
        together: 1,
        spread: false,
        watchers: 0,
    };
    Drivers::prepare(&order(0, DAY, 0.0))?.go()?;
    let fixes = if bench.extent.quick { 60 } else { 200 };
    let mut from = DAY;
    let (mut undisturbed, mut disturbed, mut asked) =
        (Runs::default(), Runs::default(), Runs::default());
    for _ in 0..RUNS {
        undisturbed.add(Drivers::prepare(&order(from, fixes, RATE))?.go()?.ack_ms.1);
        from += fixes;
        let generator = Drivers::prepare(&order(from, fixes, RATE))?;
        from += fixes;
        let over = AtomicBool::new(false);
        let (report, questions) = scope(|scope| -> Result<_> {
            let asking = scope.spawn(|| ask(&server.address, &start.to_string()[..10], &over));
            let report = generator.go();
            over.store(true, Ordering::Relaxed);
            Ok((report?, asking.join().expect("no panic")?))
        })?;
        disturbed.add(report.ack_ms.1);
        asked.add(questions);
    }
    let mut table = Table::new(&["beside it", "ack p99 ms", "times", "target"]);
    table.row([
        "nobody asks".to_owned(),
        undisturbed.told(1),
        String::new(),
        String::new(),
    ]);
    let times = disturbed.median() / undisturbed.median();
    table.row([
        format!("{} questions a second", asked.told(0)),
        disturbed.told(1),
        format!("{times:.2}"),
        at_most(times, 2.0, "x"),
    ]);
    table.print(&format!(
        "Positions at {RATE} a second while others read days of {DAY} fixes (the day's statistics, its history in JSON, a page of it)"
    ));
    server.stop()
}

/// Asks for one driver's past after the other's, until it is over; gives the rate at which it was answered.
fn ask(address: &str, day: &str, over: &AtomicBool) -> Result<f64> {
    let asked = AtomicUsize::new(0);
    let started = Instant::now();
    let pause = Duration::from_secs_f64(1.0 / QUESTIONS);
    while !over.load(Ordering::Relaxed) {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        let path = format!("/v1/drivers/{}", driver(number % SOCKETS, 0));
        let question = match number % 3 {
            0 => format!("{path}/statistics?labId=LAB001&date={day}"),
            1 => format!("{path}/positions?labId=LAB001&format=geojson&from={day}T00:00:00Z"),
            _ => format!("{path}/positions?labId=LAB001&limit=500&from={day}T00:00:00Z"),
        };
        get(address, &question)?;
        let due = pause * u32::try_from(number + 1).unwrap_or(u32::MAX);
        sleep(due.saturating_sub(started.elapsed()));
    }
    let count = u32::try_from(asked.into_inner()).unwrap_or(u32::MAX);
    Ok(f64::from(count) / started.elapsed().as_secs_f64())
}

fn get(address: &str, path: &str) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {TOKEN}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    ensure!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{path}: {}",
        String::from_utf8_lossy(&answer[..answer.len().min(300)])
    );
    Ok(())
}
