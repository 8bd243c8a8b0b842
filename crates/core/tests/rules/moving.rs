//! A stop goes to another route, or gets another place on its own.

use pontic_core::answer::{Answer, AnswerKind, MAX_ANSWERS};
use pontic_core::delivery::CaseStatus;
use pontic_core::event::{ClinicAnswered, StopMoved};
use pontic_core::id::{DeliveryId, PickupId, RouteId, StopId};
use pontic_core::route::MAX_STOPS;
use pontic_core::state::{DeliveryStatus, StopStatus};

use crate::events::*;
use crate::harness::{Bench, at};
use crate::routes::planned;

/// Route R1 of driver D1 with stops S-A and S-B, and R2 of driver D2 with stops S-C and S-D.
fn two_routes() -> (Bench, DeliveryId, PickupId) {
    let (mut bench, a, pickup, _) = planned();
    bench.send(ready("C4", "C", "2025-01-13"));
    let c = bench.delivery_of("C4").id;
    let named = |id: &str, plan| pontic_core::event::StopPlan {
        id: Some(StopId::known(id)),
        ..plan
    };
    let stops = vec![
        named("S-C", stop_plan("C", &[&c], &[])),
        named("S-D", stop_plan("D", &[], &[])),
    ];
    bench.send(route("R2", "D2", stops));
    (bench, a, pickup)
}

fn order(bench: &Bench, route: &str) -> Vec<String> {
    let stops = bench.stops(route).into_iter();
    stops
        .filter(|stop| stop.status.is_open())
        .map(|stop| format!("{} {}", stop.sequence, stop.id))
        .collect()
}

#[test]
fn a_stop_goes_with_all_its_work_to_its_place_on_another_route() {
    let (mut bench, a, pickup) = two_routes();
    let done = bench.send(stop_moved("S-A", "R2", 2));
    assert_eq!(done.result["position"], 2);
    assert_eq!(done.result["fromRouteId"], "R1");
    assert_eq!(order(&bench, "R2"), ["1 S-C", "2 S-A", "3 S-D"]);
    assert_eq!(order(&bench, "R1"), ["1 S-B"]);
    let (r2, d2) = (Some("R2"), Some("D2"));
    let delivery = bench.delivery(a.as_str());
    let route_and_driver = |route: &Option<RouteId>, driver: Option<&str>| {
        assert_eq!((route.as_ref().map(RouteId::as_str), driver), (r2, d2));
    };
    route_and_driver(
        &delivery.route_id,
        delivery.driver_id.as_ref().map(AsRef::as_ref),
    );
    let fetched = bench.pickup("P1");
    assert_eq!(fetched.id, pickup);
    route_and_driver(
        &fetched.route_id,
        fetched.driver_id.as_ref().map(AsRef::as_ref),
    );
    // Both routes are different now, for whoever follows one of them or changes it with a version.
    assert_eq!(
        (bench.route("R1").version, bench.route("R2").version),
        (2, 2)
    );
}

#[test]
fn a_place_past_the_end_is_the_end_and_the_zeroth_is_none() {
    let (mut bench, ..) = two_routes();
    assert_eq!(
        bench.faults(stop_moved("S-A", "R2", 0)),
        ["position out_of_range"]
    );
    assert_eq!(
        bench.send(stop_moved("S-A", "R2", 999)).result["position"],
        3
    );
    assert_eq!(order(&bench, "R2"), ["1 S-C", "2 S-D", "3 S-A"]);
}

#[test]
fn on_its_own_route_a_stop_gets_another_place_once() {
    let (mut bench, ..) = two_routes();
    assert!(!bench.send(stop_moved("S-D", "R2", 1)).idle);
    assert_eq!(order(&bench, "R2"), ["1 S-D", "2 S-C"]);
    assert!(bench.send(stop_moved("S-D", "R2", 1)).idle);
    assert!(bench.send(stop_moved("S-C", "R2", 2)).idle);
    assert_eq!(bench.route("R2").moves, 1);
}

#[test]
fn a_stop_that_is_moved_and_moved_back_is_where_it_was() {
    let (mut bench, ..) = two_routes();
    let before = (order(&bench, "R1"), order(&bench, "R2"));
    bench.send(stop_moved("S-A", "R2", 1));
    bench.send(stop_moved("S-A", "R1", 1));
    assert_eq!((order(&bench, "R1"), order(&bench, "R2")), before);
}

#[test]
fn closed_stops_stand_before_the_open_ones() {
    let (mut bench, ..) = two_routes();
    bench.send(start("R2"));
    bench.send(stop_done(&StopId::known("S-C"), &[]));
    bench.send(stop_moved("S-A", "R2", 1));
    assert_eq!(order(&bench, "R2"), ["2 S-A", "3 S-D"]);
}

#[test]
fn on_a_route_that_has_started_its_cases_are_in_the_van() {
    let (mut bench, a, _) = two_routes();
    bench.send(start("R2"));
    let done = bench.send(stop_moved("S-A", "R2", 1));
    assert_eq!(done.published(), ["DeliveryChanged", "DriverOnTheWay"]);
    assert_eq!(
        bench.delivery(a.as_str()).status,
        DeliveryStatus::OutForDelivery
    );
    assert_eq!(bench.case("C1").status, CaseStatus::Out);
    // From there they cannot go to another van.
    assert_eq!(bench.refuse(stop_moved("S-A", "R1", 1)), "cases_in_van");
    bench.send(start("R1"));
    assert_eq!(bench.refuse(stop_moved("S-A", "R1", 1)), "cases_in_van");
    // A stop that brings nothing can.
    bench.send(stop_moved("S-D", "R1", 1));
    assert_eq!(order(&bench, "R1"), ["1 S-D", "2 S-B"]);
}

#[test]
fn in_one_van_cases_may_go_to_its_other_run() {
    let (mut bench, a, _) = two_routes();
    bench.send(route("R3", "D1", vec![stop_plan("E", &[], &[])]));
    bench.send(start("R1"));
    assert_eq!(bench.refuse(stop_moved("S-A", "R3", 1)), "cases_in_van");
    bench.send(start("R3"));
    bench.send(stop_moved("S-A", "R3", 1));
    let delivery = bench.delivery(a.as_str());
    assert_eq!(delivery.route_id, Some(RouteId::known("R3")));
    assert_eq!(delivery.status, DeliveryStatus::OutForDelivery);
}

#[test]
fn what_cannot_be_moved_says_why() {
    let (mut bench, ..) = two_routes();
    assert_eq!(bench.refuse(stop_moved("S-NO", "R2", 1)), "unknown_stop");
    assert_eq!(bench.refuse(stop_moved("S-A", "R-NO", 1)), "unknown_route");
    let stale = StopMoved {
        expected: Some(7),
        ..stop_moved("S-A", "R2", 1)
    };
    assert_eq!(bench.refuse(stale), "version_mismatch");
    bench.send(start("R2"));
    bench.send(arrive(&StopId::known("S-D")));
    assert_eq!(bench.refuse(stop_moved("S-D", "R1", 1)), "driver_is_there");
    bench.send(stop_moved("S-D", "R2", 1));
    bench.send(stop_done(&StopId::known("S-D"), &[]));
    assert_eq!(bench.refuse(stop_moved("S-D", "R1", 1)), "stop_closed");
    bench.send(finish("R2"));
    assert_eq!(bench.refuse(stop_moved("S-A", "R2", 1)), "route_closed");
    bench.scope = Some("L2");
    assert_eq!(bench.refuse(stop_moved("S-A", "R1", 1)), "forbidden");
}

#[test]
fn where_the_route_calls_anyway_the_work_joins_that_stop() {
    let (mut bench, a, pickup) = two_routes();
    bench.send(route(
        "R3",
        "D3",
        vec![stop_plan("B", &[], &[]), stop_plan("A", &[], &[])],
    ));
    let done = bench.send(stop_moved("S-A", "R3", 1));
    let there = bench.stops("R3").remove(1);
    assert_eq!(done.result["stopId"], there.id.as_str());
    assert_eq!(
        (done.result["position"].as_u64(), there.sequence),
        (Some(2), 2)
    );
    assert_eq!(
        (there.delivery_ids, there.pickup_ids),
        (vec![a.clone()], vec![pickup])
    );
    assert_eq!(there.window_end, Some(at("2025-01-13T14:00:00Z")));
    assert_eq!(bench.delivery(a.as_str()).stop_id, Some(there.id));
    let left = bench.stop("S-A");
    assert_eq!(
        (left.status, left.reason.as_deref()),
        (StopStatus::Skipped, Some("moved"))
    );
    assert!(done.alerts.is_empty(), "{:?}", done.alerts);
}

#[test]
fn a_stop_without_work_joins_too() {
    let (mut bench, ..) = two_routes();
    bench.send(route("R3", "D3", vec![stop_plan("D", &[], &[])]));
    bench.send(stop_moved("S-D", "R3", 1));
    assert_eq!(bench.stop("S-D").reason.as_deref(), Some("moved"));
    // It is over, and stands before what is open.
    assert_eq!(order(&bench, "R2"), ["2 S-C"]);
}

#[test]
fn what_a_clinic_said_goes_with_the_work_to_the_stop_that_it_joins() {
    let (mut bench, ..) = two_routes();
    bench.send(route("R3", "D3", vec![stop_plan("A", &[], &[])]));
    // The stop that is joined has nothing in a van: that of R1 is still in the lab.
    bench.send(start("R3"));
    let there = bench.stops("R3").remove(0).id;
    let more = |stop: &StopId, count| ClinicAnswered {
        lab_id: lab(),
        stop_id: stop.clone(),
        kind: AnswerKind::MoreToFetch,
        until: None,
        count: Some(count),
        withdrawn: false,
    };
    let closed = ClinicAnswered {
        kind: AnswerKind::ClosedUntil,
        until: Some(at("2025-01-13T15:00:00Z")),
        count: None,
        ..more(&there, 1)
    };
    bench.now = at("2025-01-13T12:00:00Z");
    bench.send(more(&there, 1));
    bench.send(closed);
    bench.now = at("2025-01-13T12:10:00Z");
    let (mut one, mut other) = (bench.stop(there.as_str()), bench.stop("S-A"));
    other.answers = vec![Answer {
        kind: AnswerKind::MoreToFetch,
        until: None,
        count: Some(7),
        at: bench.now,
    }];
    other.answered = 19;
    one.take_answers_of(&other);
    let said: Vec<_> = one
        .answers
        .iter()
        .map(|one| (one.kind, one.count))
        .collect();
    assert_eq!(
        said,
        [
            (AnswerKind::ClosedUntil, None),
            (AnswerKind::MoreToFetch, Some(7))
        ]
    );
    assert_eq!(one.answered, MAX_ANSWERS);
    // An older word does not count against a newer one.
    let newest = one.answers.clone();
    one.take_answers_of(&bench.stop(there.as_str()));
    assert_eq!(one.answers, newest);
    bench.send(stop_moved("S-A", "R3", 1));
    assert_eq!(bench.stop("S-A").joined, Some(there.clone()));
    assert_eq!(bench.stop(there.as_str()).answers.len(), 2);
}

#[test]
fn a_full_route_takes_what_joins_one_of_its_stops_and_nothing_else() {
    let (mut bench, ..) = two_routes();
    let mut plans: Vec<_> = (1..MAX_STOPS)
        .map(|number| stop_plan(&format!("X{number}"), &[], &[]))
        .collect();
    plans.insert(0, stop_plan("A", &[], &[]));
    bench.send(route("R3", "D3", plans));
    bench.send(start("R3"));
    // A stop that is over counts as well: a route has so many in all.
    let second = bench.stops("R3").remove(1).id;
    bench.send(stop_done(&second, &[]));
    assert_eq!(bench.refuse(stop_moved("S-B", "R3", 1)), "route_full");
    bench.send(stop_moved("S-A", "R3", 1));
    assert_eq!(bench.stop("S-A").reason.as_deref(), Some("moved"));
}

#[test]
fn a_clinic_that_comes_onto_a_van_on_the_road_is_told_so() {
    let (mut bench, ..) = two_routes();
    let told = |done: &crate::harness::Done| {
        let names = done.published();
        names
            .iter()
            .filter(|name| **name == "DriverOnTheWay")
            .count()
    };
    bench.send(start("R2"));
    assert_eq!(told(&bench.send(stop_moved("S-A", "R2", 1))), 1);
    let added = |clinic: &str| pontic_core::event::RouteChanged {
        add: vec![stop_plan(clinic, &[], &[])],
        ..change("R2")
    };
    assert_eq!(told(&bench.send(added("E"))), 1);
    // The van calls there anyway.
    assert_eq!(told(&bench.send(added("E"))), 0);
    // Its clinic knows already that a van comes.
    bench.send(start("R1"));
    assert_eq!(told(&bench.send(stop_moved("S-D", "R1", 1))), 0);
    // Nobody is on the road.
    bench.send(route("R4", "D4", vec![]));
    let waiting = pontic_core::event::RouteChanged {
        add: vec![stop_plan("F", &[], &[])],
        ..change("R4")
    };
    assert_eq!(told(&bench.send(waiting)), 0);
}
