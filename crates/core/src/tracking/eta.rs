//! When the stops ahead will be reached: the rest of this leg, then leg by leg, with the time that each stop before takes.

use jiff::{SignedDuration, Timestamp};

use super::Trip;
use super::plan::{Plan, PlannedStop};
use crate::fix::Fix;
use crate::geo;
use crate::time::Coordinates;
use crate::travel::{self, Pace, Source};

/// A leg that was asked from nearer than this, in metres, says nothing of other places on the way.
const MIN_LEG_M: f64 = 50.0;
/// Places nearer to each other are one, in metres.
const SAME_M: f64 = 1.0;

/// When a stop will be reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eta {
    /// Place of the stop in the plan.
    pub stop: usize,
    /// When.
    pub at: Timestamp,
    /// The way left to it, in metres.
    pub way_m: f64,
    /// Who says so: the least of those whose legs it is made of.
    pub source: Source,
}

/// Where a van begins with the stops ahead of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Start {
    /// Where it is.
    pub place: Coordinates,
    /// When.
    pub at: Timestamp,
    /// What is left to do there before it leaves, in seconds.
    pub busy_s: f64,
}

/// ETAs of `stops` (each with its place in the plan), driven to in that order, into `etas`. A stop without a place takes its time and
/// has no ETA. Gives when the last one is done, in seconds after the start.
pub fn along<'p>(
    start: &Start,
    pace: Pace,
    stops: impl Iterator<Item = (usize, &'p PlannedStop)>,
    etas: &mut Vec<Eta>,
) -> f64 {
    etas.clear();
    let mut seconds = start.busy_s;
    let mut way_m = 0.0;
    let mut source = None;
    let mut from = start.place;
    let mut is_first = true;
    for (index, stop) in stops {
        let Some(place) = &stop.place else {
            seconds += stop.service_s;
            continue;
        };
        let leg = if is_first {
            rest_of_leg(pace, stop, from, place.location, start.at)
        } else {
            whole_leg(pace, stop, from, place.location, start.at)
        };
        seconds += leg.seconds;
        way_m += leg.way_m;
        let least = source.map_or(leg.source, |before| lesser(before, leg.source));
        source = Some(least);
        etas.push(Eta {
            stop: index,
            at: start.after(seconds),
            way_m,
            source: least,
        });
        seconds += stop.service_s;
        from = place.location;
        is_first = false;
    }
    seconds
}

impl Start {
    /// So many seconds later.
    pub fn after(&self, seconds: f64) -> Timestamp {
        let later = SignedDuration::from_millis(millis(seconds));
        self.at.saturating_add(later).unwrap_or(self.at)
    }
}

impl Trip {
    /// ETAs of the stops ahead as of a fix, in the order of driving, into `etas`; the first is the next stop's.
    pub fn etas(&self, plan: &Plan, fix: &Fix, etas: &mut Vec<Eta>) {
        let start = self.start(plan, fix);
        let ahead = self.ahead(plan, fix.at);
        let stops = ahead.map(|index| (index, &plan.stops[index]));
        along(&start, plan.pace, stops, etas);
    }

    /// Where the van begins with what is ahead, as of a fix.
    pub fn start(&self, plan: &Plan, fix: &Fix) -> Start {
        Start {
            place: fix.place,
            at: fix.at,
            busy_s: self.rest_of_service_s(plan, fix.at),
        }
    }

    /// What is left to do where the driver stands.
    fn rest_of_service_s(&self, plan: &Plan, at: Timestamp) -> f64 {
        let mut service_s = 0.0;
        let mut since: Option<Timestamp> = None;
        for index in self.standing(plan, at) {
            let stop = &plan.stops[index];
            if stop.is_closed(at) {
                continue;
            }
            service_s += stop.service_s;
            let arrived = self.phases[index].arrived_at().or(stop.tapped_at);
            since = since.into_iter().chain(arrived).min();
        }
        since.map_or(0.0, |since| {
            (service_s - at.duration_since(since).as_secs_f64()).max(0.0)
        })
    }
}

/// Whole milliseconds of a duration that is one of a working day.
#[expect(clippy::cast_possible_truncation, reason = "the cast saturates")]
fn millis(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

/// The straight line is what everything falls back to; nothing is surer than its weakest part.
fn lesser(a: Source, b: Source) -> Source {
    if a == Source::StraightLine { a } else { b }
}

/// The leg that is being driven: of what a service said of all of it, the part that is still ahead.
fn rest_of_leg(
    pace: Pace,
    stop: &PlannedStop,
    from: Coordinates,
    to: Coordinates,
    at: Timestamp,
) -> travel::Leg {
    let straight = travel::straight_line(from, to, pace);
    let Some(asked) = stop.leg.as_deref().filter(|leg| leg.known_at <= at) else {
        return straight;
    };
    let whole_m = geo::distance_m(asked.from, to);
    if whole_m < MIN_LEG_M {
        return straight;
    }
    let share = geo::distance_m(from, to) / whole_m;
    travel::Leg {
        seconds: asked.leg.seconds * share,
        way_m: asked.leg.way_m * share,
        source: asked.leg.source,
    }
}

/// A leg between two stops: what a service said of it, if it was asked of this very one.
fn whole_leg(
    pace: Pace,
    stop: &PlannedStop,
    from: Coordinates,
    to: Coordinates,
    at: Timestamp,
) -> travel::Leg {
    stop.leg
        .as_deref()
        .filter(|leg| leg.known_at <= at && geo::distance_m(leg.from, from) < SAME_M)
        .map_or_else(|| travel::straight_line(from, to, pace), |leg| leg.leg)
}
