//! Routes looked at again from their start: when one begins or changes, when a fix comes late, after the program was started.
//!
//! The positions are folded anew, and what was told before is held against what they say now: new sightings and corrections go
//! through the door. So a late fix, a restart and a change of plan are one thing.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use jiff::{Timestamp, ToSpan as _};
use pontic_core::fix::Fix;
use pontic_core::id::{ClinicId, DriverId, LabId, RouteId};
use pontic_core::route::{Route, Sight, Stop};
use pontic_core::tracking::{Correction, Plan, Seen, Told, Trip, corrections};
use pontic_store::StoreError;
use pontic_store::positions::{DriverNo, Kept};
use tokio::sync::{mpsc, oneshot};

use super::fleet::locked;
use super::planning::{self, Planned};
use super::report::{correction, sighting};
use super::road::Road;
use super::{Drivers, Learned};
use crate::clock::Clock;
use crate::door::Draft;
use crate::reading::one;

/// Late fixes that come within so long are looked at together: a phone that was offline sends its whole buffer.
const GATHER: Duration = Duration::from_millis(150);
/// Whoever changed a route waits so long for the drivers to follow it.
const PATIENCE: Duration = Duration::from_secs(2);
/// Tries to look at a route while its driver sends on; then the driver waits.
const MAX_TRIES: usize = 4;
/// An hour, in seconds.
const HOUR_S: i64 = 3_600;
/// Hours of labs of which it is remembered what was learned before them.
const MOST_HOURS: usize = 256;
/// Fixes that are read at once.
const PAGE: usize = 5_000;

/// Something to be looked at again.
#[derive(Debug)]
pub enum Stirred {
    /// That route, or one of its stops, changed.
    Route(LabId, RouteId),
    /// That clinic changed: its place, its fence, its name.
    Clinic(LabId, ClinicId),
    /// That driver changed: at work, or away from it.
    Driver {
        /// Of that lab.
        lab_id: LabId,
        /// Their id.
        id: DriverId,
        /// On a break, or off duty.
        is_away: bool,
    },
    /// Answered when all that was stirred before has been looked at.
    CaughtUp(oneshot::Sender<()>),
}

/// A driver whose fixes came late, for whoever folds their routes again.
#[derive(Debug)]
pub enum Late {
    /// That one.
    Driver(DriverNo),
    /// Answered when all that came late before has been looked at.
    CaughtUp(oneshot::Sender<()>),
}

/// Looks at changed routes, as long as the program runs.
pub async fn follow_changes(drivers: Weak<Drivers>, mut stirred: mpsc::UnboundedReceiver<Stirred>) {
    while let Some(first) = stirred.recv().await {
        let mut routes = BTreeSet::new();
        let mut waiting = Vec::new();
        let Some(drivers) = drivers.upgrade() else {
            return;
        };
        let mut next = Some(first);
        while let Some(one) = next {
            match one {
                Stirred::Route(lab, route) => {
                    routes.insert((lab, route));
                }
                Stirred::Clinic(lab, clinic) => routes.extend(drivers.routes_to(&lab, &clinic)),
                Stirred::Driver {
                    lab_id,
                    id,
                    is_away,
                } => drivers.go_away(&lab_id, &id, is_away),
                Stirred::CaughtUp(done) => waiting.push(done),
            }
            next = stirred.try_recv().ok();
        }
        for (lab, route) in routes {
            told_if_failed(drivers.route_changed(lab, route).await);
        }
        for done in waiting {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
    }
}

/// Looks at the routes of drivers whose fixes came late, as long as the program runs.
pub async fn follow_late_fixes(
    drivers: Weak<Drivers>,
    mut late: mpsc::UnboundedReceiver<Late>,
    clock: Clock,
) {
    while let Some(first) = late.recv().await {
        let (numbers, waiting) = gather(first, &mut late, &clock).await;
        let Some(drivers) = drivers.upgrade() else {
            return;
        };
        for no in numbers {
            told_if_failed(drivers.late_fixes(no).await);
        }
        if let Some(done) = waiting {
            // Whoever waited may be gone.
            let _ = done.send(());
        }
    }
}

/// Who is named within the time for gathering, or until somebody waits for it.
async fn gather(
    first: Late,
    late: &mut mpsc::UnboundedReceiver<Late>,
    clock: &Clock,
) -> (BTreeSet<DriverNo>, Option<oneshot::Sender<()>>) {
    let mut numbers = BTreeSet::new();
    match first {
        Late::CaughtUp(done) => return (numbers, Some(done)),
        Late::Driver(no) => numbers.insert(no),
    };
    let waiting = clock.timeout(GATHER, async {
        loop {
            match late.recv().await {
                Some(Late::Driver(no)) => numbers.insert(no),
                Some(Late::CaughtUp(done)) => return Some(done),
                None => return None,
            };
        }
    });
    let waiting = waiting.await.flatten();
    (numbers, waiting)
}

fn told_if_failed(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::error!(%error, "a route could not be looked at again; its next change or late fix will");
    }
}

impl Drivers {
    /// Who is not at work is nobody's business: their place is told to nobody.
    fn go_away(&self, lab: &LabId, id: &DriverId, is_away: bool) {
        // Whoever never sent a position has no number, and needs one only while away.
        let no = if is_away {
            self.log.number(lab, id).ok()
        } else {
            self.log.find(lab, id)
        };
        if let Some(no) = no {
            self.fleet.set_away(no, is_away);
        }
    }

    async fn route_changed(self: &Arc<Self>, lab: LabId, id: RouteId) -> Result<(), StoreError> {
        let planned = {
            let (lab, id) = (lab.clone(), id.clone());
            self.apart(move |drivers| drivers.plan(&lab, &id)).await?
        };
        let Some(planned) = planned else {
            return Ok(());
        };
        let Ok(no) = self.enlist(&lab, &planned.driver_id).await else {
            return Err(StoreError::Unavailable("the driver's number".to_owned()));
        };
        self.take_off_others(&lab, &id, no, planned.is_started);
        match planned.plan.clone() {
            Some(plan) if planned.is_started && self.needs_a_look(no, &plan) => {
                self.fold_again(no, plan, planned.stops, true).await
            }
            Some(_) if planned.is_started => Ok(()),
            _ => self.next_route(no, &lab).await,
        }
    }

    /// A driver without a route goes on with another one that was started before.
    async fn next_route(self: &Arc<Self>, no: DriverNo, lab: &LabId) -> Result<(), StoreError> {
        if locked(&self.fleet.handle(no)).road.is_some() {
            return Ok(());
        }
        let Some(name) = self.log.name(no) else {
            return Ok(());
        };
        let lab = lab.clone();
        let started = self.apart(move |drivers| {
            let routes = planning::started_of(drivers.store.as_ref(), &lab, &name.driver_id)?;
            let newest = routes.into_iter().max_by_key(|route| route.started_at);
            newest.map_or(Ok(None), |route| drivers.plan(&lab, &route.id))
        });
        match started.await? {
            Some(Planned {
                plan: Some(plan),
                stops,
                ..
            }) => self.fold_again(no, plan, stops, true).await,
            _ => Ok(()),
        }
    }

    /// Late fixes mean something for the routes that were driven at their times.
    async fn late_fixes(self: &Arc<Self>, no: DriverNo) -> Result<(), StoreError> {
        let (late, active) = {
            let handle = self.fleet.handle(no);
            let mut state = locked(&handle);
            let active = state.road.as_ref().map(|road| road.plan.route_id.clone());
            (state.late.take(), active)
        };
        let (Some((first, last)), Some(name)) = (late, self.log.name(no)) else {
            return Ok(());
        };
        let lab = name.lab_id.clone();
        let plans = self
            .apart(move |drivers| {
                let store = drivers.store.as_ref();
                let default_zone = &drivers.rules.default_time_zone;
                let zone = planning::zone_of(store, &name.lab_id, default_zone)?;
                let day = |at| pontic_core::time::date_at(at, &zone);
                // A route may go on past midnight, or be driven a day late.
                let from = day(first)
                    .checked_sub(1.day())
                    .unwrap_or_else(|_| day(first));
                let days = from.series(1.day()).take_while(|date| *date <= day(last));
                let mut plans = Vec::new();
                for date in days {
                    let driver = Some(&name.driver_id);
                    for route in planning::routes_on(store, &name.lab_id, driver, date)? {
                        if concerns(&route, first, last) {
                            let learned = drivers.learned(&route)?;
                            let planned = planning::of_route(store, &route, &learned)?;
                            plans.extend(planned.plan.map(|plan| (plan, planned.stops)));
                        }
                    }
                }
                Ok(plans)
            })
            .await?;
        for (plan, stops) in plans {
            let is_active = active.as_ref() == Some(&plan.route_id) && plan.lab_id == lab;
            self.fold_again(no, plan, stops, is_active).await?;
        }
        Ok(())
    }
}

/// Whether the route may have been driven between the two times.
fn concerns(route: &Route, first: Timestamp, last: Timestamp) -> bool {
    route.started_at.is_some_and(|started| started <= last)
        && route.finished_at.is_none_or(|finished| first <= finished)
}

impl Drivers {
    /// Folds a route's positions again, tells what became different, and lets the driver go on from there if it is the active one.
    async fn fold_again(
        self: &Arc<Self>,
        no: DriverNo,
        plan: Plan,
        stops: Vec<Stop>,
        is_active: bool,
    ) -> Result<(), StoreError> {
        // What was observed so far must stand with the stops before it is compared.
        let _one = self.looking.lock().await;
        self.flush_reports().await;
        for _ in 0..MAX_TRIES {
            let (plan, stops) = (plan.clone(), stops.clone());
            let drafts = self.apart(move |drivers| drivers.fold(no, plan, &stops, is_active));
            // Another program that looks at the same route may have seen less of it: what it told is what this is held against now.
            if self.submit(drafts.await?).await == 0 {
                break;
            }
        }
        Ok(())
    }

    /// What must be told of a route by its positions; the active one goes on from there.
    fn fold(
        &self,
        no: DriverNo,
        plan: Plan,
        stops: &[Stop],
        is_active: bool,
    ) -> Result<Vec<Draft>, StoreError> {
        let fresh = stops_as_told(self, stops)?;
        let handle = self.fleet.handle(no);
        let mut tries = 0;
        loop {
            tries += 1;
            let taken = locked(&handle).taken;
            let fixes = self.driven(no, &plan)?;
            let (trip, seen) = Trip::fold(&plan, &fixes);
            let mut state = locked(&handle);
            if !is_active {
                return Ok(differences(&plan, &fresh, &seen));
            }
            if state.taken != taken && tries < MAX_TRIES {
                continue;
            }
            // The driver waits here, so that nothing comes between.
            let (trip, seen) = if state.taken == taken {
                (trip, seen)
            } else {
                let fixes = self.driven(no, &plan)?;
                Trip::fold(&plan, &fixes)
            };
            let drafts = differences(&plan, &fresh, &seen);
            self.put_on_the_road(no, &mut state, plan, trip, &fresh);
            return Ok(drafts);
        }
    }
}

/// The stops as they stand now.
fn stops_as_told(drivers: &Drivers, stops: &[Stop]) -> Result<Vec<Stop>, StoreError> {
    let mut fresh = Vec::with_capacity(stops.len());
    for stop in stops {
        let now = one::<Stop>(drivers.store.as_ref(), &stop.lab_id, stop.id.as_str())?;
        fresh.push(now.unwrap_or_else(|| stop.clone()));
    }
    Ok(fresh)
}

/// What must be said so that what was told of the stops becomes what was seen.
fn differences(plan: &Plan, stops: &[Stop], seen: &[Seen]) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (index, stop) in stops.iter().enumerate() {
        let here = seen.iter().filter(|seen| seen.stop == index);
        let is: Vec<Sight> = here
            .map(|seen| Sight {
                what: seen.what,
                at: seen.at,
            })
            .collect();
        // What another driver saw before handing over is none of ours.
        let told: Vec<Sight> = stop
            .sightings
            .iter()
            .copied()
            .filter(|sight| plan.started_at <= sight.at)
            .collect();
        let mut number = stop.corrections;
        for difference in corrections(&told, &is) {
            drafts.push(match difference {
                Correction::New(sight) => sighting(plan, &stop.id, sight.what, sight.at),
                Correction::Changed { was, now } => {
                    number += 1;
                    correction(plan, &stop.id, number, was, now)
                }
            });
        }
    }
    drafts
}

impl Drivers {
    /// Waits until the drivers follow what was changed so far.
    pub async fn caught_up(&self) {
        let (done, heard) = oneshot::channel();
        self.stir(Stirred::CaughtUp(done));
        // Whoever cannot wait longer is followed later.
        let _ = tokio::time::timeout(PATIENCE, heard).await;
    }

    /// Waits until all that followed from the fixes and changes so far is on disk: for whoever moves the clock by hand.
    pub async fn settled(&self) {
        let (done, heard) = oneshot::channel();
        // The worker ends with the program, here and below.
        let _ = self.late.send(Late::CaughtUp(done));
        let _ = heard.await;
        self.flush_reports().await;
        let (done, heard) = oneshot::channel();
        self.stir(Stirred::CaughtUp(done));
        let _ = heard.await;
        self.flush_reports().await;
    }

    /// What was learned before the hour in which that route began; looked up once for all that began in it.
    pub(super) fn learned(&self, route: &Route) -> Result<Arc<Learned>, StoreError> {
        match route.started_at {
            Some(at) => self.learned_before(&route.lab_id, at),
            None => Ok(Arc::new(Learned::nothing(self.maps.pace()))),
        }
    }

    /// The same; for a route that has not begun, what is known by now.
    pub(super) fn learned_for(&self, route: &Route) -> Result<Arc<Learned>, StoreError> {
        let at = route.started_at.unwrap_or_else(|| self.clock.now());
        self.learned_before(&route.lab_id, at)
    }

    fn learned_before(&self, lab: &LabId, at: Timestamp) -> Result<Arc<Learned>, StoreError> {
        let pace = self.maps.pace();
        let hour = at.as_second().div_euclid(HOUR_S);
        let Ok(hour) = Timestamp::from_second(hour * HOUR_S) else {
            return Ok(Arc::new(Learned::nothing(pace)));
        };
        let key = (lab.clone(), hour);
        if let Some(known) = self.learned_by_hour().get(&key) {
            return Ok(Arc::clone(known));
        }
        let learned = Arc::new(Learned::before(
            self.store.as_ref(),
            lab,
            hour,
            &self.rules.default_time_zone,
            pace,
            self.maps.pace_is_fixed(),
        )?);
        let mut by_hour = self.learned_by_hour();
        if by_hour.len() >= MOST_HOURS {
            by_hour.clear();
        }
        by_hour.insert(key, Arc::clone(&learned));
        Ok(learned)
    }

    /// The route's plan as the records tell it; what was learned is looked up once a route.
    fn plan(&self, lab: &LabId, id: &RouteId) -> Result<Option<Planned>, StoreError> {
        let store = self.store.as_ref();
        let Some(route) = one::<Route>(store, lab, id.as_str())? else {
            return Ok(None);
        };
        let learned = self.learned(&route)?;
        planning::of_route(store, &route, &learned).map(Some)
    }

    /// The driver's fixes while on the route, in order.
    pub(super) fn driven(&self, no: DriverNo, plan: &Plan) -> Result<Vec<Fix>, StoreError> {
        self.fixes(no, plan.started_at, plan.ended_at.unwrap_or(Timestamp::MAX))
    }

    /// All fixes of a driver in a span, in order.
    pub(super) fn fixes(
        &self,
        no: DriverNo,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<Fix>, StoreError> {
        let mut fixes = Vec::new();
        let mut after = None;
        loop {
            let page = self.log.read(no, from, to, after, PAGE)?;
            after = page.last().map(Kept::place);
            fixes.extend(page.iter().map(|kept| kept.fix));
            if page.len() < PAGE {
                return Ok(fixes);
            }
        }
    }

    /// Whether the plan differs from the one that the driver follows.
    fn needs_a_look(&self, no: DriverNo, plan: &Plan) -> bool {
        let handle = self.fleet.handle(no);
        let state = locked(&handle);
        state.road.as_ref().is_none_or(|road| {
            let older =
                road.plan.route_id != plan.route_id && road.plan.started_at <= plan.started_at;
            let changed = road.plan.route_id == plan.route_id && road.plan != *plan;
            older || changed
        })
    }

    fn put_on_the_road(
        &self,
        no: DriverNo,
        state: &mut super::fleet::State,
        plan: Plan,
        trip: Trip,
        stops: &[Stop],
    ) {
        let before = state.road.take();
        let told = Told::new(&plan, |index| {
            let was = before.as_ref().and_then(|road| {
                let same = road.plan.index_of(plan.stops[index].id.as_str())?;
                Some(road.told.of(same))
            });
            let mut said = was.unwrap_or_default();
            said.noticed |= stops[index].noticed_at.is_some();
            said
        });
        let key = (plan.lab_id.clone(), plan.route_id.clone());
        self.on_the_road().insert(key, no);
        let mut road = Road::new(plan, trip, told);
        // What was asked is on its way, also where the answer to another question changed the plan.
        road.asked_at = before
            .filter(|before| before.plan.route_id == road.plan.route_id)
            .and_then(|before| before.asked_at);
        if let Some(fix) = state.newest.filter(|fix| road.plan.was_driven_at(fix.at)) {
            road.trip.etas(&road.plan, &fix, &mut road.etas);
            // The program may have ended between the fix and the notice that it led to.
            let Road {
                plan,
                trip,
                told,
                etas,
                ..
            } = &mut road;
            for notice in told.notices(plan, trip, &fix, etas, self.clock.now()) {
                self.report_notice(plan, &notice);
            }
        }
        state.road = Some(Box::new(road));
    }

    /// The route is this driver's alone; nobody's if it is not being driven.
    fn take_off_others(&self, lab: &LabId, id: &RouteId, no: DriverNo, is_started: bool) {
        let key = (lab.clone(), id.clone());
        let was = self.on_the_road().get(&key).copied();
        let Some(was) = was.filter(|was| *was != no || !is_started) else {
            return;
        };
        self.on_the_road().remove(&key);
        let handle = self.fleet.handle(was);
        let mut state = locked(&handle);
        if state
            .road
            .as_ref()
            .is_some_and(|road| road.plan.route_id == *id)
        {
            state.road = None;
        }
    }

    /// Routes on the road that call at the clinic.
    fn routes_to(&self, lab: &LabId, clinic: &ClinicId) -> Vec<(LabId, RouteId)> {
        let driven: Vec<_> = self
            .on_the_road()
            .iter()
            .filter(|((of, _), _)| of == lab)
            .map(|(key, no)| (key.clone(), *no))
            .collect();
        let calls = |no: DriverNo| {
            let handle = self.fleet.handle(no);
            let state = locked(&handle);
            state
                .road
                .as_ref()
                .is_some_and(|road| road.plan.stops.iter().any(|stop| stop.clinic_id == *clinic))
        };
        driven
            .into_iter()
            .filter(|(_, no)| calls(*no))
            .map(|(key, _)| key)
            .collect()
    }
}
