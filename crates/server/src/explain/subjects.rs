//! What an id means: everything that goes by it.

use pontic_core::delivery::{Case, Delivery};
use pontic_core::id::{LabId, parse_uuid};
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Kind, Record};
use pontic_store::batch::InboxKey;
use pontic_store::outgoing::MessageFilter;
use pontic_store::page::{Direction, Filter, LogRow, Paging, QuarantineFilter, QuarantineRow};
use pontic_store::{Store, StoreError};

use super::Asked;

/// Sources whose events are looked for by their ids alone.
const SOURCES: [&str; 5] = [
    "cases.production",
    "crm.portal",
    "logistics.delivery",
    "finance.billing",
    "pontic.tracker",
];
/// Matches of one kind that are told.
const FEW: usize = 20;
/// Most labs in which an event's id is looked for.
const MOST_LABS: usize = 200;
/// Most stops of a route whose events are told with it.
const MOST_STOPS: usize = 200;

/// Something that an id means.
pub enum Subject {
    /// A record, what concerns it, and refused messages that speak of it.
    Record(Record, Concern, Vec<QuarantineRow>),
    /// An event of the log.
    Event(Box<LogRow>),
    /// A refused message.
    Refused(Box<QuarantineRow>),
}

/// What concerns a record.
pub struct Concern {
    /// Numbers of the events, in order.
    pub steps: Vec<u64>,
    /// Its id, and those of what carries it or of what it is made of.
    pub ids: Vec<String>,
}

/// Everything that goes by the id, within the lab that was asked for.
pub fn of(store: &dyn Store, asked: &Asked) -> Result<Vec<Subject>, StoreError> {
    let mut subjects = Vec::new();
    let refused = about(store, asked)?;
    let records = records(store, asked)?;
    let no_record = records.is_empty();
    for record in records {
        let concern = concern(store, &record)?;
        let of_its_lab = |row: &&QuarantineRow| {
            row.item
                .lab_id
                .as_ref()
                .is_none_or(|lab| lab == record.lab_id())
        };
        let refused = refused.iter().filter(of_its_lab).cloned().collect();
        subjects.push(Subject::Record(record, concern, refused));
    }
    if asked.wants("event") {
        let rows = events(store, asked)?;
        subjects.extend(rows.into_iter().map(|row| Subject::Event(Box::new(row))));
    }
    if asked.wants("refused") {
        let one = store.quarantined(&asked.id)?;
        let one = one.filter(|row| asked.is_of(row.item.lab_id.as_ref()));
        // What was refused is told with what it speaks of, if that is there.
        let others = refused.into_iter().filter(|_| no_record);
        let rows = one.into_iter().chain(others);
        subjects.extend(rows.map(|row| Subject::Refused(Box::new(row))));
    }
    Ok(subjects)
}

impl Asked {
    fn wants(&self, kind: &str) -> bool {
        self.kind.as_deref().is_none_or(|asked| asked == kind)
    }

    fn is_of(&self, lab: Option<&LabId>) -> bool {
        self.lab_id.as_ref().is_none_or(|asked| Some(asked) == lab)
    }
}

fn records(store: &dyn Store, asked: &Asked) -> Result<Vec<Record>, StoreError> {
    let mut found: Vec<Record> = Vec::new();
    for kind in Kind::ALL {
        if *kind != Kind::RuleBook && asked.wants(kind.as_str()) {
            let records = store.get(*kind, asked.lab_id.as_ref(), &asked.id)?;
            found.extend(records.into_iter().take(FEW));
        }
    }
    if asked.wants(Kind::Pickup.as_str()) {
        let by_sender = Filter {
            lab_id: asked.lab_id.clone(),
            pickup_id: Some(asked.id.clone()),
            ..Filter::default()
        };
        let few = Paging {
            after: None,
            limit: FEW,
        };
        let pickups = store.list(Kind::Pickup, &by_sender, &few)?;
        for pickup in pickups.items {
            let known = |record: &Record| {
                record.kind() == Kind::Pickup
                    && record.id() == pickup.id()
                    && record.lab_id() == pickup.lab_id()
            };
            if !found.iter().any(known) {
                found.push(pickup);
            }
        }
    }
    Ok(found)
}

/// The events that changed a record, and those that changed what carries it or what it is made of.
fn concern(store: &dyn Store, record: &Record) -> Result<Concern, StoreError> {
    let lab = record.lab_id();
    let mut steps = Vec::new();
    let mut ids = Vec::new();
    let mut with = |kind: Kind, id: Option<&str>| -> Result<(), StoreError> {
        if let Some(id) = id {
            steps.extend(store.steps(kind, lab, id)?);
            ids.push(id.to_owned());
        }
        Ok(())
    };
    with(record.kind(), Some(record.id()))?;
    if let Some(case) = Case::from_record(record) {
        with(Kind::Delivery, case.delivery_id.as_ref().map(AsRef::as_ref))?;
    } else if let Some(delivery) = Delivery::from_record(record) {
        with(Kind::Stop, delivery.stop_id.as_ref().map(AsRef::as_ref))?;
    } else if let Some(pickup) = Pickup::from_record(record) {
        with(Kind::Stop, pickup.stop_id.as_ref().map(AsRef::as_ref))?;
    } else if record.kind() == Kind::Route {
        let filter = Filter {
            lab_id: Some(lab.clone()),
            parent: Some(record.id().to_owned()),
            ..Filter::default()
        };
        let limit = MOST_STOPS;
        let paging = Paging { after: None, limit };
        for stop in store.list(Kind::Stop, &filter, &paging)?.items {
            with(Kind::Stop, Some(stop.id()))?;
        }
    }
    steps.sort_unstable();
    steps.dedup();
    Ok(Concern { steps, ids })
}

fn about(store: &dyn Store, asked: &Asked) -> Result<Vec<QuarantineRow>, StoreError> {
    // What a sender for all labs sent lies there without a lab.
    let lab_id = asked.lab_id.clone().filter(|_| !asked.sees_all);
    let filter = QuarantineFilter {
        lab_id,
        about: Some(asked.id.clone()),
        ..QuarantineFilter::default()
    };
    let few = Paging {
        after: None,
        limit: FEW,
    };
    let mut rows = store.quarantine(&filter, &few)?.items;
    rows.retain(|row| row.item.lab_id.is_none() || asked.is_of(row.item.lab_id.as_ref()));
    Ok(rows)
}

/// By number, by our id, by the sender's, and by the id under which a receiver got it. The log itself is not searched.
fn events(store: &dyn Store, asked: &Asked) -> Result<Vec<LogRow>, StoreError> {
    let mut seqs: Vec<u64> = asked.id.parse().into_iter().collect();
    let keys = inbox_keys(store, asked)?;
    seqs.extend(
        store
            .seen(&keys)?
            .into_iter()
            .flatten()
            .map(|seen| seen.seq),
    );
    let sent = MessageFilter {
        lab_id: asked.lab_id.clone(),
        event_id: Some(asked.id.clone()),
        ..MessageFilter::default()
    };
    let few = Paging {
        after: None,
        limit: FEW,
    };
    let sent = store.outgoing(&sent, &few)?.items;
    seqs.extend(sent.iter().map(|row| row.message.seq));
    seqs.sort_unstable();
    seqs.dedup();
    let mut rows = Vec::new();
    for seq in seqs {
        let row = store.log_row(seq)?;
        rows.extend(row.filter(|row| asked.is_of(row.lab_id.as_ref())));
    }
    Ok(rows)
}

fn inbox_keys(store: &dyn Store, asked: &Asked) -> Result<Vec<InboxKey>, StoreError> {
    let mut keys: Vec<InboxKey> = parse_uuid(&asked.id)
        .map(InboxKey::own)
        .into_iter()
        .collect();
    let labs = match &asked.lab_id {
        Some(lab) => vec![lab.clone()],
        None => {
            let paging = Paging {
                after: None,
                limit: MOST_LABS,
            };
            let page = store.list(Kind::Lab, &Filter::default(), &paging)?;
            let lab = |record: &Record| record.lab_id().clone();
            page.items.iter().map(lab).collect()
        }
    };
    let sources = SOURCES.into_iter().chain(asked.source.as_deref());
    for source in sources {
        keys.push(InboxKey::foreign(None, source, &asked.id));
        let of_lab = |lab: &LabId| InboxKey::foreign(Some(lab), source, &asked.id);
        keys.extend(labs.iter().map(of_lab));
    }
    Ok(keys)
}

/// Whether a row was published by us.
pub fn is_published(row: &LogRow) -> bool {
    row.direction == Direction::Out
}
