//! What the tracker observes: kept in the log, changing a stop once and nothing that has moved on.

use pontic_core::event::{ArrivalNoticed, DriverSilent, Sighting, SightingCorrected, StopSighted};
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
    for what in [Sighting::Entered, Sighting::Crossed, Sighting::Exited] {
        assert!(bench.send(seen(what, "2025-01-13T10:18:00Z")).idle);
    }
    bench.send(seen(Sighting::Arrived, "2025-01-13T10:20:00Z"));
    let stop = bench.stop("S-A");
    assert_eq!(
        (stop.status, stop.arrived_at),
        (StopStatus::Arrived, Some(at("2025-01-13T10:20:00Z")))
    );
    assert!(
        bench
            .send(seen(Sighting::Arrived, "2025-01-13T10:25:00Z"))
            .idle
    );
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
}

#[test]
fn what_comes_too_late_changes_nothing_and_is_no_fault() {
    let (mut bench, ..) = planned();
    assert!(
        bench
            .send(seen(Sighting::Arrived, "2025-01-13T09:00:00Z"))
            .idle,
        "the route has not started"
    );
    bench.send(start("R1"));
    bench.send(stop_skipped(&StopId::known("S-A")));
    assert!(
        bench
            .send(seen(Sighting::Arrived, "2025-01-13T10:20:00Z"))
            .idle
    );
    assert_eq!(bench.stop("S-A").status, StopStatus::Skipped);
    let nobody_knows = StopSighted {
        stop_id: StopId::known("S-X"),
        ..seen(Sighting::Arrived, "2025-01-13T10:20:00Z")
    };
    assert!(bench.send(nobody_knows).idle);
    let corrected = SightingCorrected {
        lab_id: lab(),
        route_id: RouteId::known("R1"),
        stop_id: StopId::known("S-A"),
        driver_id: DriverId::known("D1"),
        was: Some(Sighting::Crossed),
        now: Some(Sighting::Arrived),
        at: at("2025-01-13T10:20:00Z"),
    };
    assert!(bench.send(corrected).idle);
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
