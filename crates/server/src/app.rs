//! The whole of it: its parts by name.

use std::sync::Arc;

use pontic_store::{Store, StoreError};
use tokio::sync::watch;

use crate::access::Keys;
use crate::bus::Bus;
use crate::clock::Clock;
use crate::config::Config;
use crate::door::{Busy, Door, Draft, Outcome};
use crate::drivers::Drivers;
use crate::endpoints::Endpoints;
use crate::hearing::Hearing;
use crate::limits::Limits;
use crate::live::Hub;
use crate::metrics::Integration;
use crate::notify::Notify;
use crate::relay::Relay;
use crate::rhythms::Rhythms;
use crate::series::Series;

/// Everything that handlers need.
pub struct App {
    /// What we decided.
    pub config: Config,
    /// The time.
    pub clock: Clock,
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// The way in for events.
    pub door: Door,
    /// Live messages.
    pub hub: Arc<Hub>,
    /// Drivers, live.
    pub drivers: Arc<Drivers>,
    /// Tokens.
    pub keys: Arc<Keys>,
    /// Rate limits.
    pub limits: Limits,
    /// What goes out by webhook and over the bus.
    pub relay: Arc<Relay>,
    /// The bus, where there is one.
    pub bus: Option<Arc<Bus>>,
    /// What people are told.
    pub notify: Arc<Notify>,
    /// Endpoints of practice systems.
    pub endpoints: Arc<Endpoints>,
    /// Who hears of commits.
    pub hearing: Arc<Hearing>,
    /// When senders are usually heard.
    pub rhythms: Rhythms,
    /// Counts for people.
    pub integration: Integration,
    /// The same by the minute.
    pub series: Series,
    /// Turns true when the program is about to stop.
    pub stopping: watch::Receiver<bool>,
}

impl App {
    /// Hands one draft in at the door.
    pub async fn submit(&self, draft: Draft) -> Result<Outcome, Busy> {
        let mut outcomes = self.door.submit(vec![draft]).await?;
        outcomes.pop().ok_or(Busy)
    }

    /// Follows what was changed of subscriptions.
    pub async fn relay_reload(&self) -> Result<(), StoreError> {
        let relay = Arc::clone(&self.relay);
        self.read(move |store| relay.reload(store)).await
    }

    /// Runs `read` on a thread that may wait for the disk.
    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        let done = tokio::task::spawn_blocking(move || read(store.as_ref())).await;
        done.unwrap_or_else(|error| Err(StoreError::Broken(error.to_string())))
    }
}
