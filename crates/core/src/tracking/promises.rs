//! How good the ETAs of a route were: what was promised some time before each arrival, against the arrival.

use jiff::{SignedDuration, Timestamp};

use super::plan::Plan;
use super::{Eta, Trip};
use crate::event::Sighting;
use crate::fix::Fix;

/// How long before an arrival its promise is looked at, in minutes.
pub const HORIZONS_MIN: [i64; 3] = [30, 15, 5];

/// A promise that was kept, more or less.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Promise {
    /// Place in [`HORIZONS_MIN`].
    pub horizon: usize,
    /// Promised minus actual arrival, in seconds: negative is later than promised.
    pub error_s: f64,
}

/// The promises of a route for every stop that was arrived, from its fixes in order.
pub fn promises(plan: &Plan, fixes: &[Fix]) -> Vec<Promise> {
    let mut trip = Trip::new(plan);
    let mut said: Vec<Vec<(Timestamp, Timestamp)>> = vec![Vec::new(); plan.stops.len()];
    let mut arrived: Vec<Option<Timestamp>> =
        plan.stops.iter().map(|stop| stop.tapped_at).collect();
    let mut seen = Vec::new();
    let mut etas: Vec<Eta> = Vec::new();
    for fix in fixes {
        seen.clear();
        trip.observe(plan, fix, &mut seen);
        for seen in seen.iter().filter(|seen| seen.what == Sighting::Arrived) {
            arrived[seen.stop].get_or_insert(seen.at);
        }
        if trip.doubts(fix) {
            continue;
        }
        trip.etas(plan, fix, &mut etas);
        for eta in &etas {
            said[eta.stop].push((fix.at, eta.at));
        }
    }
    let of_stop = |(said, arrived): (&Vec<(Timestamp, Timestamp)>, &Option<Timestamp>)| {
        let arrived = (*arrived)?;
        Some(kept(said, arrived))
    };
    said.iter()
        .zip(&arrived)
        .filter_map(of_stop)
        .flatten()
        .collect()
}

fn kept(said: &[(Timestamp, Timestamp)], arrived: Timestamp) -> Vec<Promise> {
    let promise = |(horizon, minutes): (usize, i64)| {
        let then = arrived
            .saturating_sub(SignedDuration::from_mins(minutes))
            .ok()?;
        // The last one that stood by then.
        let (_, eta) = said.iter().rev().find(|(at, _)| *at <= then)?;
        Some(Promise {
            horizon,
            error_s: eta.duration_since(arrived).as_secs_f64(),
        })
    };
    HORIZONS_MIN
        .into_iter()
        .enumerate()
        .filter_map(promise)
        .collect()
}
