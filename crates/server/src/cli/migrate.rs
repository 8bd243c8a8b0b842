//! `pontic migrate`: the data of a folder into a database, records and positions.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

#[cfg(feature = "postgres")]
use crate::clock::Clock;

/// Move the records and positions of a data folder into an empty PostgreSQL database, and compare both.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The data folder: `sqlite://DIR`.
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database: `postgres://user@host:5432/database`. Better in the environment, where no list of processes shows it.
    #[arg(
        long,
        value_name = "URL",
        env = "PONTIC_DATABASE__URL",
        hide_env_values = true
    )]
    to: String,
    /// Whoever signed the database's certificate, if not one of the usual authorities.
    #[arg(long, value_name = "FILE", env = "PONTIC_DATABASE__CA_FILE")]
    ca_file: Option<PathBuf>,
    /// File of the key that seals patient data, if not in the data folder.
    #[arg(long, value_name = "FILE", env = "PONTIC_KEY_FILE")]
    key_file: Option<PathBuf>,
}

impl Migrate {
    /// Prints a line per table.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let Some(folder) = self.from.strip_prefix("sqlite://").map(Path::new) else {
            bail!("--from: is no sqlite://DIR");
        };
        if !folder.join("pontic.db").exists() {
            bail!("--from: {} holds no data", folder.display());
        }
        let key_file = self
            .key_file
            .clone()
            .unwrap_or_else(|| folder.join("keys/data.key"));
        self.move_all(folder, &key_file)
    }

    #[cfg(feature = "postgres")]
    fn move_all(&self, folder: &Path, key_file: &Path) -> anyhow::Result<ExitCode> {
        use pontic_store::postgres::{Options, PostgresStore, import};

        let options = Options {
            ca_file: self.ca_file.clone(),
            ..Options::default()
        };
        let store = PostgresStore::open(&self.to, key_file, &options).context("--to")?;
        let now = Clock::system().now();
        let (moved, positions) = import(&store, folder, Some(key_file), now)?;
        for table in moved.iter().filter(|table| table.rows > 0) {
            println!("{:>12} rows of {}", table.rows, table.table);
        }
        println!(
            "{:>12} positions of {} drivers",
            positions.fixes, positions.drivers
        );
        println!("moved, and equal row by row; the folder is as it was");
        println!(
            "every program that serves the database needs the key {}",
            key_file.display()
        );
        Ok(ExitCode::SUCCESS)
    }

    #[cfg(not(feature = "postgres"))]
    fn move_all(&self, _folder: &Path, _key_file: &Path) -> anyhow::Result<ExitCode> {
        let _ = (&self.to, &self.ca_file);
        None::<ExitCode>.context("this program was built without the feature `postgres`")
    }
}
