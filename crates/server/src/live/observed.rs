//! What the tracker observed, in the contract's words.

use pontic_core::event::{ArrivalNoticed, Body, Sighting, SightingCorrected, StopSighted};
use pontic_core::id::{LabId, RouteId};
use pontic_core::time;
use serde_json::{Value, json};

/// A message about a stop of a route.
pub struct Observed<'a> {
    /// The lab.
    pub lab_id: &'a LabId,
    /// The route.
    pub route_id: &'a RouteId,
    /// All of the message but its number.
    pub body: Value,
}

/// The message that an event is by itself, if it is one.
pub fn of_body(body: &Body) -> Option<Observed<'_>> {
    match body {
        Body::StopSighted(detail) => Some(sighted(detail)),
        Body::SightingCorrected(detail) => Some(corrected(detail)),
        Body::ArrivalNoticed(detail) => Some(noticed(detail)),
        _ => None,
    }
}

/// An event of the log, if it is of those that are messages.
pub fn read(name: &str, detail: &str) -> Option<Body> {
    let observed = ["StopSighted", "SightingCorrected", "ArrivalNoticed"].contains(&name);
    if !observed {
        return None;
    }
    Body::from_parts(name, detail, None).ok().flatten()
}

/// The contract's word for a sighting.
const fn word(what: Sighting) -> &'static str {
    match what {
        Sighting::Entered => "GEOFENCE_ENTER",
        Sighting::Exited => "GEOFENCE_EXIT",
        Sighting::Crossed => "GEOFENCE_CROSSED",
        Sighting::Arrived => "STOP_ARRIVED",
        Sighting::Departed => "STOP_DEPARTED",
    }
}

fn sighted(detail: &StopSighted) -> Observed<'_> {
    Observed {
        lab_id: &detail.lab_id,
        route_id: &detail.route_id,
        body: json!({
            "type": word(detail.what),
            "labId": detail.lab_id,
            "routeId": detail.route_id,
            "stopId": detail.stop_id,
            "driverId": detail.driver_id,
            "at": time::format(detail.at),
        }),
    }
}

fn corrected(detail: &SightingCorrected) -> Observed<'_> {
    Observed {
        lab_id: &detail.lab_id,
        route_id: &detail.route_id,
        body: json!({
            "type": "GEOFENCE_CORRECTED",
            "labId": detail.lab_id,
            "routeId": detail.route_id,
            "stopId": detail.stop_id,
            "driverId": detail.driver_id,
            "was": word(detail.was),
            "wasAt": time::format(detail.was_at),
            "now": detail.now.map(word),
            "at": time::format(detail.at),
        }),
    }
}

fn noticed(detail: &ArrivalNoticed) -> Observed<'_> {
    Observed {
        lab_id: &detail.lab_id,
        route_id: &detail.route_id,
        body: json!({
            "type": "ARRIVAL_NOTIFICATION",
            "labId": detail.lab_id,
            "routeId": detail.route_id,
            "stopId": detail.stop_id,
            "clinicId": detail.clinic_id,
            "clinicName": detail.clinic_name,
            "driverId": detail.driver_id,
            "minutesAway": detail.minutes_away,
            "eta": time::format(detail.eta),
        }),
    }
}
