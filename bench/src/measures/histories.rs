//! Whether whoever reads the past slows whoever drives now.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use jiff::{SignedDuration, Timestamp};

use super::RUNS;
use super::drivers::{Drivers, start_routes};
use super::reading::Bench;
use crate::bodies::{self, TOKEN};
use crate::drive::{Order, driver};
use crate::numbers::{Runs, float};
use crate::servers::Server;
use crate::table::{Table, at_most};

/// Gateways, each with one driver.
const SOCKETS: usize = 64;
/// Fixes a second: a usual rate, and one at which positions gather for the disk.
const RATES: [usize; 2] = [1_000, 4_000];
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
    let mut from = 0;
    let mut order = |fixes, rate| {
        let order = Order {
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
            watch_at: None,
        };
        from += fixes;
        order
    };
    Drivers::prepare(&order(DAY, 0.0))?.go()?;
    let mut table = Table::new(&[
        "fixes a second",
        "beside it",
        "ack p99 ms",
        "times",
        "target",
    ]);
    let seconds = if bench.extent.quick { 4 } else { 12 };
    for rate in RATES {
        let fixes = seconds * rate / SOCKETS;
        let (mut undisturbed, mut disturbed) = (Runs::default(), Runs::default());
        for _ in 0..RUNS {
            let alone = Drivers::prepare(&order(fixes, float(rate)))?;
            undisturbed.add(alone.go()?.ack_ms.1);
            let asked = Drivers::prepare(&order(fixes, float(rate)))?;
            disturbed.add(beside_questions(&server, start, asked)?);
        }
        let times = disturbed.median() / undisturbed.median();
        let rate = rate.to_string();
        let nobody = "nobody asks".to_owned();
        table.row([
            rate.clone(),
            nobody,
            undisturbed.told(1),
            String::new(),
            String::new(),
        ]);
        let questions = format!("{QUESTIONS} questions a second");
        let verdict = at_most(times, 2.0, "x");
        table.row([
            rate,
            questions,
            disturbed.told(1),
            format!("{times:.2}"),
            verdict,
        ]);
    }
    table.print(&format!(
        "Positions while others read days of {DAY} fixes (the day's statistics, its history in GeoJSON, a page of it)"
    ));
    server.stop()
}

/// How long all but one of a hundred answers took while others ask.
fn beside_questions(server: &Server, start: Timestamp, drivers: Drivers) -> Result<f64> {
    let over = AtomicBool::new(false);
    scope(|scope| {
        let asking = scope.spawn(|| ask(&server.address, &start.to_string()[..10], &over));
        let report = drivers.go();
        over.store(true, Ordering::Relaxed);
        asking.join().expect("no panic")?;
        Ok(report?.ack_ms.1)
    })
}

/// Asks for one driver's past after the other's, until it is over.
fn ask(address: &str, day: &str, over: &AtomicBool) -> Result<()> {
    let started = Instant::now();
    for number in 0.. {
        if over.load(Ordering::Relaxed) {
            break;
        }
        let path = format!("/v1/drivers/{}", driver(number % SOCKETS, 0));
        let question = match number % 3 {
            0 => format!("{path}/statistics?labId=LAB001&date={day}"),
            1 => format!("{path}/positions?labId=LAB001&format=geojson&from={day}T00:00:00Z"),
            _ => format!("{path}/positions?labId=LAB001&limit=500&from={day}T00:00:00Z"),
        };
        get(address, &question)?;
        let due = Duration::from_secs_f64(float(number + 1) / QUESTIONS);
        sleep(due.saturating_sub(started.elapsed()));
    }
    Ok(())
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
