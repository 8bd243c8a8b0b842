//! What happens, as it happens: to dispatchers' sockets and event streams.
//!
//! A message's number is made of its event's number in the log and its place among the event's messages, so that it rises, and
//! so that whoever was away, or read too slowly, is served from the log: nothing is kept for them in memory and nothing dropped.
//! Positions are not in the log; they are numbered between the events, and whoever missed some gets the newest of each driver. So is
//! what dispatchers do with alerts; whoever missed some of it is told how the open ones stand.

mod catch_up;
mod dealt_with;
mod message;
mod observed;
mod snapshot;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::ws::Utf8Bytes;
use pontic_core::id::LabId;
use pontic_store::batch::{Batch, Committed};
use pontic_store::page::{Direction, LogRow};
use serde_json::Value;
use tokio::sync::broadcast;

use message::{Logged, of_entry};

pub use catch_up::since;
pub use dealt_with::{alert_closed, alert_dealt_with, alert_snoozed};
pub use message::Place;
pub use snapshot::{alerts, snapshot, with_stops};

/// Messages that a reader may be behind before it is served from the log.
const BACKLOG: usize = 4_096;

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
    /// Where it can be heard again.
    pub kept: Kept,
}

/// Where a message can be heard again by whoever missed it.
#[derive(Debug, Clone)]
pub enum Kept {
    /// In the log.
    Log,
    /// Nowhere: a position, in place of which the newest is told. The same message with all of the route's stops, if somebody asked
    /// for such.
    Position(Option<Utf8Bytes>),
    /// Nowhere: what was done with an alert, in place of which it is told how the open ones stand.
    Alert,
    /// No message at all: what other programs did was not heard for a while, and every reader is to catch up.
    Missed,
}

/// Where messages are handed around.
#[derive(Debug)]
pub struct Hub {
    messages: broadcast::Sender<Arc<Message>>,
    /// The number given last. Whoever sends holds it, so that numbers rise in the order in which they are heard.
    last: Mutex<u64>,
    full_readers: AtomicUsize,
}

/// The texts of a position.
pub struct Texts {
    /// With the stops whose ETA moved.
    pub usual: String,
    /// With all of them.
    pub full: Option<String>,
}

impl Hub {
    /// A hub of a log whose newest event has that number.
    pub fn after(seq: u64) -> Self {
        Self {
            messages: broadcast::channel(BACKLOG).0,
            last: Mutex::new(Place::end_of(seq)),
            full_readers: AtomicUsize::new(0),
        }
    }

    /// Tells everybody what was committed.
    pub fn tell(&self, batch: &Batch, committed: &Committed) {
        // What an entry published follows it, as whoever reads the rows finds it: programs must not number positions apart.
        let ends = batch.entries.iter().zip(&committed.seqs);
        let ends = ends.map(|(entry, seq)| seq + entry.published.len() as u64);
        let Some(newest) = ends.max() else {
            return;
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if self.has_readers() {
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
        *last = Place::end_of(newest).max(*last);
    }

    /// Tells everybody what others committed, as the log has it; rows in their order.
    pub fn tell_rows(&self, rows: &[LogRow]) {
        let Some(newest) = rows.last() else {
            return;
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if self.has_readers() {
            for row in rows.iter().filter(|row| row.direction == Direction::In) {
                self.send(catch_up::messages_of(row));
            }
        }
        *last = Place::end_of(newest.seq).max(*last);
    }

    /// Tells everybody something that is not in the log; `texts` makes it with its number, if somebody listens.
    pub fn tell_position(
        &self,
        lab_id: &LabId,
        route_id: Option<&str>,
        texts: impl FnOnce(u64) -> Texts,
    ) {
        if !self.has_readers() {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Place::next_position(*last);
        let texts = texts(*last);
        self.send(vec![Message {
            seq: *last,
            lab_id: lab_id.clone(),
            route_id: route_id.map(str::to_owned),
            text: texts.usual.into(),
            kept: Kept::Position(texts.full.map(Into::into)),
        }]);
    }

    /// Tells everybody what a dispatcher did with an alert: no event of the business, and not in the log.
    pub fn tell_alert(&self, lab_id: &LabId, mut body: Value) {
        if !self.has_readers() {
            return;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = Place::next_position(*last);
        body["seq"] = (*last).into();
        self.send(vec![Message {
            seq: *last,
            lab_id: lab_id.clone(),
            route_id: None,
            text: body.to_string().into(),
            kept: Kept::Alert,
        }]);
    }

    /// What other programs did was not heard for a while: every reader catches up.
    pub fn tell_missed(&self) {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        self.send(vec![Message {
            seq: *last,
            lab_id: LabId::known(""),
            route_id: None,
            text: Utf8Bytes::default(),
            kept: Kept::Missed,
        }]);
    }

    /// The event up to which everything was told.
    pub fn told(&self) -> u64 {
        Place::event(*self.last.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn send(&self, messages: Vec<Message>) {
        for message in messages {
            // Nobody listening is no fault.
            let _ = self.messages.send(Arc::new(message));
        }
    }

    /// Whether anybody listens.
    pub fn has_readers(&self) -> bool {
        self.readers() > 0
    }

    /// How many listen.
    pub fn readers(&self) -> usize {
        self.messages.receiver_count()
    }

    /// Whether anybody wants all stops with every position.
    pub fn has_full_readers(&self) -> bool {
        self.full_readers.load(Ordering::Relaxed) > 0
    }

    /// All messages from now on, and the number given last: what is heard has greater ones. A reader that has heard `heard`
    /// already (before the program was started anew, perhaps) hears no position with a smaller one.
    pub fn listen(self: &Arc<Self>, full: bool, heard: u64) -> Listener {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if Place::event(heard) == Place::event(*last) {
            *last = heard.max(*last);
        }
        if full {
            self.full_readers.fetch_add(1, Ordering::Relaxed);
        }
        Listener {
            messages: self.messages.subscribe(),
            since: *last,
            full: full.then(|| Arc::clone(self)),
        }
    }

    /// So many numbers for positions, after which `listener` hears everything; gives the first.
    pub fn renew(&self, listener: &mut Listener, count: usize) -> u64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let first = Place::next_position(*last);
        for _ in 0..count {
            *last = Place::next_position(*last);
        }
        listener.messages = self.messages.subscribe();
        listener.since = *last;
        first
    }
}

/// What one reader hears.
#[derive(Debug)]
pub struct Listener {
    /// The messages.
    pub messages: broadcast::Receiver<Arc<Message>>,
    /// The number before the first that is heard.
    pub since: u64,
    full: Option<Arc<Hub>>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(hub) = &self.full {
            hub.full_readers.fetch_sub(1, Ordering::Relaxed);
        }
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
        self.covers(
            &message.lab_id,
            message.route_id.as_deref(),
            matches!(message.kept, Kept::Position(_)),
        )
    }

    /// Whether the reader gets what concerns that lab and route; a position without a route is of no other route's interest.
    pub fn covers(&self, lab_id: &LabId, route_id: Option<&str>, is_position: bool) -> bool {
        let lab = self.lab_id.as_ref().is_none_or(|lab| lab == lab_id);
        let route = match (&self.route_id, route_id) {
            (Some(wanted), Some(route)) => wanted == route,
            (Some(_), None) => !is_position,
            (None, _) => true,
        };
        lab && route
    }
}
