//! Two programs on one database: what the second adds, and what is on the way from a phone at one to a dispatcher at the other.
//!
//! One database serves all of it. Beside rates stands who used the processors: where all of them together use the machine up, it is the
//! machine that is measured. So the same is measured once more with each program in a group that may use a part of a core, as a container
//! with a small limit has it: then neither the machine nor the database is the wall.

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use jiff::SignedDuration;

use super::drivers::{Drivers, start_routes};
use super::reading::{Bench, Plan};
use super::{RUNS, webhooks};
use crate::bodies;
use crate::drive;
use crate::load::Load;
use crate::numbers::{Runs, float};
use crate::process::{cpu_us, named_cpu_us};
use crate::quota::Quota;
use crate::servers::Server;
use crate::table::{Table, at_least, at_most};

/// What a second program is to bring.
const LEAST: f64 = 1.5;
/// The part of a core that a program has where it is to be the wall.
const PART: f64 = 0.3;
/// From a phone to a dispatcher at most.
const SEEN_MS: f64 = 100.0;
/// Gateways, each with one driver.
const SOCKETS: usize = 64;
/// Fixes a second.
const RATES: [f64; 2] = [100.0, 1_000.0];
/// The name of the database's processes.
const DATABASE: &str = "postgres";

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let database = std::env::var("TEST_POSTGRES")
        .context("TEST_POSTGRES names no server: `cargo xtask bench -- replicas` starts one")?;
    let dir = bench.folder("replicas");
    std::fs::create_dir_all(&dir)?;
    seen(bench, &dir, &database)?;
    let place = Place {
        bench,
        dir: &dir,
        database: &database,
    };
    let mut table = Table::new(&[
        "programs",
        "a second",
        "CPU µs each: programs, database, load",
        "cores in use",
        "to one",
        "target",
    ]);
    let mut first = 0;
    let batches = super::events::BATCHES;
    for (what, plan, apart) in [
        ("webhooks", webhooks::NEW, false),
        ("events in batches of 100", batches, false),
        ("the same, each program's of a lab", batches, true),
    ] {
        for part in [None, Some(PART)] {
            let mut one = Runs::default();
            for programs in [1, 2] {
                let mut runs = Together::default();
                for _ in 0..RUNS {
                    runs.add(&place.run(plan, (programs, apart), part, &mut first)?);
                }
                if programs == 1 {
                    one = runs.rate.clone();
                }
                let limit = part.map_or(String::new(), |part| format!(", {part} of a core each"));
                let times = runs.rate.median() / one.median();
                table.row([
                    format!("{programs}: {what}{limit}"),
                    runs.rate.told(0),
                    format!(
                        "{:.0}, {:.0}, {:.0}",
                        runs.programs.median(),
                        runs.database.median(),
                        runs.load.median()
                    ),
                    runs.cores.told(2),
                    format!("{times:.2}"),
                    if programs == 1 {
                        String::new()
                    } else {
                        at_least(times, LEAST, "x")
                    },
                ]);
            }
        }
    }
    table.print("Programs on one database");
    Ok(())
}

/// Where programs are started.
struct Place<'b> {
    bench: &'b Bench<'b>,
    dir: &'b Path,
    database: &'b str,
}

/// What one run gave.
#[derive(Clone, Copy)]
struct Reading {
    rate: f64,
    programs_us: f64,
    database_us: f64,
    load_us: f64,
    cores: f64,
}

/// What several gave.
#[derive(Default)]
struct Together {
    rate: Runs,
    programs: Runs,
    database: Runs,
    load: Runs,
    cores: Runs,
}

impl Together {
    fn add(&mut self, reading: &Reading) {
        self.rate.add(reading.rate);
        self.programs.add(reading.programs_us);
        self.database.add(reading.database_us);
        self.load.add(reading.load_us);
        self.cores.add(reading.cores);
    }
}

impl Place<'_> {
    /// So many programs, and the connections of the plan spread over them; messages from the number `first` on, perhaps each program's
    /// about a lab of its own.
    fn run(
        &self,
        plan: Plan<'_>,
        (programs, apart): (usize, bool),
        part: Option<f64>,
        first: &mut u64,
    ) -> Result<Reading> {
        let servers = (0..programs)
            .map(|number| Server::replica(self.dir, self.database, number))
            .collect::<Result<Vec<_>>>()?;
        let plan = Plan {
            connections: plan.connections / programs,
            ..plan
        };
        let mut next = |requests: u64| {
            let from = *first;
            *first += requests;
            from
        };
        let mut rate = 0.0;
        let warm = (plan.connections * 20) as u64;
        let quotas = servers
            .iter()
            .filter_map(|server| Some(Quota::of(server.pid(), part?)))
            .collect::<Result<Vec<_>>>()?;
        for server in &servers {
            rate += self.bench.send(server, plan, next(warm), warm)? / float(programs);
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some thousand"
        )]
        let requests = ((rate * self.bench.extent.run_seconds()) as u64).max(warm);
        let loads = servers
            .iter()
            .enumerate()
            .map(|(index, server)| {
                let mut order = self.bench.order(server, plan, next(requests), requests);
                order.lab = apart.then(|| format!("LAB{:03}", index + 1));
                Load::prepare(&order)
            })
            .collect::<Result<Vec<_>>>()?;
        let pids: Vec<u32> = loads.iter().map(Load::pid).collect();
        let used = |of: &[u32]| of.iter().map(|pid| cpu_us(*pid)).sum::<Result<f64>>();
        let own: Vec<u32> = servers.iter().map(Server::pid).collect();
        let before = (used(&own)?, named_cpu_us(DATABASE)?, used(&pids)?);
        let began = Instant::now();
        let load_us = std::thread::scope(|scope| {
            let running: Vec<_> = loads
                .into_iter()
                .map(|load| scope.spawn(|| load.go_and(cpu_us)))
                .collect();
            let mut sum = 0.0;
            for load in running {
                let joined = load.join();
                sum += joined
                    .map_err(|_| anyhow::anyhow!("a load broke off"))??
                    .1?;
            }
            anyhow::Ok(sum)
        })?;
        let wall_us = began.elapsed().as_secs_f64() * 1e6;
        let programs_us = used(&own)? - before.0;
        let database_us = named_cpu_us(DATABASE)? - before.1;
        let load_us = load_us - before.2;
        let count = float(usize::try_from(requests)? * programs * plan.message.operations());
        for server in servers {
            server.stop()?;
        }
        drop(quotas);
        Ok(Reading {
            rate: count / wall_us * 1e6,
            programs_us: programs_us / count,
            database_us: database_us / count,
            load_us: load_us / count,
            cores: (programs_us + database_us + load_us) / wall_us,
        })
    }
}

/// From a phone at the first program to a dispatcher at the second, beside one at the first.
fn seen(bench: &Bench<'_>, dir: &Path, database: &str) -> Result<()> {
    let first = Server::replica(dir, database, 0)?;
    let second = Server::replica(dir, database, 1)?;
    let start = bodies::today().saturating_sub(SignedDuration::from_hours(5 * 24))?;
    let drivers: Vec<_> = (0..SOCKETS).map(|gateway| (gateway, 0)).collect();
    start_routes(&first.address, start, &drivers)?;
    let seconds = if bench.extent.quick { 3.0 } else { 10.0 };
    let mut from = 0;
    let mut watch = |at: &Server, rate: f64| -> Result<(f64, f64)> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "some hundred"
        )]
        let fixes = (rate * seconds / float(SOCKETS)) as usize;
        let order = drive::Order {
            address: first.address.clone(),
            sockets: SOCKETS,
            drivers: 1,
            fixes,
            from,
            step_s: 1,
            start,
            window: 32,
            rate,
            together: 1,
            spread: false,
            watchers: 10,
            watch_at: Some(at.address.clone()),
        };
        from += fixes;
        let report = Drivers::prepare(&order)?.go()?;
        report.seen_ms.context("a dispatcher saw nothing")
    };
    // The first makes the drivers known.
    watch(&first, RATES[0])?;
    let mut table = Table::new(&[
        "fixes a second",
        "at the other program: p50, p99 ms",
        "at the same one",
        "p99 to that",
        "target",
    ]);
    for rate in RATES {
        let mut runs: [Runs; 4] = Default::default();
        for _ in 0..RUNS {
            let (there, here) = (watch(&second, rate)?, watch(&first, rate)?);
            let all = [there.0, there.1, here.0, here.1];
            for (runs, value) in runs.iter_mut().zip(all) {
                runs.add(value);
            }
        }
        let [half, most, half_here, most_here] = &runs;
        table.row([
            format!("{rate}"),
            format!("{}, {}", half.told(1), most.told(1)),
            format!("{}, {}", half_here.told(1), most_here.told(1)),
            format!("{:.2}", most.median() / most_here.median()),
            format!("p99 {}", at_most(most.median(), SEEN_MS, " ms")),
        ]);
    }
    table.print("From a phone to one of 10 dispatchers, two programs on one database");
    first.stop()?;
    second.stop()
}
