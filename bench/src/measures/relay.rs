//! Webhooks out: what sending one costs, beside a loop that does nothing but post the same bytes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use super::RUNS;
use super::drivers::{runtime, send};
use super::events::BATCHES;
use super::growth::fill;
use super::reading::Bench;
use crate::load::client::Connection;
use crate::numbers::{Runs, float};
use crate::process::cpu_us;
use crate::servers::Server;
use crate::table::{Table, at_least, at_most};

/// CPU of one webhook at most, in microseconds.
const MOST_US: f64 = 60.0;
/// Webhooks a second at least.
const LEAST_RATE: f64 = 5_000.0;
/// Longest that a run may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let receiver = Receiver::start()?;
    let server = Server::pontic(&bench.folder("relay"))?;
    let requests = if bench.extent.quick { 20 } else { 100 };
    let (mut ours_us, mut rate) = (Runs::default(), Runs::default());
    let mut next = 0;
    for run in 0..RUNS {
        let id = format!("bench-{run}");
        subscribe(&server, &id, &receiver.url(), true)?;
        let until = next + requests;
        fill(bench, &server, BATCHES, &mut next, until)?;
        let wanted = waiting(&server, &id)?;
        let (cpu, before) = (cpu_us(server.pid())?, receiver.count());
        let since = Instant::now();
        subscribe(&server, &id, &receiver.url(), false)?;
        while receiver.count() - before < wanted {
            ensure!(
                since.elapsed() < PATIENCE,
                "{} of {wanted} webhooks came",
                receiver.count() - before
            );
            sleep(Duration::from_millis(2));
        }
        let seconds = since.elapsed().as_secs_f64();
        // What came of the last ones is still to be kept.
        sleep(Duration::from_millis(300));
        let sent = float(usize::try_from(wanted)?);
        ours_us.add((cpu_us(server.pid())? - cpu) / sent);
        rate.add(sent / seconds);
        remove(&server, &id)?;
    }
    server.stop()?;
    let floor_us = floor(&receiver)?;
    let mut table = Table::new(&[
        "webhooks out, 64 in flight",
        "CPU µs",
        "a second",
        "to the floor",
        "target",
    ]);
    table.row([
        "ours".to_owned(),
        ours_us.told(1),
        rate.told(0),
        format!("{:.2}", ours_us.median() / floor_us.median()),
        format!(
            "{}; {}",
            at_most(ours_us.median(), MOST_US, " µs"),
            at_least(rate.median(), LEAST_RATE, "/s")
        ),
    ]);
    table.row([
        "floor: posts over 64 connections, no store, no signature".to_owned(),
        floor_us.told(1),
        String::new(),
        "1.00".to_owned(),
        String::new(),
    ]);
    table.print("Webhooks to a receiver on this machine that takes all of them, each signed, claimed, settled, in order per key");
    Ok(())
}

fn subscribe(server: &Server, id: &str, url: &str, paused: bool) -> Result<()> {
    let body = json!({ "url": url, "paused": paused });
    runtime()?.block_on(async {
        let mut connection = Connection::open(&server.address).await?;
        let right = if paused { 201 } else { 200 };
        send(
            &mut connection,
            "PUT",
            &format!("/v1/subscriptions/{id}"),
            &body,
            right,
        )
        .await?;
        Ok(())
    })
}

fn remove(server: &Server, id: &str) -> Result<()> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(&server.address).await?;
        let path = format!("/v1/subscriptions/{id}");
        send(&mut connection, "DELETE", &path, &Value::Null, 204).await?;
        Ok(())
    })
}

/// How many messages wait for a subscription, as soon as it is settled which.
fn waiting(server: &Server, id: &str) -> Result<u64> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(&server.address).await?;
        let mut before = u64::MAX;
        loop {
            let mut count = 0;
            let mut after = String::new();
            loop {
                let path = format!(
                    "/v1/messages?subscriptionId={id}&status=waiting&limit=200&after={after}"
                );
                let page = send(&mut connection, "GET", &path, &Value::Null, 200).await?;
                count += page["items"].as_array().map_or(0, Vec::len) as u64;
                match page["next"].as_str() {
                    Some(next) => next.clone_into(&mut after),
                    None => break,
                }
            }
            if count == before && count > 0 {
                return Ok(count);
            }
            before = count;
            tokio::time::sleep(Duration::from_millis(1_500)).await;
        }
    })
}

/// Posts of this process over 64 connections: the least that sending can cost.
fn floor(receiver: &Receiver) -> Result<Runs> {
    const CONNECTIONS: usize = 64;
    const EACH: usize = 200;
    let address = receiver.address.clone();
    let body = "x".repeat(700);
    let request = format!(
        "POST /hook HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/cloudevents+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut runs = Runs::default();
    for _ in 0..RUNS {
        // The receiver runs in this process too: its share is taken off by counting its own threads' time.
        let (own, theirs) = (cpu_us(std::process::id())?, receivers_cpu_us()?);
        runtime()?.block_on(async {
            let send = async || -> Result<()> {
                let mut connection = Connection::open(&address).await?;
                for _ in 0..EACH {
                    let (status, _) = connection.ask(request.as_bytes()).await?;
                    ensure!(status == 200, "the receiver answered {status}");
                }
                Ok(())
            };
            let all = (0..CONNECTIONS).map(|_| send());
            futures_util::future::try_join_all(all).await
        })?;
        let spent = (cpu_us(std::process::id())? - own) - (receivers_cpu_us()? - theirs);
        runs.add(spent / float(CONNECTIONS * EACH));
    }
    Ok(runs)
}

/// Takes everything, on threads of this process.
struct Receiver {
    address: String,
    count: Arc<AtomicU64>,
}

impl Receiver {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let receiver = Self {
            address: listener.local_addr()?.to_string(),
            count: Arc::default(),
        };
        let count = Arc::clone(&receiver.count);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let count = Arc::clone(&count);
                let serve = move || {
                    // A sender that hangs up is done.
                    let _ = serve(stream, &count);
                };
                if std::thread::Builder::new()
                    .name("receiver".into())
                    .spawn(serve)
                    .is_err()
                {
                    return;
                }
            }
        });
        Ok(receiver)
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }
}

/// CPU of the receiver's threads so far, those that ended aside, in microseconds.
fn receivers_cpu_us() -> Result<f64> {
    crate::process::threads_cpu_us("receiver")
}

fn serve(mut stream: TcpStream, count: &AtomicU64) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut heard = Vec::with_capacity(16 * 1_024);
    let mut part = [0; 16 * 1_024];
    loop {
        while let Some(length) = whole(&heard) {
            heard.drain(..length);
            count.fetch_add(1, Ordering::Relaxed);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
        }
        match stream.read(&mut part)? {
            0 => return Ok(()),
            read => heard.extend_from_slice(&part[..read]),
        }
    }
}

/// The length of the first request, if all of it is there.
fn whole(heard: &[u8]) -> Option<usize> {
    let head = heard.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&heard[..head]).ok()?;
    let length = text.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let value = value.trim().parse::<usize>().ok()?;
        name.eq_ignore_ascii_case("content-length").then_some(value)
    });
    let end = head + length.unwrap_or(0);
    (heard.len() >= end).then_some(end)
}
