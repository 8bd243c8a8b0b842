//! The visit that a link leads to, while it may be looked at: from the route's start until half an hour after the stop is closed.

use jiff::{SignedDuration, Timestamp};
use pontic_core::delivery::{Case, Delivery};
use pontic_core::directory::{Clinic, Driver, Lab};
use pontic_core::pickup::Pickup;
use pontic_core::route::{Route, Stop};
use pontic_core::state::{RouteStatus, StopStatus};
use pontic_store::{Store, StoreError};

use super::link;
use crate::reading::{clinic_of, one, parts};

/// So long after it is over a visit can be looked at.
const AFTERWARDS: SignedDuration = SignedDuration::from_mins(30);
/// So often one visit is followed into another.
const JOINS: usize = 16;

/// All that a visit's page is made of.
#[derive(Debug)]
pub struct Visit {
    /// The stop.
    pub stop: Stop,
    /// Its route.
    pub route: Route,
    /// All stops of the route, in their order.
    pub stops: Vec<Stop>,
    /// The lab.
    pub lab: Lab,
    /// The clinic, or the one that took its place.
    pub clinic: Clinic,
    /// Who comes.
    pub driver: Driver,
    /// What is brought, with its cases.
    pub deliveries: Vec<(Delivery, Vec<Case>)>,
    /// What is fetched.
    pub pickups: Vec<Pickup>,
}

/// Why a link leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closed {
    /// We made no such link.
    Unknown,
    /// Its route has not started.
    Early,
    /// The visit has been over for a while.
    Over,
}

/// The visit of a link at `now`.
pub fn visit(
    store: &dyn Store,
    text: &str,
    now: Timestamp,
) -> Result<Result<Visit, Closed>, StoreError> {
    let Some(stop) = link::find(store, text)? else {
        return Ok(Err(Closed::Unknown));
    };
    let stop = followed(store, stop)?;
    let lab_id = stop.lab_id.clone();
    let Some(route) = one::<Route>(store, &lab_id, stop.route_id.as_str())? else {
        return Ok(Err(Closed::Unknown));
    };
    if let Some(closed) = closed(&stop, &route, now) {
        return Ok(Err(closed));
    }
    let mut stops = parts::<Stop>(store, &lab_id, route.id.as_str())?;
    stops.sort_by_key(|stop| stop.sequence);
    let mut deliveries = Vec::new();
    for id in &stop.delivery_ids {
        if let Some(delivery) = one::<Delivery>(store, &lab_id, id.as_str())? {
            let cases = parts::<Case>(store, &lab_id, id.as_str())?;
            deliveries.push((delivery, cases));
        }
    }
    let mut pickups = Vec::new();
    for id in &stop.pickup_ids {
        pickups.extend(one::<Pickup>(store, &lab_id, id.as_str())?);
    }
    let lab = one::<Lab>(store, &lab_id, lab_id.as_str())?;
    let clinic = clinic_of(store, &lab_id, stop.clinic_id.as_str())?;
    let driver = one::<Driver>(store, &lab_id, route.driver_id.as_str())?;
    Ok(Ok(Visit {
        clinic: clinic.unwrap_or_else(|| Clinic::stub(lab_id.clone(), stop.clinic_id.clone())),
        lab: lab.unwrap_or_else(|| Lab::stub(lab_id.clone())),
        driver: driver.unwrap_or_else(|| Driver::stub(lab_id.clone(), route.driver_id.clone())),
        stop,
        route,
        stops,
        deliveries,
        pickups,
    }))
}

/// The stop at which the work of this one is now: a visit that became part of another one goes on there.
fn followed(store: &dyn Store, mut stop: Stop) -> Result<Stop, StoreError> {
    for _ in 0..JOINS {
        let Some(into) = stop.joined.clone() else {
            break;
        };
        match one::<Stop>(store, &stop.lab_id, into.as_str())? {
            Some(twin) => stop = twin,
            None => break,
        }
    }
    Ok(stop)
}

/// Why a visit cannot be looked at, if it cannot.
fn closed(stop: &Stop, route: &Route, now: Timestamp) -> Option<Closed> {
    if let Some(closed_at) = stop.closed_at {
        // A route that never started, or a stop that was taken off before it did, was no visit at all.
        let left_out = stop.status == StopStatus::Skipped;
        let was_one = route
            .started_at
            .is_some_and(|started| !left_out || started <= closed_at);
        let ends = closed_at.checked_add(AFTERWARDS).unwrap_or(Timestamp::MAX);
        return (!was_one || now > ends).then_some(Closed::Over);
    }
    match route.status {
        RouteStatus::Planned => Some(Closed::Early),
        RouteStatus::Started => None,
        RouteStatus::Finished | RouteStatus::Cancelled => Some(Closed::Over),
    }
}
