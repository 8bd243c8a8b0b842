//! A finance system on this machine: it takes what a subscription sends it, and for a while it cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use pontic_wire::signature::{Secret, verify};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::doors::Doors;
use crate::clock::Clock;

/// The subscription.
pub const SUBSCRIPTION: &str = "finance";
/// What finance wants to hear of.
pub const WANTED: [&str; 3] = ["BillingTriggered", "DeliveryCompleted", "PickupCompleted"];

/// What came so far.
#[derive(Debug, Default)]
pub struct Ledger {
    /// How often a message was taken, by its id.
    pub taken: BTreeMap<String, u64>,
    /// Messages by type, each once.
    pub by_type: BTreeMap<String, u64>,
    /// Ids of messages that were refused with 500.
    pub refused: BTreeSet<String>,
    /// Messages whose signature did not verify.
    pub unverified: u64,
    is_down: bool,
}

struct Shared {
    ledger: Mutex<Ledger>,
    secret: Mutex<Vec<Secret>>,
    clock: Clock,
}

/// The system, until it is dropped.
pub struct Finance {
    shared: Arc<Shared>,
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl Finance {
    /// Listens on a free port, and subscribes.
    pub async fn open(doors: &Doors, clock: Clock) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            ledger: Mutex::default(),
            secret: Mutex::default(),
            clock,
        });
        let router = Router::new()
            .route("/hooks/pontic", post(take))
            .with_state(Arc::clone(&shared));
        let serving = tokio::spawn(async move {
            // It ends with the demo.
            let _ = axum::serve(listener, router).await;
        });
        let finance = Self {
            shared,
            address,
            serving,
        };
        finance.subscribe(doors).await?;
        Ok(finance)
    }

    async fn subscribe(&self, doors: &Doors) -> Result<()> {
        let body = json!({
            "url": format!("http://{}/hooks/pontic", self.address),
            "pattern": { "detail-type": WANTED },
        });
        let path = format!("/v1/subscriptions/{SUBSCRIPTION}");
        let made = doors.ask("admin", "PUT", &path, &body).await?;
        let made = made.taken("a subscription")?;
        let secret = made["secret"].as_str().context("no secret")?;
        let secret = Secret::new(secret).context("an empty secret")?;
        locked(&self.shared.secret).push(secret);
        Ok(())
    }

    /// From now on it answers 500, or is well again.
    pub fn set_down(&self, is_down: bool) {
        locked(&self.shared.ledger).is_down = is_down;
    }

    /// Looks at what came so far.
    pub fn look<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(&locked(&self.shared.ledger))
    }
}

impl Drop for Finance {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn take(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let now = shared.clock.now();
    let verified = {
        let pairs = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_bytes()));
        verify(
            "x-halden-finance",
            pairs,
            &body,
            &locked(&shared.secret),
            now,
        )
    };
    let mut ledger = locked(&shared.ledger);
    if verified.is_err() {
        ledger.unverified += 1;
        return StatusCode::UNAUTHORIZED;
    }
    let id = headers.get("webhook-id").and_then(|id| id.to_str().ok());
    let id = id.unwrap_or_default().to_owned();
    if ledger.is_down {
        ledger.refused.insert(id);
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    let times = ledger.taken.entry(id).or_default();
    *times += 1;
    if *times == 1 {
        let event: Value = serde_json::from_slice(&body).unwrap_or_default();
        let kind = event["type"].as_str().unwrap_or_default().to_owned();
        *ledger.by_type.entry(kind).or_default() += 1;
    }
    StatusCode::NO_CONTENT
}
