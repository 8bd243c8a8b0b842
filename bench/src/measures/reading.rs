//! One run of load against one server, and what it cost that server.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;
use jiff::Timestamp;
use tempfile::TempDir;

use super::Extent;
use crate::bodies::{self, Message, Phone};
use crate::load::{Load, Order};
use crate::numbers::{Runs, float};
use crate::process::cpu_us;
use crate::servers::Server;
use crate::shape::Shape;

/// After a run the servers still move what was written to its place: that belongs to it.
const SETTLE: Duration = Duration::from_millis(1_200);

/// Where a measure takes place.
pub struct Bench<'e> {
    /// How much of it.
    pub extent: &'e Extent,
    dir: TempDir,
    today: Timestamp,
}

/// What one run cost.
#[derive(Debug, Clone, Copy)]
pub struct Reading {
    /// CPU of the server per operation, in microseconds.
    pub cpu_us: f64,
    /// Operations per second.
    pub rate: f64,
    /// How long half of the requests took at most.
    pub p50_ms: f64,
    /// How long all but one of twenty took at most.
    pub p95_ms: f64,
}

/// What several runs cost.
#[derive(Debug, Default, Clone)]
pub struct Readings {
    /// CPU of the server per operation, in microseconds.
    pub cpu_us: Runs,
    /// Operations per second.
    pub rate: Runs,
    /// Halves of the requests.
    pub p50_ms: Runs,
    /// All but one of twenty.
    pub p95_ms: Runs,
}

impl Readings {
    /// Adds one.
    pub fn add(&mut self, reading: Reading) {
        self.cpu_us.add(reading.cpu_us);
        self.rate.add(reading.rate);
        self.p50_ms.add(reading.p50_ms);
        self.p95_ms.add(reading.p95_ms);
    }

    /// How many times its CPU that of another is.
    pub fn times(&self, other: &Self) -> f64 {
        self.cpu_us.median() / other.cpu_us.median()
    }
}

/// What is sent again and again, with other numbers each time.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'p> {
    /// What.
    pub message: Message,
    /// Over how many connections.
    pub connections: usize,
    /// The right status.
    pub status: u16,
    /// What stands in every right answer.
    pub holds: &'static str,
    /// From which phones, where it is phones that send.
    pub phones: &'p [Phone],
}

impl<'e> Bench<'e> {
    /// In a new folder.
    pub fn new(extent: &'e Extent) -> Result<Self> {
        Ok(Self {
            extent,
            dir: TempDir::with_prefix("pontic-bench-")?,
            today: bodies::today(),
        })
    }

    /// A folder of that name, which does not exist yet.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Sends requests `from`, `from + 1`, … and reads what they cost.
    pub fn read(
        &self,
        server: &Server,
        plan: Plan<'_>,
        from: u64,
        requests: u64,
    ) -> Result<Reading> {
        let load = Load::prepare(&self.order(server, plan, from, requests))?;
        let before = cpu_us(server.pid())?;
        let report = load.go()?;
        sleep(SETTLE);
        let cpu_us = cpu_us(server.pid())? - before;
        let operations = usize::try_from(requests)? * plan.message.operations();
        Ok(Reading {
            cpu_us: cpu_us / float(operations),
            rate: report.rate(operations),
            p50_ms: report.p50_ms,
            p95_ms: report.p95_ms,
        })
    }

    /// Sends them without reading anything.
    pub fn send(&self, server: &Server, plan: Plan<'_>, from: u64, requests: u64) -> Result<f64> {
        let report = Load::prepare(&self.order(server, plan, from, requests))?.go()?;
        Ok(report.rate(usize::try_from(requests)?))
    }

    /// How many requests fill a run, judged by a first few, which warm the server too.
    pub fn requests_of_a_run(&self, server: &Server, plan: Plan<'_>, warm: u64) -> Result<u64> {
        let rate = self.send(server, plan, 0, warm)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundred thousand"
        )]
        let requests = (rate * self.extent.run_seconds()) as u64;
        Ok(requests.max(plan.connections as u64))
    }

    /// Those as an order.
    pub fn order(&self, server: &Server, plan: Plan<'_>, from: u64, requests: u64) -> Order {
        Order {
            address: server.address.clone(),
            connections: plan.connections,
            message: plan.message,
            from,
            requests,
            today: self.today,
            status: plan.status,
            holds: plan.holds.to_owned(),
            phones: plan.phones.to_vec(),
            lab: None,
        }
    }

    /// What the real server writes per operation: counted on a small run after as many that made its first rows.
    pub fn shape(&self, name: &str, plan: Plan<'_>, requests: u64) -> Result<Shape> {
        let dir = self.folder(&format!("{name}-shape"));
        let server = Server::pontic(&dir)?;
        self.send(&server, plan, 0, requests)?;
        server.stop()?;
        let seq = Shape::last_seq(&dir)?;
        let server = Server::pontic(&dir)?;
        self.send(&server, plan, requests, requests)?;
        server.stop()?;
        let operations = usize::try_from(requests)? * plan.message.operations();
        Shape::count(&dir, seq, operations)
    }
}
