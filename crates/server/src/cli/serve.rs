//! `pontic serve`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use pontic_core::time;
use pontic_wire::signature::Secret;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::ConfigArgs;
use crate::access::Secretly;
use crate::config::{Config, Faults};
use crate::logging;
use crate::startup::{self, Running};

/// Threads that wait for the disk at most: each holds memory, and the disk is no faster for more of them.
const BLOCKING_THREADS: usize = 64;

/// Run the server.
#[derive(Debug, Args)]
pub struct Serve {
    #[command(flatten)]
    config: ConfigArgs,
    /// Address and port; port 0 takes a free one and says which.
    #[arg(long, value_name = "A:P")]
    listen: Option<String>,
    /// For trying out: loopback only, prints an admin token and one secret per practice system.
    #[arg(long)]
    dev: bool,
    /// The clock starts there and runs (loopback only).
    #[arg(long, value_name = "T")]
    now: Option<String>,
}

/// Does `work` with a sound configuration, with logs, metrics and threads as a server has them.
pub(super) fn run_with<F: Future<Output = anyhow::Result<ExitCode>>>(
    config: Result<Config, Faults>,
    work: impl FnOnce(Config) -> F,
) -> anyhow::Result<ExitCode> {
    let config = match config {
        Ok(config) => config,
        Err(faults) => {
            eprintln!("pontic: {faults}");
            return Ok(ExitCode::from(1));
        }
    };
    logging::start(&config)?;
    crate::traces::start(&config.telemetry).map_err(|error| anyhow::anyhow!("traces: {error}"))?;
    crate::metrics::exposition::recorder();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()?;
    let done = runtime.block_on(work(config));
    // Whatever still waits for a connection that was cut off is not waited for.
    runtime.shutdown_timeout(Duration::from_secs(1));
    crate::traces::stop();
    done
}

impl Serve {
    /// Runs until SIGINT or SIGTERM, then finishes what was accepted.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        run_with(self.decide(), serve)
    }

    fn decide(&self) -> Result<Config, crate::config::Faults> {
        let mut layers = self.config.layers()?;
        if let Some(listen) = &self.listen {
            layers.add_flag("listen", listen.clone());
        }
        if self.dev {
            layers.add_flag("dev", true);
        }
        if let Some(now) = &self.now {
            layers.add_flag("now", now.clone());
        }
        Config::decide(layers)
    }
}

async fn serve(mut config: Config) -> anyhow::Result<ExitCode> {
    let shown = if config.dev {
        dev_secrets(&mut config)?
    } else {
        Vec::new()
    };
    // Heard from the start: whoever reads the address below may ask to stop at once.
    let mut signals = Signals::listen()?;
    let running = match startup::start(config).await {
        Ok(running) => running,
        Err(error) => {
            eprintln!("pontic: {error}");
            return Ok(ExitCode::from(1));
        }
    };
    announce(&running, &shown);
    signals.asked_to_stop().await;
    tracing::info!("stopping: finishing what was accepted");
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// For `--dev`: an admin token and a secret for every practice system that has none, to be printed.
pub(super) fn dev_secrets(config: &mut Config) -> anyhow::Result<Vec<(String, Secretly)>> {
    let mut shown = Vec::new();
    if config.admin_token.is_none() {
        let token = random_text("pnt_")?;
        config.admin_token = Some(token.0.clone());
        shown.push(("admin token".to_owned(), token));
    }
    for endpoint in config
        .default_endpoints
        .iter_mut()
        .filter(|endpoint| endpoint.secrets.is_empty())
    {
        let secret = random_text("dev-")?;
        endpoint.secrets = vec![Secret::new(&secret.0).context("a random secret")?];
        shown.push((format!("secret of {}", endpoint.system), secret));
    }
    Ok(shown)
}

fn random_text(prefix: &str) -> anyhow::Result<Secretly> {
    let mut chance = [0; 24];
    getrandom::fill(&mut chance).map_err(|error| anyhow::anyhow!("{error}"))?;
    Ok(Secretly(format!(
        "{prefix}{}",
        pontic_core::id::hex(&chance)
    )))
}

fn announce(running: &Running, shown: &[(String, Secretly)]) {
    let app = &running.app;
    println!("listening on http://{}", running.address);
    println!("data in {}", app.config.data.display());
    if let Some(database) = &app.config.database {
        println!("records in the database {}", database.url);
    }
    if app.clock.is_set() {
        println!(
            "the clock was set: it is {} here",
            time::format(app.clock.now())
        );
    }
    for (name, secret) in shown {
        println!("{name}: {}", secret.0);
    }
    for endpoint in app
        .config
        .default_endpoints
        .iter()
        .filter(|endpoint| endpoint.secrets.is_empty())
    {
        println!(
            "{} has no secret: its webhooks are refused",
            endpoint.system
        );
    }
    let off = [
        ("address", app.config.limits.address),
        ("endpoint", app.config.limits.endpoint),
        ("token", app.config.limits.token),
    ];
    for (name, _) in off.iter().filter(|(_, quota)| quota.rate <= 0.0) {
        println!("the rate limit per {name} is off");
    }
}

/// SIGINT and SIGTERM.
pub(super) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    pub fn listen() -> std::io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    pub async fn asked_to_stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
