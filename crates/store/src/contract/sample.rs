//! Records and events that stories are about.

use jiff::Timestamp;
use jiff::civil::{Date, date};
use pontic_core::delivery::{Case, Delivery};
use pontic_core::event::{Body, CaseCancelled, Event, Origin};
use pontic_core::id::{CaseId, ClinicId, DeliveryId, LabId, PickupId};
use pontic_core::phi::{Phi, Private};
use pontic_core::pickup::{Pickup, Window};
use pontic_core::record::{Entity, Record};
use pontic_core::state::PickupStatus;

use crate::Store;
use crate::batch::{Batch, Entry};
use crate::page::Paging;

/// The day of all stories.
pub const DAY: Date = date(2025, 1, 16);

/// So many seconds after the stories begin.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::new(1_737_000_000 + seconds, 0).expect("in range")
}

pub fn lab(id: &str) -> LabId {
    LabId::known(id)
}

/// The whole list at once.
pub fn whole() -> Paging {
    Paging {
        after: None,
        limit: 100,
    }
}

/// A case of `LAB1` in its first version, with a patient.
pub fn case(id: &str) -> Case {
    let mut case = Case::new(lab("LAB1"), CaseId::known(id));
    case.version = 1;
    case.private = patient("Jane Doe");
    case
}

/// An open delivery of `LAB1`.
pub fn delivery(id: &str, clinic: &str) -> Delivery {
    let mut delivery = Delivery::new(
        lab("LAB1"),
        DeliveryId::known(id),
        ClinicId::known(clinic),
        DAY,
    );
    delivery.version = 1;
    delivery
}

/// A pickup of `LAB1` at clinic `C1`, with an id of its sender.
pub fn pickup(id: &str, pickup_id: &str) -> Pickup {
    Pickup {
        id: PickupId::known(id),
        lab_id: lab("LAB1"),
        clinic_id: ClinicId::known("C1"),
        sent_clinic_id: ClinicId::known("C1"),
        sender: "portal".into(),
        pickup_id: pickup_id.into(),
        status: PickupStatus::Requested,
        window: Window {
            start: at(0),
            end: at(3_600),
        },
        date: DAY,
        is_rush: false,
        rush_alerted: false,
        package_count: 1,
        confirmation_num: "PN-0000000000".into(),
        requested_by: None,
        request_time: None,
        series_id: None,
        slot: None,
        detached: false,
        route_id: None,
        stop_id: None,
        driver_id: None,
        picked_up_at: None,
        reason: None,
        version: 1,
        private: Phi::default(),
    }
}

pub fn patient(name: &str) -> Phi<Private> {
    Phi::new(Private {
        patient_name: name.into(),
        ..Private::default()
    })
}

/// An accepted event number `n` of `LAB1`; with an id of its sender if one is given.
pub fn entry(n: u8, id: Option<&str>) -> Entry {
    let body: Body = CaseCancelled {
        case_id: CaseId::known(format!("E{n}")),
        lab_id: lab("LAB1"),
    }
    .into();
    let origin = Origin {
        scope: Some(lab("LAB1")),
        driver: None,
        source: "cases.production".into(),
        id: id.map(str::to_owned),
        time: None,
        actor: "token 1".into(),
        redriven: None,
    };
    Entry {
        entry: [n; 16],
        now: at(i64::from(n)),
        event: std::sync::Arc::new(Event { origin, body }),
        digest: [n; 16],
        lab_id: Some(lab("LAB1")),
        changes: Vec::new(),
        published: Vec::new(),
        alerts: Vec::new(),
        later: Vec::new(),
    }
}

pub fn of_entries(entries: impl IntoIterator<Item = Entry>) -> Batch {
    Batch {
        entries: entries.into_iter().collect(),
        ..Batch::default()
    }
}

pub fn of_records(records: impl IntoIterator<Item = (Option<u64>, Record)>) -> Batch {
    Batch {
        records: records.into_iter().collect(),
        ..Batch::default()
    }
}

/// A new record.
pub fn new(record: impl Entity) -> (Option<u64>, Record) {
    (None, record.into_record())
}

/// Event number `n` and the case that it makes.
pub fn new_case_batch(n: u8) -> Batch {
    Batch {
        records: vec![new(case(&format!("E{n}")))],
        ..of_entries([entry(n, None)])
    }
}

/// Commits what must succeed.
pub fn commit(store: &dyn Store, batch: &Batch) -> Vec<u64> {
    store.commit(batch).expect("committed").seqs
}
