//! A subscription, ready for use.

use pontic_core::event_bridge::EventBusAddress;
use pontic_core::pattern::Pattern;
use pontic_core::subscription::{BusAddress, Subscription};
use pontic_wire::outgoing::put_events;
use pontic_wire::signature::Secret;
use serde_json::Value;
use tokio::sync::Notify;

/// Somebody who is told.
pub struct Receiver {
    /// What was set up.
    pub subscription: Subscription,
    /// What it wants.
    pub pattern: Pattern,
    /// What its messages are signed with, newest first.
    pub secrets: Vec<Secret>,
    /// Headers of its own.
    pub headers: Vec<(String, String)>,
    /// Something is for it.
    pub wake: Notify,
}

impl Receiver {
    /// Of a subscription; what cannot be read of it (an older version wrote it, say) is as if it were absent, but a pattern that
    /// cannot be read wants nothing.
    pub fn of(subscription: &Subscription) -> Self {
        // The secrets are opened for nothing but signing, the headers for nothing but sending.
        let private = subscription.private.reveal();
        let secrets = private.secrets.iter();
        let headers: Value = serde_json::from_str(&private.metadata).unwrap_or_default();
        let headers = headers.as_object().into_iter().flatten();
        Self {
            pattern: subscription
                .pattern
                .as_ref()
                .map_or_else(Pattern::of_everything, read_or_nothing),
            secrets: secrets.filter_map(|text| Secret::new(text).ok()).collect(),
            headers: headers
                .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                .collect(),
            subscription: subscription.clone(),
            wake: Notify::new(),
        }
    }

    /// Whether it is a stream of the bus.
    pub fn is_on_the_bus(&self) -> bool {
        BusAddress::is_meant(&self.subscription.url)
    }

    /// Its id.
    pub fn id(&self) -> &str {
        self.subscription.id.as_str()
    }

    /// Where it is, if it is a bus of EventBridge.
    pub fn event_bus(&self) -> Option<EventBusAddress<'_>> {
        EventBusAddress::read(&self.subscription.url)
    }

    /// How many messages it takes at once.
    pub fn at_once(&self) -> usize {
        match self.event_bus() {
            Some(_) => put_events::MAX_ENTRIES,
            None => 1,
        }
    }

    /// By what its messages go, where ways are counted.
    pub fn way(&self) -> &'static str {
        if self.is_on_the_bus() {
            "nats"
        } else if self.event_bus().is_some() {
            "eventbridge"
        } else {
            "webhook"
        }
    }
}

fn read_or_nothing(json: &Value) -> Pattern {
    Pattern::read(json).unwrap_or_else(|_| Pattern::of_nothing())
}
