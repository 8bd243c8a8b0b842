//! `pontic kit`: a folder for the engineer of a practice system.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use pontic_wire::ehr::Ehr;
use pontic_wire::kit;

use super::{now_or, system_argument};

/// Write everything that the engineer of a practice system needs to build and test a sender alone.
#[derive(Args)]
pub struct Kit {
    /// dentrix, opendental or eaglesoft.
    #[arg(value_parser = system_argument)]
    system: &'static Ehr,
    /// The folder that is made; absent: pontic-kit-SYSTEM.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl std::fmt::Debug for Kit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kit")
            .field("system", &self.system.system)
            .finish_non_exhaustive()
    }
}

impl Kit {
    /// Says what was written.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let usual = || PathBuf::from(format!("pontic-kit-{}", self.system.system));
        let folder = self.out.clone().unwrap_or_else(usual);
        if folder.exists() {
            bail!("{} exists already", folder.display());
        }
        let files = kit::files(self.system, now_or(None));
        for file in &files {
            let path = folder.join(&file.path);
            if let Some(above) = path.parent() {
                std::fs::create_dir_all(above).with_context(|| above.display().to_string())?;
            }
            std::fs::write(&path, &file.bytes).with_context(|| path.display().to_string())?;
        }
        println!(
            "{} files in {}: begin with README.md",
            files.len(),
            folder.display()
        );
        Ok(ExitCode::SUCCESS)
    }
}
