//! `pontic demo --replicas`: the day through several programs on one database, with events by the bus.

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use pontic_core::time;

use super::{Demo, Signals, keys_of, member};
use crate::config::Config;
use crate::demo::{Bus, Pace, Plan, Programs, Site};

/// Where people look for the first of them.
const USUAL_PORT: u16 = 8080;
/// As many as a machine can be asked for.
const MOST: i64 = 8;

/// Several programs.
#[derive(Debug, Args)]
pub struct Several {
    /// So many programs on one database: drivers use the first, dispatchers the last.
    #[arg(long, value_name = "N", requires = "database", requires = "nats", value_parser = clap::value_parser!(u8).range(1..=MOST))]
    replicas: Option<u8>,
    /// Their database: an empty one in PostgreSQL.
    #[arg(long, value_name = "URL", requires = "replicas")]
    database: Option<String>,
    /// Their bus, which has none of the city's streams: events come in and go out by it.
    #[arg(long, value_name = "URL", requires = "replicas")]
    nats: Option<String>,
}

/// What was said of them.
struct Said<'a> {
    count: u16,
    database: &'a str,
    bus: &'a str,
}

impl Several {
    fn said(&self) -> Option<Said<'_>> {
        Some(Said {
            count: self.replicas?.into(),
            database: self.database.as_deref()?,
            bus: self.nats.as_deref()?,
        })
    }

    /// Whether there are several.
    pub const fn are_wanted(&self) -> bool {
        self.replicas.is_some()
    }
}

impl Demo {
    /// The day, by several programs, each with a folder below `data`.
    pub(super) async fn live_together(
        &self,
        mut config: Config,
        data: &Path,
    ) -> anyhow::Result<ExitCode> {
        let Some(said) = self.several.said() else {
            return Ok(ExitCode::from(2));
        };
        let keys = keys_of(&mut config)?;
        let mut signals = Signals::listen()?;
        let (clock, hand) = self.clock();
        let bus = Bus::open(said.bus).await?;
        std::fs::create_dir_all(data)?;
        let told = clock.told();
        let programs = Programs::start(Plan {
            data,
            listen: &self.addresses(said.count),
            database: said.database,
            bus: said.bus,
            clock: told.as_deref().unwrap_or(member::MOVED),
            keys: &keys,
        })?;
        let site = Site {
            urls: programs.urls(),
            clock: clock.clone(),
            bus: Some(bus),
        };
        if hand.is_none() {
            self.announce_all(&site, &keys.admin_token);
        }
        let pace = hand.map_or(Pace::Runs(clock), |hand| Pace::MovesAll(hand, &programs));
        self.see(&site, &keys, &pace, &mut signals, "The programs stay")
            .await
    }

    /// Where each listens: from the usual port on, where it is free.
    fn addresses(&self, count: u16) -> Vec<String> {
        (0..count)
            .map(|index| {
                let address = format!("127.0.0.1:{}", USUAL_PORT + index);
                let is_free = !self.once && TcpListener::bind(&address).is_ok();
                if is_free {
                    address
                } else {
                    "127.0.0.1:0".to_owned()
                }
            })
            .collect()
    }

    fn announce_all(&self, site: &Site, admin_token: &str) {
        println!(
            "{} programs on one database, events by NATS in and out",
            site.urls.len()
        );
        for (index, url) in site.urls.iter().enumerate() {
            let whose = match index {
                0 => "drivers, practices: ",
                _ if index + 1 == site.urls.len() => "dispatchers, finance:",
                _ => "nobody, for now:    ",
            };
            println!("  {whose} {url}/login");
        }
        println!("admin token: {admin_token}");
        println!(
            "a day at {} times its speed begins: it is {} there",
            self.speed,
            time::format(site.clock.now())
        );
        println!("  Ctrl-C ends it");
    }
}
