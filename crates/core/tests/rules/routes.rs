//! Contract 6: routes planned, changed and driven.

use pontic_core::delivery::CaseStatus;
use pontic_core::event::{PickupMoved, RouteChanged, RouteFinished, RoutePlanned, StopPlan};
use pontic_core::id::{DeliveryId, DriverId, PickupId, StopId};
use pontic_core::state::{DeliveryStatus, PickupStatus, StopStatus};

use crate::events::*;
use crate::harness::{Bench, at};

const MON: &str = "2025-01-13";

/// A desk with a delivery and a pickup at clinic A, and a delivery at clinic B.
pub fn two_clinics() -> (Bench, DeliveryId, PickupId, DeliveryId) {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    bench.send(ready("C2", "A", MON));
    bench.send(ready("C3", "B", MON));
    bench.send(pickup(
        "P1",
        "A",
        "2025-01-13T12:00:00Z",
        "2025-01-13T14:00:00Z",
    ));
    let (a, b) = (bench.delivery_of("C1").id, bench.delivery_of("C3").id);
    let pickup = bench.pickup("P1").id;
    (bench, a, pickup, b)
}

/// The same on route R1, stops S-A and S-B.
pub fn planned() -> (Bench, DeliveryId, PickupId, DeliveryId) {
    let (mut bench, a, pickup, b) = two_clinics();
    let stops = vec![
        named("S-A", stop_plan("A", &[&a], &[&pickup])),
        named("S-B", stop_plan("B", &[&b], &[])),
    ];
    bench.send(route("R1", "D1", stops));
    (bench, a, pickup, b)
}

fn named(id: &str, plan: StopPlan) -> StopPlan {
    StopPlan {
        id: Some(StopId::known(id)),
        ..plan
    }
}

fn clinics(bench: &Bench, route: &str) -> Vec<String> {
    let stops = bench.stops(route).into_iter();
    stops.map(|stop| stop.clinic_id.to_string()).collect()
}

#[test]
fn every_clinic_ahead_is_told_of_once_when_the_driver_leaves() {
    let (mut bench, ..) = planned();
    let done = bench.send(start("R1"));
    let told = done.publications.iter();
    let told: Vec<_> = told.filter(|one| one.name == "DriverOnTheWay").collect();
    assert_eq!(told.len(), 2);
    let detail: serde_json::Value = serde_json::from_str(&told[0].detail).expect("JSON");
    assert_eq!(
        (
            &detail["stopId"],
            &detail["driverId"],
            &detail["windowStart"]
        ),
        (&"S-A".into(), &"D1".into(), &"2025-01-13T12:00:00Z".into())
    );
    assert!(bench.send(start("R1")).publications.is_empty());
}

#[test]
fn a_planned_route_has_its_stops_in_order() {
    let (bench, a, pickup, _) = planned();
    let stops = bench.stops("R1");
    let sequences: Vec<_> = stops.iter().map(|stop| stop.sequence).collect();
    assert_eq!(
        (clinics(&bench, "R1"), sequences),
        (vec!["A".into(), "B".into()], vec![1, 2])
    );
    assert_eq!(bench.delivery(a.as_str()).status, DeliveryStatus::Assigned);
    assert_eq!(bench.pickup("P1").status, PickupStatus::Scheduled);
    assert_eq!(stops[0].pickup_ids, [pickup]);
    assert_eq!(stops[0].window_start, Some(at("2025-01-13T12:00:00Z")));
}

#[test]
fn a_clinics_delivery_and_pickup_of_one_run_are_one_stop() {
    let (mut bench, a, pickup, b) = two_clinics();
    let stops = vec![
        stop_plan("A", &[&a], &[]),
        stop_plan("B", &[&b], &[]),
        stop_plan("A", &[], &[&pickup]),
    ];
    bench.send(route("R1", "D1", stops));
    assert_eq!(clinics(&bench, "R1"), ["A", "B"]);
    assert_eq!(bench.stops("R1")[0].pickup_ids.len(), 1);
}

#[test]
fn also_when_one_is_added_later() {
    let (mut bench, a, pickup, _) = two_clinics();
    bench.send(route("R1", "D1", vec![stop_plan("A", &[&a], &[])]));
    bench.send(RouteChanged {
        add: vec![stop_plan("A", &[], &[&pickup])],
        ..change("R1")
    });
    assert_eq!(clinics(&bench, "R1"), ["A"]);
    assert_eq!(bench.stops("R1")[0].pickup_ids, [pickup]);
}

#[test]
fn all_that_is_wrong_with_a_plan_is_named() {
    let (mut bench, a, _, b) = two_clinics();
    let (none, no_pickup) = (DeliveryId::known("NO"), PickupId::known("NO"));
    let stops = vec![
        named("S1", stop_plan("A", &[&b, &none], &[&no_pickup])),
        named("S1", stop_plan("B", &[], &[])),
    ];
    assert_eq!(
        bench.faults(route("R1", "D1", stops)),
        [
            "stops[0].deliveryIds[0] mismatch",
            "stops[0].deliveryIds[1] not_found",
            "stops[0].pickupIds[0] not_found",
            "stops[1].id mismatch",
        ]
    );
    bench.send(complete(&a));
    let over = route("R1", "D1", vec![stop_plan("A", &[&a], &[])]);
    assert_eq!(
        bench.faults(over),
        ["stops[0].deliveryIds[0] unknown_value"]
    );
}

#[test]
fn a_route_and_a_stop_are_there_once() {
    let (mut bench, ..) = planned();
    assert_eq!(bench.refuse(route("R1", "D1", Vec::new())), "route_exists");
    let again = route("R2", "D1", vec![named("S-A", stop_plan("C", &[], &[]))]);
    assert_eq!(bench.faults(again), ["stops[0].id mismatch"]);
    let unnamed = RoutePlanned {
        route_id: None,
        ..route("", "D1", Vec::new())
    };
    assert!(bench.send(unnamed).result["routeId"].is_string());
}

#[test]
fn started_its_cases_are_out() {
    let (mut bench, a, ..) = planned();
    let done = bench.send(start("R1"));
    assert_eq!(done.result["status"], "started");
    assert_eq!(
        bench.delivery(a.as_str()).status,
        DeliveryStatus::OutForDelivery
    );
    assert_eq!(bench.case("C2").status, CaseStatus::Out);
    assert!(bench.send(start("R1")).idle);
    assert_eq!(bench.route("R1").started_at, Some(bench.now));
}

#[test]
fn finished_what_was_fetched_is_in_the_lab_and_open_stops_were_left_out() {
    let (mut bench, _, _, b) = planned();
    assert_eq!(bench.refuse(finish("R1")), "route_not_started");
    bench.send(start("R1"));
    bench.send(stop_done(&StopId::known("S-A"), &[]));
    let back = RouteFinished {
        at: Some(at("2025-01-13T17:00:00Z")),
        ..finish("R1")
    };
    let done = bench.send(back);
    assert_eq!(done.alerted(), ["stop_skipped"]);
    assert!(done.published().contains(&"PickupAtLab"));
    assert_eq!(bench.pickup("P1").status, PickupStatus::AtLab);
    assert_eq!(bench.stop("S-B").status, StopStatus::Skipped);
    assert_eq!(bench.delivery(b.as_str()).status, DeliveryStatus::Failed);
    assert_eq!(bench.delivery_of("C3").date.to_string(), "2025-01-14");
    assert_eq!(
        bench.route("R1").finished_at,
        Some(at("2025-01-13T17:00:00Z"))
    );
    assert!(bench.send(finish("R1")).idle);
}

#[test]
fn in_mid_route_the_rest_goes_to_another_driver() {
    let (mut bench, a, _, b) = planned();
    bench.send(start("R1"));
    bench.send(stop_done(&StopId::known("S-A"), &[]));
    let done = bench.send(RouteChanged {
        driver_id: Some(DriverId::known("D2")),
        ..change("R1")
    });
    assert_eq!(done.alerted(), ["unknown_driver"]);
    let driver = |id: &DeliveryId| bench.delivery(id.as_str()).driver_id;
    assert_eq!(driver(&a), Some(DriverId::known("D1")));
    assert_eq!(driver(&b), Some(DriverId::known("D2")));
    bench.send(stop_done(&StopId::known("S-B"), &[]));
    assert_eq!(bench.stop("S-A").driver_id, Some(DriverId::known("D1")));
    assert_eq!(bench.stop("S-B").driver_id, Some(DriverId::known("D2")));
}

#[test]
fn the_order_changes_and_new_stops_come_last() {
    let (mut bench, ..) = planned();
    bench.send(RouteChanged {
        add: vec![named("S-C", stop_plan("C", &[], &[]))],
        ..change("R1")
    });
    assert_eq!(clinics(&bench, "R1"), ["A", "B", "C"]);
    bench.send(RouteChanged {
        order: vec![StopId::known("S-C"), StopId::known("S-B")],
        ..change("R1")
    });
    assert_eq!(clinics(&bench, "R1"), ["C", "B", "A"]);
    let unknown = RouteChanged {
        order: vec![StopId::known("S-X")],
        ..change("R1")
    };
    assert_eq!(bench.faults(unknown), ["order[0] not_found"]);
}

#[test]
fn in_mid_route_the_stops_behind_keep_their_places() {
    let (mut bench, ..) = planned();
    bench.send(RouteChanged {
        add: vec![named("S-C", stop_plan("C", &[], &[]))],
        ..change("R1")
    });
    bench.send(start("R1"));
    bench.send(stop_done(&StopId::known("S-B"), &[]));
    bench.send(RouteChanged {
        order: vec![StopId::known("S-C"), StopId::known("S-A")],
        ..change("R1")
    });
    assert_eq!(clinics(&bench, "R1"), ["B", "C", "A"]);
}

#[test]
fn a_removed_stop_gives_its_work_back() {
    let (mut bench, a, ..) = planned();
    bench.send(RouteChanged {
        remove: vec![StopId::known("S-A")],
        ..change("R1")
    });
    assert_eq!(bench.delivery(a.as_str()).status, DeliveryStatus::Scheduled);
    assert_eq!(bench.pickup("P1").status, PickupStatus::Requested);
    let again = RouteChanged {
        remove: vec![StopId::known("S-A")],
        ..change("R1")
    };
    assert_eq!(bench.refuse(again), "stop_closed");
}

#[test]
fn a_cancelled_route_gives_its_work_back() {
    let (mut bench, a, _, b) = planned();
    bench.send(RouteChanged {
        cancel: true,
        ..change("R1")
    });
    for id in [&a, &b] {
        assert_eq!(
            bench.delivery(id.as_str()).status,
            DeliveryStatus::Scheduled
        );
    }
    assert_eq!(bench.refuse(change("R1")), "route_closed");
    assert_eq!(bench.refuse(start("R1")), "route_not_planned");
}

#[test]
fn cancelled_on_the_road_what_is_in_the_van_goes_to_the_next_day() {
    let (mut bench, a, ..) = planned();
    bench.send(start("R1"));
    bench.send(RouteChanged {
        cancel: true,
        ..change("R1")
    });
    assert_eq!(bench.delivery(a.as_str()).status, DeliveryStatus::Failed);
    assert_eq!(bench.delivery_of("C1").date.to_string(), "2025-01-14");
    assert_eq!(bench.pickup("P1").status, PickupStatus::Requested);
}

#[test]
fn a_delivery_is_dragged_to_another_route() {
    let (mut bench, a, pickup, b) = planned();
    bench.send(route("R2", "D2", vec![stop_plan("B", &[&b], &[])]));
    assert_eq!(bench.stop("S-B").status, StopStatus::Skipped);
    assert_eq!(
        bench.delivery(b.as_str()).driver_id,
        Some(DriverId::known("D2"))
    );
    bench.send(RouteChanged {
        add: vec![stop_plan("A", &[&a], &[&pickup])],
        ..change("R2")
    });
    assert_eq!(clinics(&bench, "R2"), ["B", "A"]);
    assert_eq!(bench.stop("S-A").status, StopStatus::Skipped);
}

#[test]
fn dragged_onto_a_started_route_it_is_out() {
    let (mut bench, a, _, b) = planned();
    bench.send(route("R2", "D2", vec![stop_plan("B", &[&b], &[])]));
    bench.send(start("R2"));
    bench.send(RouteChanged {
        add: vec![stop_plan("A", &[&a], &[])],
        ..change("R2")
    });
    assert_eq!(
        bench.delivery(a.as_str()).status,
        DeliveryStatus::OutForDelivery
    );
    assert_eq!(bench.case("C1").status, CaseStatus::Out);
    // What is out is nobody's to drag.
    let back = RouteChanged {
        add: vec![stop_plan("A", &[&a], &[])],
        ..change("R1")
    };
    assert_eq!(
        bench.faults(back),
        ["addStops[0].deliveryIds[0] unknown_value"]
    );
}

#[test]
fn a_finished_route_unloads_only_what_it_fetched() {
    let (mut bench, _, pickup, _) = planned();
    bench.send(start("R1"));
    bench.send(stop_skipped(&StopId::known("S-A")));
    bench.send(route(
        "R2",
        "D2",
        vec![named("S2", stop_plan("A", &[], &[&pickup]))],
    ));
    bench.send(start("R2"));
    bench.send(stop_done(&StopId::known("S2"), &[]));
    bench.send(finish("R1"));
    assert_eq!(bench.pickup("P1").status, PickupStatus::PickedUp);
    bench.send(finish("R2"));
    assert_eq!(bench.pickup("P1").status, PickupStatus::AtLab);
}

#[test]
fn a_change_expects_the_version_it_saw() {
    let (mut bench, _, pickup, _) = planned();
    let stale = RouteChanged {
        expected: Some(7),
        ..change("R1")
    };
    assert_eq!(bench.refuse(stale), "version_mismatch");
    let seen = bench.pickup("P1").version;
    let change = PickupMoved {
        expected: Some(seen),
        ..moved(&pickup, "2025-01-13T13:00:00Z", "2025-01-13T15:00:00Z")
    };
    assert_eq!(bench.send(change).result["status"], "scheduled");
}

#[test]
fn routes_of_another_lab_are_not_ones_own() {
    let (mut bench, ..) = planned();
    bench.scope = Some("L2");
    assert_eq!(bench.refuse(start("R1")), "forbidden");
    assert_eq!(bench.refuse(change("R1")), "forbidden");
    assert_eq!(bench.refuse(arrive(&StopId::known("S-A"))), "forbidden");
}

#[test]
fn what_a_driver_does_on_a_route_that_went_to_another_does_not_count() {
    let (mut bench, ..) = planned();
    bench.send(route("R2", "D2", vec![stop_plan("D", &[], &[])]));
    let (a, b) = (StopId::known("S-A"), StopId::known("S-B"));
    bench.driver = Some("D2");
    assert_eq!(bench.refuse(start("R1")), "unknown_route");
    bench.driver = Some("D1");
    bench.send(start("R1"));
    bench.send(arrive(&a));
    bench.driver = None;
    bench.send(RouteChanged {
        driver_id: Some(DriverId::known("D2")),
        ..change("R1")
    });
    // Told before the driver heard of it.
    bench.driver = Some("D1");
    for refused in [
        bench.refuse(arrive(&b)),
        bench.refuse(stop_done(&a, &[])),
        bench.refuse(stop_failed(&b, "closed")),
        bench.refuse(stop_skipped(&b)),
    ] {
        assert_eq!(refused, "unknown_stop");
    }
    assert_eq!(bench.refuse(finish("R1")), "unknown_route");
    bench.driver = Some("D2");
    bench.send(stop_done(&a, &[]));
    bench.send(finish("R1"));
}
