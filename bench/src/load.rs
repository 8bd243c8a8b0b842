//! The generator of load, in a process of its own. What it sends is made before it begins.

pub mod client;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::bodies::{LAB, Message, Phone};
use crate::numbers::{float, quantile};
use client::Connection;

/// What is to be sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Order {
    /// To whom.
    pub address: String,
    /// Over how many connections, each of which sends when it was answered.
    pub connections: usize,
    /// What.
    pub message: Message,
    /// The first request.
    pub from: u64,
    /// How many requests.
    pub requests: u64,
    /// From when days are counted.
    pub today: Timestamp,
    /// The status that is right.
    pub status: u16,
    /// What must stand in every answer.
    pub holds: String,
    /// From which phones, where it is phones that send.
    pub phones: Vec<Phone>,
    /// About that lab instead of the usual one; its name is as long.
    pub lab: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// From the first request to the last answer.
    pub seconds: f64,
    /// How long half of the answers took at most, in milliseconds.
    pub p50_ms: f64,
    /// How long all but one of twenty took at most.
    pub p95_ms: f64,
    /// Requests that were answered otherwise than ordered.
    pub wrong: usize,
    /// One such answer.
    pub example: Option<String>,
}

/// A generator whose requests are ready.
pub struct Load {
    child: Child,
    said: BufReader<ChildStdout>,
    requests: u64,
}

impl Load {
    /// Starts one, and waits until it could begin.
    pub fn prepare(order: &Order) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("load")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("starting the load")?;
        let said = BufReader::new(child.stdout.take().context("its output")?);
        let mut load = Self {
            child,
            said,
            requests: order.requests,
        };
        load.tell(&serde_json::to_string(order)?)?;
        load.hear()?;
        Ok(load)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends everything.
    pub fn go(self) -> Result<Report> {
        Ok(self.go_and(|_| ())?.0)
    }

    /// The same, with a look at its process before that ends.
    pub fn go_and<T>(mut self, look: impl FnOnce(u32) -> T) -> Result<(Report, T)> {
        self.tell("go")?;
        let report: Report = serde_json::from_str(&self.hear()?)?;
        let seen = look(self.pid());
        self.tell("bye")?;
        self.child.wait()?;
        if let Some(example) = &report.example {
            let told = format!(
                "{} answers were not as they should be, for one: {example}",
                report.wrong
            );
            // A few do not spoil the figures, though they must be known.
            ensure!(report.wrong as u64 * 100 < self.requests, told);
            eprintln!("{told}");
        }
        Ok((report, seen))
    }

    fn tell(&mut self, line: &str) -> Result<()> {
        let input = self.child.stdin.as_mut().context("its input")?;
        Ok(writeln!(input, "{line}")?)
    }

    fn hear(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.said.read_line(&mut line)? > 0, "the load broke off");
        Ok(line)
    }
}

/// Is the generator: an order on the input, a report on the output.
pub fn run() -> Result<()> {
    let mut lines = std::io::stdin().lines();
    let mut next = || {
        lines
            .next()
            .context("nothing was ordered")?
            .context("input")
    };
    let order: Order = serde_json::from_str(&next()?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let connections = runtime.block_on(connect(&order))?;
    println!("ready");
    next()?;
    let report = runtime.block_on(send(connections, order))?;
    println!("{}", serde_json::to_string(&report)?);
    // Whoever ordered may want to know what it cost.
    next().map(drop)
}

async fn connect(order: &Order) -> Result<Vec<(Connection, Vec<Vec<u8>>)>> {
    let mut connections = Vec::with_capacity(order.connections);
    for own in 0..order.connections {
        let numbers = (order.from..order.from + order.requests)
            .skip(own)
            .step_by(order.connections);
        let requests = numbers.map(|n| {
            let mut request = order.message.request(n, order.today, &order.phones);
            if let Some(lab) = &order.lab {
                replace(&mut request, LAB.as_bytes(), lab.as_bytes());
            }
            request
        });
        let connection = Connection::open(&order.address).await?;
        connections.push((connection, requests.collect()));
    }
    Ok(connections)
}

/// Puts `new` in every place of `old`, which is as long.
fn replace(bytes: &mut [u8], old: &[u8], new: &[u8]) {
    let places: Vec<usize> = bytes
        .windows(old.len())
        .enumerate()
        .filter_map(|(place, part)| (part == old).then_some(place))
        .collect();
    for place in places {
        if let Some(part) = bytes.get_mut(place..place + new.len()) {
            part.copy_from_slice(new);
        }
    }
}

async fn send(connections: Vec<(Connection, Vec<Vec<u8>>)>, order: Order) -> Result<Report> {
    let order = std::sync::Arc::new(order);
    let started = Instant::now();
    let mut running = tokio::task::JoinSet::new();
    for (connection, requests) in connections {
        running.spawn(send_all(connection, requests, order.clone()));
    }
    let mut times_ms = Vec::new();
    let mut wrong = Vec::new();
    while let Some(done) = running.join_next().await {
        let (times, others) = done??;
        times_ms.extend(times);
        wrong.extend(others);
    }
    let seconds = started.elapsed().as_secs_f64();
    times_ms.sort_by(f64::total_cmp);
    Ok(Report {
        seconds,
        p50_ms: quantile(&times_ms, 0.5),
        p95_ms: quantile(&times_ms, 0.95),
        wrong: wrong.len(),
        example: wrong.pop(),
    })
}

/// Times of all requests, and the answers that were not right.
async fn send_all(
    mut connection: Connection,
    requests: Vec<Vec<u8>>,
    order: std::sync::Arc<Order>,
) -> Result<(Vec<f64>, Vec<String>)> {
    let mut times = Vec::with_capacity(requests.len());
    let mut wrong = Vec::new();
    for request in &requests {
        let sent = Instant::now();
        let (status, body) = connection.ask(request).await?;
        times.push(sent.elapsed().as_secs_f64() * 1_000.0);
        if status != order.status || !body.contains(&order.holds) {
            wrong.push(format!("{status} {body}"));
        }
    }
    Ok((times, wrong))
}

impl Report {
    /// Requests per second.
    pub fn rate(&self, requests: usize) -> f64 {
        float(requests) / self.seconds
    }
}
