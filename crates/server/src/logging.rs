//! Logs, to standard error.

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Begins to write them, as configured; once for a program.
pub fn start(config: &Config) -> anyhow::Result<()> {
    // What becomes of the line to NATS we say ourselves; whoever names its client in the filter hears that, too.
    let filter = format!("async_nats=off,{}", config.log_filter);
    let filter = EnvFilter::try_new(filter).context("log.filter")?;
    let logs = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    match config.log_format {
        LogFormat::Text => logs.init(),
        LogFormat::Json => logs.json().init(),
    }
    Ok(())
}
