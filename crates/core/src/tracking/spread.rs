//! Between which times a driver will most likely be there, around an ETA: the longer the way, the less is known.

use jiff::{SignedDuration, Timestamp};

use super::promises::{HORIZONS_MIN, Promise};

/// Promises of a horizon from which is learned.
const ENOUGH: usize = 20;
/// Until then: of the time left, so much sooner or later.
const SOONER: f64 = 0.15;
const LATER: f64 = 0.25;
/// Sooner or later by so much at least, in seconds: nobody plans by less.
const LEAST_S: f64 = 120.0;

/// How much sooner and later drivers come than was promised, by the time left: of ten, eight came between.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Seconds sooner and later, for each of [`HORIZONS_MIN`].
    by_horizon: [(f64, f64); HORIZONS_MIN.len()],
    /// Whether it was learned.
    pub is_learned: bool,
}

impl Spread {
    /// Where nothing was learned yet.
    #[expect(clippy::cast_precision_loss, reason = "minutes of a day")]
    pub fn usual() -> Self {
        let share = |minutes: i64| {
            let left_s = (minutes * 60) as f64;
            (left_s * SOONER, left_s * LATER)
        };
        Self {
            by_horizon: HORIZONS_MIN.map(share),
            is_learned: false,
        }
    }

    /// From promises and what came of them, if there are enough for every horizon.
    pub fn learned(promises: &[Promise]) -> Option<Self> {
        let mut by_horizon = [(0.0, 0.0); HORIZONS_MIN.len()];
        for (horizon, spread) in by_horizon.iter_mut().enumerate() {
            let of_it = promises.iter().filter(|promise| promise.horizon == horizon);
            // How much later than promised.
            let mut late_s: Vec<f64> = of_it.map(|promise| -promise.error_s).collect();
            if late_s.len() < ENOUGH {
                return None;
            }
            late_s.sort_by(f64::total_cmp);
            let tenth = late_s.len() / 10;
            let (p10, p90) = (late_s[tenth], late_s[late_s.len() - 1 - tenth]);
            *spread = (-p10, p90);
        }
        Some(Self {
            by_horizon,
            is_learned: true,
        })
    }

    /// From when until when the driver will most likely come, of whom `eta` is told at `now`; never before `now`.
    pub fn around(&self, eta: Timestamp, now: Timestamp) -> (Timestamp, Timestamp) {
        let left_s = eta.duration_since(now).as_secs_f64().max(0.0);
        let (sooner_s, later_s) = self.at(left_s);
        let by = |seconds: f64| SignedDuration::from_secs_f64(seconds.max(LEAST_S));
        let from = eta.saturating_sub(by(sooner_s)).unwrap_or(eta);
        let to = eta.saturating_add(by(later_s)).unwrap_or(eta);
        (from.max(now.min(eta)), to)
    }

    /// Between two horizons in proportion, beyond them as at the last.
    #[expect(clippy::cast_precision_loss, reason = "minutes of a day")]
    fn at(&self, left_s: f64) -> (f64, f64) {
        let at_s = HORIZONS_MIN.map(|minutes| (minutes * 60) as f64);
        let scaled = |(sooner, later): (f64, f64), share: f64| (sooner * share, later * share);
        let last = HORIZONS_MIN.len() - 1;
        if left_s >= at_s[0] {
            return scaled(self.by_horizon[0], left_s / at_s[0]);
        }
        for index in 0..last {
            let (far_s, near_s) = (at_s[index], at_s[index + 1]);
            if left_s >= near_s {
                let share = (left_s - near_s) / (far_s - near_s);
                let (far, near) = (self.by_horizon[index], self.by_horizon[index + 1]);
                let between = |near: f64, far: f64| near + (far - near) * share;
                return (between(near.0, far.0), between(near.1, far.1));
            }
        }
        scaled(self.by_horizon[last], left_s / at_s[last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2026-01-15T{time}Z").parse().expect("a time")
    }

    #[test]
    fn what_is_near_is_known_better() {
        let now = at("12:00:00");
        for (eta, from, to) in [
            ("12:04:00", "12:02:00", "12:06:00"),
            ("12:01:00", "12:00:00", "12:03:00"),
            ("12:20:00", "12:17:00", "12:25:00"),
            ("13:00:00", "12:51:00", "13:15:00"),
            ("11:58:00", "11:58:00", "12:00:00"),
        ] {
            let span = Spread::usual().around(at(eta), now);
            assert_eq!(span, (at(from), at(to)), "{eta}");
        }
    }

    #[test]
    fn eight_of_ten_came_between() {
        // At every horizon from 100 s sooner to 800 s later than promised.
        let of = |horizon| {
            (0..100).map(move |number| Promise {
                horizon,
                error_s: 100.0 - 9.0 * f64::from(number),
            })
        };
        let promises: Vec<Promise> = (0..HORIZONS_MIN.len()).flat_map(of).collect();
        let spread = Spread::learned(&promises).expect("enough");
        assert!(spread.is_learned);
        let (from, to) = spread.around(at("12:15:00"), at("12:00:00"));
        assert_eq!((from, to), (at("12:13:00"), at("12:26:41")));
        let (from, to) = (at("12:13:00"), at("12:26:41"));
        let came = (0..100).filter(|number| {
            let late = SignedDuration::from_secs(i64::from(*number) * 9 - 100);
            (from..=to).contains(&(at("12:15:00") + late))
        });
        assert!((80..=90).contains(&came.count()));
        assert_eq!(Spread::learned(&promises[..150]), None, "too few");
    }
}
