//! `pontic health`: what a container's health check runs, as its image has no other program.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::ConfigArgs;

/// Ask whether a server does well.
#[derive(Debug, Args)]
pub struct Health {
    #[command(flatten)]
    config: ConfigArgs,
    /// The server, if not the one of this configuration.
    #[arg(long, value_name = "URL", env = "PONTIC_URL")]
    url: Option<String>,
    /// Ask whether it is ready to be asked, not only whether it lives.
    #[arg(long)]
    ready: bool,
    /// How long the answer may take, in seconds.
    #[arg(long, value_name = "S", default_value_t = 4, value_parser = clap::value_parser!(u64).range(1..=600))]
    timeout: u64,
}

impl Health {
    /// Prints the answer. Exit codes: 0 it does, 1 it does not, or could not be asked; health checks know no others.
    pub fn run(self) -> ExitCode {
        match self.ask() {
            Ok((200, text)) => {
                println!("{text}");
                ExitCode::SUCCESS
            }
            Ok((status, text)) => {
                println!("{status} {text}");
                ExitCode::from(1)
            }
            Err(error) => {
                eprintln!("pontic: {error:#}");
                ExitCode::from(1)
            }
        }
    }

    fn ask(&self) -> anyhow::Result<(u16, String)> {
        let server = match &self.url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", near(self.config.decide()?.listen)),
        };
        let path = if self.ready { "/readyz" } else { "/healthz" };
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            // Whatever the environment says of proxies, this is asked directly.
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(self.timeout)));
        let agent: ureq::Agent = config.build().into();
        let mut answer = agent.get(format!("{server}{path}")).call()?;
        Ok((
            answer.status().as_u16(),
            answer.body_mut().read_to_string()?,
        ))
    }
}

/// Where this machine reaches whoever listens there: who listens on every address does on loopback.
fn near(mut listen: SocketAddr) -> SocketAddr {
    if listen.ip().is_unspecified() {
        listen.set_ip(match listen.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    listen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_reached_by_loopback() {
        for (listen, expected) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:80", "[::1]:80"),
            ("10.0.0.7:8080", "10.0.0.7:8080"),
        ] {
            let listen = listen.parse().expect("an address");
            assert_eq!(near(listen).to_string(), expected);
        }
    }
}
