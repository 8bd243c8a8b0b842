//! A route as the tracker needs it.

use jiff::Timestamp;

use crate::fence::Area;
use crate::id::{ClinicId, DriverId, LabId, RouteId, StopId};
use crate::time::Coordinates;
use crate::travel::{self, Pace};

/// A driver's route with its stops in the order in which they are to be driven.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The lab.
    pub lab_id: LabId,
    /// The route.
    pub route_id: RouteId,
    /// Who drives it.
    pub driver_id: DriverId,
    /// When the driver left.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// How the straight line is turned into a time where nothing better is known.
    pub pace: Pace,
    /// The stops.
    pub stops: Vec<PlannedStop>,
}

/// Where a stop is.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its door.
    pub location: Coordinates,
    /// Around it what counts as being there.
    pub area: Area,
}

/// What a service said of the way to a stop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Leg {
    /// From where.
    pub from: Coordinates,
    /// The answer.
    pub leg: travel::Leg,
    /// Known since.
    pub known_at: Timestamp,
}

/// One stop of it.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStop {
    /// Its id.
    pub id: StopId,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// The clinic's name.
    pub clinic_name: String,
    /// Its number on the route.
    pub sequence: u32,
    /// Where it is; a stop without a place has no fence and no ETA.
    pub place: Option<Place>,
    /// Promised until.
    pub window_end: Option<Timestamp>,
    /// How long it takes there, in seconds.
    pub service_s: f64,
    /// What a service said of the way there. In a box: most stops of many vans have none.
    pub leg: Option<Box<Leg>>,
    /// When the driver said to have arrived, where no position tells it.
    pub tapped_at: Option<Timestamp>,
    /// When it was done, failed or skipped.
    pub closed_at: Option<Timestamp>,
}

impl Plan {
    /// Whether the route was being driven at that time.
    pub fn was_driven_at(&self, at: Timestamp) -> bool {
        self.started_at <= at && self.ended_at.is_none_or(|ended| at <= ended)
    }

    /// The place of a stop in the plan.
    pub fn index_of(&self, stop: &str) -> Option<usize> {
        self.stops
            .iter()
            .position(|other| other.id.as_str() == stop)
    }
}

impl PlannedStop {
    /// Whether it was done, failed or skipped by then.
    pub fn is_closed(&self, at: Timestamp) -> bool {
        self.closed_at.is_some_and(|closed| closed <= at)
    }
}
