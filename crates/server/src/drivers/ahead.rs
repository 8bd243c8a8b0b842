//! What the tracker knows of a driver's day: where they are, and when they will be at the stops ahead.

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId, RouteId, StopId};

use super::Drivers;
use super::fleet::locked;

/// A driver as the newest fix has it.
#[derive(Debug, Clone)]
pub struct Ahead {
    /// The newest fix.
    pub fix: Fix,
    /// The route that is being driven.
    pub route_id: Option<RouteId>,
    /// Its stops that are still to be driven to, in the order of driving, with their ETAs as far as they can be told.
    pub stops: Vec<(StopId, Option<Timestamp>)>,
}

impl Ahead {
    /// When the driver will be at a stop.
    pub fn eta(&self, stop: &StopId) -> Option<Timestamp> {
        self.stops
            .iter()
            .find(|(id, _)| id == stop)
            .and_then(|(_, eta)| *eta)
    }
}

impl Drivers {
    /// What is known of the driver; nothing if they were not heard of.
    pub fn ahead(&self, lab: &LabId, driver: &DriverId) -> Option<Ahead> {
        let no = self.log.find(lab, driver)?;
        let handle = self.fleet.handle(no);
        let state = locked(&handle);
        let fix = state.newest?;
        let Some(road) = &state.road else {
            return Some(Ahead {
                fix,
                route_id: None,
                stops: Vec::new(),
            });
        };
        let eta = |index| road.etas.iter().find(|eta| eta.stop == index);
        let stops = road.trip.ahead(&road.plan, fix.at).map(|index| {
            let id = road.plan.stops[index].id.clone();
            (id, eta(index).map(|eta| eta.at))
        });
        Some(Ahead {
            fix,
            route_id: Some(road.plan.route_id.clone()),
            stops: stops.collect(),
        })
    }
}
