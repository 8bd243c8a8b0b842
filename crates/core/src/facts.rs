//! What a decision may look at: the rows that were loaded for it, and what it changed on top of them.

use foldhash::{HashMap, HashSet};

use jiff::civil::Date;

use crate::id::{ClinicId, LabId};
use crate::record::{Entity, Kind, Record, Row};

/// One thing to look up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// The record of that kind, lab and id.
    Record(Kind, LabId, String),
    /// The one record of that kind with that second key.
    Identity(Kind, [u8; 16]),
    /// Ids of the records of that kind and lab that are parts of `parent`.
    Parts(Kind, LabId, String),
    /// The open delivery of that clinic and day.
    OpenDelivery(LabId, ClinicId, Date),
    /// Ids of all open records of that kind at that clinic.
    OpenAt(Kind, LabId, ClinicId),
    /// Labs that have a record of that kind and id.
    Labs(Kind, String),
}

impl Key {
    /// The key of a record by its type.
    pub fn of<E: Entity>(lab: &LabId, id: &str) -> Self {
        Self::Record(E::KIND, lab.clone(), id.to_owned())
    }
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A record, or that there is none.
    Record(Option<Record>),
    /// Ids (for [`Key::Labs`]: ids of labs), in any order: decisions put them into one of their own.
    Ids(Vec<String>),
}

/// Answers that are kept from one batch to the next, at most: some megabytes.
const MAX_KEPT: usize = 8_192;

/// Look-ups with their answers. Absent keys are unknown, which is not the same as found to be nothing.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    found: HashMap<Key, Found>,
    /// Answers of earlier batches that later ones will ask for again; those of this batch stand before them.
    kept: HashMap<Key, Found>,
    /// Records that decisions changed and that no store has yet: what is loaded later does not know of them.
    changed: HashSet<Key>,
}

impl Facts {
    /// Adds what was loaded. What is there already is newer and stays.
    pub fn add(&mut self, loaded: impl IntoIterator<Item = (Key, Found)>) {
        for (key, found) in loaded {
            if let Found::Record(Some(record)) = &found
                && !matches!(key, Key::Record(..))
            {
                let own = Key::Record(
                    record.kind(),
                    record.lab_id().clone(),
                    record.id().to_owned(),
                );
                if self.get(&own).is_none() {
                    self.found.insert(own, found.clone());
                }
            }
            if self.get(&key).is_none() {
                let found = self.with_changes(&key, found);
                self.found.insert(key, found);
            }
        }
    }

    /// What a store answered, corrected by what it does not know yet.
    fn with_changes(&self, key: &Key, found: Found) -> Found {
        // Told by its key first: a long batch has many changed records, of which few concern one list.
        let changed = self
            .changed
            .iter()
            .filter(|changed| may_concern(key, changed))
            .filter_map(|changed| match self.get(changed) {
                Some(Found::Record(Some(record))) => Some(record),
                _ => None,
            });
        match found {
            Found::Ids(mut ids) => {
                for record in changed {
                    correct(&mut ids, key, &record.columns());
                }
                Found::Ids(ids)
            }
            // A changed record lies under its keys already.
            found @ Found::Record(_) => found,
        }
    }

    /// The answer to `key`, if it was looked up.
    pub fn get(&self, key: &Key) -> Option<&Found> {
        self.found.get(key).or_else(|| self.kept.get(key))
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.found.len() + self.kept.len()
    }

    /// Whether nothing was looked up.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the next batch starts with, now that everything here is in the store: who there is, and the open deliveries.
    /// True as long as nobody else writes to the store; every case and pickup comes but a few times and is not kept.
    #[must_use]
    pub fn committed(mut self) -> Self {
        let lasting = self.found.into_iter().filter(|(key, _)| is_lasting(key));
        self.kept.extend(lasting);
        // Begun anew, rather than ordered by use: it fills in a few batches.
        if self.kept.len() > MAX_KEPT {
            self.kept = HashMap::default();
        }
        Self {
            kept: self.kept,
            ..Self::default()
        }
    }

    /// Takes over what a decision changed.
    pub fn apply(&mut self, overlay: Overlay) {
        let records = overlay
            .found
            .found
            .keys()
            .filter(|key| matches!(key, Key::Record(..)));
        self.changed.extend(records.cloned());
        self.found.extend(overlay.found.found);
    }
}

/// Facts as a decision sees them: its own changes in front of what was loaded.
#[derive(Debug)]
pub struct View<'a> {
    loaded: &'a Facts,
    overlay: Overlay,
}

/// What a decision changed, as answers to the keys that it changed.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    found: Facts,
}

impl<'a> View<'a> {
    /// Nothing changed yet.
    pub fn new(loaded: &'a Facts) -> Self {
        Self {
            loaded,
            overlay: Overlay::default(),
        }
    }

    /// The answer to `key`; `None` if it must be loaded first.
    pub fn get(&self, key: &Key) -> Option<&Found> {
        self.overlay.found.get(key).or_else(|| self.loaded.get(key))
    }

    /// Ends the view.
    pub fn into_overlay(self) -> Overlay {
        self.overlay
    }

    /// Puts a record in its place, and into the lists that hold it from now on.
    pub fn put(&mut self, record: Record) {
        let key = Key::Record(
            record.kind(),
            record.lab_id().clone(),
            record.id().to_owned(),
        );
        let before = match self.get(&key) {
            Some(Found::Record(Some(old))) => Some(old.columns()),
            _ => None,
        };
        let after = record.columns();
        let now_in = lists(&after);
        let was_in = before.as_ref().map(lists).unwrap_or_default();
        for left in was_in.into_iter().filter(|list| !now_in.contains(list)) {
            self.change_list(left, |ids, left| ids.retain(|id| id != left), &after);
        }
        for list in now_in {
            let join = |ids: &mut Vec<String>, member: &str| {
                if !ids.iter().any(|id| id == member) {
                    ids.push(member.to_owned());
                }
            };
            self.change_list(list, join, &after);
        }
        if let Some(identity) = record.identity() {
            self.overlay.found.found.insert(
                Key::Identity(after.kind, identity),
                Found::Record(Some(record.clone())),
            );
        }
        self.overlay
            .found
            .found
            .insert(key, Found::Record(Some(record)));
    }

    /// Changes a list by the member that a record is in it; one that nobody loaded is left to the store.
    fn change_list(&mut self, list: Key, change: impl Fn(&mut Vec<String>, &str), row: &Row) {
        let Some(Found::Ids(ids)) = self.get(&list) else {
            return;
        };
        let mut ids = ids.clone();
        change(&mut ids, member(&list, row));
        self.overlay.found.found.insert(list, Found::Ids(ids));
    }
}

/// What stands in a list for the record with these columns.
fn member<'r>(list: &Key, row: &'r Row) -> &'r str {
    if matches!(list, Key::Labs(..)) {
        row.lab_id.as_str()
    } else {
        &row.id
    }
}

/// Puts the record with these columns into the list, or takes it out.
fn correct(ids: &mut Vec<String>, list: &Key, row: &Row) {
    let member = member(list, row);
    let belongs = lists(row).contains(list);
    match (belongs, ids.iter().position(|id| id == member)) {
        (true, None) => ids.push(member.to_owned()),
        (false, Some(index)) => drop(ids.remove(index)),
        _ => {}
    }
}

/// Whether later batches will ask for it again.
fn is_lasting(key: &Key) -> bool {
    match key {
        Key::Record(kind, ..) => matches!(
            kind,
            Kind::Lab | Kind::Clinic | Kind::Driver | Kind::Delivery
        ),
        Key::OpenDelivery(..) => true,
        Key::Identity(..) | Key::Parts(..) | Key::OpenAt(..) | Key::Labs(..) => false,
    }
}

/// Whether the record under `changed` may be an answer to `key`, or a part of it.
fn may_concern(key: &Key, changed: &Key) -> bool {
    let Key::Record(kind, lab, id) = changed else {
        return false;
    };
    match key {
        Key::Parts(of, at, _) | Key::OpenAt(of, at, _) => of == kind && at == lab,
        Key::OpenDelivery(at, ..) => *kind == Kind::Delivery && at == lab,
        Key::Labs(of, of_id) => of == kind && of_id == id,
        Key::Record(..) | Key::Identity(..) => false,
    }
}

/// The lists that a record with these columns is in.
fn lists(row: &Row) -> Vec<Key> {
    let mut keys = vec![Key::Labs(row.kind, row.id.clone())];
    if let Some(parent) = &row.parent {
        keys.push(Key::Parts(row.kind, row.lab_id.clone(), parent.clone()));
    }
    if let (true, Some(clinic)) = (row.open, &row.clinic_id) {
        let clinic = ClinicId::known(clinic.as_str());
        if let (Kind::Delivery, Some(date)) = (row.kind, row.date) {
            keys.push(Key::OpenDelivery(row.lab_id.clone(), clinic.clone(), date));
        }
        keys.push(Key::OpenAt(row.kind, row.lab_id.clone(), clinic));
    }
    keys
}
