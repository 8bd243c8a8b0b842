//! What goes out by webhook, over the bus, or to a bus of EventBridge: who receives what, and messages on their way. Who sets them on
//! their way stands in `couriers`.

#[cfg(feature = "aws")]
mod event_bridge;
mod receiver;
mod request;
mod wanted;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use pontic_core::record::{Entity as _, Kind};
use pontic_core::subscription::{BusAddress, Subscription};
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};
use tokio::sync::Notify;

pub use receiver::Receiver;
pub use request::{FROM, Sent, Ways, try_all};
pub use wanted::Wanted;

/// Subscriptions that are read at once.
const PAGE: usize = 200;

/// The receivers, and what wakes those who serve them.
pub struct Relay {
    receivers: RwLock<HashMap<String, Arc<Receiver>>>,
    wanted: RwLock<Arc<Wanted>>,
    /// Held by whoever reads them: what was read later must not be replaced by what was read before.
    reading: Mutex<()>,
    /// They could not be read the last time.
    stale: AtomicBool,
    /// The ways out.
    ways: Ways,
    /// Something was published.
    pub published: Notify,
    /// Receivers were changed.
    pub changed: Notify,
    /// Rounds of serving a receiver that were begun, and that are over.
    pub rounds: Rounds,
}

/// Counts rounds of work: as many begun as over means that everybody waits.
#[derive(Debug, Default)]
pub struct Rounds {
    begun: AtomicU64,
    over: AtomicU64,
}

/// A round that is over when this is dropped.
#[derive(Debug)]
pub struct Round(Arc<Relay>);

impl Drop for Round {
    fn drop(&mut self) {
        self.0.rounds.over.fetch_add(1, Ordering::SeqCst);
    }
}

impl Rounds {
    /// How many there have been, if none is under way.
    pub fn quiet(&self) -> Option<u64> {
        let over = self.over.load(Ordering::SeqCst);
        (self.begun.load(Ordering::SeqCst) == over).then_some(over)
    }
}

impl std::fmt::Debug for Relay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Relay")
    }
}

impl Relay {
    /// With the subscriptions in the store.
    pub fn load(store: &dyn Store, ways: Ways) -> Result<Self, StoreError> {
        let relay = Self {
            receivers: RwLock::default(),
            wanted: RwLock::default(),
            reading: Mutex::default(),
            stale: AtomicBool::new(false),
            ways,
            published: Notify::new(),
            changed: Notify::new(),
            rounds: Rounds::default(),
        };
        relay.reload(store)?;
        Ok(relay)
    }

    /// Reads the subscriptions again.
    pub fn reload(&self, store: &dyn Store) -> Result<(), StoreError> {
        let _one = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        self.stale.store(true, Ordering::SeqCst);
        let mut found = HashMap::new();
        let mut after = None;
        loop {
            let paging = Paging { after, limit: PAGE };
            let page = store.list(Kind::Subscription, &Filter::default(), &paging)?;
            let subscriptions = page.items.iter().filter_map(Subscription::from_record);
            for subscription in subscriptions.filter(|subscription| !subscription.removed) {
                // One that did not change stays the very same: whoever serves it listens there.
                let known = self.get(subscription.id.as_str());
                let same = known.filter(|known| known.subscription == *subscription);
                let receiver = same.unwrap_or_else(|| Arc::new(Receiver::of(subscription)));
                found.insert(subscription.id.to_string(), receiver);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let wanted = Arc::new(Wanted::by(found.values().cloned().collect()));
        *self
            .receivers
            .write()
            .unwrap_or_else(PoisonError::into_inner) = found;
        *self.wanted.write().unwrap_or_else(PoisonError::into_inner) = wanted;
        self.stale.store(false, Ordering::SeqCst);
        self.changed.notify_waiters();
        self.changed.notify_one();
        Ok(())
    }

    /// Whether they are to be read again, because they could not be.
    pub fn is_stale(&self) -> bool {
        self.stale.load(Ordering::SeqCst)
    }

    /// Hears of what was committed.
    pub fn hear(&self, published: bool) {
        // Where nobody listens, how far it is settled is noted now and then.
        if published && self.has_receivers() {
            self.published.notify_one();
        }
    }

    fn has_receivers(&self) -> bool {
        let receivers = self
            .receivers
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        !receivers.is_empty()
    }

    /// All receivers.
    pub fn all(&self) -> Vec<Arc<Receiver>> {
        let receivers = self
            .receivers
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        receivers.values().cloned().collect()
    }

    /// Who wants what.
    pub fn wanted(&self) -> Arc<Wanted> {
        let wanted = self.wanted.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&wanted)
    }

    /// The receiver of that subscription.
    pub fn get(&self, id: &str) -> Option<Arc<Receiver>> {
        let receivers = self
            .receivers
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        receivers.get(id).cloned()
    }

    /// A round of serving a receiver begins.
    pub fn round(self: &Arc<Self>) -> Round {
        self.rounds.begun.fetch_add(1, Ordering::SeqCst);
        Round(Arc::clone(self))
    }

    /// Something may be due again for anybody.
    pub fn wake_all(&self) {
        for receiver in self.all() {
            receiver.wake.notify_one();
        }
    }

    /// The ways out.
    pub const fn ways(&self) -> &Ways {
        &self.ways
    }

    /// Whether there is a way to that receiver at all. Where the bus is away, what is for it waits, and that is no failure of theirs.
    pub fn reaches(&self, receiver: &Receiver) -> bool {
        let bus = self.ways.bus.as_ref().filter(|_| receiver.is_on_the_bus());
        bus.is_none_or(|bus| bus.is_there())
    }

    /// Streams that receivers name.
    pub fn streams(&self) -> Vec<String> {
        let receivers = self.all();
        let addresses = receivers.iter().map(|receiver| &receiver.subscription.url);
        addresses
            .filter_map(|url| Some(BusAddress::read(url)?.stream.to_owned()))
            .collect()
    }
}
