//! `pontic demo`.

mod member;
mod several;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use pontic_core::time;

use super::ConfigArgs;
use super::serve::{Signals, dev_secrets, run_with};
use crate::clock::{Clock, Hand};
use crate::config::{Config, Faults, Layers};
use crate::demo::{self, Ended, Keys, Pace, Site};
use crate::startup::{self, Running};

pub use member::Member;
use several::Several;

/// Where people look for it.
const USUAL: &str = "127.0.0.1:8080";

/// A made-up city on a working day.
#[derive(Debug, Args)]
pub struct Demo {
    /// Another seed, another city and another day.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// So many times faster than usual.
    #[arg(long, default_value_t = 20.0, value_parser = speed)]
    speed: f64,
    /// As fast as everything is answered; prints a summary and ends. The same seed prints the same summary.
    #[arg(long, conflicts_with = "speed")]
    once: bool,
    /// Data folder, new or empty; usually one that goes away with the demo.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port (loopback only); usually 127.0.0.1:8080, and with --once any free one.
    #[arg(long, value_name = "A:P")]
    #[arg(conflicts_with = "replicas")]
    listen: Option<String>,
    #[command(flatten)]
    several: Several,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "is no number".to_owned())?;
    if (0.1..=200.0).contains(&speed) {
        Ok(speed)
    } else {
        Err("is not between 0.1 and 200".to_owned())
    }
}

/// What every program of a demo is told.
fn config_of(layers: &mut Layers, listen: &str) {
    layers.add_flag("listen", listen.to_owned());
    // Its finance system is on this machine, and a day's messages come in a minute.
    layers.add_flag("relay.allowPrivate", true);
    for limit in ["endpoint", "token"] {
        layers.add_flag(&format!("limits.{limit}.rate"), 0);
    }
    layers.add_flag("log.filter", "warn".to_owned());
}

fn keys_of(config: &mut Config) -> anyhow::Result<Keys> {
    let shown = dev_secrets(config)?;
    let secret = |name: &str| shown.iter().find(|(of, _)| of.ends_with(name));
    Ok(Keys {
        admin_token: config.admin_token.clone().unwrap_or_default(),
        secrets: pontic_wire::ehr::all()
            .iter()
            .filter_map(|ehr| Some((ehr.system.to_owned(), secret(ehr.system)?.1.0.clone())))
            .collect(),
    })
}

impl Demo {
    /// Exit codes: 0 all is as it must be, 1 something is not, 2 it could not be found out.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let own = tempfile::Builder::new().prefix("pontic-demo-").tempdir()?;
        let data = self.data.clone().unwrap_or_else(|| own.path().join("data"));
        if data
            .read_dir()
            .is_ok_and(|mut entries| entries.next().is_some())
        {
            eprintln!("pontic: the data folder is not empty: a day needs one of its own");
            return Ok(ExitCode::from(1));
        }
        let decided = self.decide(&data.display().to_string());
        if self.several.are_wanted() {
            return run_with(decided, |config| self.live_together(config, &data));
        }
        run_with(decided, |config| self.live(config))
    }

    fn decide(&self, data: &str) -> Result<Config, Faults> {
        // Whoever has a server already gets another port.
        let is_free = || TcpListener::bind(USUAL).is_ok();
        let usual = if self.once || self.listen.is_some() || !is_free() {
            "127.0.0.1:0"
        } else {
            USUAL
        };
        let listen = self.listen.as_deref().unwrap_or(usual);
        let mut layers = Layers::default();
        layers.add_flag("data", data.to_owned());
        layers.add_flag("dev", true);
        layers.add_flag("now", time::format(demo::begins()));
        config_of(&mut layers, listen);
        Config::decide(layers)
    }

    async fn live(&self, mut config: Config) -> anyhow::Result<ExitCode> {
        let keys = keys_of(&mut config)?;
        let mut signals = Signals::listen()?;
        let (clock, hand) = self.clock();
        let running = match startup::start_by(config, clock.clone()).await {
            Ok(running) => running,
            Err(error) => {
                eprintln!("pontic: {error}");
                return Ok(ExitCode::from(1));
            }
        };
        if hand.is_none() {
            self.announce(&running, &keys);
        }
        let site = Site {
            urls: vec![format!("http://{}", running.address)],
            clock: clock.clone(),
            bus: None,
        };
        let pace = hand.map_or(Pace::Runs(clock), |hand| Pace::Moves(hand, &running));
        let over = format!("The server stays at http://{}", running.address);
        let code = self.see(&site, &keys, &pace, &mut signals, &over).await;
        drop(pace);
        running.stop().await;
        code
    }

    /// A clock at the demo's speed, or with `--once` one that is moved by the hand.
    fn clock(&self) -> (Clock, Option<Hand>) {
        if self.once {
            let (clock, hand) = Clock::moved_by_hand(demo::begins());
            (clock, Some(hand))
        } else {
            let clock = Clock::running_fast(demo::worth_watching(), self.speed);
            (clock, None)
        }
    }

    /// Lives the day, tells what became of it, and stays, as `over` says, until asked to stop; with `--once` it does not stay.
    async fn see(
        &self,
        site: &Site,
        keys: &Keys,
        pace: &Pace<'_>,
        signals: &mut Signals,
        over: &str,
    ) -> anyhow::Result<ExitCode> {
        let ended = tokio::select! {
            ended = demo::run(site, keys, pace, self.seed) => ended?,
            // A day that was cut off says nothing of whether all is as it must be.
            () = signals.asked_to_stop() => {
                return Ok(if self.once { ExitCode::from(2) } else { ExitCode::SUCCESS });
            }
        };
        let code = self.tell(&ended);
        if !self.once {
            println!();
            println!("The day is over. {over} until Ctrl-C.");
            signals.asked_to_stop().await;
        }
        Ok(code)
    }

    fn announce(&self, running: &Running, keys: &Keys) {
        println!("listening on http://{}", running.address);
        println!("data in {}", running.app.config.data.display());
        println!("admin token: {}", keys.admin_token);
        for (system, secret) in &keys.secrets {
            println!("secret of {system}: {secret}");
        }
        println!(
            "a day at {} times its speed begins: it is {} here",
            self.speed,
            time::format(running.app.clock.now())
        );
        println!("  look around:  http://{}/login", running.address);
        println!("  the API:      http://{}/docs/", running.address);
        println!("  Ctrl-C ends it");
    }

    fn tell(&self, ended: &Ended) -> ExitCode {
        println!("the day of seed {}", self.seed);
        for line in &ended.summary {
            println!("{line}");
        }
        for fault in &ended.faults {
            println!("NOT SO: {fault}");
        }
        if ended.faults.is_empty() {
            println!("all is as it must be");
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        }
    }
}
