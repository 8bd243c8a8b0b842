//! How long a drive takes from one place to the next: what an answer says, whether it can be true, and what is said
//! without any road to ask.

use serde::{Deserialize, Serialize};

use crate::geo::distance_m;
use crate::state::words;
use crate::time::Coordinates;

/// Slowest and fastest that a whole drive can be, in km/h.
const SPEEDS_KMH: std::ops::RangeInclusive<f64> = 3.0..=130.0;
/// A road may be so many times as long as the great circle.
const MOST_DETOUR: f64 = 6.0;
/// A shorter hop is judged as if it were so long: over a river, the next door is kilometres away.
const SHORT_HOP_M: f64 = 1_000.0;
/// A router begins and ends on the nearest road, so a way may miss so much of the great circle.
const SNAP_M: f64 = 500.0;
/// Places further apart than this are not reached in no time.
const SAME_PLACE_M: f64 = 50.0;
/// A drive may stand at lights for so long, however short it is.
const STANDING_S: f64 = 300.0;
/// Whole seconds are rounded: one may be missing.
const ROUNDING_S: f64 = 1.0;
/// Finished legs that it takes to learn a pace.
const LEGS_TO_LEARN: usize = 20;
/// Of shorter legs the time is spent on parking, so they say nothing of the pace, in metres.
const SHORTEST_LESSON_M: f64 = 200.0;
/// Metres per second in a km/h.
const MPS_PER_KMH: f64 = 1.0 / 3.6;

words! {
    /// Where a travel time comes from; the `etaSource` of messages.
    Source {
        /// The lab's own trips between the two places.
        History = "history",
        /// The road graph in the program.
        Road = "road",
        /// An OSRM server.
        Osrm = "osrm",
        /// A Valhalla server.
        Valhalla = "valhalla",
        /// Google.
        Google = "google",
        /// The great circle, longer by a factor, at one speed.
        StraightLine = "straight_line",
    }
}

/// A drive from one place to the next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Leg {
    /// How long it takes, in seconds.
    pub seconds: f64,
    /// How long the way is, in metres.
    pub way_m: f64,
    /// Who says so.
    pub source: Source,
}

/// How a lab's vans get along where no road is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pace {
    /// How many times as long as the great circle the way is.
    pub factor: f64,
    /// Speed on that way, in km/h.
    pub speed_kmh: f64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            factor: 1.3,
            speed_kmh: 40.0,
        }
    }
}

/// The leg by the great circle alone.
pub fn straight_line(from: Coordinates, to: Coordinates, pace: Pace) -> Leg {
    let way_m = distance_m(from, to) * pace.factor;
    Leg {
        seconds: way_m / (pace.speed_kmh * MPS_PER_KMH),
        way_m,
        source: Source::StraightLine,
    }
}

/// The pace of finished `legs`, each the great circle in metres and the seconds it took; `None` with fewer than 20 of use.
///
/// Let *r* be the median of seconds per metre of great circle. [`straight_line`] says `factor / speed` for that, so the
/// speed is `factor / r`; the factor stays the `configured` one, as the ways driven are not in what is learned from.
/// The median takes no notice of outliers; legs under 200 m, and those slower than 3 km/h or faster than 130, do not count.
pub fn learned(legs: impl Iterator<Item = (f64, f64)>, configured: Pace) -> Option<Pace> {
    let pace_of = |(straight_m, seconds): (f64, f64)| {
        let speed_kmh = straight_m * configured.factor / seconds / MPS_PER_KMH;
        let counts = straight_m >= SHORTEST_LESSON_M && SPEEDS_KMH.contains(&speed_kmh);
        counts.then(|| seconds / straight_m)
    };
    let mut paces: Vec<f64> = legs.filter_map(pace_of).collect();
    if paces.len() < LEGS_TO_LEARN {
        return None;
    }
    paces.sort_unstable_by(f64::total_cmp);
    let middle = paces.len() / 2;
    let median = if paces.len().is_multiple_of(2) {
        f64::midpoint(paces[middle - 1], paces[middle])
    } else {
        paces[middle]
    };
    Some(Pace {
        factor: configured.factor,
        speed_kmh: configured.factor / median / MPS_PER_KMH,
    })
}

/// Whether `leg` can be true of places with `straight_m` metres of great circle between them.
///
/// Routers move a place to another continent's road, or answer 0 s for two points in the sea; what they say is held
/// against the distance: a way of 1 to 6 times the great circle (hops under a kilometre are judged as one kilometre, and
/// half a kilometre may be missing at the ends), 3 to 130 km/h (five minutes of standing are forgiven), and no places
/// over 50 m apart reached in no time.
pub fn is_sane(leg: &Leg, straight_m: f64) -> bool {
    let Leg { seconds, way_m, .. } = *leg;
    let are_lengths = |value: f64| value.is_finite() && value >= 0.0;
    if ![seconds, way_m, straight_m].into_iter().all(are_lengths) {
        return false;
    }
    let slowest_s = way_m / (SPEEDS_KMH.start() * MPS_PER_KMH) + STANDING_S;
    let fastest_s = way_m / (SPEEDS_KMH.end() * MPS_PER_KMH) - ROUNDING_S;
    let in_no_time = seconds < ROUNDING_S && straight_m > SAME_PLACE_M;
    way_m >= straight_m - SNAP_M
        && way_m <= straight_m.max(SHORT_HOP_M) * MOST_DETOUR
        && (fastest_s..=slowest_s).contains(&seconds)
        && !in_no_time
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: Coordinates = Coordinates {
        lat: 42.354_582,
        lng: -71.069_111,
    };
    const CLINIC: Coordinates = Coordinates {
        lat: 42.368_203,
        lng: -71.036_208,
    };

    fn close(found: f64, expected: f64) -> bool {
        (found - expected).abs() <= expected.abs() * 1e-9
    }

    #[test]
    fn a_straight_line_is_the_great_circle_times_the_factor_at_the_speed() {
        let straight_m = distance_m(LAB, CLINIC);
        let leg = straight_line(LAB, CLINIC, Pace::default());
        assert!(close(leg.way_m, straight_m * 1.3));
        // 40 km/h are 9 s for 100 m.
        assert!(close(leg.seconds, straight_m * 1.3 * 0.09));
        assert_eq!(leg.source.as_str(), "straight_line");
        assert!(is_sane(&leg, straight_m));
        let nowhere = straight_line(LAB, LAB, Pace::default());
        assert!(nowhere.seconds.abs() < f64::EPSILON && is_sane(&nowhere, 0.0));
    }

    #[test]
    fn a_pace_is_learned_from_twenty_legs_and_outliers_change_nothing() {
        let configured = Pace {
            factor: 1.25,
            speed_kmh: 40.0,
        };
        // 30 km/h on 1.25 times the great circle: 0.15 s a metre.
        let honest: Vec<(f64, f64)> = (1..=20)
            .map(|n| (f64::from(n) * 400.0, f64::from(n) * 60.0))
            .collect();
        let learn = |legs: &[(f64, f64)]| learned(legs.iter().copied(), configured);
        assert_eq!(learn(&honest[..19]), None);
        let pace = learn(&honest).expect("twenty legs");
        assert!(close(pace.factor, 1.25) && close(pace.speed_kmh, 30.0));
        let mut with_outliers = honest.clone();
        with_outliers.extend([
            (3_000.0, 2_900.0),
            (3_000.0, 120.0),
            // These count for nothing at all: a lunch, a jump, a step, and no time.
            (3_000.0, 7_200.0),
            (30_000.0, 60.0),
            (120.0, 600.0),
            (3_000.0, 0.0),
            (f64::NAN, 60.0),
        ]);
        let pace = learn(&with_outliers).expect("twenty legs and more");
        assert!(close(pace.speed_kmh, 30.0), "{pace:?}");
        let of_no_use = [(3_000.0, 7_200.0); 30];
        assert_eq!(learn(&of_no_use), None);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_two_in_the_middle() {
        let legs = (0..20).map(|n| (1_000.0, if n < 10 { 100.0 } else { 200.0 }));
        let pace = learned(legs, Pace::default()).expect("twenty legs");
        // 0.15 s a metre, 1.3 times the metres.
        assert!(close(pace.speed_kmh, 1.3 / 0.15 * 3.6), "{pace:?}");
    }

    #[test]
    fn what_cannot_be_true_is_no_answer() {
        for (straight_m, way_m, seconds, expected, why) in [
            (3_100.0, 5_132.0, 458.0, true, "a usual leg"),
            (3_100.0, 3_100.0, 279.0, true, "a straight road"),
            (288.0, 3_900.0, 360.0, true, "over the river"),
            (288.0, 6_001.0, 720.0, false, "a short hop, and too far"),
            (3_100.0, 18_700.0, 1_800.0, false, "over six times"),
            (3_100.0, 18_500.0, 1_800.0, true, "just under six times"),
            (20_000.0, 183_000.0, 9_000.0, false, "a known bug's matrix"),
            (3_100.0, 2_000.0, 300.0, false, "shorter than the crow"),
            (300.0, 120.0, 30.0, true, "short by where the roads begin"),
            (900_000.0, 900.0, 60.0, false, "moved to another country"),
            (60.0, 0.0, 0.0, false, "no time, and not the same place"),
            (51.0, 90.0, 0.5, false, "no time to speak of"),
            (49.0, 0.0, 0.0, true, "the same place"),
            (40.0, 36.0, 0.0, true, "next door"),
            (60.0, 60.0, 1.0, true, "next door but one, rounded"),
            (3_100.0, 5_000.0, 130.0, false, "faster than a van"),
            (10_000.0, 13_000.0, 360.0, true, "130 km/h"),
            (10_000.0, 13_000.0, 358.0, false, "and more"),
            (3_100.0, 5_000.0, 6_300.0, true, "3 km/h and the lights"),
            (3_100.0, 5_000.0, 6_301.0, false, "slower than a walker"),
            (100.0, 150.0, 300.0, true, "a short hop through the lights"),
            (3_100.0, f64::NAN, 300.0, false, "no number"),
            (3_100.0, 5_000.0, f64::INFINITY, false, "no end"),
            (3_100.0, -5_000.0, 300.0, false, "backward"),
            (f64::NAN, 5_000.0, 300.0, false, "from nowhere"),
        ] {
            let leg = Leg {
                seconds,
                way_m,
                source: Source::Google,
            };
            assert_eq!(is_sane(&leg, straight_m), expected, "{why}");
        }
    }
}
