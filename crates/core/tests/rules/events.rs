//! Events with as few words as their tests need.

use std::collections::BTreeMap;

use pontic_core::delivery::{Milligrams, Priority, ProofOfDelivery};
use pontic_core::event::*;
use pontic_core::id::*;
use pontic_core::phi::{Phi, Private};
use pontic_core::pickup::Window;
use pontic_core::recurrence::{Frequency, Recurrence};

use crate::harness::{CANARY, LAB, NOW, at, day};

pub fn lab() -> LabId {
    LabId::known(LAB)
}

pub fn ready(case: &str, clinic: &str, date: &str) -> CaseReadyToShip {
    CaseReadyToShip {
        case_id: CaseId::known(case),
        clinic_id: ClinicId::known(clinic),
        lab_id: lab(),
        requested_delivery_date: day(date),
        priority: Priority::Standard,
        package_specs: SpecsGiven::default(),
        private: patient(),
    }
}

pub fn rush(case: &str, clinic: &str, date: &str) -> CaseReadyToShip {
    CaseReadyToShip {
        priority: Priority::Rush,
        ..ready(case, clinic, date)
    }
}

pub fn heavy(case: &str, clinic: &str, date: &str, kg: f64) -> CaseReadyToShip {
    CaseReadyToShip {
        package_specs: SpecsGiven {
            weight: Some(Milligrams::from_kg(kg)),
            fragile: Some(true),
            requires_signature: Some(true),
        },
        ..ready(case, clinic, date)
    }
}

fn patient() -> Phi<Private> {
    Phi::new(Private {
        patient_name: format!("{CANARY} Doe"),
        notes: format!("{CANARY} note"),
        ..Private::default()
    })
}

pub fn cancelled(case: &str) -> CaseCancelled {
    CaseCancelled {
        case_id: CaseId::known(case),
        lab_id: lab(),
    }
}

pub fn on_hold(case: &str) -> CaseOnHold {
    CaseOnHold {
        case_id: CaseId::known(case),
        lab_id: lab(),
    }
}

pub fn window(start: &str, end: &str) -> Window {
    Window {
        start: at(start),
        end: at(end),
    }
}

pub fn pickup(id: &str, clinic: &str, start: &str, end: &str) -> PickupRequested {
    PickupRequested {
        pickup_id: id.to_owned(),
        clinic_id: ClinicId::known(clinic),
        lab_id: lab(),
        window: window(start, end),
        endpoint: None,
        external_id: None,
        time_zone: None,
        requested_by: None,
        request_time: None,
        package_count: 1,
        is_rush: false,
        recurrence: None,
        sent: None,
        private: patient(),
    }
}

pub fn pickup_cancelled(id: &str, clinic: &str) -> PickupCancelled {
    PickupCancelled {
        pickup_id: id.to_owned(),
        clinic_id: ClinicId::known(clinic),
        lab_id: lab(),
    }
}

pub fn every(frequency: Frequency) -> Recurrence {
    Recurrence {
        frequency,
        until: None,
        count: None,
        days_of_week: Vec::new(),
        skip_weekends: false,
        skip_dates: Vec::new(),
    }
}

pub fn moved(id: &PickupId, start: &str, end: &str) -> PickupMoved {
    PickupMoved {
        lab_id: lab(),
        id: id.clone(),
        window: Some(window(start, end)),
        package_count: None,
        is_rush: None,
        following: false,
        expected: None,
    }
}

pub fn ended(id: &PickupId, following: bool) -> PickupEnded {
    PickupEnded {
        lab_id: lab(),
        id: id.clone(),
        following,
    }
}

pub fn case_ids(ids: &[&str]) -> Vec<CaseId> {
    ids.iter().map(|id| CaseId::known(*id)).collect()
}

/// All of a delivery is at its clinic.
pub fn complete(delivery: &DeliveryId) -> DeliveryCompleted {
    DeliveryCompleted {
        delivery_id: delivery.clone(),
        completed_at: at(NOW),
        lab_id: None,
        clinic_id: None,
        case_ids: None,
        driver_id: None,
        coordinates: None,
        proof: ProofOfDelivery {
            signature_id: Some("SIG-1".to_owned()),
            ..ProofOfDelivery::default()
        },
        private: patient(),
    }
}

/// A part of it is.
pub fn complete_part(delivery: &DeliveryId, cases: &[&str]) -> DeliveryCompleted {
    DeliveryCompleted {
        case_ids: Some(case_ids(cases)),
        ..complete(delivery)
    }
}

/// Another system brought cases.
pub fn foreign(id: &str, clinic: &str, cases: &[&str]) -> DeliveryCompleted {
    DeliveryCompleted {
        lab_id: Some(lab()),
        clinic_id: Some(ClinicId::known(clinic)),
        ..complete_part(&DeliveryId::known(id), cases)
    }
}

pub fn invoice(id: &str, clinic: &str, cases: &[&str]) -> InvoiceIssued {
    InvoiceIssued {
        invoice_id: InvoiceId::known(id),
        lab_id: lab(),
        clinic_id: ClinicId::known(clinic),
        case_ids: case_ids(cases),
        amount: Some(120.5),
        currency: Some("USD".to_owned()),
    }
}

pub fn stop_plan(clinic: &str, deliveries: &[&DeliveryId], pickups: &[&PickupId]) -> StopPlan {
    StopPlan {
        id: None,
        clinic_id: ClinicId::known(clinic),
        clinic_name: None,
        location: None,
        delivery_ids: deliveries.iter().copied().cloned().collect(),
        pickup_ids: pickups.iter().copied().cloned().collect(),
        window_start: None,
        window_end: None,
    }
}

pub fn route(id: &str, driver: &str, stops: Vec<StopPlan>) -> RoutePlanned {
    RoutePlanned {
        lab_id: lab(),
        route_id: Some(RouteId::known(id)),
        driver_id: DriverId::known(driver),
        date: day("2025-01-13"),
        stops,
    }
}

/// A change of a route that changes nothing yet.
pub fn change(route: &str) -> RouteChanged {
    RouteChanged {
        lab_id: lab(),
        route_id: RouteId::known(route),
        driver_id: None,
        order: Vec::new(),
        add: Vec::new(),
        remove: Vec::new(),
        cancel: false,
        expected: None,
    }
}

pub fn start(route: &str) -> RouteStarted {
    RouteStarted {
        lab_id: lab(),
        route_id: RouteId::known(route),
        at: None,
    }
}

pub fn finish(route: &str) -> RouteFinished {
    RouteFinished {
        lab_id: lab(),
        route_id: RouteId::known(route),
        at: None,
        left: Vec::new(),
    }
}

pub fn arrive(stop: &StopId) -> StopArrived {
    StopArrived {
        lab_id: lab(),
        stop_id: stop.clone(),
        at: None,
    }
}

/// A stop is done but for what is named, with reasons.
pub fn stop_done(stop: &StopId, undone: &[(&str, &str)]) -> StopCompleted {
    let undone = undone
        .iter()
        .map(|(id, why)| ((*id).to_owned(), (*why).to_owned()));
    StopCompleted {
        lab_id: lab(),
        stop_id: stop.clone(),
        at: None,
        undone: undone.collect::<BTreeMap<_, _>>(),
        redeliver_on: None,
        coordinates: None,
        proof: ProofOfDelivery {
            photo_ids: vec!["PHOTO-1".to_owned()],
            ..ProofOfDelivery::default()
        },
        private: patient(),
    }
}

pub fn stop_failed(stop: &StopId, reason: &str) -> StopFailed {
    StopFailed {
        lab_id: lab(),
        stop_id: stop.clone(),
        reason: reason.to_owned(),
        at: None,
        redeliver_on: None,
    }
}

pub fn stop_skipped(stop: &StopId) -> StopSkipped {
    StopSkipped {
        lab_id: lab(),
        stop_id: stop.clone(),
        reason: None,
        at: None,
    }
}

/// A stop goes to a route, as that number of its open stops.
pub fn stop_moved(stop: &str, route: &str, position: u32) -> StopMoved {
    StopMoved {
        lab_id: lab(),
        stop_id: StopId::known(stop),
        route_id: RouteId::known(route),
        position,
        expected: None,
    }
}

pub fn patched(delivery: &DeliveryId) -> DeliveryPatched {
    DeliveryPatched {
        lab_id: lab(),
        delivery_id: delivery.clone(),
        date: None,
        cancel: false,
        expected: None,
    }
}

pub fn merged(clinic: &str, into: &str) -> ClinicMerged {
    ClinicMerged {
        lab_id: lab(),
        clinic_id: ClinicId::known(clinic),
        into: ClinicId::known(into),
    }
}
