//! A lab's desk in memory: keeps what decisions change, answers what they ask, and remembers how it came to it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::decide::{
    Alert, Context, Decision, Deferred, Publication, Refusal, Verdict, decide,
};
use pontic_core::delivery::{Case, Delivery};
use pontic_core::event::{Body, Event, Origin};
use pontic_core::facts::{Facts, Found, Key};
use pontic_core::invoice::Invoice;
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Kind, Record, Row};
use pontic_core::route::{Route, Stop};
use pontic_core::rules::Rules;
use serde_json::Value;

use crate::invariants;

/// The lab of most tests.
pub const LAB: &str = "L1";
/// When most tests begin: a Monday.
pub const NOW: &str = "2025-01-13T10:00:00Z";
/// Stands in every patient's data; it must not be seen outside of records.
pub const CANARY: &str = "CANARY";

/// Kind, lab and id of a record.
pub type Place = (Kind, String, String);

/// An event as the log keeps it, with all that deciding it again needs.
#[derive(Debug, Clone)]
pub struct Logged {
    pub event: Event,
    pub now: Timestamp,
    pub entry: [u8; 16],
}

/// What an event came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    pub result: Value,
    pub idle: bool,
    pub publications: Vec<Publication>,
    pub alerts: Vec<Alert>,
}

impl Done {
    /// Names of what was published.
    pub fn published(&self) -> Vec<&str> {
        self.publications.iter().map(|one| one.name).collect()
    }

    /// Codes of what the dispatchers were told.
    pub fn alerted(&self) -> Vec<&str> {
        self.alerts
            .iter()
            .filter_map(|alert| alert.body["code"].as_str())
            .collect()
    }
}

/// The desk.
#[derive(Debug, Clone)]
pub struct Bench {
    pub records: BTreeMap<Place, Record>,
    pub now: Timestamp,
    pub rules: Rules,
    pub scope: Option<&'static str>,
    pub driver: Option<&'static str>,
    pub source: Option<&'static str>,
    pub log: Vec<Logged>,
    pub publications: Vec<Publication>,
    pub alerts: Vec<Alert>,
    /// What is left for later and has not happened yet.
    pub deferred: BTreeMap<String, Deferred>,
    /// All that ever was left for later.
    pub deferred_ever: Vec<Deferred>,
    /// Lists records the other way round: stores may.
    pub reversed: bool,
    /// What one batch leaves to the next, and all keys that were ever asked for.
    known: Facts,
    asked: HashSet<Key>,
    entries: u64,
}

impl Bench {
    pub fn new() -> Self {
        Self {
            records: BTreeMap::new(),
            now: at(NOW),
            rules: Rules::default(),
            scope: None,
            driver: None,
            source: None,
            log: Vec::new(),
            publications: Vec::new(),
            alerts: Vec::new(),
            deferred: BTreeMap::new(),
            deferred_ever: Vec::new(),
            reversed: false,
            known: Facts::default(),
            asked: HashSet::new(),
            entries: 0,
        }
    }

    /// Sends what must be accepted.
    pub fn send(&mut self, body: impl Into<Body>) -> Done {
        let body = body.into();
        let name = body.name();
        match self.try_send(body) {
            Ok(done) => done,
            Err(refusal) => panic!("{name} was refused: {refusal:?}"),
        }
    }

    /// Sends what must be refused, and gives the code.
    pub fn refuse(&mut self, body: impl Into<Body>) -> &'static str {
        self.refusal(body).code()
    }

    /// Sends what must be refused; nothing may change by it.
    pub fn refusal(&mut self, body: impl Into<Body>) -> Refusal {
        let before = self.records.clone();
        match self.try_send(body.into()) {
            Ok(done) => panic!("it was accepted: {done:?}"),
            Err(refusal) => {
                assert_eq!(self.records, before);
                refusal
            }
        }
    }

    /// The faults of what must be refused, as `field reason`.
    pub fn faults(&mut self, body: impl Into<Body>) -> Vec<String> {
        match self.refusal(body) {
            Refusal::Invalid(faults) => faults
                .iter()
                .map(|fault| format!("{} {}", fault.field, fault.reason))
                .collect(),
            other => panic!("it was refused as {other:?}"),
        }
    }

    pub fn try_send(&mut self, body: Body) -> Result<Done, Refusal> {
        let logged = self.logged(body);
        self.batch(vec![logged]).remove(0)
    }

    /// The event as it would be logged now.
    pub fn logged(&mut self, body: Body) -> Logged {
        self.entries += 1;
        let mut entry = [0; 16];
        entry[8..].copy_from_slice(&self.entries.to_be_bytes());
        Logged {
            event: Event {
                origin: Origin {
                    scope: self.scope.map(pontic_core::id::LabId::known),
                    driver: self.driver.map(pontic_core::id::DriverId::known),
                    source: self.source.unwrap_or(source_of(&body)).to_owned(),
                    id: None,
                    time: None,
                    actor: "test".to_owned(),
                    redriven: None,
                },
                body,
            },
            now: self.now,
            entry,
        }
    }

    /// Decides events one after another over the same facts, as the writer of a store does, and keeps all at the end.
    pub fn batch(&mut self, events: Vec<Logged>) -> Vec<Result<Done, Refusal>> {
        let mut facts = std::mem::take(&mut self.known);
        let mut decisions = Vec::with_capacity(events.len());
        for logged in events {
            let decided = self.decide(&mut facts, &logged);
            if let Ok(decision) = &decided {
                facts.apply(decision.overlay.clone());
            }
            decisions.push((logged, decided));
        }
        let done = decisions
            .into_iter()
            .map(|(logged, decided)| {
                let decision = decided?;
                let name = logged.event.body.name();
                self.log.push(logged);
                Ok(self.keep(decision, name))
            })
            .collect();
        self.known = facts.committed();
        self.check_known();
        done
    }

    /// What the next batch starts with is what it would load.
    fn check_known(&self) {
        for key in &self.asked {
            match (self.known.get(key), self.look_up(key)) {
                (Some(Found::Ids(known)), Found::Ids(kept)) => {
                    let sorted = |ids: &[String]| BTreeSet::from_iter(ids.to_owned());
                    assert_eq!(sorted(known), sorted(&kept), "{key:?}");
                }
                (Some(known), kept) => assert_eq!(*known, kept, "{key:?}"),
                (None, _) => {}
            }
        }
    }

    fn decide(&mut self, facts: &mut Facts, logged: &Logged) -> Result<Decision, Refusal> {
        let rules = self.rules.clone();
        let context = Context {
            now: logged.now,
            entry: logged.entry,
            rules: &rules,
        };
        for _ in 0..500 {
            match decide(facts, &logged.event, context) {
                Ok(decision) => return Ok(decision),
                Err(Verdict::Refused(refusal)) => return Err(refusal),
                Err(Verdict::Missing(keys)) => {
                    assert!(keys.iter().any(|key| facts.get(key).is_none()), "{keys:?}");
                    self.asked.extend(keys.iter().cloned());
                    facts.add(keys.into_iter().map(|key| {
                        let found = self.look_up(&key);
                        (key, found)
                    }));
                }
            }
        }
        panic!("it never has enough: {:?}", logged.event.body.name())
    }

    fn look_up(&self, key: &Key) -> Found {
        let ids = |wanted: &dyn Fn(&Row) -> bool| {
            let rows = self.records.values().map(Record::columns);
            let ids = rows.filter(|row| wanted(row)).map(|row| row.id);
            Found::Ids(self.in_order(ids.collect()))
        };
        match key {
            Key::Record(kind, lab, id) => {
                let place = (*kind, lab.to_string(), id.clone());
                Found::Record(self.records.get(&place).cloned())
            }
            Key::Identity(kind, digest) => {
                let same =
                    |record: &&Record| record.kind() == *kind && record.identity() == Some(*digest);
                Found::Record(self.records.values().find(same).cloned())
            }
            Key::Parts(kind, lab, parent) => ids(&|row| {
                row.kind == *kind && row.lab_id == *lab && row.parent.as_ref() == Some(parent)
            }),
            Key::OpenDelivery(lab, clinic, date) => ids(&|row| {
                row.kind == Kind::Delivery
                    && is_open_at(row, lab.as_str(), clinic.as_str())
                    && row.date == Some(*date)
            }),
            Key::OpenAt(kind, lab, clinic) => {
                ids(&|row| row.kind == *kind && is_open_at(row, lab.as_str(), clinic.as_str()))
            }
            Key::Labs(kind, id) => {
                let places = self
                    .records
                    .keys()
                    .filter(|(of, _, own)| of == kind && own == id);
                Found::Ids(self.in_order(places.map(|(_, lab, _)| lab.clone()).collect()))
            }
        }
    }

    fn in_order(&self, mut ids: Vec<String>) -> Vec<String> {
        if self.reversed {
            ids.reverse();
        }
        ids
    }

    fn keep(&mut self, decision: Decision, name: &str) -> Done {
        let idle = decision.is_idle();
        for (version, record) in decision.records {
            let place = (
                record.kind(),
                record.lab_id().to_string(),
                record.id().to_owned(),
            );
            let before = self.records.insert(place, record.clone());
            assert_eq!(
                before.as_ref().map(Record::version),
                version,
                "{name}: {record:?}"
            );
            assert_eq!(
                record.version(),
                version.unwrap_or(0) + 1,
                "{name}: {record:?}"
            );
            invariants::check_move(before.as_ref(), &record, name);
        }
        for deferred in decision.deferred {
            self.deferred_ever.push(deferred.clone());
            self.deferred.insert(deferred.key.clone(), deferred);
        }
        let told = format!(
            "{:?}{:?}{}",
            decision.publications, decision.alerts, decision.result
        );
        assert!(!told.contains(CANARY), "{name} tells patient data");
        self.publications.extend(decision.publications.clone());
        self.alerts.extend(decision.alerts.clone());
        invariants::check(self, name);
        Done {
            result: serde_json::from_str(&decision.result).expect("a result is JSON"),
            idle,
            publications: decision.publications,
            alerts: decision.alerts,
        }
    }

    /// Lets time pass; what was left for later happens when it is due.
    pub fn wait_until(&mut self, time: Timestamp) {
        while let Some(next) = self.next_due().filter(|next| next.due <= time) {
            self.now = self.now.max(next.due);
            self.deferred.remove(&next.key);
            // What it speaks of may be gone by then.
            let _ = self.try_send(next.body);
        }
        self.now = self.now.max(time);
    }

    fn next_due(&self) -> Option<Deferred> {
        let due = |deferred: &&Deferred| (deferred.due, deferred.key.clone());
        self.deferred.values().min_by_key(due).cloned()
    }

    /// An empty desk to which the same happens, in batches of those sizes (again from the first when they are used up).
    pub fn replayed(&self, sizes: &[usize], reversed: bool) -> Self {
        let mut other = Self {
            rules: self.rules.clone(),
            reversed,
            ..Self::new()
        };
        let mut sizes = sizes.iter().cycle();
        let mut rest = self.log.as_slice();
        while !rest.is_empty() {
            let size = sizes.next().map_or(1, |size| *size).clamp(1, rest.len());
            let (batch, later) = rest.split_at(size);
            for done in other.batch(batch.to_vec()) {
                done.expect("what was accepted is accepted again");
            }
            rest = later;
        }
        other
    }

    /// Every record of a type.
    pub fn all<E: Entity>(&self) -> Vec<E> {
        self.records
            .values()
            .filter_map(E::from_record)
            .cloned()
            .collect()
    }

    pub fn find<E: Entity>(&self, lab: &str, id: &str) -> Option<E> {
        let place = (E::KIND, lab.to_owned(), id.to_owned());
        self.records.get(&place).and_then(E::from_record).cloned()
    }

    pub fn get<E: Entity>(&self, id: &str) -> E {
        self.find(LAB, id)
            .unwrap_or_else(|| panic!("no {} {id}", E::KIND))
    }

    pub fn case(&self, id: &str) -> Case {
        self.get(id)
    }

    pub fn delivery(&self, id: &str) -> Delivery {
        self.get(id)
    }

    /// The delivery that a case is in.
    pub fn delivery_of(&self, case: &str) -> Delivery {
        let id = self.case(case).delivery_id.expect("it is in a delivery");
        self.delivery(id.as_str())
    }

    pub fn invoice(&self, id: &str) -> Invoice {
        self.get(id)
    }

    pub fn route(&self, id: &str) -> Route {
        self.get(id)
    }

    pub fn stop(&self, id: &str) -> Stop {
        self.get(id)
    }

    /// Stops of a route, in order.
    pub fn stops(&self, route: &str) -> Vec<Stop> {
        let mut stops = self.all::<Stop>();
        stops.retain(|stop| stop.route_id.as_str() == route);
        stops.sort_by_key(|stop| stop.sequence);
        stops
    }

    /// A pickup by its sender's id.
    pub fn pickup(&self, pickup_id: &str) -> Pickup {
        let mut pickups = self.all::<Pickup>();
        pickups.retain(|pickup| pickup.pickup_id == pickup_id);
        assert_eq!(pickups.len(), 1, "{pickup_id}");
        pickups.remove(0)
    }

    /// How often an invoice was billed.
    pub fn billed(&self, invoice: &str) -> usize {
        let billed =
            |one: &&Publication| one.name == "BillingTriggered" && one.record_id == invoice;
        self.publications.iter().filter(billed).count()
    }
}

fn is_open_at(row: &Row, lab: &str, clinic: &str) -> bool {
    row.open && row.lab_id.as_str() == lab && row.clinic_id.as_deref() == Some(clinic)
}

fn source_of(body: &Body) -> &'static str {
    match body {
        Body::CaseReadyToShip(_) | Body::CaseCancelled(_) | Body::CaseOnHold(_) => {
            "cases.production"
        }
        Body::PickupRequested(_) | Body::PickupCancelled(_) => "crm.portal",
        Body::DeliveryCompleted(_) => "logistics.delivery",
        Body::InvoiceIssued(_) => "finance.billing",
        _ => "pontic",
    }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub fn day(text: &str) -> Date {
    text.parse().expect("a date")
}
