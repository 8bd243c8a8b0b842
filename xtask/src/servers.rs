//! Servers of others that tests need, started for one run on private ports, and gone after it.

mod mail;
mod moto;
mod nats;
mod postgres;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{packages, steps};
use moto::Moto;
pub use nats::Nats;
pub use postgres::Postgres;

/// Those that run; they end with the value.
pub struct Servers {
    postgres: Postgres,
    /// The Python that has a mail server; tests start it themselves, as some of them stop it.
    python: PathBuf,
    /// The proxy that stands in front of replicas, which tests start with its configuration.
    caddy: PathBuf,
    /// NATS; tests start it themselves, too.
    nats: PathBuf,
    /// An emulator of AWS.
    moto: Moto,
}

impl Servers {
    /// Starts all of them.
    pub fn start() -> Result<Self> {
        Ok(Self {
            postgres: Postgres::start()?,
            python: mail::python()?,
            caddy: packages::unpack("caddy", "usr/bin/caddy")?,
            nats: nats::program()?,
            moto: Moto::start()?,
        })
    }

    /// Tells a command where they are.
    pub fn tell(&self, command: &mut Command) {
        command.env("TEST_POSTGRES", self.postgres.url());
        command.env("TEST_POSTGRES_CA", self.postgres.certificate());
        command.env("TEST_SMTPD", &self.python);
        command.env("TEST_CADDY", &self.caddy);
        command.env("TEST_NATS", &self.nats);
        command.env("TEST_MOTO", self.moto.url());
        command.env("TEST_CFN_LINT", self.moto.program("cfn-lint"));
    }
}

/// `cargo xtask servers -- COMMAND…`: runs a command beside them.
pub fn run(command: &[&str]) -> Result<()> {
    let (program, args) = command
        .split_first()
        .context("which command? `cargo xtask servers -- cargo nextest run -p pontic-store`")?;
    let servers = Servers::start()?;
    let mut command = Command::new(program);
    command.args(args);
    servers.tell(&mut command);
    steps::run(&mut command)
}

/// A port that nobody has just now.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
