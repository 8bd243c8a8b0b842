//! What a decision becomes in the store: an entry of the log, and the records of a batch. Shared with whoever decides the log again.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use pontic_core::decide::Decision;
use pontic_core::event::Event;
use pontic_core::facts::Overlay;
use pontic_core::id::LabId;
use pontic_core::record::{Kind, Record};
use pontic_core::view;
use pontic_store::Store;
use pontic_store::batch::{Entry, Later, Published, Raised};

/// Under which id, when and by which digest an event is accepted.
#[derive(Debug, Clone, Copy)]
pub struct Stamp {
    /// The id of its log entry.
    pub entry: [u8; 16],
    /// The `now` of its decision.
    pub now: Timestamp,
    /// Digest of its type and content; zero for one without an id of its sender.
    pub digest: [u8; 16],
}

/// The changed records of a batch, each with the version that the store has.
#[derive(Debug, Default)]
pub struct Records {
    order: Vec<(Option<u64>, Record)>,
    places: HashMap<(Kind, LabId, String), usize>,
}

impl Records {
    /// Puts a changed record in its place; `before` is the version that it had before this change.
    pub fn put(&mut self, before: Option<u64>, record: Record) {
        let key = (
            record.kind(),
            record.lab_id().clone(),
            record.id().to_owned(),
        );
        match self.places.get(&key) {
            Some(place) => self.order[*place].1 = record,
            None => {
                self.places.insert(key, self.order.len());
                self.order.push((before, record));
            }
        }
    }

    /// All of them, in the order in which they were first changed, as a batch takes them.
    pub fn into_order(self) -> Vec<(Option<u64>, Record)> {
        self.order
    }
}

/// The log entry of an accepted event. Its records go to `records`, and what it leaves to know is given beside it.
pub fn entry(
    event: &Arc<Event>,
    stamp: Stamp,
    decision: Decision,
    records: &mut Records,
) -> (Entry, Overlay) {
    let version_of = |kind: Kind, id: &str| {
        let record = decision
            .records
            .iter()
            .find(|(_, record)| record.kind() == kind && record.id() == id);
        record.map_or(0, |(_, record)| record.version())
    };
    let published = decision.publications.iter().map(|publication| Published {
        id: publication.id(version_of(publication.kind, &publication.record_id)),
        source: publication.source,
        name: publication.name,
        lab_id: publication.lab_id.clone(),
        detail: publication.detail.clone(),
    });
    let published = published.collect();
    let alerts = decision.alerts.into_iter().map(|alert| Raised {
        lab_id: alert.lab_id,
        body: alert_body(alert.name, alert.body),
    });
    let later = decision.deferred.into_iter().map(|later| Later {
        key: later.key,
        due: later.due,
        body: later.body,
    });
    let entry = Entry {
        entry: stamp.entry,
        now: stamp.now,
        event: Arc::clone(event),
        digest: stamp.digest,
        lab_id: decision.lab_id,
        changes: decision.changes,
        published,
        alerts: alerts.collect(),
        later: later.collect(),
    };
    for (before, record) in decision.records {
        records.put(before, record);
    }
    (entry, decision.overlay)
}

/// A digest of type and content, the sender's id and time aside; zero for an event without an id, which no digest recognises.
pub fn digest(store: &dyn Store, event: &Event) -> [u8; 16] {
    if event.origin.id.is_none() {
        return [0; 16];
    }
    let private = event
        .body
        .private()
        .map(|private| view::json(private.reveal()));
    let content = [
        event.body.name(),
        &event.body.detail(),
        private.as_deref().unwrap_or_default(),
    ]
    .join("\0");
    store.digest(content.as_bytes())
}

fn alert_body(name: &str, mut body: serde_json::Value) -> String {
    body["type"] = name.into();
    body.to_string()
}
