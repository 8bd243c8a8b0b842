//! `pontic demo-program`: one of several programs of a demo, by a clock that the demo has.

use std::io::BufRead as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{ConfigArgs, Signals, config_of, run_with};
use crate::clock::{Clock, Hand};
use crate::config::{Config, Faults};
use crate::demo;
use crate::startup::{self, Running};

/// The clock that the demo moves.
pub const MOVED: &str = "moved";

/// One of several programs; it ends with its standard input.
#[derive(Debug, Args)]
pub struct Member {
    /// `moved`, or how another program tells the clock that it has.
    #[arg(long)]
    clock: String,
    #[arg(long)]
    listen: String,
}

impl Member {
    /// Serves until nobody asks any more.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        run_with(self.decide(), |config| self.serve(config))
    }

    fn decide(&self) -> Result<Config, Faults> {
        let mut layers = ConfigArgs::default().layers()?;
        config_of(&mut layers, &self.listen);
        Config::decide(layers)
    }

    async fn serve(self, config: Config) -> anyhow::Result<ExitCode> {
        let (clock, hand) = if self.clock == MOVED {
            let (clock, hand) = Clock::moved_by_hand(demo::begins());
            (clock, Some(hand))
        } else {
            let clock = Clock::as_told(&self.clock).context("--clock")?;
            (clock, None)
        };
        let mut signals = Signals::listen()?;
        let running = match startup::start_by(config, clock).await {
            Ok(running) => running,
            Err(error) => {
                eprintln!("pontic: {error}");
                return Ok(ExitCode::from(1));
            }
        };
        println!("listening on http://{}", running.address);
        let mut orders = orders();
        loop {
            let order = tokio::select! {
                order = orders.recv() => order,
                // Ctrl-C reaches all programs of a terminal: the demo says when it is over.
                () = signals.asked_to_stop() => continue,
            };
            let Some(order) = order else { break };
            let reached = follow(&order, &running, hand.as_ref()).await?;
            println!("settled {reached}");
        }
        running.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

/// Does what was said, and all that follows from it; how far the log is then.
async fn follow(order: &str, running: &Running, hand: Option<&Hand>) -> anyhow::Result<u64> {
    match (order.split_once(' '), hand) {
        (Some(("move", time)), Some(hand)) => {
            hand.move_to(Timestamp::from_millisecond(time.parse()?)?);
            hand.settled().await;
        }
        (None, _) if order == "settle" => {}
        _ => bail!("what is `{order}`?"),
    }
    running.settled().await?;
    Ok(running.app.read(|store| store.last_seq()).await?)
}

/// Lines of standard input, until it ends.
fn orders() -> mpsc::UnboundedReceiver<String> {
    let (heard, orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if heard.send(line).is_err() {
                return;
            }
        }
    });
    orders
}
