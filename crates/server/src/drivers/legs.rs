//! Legs ahead are asked of the travel times service once, off the way of every fix, and kept with the stop they lead to.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use pontic_core::event::LegEstimated;
use pontic_core::fix::Fix;
use pontic_core::geo;
use pontic_core::route::StopLeg;
use pontic_core::time::Coordinates;
use pontic_core::tracking::Plan;

use super::Drivers;
use super::report::{Report, observed};
use super::road::Road;
use crate::door::Draft;

/// Legs that no service answered for are asked again after so long.
const AGAIN: SignedDuration = SignedDuration::from_secs(60);
/// Places nearer to each other are one, in metres.
const SAME_M: f64 = 1.0;

/// A leg that nobody knows yet.
struct Unknown {
    stop: usize,
    from: Coordinates,
    to: Coordinates,
}

impl Drivers {
    /// Asks for the legs ahead that no service has spoken of. What comes back changes the route's records, and with them the plan.
    pub(super) fn ask_for_legs(&self, road: &mut Road, fix: &Fix, now: Timestamp) {
        if !self.maps.has_service()
            || road
                .asked_at
                .is_some_and(|asked| now.duration_since(asked) < AGAIN)
        {
            return;
        }
        let unknown = unknown_legs(road, fix);
        if unknown.is_empty() {
            return;
        }
        road.asked_at = Some(now);
        let maps = Arc::clone(&self.maps);
        let reports = self.reports.clone();
        let clock = self.clock.clone();
        let plan = road.plan.clone();
        tokio::spawn(async move {
            for leg in unknown {
                // Who has no answer is asked again later; until then the straight line says so.
                let Ok(answer) = maps.ask(leg.from, leg.to).await else {
                    continue;
                };
                let kept = StopLeg {
                    from: leg.from,
                    seconds: answer.seconds,
                    meters: answer.way_m,
                    source: answer.source,
                    at: clock.now(),
                };
                let draft = estimated(&plan, leg.stop, kept);
                // The worker ends with the program.
                let _ = reports.send(Report::Event(draft));
            }
        });
    }
}

fn estimated(plan: &Plan, stop: usize, leg: StopLeg) -> Draft {
    let stop_id = plan.stops[stop].id.clone();
    let id = format!(
        "{}/{stop_id}/leg/{}",
        plan.route_id,
        leg.at.as_millisecond()
    );
    let body = LegEstimated {
        lab_id: plan.lab_id.clone(),
        route_id: plan.route_id.clone(),
        stop_id,
        leg,
    };
    observed(body.into(), &plan.lab_id, id)
}

/// The leg that is being driven counts as known by whatever was said of it; a later one only if it begins where it does now.
fn unknown_legs(road: &Road, fix: &Fix) -> Vec<Unknown> {
    let mut unknown = Vec::new();
    let mut from = fix.place;
    let mut is_first = true;
    for index in road.trip.ahead(&road.plan, fix.at) {
        let stop = &road.plan.stops[index];
        let Some(place) = &stop.place else { continue };
        let known = stop
            .leg
            .as_deref()
            .is_some_and(|leg| is_first || geo::distance_m(leg.from, from) < SAME_M);
        if !known {
            unknown.push(Unknown {
                stop: index,
                from,
                to: place.location,
            });
        }
        from = place.location;
        is_first = false;
    }
    unknown
}
