//! A driver on a route.

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::tracking::{Eta, News, Plan, Seen, Told, Trip};

/// The route that a driver is on, and how far.
pub struct Road {
    /// The route.
    pub plan: Plan,
    /// What the fixes say.
    pub trip: Trip,
    /// What was told.
    pub told: Told,
    /// ETAs as of the newest fix, in the order of driving.
    pub etas: Vec<Eta>,
    /// When a service was last asked for legs.
    pub asked_at: Option<Timestamp>,
}

impl Road {
    /// At a point that `trip` and `told` tell.
    pub const fn new(plan: Plan, trip: Trip, told: Told) -> Self {
        Self {
            plan,
            trip,
            told,
            etas: Vec::new(),
            asked_at: None,
        }
    }

    /// Takes the newest fix in.
    pub fn go_on(&mut self, fix: &Fix, now: Timestamp, seen: &mut Vec<Seen>) -> News {
        if !self.plan.was_driven_at(fix.at) {
            return News::default();
        }
        self.trip.observe(&self.plan, fix, seen);
        self.trip.etas(&self.plan, fix, &mut self.etas);
        self.told.tell(&self.plan, &self.trip, fix, &self.etas, now)
    }
}
