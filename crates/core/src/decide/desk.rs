//! Where a decision is made: the facts at hand, what was changed so far, and the pile of what goes out.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::publish::{Alert, Publication};
use super::{Context, Decision, Deferred, Refusal, Step, Verdict};
use crate::directory::{Clinic, Driver, Lab};
use crate::event::{Event, Origin};
use crate::facts::{Facts, Found, Key, View};
use crate::fault::{Fault, Reason};
use crate::id::{ClinicId, DriverId, Ids, LabId};
use crate::record::{Change, Entity, Kind, Record};
use crate::route::Route;
use crate::rules::Rules;
use crate::state::Machine;
use crate::time;

/// Facts, time and ids of one decision, and what it has come to so far.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The time.
    pub now: Timestamp,
    /// The rules in force.
    pub rules: &'a Rules,
    /// Who says so.
    pub origin: &'a Origin,
    view: View<'a>,
    loaded: &'a Facts,
    ids: Ids,
    changed: Vec<(Kind, LabId, String)>,
    publications: Vec<Publication>,
    alerts: Vec<Alert>,
    deferred: Vec<Deferred>,
    lab_id: Option<LabId>,
}

impl<'a> Desk<'a> {
    /// An empty desk for `event`.
    pub fn new(facts: &'a Facts, event: &'a Event, context: Context<'a>) -> Self {
        Self {
            now: context.now,
            rules: context.rules,
            origin: &event.origin,
            view: View::new(facts),
            loaded: facts,
            ids: super::ids(&context),
            changed: Vec::new(),
            publications: Vec::new(),
            alerts: Vec::new(),
            deferred: Vec::new(),
            lab_id: None,
        }
    }

    /// Makes sure that all of these are there, so that they are loaded in one go.
    pub fn want(&self, keys: &[Key]) -> Step<()> {
        let missing: Vec<Key> = keys
            .iter()
            .filter(|key| self.view.get(key).is_none())
            .cloned()
            .collect();
        if missing.is_empty() {
            Ok(())
        } else {
            Err(Verdict::Missing(missing))
        }
    }

    fn found(&self, key: Key) -> Step<&Found> {
        match self.view.get(&key) {
            Some(found) => Ok(found),
            None => Err(Verdict::Missing(vec![key])),
        }
    }

    /// The record of that type, lab and id.
    pub fn get<E: Entity>(&self, lab: &LabId, id: &str) -> Step<Option<E>> {
        Ok(match self.found(Key::of::<E>(lab, id))? {
            Found::Record(Some(record)) => E::from_record(record).cloned(),
            _ => None,
        })
    }

    /// The same, where it must exist.
    pub fn need<E: Entity>(&self, lab: &LabId, id: &str, code: &'static str) -> Step<E> {
        self.get(lab, id)?
            .ok_or_else(|| Refusal::Unknown(code).into())
    }

    /// The record with that second key.
    pub fn by_identity<E: Entity>(&self, digest: [u8; 16]) -> Step<Option<E>> {
        Ok(match self.found(Key::Identity(E::KIND, digest))? {
            Found::Record(Some(record)) => E::from_record(record).cloned(),
            _ => None,
        })
    }

    /// All records of a type in a list of ids.
    pub fn all<E: Entity>(&self, lab: &LabId, list: Key) -> Step<Vec<E>> {
        let ids = self.ids_of(list)?;
        let keys: Vec<Key> = ids.iter().map(|id| Key::of::<E>(lab, id)).collect();
        self.want(&keys)?;
        let mut records = Vec::with_capacity(ids.len());
        for id in &ids {
            records.extend(self.get::<E>(lab, id)?);
        }
        Ok(records)
    }

    /// The records of a type that are parts of `parent`.
    pub fn parts<E: Entity>(&self, lab: &LabId, parent: &str) -> Step<Vec<E>> {
        self.all(lab, Key::Parts(E::KIND, lab.clone(), parent.to_owned()))
    }

    /// Ids in a list, sorted: in which order a store or an earlier event of the batch listed them must not decide anything.
    pub fn ids_of(&self, list: Key) -> Step<Vec<String>> {
        let mut ids = match self.found(list)? {
            Found::Ids(ids) => ids.clone(),
            Found::Record(_) => Vec::new(),
        };
        ids.sort_unstable();
        Ok(ids)
    }

    /// Puts a record as it is from here on; one that is as it was is left alone. True if something changed.
    ///
    /// All that one decision does to a record is one version. One that is put back as it was loaded is not changed at all.
    pub fn put<E: Entity>(&mut self, mut value: E) -> bool {
        let key = Key::of::<E>(value.lab_id(), value.id());
        if let Some(Found::Record(Some(record))) = self.view.get(&key) {
            *value.version_mut() = record.version();
            if E::from_record(record) == Some(&value) {
                return false;
            }
        }
        let loaded = self.loaded_record(&key);
        *value.version_mut() = loaded.map_or(0, Record::version);
        let back = loaded.and_then(E::from_record) == Some(&value);
        let place = (E::KIND, value.lab_id().clone(), value.id().to_owned());
        if back {
            self.changed.retain(|other| *other != place);
        } else {
            *value.version_mut() += 1;
            if !self.changed.contains(&place) {
                self.changed.push(place);
            }
        }
        self.lab_id.get_or_insert_with(|| value.lab_id().clone());
        self.view.put(value.into_record());
        true
    }

    fn loaded_record(&self, key: &Key) -> Option<&Record> {
        match self.loaded.get(key) {
            Some(Found::Record(Some(record))) => Some(record),
            _ => None,
        }
    }

    /// The version that `If-Match` asked for, if it did, must be the one there is.
    pub fn expect(&self, expected: Option<u64>, version: u64) -> Step<()> {
        if expected.is_some_and(|expected| expected != version) {
            return Err(Refusal::Stale.into());
        }
        Ok(())
    }

    /// The state after `step`, or a conflict.
    pub fn step<S: Machine>(&self, state: S, step: S::Step, code: &'static str) -> Step<S> {
        state
            .after(step)
            .ok_or_else(|| Refusal::Conflict(code).into())
    }

    /// The next id.
    pub fn draw(&mut self) -> String {
        self.ids.draw()
    }

    /// The lab of an event; made as a stub if nobody knows it.
    pub fn lab(&mut self, id: &LabId) -> Step<Lab> {
        self.check_scope(id)?;
        self.lab_id = Some(id.clone());
        if let Some(lab) = self.get::<Lab>(id, id.as_str())? {
            return Ok(lab);
        }
        let lab = Lab::stub(id.clone());
        self.put(lab.clone());
        self.alert(Alert::stub(Kind::Lab, id, id.as_str()));
        Ok(lab)
    }

    /// A sender that is bound to a lab speaks for no other.
    pub fn check_scope(&self, lab: &LabId) -> Step<()> {
        match &self.origin.scope {
            Some(scope) if scope != lab => {
                Err(Refusal::Forbidden(Fault::new("detail.labId", Reason::Forbidden)).into())
            }
            _ => Ok(()),
        }
    }

    /// A driver acts on their own routes: others do not exist for them.
    pub fn check_driver(&self, route: &Route, code: &'static str) -> Step<()> {
        match &self.origin.driver {
            Some(driver) if *driver != route.driver_id => Err(Refusal::Unknown(code).into()),
            _ => Ok(()),
        }
    }

    /// The clinic of an event, or the one that took its place; made as a stub if nobody knows it.
    pub fn clinic(&mut self, lab: &LabId, id: &ClinicId) -> Step<Clinic> {
        let mut clinic = match self.get::<Clinic>(lab, id.as_str())? {
            Some(clinic) => clinic,
            None => {
                let clinic = Clinic::stub(lab.clone(), id.clone());
                self.put(clinic.clone());
                self.alert(Alert::stub(Kind::Clinic, lab, id.as_str()));
                clinic
            }
        };
        // Merging flattens chains, so one step is enough; the bound only guards against rows made by hand.
        for _ in 0..4 {
            let Some(into) = clinic.merged_into.clone() else {
                break;
            };
            match self.get::<Clinic>(lab, into.as_str())? {
                Some(target) => clinic = target,
                None => break,
            }
        }
        Ok(clinic)
    }

    /// Whether both ids mean one clinic, because one took the other's place.
    pub fn is_same_clinic(&self, lab: &LabId, a: &ClinicId, b: &ClinicId) -> Step<bool> {
        let now = |id: &ClinicId| {
            let clinic = self.get::<Clinic>(lab, id.as_str())?;
            let into = clinic.and_then(|clinic| clinic.merged_into);
            Ok::<_, Verdict>(into.unwrap_or_else(|| id.clone()))
        };
        Ok(a == b || now(a)? == now(b)?)
    }

    /// The driver, made as a stub if nobody knows them.
    pub fn driver(&mut self, lab: &LabId, id: &DriverId) -> Step<Driver> {
        if let Some(driver) = self.get::<Driver>(lab, id.as_str())? {
            return Ok(driver);
        }
        let driver = Driver::stub(lab.clone(), id.clone());
        self.put(driver.clone());
        self.alert(Alert::stub(Kind::Driver, lab, id.as_str()));
        Ok(driver)
    }

    /// The lab's zone.
    pub fn lab_zone(&self, lab: &Lab) -> TimeZone {
        lab.zone(&self.rules.default_time_zone)
    }

    /// Name of the zone of a clinic's wall clock: its own, the endpoint's, the lab's, the default.
    pub fn clinic_zone_name(&self, lab: &Lab, clinic: &Clinic, endpoint: Option<&str>) -> String {
        let own = clinic
            .time_zone
            .as_deref()
            .or(endpoint)
            .or(lab.time_zone.as_deref());
        own.unwrap_or(&self.rules.default_time_zone).to_owned()
    }

    /// Today in the lab.
    pub fn today(&self, lab: &Lab) -> Date {
        time::date_at(self.now, &self.lab_zone(lab))
    }

    /// Tells other systems.
    pub fn publish(&mut self, publication: Publication) {
        // A record that changes twice in one decision is told once, as it is at the end; one that is new stays new.
        let new = self
            .publications
            .iter()
            .any(|earlier| publication.announces_again(earlier));
        self.publications
            .retain(|earlier| !publication.supersedes(earlier));
        let name = if new {
            "DeliveryScheduled"
        } else {
            publication.name
        };
        let publication = Publication {
            name,
            ..publication
        };
        self.publications.push(publication);
    }

    /// Tells the dispatchers.
    pub fn alert(&mut self, alert: Alert) {
        self.alerts.push(alert);
    }

    /// Leaves something for later.
    pub fn defer(&mut self, deferred: Deferred) {
        self.deferred.retain(|earlier| earlier.key != deferred.key);
        self.deferred.push(deferred);
    }

    /// Whether anything was changed so far.
    pub fn is_idle(&self) -> bool {
        self.changed.is_empty()
    }

    /// Closes the desk.
    pub fn decision(self, result: String) -> Decision {
        let mut records = Vec::with_capacity(self.changed.len());
        let mut changes = Vec::with_capacity(self.changed.len());
        for (kind, lab, id) in &self.changed {
            let key = Key::Record(*kind, lab.clone(), id.clone());
            let Some(Found::Record(Some(after))) = self.view.get(&key) else {
                continue;
            };
            let before = self.loaded_record(&key);
            changes.push(Change::between(before, after));
            records.push((before.map(Record::version), after.clone()));
        }
        Decision {
            records,
            changes,
            publications: self.publications,
            alerts: self.alerts,
            deferred: self.deferred,
            result,
            lab_id: self.lab_id,
            overlay: self.view.into_overlay(),
        }
    }
}
