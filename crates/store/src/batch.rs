//! What is written together: decisions, and what must not be lost beside them.

use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::event::{Body, Event, Origin};
use pontic_core::id::LabId;
use pontic_core::phi::Phi;
use pontic_core::record::{Change, Kind, Record};
use sha2::{Digest, Sha256};

/// By what a repeated event is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InboxKey(pub [u8; 16]);

impl InboxKey {
    /// Of an event with an id of its sender: the first 16 bytes of SHA-256 over scope, source and id.
    pub fn foreign(scope: Option<&LabId>, source: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [scope.map_or("", LabId::as_str), source, id] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let mut key = [0; 16];
        key.copy_from_slice(&hash.finalize()[..16]);
        Self(key)
    }

    /// Of an event without one: the id that we drew, so that such keys lie in the order of time.
    pub const fn own(entry: [u8; 16]) -> Self {
        Self(entry)
    }

    /// Of an event.
    pub fn of(origin: &Origin, entry: [u8; 16]) -> Self {
        match &origin.id {
            Some(id) => Self::foreign(origin.scope.as_ref(), &origin.source, id),
            None => Self::own(entry),
        }
    }
}

/// What the inbox knows of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Number of the event in the log.
    pub seq: u64,
    /// Digest of its type and content.
    pub digest: [u8; 16],
}

/// A message to other systems: published, that is, in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Published {
    /// Follows from what it tells, so that the receiver recognises it when it comes twice.
    pub id: String,
    /// `logistics.delivery`, …
    pub source: &'static str,
    /// Its type.
    pub name: &'static str,
    /// The lab.
    pub lab_id: LabId,
    /// Everything it says: a JSON object, without patient data.
    pub detail: String,
}

/// Something that people must see.
#[derive(Debug, Clone, PartialEq)]
pub struct Raised {
    /// The lab.
    pub lab_id: LabId,
    /// The whole live message (`RUSH_ALERT`, `ALERT`) less its number: a JSON object, without patient data.
    pub body: String,
}

/// An event for ourselves, due later.
#[derive(Debug, Clone, PartialEq)]
pub struct Later {
    /// One piece of work per key: a later one replaces it.
    pub key: String,
    /// When.
    pub due: Timestamp,
    /// What.
    pub body: Body,
}

/// One accepted event and what it led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Our id of it (`UUIDv7`); further ids of the decision follow from it.
    pub entry: [u8; 16],
    /// The `now` it was decided with.
    pub now: Timestamp,
    /// The event.
    pub event: Arc<Event>,
    /// Digest of its type and content.
    pub digest: [u8; 16],
    /// The lab it concerns.
    pub lab_id: Option<LabId>,
    /// What it changed.
    pub changes: Vec<Change>,
    /// What it publishes; each becomes a log row of its own after the event's.
    pub published: Vec<Published>,
    /// What people must see.
    pub alerts: Vec<Raised>,
    /// What it leaves for later.
    pub later: Vec<Later>,
}

/// A message of an authentic sender that could not be used.
#[derive(Debug, Clone, PartialEq)]
pub struct Quarantined {
    /// Our id of it (`UUIDv7`).
    pub id: String,
    /// When it came.
    pub at: Timestamp,
    /// The lab, as far as known.
    pub lab_id: Option<LabId>,
    /// Endpoint, or source of the event.
    pub source: String,
    /// Type of the event, or `webhook`.
    pub name: String,
    /// The token or endpoint that brought it.
    pub actor: String,
    /// Code and faults: a JSON object, without values.
    pub errors: String,
    /// What it speaks of, as far as it says: the id of a case, pickup, delivery or invoice.
    pub about: Option<String>,
    /// What came. To be sealed.
    pub raw: Phi<Vec<u8>>,
}

/// What is written in one transaction.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// Where the data stood ([`super::Store::stamp`]) before the facts of these decisions were loaded. If others have written about
    /// the same labs since: [`super::StoreError::Conflict`]. Absent: nothing was loaded.
    pub stamp: Option<u64>,
    /// Accepted events, in the order in which they were decided.
    pub entries: Vec<Entry>,
    /// Every record that they changed, as it is at the end, with the version that was loaded (absent: it is new).
    pub records: Vec<(Option<u64>, Record)>,
    /// Refused messages.
    pub quarantined: Vec<Quarantined>,
    /// Claimed work that this batch settles: its number and attempt. If a claim is not ours any more: [`super::StoreError::Conflict`].
    pub settled: Vec<(u64, u32)>,
}

impl Batch {
    /// For each record, in the order of `records`, its steps: the numbers of the entries that changed it, in order, as
    /// [`crate::page::steps`] reads them. `numbers` are those of the entries.
    pub fn steps<N: Copy + Display>(&self, numbers: &[N]) -> Vec<String> {
        let mut steps: HashMap<(Kind, &str, &str), String> = HashMap::new();
        for (entry, number) in self.entries.iter().zip(numbers) {
            for change in &entry.changes {
                let record = (change.kind, change.lab_id.as_str(), change.id.as_str());
                // A text that can be written to does not fail.
                let _ = write!(steps.entry(record).or_default(), "{number} ");
            }
        }
        let of = |(_, record): &(Option<u64>, Record)| {
            let key = (record.kind(), record.lab_id().as_str(), record.id());
            steps.get(&key).cloned().unwrap_or_default()
        };
        self.records.iter().map(of).collect()
    }
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Number of each entry in the log; what it published follows it directly.
    pub seqs: Vec<u64>,
}

/// A signature or photo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its id.
    pub id: String,
    /// The lab.
    pub lab_id: LabId,
    /// `image/jpeg`, …
    pub media_type: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
    /// How many bytes.
    pub size: u64,
    /// When it came.
    pub at: Timestamp,
}
