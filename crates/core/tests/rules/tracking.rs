//! What a driver's fixes mean for a route: fences, arrivals, ETAs and notices.

use jiff::{SignedDuration, Timestamp};
use pontic_core::event::Sighting;
use pontic_core::fence::Area;
use pontic_core::fix::Fix;
use pontic_core::id::{ClinicId, DriverId, LabId, RouteId, StopId};
use pontic_core::time::Coordinates;
use pontic_core::tracking::{
    Eta, Leg, News, Place, Plan, PlannedStop, Promise, Said, Seen, Told, Trip, promises,
};
use pontic_core::travel::{self, Pace, Source};
use proptest::prelude::*;

use crate::harness::at;

const START: &str = "2025-01-13T10:00:00Z";
/// Metres of a degree of latitude on the sphere that distances are measured on.
const DEGREE_M: f64 = 6_371_008.8 * std::f64::consts::PI / 180.0;
const LAT: f64 = 42.36;
const LNG: f64 = -71.06;

/// A place so many metres north and east of the first stop.
fn place(north_m: f64, east_m: f64) -> Coordinates {
    Coordinates {
        lat: LAT + north_m / DEGREE_M,
        lng: LNG + east_m / (DEGREE_M * LAT.to_radians().cos()),
    }
}

fn after(seconds: f64) -> Timestamp {
    at(START)
        .checked_add(SignedDuration::from_secs_f64(seconds))
        .expect("in range")
}

fn fix(seconds: f64, north_m: f64, east_m: f64) -> Fix {
    Fix::new(after(seconds), place(north_m, east_m))
}

fn stop(number: u32, north_m: f64, east_m: f64) -> PlannedStop {
    let location = place(north_m, east_m);
    PlannedStop {
        id: StopId::known(format!("S{number}")),
        clinic_id: ClinicId::known(format!("C{number}")),
        clinic_name: format!("Clinic {number}"),
        sequence: number,
        place: Some(Place {
            location,
            area: Area::of(None, location),
        }),
        window_end: None,
        service_s: 180.0,
        leg: None,
        tapped_at: None,
        closed_at: None,
    }
}

fn plan(stops: Vec<PlannedStop>) -> Plan {
    Plan {
        lab_id: LabId::known("L"),
        route_id: RouteId::known("R"),
        driver_id: DriverId::known("D"),
        started_at: at(START),
        ended_at: None,
        pace: Pace::default(),
        stops,
    }
}

fn seen(plan: &Plan, fixes: &[Fix]) -> Vec<Seen> {
    Trip::fold(plan, fixes).1
}

fn words(seen: &[Seen]) -> Vec<(usize, &'static str)> {
    seen.iter()
        .map(|seen| (seen.stop, seen.what.as_str()))
        .collect()
}

/// Seconds since the start.
fn seconds(time: Timestamp) -> f64 {
    time.duration_since(at(START)).as_secs_f64()
}

/// Chance from a seed, between 0 and 1.
fn chance(seed: &mut u64) -> f64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    f64::from(u32::try_from(*seed >> 33).expect("31 bits")) / f64::from(1_u32 << 31)
}

#[test]
fn no_pass_is_missed_at_any_speed_and_its_times_are_true() {
    let plan = plan(vec![stop(1, 0.0, 0.0)]);
    let mut seed = 7;
    for speed_kmh in [20.0, 30.0, 40.0, 50.0, 60.0, 80.0, 110.0] {
        for _ in 0..20 {
            let speed_mps = speed_kmh / 3.6;
            let phase_s = chance(&mut seed) * 30.0;
            let aside_m = chance(&mut seed) * 95.0;
            // On a straight line from 3 km south, one fix every 30 s.
            let fixes: Vec<Fix> = (0_u32..60)
                .map(|index| f64::from(index) * 30.0)
                .map(|time| {
                    let north_m = (time + phase_s).mul_add(speed_mps, -3_000.0);
                    fix(time, north_m, aside_m).with_speed(Some(speed_kmh))
                })
                .collect();
            let half_m = (100.0_f64 * 100.0 - aside_m * aside_m).sqrt();
            let time_at = |north_m: f64| (north_m + 3_000.0) / speed_mps - phase_s;
            let told = seen(&plan, &fixes);
            let crossed: Vec<_> = told
                .iter()
                .filter(|seen| seen.what == Sighting::Crossed)
                .collect();
            assert_eq!(
                crossed.len(),
                1,
                "{speed_kmh} km/h, {aside_m} m aside: {told:?}"
            );
            assert!((seconds(crossed[0].at) - time_at(half_m)).abs() < 2.0);
            for entered in told.iter().filter(|seen| seen.what == Sighting::Entered) {
                assert!((seconds(entered.at) - time_at(-half_m)).abs() < 2.0);
            }
        }
    }
}

#[test]
fn a_visit_is_entered_arrived_left() {
    let plan = plan(vec![stop(1, 0.0, 0.0)]);
    let fixes = [
        fix(0.0, -500.0, 0.0),
        fix(30.0, -200.0, 0.0),
        fix(60.0, 0.0, 0.0).with_speed(Some(20.0)),
        fix(90.0, 5.0, 0.0).with_speed(Some(0.0)),
        fix(240.0, 5.0, 5.0).with_speed(Some(0.0)),
        fix(270.0, 205.0, 0.0),
        fix(300.0, 405.0, 0.0),
    ];
    let told = seen(&plan, &fixes);
    assert_eq!(
        words(&told),
        [
            (0, "entered"),
            (0, "arrived"),
            (0, "exited"),
            (0, "departed")
        ]
    );
    assert!((seconds(told[0].at) - 45.0).abs() < 0.1);
    assert!((seconds(told[1].at) - 90.0).abs() < 0.1);
    // From (5, 5) to (205, 0) the border lies 95 m on.
    assert!((seconds(told[2].at) - 254.2).abs() < 0.5);
}

#[test]
fn a_minute_inside_is_an_arrival_at_any_speed() {
    let plan = plan(vec![stop(1, 0.0, 0.0)]);
    let slow_drive = |time: f64| fix(time, time.mul_add(2.5, -400.0), 0.0).with_speed(Some(9.0));
    let fixes: Vec<Fix> = (0..12)
        .map(|index| slow_drive(f64::from(index) * 30.0))
        .collect();
    let told = seen(&plan, &fixes);
    assert_eq!(
        words(&told),
        [
            (0, "entered"),
            (0, "arrived"),
            (0, "exited"),
            (0, "departed")
        ]
    );
    assert!((seconds(told[1].at) - seconds(told[0].at) - 60.0).abs() < 0.01);
}

#[test]
fn one_wild_fix_is_no_exit_and_a_border_is_no_seesaw() {
    let plan = plan(vec![stop(1, 0.0, 0.0)]);
    let stand = |time: f64, north_m: f64| fix(time, north_m, 0.0).with_speed(Some(0.0));
    // Two wild fixes far from each other, each claiming to be sure.
    let mut fixes = vec![stand(0.0, 0.0), stand(30.0, 250.0).with_accuracy(Some(2.0))];
    fixes.extend([stand(60.0, 8.0), stand(90.0, 220.0), stand(120.0, 10.0)]);
    // Drifting over the border and back, never 20 m outside.
    for index in 0_u32..20 {
        let north_m = if index % 2 == 0 { 95.0 } else { 112.0 };
        fixes.push(stand(150.0 + 30.0 * f64::from(index), north_m));
    }
    assert_eq!(
        words(&seen(&plan, &fixes)),
        [(0, "entered"), (0, "arrived")]
    );
    // So far outside one is enough.
    fixes.push(stand(800.0, 350.0));
    assert_eq!(
        words(&seen(&plan, &fixes))[2..],
        [(0, "exited"), (0, "departed")]
    );
}

/// Chance from a seed: about normal, of deviation 1.
fn noise(seed: &mut u64) -> f64 {
    (0..12).map(|_| chance(seed)).sum::<f64>() - 6.0
}

#[test]
fn parked_for_a_day_nobody_leaves() {
    for step_s in [5.0, 30.0] {
        let plan = plan(vec![stop(1, 0.0, 0.0), stop(2, 150.0, 0.0)]);
        let mut seed = 11;
        let (mut drift_n, mut drift_e) = (0.0, 0.0);
        let mut fixes = Vec::new();
        let mut second = 0.0;
        while second < 36_000.0 {
            // Noise of 8 m on a slow drift of some metres, at 60 m from the door; twice an hour a house throws the signal
            // 200 m aside, and the phone is sure of it.
            drift_n = (drift_n + noise(&mut seed) * 0.5_f64).clamp(-10.0, 10.0);
            drift_e = (drift_e + noise(&mut seed) * 0.5_f64).clamp(-10.0, 10.0);
            let is_wild = second > 0.0 && second % 1_800.0 < step_s;
            let (aside_m, accuracy_m) = if is_wild { (200.0, 2.0) } else { (0.0, 10.0) };
            let north_m = noise(&mut seed).mul_add(8.0, drift_n - 60.0);
            let east_m = noise(&mut seed).mul_add(8.0, drift_e + aside_m);
            let speed_kmh = noise(&mut seed).abs() * 0.5;
            fixes.push(
                fix(second, north_m, east_m)
                    .with_accuracy(Some(accuracy_m))
                    .with_speed(Some(speed_kmh)),
            );
            second += step_s;
        }
        let told = words(&seen(&plan, &fixes));
        assert_eq!(told, [(0, "entered"), (0, "arrived")], "{step_s} s");
    }
}

#[test]
fn what_no_van_can_have_reached_says_nothing() {
    let plan = plan(vec![stop(1, 0.0, 0.0), stop(2, 5_000.0, 0.0)]);
    let fixes = [
        fix(0.0, -2_000.0, 0.0),
        // In the second fence, 7 km away, for one fix.
        fix(30.0, 5_000.0, 0.0),
        fix(60.0, -1_500.0, 0.0),
        fix(90.0, -1_000.0, 0.0),
    ];
    assert_eq!(words(&seen(&plan, &fixes)), []);
    // Where the next one stays, the van was there after all.
    let fixes = [
        fix(0.0, -2_000.0, 0.0),
        fix(30.0, 5_000.0, 0.0),
        fix(60.0, 5_010.0, 0.0).with_speed(Some(0.0)),
    ];
    assert_eq!(
        words(&seen(&plan, &fixes)),
        [(1, "entered"), (1, "arrived")]
    );
}

#[test]
fn made_up_and_vague_fixes_say_nothing_of_fences() {
    let plan = plan(vec![stop(1, 0.0, 0.0)]);
    let mock = Fix {
        mock: true,
        ..fix(30.0, 0.0, 0.0)
    };
    let vague = fix(60.0, 0.0, 0.0).with_accuracy(Some(1_500.0));
    assert_eq!(
        words(&seen(&plan, &[fix(0.0, -500.0, 0.0), mock, vague])),
        []
    );
}

#[test]
fn a_long_silence_hides_the_way() {
    let plan = plan(vec![stop(1, 0.0, 0.0)]);
    let fixes = [fix(0.0, -1_000.0, 0.0), fix(121.0, 1_000.0, 0.0)];
    assert_eq!(words(&seen(&plan, &fixes)), []);
    let fixes = [fix(0.0, -1_000.0, 0.0), fix(120.0, 1_000.0, 0.0)];
    assert_eq!(words(&seen(&plan, &fixes)), [(0, "crossed")]);
}

#[test]
fn before_the_start_after_the_end_and_at_closed_stops_nothing_is_seen() {
    let mut plan = plan(vec![stop(1, 0.0, 0.0)]);
    let passing = [fix(60.0, -300.0, 0.0), fix(90.0, 300.0, 0.0)];
    plan.started_at = after(61.0);
    assert_eq!(words(&seen(&plan, &passing)), []);
    plan.started_at = after(0.0);
    plan.ended_at = Some(after(80.0));
    assert_eq!(words(&seen(&plan, &passing)), []);
    plan.ended_at = None;
    plan.stops[0].closed_at = Some(after(30.0));
    assert_eq!(words(&seen(&plan, &passing)), []);
}

#[test]
fn a_stop_that_is_done_while_the_driver_is_there_is_still_left() {
    let mut plan = plan(vec![stop(1, 0.0, 0.0)]);
    plan.stops[0].closed_at = Some(after(40.0));
    let fixes = [
        fix(0.0, -300.0, 0.0),
        fix(30.0, 0.0, 0.0).with_speed(Some(15.0)),
        fix(60.0, 10.0, 0.0).with_speed(Some(0.0)),
        fix(90.0, 500.0, 0.0),
    ];
    assert_eq!(
        words(&seen(&plan, &fixes)),
        [(0, "entered"), (0, "exited"), (0, "departed")]
    );
}

#[test]
fn a_crossed_stop_stays_next_until_a_later_one_is_arrived() {
    let plan = plan(vec![
        stop(1, 0.0, 0.0),
        stop(2, 2_000.0, 0.0),
        stop(3, 4_000.0, 0.0),
    ]);
    let mut fixes = vec![fix(0.0, -500.0, 0.0), fix(60.0, 500.0, 0.0)];
    let (trip, _) = Trip::fold(&plan, &fixes);
    assert_eq!(
        trip.ahead(&plan, after(60.0)).collect::<Vec<_>>(),
        [0, 1, 2]
    );
    fixes.extend([fix(180.0, 2_000.0, 0.0).with_speed(Some(0.0))]);
    let (trip, _) = Trip::fold(&plan, &fixes);
    assert_eq!(trip.ahead(&plan, after(180.0)).collect::<Vec<_>>(), [2]);
}

/// A driver's live side: what every fix leads to.
struct Live {
    plan: Plan,
    trip: Trip,
    told: Told,
    etas: Vec<Eta>,
}

impl Live {
    fn new(plan: Plan) -> Self {
        Self {
            trip: Trip::new(&plan),
            told: Told::new(&plan, |_| Said::default()),
            plan,
            etas: Vec::new(),
        }
    }

    fn go_on(&mut self, fix: &Fix) -> News {
        self.go_on_at(fix, fix.at)
    }

    fn go_on_at(&mut self, fix: &Fix, now: Timestamp) -> News {
        let mut seen = Vec::new();
        self.trip.observe(&self.plan, fix, &mut seen);
        self.trip.etas(&self.plan, fix, &mut self.etas);
        self.told.tell(&self.plan, &self.trip, fix, &self.etas, now)
    }
}

#[test]
fn etas_add_up_leg_by_leg_with_the_time_at_each_stop() {
    let mut live = Live::new(plan(vec![stop(1, 4_000.0, 0.0), stop(2, 8_000.0, 0.0)]));
    let news = live.go_on(&fix(0.0, 0.0, 0.0));
    assert_eq!(news.updated, [0, 1], "the first update has them all");
    // 4 km in a straight line are 5.2 km of road, at 40 km/h 468 s.
    assert!((seconds(live.etas[0].at) - 468.0).abs() < 0.1);
    assert!((live.etas[0].way_m - 5_200.0).abs() < 0.5);
    assert_eq!(live.etas[0].source, Source::StraightLine);
    assert!((seconds(live.etas[1].at) - (468.0 + 180.0 + 468.0)).abs() < 0.1);
    assert!((live.etas[1].way_m - 10_400.0).abs() < 0.5);
    // As fast as was thought: nothing moves. Then it stands for 10, 20 seconds.
    let news = live.go_on(&fix(46.8, 400.0, 0.0));
    assert!(news.updated.is_empty() && news.moved.is_empty());
    let news = live.go_on(&fix(56.8, 400.0, 0.0));
    assert!(news.updated.is_empty());
    let news = live.go_on(&fix(66.8, 400.0, 0.0));
    assert_eq!((news.updated, news.moved), (vec![0, 1], vec![]));
    let news = live.go_on(&fix(117.8, 400.0, 0.0));
    assert_eq!(news.moved, [0, 1]);
}

#[test]
fn what_a_service_said_of_a_leg_holds_for_the_rest_of_it() {
    let mut plan = plan(vec![stop(1, 4_000.0, 0.0), stop(2, 8_000.0, 0.0)]);
    let leg = |from, seconds| {
        Some(Box::new(Leg {
            from,
            leg: travel::Leg {
                seconds,
                way_m: 6_000.0,
                source: Source::Google,
            },
            known_at: at(START),
        }))
    };
    plan.stops[0].leg = leg(place(0.0, 0.0), 800.0);
    plan.stops[1].leg = leg(place(4_000.0, 0.0), 600.0);
    let mut live = Live::new(plan);
    live.go_on(&fix(0.0, 0.0, 0.0));
    assert!((seconds(live.etas[0].at) - 800.0).abs() < 0.1);
    live.go_on(&fix(100.0, 1_000.0, 0.0));
    assert!((seconds(live.etas[0].at) - 700.0).abs() < 0.5);
    assert!((live.etas[0].way_m - 4_500.0).abs() < 1.0);
    assert!((seconds(live.etas[1].at) - (700.0 + 180.0 + 600.0)).abs() < 0.5);
    assert_eq!(live.etas[1].source, Source::Google);
    // A leg of which nobody said anything makes what stands on it a guess.
    live.plan.stops[1].leg = None;
    live.go_on(&fix(110.0, 1_000.0, 0.0));
    assert_eq!(live.etas[0].source, Source::Google);
    assert_eq!(live.etas[1].source, Source::StraightLine);
}

#[test]
fn standing_at_a_stop_is_service_that_runs_down() {
    let mut live = Live::new(plan(vec![stop(1, 0.0, 0.0), stop(2, 4_000.0, 0.0)]));
    live.go_on(&fix(0.0, 0.0, 0.0).with_speed(Some(0.0)));
    assert_eq!(live.etas.len(), 1, "the stop that is arrived has no ETA");
    assert!((seconds(live.etas[0].at) - (180.0 + 468.0)).abs() < 0.1);
    live.go_on(&fix(100.0, 0.0, 0.0).with_speed(Some(0.0)));
    assert!((seconds(live.etas[0].at) - (180.0 + 468.0)).abs() < 0.1);
    live.go_on(&fix(300.0, 0.0, 0.0).with_speed(Some(0.0)));
    assert!((seconds(live.etas[0].at) - (300.0 + 468.0)).abs() < 0.1);
}

#[test]
fn a_clinic_is_told_five_minutes_before_and_once() {
    let mut live = Live::new(plan(vec![stop(1, 4_000.0, 0.0), stop(2, 5_000.0, 0.0)]));
    assert!(live.go_on(&fix(0.0, 0.0, 0.0)).notices.is_empty());
    let news = live.go_on(&fix(170.0, 1_460.0, 0.0));
    assert_eq!(news.notices.len(), 1);
    assert_eq!((news.notices[0].stop, news.notices[0].minutes_away), (0, 5));
    assert!(live.go_on(&fix(200.0, 1_700.0, 0.0)).notices.is_empty());
    // There. The next stop is two minutes further, and is not told before the driver leaves for it.
    let there = |time: f64| fix(time, 4_000.0, 0.0).with_speed(Some(0.0));
    for time in [470.0, 500.0, 600.0] {
        assert!(live.go_on(&there(time)).notices.is_empty());
    }
    assert!(
        live.go_on(&fix(660.0, 4_200.0, 0.0)).notices.is_empty(),
        "perhaps leaving"
    );
    let news = live.go_on(&fix(690.0, 4_350.0, 0.0));
    assert_eq!((news.notices[0].stop, news.notices[0].minutes_away), (1, 1));
}

#[test]
fn whoever_is_there_before_any_notice_is_told_at_the_door() {
    let mut live = Live::new(plan(vec![stop(1, 4_000.0, 0.0)]));
    assert!(live.go_on(&fix(0.0, 0.0, 0.0)).notices.is_empty());
    let news = live.go_on(&fix(119.0, 3_950.0, 0.0).with_speed(Some(30.0)));
    assert_eq!((news.notices[0].stop, news.notices[0].minutes_away), (0, 0));
}

#[test]
fn old_fixes_lead_to_no_notice() {
    let mut live = Live::new(plan(vec![stop(1, 1_000.0, 0.0)]));
    let news = live.go_on_at(&fix(0.0, 0.0, 0.0), after(121.0));
    assert!(news.notices.is_empty() && !news.updated.is_empty());
    let news = live.go_on_at(&fix(10.0, 0.0, 0.0), after(130.0));
    assert_eq!(news.notices.len(), 1);
}

#[test]
fn two_clinics_in_one_building_are_both_told_and_both_arrived() {
    let mut live = Live::new(plan(vec![
        stop(1, 0.0, 0.0),
        stop(2, 10.0, 0.0),
        stop(3, 9_000.0, 0.0),
    ]));
    let first = live.go_on(&fix(0.0, -3_000.0, 0.0));
    assert!(first.notices.is_empty());
    let news = live.go_on(&fix(60.0, 0.0, 0.0).with_speed(Some(0.0)));
    let told: Vec<usize> = news.notices.iter().map(|notice| notice.stop).collect();
    assert_eq!(told, [0, 1]);
    assert_eq!(
        live.trip.ahead(&live.plan, after(60.0)).collect::<Vec<_>>(),
        [2]
    );
    // Both take their time before the third.
    let travel_s = seconds(live.etas[0].at) - 60.0 - 360.0;
    assert!((travel_s - 9_000.0 * 1.3 / (40.0 / 3.6)).abs() < 1.0);
}

#[test]
fn a_stop_without_a_place_has_no_eta_and_takes_its_time_all_the_same() {
    let mut stops = vec![stop(1, 4_000.0, 0.0), stop(2, 8_000.0, 0.0)];
    stops[0].place = None;
    let mut live = Live::new(plan(stops));
    live.go_on(&fix(0.0, 0.0, 0.0));
    assert_eq!(live.etas.len(), 1);
    assert!((seconds(live.etas[0].at) - (180.0 + 936.0)).abs() < 0.1);
}

#[test]
fn promises_are_held_against_arrivals() {
    let plan = plan(vec![stop(1, 20_000.0, 0.0)]);
    // 20 km at 30 km/h on the straight line, 2,400 s, thought to take 2,340 s: one second late in forty.
    let mut fixes: Vec<Fix> = (0..80)
        .map(|index| f64::from(index) * 30.0)
        .map(|time| fix(time, time * 30.0 / 3.6, 0.0).with_speed(Some(30.0)))
        .collect();
    fixes.push(fix(2_400.0, 20_000.0, 0.0).with_speed(Some(0.0)));
    let kept = promises(&plan, &fixes);
    let horizons: Vec<usize> = kept
        .iter()
        .map(|Promise { horizon, .. }| *horizon)
        .collect();
    assert_eq!(horizons, [0, 1, 2]);
    assert!((kept[0].error_s + 45.0).abs() < 5.0, "{kept:?}");
    assert!((kept[2].error_s + 7.5).abs() < 5.0, "{kept:?}");
    // What a false fix made of it a quarter of an hour before is no promise.
    let then = fixes.remove(50);
    let kept = promises(&plan, &fixes);
    let false_one = Fix::new(then.at, place(-400_000.0, 0.0)).with_speed(Some(30.0));
    fixes.insert(50, false_one);
    assert_eq!(promises(&plan, &fixes), kept);
}

#[test]
fn a_fix_that_no_van_can_have_had_tells_no_clinic() {
    let mut live = Live::new(plan(vec![stop(1, 60_000.0, 0.0)]));
    for second in [0.0, 30.0] {
        assert_eq!(live.go_on(&fix(second, second * 10.0, 0.0)).notices, []);
    }
    // A minute from the clinic, for one fix.
    assert_eq!(live.go_on(&fix(60.0, 59_500.0, 0.0)).notices, []);
    assert_eq!(live.go_on(&fix(90.0, 900.0, 0.0)).notices, []);
    // Borne out by the next one, it was there after all.
    assert_eq!(live.go_on(&fix(120.0, 59_000.0, 0.0)).notices, []);
    let notices = live.go_on(&fix(150.0, 59_500.0, 0.0)).notices;
    assert_eq!(notices.len(), 1, "{notices:?}");
}

proptest! {
    /// One by one, or all again from the start: the same.
    #[test]
    fn a_fold_is_the_same_as_going_on(ways in prop::collection::vec((1_u32..200, -900.0..900.0_f64, -300.0..300.0_f64), 1..60)) {
        let plan = plan(vec![stop(1, 0.0, 0.0), stop(2, 50.0, 0.0), stop(3, 600.0, 0.0)]);
        let mut time = 0.0;
        let fixes: Vec<Fix> = ways.iter().map(|(wait, north_m, east_m)| {
            time += f64::from(*wait);
            fix(time, *north_m, *east_m)
        }).collect();
        let mut trip = Trip::new(&plan);
        let mut told = Vec::new();
        for fix in &fixes {
            trip.observe(&plan, fix, &mut told);
        }
        let all = seen(&plan, &fixes);
        prop_assert_eq!(&told, &all);
        for stop in 0..3 {
            let here: Vec<Sighting> = all.iter().filter(|seen| seen.stop == stop).map(|seen| seen.what).collect();
            // Whoever comes in goes out before coming in again, and arrives only inside.
            let mut inside = false;
            for what in here {
                match what {
                    Sighting::Entered => { prop_assert!(!inside); inside = true; }
                    Sighting::Arrived => prop_assert!(inside),
                    Sighting::Exited => { prop_assert!(inside); inside = false; }
                    Sighting::Crossed => inside = false,
                    Sighting::Departed => prop_assert!(!inside),
                }
            }
        }
    }
}
