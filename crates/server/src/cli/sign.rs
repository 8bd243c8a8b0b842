//! `pontic sign`.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use pontic_wire::ehr::Ehr;
use pontic_wire::signature::{self, Secret};

use super::{input, system_argument, time_argument};

/// How to sign.
#[derive(Args)]
pub struct Sign {
    /// dentrix, opendental or eaglesoft.
    #[arg(value_parser = system_argument)]
    system: &'static Ehr,
    /// The secret of the endpoint.
    #[arg(
        long,
        value_name = "S",
        env = "PONTIC_SIGN_SECRET",
        hide_env_values = true
    )]
    secret: String,
    /// Sign the time too (x-pontic-timestamp); prints both headers.
    #[arg(long, value_name = "T", value_parser = time_argument)]
    timestamp: Option<Timestamp>,
    /// Print whole headers, as curl -H takes them.
    #[arg(long)]
    headers: bool,
}

impl std::fmt::Debug for Sign {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sign")
            .field("system", &self.system.system)
            .finish_non_exhaustive()
    }
}

impl Sign {
    /// Prints the signature of standard input.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let secret = Secret::new(&self.secret)?;
        let body = input()?;
        match self.timestamp {
            Some(time) => {
                let seconds = time.as_second();
                println!(
                    "{}: {}",
                    self.system.signature_header,
                    signature::sign_timestamped(&secret, seconds, &body)
                );
                println!("{}: {seconds}", signature::TIMESTAMP_HEADER);
            }
            None if self.headers => println!(
                "{}: {}",
                self.system.signature_header,
                signature::sign(&secret, &body)
            ),
            None => println!("{}", signature::sign(&secret, &body)),
        }
        Ok(ExitCode::SUCCESS)
    }
}
