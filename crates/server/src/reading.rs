//! Records read from the store as their types: one by its id, the parts of another, all that pass a filter.

use pontic_core::directory::Clinic;
use pontic_core::id::LabId;
use pontic_core::record::Entity;
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// One record by its id.
pub fn one<E: Entity>(store: &dyn Store, lab: &LabId, id: &str) -> Result<Option<E>, StoreError> {
    let records = store.get(E::KIND, Some(lab), id)?;
    Ok(records.iter().find_map(E::from_record).cloned())
}

/// Clinics merge flat: one step is enough; the bound only guards against rows made by hand.
const MERGES: usize = 4;

/// The clinic of that id, or the one that took its place.
pub fn clinic_of(store: &dyn Store, lab: &LabId, id: &str) -> Result<Option<Clinic>, StoreError> {
    let mut clinic = one::<Clinic>(store, lab, id)?;
    for _ in 0..MERGES {
        let into = clinic.as_ref().and_then(|one| one.merged_into.as_ref());
        let Some(into) = into.map(ToString::to_string) else {
            break;
        };
        match one::<Clinic>(store, lab, &into)? {
            Some(target) => clinic = Some(target),
            None => break,
        }
    }
    Ok(clinic)
}

/// The records that are parts of `parent`, in the order of their creation.
pub fn parts<E: Entity>(
    store: &dyn Store,
    lab: &LabId,
    parent: &str,
) -> Result<Vec<E>, StoreError> {
    let filter = Filter {
        lab_id: Some(lab.clone()),
        parent: Some(parent.to_owned()),
        ..Filter::default()
    };
    all(store, &filter)
}

/// All of a kind that pass the filter.
pub fn all<E: Entity>(store: &dyn Store, filter: &Filter) -> Result<Vec<E>, StoreError> {
    let mut found = Vec::new();
    let mut paging = Paging {
        after: None,
        limit: PAGE,
    };
    loop {
        let page = store.list(E::KIND, filter, &paging)?;
        found.extend(page.items.iter().filter_map(E::from_record).cloned());
        match page.next {
            Some(next) => paging.after = Some(next),
            None => return Ok(found),
        }
    }
}
