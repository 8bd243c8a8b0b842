//! The measures, and how much of them is done.

mod drivers;
mod events;
mod fixes;
mod fleet;
mod growth;
mod histories;
mod patterns;
mod posts;
mod reading;
mod relay;
mod replicas;
mod start;
mod stories;
mod webhooks;
mod wrong_signature;

use anyhow::Result;

use crate::shape::Shape;
use crate::{process, servers};
use reading::Bench;

/// The measures by name, in the order in which they are made.
const NAMES: [&str; 15] = [
    "webhooks",
    "wrong-signature",
    "events",
    "fixes",
    "posts",
    "histories",
    "relay",
    "patterns",
    "stories",
    "sockets",
    "fleet",
    "replicas",
    "growth",
    "start",
    "size",
];

/// All but the one that takes the better part of an hour, and the one that needs a database.
fn usual() -> impl Iterator<Item = &'static str> {
    let others = ["fleet", "replicas"];
    NAMES.into_iter().filter(move |name| !others.contains(name))
}

/// Runs of each measure.
const RUNS: u64 = 5;

/// What is to be measured, and how long.
pub struct Extent {
    names: Vec<&'static str>,
    /// Short runs, small data.
    pub quick: bool,
    /// The server as it was built last.
    as_built: bool,
    /// Growth up to ten million events.
    pub ten_million: bool,
}

impl Extent {
    /// What was said; absent where it cannot be understood.
    pub fn read(said: &[&str]) -> Option<Self> {
        let mut extent = Self {
            names: Vec::new(),
            quick: false,
            as_built: false,
            ten_million: false,
        };
        for word in said {
            match *word {
                "--quick" => extent.quick = true,
                "--as-built" => extent.as_built = true,
                "--ten-million" => extent.ten_million = true,
                "all" => extent.names.extend(usual()),
                word => extent
                    .names
                    .extend([NAMES.iter().find(|name| **name == word)?]),
            }
        }
        if extent.names.is_empty() {
            extent.names.extend(usual());
        }
        Some(extent)
    }

    fn wants(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// Wanted length of a run, in seconds: ticks of 10 ms do not matter in it.
    pub const fn run_seconds(&self) -> f64 {
        if self.quick { 0.4 } else { 2.5 }
    }

    /// Events in the log at which the cost of another one is measured.
    pub fn sizes(&self) -> Vec<u64> {
        let most = match (self.quick, self.ten_million) {
            (true, _) => 100_000,
            (false, false) => 1_000_000,
            (false, true) => 10_000_000,
        };
        [10_000, 100_000, 1_000_000, 10_000_000]
            .into_iter()
            .filter(|size| *size <= most)
            .collect()
    }
}

/// Measures, and prints what came out.
pub fn run(extent: &Extent) -> Result<()> {
    if !extent.as_built {
        servers::build(extent.wants("replicas"))?;
    }
    let bench = Bench::new(extent)?;
    let webhooks = if extent.wants("webhooks") {
        Some(webhooks::shape(&bench)?)
    } else {
        None
    };
    let events = if extent.wants("events") {
        Some(events::shape(&bench)?)
    } else {
        None
    };
    head(&[("webhook", webhooks.as_ref()), ("event", events.as_ref())]);
    if let Some(shape) = webhooks {
        webhooks::run(&bench, &shape)?;
    }
    if extent.wants("wrong-signature") {
        wrong_signature::run(&bench)?;
    }
    if let Some(shape) = events {
        events::run(&bench, &shape)?;
    }
    if extent.wants("fixes") {
        fixes::run(&bench)?;
    }
    if extent.wants("posts") {
        posts::run(&bench)?;
    }
    if extent.wants("histories") {
        histories::run(&bench)?;
    }
    if extent.wants("relay") {
        relay::run(&bench)?;
    }
    if extent.wants("patterns") {
        patterns::run(&bench)?;
    }
    if extent.wants("stories") {
        stories::run(&bench)?;
    }
    if extent.wants("sockets") {
        fleet::sockets(&bench)?;
    }
    if extent.wants("fleet") {
        fleet::run(&bench)?;
    }
    if extent.wants("replicas") {
        replicas::run(&bench)?;
    }
    // The data that has grown is what the start is measured on.
    let mut grown = None;
    if extent.wants("growth") {
        grown = Some(growth::run(&bench)?);
    }
    if extent.wants("start") {
        start::run(&bench, grown)?;
    }
    if extent.wants("size") {
        start::size()?;
    }
    Ok(())
}

/// What holds for everything that follows, and the rows of each operation in a table.
fn head(shapes: &[(&str, Option<&Shape>)]) {
    let shapes: Vec<(&str, &Shape)> = shapes
        .iter()
        .filter_map(|(name, shape)| Some((*name, (*shape)?)))
        .collect();
    let rows: Vec<String> = shapes
        .iter()
        .map(|(name, shape)| format!(" rows per {name}, ours and the floor's: {};", shape.told()))
        .collect();
    println!(
        "{}; rate limits off;{} medians of {RUNS} (least–most); CPU is user + system of the server process",
        process::machine(),
        rows.concat(),
    );
    for (name, shape) in shapes {
        shape.print(name);
    }
}
