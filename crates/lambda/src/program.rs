//! The program between invocations: its doors, and what others may have changed meanwhile. It is frozen for seconds or hours, so
//! nothing is looked at by the clock: each invocation asks how old what is held has become.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use pontic_server::aws::{Aws, CallFailed};
use pontic_server::clock::Clock;
use pontic_server::config;
use pontic_server::startup::{Doorstep, at_the_door};
use pontic_server::storage;
use tokio::sync::Mutex;

use crate::settings::{self, Secrets, Settings, Variable};

/// Tokens and endpoints of the database are held so long.
const HELD: SignedDuration = SignedDuration::from_secs(5);
/// After a refusal it is looked at once whether secrets have changed, but no more often: anybody can be refused.
const AFTER_REFUSAL: SignedDuration = SignedDuration::from_secs(10);

/// What serves invocations.
pub struct Program {
    variables: Vec<Variable>,
    clock: Clock,
    /// Name of the function, for metrics.
    function: String,
    started: Duration,
    serving: RwLock<Arc<Serving>>,
    looked: Mutex<Looked>,
}

/// By one set of secrets.
pub struct Serving {
    /// The doors.
    pub doorstep: Doorstep,
    /// The function's own settings.
    pub settings: Settings,
}

/// When it was looked at, and what was found.
struct Looked {
    secrets_at: Timestamp,
    records_at: Timestamp,
    used_at: Timestamp,
    secrets: Secrets,
    is_first: bool,
}

impl Program {
    /// Reads the secrets, opens the doors.
    pub async fn start(variables: Vec<Variable>) -> anyhow::Result<Self> {
        let began = Instant::now();
        let clock = Clock::system();
        let secrets = read(&variables, clock.now()).await?;
        let (settings, mut config) = settings::decide(&variables, &secrets)?;
        // However much is asked for: it would write payloads down as they come.
        config.log_filter.push_str(",lambda_runtime=info");
        pontic_server::logging::start(&config)?;
        let doorstep = at_the_door(config)?;
        let now = clock.now();
        let name = |name: &str| variables.iter().find(|(known, _)| known == name);
        let function = name("AWS_LAMBDA_FUNCTION_NAME").map_or("pontic", |(_, name)| name);
        Ok(Self {
            function: function.to_owned(),
            variables,
            clock,
            started: began.elapsed(),
            serving: RwLock::new(Arc::new(Serving { doorstep, settings })),
            looked: Mutex::new(Looked {
                secrets_at: now,
                records_at: now,
                used_at: now,
                secrets,
                is_first: true,
            }),
        })
    }

    /// Name of the function.
    pub fn function(&self) -> &str {
        &self.function
    }

    /// The time, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.clock.now().as_millisecond()
    }

    /// How long the start took; said once.
    pub async fn start_took(&self) -> Option<Duration> {
        let mut looked = self.looked.lock().await;
        std::mem::take(&mut looked.is_first).then_some(self.started)
    }

    /// What serves an invocation that begins: what is held is read again where it has become too old.
    pub async fn serving(&self) -> Arc<Serving> {
        let max_age = duration(self.current().settings.max_age);
        self.look(max_age, HELD).await;
        self.current()
    }

    /// After somebody was refused: a secret may have changed a moment ago. Nothing if it was looked at just now.
    pub async fn serving_after_refusal(&self) -> Option<Arc<Serving>> {
        let looked = self.look(AFTER_REFUSAL, AFTER_REFUSAL).await;
        looked.then(|| self.current())
    }

    fn current(&self) -> Arc<Serving> {
        let serving = self.serving.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&serving)
    }

    /// Reads again what is older than that; says whether anything was.
    async fn look(&self, secrets_age: SignedDuration, records_age: SignedDuration) -> bool {
        let mut looked = self.looked.lock().await;
        let now = self.clock.now();
        // A clock that was set back makes everything old.
        let is_old = |at: Timestamp, age: SignedDuration| {
            let passed = now.duration_since(at);
            passed >= age || passed.is_negative()
        };
        let idle = duration(self.current().settings.idle);
        let was_idle = is_old(looked.used_at, idle);
        let (secrets, records) = (
            is_old(looked.secrets_at, secrets_age),
            is_old(looked.records_at, records_age),
        );
        looked.used_at = now;
        let mut found = looked.secrets.clone();
        if secrets {
            looked.secrets_at = now;
            match read(&self.variables, now).await {
                Ok(newer) => found = newer,
                Err(error) => {
                    tracing::warn!(%error, "the secrets are as they were; they are read again later");
                }
            }
        }
        let mut is_other = was_idle || found != looked.secrets;
        if records && !is_other {
            is_other = !self.look_at_records().await;
        }
        if records {
            looked.records_at = now;
        }
        if is_other {
            self.open_again(&mut looked, found);
        }
        secrets || records
    }

    /// Opens the doors anew: with other secrets, by other rules, or because nobody knows what became of the connections meanwhile.
    fn open_again(&self, looked: &mut Looked, secrets: Secrets) {
        let opened = settings::decide(&self.variables, &secrets).map_err(anyhow::Error::from);
        let opened = opened.and_then(|(settings, config)| {
            let doorstep = at_the_door(config)?;
            Ok(Serving { doorstep, settings })
        });
        match opened {
            Ok(serving) => {
                let mut current = self.serving.write().unwrap_or_else(PoisonError::into_inner);
                let rules = |serving: &Serving| serving.doorstep.app.config.rules.clone();
                if rules(&serving) != rules(&current) {
                    tracing::info!("the rules have changed, and are in use");
                }
                *current = Arc::new(serving);
                if secrets != looked.secrets {
                    tracing::info!("the secrets have changed, and are in use");
                }
                looked.secrets = secrets;
            }
            Err(error) => {
                tracing::error!(%error, "what is new cannot be used: what was there before is");
            }
        }
    }

    /// Reads tokens and endpoints again. False if the server decides by other rules since: then these doors are of no use any more.
    async fn look_at_records(&self) -> bool {
        let app = Arc::clone(&self.current().doorstep.app);
        app.keys.forget();
        let state = Arc::clone(&app);
        let read = app.read(move |store| {
            state.endpoints.reload(store)?;
            storage::rules(store)
        });
        match read.await {
            Ok(rules) => rules.is_none_or(|rules| rules == app.config.rules),
            Err(error) => {
                tracing::warn!(%error, "the endpoints are as they were; they are read again later");
                true
            }
        }
    }
}

/// A setting is never so long that it does not fit.
fn duration(setting: Duration) -> SignedDuration {
    SignedDuration::try_from(setting).unwrap_or(SignedDuration::MAX)
}

/// Why a secret cannot be used at the start.
#[derive(Debug, thiserror::Error)]
#[error("the secret {id} cannot be read: {error}")]
struct Unread {
    id: String,
    error: CallFailed,
}

async fn read(variables: &[Variable], now: Timestamp) -> anyhow::Result<Secrets> {
    let own = settings::own(variables)?;
    let variable = |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone())
    };
    let config = config::Aws {
        region: variable("PONTIC_AWS__REGION"),
        endpoint: variable("PONTIC_AWS__ENDPOINT"),
    };
    let aws = Aws::by(&config, &variable);
    let one = async |id: &Option<String>| match id {
        None => Ok(None),
        Some(id) => aws.secret(id, now).await.map(Some).map_err(|error| Unread {
            id: id.clone(),
            error,
        }),
    };
    let (settings, database) = tokio::join!(one(&own.secret), one(&own.database_secret));
    Ok(Secrets {
        settings: settings?,
        database: database?,
    })
}
