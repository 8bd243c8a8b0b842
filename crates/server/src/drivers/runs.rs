//! Routes as runs: what moving a stop, or a visit more, would mean for the vans, before anybody decides it.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::{Date, Time, time};
use pontic_core::directory::{Clinic, Driver, Lab};
use pontic_core::id::{ClinicId, DriverId, LabId, RouteId, StopId};
use pontic_core::record::Entity;
use pontic_core::route::{Route, Stop};
use pontic_core::state::RouteStatus;
use pontic_core::tracking::{self, PlannedStop, Run, Seat, Start};
use pontic_store::{Store, StoreError};

use super::Drivers;
use super::fleet::locked;
use super::learned::Learned;
use super::planning;
use crate::reading::{clinic_of, one};

/// When a driver without a shift leaves the lab.
const USUAL_START: Time = time(8, 0, 0, 0);
/// A van that was seen so long ago begins where it was seen, but now.
const FRESH: jiff::SignedDuration = jiff::SignedDuration::from_mins(2);
/// Routes of one day that are looked at for a visit more.
const MOST_ROUTES: usize = 200;

/// A route's open stops in their order, and the run that they are.
pub struct OnRoute {
    /// The route.
    pub route: Route,
    /// Its open stops.
    pub open: Vec<Stop>,
    /// How many are closed: the open ones are numbered behind them.
    pub closed: usize,
    /// The run; a stop at which the van stands, or that it passed, takes no time in it.
    run: Run,
    learned: std::sync::Arc<Learned>,
}

/// What moving a stop would mean.
pub struct Forecast {
    /// The route that it comes from.
    pub from: RouteId,
    /// The route that it goes to.
    pub to: RouteId,
    /// Its place there among the open stops, from 1.
    pub position: usize,
    /// The open stop that its work joins, if the route calls at its clinic anyway.
    pub joins: Option<StopId>,
    /// Seconds that the receiving run takes longer, if anything is known of its times.
    pub added_s: Option<f64>,
    /// Seconds that the giving run takes less, if anything is known of its times.
    pub saved_s: Option<f64>,
    /// Both routes as they would be; one, if it is the same.
    pub routes: Vec<RouteForecast>,
    /// Stops that would be late and are not.
    pub becomes_late: Vec<StopId>,
    /// Where to move it, so that all is as it was; none where there is no way back.
    pub undo: Option<(RouteId, usize)>,
}

/// One route as it would be.
pub struct RouteForecast {
    /// The route.
    pub route_id: RouteId,
    /// Its driver.
    pub driver_id: DriverId,
    /// Its open stops in order.
    pub stops: Vec<StopForecast>,
}

/// One stop as it would be.
pub struct StopForecast {
    /// The stop.
    pub id: StopId,
    /// Its number on the route.
    pub sequence: usize,
    /// The clinic.
    pub clinic_id: ClinicId,
    /// When it would be reached.
    pub eta: Option<Timestamp>,
    /// When it is reached as things are.
    pub before: Option<Timestamp>,
    /// Promised until.
    pub window_end: Option<Timestamp>,
    /// Would be reached after that.
    pub late: bool,
    /// Is reached after that as things are.
    pub was_late: bool,
}

/// Where a visit more fits into a route.
pub struct Fit {
    /// The route.
    pub route_id: RouteId,
    /// Its driver.
    pub driver_id: DriverId,
    /// The place, from 1.
    pub position: usize,
    /// What it costs; none where nothing is known of times.
    pub added_s: Option<f64>,
    /// Stops that it makes late.
    pub becomes_late: Vec<StopId>,
    /// When the visit would be.
    pub eta: Option<Timestamp>,
    /// Whether that is after what is promised.
    pub late: bool,
}

impl Drivers {
    /// A route as it stands.
    pub fn on_route(&self, route: Route) -> Result<OnRoute, StoreError> {
        let store = self.store.as_ref();
        let learned = self.learned_for(&route)?;
        let stops = planning::stops_of(store, &route)?;
        let closed = stops.iter().filter(|stop| !stop.status.is_open()).count();
        let last_left = stops.iter().filter(|stop| stop.closed_at.is_some());
        let last_left = last_left.max_by_key(|stop| stop.closed_at).cloned();
        let open: Vec<Stop> = stops
            .into_iter()
            .filter(|stop| stop.status.is_open())
            .collect();
        let mut points = Vec::with_capacity(open.len());
        for stop in &open {
            points.push(self.point(stop, &learned)?);
        }
        let lab = one::<Lab>(store, &route.lab_id, route.lab_id.as_str())?;
        let home = lab.as_ref().and_then(|lab| lab.location);
        let start = match self.seen(&route, &mut points) {
            Some(start) => Some(start),
            None => self.unseen(&route, lab.as_ref(), last_left.as_ref(), &learned)?,
        };
        let run = Run {
            start,
            home,
            pace: learned.pace,
            stops: points,
        };
        Ok(OnRoute {
            route,
            open,
            closed,
            run,
            learned,
        })
    }

    /// When each open stop of a route is reached, as far as that is known.
    pub fn etas_of(&self, route: Route) -> Result<HashMap<StopId, Timestamp>, StoreError> {
        let run = self.on_route(route)?.run;
        let etas = run.times().map(|times| times.etas).unwrap_or_default();
        let known = run.stops.into_iter().zip(etas);
        Ok(known
            .filter_map(|(stop, eta)| Some((stop.id, eta?)))
            .collect())
    }

    /// Where the records are.
    pub fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// One record by its id.
    pub fn record<E: Entity>(&self, lab: &LabId, id: &str) -> Result<Option<E>, StoreError> {
        one::<E>(self.store.as_ref(), lab, id)
    }

    fn point(&self, stop: &Stop, learned: &Learned) -> Result<PlannedStop, StoreError> {
        let clinic = clinic_of(self.store.as_ref(), &stop.lab_id, stop.clinic_id.as_str())?;
        Ok(planning::point(stop, clinic.as_ref(), learned))
    }

    /// Where a van on the road was seen last. Stops that are not ahead of it any more are taken out of the way.
    fn seen(&self, route: &Route, points: &mut [PlannedStop]) -> Option<Start> {
        if route.status != RouteStatus::Started {
            return None;
        }
        let no = self.log.find(&route.lab_id, &route.driver_id)?;
        let handle = self.fleet.handle(no);
        let state = locked(&handle);
        let fix = state.newest?;
        let road = state
            .road
            .as_ref()
            .filter(|road| road.plan.route_id == route.id)?;
        let ahead: Vec<usize> = road.trip.ahead(&road.plan, fix.at).collect();
        for point in points {
            let index = road.plan.index_of(point.id.as_str());
            if index.is_some_and(|index| !ahead.contains(&index)) {
                point.place = None;
                point.service_s = 0.0;
            }
        }
        let start = road.trip.start(&road.plan, &fix);
        drop(state);
        let now = self.clock.now();
        let is_fresh = now.duration_since(start.at) <= FRESH;
        Some(Start {
            at: if is_fresh { start.at } else { now },
            ..start
        })
    }

    /// Where a van that nobody has seen begins: at its last stop, or at the lab, now or when the route begins.
    fn unseen(
        &self,
        route: &Route,
        lab: Option<&Lab>,
        last_left: Option<&Stop>,
        learned: &Learned,
    ) -> Result<Option<Start>, StoreError> {
        let now = self.clock.now();
        let at_stop = match last_left {
            Some(stop) if route.status == RouteStatus::Started => self.point(stop, learned)?.place,
            _ => None,
        };
        let place = at_stop
            .map(|place| place.location)
            .or_else(|| lab.and_then(|lab| lab.location));
        let at = if route.status == RouteStatus::Started {
            now
        } else {
            self.departure(route)?.max(now)
        };
        Ok(place.map(|place| Start {
            place,
            at,
            busy_s: 0.0,
        }))
    }

    /// When the driver of a planned route usually leaves the lab on its day.
    fn departure(&self, route: &Route) -> Result<Timestamp, StoreError> {
        let store = self.store.as_ref();
        let driver = one::<Driver>(store, &route.lab_id, route.driver_id.as_str())?;
        let shift = driver.and_then(|driver| driver.shift);
        let from = shift.map_or(USUAL_START, |shift| shift.from);
        let zone = planning::zone_of(store, &route.lab_id, &self.rules.default_time_zone)?;
        let start = route.date.to_datetime(from).to_zoned(zone);
        Ok(start.map_or(Timestamp::MIN, |start| start.timestamp()))
    }

    /// What moving `stop` to `to` would mean; without `position` where it costs least.
    pub fn forecast(
        &self,
        stop: &Stop,
        from: Route,
        to: Route,
        position: Option<usize>,
    ) -> Result<Forecast, StoreError> {
        let giving = self.on_route(from)?;
        if giving.route.id == to.id {
            return Ok(reordered(stop, &giving, position));
        }
        let receiving = self.on_route(to)?;
        let on_its_way = self.point(stop, &receiving.learned)?;
        Ok(moved(stop, &giving, &receiving, on_its_way, position))
    }

    /// Where a visit of a clinic fits into the open routes of a day, the best first.
    pub fn fits(
        &self,
        lab: &LabId,
        date: Date,
        clinic: &Clinic,
        window_end: Option<Timestamp>,
    ) -> Result<Vec<Fit>, StoreError> {
        let store = self.store.as_ref();
        let mut fits = Vec::new();
        let routes = planning::some_routes_on(store, lab, date, MOST_ROUTES)?;
        let goes_on =
            |route: &Route| matches!(route.status, RouteStatus::Planned | RouteStatus::Started);
        for route in routes.into_iter().filter(goes_on) {
            let on_route = self.on_route(route)?;
            let visit = planning::visit(clinic, window_end, &on_route.learned);
            fits.push(fit(&on_route, clinic, &visit));
        }
        let cost = |fit: &Fit| (fit.added_s.is_none(), fit.becomes_late.len());
        fits.sort_by(|a, b| {
            let minutes = |fit: &Fit| fit.added_s.unwrap_or(f64::MAX);
            let by_time = minutes(a).total_cmp(&minutes(b));
            cost(a).cmp(&cost(b)).then(by_time)
        });
        Ok(fits)
    }
}

/// The places of a visit, where something is known of its times and it has a place itself.
fn seats(run: &Run, visit: &PlannedStop) -> Vec<Seat> {
    if visit.place.is_none() {
        return Vec::new();
    }
    tracking::seats(run, visit)
}

fn best_index(run: &Run, visit: &PlannedStop) -> usize {
    tracking::best(&seats(run, visit)).map_or(run.stops.len(), |seat| seat.position - 1)
}

fn fit(on_route: &OnRoute, clinic: &Clinic, visit: &PlannedStop) -> Fit {
    let run = &on_route.run;
    let fit = |position: usize, added_s, eta| Fit {
        route_id: on_route.route.id.clone(),
        driver_id: on_route.route.driver_id.clone(),
        position,
        added_s,
        becomes_late: Vec::new(),
        eta,
        late: tracking::is_late(visit, eta),
    };
    // It calls there anyway.
    let mut open = on_route.open.iter();
    if let Some(index) = open.position(|stop| stop.clinic_id == clinic.id) {
        let eta = run.times().and_then(|times| times.etas[index]);
        return fit(index + 1, Some(0.0), eta);
    }
    let Some(best) = tracking::best(&seats(run, visit)) else {
        return fit(run.stops.len() + 1, None, None);
    };
    let after = run.with(best.position - 1, visit.clone());
    let mut becomes_late = newly_late(&[run], &after);
    becomes_late.retain(|id| *id != visit.id);
    Fit {
        becomes_late,
        ..fit(best.position, Some(best.added_s), best.eta)
    }
}

/// Stops of `after` that are late there and were not in the runs before, in which they are looked up by id.
fn newly_late(before: &[&Run], after: &Run) -> Vec<StopId> {
    let Some(times) = after.times() else {
        return Vec::new();
    };
    let was_late = |id: &StopId| {
        before.iter().any(|run| {
            let index = run.stops.iter().position(|stop| stop.id == *id);
            index.zip(run.times()).is_some_and(|(index, times)| {
                tracking::is_late(&run.stops[index], times.etas[index])
            })
        })
    };
    let stops = after.stops.iter().zip(times.etas);
    stops
        .filter(|(stop, eta)| tracking::is_late(stop, *eta) && !was_late(&stop.id))
        .map(|(stop, _)| stop.id.clone())
        .collect()
}

/// The stop gets another place on its own route.
fn reordered(stop: &Stop, on_route: &OnRoute, position: Option<usize>) -> Forecast {
    let run = &on_route.run;
    let was = run.stops.iter().position(|other| other.id == stop.id);
    let was = was.unwrap_or_default();
    let without = run.without(stop.id.as_str());
    let itself = run.stops.get(was).cloned();
    let index = position.map_or_else(
        || {
            itself
                .as_ref()
                .map_or(was, |stop| best_index(&without, stop))
        },
        |position| position - 1,
    );
    let index = index.min(without.stops.len());
    let after = itself.map_or_else(|| without.clone(), |stop| without.with(index, stop));
    let seconds = |run: &Run| run.times().map(|times| times.seconds);
    Forecast {
        from: on_route.route.id.clone(),
        to: on_route.route.id.clone(),
        position: index + 1,
        joins: None,
        added_s: seconds(&after).zip(seconds(run)).map(|(a, b)| a - b),
        saved_s: Some(0.0).filter(|_| run.start.is_some()),
        routes: vec![told(on_route, &after, &[run])],
        becomes_late: newly_late(&[run], &after),
        undo: Some((on_route.route.id.clone(), was + 1)),
    }
}

/// The stop goes to another route.
fn moved(
    stop: &Stop,
    giving: &OnRoute,
    receiving: &OnRoute,
    on_its_way: PlannedStop,
    position: Option<usize>,
) -> Forecast {
    let was = giving.open.iter().position(|other| other.id == stop.id);
    let was = was.unwrap_or_default();
    let left = giving.run.without(stop.id.as_str());
    let mut twins = receiving.open.iter();
    let twin = twins.position(|other| other.clinic_id == stop.clinic_id);
    // What a service said of the way to it was said of another way.
    let visit = PlannedStop {
        leg: None,
        ..on_its_way
    };
    let index = twin.unwrap_or_else(|| {
        let wanted = position.map(|position| position - 1);
        let wanted = wanted.unwrap_or_else(|| best_index(&receiving.run, &visit));
        wanted.min(receiving.run.stops.len())
    });
    let after = if twin.is_some() {
        receiving.run.clone()
    } else {
        receiving.run.with(index, visit)
    };
    let before = [&giving.run, &receiving.run];
    let seconds = |run: &Run| run.times().map(|times| times.seconds);
    let difference = |a: &Run, b: &Run| seconds(a).zip(seconds(b)).map(|(a, b)| a - b);
    let mut becomes_late = newly_late(&before, &after);
    becomes_late.extend(newly_late(&before, &left));
    Forecast {
        from: giving.route.id.clone(),
        to: receiving.route.id.clone(),
        position: index + 1,
        joins: twin.map(|index| receiving.open[index].id.clone()),
        added_s: difference(&after, &receiving.run),
        saved_s: difference(&giving.run, &left),
        routes: vec![
            told(receiving, &after, &before),
            told(giving, &left, &before),
        ],
        becomes_late,
        undo: Some((giving.route.id.clone(), was + 1)).filter(|_| {
            // What joined another stop, and what is in a van that is on the road, does not come back by itself.
            let is_started = |on_route: &OnRoute| on_route.route.status == RouteStatus::Started;
            let is_same_van =
                is_started(giving) && receiving.route.driver_id == giving.route.driver_id;
            let leaves_the_lab =
                is_started(receiving) && !is_same_van && !stop.delivery_ids.is_empty();
            twin.is_none() && !leaves_the_lab
        }),
    }
}

/// A run as it would be, stop by stop, beside how its stops stand in the runs before.
fn told(on_route: &OnRoute, after: &Run, before: &[&Run]) -> RouteForecast {
    let times = after.times();
    let eta_before = |id: &StopId| {
        before.iter().find_map(|run| {
            let index = run.stops.iter().position(|stop| stop.id == *id)?;
            run.times()?.etas[index]
        })
    };
    let stops = after.stops.iter().enumerate().map(|(index, stop)| {
        let eta = times.as_ref().and_then(|times| times.etas[index]);
        let before = eta_before(&stop.id);
        StopForecast {
            id: stop.id.clone(),
            sequence: on_route.closed + index + 1,
            clinic_id: stop.clinic_id.clone(),
            eta,
            before,
            window_end: stop.window_end,
            late: tracking::is_late(stop, eta),
            was_late: tracking::is_late(stop, before),
        }
    });
    RouteForecast {
        route_id: on_route.route.id.clone(),
        driver_id: on_route.route.driver_id.clone(),
        stops: stops.collect(),
    }
}
