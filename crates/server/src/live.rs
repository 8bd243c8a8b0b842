//! What happens, as it happens: to dispatchers' sockets and event streams.
//!
//! A message's number is made of its event's number in the log and its place among the event's messages, so that it rises, and
//! so that whoever was away, or read too slowly, is served from the log: nothing is kept for them in memory and nothing dropped.

mod catch_up;
mod message;
mod observed;
mod snapshot;

use std::sync::Arc;

use axum::extract::ws::Utf8Bytes;
use pontic_core::id::LabId;
use pontic_store::Store;
use pontic_store::batch::{Batch, Committed};
use tokio::sync::broadcast;

use message::{Logged, of_entry};

pub use catch_up::since;
pub use message::Place;
pub use snapshot::{snapshot, with_stops};

/// Messages that a reader may be behind before it is served from the log.
const BACKLOG: usize = 1_024;

/// One message, made once and shared by all who get it.
#[derive(Debug, Clone)]
pub struct Message {
    /// Its number.
    pub seq: u64,
    /// The lab it concerns.
    pub lab_id: LabId,
    /// The route it concerns.
    pub route_id: Option<String>,
    /// The JSON text.
    pub text: Utf8Bytes,
}

/// Where messages are handed around.
#[derive(Debug)]
pub struct Hub {
    messages: broadcast::Sender<Arc<Message>>,
}

impl Default for Hub {
    fn default() -> Self {
        Self {
            messages: broadcast::channel(BACKLOG).0,
        }
    }
}

impl Hub {
    /// Tells everybody what was committed.
    pub fn tell(&self, batch: &Batch, committed: &Committed) {
        if self.messages.receiver_count() == 0 {
            return;
        }
        for (entry, seq) in batch.entries.iter().zip(&committed.seqs) {
            let alerts: Vec<&str> = entry
                .alerts
                .iter()
                .map(|alert| alert.body.as_str())
                .collect();
            self.send(of_entry(&Logged {
                seq: *seq,
                at: entry.now,
                body: Some(&entry.event.body),
                changes: &entry.changes,
                alerts: &alerts,
            }));
        }
    }

    fn send(&self, messages: Vec<Message>) {
        for message in messages {
            // Nobody listening is no fault.
            let _ = self.messages.send(Arc::new(message));
        }
    }

    /// All messages from now on.
    pub fn listen(&self) -> broadcast::Receiver<Arc<Message>> {
        self.messages.subscribe()
    }
}

/// Which messages a reader gets.
#[derive(Debug, Clone, Default)]
pub struct Interest {
    /// Of that lab.
    pub lab_id: Option<LabId>,
    /// Of that route; alerts come all the same.
    pub route_id: Option<String>,
}

impl Interest {
    /// Whether the reader gets it.
    pub fn wants(&self, message: &Message) -> bool {
        let lab = self
            .lab_id
            .as_ref()
            .is_none_or(|lab| *lab == message.lab_id);
        let route = match (&self.route_id, &message.route_id) {
            (Some(wanted), Some(route)) => wanted == route,
            _ => true,
        };
        lab && route
    }
}

/// The newest number that a message can have had by now.
pub fn newest(store: &dyn Store) -> Result<u64, pontic_store::StoreError> {
    Ok(Place::end_of(store.last_seq()?))
}
