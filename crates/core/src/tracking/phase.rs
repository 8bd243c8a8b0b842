//! A driver and one fence: away, there, perhaps leaving.

use jiff::{SignedDuration, Timestamp};

use super::plan::PlannedStop;
use crate::event::Sighting;
use crate::fence::Area;
use crate::fix::Fix;
use crate::geo;

/// Whoever stays so long has arrived.
const STAY: SignedDuration = SignedDuration::from_secs(60);
/// Whoever is slower in a fence has arrived, in metres per second.
const SLOW_MPS: f64 = 2.0;
/// Nobody is taken to have left who is not so far outside, in metres: a phone can be wrong by as much.
const GATE_M: f64 = 20.0;
/// So far outside one fix is enough, in metres.
const FAR_M: f64 = 200.0;

/// The way between two fixes; without `from` only the point `to` is known.
pub struct Way<'a> {
    pub from: Option<&'a Fix>,
    pub to: &'a Fix,
}

impl Way<'_> {
    /// The time at a fraction of the way, in whole milliseconds; `to`'s where there is no way.
    fn time(&self, fraction: f64) -> Timestamp {
        let Some(from) = self.from else {
            return self.to.at;
        };
        let passed = self.to.at.duration_since(from.at).mul_f64(fraction);
        let at = from.at.saturating_add(passed).unwrap_or(self.to.at);
        Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
    }

    /// Metres per second: what the phone says, else what the way says.
    fn speed_mps(&self) -> Option<f64> {
        let said = self.to.speed_kmh.map(|kmh| kmh / 3.6);
        said.or_else(|| {
            let from = self.from?;
            let seconds = self.to.at.duration_since(from.at).as_secs_f64();
            (seconds > 0.0).then(|| geo::distance_m(from.place, self.to.place) / seconds)
        })
    }
}

/// Where a driver is, seen from one fence.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum State {
    #[default]
    Away,
    /// Inside.
    There(Visit),
    /// Outside since `left`, but not yet certainly. `known`: the time is one of a way, not only of a point.
    Leaving {
        visit: Visit,
        left: Timestamp,
        known: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Visit {
    entered: Timestamp,
    arrived: Option<Timestamp>,
}

/// A driver and one fence.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Phase {
    state: State,
    arrived: bool,
    crossed: bool,
}

impl Phase {
    /// Whether the driver has ever arrived.
    pub const fn has_arrived(&self) -> bool {
        self.arrived
    }

    /// Whether the driver went through without arriving.
    pub const fn was_crossed(&self) -> bool {
        self.crossed
    }

    /// Whether the driver is in the fence, as far as one can be certain.
    pub const fn is_there(&self) -> bool {
        !matches!(self.state, State::Away)
    }

    /// When the driver arrived, if that was on this visit.
    pub const fn arrived_at(&self) -> Option<Timestamp> {
        match self.state {
            State::Away => None,
            State::There(visit) | State::Leaving { visit, .. } => visit.arrived,
        }
    }

    /// Whether the driver has arrived on this visit.
    pub const fn is_visit(&self) -> bool {
        self.arrived_at().is_some()
    }

    /// What the way means here.
    pub fn follow(
        &mut self,
        stop: &PlannedStop,
        way: &Way<'_>,
        seen: &mut impl FnMut(Sighting, Timestamp),
    ) {
        let Some(area) = stop.place.as_ref().map(|place| &place.area) else {
            return;
        };
        match self.state {
            State::Away if stop.is_closed(way.to.at) => {}
            State::Away => self.come(stop, area, way, seen),
            State::There(visit) | State::Leaving { visit, .. } if area.contains(way.to.place) => {
                self.stay(stop, visit, way, seen);
            }
            State::There(visit) => {
                let passage = way
                    .from
                    .and_then(|from| area.passage(from.place, way.to.place));
                let left = passage.map_or(way.to.at, |passage| way.time(passage.leave));
                let known = passage.is_some();
                self.state = State::Leaving { visit, left, known };
                if area.outside_m(way.to.place) > FAR_M {
                    self.leave(stop, visit, left, known, seen);
                }
            }
            State::Leaving { visit, left, known } => {
                if area.outside_m(way.to.place) > GATE_M {
                    self.leave(stop, visit, left, known, seen);
                }
            }
        }
    }

    fn come(
        &mut self,
        stop: &PlannedStop,
        area: &Area,
        way: &Way<'_>,
        seen: &mut impl FnMut(Sighting, Timestamp),
    ) {
        let passage = way
            .from
            .and_then(|from| area.passage(from.place, way.to.place));
        if area.contains(way.to.place) {
            let entered = passage.map_or(way.to.at, |passage| way.time(passage.enter));
            seen(Sighting::Entered, entered);
            let visit = Visit {
                entered,
                arrived: None,
            };
            self.stay(stop, visit, way, seen);
        } else if let Some(passage) = passage {
            self.crossed = true;
            seen(Sighting::Crossed, way.time(passage.leave));
        }
    }

    /// Inside; perhaps long or slow enough to have arrived.
    fn stay(
        &mut self,
        stop: &PlannedStop,
        mut visit: Visit,
        way: &Way<'_>,
        seen: &mut impl FnMut(Sighting, Timestamp),
    ) {
        let at = way.to.at;
        let slow = way.speed_mps().is_some_and(|speed| speed < SLOW_MPS);
        let stayed = visit
            .entered
            .saturating_add(STAY)
            .is_ok_and(|time| time <= at);
        if visit.arrived.is_none() && (slow || stayed) {
            let since = visit.entered.saturating_add(STAY).unwrap_or(at).min(at);
            visit.arrived = self.arrive(stop, since, seen);
        }
        self.state = State::There(visit);
    }

    /// Arrived, unless the stop was closed by then: its driver has said so already.
    fn arrive(
        &mut self,
        stop: &PlannedStop,
        at: Timestamp,
        seen: &mut impl FnMut(Sighting, Timestamp),
    ) -> Option<Timestamp> {
        if stop.is_closed(at) {
            return None;
        }
        self.arrived = true;
        seen(Sighting::Arrived, at);
        Some(at)
    }

    fn leave(
        &mut self,
        stop: &PlannedStop,
        visit: Visit,
        left: Timestamp,
        known: bool,
        seen: &mut impl FnMut(Sighting, Timestamp),
    ) {
        self.state = State::Away;
        let long = visit
            .entered
            .saturating_add(STAY)
            .ok()
            .filter(|stayed| known && *stayed <= left);
        let arrived = visit
            .arrived
            .or_else(|| long.and_then(|stayed| self.arrive(stop, stayed, seen)));
        let said = stop.tapped_at.is_some_and(|tapped| tapped <= left) || stop.is_closed(left);
        if arrived.is_some() || said {
            seen(Sighting::Exited, left);
            seen(Sighting::Departed, left);
        } else {
            self.crossed = true;
            seen(Sighting::Crossed, left);
        }
    }
}
