//! What the operator said: the environment, over it what Secrets Manager holds. The function's own settings begin with `lambda.`;
//! the others are those of `pontic serve`.

use std::time::Duration;

use pontic_server::access::Secretly;
use pontic_server::config::{Config, Faults, Layers, Setting};
use serde::Deserialize;
use serde_json::Value;

use crate::percent::escaped;

/// An environment variable: name and value.
pub type Variable = (String, String);

/// Where a function may write.
const FOLDER: &str = "/tmp/pontic";
/// One writes, one reads: an environment has one request at a time, or the records of one batch.
const CONNECTIONS: i64 = 2;
/// How old what was read of a secret may become, in seconds.
const MAX_AGE_S: u64 = 300;
/// After so many seconds connections are not trusted any more: AWS's own gateways forget them after 350.
const IDLE_S: u64 = 240;
/// The variable of the database's address, into which a secret's user and password are put.
const DATABASE_URL: &str = "PONTIC_DATABASE__URL";

/// The function's own.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The secret that holds settings: a JSON object of environment variables.
    pub secret: Option<String>,
    /// The secret that holds the database's user and password, as RDS keeps and rotates them.
    pub database_secret: Option<String>,
    /// How old what was read of them may become.
    pub max_age: Duration,
    /// Connections that were not used for so long are opened anew: what lies between drops them without a word.
    pub idle: Duration,
    /// The token with whose rights a queue's events come in.
    pub queue_token: Option<Secretly>,
    /// What a custom domain puts before our paths; empty: nothing.
    pub base_path: String,
}

/// What the secrets hold.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    /// The text of [`Settings::secret`].
    pub settings: Option<String>,
    /// The text of [`Settings::database_secret`].
    pub database: Option<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

/// The function's own settings alone: they say where the secrets are. They stand in the environment.
pub fn own(variables: &[Variable]) -> Result<Settings, Faults> {
    let mut layers = Layers::default();
    let own = variables
        .iter()
        .filter(|(name, _)| name.starts_with("PONTIC_LAMBDA__"));
    layers.add_environment(own.cloned());
    let settings = take(&mut layers);
    layers.finish(settings)
}

/// Everything, or every fault.
pub fn decide(variables: &[Variable], secrets: &Secrets) -> Result<(Settings, Config), Faults> {
    let mut layers = Layers::default();
    layers.add_flag("data", FOLDER);
    layers.add_flag("log.format", "json");
    layers.add_flag("database.connections", CONNECTIONS);
    let mut said = variables.to_vec();
    if let Some(text) = &secrets.settings {
        match members(text) {
            Some(members) => said.extend(members),
            None => layers.fault("lambda.secret: does not hold a JSON object of texts"),
        }
    }
    if let Some(text) = &secrets.database {
        let url = said.iter_mut().rev().find(|(name, _)| name == DATABASE_URL);
        let whole = url.and_then(|(_, url)| {
            *url = with_login(url, text)?;
            Some(())
        });
        if whole.is_none() {
            layers.fault("lambda.databaseSecret: does not hold username and password, or database.url is no address to put them into");
        }
    }
    layers.add_environment(said);
    let settings = take(&mut layers);
    if !layers.has("database.url") {
        layers.fault("database.url: a function has no folder that stays; name a database");
    }
    if !layers.has("dataKey") {
        layers.fault("dataKey: a function has no folder that keeps the key; give the one that `pontic serve` has in its key file");
    }
    Ok((settings, Config::decide(layers)?))
}

fn take(layers: &mut Layers) -> Settings {
    let text = |setting: &Setting| setting.text().map(Some);
    Settings {
        secret: layers.take("lambda.secret", None, text),
        database_secret: layers.take("lambda.databaseSecret", None, text),
        max_age: layers.take(
            "lambda.secretMaxAgeSeconds",
            Duration::from_secs(MAX_AGE_S),
            seconds,
        ),
        idle: layers.take("lambda.idleSeconds", Duration::from_secs(IDLE_S), seconds),
        queue_token: layers.take("lambda.queueToken", None, |setting| {
            setting.text().map(|text| Some(Secretly(text)))
        }),
        base_path: layers.take("lambda.basePath", String::new(), base_path),
    }
}

fn seconds(setting: &Setting) -> Result<Duration, String> {
    let seconds = setting.integer(1..=86_400)?;
    Ok(Duration::from_secs(seconds.unsigned_abs()))
}

fn base_path(setting: &Setting) -> Result<String, String> {
    let text = setting.text()?;
    let path = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    if path.is_empty() || (path.starts_with('/') && path.bytes().all(plain)) {
        Ok(path.to_owned())
    } else {
        Err("is no path, like /couriers".to_owned())
    }
}

/// The members of a JSON object of texts.
fn members(text: &str) -> Option<Vec<Variable>> {
    let Ok(Value::Object(members)) = serde_json::from_str(text) else {
        return None;
    };
    let member = |(name, value): (String, Value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    };
    members.into_iter().map(member).collect()
}

/// As RDS writes it, with more beside it that we do not need.
#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

/// The address with user and password, instead of those that it has.
fn with_login(url: &str, secret: &str) -> Option<String> {
    let login: Login = serde_json::from_str(secret).ok()?;
    let (scheme, rest) = url.split_once("://")?;
    // No host or database is called with an `@`.
    let place = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    let plain = b"-_.~";
    let user = escaped(&login.username, plain);
    let password = escaped(&login.password, plain);
    Some(format!("{scheme}://{user}:{password}@{place}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(said: &[(&str, &str)]) -> Vec<Variable> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        said.iter().map(owned).collect()
    }

    fn sound() -> Vec<Variable> {
        variables(&[
            (
                DATABASE_URL,
                "postgres://@db.lab:5432/pontic?sslmode=require",
            ),
            ("PONTIC_DATA_KEY", &"a5".repeat(32)),
            ("AWS_LAMBDA_FUNCTION_NAME", "doors"),
        ])
    }

    #[test]
    fn a_secret_lies_over_the_environment() {
        let mut said = sound();
        said.extend(variables(&[
            ("PONTIC_LAMBDA__SECRET", "pontic/settings"),
            ("PONTIC_DEFAULT_TIME_ZONE", "America/Chicago"),
            ("DENTRIX_WEBHOOK_SECRET", "old"),
        ]));
        assert_eq!(
            own(&said).expect("sound").secret.as_deref(),
            Some("pontic/settings")
        );
        let secrets = Secrets {
            settings: Some(r#"{"DENTRIX_WEBHOOK_SECRET":"new,old","PONTIC_LAMBDA__QUEUE_TOKEN":"pnt_q","engine":"postgres"}"#.into()),
            database: None,
        };
        let (settings, config) = decide(&said, &secrets).expect("sound");
        let dentrix = &config.default_endpoints[0];
        assert_eq!((dentrix.system, dentrix.secrets.len()), ("dentrix", 2));
        assert_eq!(config.rules.default_time_zone, "America/Chicago");
        assert_eq!(settings.queue_token.expect("a token").0, "pnt_q");
    }

    #[test]
    fn user_and_password_go_into_the_address() {
        let secrets = Secrets {
            settings: None,
            database: Some(
                r#"{"username":"pontic","password":"p@ss/w:%","engine":"postgres"}"#.into(),
            ),
        };
        let (_, config) = decide(&sound(), &secrets).expect("sound");
        let url = config.database.expect("a database").url;
        assert_eq!(
            url.with_password(),
            "postgres://pontic:p%40ss%2Fw%3A%25@db.lab:5432/pontic?sslmode=require"
        );
    }

    #[test]
    fn what_a_function_cannot_do_without_is_named_with_all_other_faults() {
        let said = variables(&[
            ("PONTIC_LAMBDA__BASE_PATH", "couriers"),
            ("PONTIC_LAMBDA__SECRET_MAX_AGE_SECONDS", "0"),
            ("PONTIC_LAMBDA__COLOUR", "red"),
        ]);
        let secrets = Secrets {
            settings: Some("[]".into()),
            database: Some("{}".into()),
        };
        let faults = decide(&said, &secrets).expect_err("not sound").to_string();
        for part in [
            "database.url: a function",
            "dataKey: a function",
            "BASE_PATH is no path",
            "SECRET_MAX_AGE_SECONDS",
            "COLOUR is no setting",
            "lambda.secret: does",
            "lambda.databaseSecret: does",
        ] {
            assert!(faults.contains(part), "{part} in {faults}");
        }
    }
}
