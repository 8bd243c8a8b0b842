//! `pontic backup` and `pontic restore`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use pontic_core::time;
use pontic_store::backup;

use super::ConfigArgs;
use crate::clock::Clock;

/// Copy a data folder, also while the server runs on it.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    config: ConfigArgs,
    /// The folder that is made of it; it must not exist yet.
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// Put a backup into an empty data folder.
#[derive(Debug, Args)]
pub struct Restore {
    #[command(flatten)]
    config: ConfigArgs,
    /// The backup.
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
}

impl Backup {
    /// Says what was copied, and what was not.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.decide()?;
        if let Some(database) = &config.database {
            bail!(
                "records and positions are in the database {}: back it up by its own means (pg_dump)",
                database.url
            );
        }
        let made = backup::make(&config.data, &self.to, Clock::system().now())?;
        let bytes: u64 = made.files.iter().map(|file| file.size).sum();
        println!(
            "{} files, {bytes} bytes, up to event {} of {}",
            made.files.len(),
            made.last_seq,
            time::format(made.made_at)
        );
        println!("looked at: the database is whole");
        println!("the key that seals patient data is NOT in it: keep a copy of it apart");
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    /// Checks every file, puts them in place, and opens the data with its key.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.decide()?;
        if let Some(database) = &config.database {
            bail!(
                "records are in the database {}: a backup of a folder is for a folder",
                database.url
            );
        }
        let key_file = config.key_file.as_deref();
        let restored = backup::restore(&self.from, &config.data, key_file)
            .with_context(|| format!("{}", self.from.display()))?;
        println!(
            "{} files, every one as it was; up to event {} of {}",
            restored.files.len(),
            restored.last_seq,
            time::format(restored.made_at)
        );
        println!(
            "opened with its key: ready to be served from {}",
            config.data.display()
        );
        Ok(ExitCode::SUCCESS)
    }
}
