//! The command line: `serve`, and what an integration engineer and an operator need beside it.

mod backup;
mod demo;
mod doctor;
mod ehr;
mod explain;
mod geofence;
mod health;
mod kit;
mod migrate;
mod replay;
mod sanitize;
mod send;
mod serve;
mod sign;
mod token;
mod verify;

use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use jiff::Timestamp;

use crate::config::{Config, Faults, Layers, point_in_time};

/// Between a dental lab's production, its couriers, its clinics' practice software, its portal and its finance.
#[derive(Debug, Parser)]
#[command(name = "pontic", version, about, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server.
    #[command(
        after_help = "Example:\n  pontic serve --data ./pontic-data --listen 127.0.0.1:8080 --dev"
    )]
    Serve(serve::Serve),
    /// A made-up city on a working day, with things going wrong on purpose, through the doors of a server of its own.
    #[command(after_help = "Example:\n  pontic demo --once --seed 1")]
    Demo(demo::Demo),
    /// One of several programs of a demo.
    #[command(hide = true)]
    DemoProgram(demo::Member),
    /// Map bodies of practice systems.
    #[command(subcommand)]
    Ehr(ehr::Ehr),
    /// Sign the body on standard input as a practice system would; prints the signature.
    #[command(after_help = "Example:\n  pontic sign dentrix --secret S < body.json")]
    Sign(sign::Sign),
    /// Check the signature of the body on standard input, and say why not.
    #[command(
        after_help = "Example:\n  pontic verify dentrix --secret S --header 'x-dentrix-signature: 439b…' < body.json"
    )]
    Verify(verify::Verify),
    /// Send an event or a signed webhook to a server; prints { "statusCode", "body" }.
    #[command(subcommand)]
    Send(send::Send),
    /// Hold a place, or the way to it, against a stop's fence; prints { within, entered, crossed, distanceMeters }.
    #[command(
        after_help = "Example:\n  pontic geofence --stop 42.3601,-71.0589 --at 42.3620,-71.0589 --from 42.3582,-71.0589"
    )]
    Geofence(geofence::Geofence),
    /// Mask names, notes, contacts and signatures in the JSON on standard input.
    #[command(
        after_help = "Example:\n  echo '{\"patientName\":\"Jane\",\"email\":\"jane@dental.com\"}' | pontic sanitize"
    )]
    Sanitize,
    /// Make, list and revoke tokens, also while the server runs.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Tell what became of a delivery, pickup, case, invoice, route, event, webhook or message, in plain sentences.
    #[command(after_help = "Example:\n  pontic explain CASE-101 --data ./pontic-data")]
    Explain(explain::Explain),
    /// Move the records of a data folder into an empty PostgreSQL database, and compare both.
    #[command(
        after_help = "Example:\n  PONTIC_DATABASE__URL=postgres://pontic@db/pontic pontic migrate --from sqlite://./pontic-data"
    )]
    Migrate(migrate::Migrate),
    /// Copy a data folder, also while the server runs on it; the key is left out.
    #[command(
        after_help = "Example:\n  pontic backup --data ./pontic-data --to ./backup-2026-01-31"
    )]
    Backup(backup::Backup),
    /// Put a backup into an empty data folder, and check it.
    #[command(
        after_help = "Example:\n  mkdir -p new/keys && cp my-copy-of/data.key new/keys/\n  pontic restore --from ./backup-2026-01-31 --data ./new"
    )]
    Restore(backup::Restore),
    /// Write a folder for the engineer of a practice system: how to sign, schema, examples, signed vectors.
    #[command(after_help = "Example:\n  pontic kit dentrix --out ./kit-dentrix")]
    Kit(kit::Kit),
    /// Decide the log again and compare; or say what another configuration would have made of a day.
    #[command(
        after_help = "Examples:\n  pontic replay --data ./pontic-data\n  pontic replay --data ./pontic-data --dry-run --change change.toml --day 2026-01-31"
    )]
    Replay(replay::Replay),
    /// Ask the running server of this configuration whether it lives, or whether it is ready; exit code 1 if not.
    #[command(
        after_help = "Examples:\n  pontic health\n  pontic health --ready --url http://127.0.0.1:8080"
    )]
    Health(health::Health),
    /// Check the configuration and the data folder, and say what is wrong.
    #[command(after_help = "Example:\n  pontic doctor --data ./pontic-data")]
    Doctor(doctor::Doctor),
}

/// Where the configuration stands, and its most used parts.
#[derive(Debug, Args, Default)]
struct ConfigArgs {
    /// Configuration file (TOML).
    #[arg(long, value_name = "FILE", env = "PONTIC_CONFIG")]
    config: Option<PathBuf>,
    /// Data folder.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Folder of secrets, a file each, named like the environment variables that they stand for.
    #[arg(long, value_name = "DIR", env = "PONTIC_SECRETS")]
    secrets: Option<PathBuf>,
}

impl ConfigArgs {
    /// File, then secrets, then environment, then these flags.
    fn layers(&self) -> Result<Layers, Faults> {
        let mut layers = Layers::default();
        if let Some(path) = &self.config {
            let text = std::fs::read_to_string(path)
                .map_err(|error| Faults(vec![format!("{}: {error}", path.display())]))?;
            layers.add_file(&path.display().to_string(), &text);
        }
        if let Some(folder) = &self.secrets {
            layers.add_secrets(folder);
        }
        let own = [
            "PONTIC_CONFIG",
            "PONTIC_SECRETS",
            "PONTIC_TOKEN",
            "PONTIC_URL",
            "PONTIC_SIGN_SECRET",
        ];
        layers.add_environment(std::env::vars().filter(|(name, _)| !own.contains(&name.as_str())));
        if let Some(data) = &self.data {
            layers.add_flag("data", data.display().to_string());
        }
        Ok(layers)
    }

    fn decide(&self) -> Result<Config, Faults> {
        Config::decide(self.layers()?)
    }
}

/// Runs the command that the arguments name. Exit codes: 0 done, 1 "no" (refused, does not verify, faults), 2 could not be tried.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let done = match cli.command {
        Command::Serve(command) => command.run(),
        Command::Demo(command) => command.run(),
        Command::DemoProgram(command) => command.run(),
        Command::Ehr(command) => command.run(),
        Command::Sign(command) => command.run(),
        Command::Verify(command) => command.run(),
        Command::Send(command) => command.run(),
        Command::Geofence(command) => Ok(command.run()),
        Command::Sanitize => sanitize::run(),
        Command::Token(command) => command.run(),
        Command::Explain(command) => command.run(),
        Command::Migrate(command) => command.run(),
        Command::Backup(command) => command.run(),
        Command::Restore(command) => command.run(),
        Command::Kit(command) => command.run(),
        Command::Replay(command) => command.run(),
        Command::Health(command) => Ok(command.run()),
        Command::Doctor(command) => Ok(command.run()),
    };
    done.unwrap_or_else(|error| {
        eprintln!("pontic: {error:#}");
        ExitCode::from(2)
    })
}

/// All of standard input.
fn input() -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A `T` of the command line: RFC 3339 or unix seconds.
fn time_argument(text: &str) -> Result<Timestamp, String> {
    point_in_time(text)
}

/// The practice system of that name.
fn system_argument(text: &str) -> Result<&'static pontic_wire::ehr::Ehr, String> {
    let known: Vec<&str> = pontic_wire::ehr::all()
        .iter()
        .map(|ehr| ehr.system)
        .collect();
    pontic_wire::ehr::by_system(text).ok_or_else(|| format!("is none of {}", known.join(", ")))
}

/// Now, or what the command line says.
fn now_or(said: Option<Timestamp>) -> Timestamp {
    said.unwrap_or_else(|| crate::clock::Clock::system().now())
}
