//! What a driver's day amounts to. All of it follows from the fixes and the stops, so that it is the same whatever order they came in.
//!
//! - Distance: the great circles between consecutive fixes up to 300 s apart; what is faster than 60 m/s is an error and dropped. A
//!   phone that stands drifts by more than its fixes lie apart, so whoever does not say to move is held against the middle of where
//!   they stand, not against the last fix, and covers no way within 35 m (or the phone's own accuracy) of it.
//! - Gaps over 300 s are told apart, as the straight line over them.
//! - Driving: segments of 2 m/s and more. Service: between arrival and departure at stops. Idle: neither.
//! - On time: arrived (else closed) by the end of the window, and not over 15 minutes before its start; early and late accordingly.
//!   Stops without a window are in none of the three.
//! - Coverage: the share of the time on duty in which a fix was younger than 60 s.

use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, Serializer};

use crate::fix::Fix;
use crate::geo;
use crate::state::StopStatus;
use crate::time::Coordinates;
use crate::tracking::{HORIZONS_MIN, Promise};

/// Fixes further apart leave a gap, in seconds.
const GAP_S: f64 = 300.0;
/// What is faster is an error, in metres per second.
const IMPOSSIBLE_MPS: f64 = 60.0;
/// Whoever is as fast drives, in metres per second.
const DRIVING_MPS: f64 = 2.0;
/// Whoever says to be slower stands, in km/h (1 m/s).
const STANDING_KMH: f64 = 3.6;
/// A phone that stands drifts as far, in metres.
const DRIFT_M: f64 = 35.0;
/// A fix counts as current for so long, in seconds.
const CURRENT_S: f64 = 60.0;
/// So long before its window a visit is still on time.
const EARLY: SignedDuration = SignedDuration::from_mins(15);

/// A stop of the day.
#[derive(Debug, Clone, PartialEq)]
pub struct Visit {
    /// Where it stands.
    pub status: StopStatus,
    /// Its route is over: what is open will not be done any more.
    pub is_over: bool,
    /// Promised from.
    pub window_start: Option<Timestamp>,
    /// Promised until.
    pub window_end: Option<Timestamp>,
    /// When the driver came.
    pub arrived_at: Option<Timestamp>,
    /// When the driver left.
    pub departed_at: Option<Timestamp>,
    /// When it was done, failed or skipped.
    pub closed_at: Option<Timestamp>,
}

/// A half and nine tenths of some values, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spread {
    /// The median.
    pub p50: u64,
    /// Nine of ten are not greater.
    pub p90: u64,
}

/// How far ETAs were off some time before each arrival, without their signs; nothing where there was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct EtaErrors {
    /// Half an hour before.
    #[serde(rename = "30min")]
    pub min_30: Option<Spread>,
    /// A quarter of an hour before.
    #[serde(rename = "15min")]
    pub min_15: Option<Spread>,
    /// Five minutes before.
    #[serde(rename = "5min")]
    pub min_5: Option<Spread>,
}

/// The contract's figures of a day.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Statistics {
    /// Way covered, gaps aside, in kilometres.
    #[serde(serialize_with = "one_decimal")]
    pub distance_km: f64,
    /// Straight lines over gaps, in kilometres.
    #[serde(serialize_with = "one_decimal")]
    pub gap_distance_km: f64,
    /// From the first fix to the last.
    pub on_duty_seconds: u64,
    /// On the move.
    pub driving_seconds: u64,
    /// Standing elsewhere than at stops.
    pub idle_seconds: u64,
    /// At stops.
    pub service_seconds: u64,
    /// Km/h while driving; nothing for whoever did not.
    #[serde(serialize_with = "one_decimal_or_none")]
    pub average_moving_speed: Option<f64>,
    /// Greatest speed that a phone told, else that a segment had, in km/h.
    #[serde(serialize_with = "one_decimal_or_none")]
    pub max_speed: Option<f64>,
    /// Stops of the day's routes.
    pub stops_planned: usize,
    /// Of these, done or partly done.
    pub stops_completed: usize,
    /// Of these, failed, skipped, or still open when their route was over.
    pub stops_missed: usize,
    /// Of those with a window that were reached: on time.
    pub on_time: usize,
    /// Too early.
    pub early: usize,
    /// Too late.
    pub late: usize,
    /// How good the ETAs were.
    pub eta_error_seconds: EtaErrors,
    /// Share of the time on duty with a current fix; what is computed with less than 80 is shaky.
    #[serde(serialize_with = "one_decimal")]
    pub coverage_percent: f64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn one_decimal<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((value * 10.0).round() / 10.0)
}

#[expect(clippy::ref_option, reason = "serde asks so")]
fn one_decimal_or_none<S: Serializer>(
    value: &Option<f64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match value {
        Some(value) => one_decimal(value, serializer),
        None => serializer.serialize_none(),
    }
}

/// The figures of a day: `fixes` without suspect and made-up ones, in the order of time; `visits` of its routes; the promises of
/// their arrivals.
pub fn of_day(fixes: &[Fix], visits: &[Visit], promises: &[Promise]) -> Statistics {
    let way = Way::of(fixes, &services(fixes, visits));
    let on_duty_s = match (fixes.first(), fixes.last()) {
        (Some(first), Some(last)) => seconds_between(first, last),
        _ => 0.0,
    };
    let said = fixes.iter().filter_map(|fix| fix.speed_kmh);
    let fastest = said.reduce(f64::max).or(way.fastest_kmh);
    let counts = Counts::of(visits);
    Statistics {
        distance_km: way.metres / 1_000.0,
        gap_distance_km: way.gap_m / 1_000.0,
        on_duty_seconds: whole(on_duty_s),
        driving_seconds: whole(way.driving_s),
        idle_seconds: whole(way.idle_s),
        service_seconds: whole(way.service_s),
        average_moving_speed: (way.driving_s > 0.0).then(|| way.driven_m / way.driving_s * 3.6),
        max_speed: fastest,
        stops_planned: visits.len(),
        stops_completed: counts.completed,
        stops_missed: counts.missed,
        on_time: counts.on_time,
        early: counts.early,
        late: counts.late,
        eta_error_seconds: eta_errors(promises),
        coverage_percent: if on_duty_s > 0.0 {
            way.current_s / on_duty_s * 100.0
        } else {
            0.0
        },
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "seconds of a day"
)]
fn whole(seconds: f64) -> u64 {
    seconds.round() as u64
}

fn seconds_between(from: &Fix, to: &Fix) -> f64 {
    to.at.duration_since(from.at).as_secs_f64()
}

/// From when until when the driver was at a stop; two stops in one building are one span.
fn services(fixes: &[Fix], visits: &[Visit]) -> Vec<(Timestamp, Timestamp)> {
    let end = fixes.last().map(|fix| fix.at);
    let span = |visit: &Visit| {
        let arrived = visit.arrived_at?;
        // Whoever is still there is there until the last that is known.
        let left = visit.departed_at.or(visit.closed_at).or(end)?;
        (arrived < left).then_some((arrived, left))
    };
    let mut spans: Vec<_> = visits.iter().filter_map(span).collect();
    spans.sort_unstable();
    let mut merged: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (from, to) in spans {
        match merged.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => merged.push((from, to)),
        }
    }
    merged
}

/// How much of the time between the two lies in the spans, in seconds.
fn overlap_s(spans: &[(Timestamp, Timestamp)], from: Timestamp, to: Timestamp) -> f64 {
    let shared = |(start, end): &(Timestamp, Timestamp)| {
        let shared = to.min(*end).duration_since(from.max(*start));
        shared.as_secs_f64().max(0.0)
    };
    spans.iter().map(shared).sum()
}

/// Sums over the segments of a day.
#[derive(Default)]
struct Way {
    metres: f64,
    gap_m: f64,
    driven_m: f64,
    driving_s: f64,
    idle_s: f64,
    service_s: f64,
    current_s: f64,
    fastest_kmh: Option<f64>,
}

impl Way {
    fn of(fixes: &[Fix], services: &[(Timestamp, Timestamp)]) -> Self {
        let mut way = Self::default();
        let mut fixes = fixes.iter();
        let Some(first) = fixes.next() else {
            return way;
        };
        way.service_s = services
            .iter()
            .map(|(from, to)| to.duration_since(*from).as_secs_f64())
            .sum();
        let mut stand = Stand::at(first);
        let mut before = first;
        for fix in fixes {
            way.add(&mut stand, before, fix, services);
            before = fix;
        }
        way
    }

    fn add(
        &mut self,
        stand: &mut Stand,
        before: &Fix,
        fix: &Fix,
        services: &[(Timestamp, Timestamp)],
    ) {
        let seconds = seconds_between(before, fix);
        self.current_s += seconds.min(CURRENT_S);
        if seconds > GAP_S {
            self.gap_m += geo::distance_m(before.place, fix.place);
            *stand = Stand::at(fix);
            return;
        }
        let metres = stand.covered_m(before, fix);
        let impossible = metres > IMPOSSIBLE_MPS * seconds;
        let mps = if impossible || seconds <= 0.0 {
            0.0
        } else {
            self.metres += metres;
            metres / seconds
        };
        if mps >= DRIVING_MPS {
            self.driving_s += seconds;
            self.driven_m += metres;
            let kmh = mps * 3.6;
            self.fastest_kmh = Some(self.fastest_kmh.map_or(kmh, |fastest| fastest.max(kmh)));
        } else {
            self.idle_s += seconds - overlap_s(services, before.at, fix.at).min(seconds);
        }
    }
}

/// Where a driver stands, if so: the middle of all fixes since.
struct Stand {
    middle: Coordinates,
    count: f64,
}

impl Stand {
    const fn at(fix: &Fix) -> Self {
        Self {
            middle: fix.place,
            count: 1.0,
        }
    }

    /// The way from the one fix to the other, in metres.
    fn covered_m(&mut self, before: &Fix, fix: &Fix) -> f64 {
        let moves = |fix: &Fix| fix.speed_kmh.is_some_and(|kmh| kmh >= STANDING_KMH);
        if moves(fix) || moves(before) {
            *self = Self::at(fix);
            return geo::distance_m(before.place, fix.place);
        }
        let metres = geo::distance_m(self.middle, fix.place);
        if metres > DRIFT_M.max(fix.accuracy_m.unwrap_or(0.0)) {
            *self = Self::at(fix);
            return metres;
        }
        self.count += 1.0;
        self.middle.lat += (fix.place.lat - self.middle.lat) / self.count;
        // Over the date line the middle would jump; whoever stands there begins anew with each side.
        let east = fix.place.lng - self.middle.lng;
        if east.abs() < 180.0 {
            self.middle.lng += east / self.count;
        }
        0.0
    }
}

#[derive(Default)]
struct Counts {
    completed: usize,
    missed: usize,
    on_time: usize,
    early: usize,
    late: usize,
}

impl Counts {
    fn of(visits: &[Visit]) -> Self {
        let mut counts = Self::default();
        for visit in visits {
            let done = matches!(visit.status, StopStatus::Done | StopStatus::PartlyDone);
            if done {
                counts.completed += 1;
            } else if !visit.status.is_open() || visit.is_over {
                counts.missed += 1;
            }
            let reached = visit.arrived_at.or(visit.closed_at.filter(|_| done));
            let (Some(reached), Some(end)) = (reached, visit.window_end) else {
                continue;
            };
            let earliest = visit
                .window_start
                .and_then(|start| start.saturating_sub(EARLY).ok());
            if reached > end {
                counts.late += 1;
            } else if earliest.is_some_and(|earliest| reached < earliest) {
                counts.early += 1;
            } else {
                counts.on_time += 1;
            }
        }
        counts
    }
}

fn eta_errors(promises: &[Promise]) -> EtaErrors {
    let spread = |horizon: usize| {
        let of_horizon = promises.iter().filter(|promise| promise.horizon == horizon);
        let mut errors: Vec<f64> = of_horizon.map(|promise| promise.error_s.abs()).collect();
        errors.sort_by(f64::total_cmp);
        let share = |tenths: usize| {
            let place = (errors.len() * tenths).div_ceil(10).max(1) - 1;
            errors.get(place).copied().map(whole)
        };
        Some(Spread {
            p50: share(5)?,
            p90: share(9)?,
        })
    };
    const { assert!(HORIZONS_MIN[0] == 30 && HORIZONS_MIN[1] == 15 && HORIZONS_MIN[2] == 5) };
    EtaErrors {
        min_30: spread(0),
        min_15: spread(1),
        min_5: spread(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(second: f64) -> Timestamp {
        let ms = SignedDuration::from_secs_f64(second);
        Timestamp::UNIX_EPOCH.checked_add(ms).expect("in range")
    }

    fn fix(second: f64, north_m: f64, east_m: f64) -> Fix {
        Fix::new(
            time(second),
            Coordinates {
                lat: 42.0 + north_m / 111_195.0,
                lng: -71.0 + east_m / 82_634.0,
            },
        )
    }

    fn visit(arrived: f64, left: f64, start: f64, end: f64) -> Visit {
        Visit {
            status: StopStatus::Done,
            is_over: false,
            window_start: Some(time(start)),
            window_end: Some(time(end)),
            arrived_at: Some(time(arrived)),
            departed_at: Some(time(left)),
            closed_at: Some(time(left)),
        }
    }

    /// Chance from a seed: about normal, of deviation 1.
    fn noise(seed: &mut u64) -> f64 {
        let mut one = || {
            *seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(*seed >> 33).expect("31 bits")) / f64::from(1_u32 << 31)
        };
        (0..12).map(|_| one()).sum::<f64>() - 6.0
    }

    #[test]
    fn a_small_day() {
        // 10 minutes at 36 km/h, 5 minutes at a clinic, 2 minutes elsewhere, a gap, 5 minutes back.
        let mut fixes: Vec<Fix> = (0..=20)
            .map(|n| f64::from(n) * 30.0)
            .map(|s| fix(s, s * 10.0, 0.0).with_speed(Some(36.0)))
            .collect();
        fixes.extend(
            (1..=14).map(|n| {
                fix(f64::from(n).mul_add(30.0, 600.0), 6_000.0, 0.0).with_speed(Some(0.0))
            }),
        );
        fixes.push(fix(1_620.0, 5_000.0, 0.0).with_speed(Some(72.0)));
        fixes.extend((1..=10).map(|n| {
            let s = f64::from(n) * 30.0;
            fix(1_620.0 + s, 5_000.0 - s * 10.0, 0.0).with_speed(Some(36.0))
        }));
        let visits = [visit(600.0, 900.0, 0.0, 700.0)];
        let day = of_day(&fixes, &visits, &[]);
        let told = serde_json::to_value(&day).expect("JSON");
        assert_eq!(told["distanceKm"], 9.0);
        assert_eq!(told["gapDistanceKm"], 1.0);
        assert_eq!(told["onDutySeconds"], 1_920);
        assert_eq!(told["drivingSeconds"], 900);
        assert_eq!(told["serviceSeconds"], 300);
        assert_eq!(told["idleSeconds"], 120);
        assert_eq!(told["averageMovingSpeed"], 36.0);
        assert_eq!(told["maxSpeed"], 72.0);
        assert_eq!(told["onTime"], 1);
        assert_eq!(told["etaErrorSeconds"]["5min"], serde_json::Value::Null);
        // All but nine of the ten minutes' gap.
        assert_eq!(told["coveragePercent"], 71.9);
    }

    #[test]
    fn parked_for_ten_hours_a_phone_drives_nowhere() {
        for (step_s, says_speed) in [(30.0, true), (30.0, false), (5.0, true), (5.0, false)] {
            let mut seed = 42;
            let (mut drift_n, mut drift_e) = (0.0, 0.0);
            let mut fixes = Vec::new();
            let mut second = 0.0;
            while second < 36_000.0 {
                // Noise of 8 m, on a slow drift of some metres.
                drift_n = (drift_n + noise(&mut seed) * 0.5_f64).clamp(-10.0, 10.0);
                drift_e = (drift_e + noise(&mut seed) * 0.5_f64).clamp(-10.0, 10.0);
                let (north_m, east_m) = (noise(&mut seed), noise(&mut seed));
                let fix = fix(
                    second,
                    north_m.mul_add(8.0, drift_n),
                    east_m.mul_add(8.0, drift_e),
                );
                let speed = noise(&mut seed).abs() * 0.5;
                fixes.push(
                    fix.with_accuracy(Some(10.0))
                        .with_speed(says_speed.then_some(speed)),
                );
                second += step_s;
            }
            let day = of_day(&fixes, &[], &[]);
            // 2 % of a day of 100 km.
            assert!(day.distance_km < 2.0, "{step_s} s: {} km", day.distance_km);
            assert!(day.driving_seconds < 360, "{}", day.driving_seconds);
        }
    }

    #[test]
    fn early_on_time_late_and_missed() {
        let mut failed = visit(0.0, 0.0, 0.0, 0.0);
        failed.status = StopStatus::Failed;
        failed.arrived_at = None;
        let mut tapped = visit(0.0, 500.0, 0.0, 400.0);
        tapped.arrived_at = None;
        let open = Visit {
            status: StopStatus::Planned,
            closed_at: None,
            arrived_at: None,
            departed_at: None,
            ..visit(0.0, 0.0, 0.0, 0.0)
        };
        let over = Visit {
            is_over: true,
            ..open.clone()
        };
        let visits = [
            visit(1_000.0, 1_100.0, 2_000.0, 3_000.0),
            visit(1_200.0, 1_300.0, 2_000.0, 3_000.0),
            visit(3_001.0, 3_100.0, 2_000.0, 3_000.0),
            failed,
            tapped,
            open,
            over,
        ];
        let day = of_day(&[], &visits, &[]);
        assert_eq!((day.early, day.on_time, day.late), (1, 1, 2));
        assert_eq!(
            (day.stops_planned, day.stops_completed, day.stops_missed),
            (7, 4, 2)
        );
        assert!(day.coverage_percent.abs() < f64::EPSILON);
    }

    #[test]
    fn errors_of_etas_without_their_signs() {
        let promises: Vec<Promise> = (1..=10)
            .map(|n| Promise {
                horizon: 2,
                error_s: if n % 2 == 0 {
                    f64::from(n)
                } else {
                    -f64::from(n)
                },
            })
            .collect();
        let errors = of_day(&[], &[], &promises).eta_error_seconds;
        assert_eq!(errors.min_5, Some(Spread { p50: 5, p90: 9 }));
        assert_eq!(errors.min_30, None);
    }
}
