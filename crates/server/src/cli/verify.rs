//! `pontic verify`.

use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use pontic_wire::ehr::Ehr;
use pontic_wire::signature::{self, Secret};

use super::{input, now_or, system_argument, time_argument};

/// What to check.
#[derive(Args)]
pub struct Verify {
    /// dentrix, opendental or eaglesoft.
    #[arg(value_parser = system_argument)]
    system: &'static Ehr,
    /// A secret of the endpoint; may be given several times.
    #[arg(long, value_name = "S", required = true)]
    secret: Vec<String>,
    /// The older secret, while rotating.
    #[arg(long, value_name = "S")]
    secret2: Option<String>,
    /// The time of the check; now without it.
    #[arg(long, value_name = "T", value_parser = time_argument)]
    now: Option<Timestamp>,
    /// A header of the request; may be given several times.
    #[arg(long = "header", short = 'H', value_name = "NAME: VALUE", value_parser = header_argument)]
    headers: Vec<(String, String)>,
}

impl std::fmt::Debug for Verify {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verify")
            .field("system", &self.system.system)
            .finish_non_exhaustive()
    }
}

fn header_argument(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("is not 'name: value'")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Verify {
    /// Says whether the body on standard input verifies; exit code 1 and why, if not.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let texts = self.secret.iter().chain(&self.secret2);
        let secrets = texts
            .map(|text| Secret::new(text))
            .collect::<Result<Vec<_>, _>>()?;
        let body = input()?;
        let now = now_or(self.now);
        let headers = || {
            self.headers
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_bytes()))
        };
        let header = self.system.signature_header;
        match signature::verify(header, headers(), &body, &secrets, now) {
            Ok(()) => {
                println!("verifies");
                Ok(ExitCode::SUCCESS)
            }
            Err(unverified) => {
                println!("does not verify: {unverified}");
                for line in signature::explain(header, headers(), &body, &secrets, now) {
                    println!("  {line}");
                }
                Ok(ExitCode::from(1))
            }
        }
    }
}
