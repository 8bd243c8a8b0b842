//! A driver's day in one answer: all that a phone needs to go on where there is no network. It holds no patient's name and no notes;
//! how to get into a clinic and whom to ask for there is for whoever drives to it.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use pontic_core::answer::{Answer, AnswerKind};
use pontic_core::delivery::{Case, CaseStatus, Delivery, Priority, ProofOfDelivery};
use pontic_core::directory::{Clinic, Driver, Lab, Presence};
use pontic_core::id::{CaseId, LabId};
use pontic_core::pickup::Pickup;
use pontic_core::route::{Route, Stop, Undone};
use pontic_core::state::{DeliveryStatus, PickupStatus, RouteStatus, StopStatus};
use pontic_core::time::{self, Coordinates};
use pontic_store::page::Filter;
use pontic_store::{Store, StoreError};
use serde::Serialize;

use crate::app::App;
use crate::drivers::Ahead;
use crate::reading::{all, clinic_of, one, parts};

/// Why something was not done, in the words that phones offer.
const REASONS: [&str; 7] = [
    "closed",
    "nobody_there",
    "refused",
    "damaged",
    "missing",
    "wrong_clinic",
    "other",
];

/// The day.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Day {
    driver: DriverView,
    lab: LabView,
    routes: Vec<RouteView>,
    reasons: [&'static str; 7],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DriverView {
    driver_id: String,
    lab_id: LabId,
    name: String,
    presence: Presence,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    paused_until: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct LabView {
    name: String,
    time_zone: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Coordinates>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RouteView {
    route_id: String,
    date: Date,
    status: RouteStatus,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    started_at: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    finished_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    left: Vec<Undone>,
    version: u64,
    stops: Vec<StopView>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StopView {
    id: String,
    sequence: u32,
    status: StopStatus,
    version: u64,
    clinic_id: String,
    clinic_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Coordinates>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_note: Option<String>,
    lock_box: bool,
    receivers: Vec<String>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    window_start: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    window_end: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    eta: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    arrived_at: Option<Timestamp>,
    #[serde(with = "time::text::optional", skip_serializing_if = "Option::is_none")]
    closed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    answers: Vec<Answer>,
    requires: Requires,
    deliveries: Vec<DeliveryView>,
    pickups: Vec<PickupView>,
    undone: Vec<Undone>,
    proof: ProofOfDelivery,
}

/// What proof is wanted of what is brought.
#[derive(Debug, Serialize, PartialEq, Eq)]
struct Requires {
    signature: bool,
    photo: bool,
    name: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryView {
    delivery_id: String,
    status: DeliveryStatus,
    priority: Priority,
    requires_signature: bool,
    fragile: bool,
    cases: Vec<CaseView>,
    /// Cases that were not handed over: they are in the van, and on a later delivery.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    handed_on: Vec<CaseId>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CaseView {
    case_id: String,
    status: CaseStatus,
    priority: Priority,
    fragile: bool,
    requires_signature: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PickupView {
    id: String,
    pickup_id: String,
    status: PickupStatus,
    package_count: u32,
    is_rush: bool,
    #[serde(with = "time::text")]
    window_start: Timestamp,
    #[serde(with = "time::text")]
    window_end: Timestamp,
}

/// Reads the driver's day: today's routes, and those of yesterday that are not over.
pub fn day(
    app: &App,
    store: &dyn Store,
    driver: &Driver,
    now: Timestamp,
) -> Result<Day, StoreError> {
    let lab_id = &driver.lab_id;
    let lab = one::<Lab>(store, lab_id, lab_id.as_str())?;
    let lab = lab.unwrap_or_else(|| Lab::stub(lab_id.clone()));
    let default = &app.config.rules.default_time_zone;
    let today = time::date_at(now, &lab.zone(default));
    let ahead = app.drivers.ahead(lab_id, &driver.id);
    let mut routes = Vec::new();
    for (date, over_too) in [
        (today.checked_sub(1.day()).ok(), false),
        (Some(today), true),
    ] {
        let filter = Filter {
            lab_id: Some(lab_id.clone()),
            date,
            parent: Some(driver.id.to_string()),
            ..Filter::default()
        };
        for route in all::<Route>(store, &filter)? {
            let is_shown = match route.status {
                RouteStatus::Planned | RouteStatus::Started => true,
                RouteStatus::Finished => over_too,
                RouteStatus::Cancelled => false,
            };
            if is_shown {
                routes.push(route_view(store, route, ahead.as_ref())?);
            }
        }
    }
    Ok(Day {
        driver: DriverView {
            driver_id: driver.id.to_string(),
            lab_id: lab_id.clone(),
            name: driver.name.clone(),
            presence: driver.presence,
            paused_until: driver.paused_until,
        },
        lab: LabView {
            time_zone: lab.time_zone.as_ref().unwrap_or(default).clone(),
            name: lab.name,
            phone: lab.phone,
            location: lab.location,
        },
        routes,
        reasons: REASONS,
    })
}

fn route_view(
    store: &dyn Store,
    route: Route,
    ahead: Option<&Ahead>,
) -> Result<RouteView, StoreError> {
    let ahead = ahead.filter(|ahead| ahead.route_id.as_ref() == Some(&route.id));
    let mut stops = parts::<Stop>(store, &route.lab_id, route.id.as_str())?;
    stops.sort_by_key(|stop| stop.sequence);
    let stops = stops.into_iter().map(|stop| stop_view(store, stop, ahead));
    Ok(RouteView {
        stops: stops.collect::<Result<_, _>>()?,
        route_id: route.id.to_string(),
        date: route.date,
        status: route.status,
        started_at: route.started_at,
        finished_at: route.finished_at,
        left: route.left,
        version: route.version,
    })
}

fn stop_view(store: &dyn Store, stop: Stop, ahead: Option<&Ahead>) -> Result<StopView, StoreError> {
    let lab = &stop.lab_id;
    let clinic = clinic_of(store, lab, stop.clinic_id.as_str())?;
    let clinic = clinic.unwrap_or_else(|| Clinic::stub(lab.clone(), stop.clinic_id.clone()));
    let mut deliveries = Vec::new();
    for id in &stop.delivery_ids {
        if let Some(delivery) = one::<Delivery>(store, lab, id.as_str())? {
            let cases = parts::<Case>(store, lab, id.as_str())?;
            deliveries.push(delivery_view(delivery, &cases));
        }
    }
    let mut pickups = Vec::new();
    for id in &stop.pickup_ids {
        pickups.extend(one::<Pickup>(store, lab, id.as_str())?.map(pickup_view));
    }
    let stands_in = stop.clinic_name.filter(|_| !clinic.verified);
    // Opened for the driver who stands at the door: how to get in, whom to call, who receives.
    let private = clinic.private.reveal();
    let said = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Ok(StopView {
        sequence: stop.sequence,
        status: stop.status,
        version: stop.version,
        clinic_id: stop.clinic_id.to_string(),
        clinic_name: stands_in.unwrap_or(clinic.name),
        address: clinic.address,
        location: clinic.location.or(stop.location),
        phone: said(&private.contact_phone),
        access_note: said(&private.access_note),
        lock_box: clinic.access.lock_box,
        receivers: private.receivers.clone(),
        window_start: stop.window_start,
        window_end: stop.window_end,
        eta: ahead.and_then(|ahead| ahead.eta(&stop.id)),
        arrived_at: stop.arrived_at,
        closed_at: stop.closed_at,
        reason: stop.reason,
        requires: requires(&deliveries, &stop.answers, clinic.access.lock_box),
        answers: stop.answers,
        deliveries,
        pickups,
        undone: stop.undone,
        proof: stop.proof,
        id: stop.id.to_string(),
    })
}

/// Somebody's name for whatever is brought, and a signature where a case wants one; of what goes into the lock box, because the clinic
/// said so, a photo instead, unless a case wants a signature.
fn requires(deliveries: &[DeliveryView], answers: &[Answer], lock_box: bool) -> Requires {
    let brings = !deliveries.is_empty();
    let signature = deliveries.iter().any(|one| one.requires_signature);
    let asked = answers.iter().any(|one| one.kind == AnswerKind::LockBox);
    let boxed = brings && lock_box && asked && !signature;
    Requires {
        signature,
        photo: boxed,
        name: brings && !boxed,
    }
}

fn delivery_view(delivery: Delivery, cases: &[Case]) -> DeliveryView {
    let case = |case: &Case| CaseView {
        case_id: case.id.to_string(),
        status: case.status,
        priority: case.priority,
        fragile: case.specs.fragile,
        requires_signature: case.specs.requires_signature,
        weight: case.specs.weight.map(pontic_core::delivery::Milligrams::kg),
    };
    DeliveryView {
        delivery_id: delivery.id.to_string(),
        status: delivery.status,
        priority: delivery.priority(),
        requires_signature: delivery.load.signature > 0,
        fragile: delivery.load.fragile > 0,
        cases: cases.iter().map(case).collect(),
        handed_on: delivery.handed_on,
    }
}

fn pickup_view(pickup: Pickup) -> PickupView {
    PickupView {
        id: pickup.id.to_string(),
        pickup_id: pickup.pickup_id,
        status: pickup.status,
        package_count: pickup.package_count,
        is_rush: pickup.is_rush,
        window_start: pickup.window.start,
        window_end: pickup.window.end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(requires_signature: bool) -> DeliveryView {
        DeliveryView {
            delivery_id: "D".to_owned(),
            status: DeliveryStatus::OutForDelivery,
            priority: Priority::Standard,
            requires_signature,
            fragile: false,
            cases: Vec::new(),
            handed_on: Vec::new(),
        }
    }

    #[test]
    fn what_proof_is_wanted() {
        let asked = [Answer {
            kind: AnswerKind::LockBox,
            until: None,
            count: None,
            at: Timestamp::UNIX_EPOCH,
        }];
        let of = |signature, photo, name| Requires {
            signature,
            photo,
            name,
        };
        for (deliveries, answers, lock_box, wanted) in [
            (vec![], &asked[..], true, of(false, false, false)),
            (vec![delivery(false)], &[], true, of(false, false, true)),
            (vec![delivery(false)], &asked, true, of(false, true, false)),
            (vec![delivery(false)], &asked, false, of(false, false, true)),
            (
                vec![delivery(false), delivery(true)],
                &asked,
                true,
                of(true, false, true),
            ),
        ] {
            assert_eq!(requires(&deliveries, answers, lock_box), wanted);
        }
    }
}
