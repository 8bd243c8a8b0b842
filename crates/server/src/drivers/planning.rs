//! From records to the plan that the tracker follows.

use jiff::Timestamp;
use jiff::civil::Date;
use pontic_core::directory::{Clinic, Driver, Lab, Presence};
use pontic_core::fence::Area;
use pontic_core::id::{DriverId, LabId, RouteId, StopId};
use pontic_core::record::{Entity as _, Kind};
use pontic_core::route::{Route, Stop};
use pontic_core::state::RouteStatus;
use pontic_core::tracking::{Leg, Place, Plan, PlannedStop};
use pontic_core::travel;
use pontic_store::page::{Filter, Paging};
use pontic_store::{Store, StoreError};

use super::learned::Learned;
use crate::reading::{all, clinic_of, one};

/// A route as the records tell it: the plan, and its stops in the same order.
pub struct Planned {
    /// The plan; absent where the route has not started.
    pub plan: Option<Plan>,
    /// Who drives it.
    pub driver_id: DriverId,
    /// Is being driven now.
    pub is_started: bool,
    /// Its stops, as the plan has them.
    pub stops: Vec<Stop>,
}

/// Every route that is being driven.
pub fn started_routes(store: &dyn Store) -> Result<Vec<(LabId, RouteId)>, StoreError> {
    let filter = Filter {
        status: Some(RouteStatus::Started.to_string()),
        ..Filter::default()
    };
    let routes = all::<Route>(store, &filter)?;
    Ok(routes
        .into_iter()
        .map(|route| (route.lab_id, route.id))
        .collect())
}

/// Routes of a driver that are being driven.
pub fn started_of(
    store: &dyn Store,
    lab: &LabId,
    driver: &DriverId,
) -> Result<Vec<Route>, StoreError> {
    let filter = Filter {
        lab_id: Some(lab.clone()),
        status: Some(RouteStatus::Started.to_string()),
        parent: Some(driver.to_string()),
        ..Filter::default()
    };
    all(store, &filter)
}

/// Routes of a lab, or of one of its drivers, that are planned for that day.
pub fn routes_on(
    store: &dyn Store,
    lab: &LabId,
    driver: Option<&DriverId>,
    date: Date,
) -> Result<Vec<Route>, StoreError> {
    let filter = Filter {
        lab_id: Some(lab.clone()),
        date: Some(date),
        parent: driver.map(ToString::to_string),
        ..Filter::default()
    };
    all(store, &filter)
}

/// The first routes of a lab that are planned for that day, `limit` of them.
pub fn some_routes_on(
    store: &dyn Store,
    lab: &LabId,
    date: Date,
    limit: usize,
) -> Result<Vec<Route>, StoreError> {
    let filter = Filter {
        lab_id: Some(lab.clone()),
        date: Some(date),
        ..Filter::default()
    };
    let paging = Paging { after: None, limit };
    let page = store.list(Kind::Route, &filter, &paging)?;
    let routes = page.items.iter().filter_map(Route::from_record);
    Ok(routes.cloned().collect())
}

/// The stops of a route in their order.
pub fn stops_of(store: &dyn Store, route: &Route) -> Result<Vec<Stop>, StoreError> {
    let filter = Filter {
        lab_id: Some(route.lab_id.clone()),
        parent: Some(route.id.to_string()),
        ..Filter::default()
    };
    let mut stops = all::<Stop>(store, &filter)?;
    stops.sort_by_key(|stop| stop.sequence);
    Ok(stops)
}

/// Drivers that have a break or are off duty.
pub fn drivers_away(store: &dyn Store) -> Result<Vec<Driver>, StoreError> {
    let mut away = Vec::new();
    for presence in [Presence::Break, Presence::OffDuty] {
        let filter = Filter {
            status: Some(presence.to_string()),
            ..Filter::default()
        };
        away.extend(all::<Driver>(store, &filter)?);
    }
    Ok(away)
}

/// The lab's zone, or the default one.
pub fn zone_of(
    store: &dyn Store,
    lab: &LabId,
    default: &str,
) -> Result<jiff::tz::TimeZone, StoreError> {
    let lab = one::<Lab>(store, lab, lab.as_str())?;
    Ok(lab.map_or_else(|| pontic_core::time::zone(default), |lab| lab.zone(default)))
}

/// A route as it stands.
pub fn of_route(
    store: &dyn Store,
    route: &Route,
    learned: &Learned,
) -> Result<Planned, StoreError> {
    let stops = stops_of(store, route)?;
    let mut points = Vec::with_capacity(stops.len());
    for stop in &stops {
        let clinic = clinic_of(store, &route.lab_id, stop.clinic_id.as_str())?;
        points.push(point(stop, clinic.as_ref(), learned));
    }
    let started_at = route.taken_over_at.or(route.started_at);
    let plan = started_at.map(|started_at| Plan {
        lab_id: route.lab_id.clone(),
        route_id: route.id.clone(),
        driver_id: route.driver_id.clone(),
        started_at,
        ended_at: ended_at(route, &stops),
        pace: learned.pace,
        stops: points,
    });
    Ok(Planned {
        plan,
        driver_id: route.driver_id.clone(),
        is_started: route.status == RouteStatus::Started,
        stops,
    })
}

/// A route that was called off on the road ended when its stops were closed.
fn ended_at(route: &Route, stops: &[Stop]) -> Option<Timestamp> {
    let closed = || stops.iter().filter_map(|stop| stop.closed_at).max();
    match route.status {
        RouteStatus::Planned | RouteStatus::Started => None,
        RouteStatus::Finished | RouteStatus::Cancelled => route.finished_at.or_else(closed),
    }
}

/// A stop as the tracker needs it.
pub fn point(stop: &Stop, clinic: Option<&Clinic>, learned: &Learned) -> PlannedStop {
    // What the plan says of the place stands in for a clinic that is not set up, or was set up without one.
    let location = clinic.and_then(|clinic| clinic.location).or(stop.location);
    let fence = clinic.and_then(|clinic| clinic.fence.as_ref());
    let is_stub = clinic.is_none_or(|clinic| !clinic.verified);
    let own_name = stop.clinic_name.clone().filter(|_| is_stub);
    let name = own_name.or_else(|| clinic.map(|clinic| clinic.name.clone()));
    PlannedStop {
        id: stop.id.clone(),
        clinic_id: stop.clinic_id.clone(),
        clinic_name: name.unwrap_or_else(|| stop.clinic_id.to_string()),
        sequence: stop.sequence,
        place: location.map(|location| Place {
            location,
            area: Area::of(fence, location),
        }),
        window_end: stop.window_end,
        service_s: learned.service_s(&stop.clinic_id),
        leg: stop.leg.map(|leg| {
            Box::new(Leg {
                from: leg.from,
                leg: travel::Leg {
                    seconds: leg.seconds,
                    way_m: leg.meters,
                    source: leg.source,
                },
                known_at: leg.at,
            })
        }),
        tapped_at: stop.tapped_at(),
        closed_at: stop.closed_at,
    }
}

/// A visit of a clinic that is on no route yet.
pub fn visit(clinic: &Clinic, window_end: Option<Timestamp>, learned: &Learned) -> PlannedStop {
    PlannedStop {
        // No stop of ours has an empty id.
        id: StopId::known(""),
        clinic_id: clinic.id.clone(),
        clinic_name: clinic.name.clone(),
        sequence: 0,
        place: clinic.location.map(|location| Place {
            location,
            area: Area::of(clinic.fence.as_ref(), location),
        }),
        window_end,
        service_s: learned.service_s(&clinic.id),
        leg: None,
        tapped_at: None,
        closed_at: None,
    }
}
