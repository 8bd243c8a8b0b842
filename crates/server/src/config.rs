//! Configuration: what the operator said (file, then environment, then flags), then what we decided. Checked as a whole at start.

mod aws;
mod database;
mod layers;
mod map;
mod maps;
mod nats;
mod notices;
mod relay;
mod telemetry;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pontic_core::bucket::Quota;
use pontic_core::rules::Rules;
use pontic_core::time::is_zone;
use pontic_store::vault::DataKey;
use pontic_wire::kit;
use pontic_wire::signature::Secret;

pub use aws::Aws;
pub use database::{Address, Database};
pub use layers::{Layers, Setting};
pub use map::Map;
pub use maps::{ApiKey, Budget, DistanceMatrix, Maps, Provider};
pub use nats::{Consumer, Nats};
pub use notices::{Hidden, Notices, Sender, Sms, Smtp, Tls};
pub use relay::Relay;
pub use telemetry::Telemetry;

/// Everything that is wrong with a configuration, a line each.
#[derive(Debug, thiserror::Error)]
#[error("the configuration cannot be used:\n{}", .0.iter().map(|fault| format!("  - {fault}")).collect::<Vec<_>>().join("\n"))]
pub struct Faults(pub Vec<String>);

/// The three limits of requests.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Per address.
    pub address: Quota,
    /// Per endpoint of a practice system.
    pub endpoint: Quota,
    /// Per token.
    pub token: Quota,
}

/// The secrets of a default endpoint.
#[derive(Debug, Clone)]
pub struct DefaultEndpoint {
    /// The practice system.
    pub system: &'static str,
    /// Its active secrets; none: not configured.
    pub secrets: Vec<Secret>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// A line a person can read.
    Text,
    /// A JSON object a line.
    Json,
}

/// What we decided.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The data folder.
    pub data: PathBuf,
    /// Where records are kept, if not in the data folder.
    pub database: Option<Database>,
    /// The file of the key that seals patient data, if not in the data folder.
    pub key_file: Option<PathBuf>,
    /// That key itself, for a program without a disk; records are in a database then.
    pub data_key: Option<DataKey>,
    /// For trying out: loopback only, prints an admin token and a secret per system.
    pub dev: bool,
    /// The clock starts there (loopback only).
    pub now: Option<Timestamp>,
    /// A proxy in front of us terminates TLS, and says for whom it asks.
    pub behind_tls_proxy: bool,
    /// Where people reach this installation; absent: links are paths, and stand in no message.
    pub public_url: Option<String>,
    /// A first admin token.
    pub admin_token: Option<String>,
    /// Limits of requests.
    pub limits: Limits,
    /// How long a sender may be silent in the middle of a request, and a connection idle.
    pub silence: Duration,
    /// How long positions are kept.
    pub positions_kept: SignedDuration,
    /// What decisions depend on.
    pub rules: Rules,
    /// Endpoints that every installation has.
    pub default_endpoints: Vec<DefaultEndpoint>,
    /// Travel times.
    pub maps: Maps,
    /// The ground of the map on the pages; none: a plain one.
    pub map: Option<Map>,
    /// What goes out by webhook.
    pub relay: Relay,
    /// The bus; none: events come and go over HTTP alone.
    pub nats: Option<Nats>,
    /// How AWS is reached.
    pub aws: Aws,
    /// How people are told.
    pub notices: Notices,
    /// Who is told of traces.
    pub telemetry: Telemetry,
    /// Work waiting longer than this makes us unready, in seconds.
    pub max_waiting_s: i64,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Which logs are written, in the words of `tracing`'s filters.
    pub log_filter: String,
}

impl Config {
    /// Decides by what was said, or names every fault.
    pub fn decide(mut said: Layers) -> Result<Self, Faults> {
        let config = Self {
            listen: said.take("listen", SocketAddr::from(([127, 0, 0, 1], 8080)), address),
            data: said.take("data", PathBuf::from("pontic-data"), |setting| {
                Ok(PathBuf::from(setting.text()?))
            }),
            key_file: said.take("keyFile", None, |setting| {
                Ok(Some(PathBuf::from(setting.text()?)))
            }),
            data_key: said.take("dataKey", None, |setting| {
                let key = DataKey::parse(&setting.text()?);
                key.map(Some)
                    .ok_or_else(|| "is no key (64 hex digits)".to_owned())
            }),
            database: database::decide(&mut said),
            dev: said.take("dev", false, Setting::boolean),
            now: said.take("now", None, |setting| {
                point_in_time(&setting.text()?).map(Some)
            }),
            behind_tls_proxy: said.take("behindTlsProxy", false, Setting::boolean),
            public_url: said.take("publicUrl", None, |setting| public_url(setting).map(Some)),
            admin_token: said.take("adminToken", None, |setting| admin_token(setting).map(Some)),
            limits: Limits {
                address: quota(&mut said, "address", 100.0, 500.0),
                endpoint: quota(&mut said, "endpoint", 50.0, 200.0),
                token: quota(&mut said, "token", 50.0, 200.0),
            },
            silence: said.take(
                "limits.silenceSeconds",
                Duration::from_secs(30),
                |setting| {
                    setting
                        .integer(1..=3_600)
                        .map(|seconds| Duration::from_secs(seconds.unsigned_abs()))
                },
            ),
            positions_kept: said.take(
                "positions.retentionDays",
                SignedDuration::from_hours(90 * 24),
                |setting| {
                    setting
                        .integer(1..=3_650)
                        .map(|days| SignedDuration::from_hours(days * 24))
                },
            ),
            rules: rules(&mut said),
            default_endpoints: default_endpoints(&mut said),
            maps: maps::decide(&mut said),
            map: map::decide(&mut said),
            relay: relay::decide(&mut said),
            nats: nats::decide(&mut said),
            aws: aws::decide(&mut said),
            notices: notices::decide(&mut said),
            telemetry: telemetry::decide(&mut said),
            max_waiting_s: said.take("ready.maxWaitingSeconds", 300, |setting| {
                setting.integer(1..=86_400)
            }),
            log_format: said.take("log.format", LogFormat::Text, log_format),
            log_filter: said.take("log.filter", "info".to_owned(), Setting::text),
        };
        config.check_together(&mut said);
        said.finish(config)
    }

    /// Faults that only several settings together make.
    fn check_together(&self, said: &mut Layers) {
        let loopback = self.listen.ip().is_loopback();
        if !loopback && !self.behind_tls_proxy {
            said.fault("listen: only loopback is served without TLS; set behindTlsProxy if a proxy terminates it");
        }
        if !loopback && self.dev {
            said.fault("dev: only with a loopback address in listen");
        }
        if !loopback && self.now.is_some() {
            said.fault("now: only with a loopback address in listen");
        }
        if self.data_key.is_some() && (self.database.is_none() || self.key_file.is_some()) {
            said.fault("dataKey: only with database.url, and without keyFile");
        }
    }
}

fn address(setting: &Setting) -> Result<SocketAddr, String> {
    setting
        .text()?
        .parse()
        .map_err(|_| "is not ADDRESS:PORT, like 127.0.0.1:8080".to_owned())
}

/// RFC 3339, or unix seconds.
pub fn point_in_time(text: &str) -> Result<Timestamp, String> {
    let seconds = text
        .parse::<i64>()
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    seconds
        .or_else(|| text.parse().ok())
        .ok_or_else(|| "is neither an RFC 3339 time nor unix seconds".to_owned())
}

/// An address without anything after the host and port, so that paths can be put behind it.
fn public_url(setting: &Setting) -> Result<String, String> {
    let text = setting.text()?;
    let url = text.trim_end_matches('/');
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(plain) => Ok(url.to_owned()),
        _ => Err("is no address like https://pontic.lab.example".to_owned()),
    }
}

fn admin_token(setting: &Setting) -> Result<String, String> {
    let token = setting.text()?;
    let visible = token.bytes().all(|b| b.is_ascii_graphic());
    if token.len() >= 32 && visible {
        Ok(token)
    } else {
        Err("needs 32 visible characters or more".to_owned())
    }
}

fn quota(said: &mut Layers, name: &str, rate: f64, burst: f64) -> Quota {
    Quota {
        rate: said.take(&format!("limits.{name}.rate"), rate, |setting| {
            setting.number(0.0..=1e9)
        }),
        burst: said.take(&format!("limits.{name}.burst"), burst, |setting| {
            setting.number(1.0..=1e9)
        }),
    }
}

fn rules(said: &mut Layers) -> Rules {
    let usual = Rules::default();
    Rules {
        default_time_zone: said.take("defaultTimeZone", usual.default_time_zone, |setting| {
            let name = setting.text()?;
            if is_zone(&name) {
                Ok(name)
            } else {
                Err("is no IANA time zone, like America/New_York".to_owned())
            }
        }),
        max_past_hours: said.take("limits.maxPastHours", usual.max_past_hours, |setting| {
            setting.integer(0..=87_600)
        }),
        max_future_days: said.take("limits.maxFutureDays", usual.max_future_days, |setting| {
            setting.integer(1..=3_650)
        }),
        horizon_days: usual.horizon_days,
        rush_notice_hours: usual.rush_notice_hours,
    }
}

fn default_endpoints(said: &mut Layers) -> Vec<DefaultEndpoint> {
    let secrets = |setting: &Setting| {
        let text = setting.text()?;
        let secrets = Secret::parse_list(&text)
            .map_err(|_| "holds an empty secret, which would verify nothing".to_owned())?;
        if secrets.iter().any(kit::is_secret_of_it) {
            return Err("holds the secret of the contract kit, which everybody knows".to_owned());
        }
        Ok(secrets)
    };
    pontic_wire::ehr::all()
        .iter()
        .map(|ehr| DefaultEndpoint {
            system: ehr.system,
            secrets: said.take(&format!("ehr.{}.secret", ehr.system), Vec::new(), secrets),
        })
        .collect()
}

fn log_format(setting: &Setting) -> Result<LogFormat, String> {
    match setting.text()?.as_str() {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err("is neither text nor json".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(file: &str, environment: &[(&str, &str)]) -> Result<Config, Faults> {
        let mut layers = Layers::default();
        layers.add_file("pontic.toml", file);
        layers.add_environment(
            environment
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
        );
        Config::decide(layers)
    }

    #[test]
    fn later_layers_win() {
        let file = "defaultTimeZone = \"America/Chicago\"\n[limits.token]\nrate = 7\n";
        let config =
            decide(file, &[("PONTIC_LIMITS__TOKEN__RATE", "9"), ("HOME", "/")]).expect("sound");
        assert_eq!(config.rules.default_time_zone, "America/Chicago");
        assert!((config.limits.token.rate - 9.0).abs() < f64::EPSILON);
        assert!((config.limits.token.burst - 200.0).abs() < f64::EPSILON);
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let file = "listen = \"nowhere\"\ndefaultTimeZone = \"Mars/Olympus\"\ncolour = 3\n";
        let faults = decide(file, &[("DENTRIX_WEBHOOK_SECRET", "")])
            .expect_err("not sound")
            .to_string();
        for part in [
            "listen",
            "defaultTimeZone",
            "colour",
            "DENTRIX_WEBHOOK_SECRET",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
    }

    #[test]
    fn the_public_address_ends_with_its_host() {
        let url = |text: &str| decide(&format!("publicUrl = \"{text}\""), &[]);
        let config = url("https://pontic.lab.example:8443/").expect("sound");
        assert_eq!(
            config.public_url.as_deref(),
            Some("https://pontic.lab.example:8443")
        );
        for text in [
            "pontic.lab.example",
            "ftp://lab.example",
            "https://",
            "https://lab.example/pontic",
            "https://lab.example?x",
        ] {
            assert!(url(text).is_err(), "{text}");
        }
    }

    #[test]
    fn without_tls_only_loopback_is_served() {
        assert!(decide("listen = \"0.0.0.0:80\"", &[]).is_err());
        assert!(decide("listen = \"0.0.0.0:80\"\nbehindTlsProxy = true", &[]).is_ok());
        assert!(
            decide(
                "listen = \"0.0.0.0:80\"\nbehindTlsProxy = true\ndev = true",
                &[]
            )
            .is_err()
        );
    }
}
