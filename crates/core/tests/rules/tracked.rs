//! What the tracker observes: kept in the log, changing a stop once and nothing that has moved on.

use pontic_core::event::{
    ArrivalNoticed, DriverSilent, Sighting, SightingCorrected, StopArrived, StopSighted,
};
use pontic_core::id::{ClinicId, DriverId, RouteId, StopId};
use pontic_core::state::StopStatus;

use crate::events::*;
use crate::harness::{Bench, at};
use crate::routes::planned;

fn seen(what: Sighting, time: &str) -> StopSighted {
    StopSighted {
        lab_id: lab(),
        route_id: RouteId::known("R1"),
        stop_id: StopId::known("S-A"),
        driver_id: DriverId::known("D1"),
        what,
        at: at(time),
    }
}

fn started() -> Bench {
    let (mut bench, ..) = planned();
    bench.send(start("R1"));
    bench
}

#[test]
fn arriving_and_leaving_are_kept_with_the_stop() {
    let mut bench = started();
    bench.send(seen(Sighting::Entered, "2025-01-13T10:18:00Z"));
    assert_eq!(bench.stop("S-A").status, StopStatus::Planned);
    bench.send(seen(Sighting::Arrived, "2025-01-13T10:20:00Z"));
    let stop = bench.stop("S-A");
    assert_eq!(
        (stop.status, stop.arrived_at),
        (StopStatus::Arrived, Some(at("2025-01-13T10:20:00Z")))
    );
    assert!(
        bench
            .send(seen(Sighting::Arrived, "2025-01-13T10:20:00Z"))
            .idle,
        "the same again"
    );
    bench.send(seen(Sighting::Exited, "2025-01-13T10:31:00Z"));
    bench.send(seen(Sighting::Departed, "2025-01-13T10:31:00Z"));
    bench.send(stop_done(&StopId::known("S-A"), &[]));
    let stop = bench.stop("S-A");
    assert_eq!(
        (stop.arrived_at, stop.departed_at),
        (
            Some(at("2025-01-13T10:20:00Z")),
            Some(at("2025-01-13T10:31:00Z"))
        )
    );
    let seen: Vec<Sighting> = stop.sightings.iter().map(|sight| sight.what).collect();
    assert_eq!(
        seen,
        [
            Sighting::Entered,
            Sighting::Arrived,
            Sighting::Exited,
            Sighting::Departed
        ]
    );
}

#[test]
fn what_turns_out_different_is_kept_as_it_was() {
    let mut bench = started();
    bench.send(seen(Sighting::Arrived, "2025-01-13T10:20:00Z"));
    bench.send(seen(Sighting::Crossed, "2025-01-13T10:31:00Z"));
    let corrected = |was, was_at: &str, now, time: &str| SightingCorrected {
        lab_id: lab(),
        route_id: RouteId::known("R1"),
        stop_id: StopId::known("S-A"),
        driver_id: DriverId::known("D1"),
        was,
        was_at: at(was_at),
        now,
        at: at(time),
    };
    bench.send(corrected(
        Sighting::Arrived,
        "2025-01-13T10:20:00Z",
        Some(Sighting::Arrived),
        "2025-01-13T10:19:00Z",
    ));
    bench.send(corrected(
        Sighting::Crossed,
        "2025-01-13T10:31:00Z",
        None,
        "2025-01-13T10:31:00Z",
    ));
    let stop = bench.stop("S-A");
    assert_eq!(stop.arrived_at, Some(at("2025-01-13T10:19:00Z")));
    assert_eq!((stop.sightings.len(), stop.corrections), (1, 2));
    assert_eq!(stop.tapped_at(), None);
}

#[test]
fn what_the_driver_said_stays() {
    let mut bench = started();
    bench.send(StopArrived {
        lab_id: lab(),
        stop_id: StopId::known("S-A"),
        at: None,
    });
    let tapped = bench.stop("S-A").arrived_at;
    bench.send(seen(Sighting::Arrived, "2025-01-13T10:25:00Z"));
    let stop = bench.stop("S-A");
    assert_eq!((stop.arrived_at, stop.tapped_at()), (tapped, tapped));
}

#[test]
fn what_comes_too_late_changes_nothing_and_is_no_fault() {
    let (mut bench, ..) = planned();
    bench.send(seen(Sighting::Arrived, "2025-01-13T09:00:00Z"));
    assert_eq!(
        bench.stop("S-A").status,
        StopStatus::Planned,
        "the route has not started"
    );
    bench.send(start("R1"));
    bench.send(stop_skipped(&StopId::known("S-A")));
    bench.send(seen(Sighting::Arrived, "2025-01-13T10:20:00Z"));
    assert_eq!(bench.stop("S-A").status, StopStatus::Skipped);
    let nobody_knows = StopSighted {
        stop_id: StopId::known("S-X"),
        ..seen(Sighting::Arrived, "2025-01-13T10:20:00Z")
    };
    assert!(bench.send(nobody_knows).idle);
}

#[test]
fn a_clinic_is_noticed_once() {
    let mut bench = started();
    let notice = ArrivalNoticed {
        lab_id: lab(),
        route_id: RouteId::known("R1"),
        stop_id: StopId::known("S-A"),
        clinic_id: ClinicId::known("A"),
        clinic_name: "A".to_owned(),
        driver_id: DriverId::known("D1"),
        minutes_away: 5,
        eta: at("2025-01-13T10:20:00Z"),
    };
    assert!(!bench.send(notice.clone()).idle);
    let first = bench.stop("S-A").noticed_at;
    assert_eq!(first, Some(bench.now));
    bench.wait_until(at("2025-01-13T10:16:00Z"));
    assert!(bench.send(notice).idle);
    assert_eq!(bench.stop("S-A").noticed_at, first);
}

#[test]
fn silence_is_an_alert() {
    let mut bench = started();
    let told = bench.send(DriverSilent {
        lab_id: lab(),
        driver_id: DriverId::known("D1"),
        last_seen: at("2025-01-13T10:16:00Z"),
        likely_cause: "battery_empty".to_owned(),
    });
    assert_eq!(told.alerts[0].name, "DRIVER_SILENT");
    assert_eq!(told.alerts[0].body["likelyCause"], "battery_empty");
    assert_eq!(told.alerts[0].body["lastSeen"], "2025-01-13T10:16:00Z");
}
