//! The line to NATS: kept by the client, which comes back by itself, and looked at by whoever asks how it is.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::future::ready;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_nats::connection::State as LineState;
use async_nats::jetstream::context::GetStreamErrorKind;
use async_nats::jetstream::stream::Stream;
use async_nats::jetstream::{self, Context};
use async_nats::rustls::{ClientConfig, RootCertStore, crypto};
use async_nats::{Client, ConnectOptions, Event, ServerAddr};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::Trouble;
use super::durability::Durability;
use crate::config::Nats;

/// Who we are.
const NAME: &str = concat!("pontic/", env!("CARGO_PKG_VERSION"));
/// How long a start waits for NATS before it goes on without it.
const START: Duration = Duration::from_secs(3);
/// The first pause before another try to reach it, and the longest.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long a question may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// What `JetStream` answers where there is no such thing.
const NOT_FOUND: usize = 404;

/// The bus.
pub struct Bus {
    /// What was said of it.
    pub config: Nats,
    client: Client,
    /// The way to its streams.
    pub context: Context,
    /// This program, among those on the same data.
    pub holder: String,
    seen: Arc<Seen>,
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bus({})", self.config.servers.join(", "))
    }
}

/// What is known of it.
struct Seen {
    there: watch::Sender<bool>,
    since: Mutex<Instant>,
    last_fault: Mutex<String>,
    streams: Mutex<BTreeMap<String, Durability>>,
    /// Streams that were found durable enough since the line was last there.
    admitted: Mutex<HashSet<String>>,
    consumers: Mutex<BTreeMap<String, Reader>>,
}

/// How a consumer of ours is.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    /// Its stream.
    pub stream: String,
    /// Whether it is read.
    pub reads: bool,
    /// Why not, or what it waits for.
    pub trouble: Option<String>,
    /// Messages that NATS has for it.
    pub waiting: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Seen {
    fn new() -> Self {
        Self {
            there: watch::Sender::new(false),
            since: Mutex::new(Instant::now()),
            last_fault: Mutex::default(),
            streams: Mutex::default(),
            admitted: Mutex::default(),
            consumers: Mutex::default(),
        }
    }

    fn hear(&self, event: &Event) {
        match event {
            Event::Connected => {
                self.change(true);
                lock(&self.last_fault).clear();
                tracing::info!("NATS is there");
            }
            Event::Disconnected => {
                self.change(false);
                metrics::counter!("pontic_bus_disconnections_total").increment(1);
                tracing::warn!("the line to NATS is cut; it is tried again");
            }
            Event::ClientError(_) | Event::ServerError(_) => self.fault(&event.to_string()),
            _ => tracing::info!(%event, "NATS"),
        }
    }

    fn change(&self, there: bool) {
        metrics::gauge!("pontic_bus_connected").set(f64::from(u8::from(there)));
        *lock(&self.since) = Instant::now();
        lock(&self.admitted).clear();
        self.there.send_replace(there);
    }

    /// The same fault is told once, not at every try.
    fn fault(&self, text: &str) {
        let mut last = lock(&self.last_fault);
        if *last != text {
            tracing::warn!(fault = text, "NATS");
            text.clone_into(&mut last);
        }
    }
}

/// Twice as long each time.
fn pause(attempt: usize) -> Duration {
    let doublings = u32::try_from(attempt.saturating_sub(2))
        .unwrap_or(u32::MAX)
        .min(16);
    let pause = if attempt < 2 { Duration::ZERO } else { PAUSE };
    pause.saturating_mul(1 << doublings).min(LONGEST_PAUSE)
}

impl Bus {
    /// Opens the line, and waits a little until it is there. Where it is not, it is tried on.
    pub async fn open(config: &Nats) -> Result<Self, Trouble> {
        metrics::gauge!("pontic_bus_connected").set(0.0);
        let seen = Arc::new(Seen::new());
        let hears = Arc::clone(&seen);
        let options = options(config).await?.event_callback(move |event| {
            hears.hear(&event);
            ready(())
        });
        let servers: Result<Vec<ServerAddr>, _> =
            config.servers.iter().map(|server| server.parse()).collect();
        let servers = servers.map_err(|error| Trouble::Unusable(format!("nats.url: {error}")))?;
        let client = options.connect(servers).await;
        let client = client.map_err(|error| Trouble::Unusable(format!("nats.url: {error}")))?;
        let mut context = jetstream::new(client.clone());
        context.set_timeout(PATIENCE);
        let bus = Self {
            config: config.clone(),
            client,
            context,
            holder: holder()?,
            seen,
        };
        let mut there = bus.line();
        let _ = tokio::time::timeout(START, there.wait_for(|there| *there)).await;
        Ok(bus)
    }

    /// Whether there is a line to it.
    pub fn is_there(&self) -> bool {
        self.client.connection_state() == LineState::Connected
    }

    /// Turns true when the line is there, false when it is cut.
    pub fn line(&self) -> watch::Receiver<bool> {
        self.seen.there.subscribe()
    }

    /// Sends what was said and not sent yet.
    pub async fn flush(&self) {
        // Where it cannot be sent, NATS hands those messages out again.
        let _ = tokio::time::timeout(PATIENCE, self.client.flush()).await;
    }

    /// Looks at these streams before anything is read or published; says a line of each. Where NATS is away, they are looked at when it
    /// is back, before they are used.
    pub async fn look_at(&self, streams: &[String]) -> Result<Vec<String>, Trouble> {
        let mut lines = Vec::new();
        for stream in streams {
            match self.stream(stream).await {
                Ok(found) => lines.push(told(stream, Durability::of(&found.cached_info().config))),
                Err(weak @ Trouble::Weak { .. }) => return Err(weak),
                Err(trouble) => {
                    tracing::warn!(stream, %trouble, "a stream could not be looked at");
                    lines.push(format!("stream {stream}: {trouble}"));
                }
            }
        }
        Ok(lines)
    }

    /// The stream, if it is there and durable enough.
    pub async fn stream(&self, name: &str) -> Result<Stream, Trouble> {
        if !self.is_there() {
            return Err(Trouble::Away);
        }
        let found = self.context.get_stream(name).await;
        let found = found.map_err(|error| match error.kind() {
            GetStreamErrorKind::JetStream(error) if error.code() == NOT_FOUND => {
                Trouble::NoStream(name.to_owned())
            }
            GetStreamErrorKind::Request => Trouble::Away,
            _ => Trouble::Other(error.to_string()),
        })?;
        let durability = Durability::of(&found.cached_info().config);
        let before = lock(&self.seen.streams).insert(name.to_owned(), durability);
        if before != Some(durability) {
            tracing::info!("{}", told(name, durability));
        }
        match durability.weakness() {
            Some(weakness) if self.config.require_durable => Err(Trouble::Weak {
                stream: name.to_owned(),
                weakness,
            }),
            _ => {
                lock(&self.seen.admitted).insert(name.to_owned());
                Ok(found)
            }
        }
    }

    /// Whether publications may go into that stream: it is asked once for as long as the line holds.
    pub async fn admits(&self, stream: &str) -> Result<(), Trouble> {
        if lock(&self.seen.admitted).contains(stream) {
            return Ok(());
        }
        self.stream(stream).await.map(drop)
    }

    /// Notes how a consumer is; says whether that differs from before.
    pub fn note(&self, name: &str, reader: &Reader) -> bool {
        let before = lock(&self.seen.consumers).insert(name.to_owned(), reader.clone());
        before.is_none_or(|before| before.trouble != reader.trouble)
    }

    /// Notes how many messages wait for a consumer.
    pub fn note_waiting(&self, name: &str, waiting: u64) {
        if let Some(reader) = lock(&self.seen.consumers).get_mut(name) {
            reader.waiting = waiting;
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge is for people")]
        metrics::gauge!("pontic_bus_waiting", "consumer" => name.to_owned()).set(waiting as f64);
    }

    /// How it is, for `/readyz`.
    pub fn health(&self) -> Value {
        let consumers = lock(&self.seen.consumers).clone();
        let consumers: Vec<Value> = consumers
            .into_iter()
            .map(|(name, reader)| {
                json!({
                    "name": name, "stream": reader.stream, "reads": reader.reads,
                    "trouble": reader.trouble, "waiting": reader.waiting,
                })
            })
            .collect();
        let streams = lock(&self.seen.streams).clone();
        let streams: Vec<Value> = streams
            .into_iter()
            .map(|(name, durability)| {
                json!({
                    "name": name, "durability": durability.to_string(), "isDurable": durability.weakness().is_none(),
                })
            })
            .collect();
        json!({
            "status": if self.is_there() { "ok" } else { "unavailable" },
            "forSeconds": lock(&self.seen.since).elapsed().as_secs(),
            "streams": streams,
            "consumers": consumers,
        })
    }
}

fn holder() -> Result<String, Trouble> {
    let mut chance = [0; 8];
    getrandom::fill(&mut chance).map_err(|error| Trouble::Other(error.to_string()))?;
    Ok(pontic_core::id::hex(&chance))
}

/// What NATS tells its clients of a stream, and what it does not.
fn told(stream: &str, durability: Durability) -> String {
    let weakness = durability.weakness();
    let but = weakness.map_or_else(String::new, |weakness| format!(" ({weakness})"));
    format!(
        "stream {stream}: {durability}{but}; how often its servers sync to disk NATS does not tell its clients (every 2 minutes, unless \
         sync_interval says otherwise)"
    )
}

async fn options(config: &Nats) -> Result<ConnectOptions, Trouble> {
    let mut options = ConnectOptions::new()
        .name(NAME)
        .retry_on_initial_connect()
        .reconnect_delay_callback(pause);
    if let Some(path) = &config.credentials_file {
        let read = options.credentials_file(path).await;
        options = read.map_err(|error| {
            Trouble::Unusable(format!("nats.credentialsFile: {}: {error}", path.display()))
        })?;
    }
    if let Some((user, password)) = &config.login {
        options = options.user_and_password(user.clone(), password.as_str().to_owned());
    }
    // The ring that is in the tree already, whatever else may be linked beside it.
    let provider = Arc::new(crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Trouble::Unusable(error.to_string()))?
        .with_root_certificates(roots(config.ca_file.as_deref())?)
        .with_no_client_auth();
    Ok(options.tls_client_config(tls))
}

/// Who may have signed its certificate: the usual authorities, or whoever was named instead.
fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, Trouble> {
    use async_nats::rustls::pki_types::CertificateDer;
    use async_nats::rustls::pki_types::pem::PemObject as _;

    let Some(path) = ca_file else {
        return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect());
    };
    let unusable =
        |why: String| Trouble::Unusable(format!("nats.caFile: {}: {why}", path.display()));
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| unusable(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
        roots
            .add(certificate)
            .map_err(|error| unusable(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(unusable("it holds no certificate".to_owned()));
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_bound() {
        assert_eq!(pause(1), Duration::ZERO);
        assert_eq!(pause(2), PAUSE);
        assert_eq!(pause(4), PAUSE * 4);
        assert_eq!(pause(100), LONGEST_PAUSE);
    }
}
