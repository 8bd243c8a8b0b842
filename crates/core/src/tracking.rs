//! A driver's route as the positions tell it: fences entered, left and crossed, arrivals, and when the stops ahead will be reached.
//!
//! All of it is a fold over fixes in the order of their times ([`Fix::order`]), so that the same fixes give the same sightings in
//! whatever order they came: whoever gets a late one folds again from the route's start, and tells what became different
//! ([`corrections`]). The rules stand in the contract's section on tracking.

mod corrections;
mod eta;
mod fit;
mod phase;
mod plan;
mod promises;
mod spread;
mod told;

use jiff::{SignedDuration, Timestamp};

use crate::event::Sighting;
use crate::fix::Fix;
use crate::suspect;
use phase::{Phase, Way};

pub use corrections::{Correction, corrections};
pub use eta::{Eta, Start};
pub use fit::{Run, Seat, Times, best, is_late, seats};
pub use plan::{Leg, Place, Plan, PlannedStop};
pub use promises::{HORIZONS_MIN, Promise, promises};
pub use spread::Spread;
pub use told::{News, Notice, Said, Told};

/// Fixes further apart say nothing of the way between them.
const LINKED: SignedDuration = SignedDuration::from_secs(120);
/// A fix that is less certain, in metres, is shown but says nothing of fences.
const COARSE_M: f64 = 200.0;

/// Something seen at a stop of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Place of the stop in the plan.
    pub stop: usize,
    /// What.
    pub what: Sighting,
    /// When, to the millisecond.
    pub at: Timestamp,
}

/// A driver on a route: what the fixes so far amount to.
#[derive(Debug, Clone)]
pub struct Trip {
    /// The last fix that a van can have had.
    last: Option<Fix>,
    /// One that it can hardly have had: the next one will tell.
    doubtful: Option<Fix>,
    phases: Vec<Phase>,
}

impl Trip {
    /// At the start of the route: nothing was seen yet.
    pub fn new(plan: &Plan) -> Self {
        Self {
            last: None,
            doubtful: None,
            phases: vec![Phase::default(); plan.stops.len()],
        }
    }

    /// All that these fixes, in their order, tell of the plan.
    pub fn fold<'a>(plan: &Plan, fixes: impl IntoIterator<Item = &'a Fix>) -> (Self, Vec<Seen>) {
        let mut trip = Self::new(plan);
        let mut seen = Vec::new();
        for fix in fixes {
            trip.observe(plan, fix, &mut seen);
        }
        (trip, seen)
    }

    /// What the next fix tells is added to `seen`.
    pub fn observe(&mut self, plan: &Plan, fix: &Fix, seen: &mut Vec<Seen>) {
        if !plan.was_driven_at(fix.at) || !tells_of_fences(fix) {
            return;
        }
        if let Some(doubtful) = self.doubtful.take()
            && !suspect::jumps(&doubtful, fix)
        {
            // The van was there after all, and nobody knows by which way it came.
            self.go_on(plan, None, &doubtful, seen);
        }
        match self.last {
            Some(last) if suspect::jumps(&last, fix) => self.doubtful = Some(*fix),
            last => {
                let linked = last.filter(|last| fix.at.duration_since(last.at) <= LINKED);
                self.go_on(plan, linked.as_ref(), fix, seen);
            }
        }
    }

    /// Whether that fix, the newest, is one that the van can hardly have had.
    pub fn doubts(&self, fix: &Fix) -> bool {
        self.doubtful.is_some_and(|doubtful| doubtful == *fix)
    }

    fn go_on(&mut self, plan: &Plan, from: Option<&Fix>, to: &Fix, seen: &mut Vec<Seen>) {
        let first = seen.len();
        let way = Way { from, to };
        for (index, (phase, stop)) in self.phases.iter_mut().zip(&plan.stops).enumerate() {
            phase.follow(stop, &way, &mut |what, at| {
                seen.push(Seen {
                    stop: index,
                    what,
                    at,
                });
            });
        }
        seen[first..].sort_by_key(|seen| seen.at);
        self.last = Some(*to);
    }

    /// Whether the stop has been reached, as the fixes or the driver say.
    fn has_arrived(&self, plan: &Plan, index: usize) -> bool {
        self.phases[index].has_arrived() || plan.stops[index].tapped_at.is_some()
    }

    /// Stops that are still to be driven to at that time, in order: the first is the next one. A stop that was crossed is one of
    /// them until a later one is arrived.
    pub fn ahead<'a>(&'a self, plan: &'a Plan, at: Timestamp) -> impl Iterator<Item = usize> + 'a {
        let last_arrived = (0..plan.stops.len())
            .rev()
            .find(|index| self.has_arrived(plan, *index));
        (0..plan.stops.len()).filter(move |index| {
            let passed = self.phases[*index].was_crossed()
                && last_arrived.is_some_and(|arrived| arrived > *index);
            !plan.stops[*index].is_closed(at) && !self.has_arrived(plan, *index) && !passed
        })
    }

    /// Stops in whose fences the driver stands, having arrived there (or having closed them).
    fn standing<'a>(&'a self, plan: &'a Plan, at: Timestamp) -> impl Iterator<Item = usize> + 'a {
        (0..plan.stops.len()).filter(move |index| {
            let stop = &plan.stops[*index];
            let here = stop.tapped_at.is_some() || stop.is_closed(at);
            self.phases[*index].is_there() && (self.phases[*index].is_visit() || here)
        })
    }

    /// Whether the driver is on the way, and not at a stop.
    pub fn is_under_way(&self, plan: &Plan, at: Timestamp) -> bool {
        self.standing(plan, at).next().is_none()
    }

    /// Stops in whose fences the driver is.
    pub fn within(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.phases.len()).filter(|index| self.phases[*index].is_there())
    }
}

/// Whether a fix says anything of fences: one that the phone calls made up, or is too unsure of, does not.
fn tells_of_fences(fix: &Fix) -> bool {
    !fix.mock && fix.accuracy_m.is_none_or(|accuracy| accuracy <= COARSE_M)
}
