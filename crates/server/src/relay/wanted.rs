//! Who wants what: the patterns of all receivers, held against a publication together.

use std::sync::Arc;

use pontic_core::pattern::PatternSet;
use pontic_core::subscription::ALL_LABS;
use pontic_wire::outgoing::Publication;
use serde_json::Value;

use super::Receiver;

/// The receivers, with what they want.
#[derive(Default)]
pub struct Wanted {
    receivers: Vec<Arc<Receiver>>,
    patterns: PatternSet,
}

impl std::fmt::Debug for Wanted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Wanted by {}", self.receivers.len())
    }
}

impl Wanted {
    /// By these.
    pub fn by(receivers: Vec<Arc<Receiver>>) -> Self {
        let patterns = receivers.iter().map(|receiver| receiver.pattern.clone());
        Self {
            patterns: PatternSet::new(patterns),
            receivers,
        }
    }

    /// Those who want that publication, of which `envelope` is the form that patterns see.
    pub fn of(&self, publication: &Publication, envelope: &Value) -> Vec<&Arc<Receiver>> {
        let looked = self.patterns.look(envelope);
        let hears = |receiver: &Receiver| {
            let lab = receiver.subscription.lab_id.as_str();
            lab == ALL_LABS || lab == publication.lab_id
        };
        let wants = |(place, receiver): (usize, &'_ Arc<Receiver>)| {
            hears(receiver) && self.patterns.matches(place, &looked)
        };
        let places = self.receivers.iter().enumerate();
        places
            .filter(|(place, receiver)| wants((*place, receiver)))
            .map(|(_, receiver)| receiver)
            .collect()
    }
}
