//! What a lab's finished stops teach: how fast its vans are, and how long each clinic takes.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use pontic_core::geo;
use pontic_core::id::{ClinicId, LabId};
use pontic_core::route::{Route, Stop};
use pontic_core::time::Coordinates;
use pontic_core::travel::{self, Pace};
use pontic_store::{Store, StoreError};

use super::planning::{some_routes_on, stops_of};
use crate::reading::clinic_of;

/// A stop takes so long where nothing better is known, in seconds.
const SERVICE_S: f64 = 180.0;
/// Visits from which a clinic's own time is taken.
const MIN_VISITS: usize = 3;
/// A visit that took longer was something else, in seconds.
const MAX_VISIT_S: f64 = 3_600.0;
/// How far back we look, in days.
const DAYS: i64 = 14;
/// Routes that teach enough.
const MOST_ROUTES: usize = 400;

/// What was learned before the hour in which a route began. The same for the whole route, so that its ETAs do not jump, and the same whenever it is
/// looked at again.
#[derive(Debug, Clone)]
pub struct Learned {
    /// How a straight line becomes a time.
    pub pace: Pace,
    service_s: HashMap<ClinicId, f64>,
}

impl Learned {
    /// Nothing: this pace, and the usual time at every clinic.
    pub fn nothing(pace: Pace) -> Self {
        Self {
            pace,
            service_s: HashMap::new(),
        }
    }

    /// How long it takes at a clinic, in seconds.
    pub fn service_s(&self, clinic: &ClinicId) -> f64 {
        self.service_s.get(clinic).copied().unwrap_or(SERVICE_S)
    }

    /// From the lab's stops of the two weeks before `at`; `pace` where too few legs are known, or `fixed` by configuration.
    pub fn before(
        store: &dyn Store,
        lab: &LabId,
        at: Timestamp,
        default_zone: &str,
        pace: Pace,
        fixed: bool,
    ) -> Result<Self, StoreError> {
        let zone = super::planning::zone_of(store, lab, default_zone)?;
        let today = pontic_core::time::date_at(at, &zone);
        let days = (0..=DAYS).filter_map(|back| today.checked_sub(back.days()).ok());
        let mut legs = Vec::new();
        let mut visits: HashMap<ClinicId, Vec<f64>> = HashMap::new();
        let mut places: HashMap<ClinicId, Option<Coordinates>> = HashMap::new();
        for route in newest_routes(store, lab, days)? {
            let mut stops = stops_of(store, &route)?;
            stops.retain(|stop| stop.arrived_at.is_some_and(|arrived| arrived < at));
            stops.sort_by_key(|stop| stop.arrived_at);
            for stop in &stops {
                if !places.contains_key(&stop.clinic_id) {
                    let clinic = clinic_of(store, lab, stop.clinic_id.as_str())?;
                    let place = clinic.and_then(|clinic| clinic.location).or(stop.location);
                    places.insert(stop.clinic_id.clone(), place);
                }
                if let Some(seconds) = visit_s(stop, at) {
                    visits
                        .entry(stop.clinic_id.clone())
                        .or_default()
                        .push(seconds);
                }
            }
            for pair in stops.windows(2) {
                legs.extend(leg(&pair[0], &pair[1], &places));
            }
        }
        let learned = if fixed {
            None
        } else {
            travel::learned(legs.into_iter(), pace)
        };
        visits.retain(|_, visits| visits.len() >= MIN_VISITS);
        Ok(Self {
            pace: learned.unwrap_or(pace),
            service_s: visits
                .into_iter()
                .map(|(clinic, mut visits)| (clinic, median(&mut visits)))
                .collect(),
        })
    }
}

/// The routes of those days, the newest days first; enough of them.
fn newest_routes(
    store: &dyn Store,
    lab: &LabId,
    days: impl Iterator<Item = Date>,
) -> Result<Vec<Route>, StoreError> {
    let mut routes = Vec::new();
    for date in days {
        let left = MOST_ROUTES - routes.len();
        if left == 0 {
            break;
        }
        routes.extend(some_routes_on(store, lab, date, left)?);
    }
    Ok(routes)
}

fn visit_s(stop: &Stop, before: Timestamp) -> Option<f64> {
    let left = stop.departed_at.filter(|left| *left < before)?;
    let seconds = left.duration_since(stop.arrived_at?).as_secs_f64();
    (0.0..=MAX_VISIT_S).contains(&seconds).then_some(seconds)
}

/// Straight metres and driven seconds from one stop to the next.
fn leg(
    from: &Stop,
    to: &Stop,
    places: &HashMap<ClinicId, Option<Coordinates>>,
) -> Option<(f64, f64)> {
    let place = |stop: &Stop| places.get(&stop.clinic_id).copied().flatten();
    let straight_m = geo::distance_m(place(from)?, place(to)?);
    let seconds = to
        .arrived_at?
        .duration_since(from.departed_at?)
        .as_secs_f64();
    (seconds > 0.0).then_some((straight_m, seconds))
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
