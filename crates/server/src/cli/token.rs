//! `pontic token`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::{Timestamp, ToSpan};
use pontic_core::id::{self, ClinicId, DriverId, LabId};
use pontic_core::time;
use pontic_store::Store;
use pontic_store::access::{Token, TokenKind};

use super::ConfigArgs;
use crate::access::{Role, new_token};
use crate::clock::Clock;
use crate::config::Config;
use crate::storage;

/// Make, list and revoke tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is shown this once and kept as its hash.
    #[command(
        after_help = "Example:\n  pontic token create --data ./pontic-data --role source --lab LAB001 --source cases.production --expires 90d"
    )]
    Create(Create),
    /// List live tokens.
    #[command(after_help = "Example:\n  pontic token list --data ./pontic-data")]
    List(Folder),
    /// End a token, and the sessions made with it.
    #[command(after_help = "Example:\n  pontic token revoke --data ./pontic-data 0199c0de-…")]
    Revoke(Revoke),
}

/// Which data.
#[derive(Debug, Args)]
pub struct Folder {
    #[command(flatten)]
    config: ConfigArgs,
    /// File of the key that seals patient data, if not in the data folder.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

impl Folder {
    fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        let mut layers = self.config.layers()?;
        if let Some(key_file) = &self.key_file {
            layers.add_flag("keyFile", key_file.display().to_string());
        }
        Ok(storage::open(&Config::decide(layers)?)?)
    }
}

/// What the token is for.
#[derive(Debug, Args)]
pub struct Create {
    #[command(flatten)]
    folder: Folder,
    /// What it may do.
    #[arg(long, value_enum)]
    role: Role,
    /// Bound to that lab.
    #[arg(long, value_name = "L")]
    lab: Option<String>,
    /// Is that driver (role driver).
    #[arg(long, value_name = "D", required_if_eq("role", "driver"))]
    driver: Option<String>,
    /// Is of that clinic.
    #[arg(long, value_name = "C")]
    clinic: Option<String>,
    /// May post events of that source (role source); may be given several times.
    #[arg(long = "source", value_name = "S")]
    sources: Vec<String>,
    /// Ends after so long: 90d, 12h, 30m.
    #[arg(long, value_name = "SPAN", value_parser = span_argument)]
    expires: Option<i64>,
}

/// Which token.
#[derive(Debug, Args)]
pub struct Revoke {
    #[command(flatten)]
    folder: Folder,
    /// Its id, as listed.
    id: String,
}

/// Seconds of `90d`, `12h`, `30m`, `45s`.
fn span_argument(text: &str) -> Result<i64, String> {
    const MAX_S: i64 = 10 * 366 * 86_400;
    let fault = || "is no span like 90d, 12h or 30m, up to ten years".to_owned();
    let unit = text.chars().last().ok_or_else(fault)?;
    let number: i64 = text
        .strip_suffix(unit)
        .unwrap_or_default()
        .parse()
        .map_err(|_| fault())?;
    let seconds = match unit {
        'd' => 86_400,
        'h' => 3_600,
        'm' => 60,
        's' => 1,
        _ => return Err(fault()),
    };
    number
        .checked_mul(seconds)
        .filter(|span| (1..=MAX_S).contains(span))
        .ok_or_else(fault)
}

impl TokenCommand {
    /// Does it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let now = Clock::system().now();
        match self {
            Self::Create(create) => create.run(now),
            Self::List(folder) => list(&folder, now),
            Self::Revoke(revoke) => {
                let revoked = revoke.folder.open()?.revoke_token(&revoke.id)?;
                println!(
                    "{}",
                    if revoked {
                        "revoked"
                    } else {
                        "there is no such token"
                    }
                );
                Ok(if revoked {
                    ExitCode::SUCCESS
                } else {
                    ExitCode::from(1)
                })
            }
        }
    }
}

impl Create {
    fn run(self, now: Timestamp) -> anyhow::Result<ExitCode> {
        for (name, given) in [
            ("--lab", &self.lab),
            ("--driver", &self.driver),
            ("--clinic", &self.clinic),
        ] {
            if let Some(given) = given {
                id::check(given).map_err(|reason| anyhow::anyhow!("{name}: {reason}"))?;
            }
        }
        let (secret, token) = new_token(TokenKind::Token, self.role, now)?;
        let token = Token {
            lab_id: self.lab.map(LabId::known),
            driver_id: self.driver.map(DriverId::known),
            clinic_id: self.clinic.map(ClinicId::known),
            sources: self.sources,
            expires_at: self
                .expires
                .and_then(|span| now.checked_add(span.seconds()).ok()),
            ..token
        };
        self.folder.open()?.put_token(&token)?;
        println!("{}", secret.0);
        eprintln!(
            "id {}, role {}; it is shown this once",
            token.id, token.role
        );
        Ok(ExitCode::SUCCESS)
    }
}

fn list(folder: &Folder, now: Timestamp) -> anyhow::Result<ExitCode> {
    for token in folder.open()?.tokens(TokenKind::Token, now)? {
        let lab = token
            .lab_id
            .map_or_else(|| "all labs".to_owned(), |lab| lab.to_string());
        let ends = token.expires_at.map_or_else(
            || "never ends".to_owned(),
            |ends| format!("until {}", time::format(ends)),
        );
        println!(
            "{}  {}  {lab}  {ends}  {}",
            token.id,
            token.role,
            token.sources.join(",")
        );
    }
    Ok(ExitCode::SUCCESS)
}
