//! Contract 3.2: pickups asked for, changed, called off.

use pontic_core::event::{PickupMoved, PickupRequested};
use pontic_core::id::EndpointId;
use pontic_core::state::PickupStatus;
use serde_json::json;

use crate::events::*;
use crate::harness::{Bench, at};

const NINE: &str = "2025-01-14T09:00:00Z";
const TEN: &str = "2025-01-14T10:00:00Z";

#[test]
fn a_pickup_is_confirmed() {
    let mut bench = Bench::new();
    let done = bench.send(pickup("P1", "A", NINE, TEN));
    let pickup = bench.pickup("P1");
    let expected = json!({
        "id": pickup.id, "pickupId": "P1", "labId": "L1", "clinicId": "A", "status": "requested",
        "windowStart": NINE, "windowEnd": TEN, "isRush": false, "packageCount": 1,
        "confirmationNum": pickup.confirmation_num,
    });
    assert_eq!(done.result, expected);
    assert_eq!(done.published(), ["PickupConfirmed"]);
}

/// Faults of a window; the clock says 2025-01-13T10:00:00Z.
fn window_faults(start: &str, end: &str) -> Vec<String> {
    let mut bench = Bench::new();
    let event = pickup("P1", "A", start, end);
    match bench.clone().try_send(event.clone().into()) {
        Ok(_) => Vec::new(),
        Err(_) => bench.faults(event),
    }
}

#[test]
fn a_window_has_bounds() {
    let none: [&str; 0] = [];
    for (start, end, expected) in [
        // Start before end.
        (TEN, NINE, &["detail.windowEnd out_of_range"][..]),
        (NINE, NINE, &["detail.windowEnd out_of_range"]),
        // At most 24 hours.
        (NINE, "2025-01-15T09:00:00Z", &none),
        (
            NINE,
            "2025-01-15T09:00:00.001Z",
            &["detail.windowEnd out_of_range"],
        ),
        // The end later than 24 hours ago.
        ("2025-01-12T09:00:00Z", "2025-01-12T10:00:00.001Z", &none),
        (
            "2025-01-12T09:00:00Z",
            "2025-01-12T10:00:00Z",
            &["detail.windowEnd in_past"],
        ),
        // The start at most 366 days ahead.
        ("2026-01-14T10:00:00Z", "2026-01-14T11:00:00Z", &none),
        (
            "2026-01-14T10:00:00.001Z",
            "2026-01-14T11:00:00Z",
            &["detail.windowStart too_far"],
        ),
        // All at once, in order.
        (
            "2026-01-14T12:00:00Z",
            "2026-01-14T11:00:00Z",
            &[
                "detail.windowStart too_far",
                "detail.windowEnd out_of_range",
            ],
        ),
    ] {
        assert_eq!(window_faults(start, end), expected, "{start} {end}");
    }
}

#[test]
fn the_bounds_are_rules() {
    let mut bench = Bench::new();
    bench.rules.max_past_hours = 48;
    bench.rules.max_future_days = 1;
    bench.send(pickup(
        "P1",
        "A",
        "2025-01-11T10:00:00Z",
        "2025-01-11T11:00:00Z",
    ));
    let far = pickup("P2", "A", "2025-01-14T10:00:01Z", "2025-01-14T11:00:00Z");
    assert_eq!(bench.faults(far), ["detail.windowStart too_far"]);
}

#[test]
fn the_same_content_is_a_duplicate_whenever_it_was_asked() {
    let mut bench = Bench::new();
    bench.send(pickup("P1", "A", NINE, TEN));
    let later = PickupRequested {
        request_time: Some(at("2025-01-13T11:00:00Z")),
        ..pickup("P1", "A", NINE, TEN)
    };
    assert!(bench.send(later).idle);
}

#[test]
fn a_duplicate_is_one_also_after_its_window() {
    let mut bench = Bench::new();
    bench.send(pickup("P1", "A", NINE, TEN));
    bench.now = at("2025-02-14T09:00:00Z");
    assert!(bench.send(pickup("P1", "A", NINE, TEN)).idle);
}

#[test]
fn lab_source_clinic_and_id_tell_pickups_apart() {
    let mut bench = Bench::new();
    bench.send(pickup("P1", "A", NINE, TEN));
    bench.send(pickup("P1", "B", NINE, TEN));
    let other = PickupRequested {
        endpoint: Some(EndpointId::known("od-1")),
        ..pickup("P1", "A", NINE, TEN)
    };
    bench.send(other);
    bench.source = Some("another.portal");
    bench.send(pickup("P1", "A", NINE, TEN));
    assert_eq!(bench.all::<pontic_core::pickup::Pickup>().len(), 4);
}

#[test]
fn changed_while_changeable_it_is_updated() {
    let mut bench = Bench::new();
    let id = bench.send(pickup("P1", "A", NINE, TEN)).result["id"].clone();
    let more = PickupRequested {
        package_count: 3,
        ..pickup("P1", "A", TEN, "2025-01-14T11:00:00Z")
    };
    let done = bench.send(more.clone());
    assert_eq!(done.result["id"], id);
    assert_eq!(done.result["packageCount"], 3);
    assert_eq!(done.result["windowStart"], TEN);
    assert_eq!(done.published(), ["PickupConfirmed"]);
    // As it was at first is another change, not a duplicate.
    assert!(!bench.send(pickup("P1", "A", NINE, TEN)).idle);
}

#[test]
fn changed_later_it_is_locked() {
    let mut bench = Bench::new();
    bench.send(pickup("P1", "A", NINE, TEN));
    let id = bench.pickup("P1").id;
    bench.send(route("R1", "D1", vec![stop_plan("A", &[], &[&id])]));
    let more = PickupRequested {
        package_count: 2,
        ..pickup("P1", "A", NINE, TEN)
    };
    assert_eq!(bench.send(more.clone()).result["status"], "scheduled");
    bench.send(start("R1"));
    let stop = bench.stops("R1").remove(0).id;
    bench.send(stop_done(&stop, &[]));
    assert!(bench.send(more.clone()).idle);
    assert_eq!(bench.refuse(pickup("P1", "A", NINE, TEN)), "pickup_locked");
    assert_eq!(bench.refuse(pickup_cancelled("P1", "A")), "pickup_locked");
    assert_eq!(bench.refuse(moved(&id, NINE, TEN)), "pickup_locked");
    assert_eq!(bench.refuse(ended(&id, false)), "pickup_locked");
}

#[test]
fn a_cancelled_pickup_leaves_its_route() {
    let mut bench = Bench::new();
    bench.send(pickup("P1", "A", NINE, TEN));
    let id = bench.pickup("P1").id;
    bench.send(route("R1", "D1", vec![stop_plan("A", &[], &[&id])]));
    let done = bench.send(pickup_cancelled("P1", "A"));
    assert_eq!(done.result["status"], "cancelled");
    assert_eq!(done.published(), ["PickupCancelled"]);
    assert_eq!(bench.stops("R1")[0].status.as_str(), "skipped");
    assert!(bench.send(pickup_cancelled("P1", "A")).idle);
    assert_eq!(bench.refuse(pickup_cancelled("P1", "B")), "unknown_pickup");
}

#[test]
fn rush_is_told_once_per_request() {
    let mut bench = Bench::new();
    let rush = PickupRequested {
        is_rush: true,
        ..pickup("P1", "A", NINE, TEN)
    };
    let done = bench.send(rush.clone());
    assert_eq!(
        done.alerts
            .iter()
            .filter(|alert| alert.name == "RUSH_ALERT")
            .count(),
        1
    );
    let again = PickupRequested {
        package_count: 2,
        ..rush
    };
    assert!(bench.send(again).alerts.is_empty());
}

#[test]
fn a_dispatcher_moves_and_cancels_one() {
    let mut bench = Bench::new();
    bench.send(pickup("P1", "A", NINE, TEN));
    let id = bench.pickup("P1").id;
    let done = bench.send(moved(&id, "2025-01-15T09:00:00Z", "2025-01-15T10:00:00Z"));
    assert_eq!(done.result["windowStart"], "2025-01-15T09:00:00Z");
    assert_eq!(bench.pickup("P1").date.to_string(), "2025-01-15");
    assert_eq!(
        bench.faults(moved(&id, TEN, NINE)),
        ["windowEnd out_of_range"]
    );
    let stale = PickupMoved {
        expected: Some(1),
        ..moved(&id, NINE, TEN)
    };
    assert_eq!(bench.refuse(stale), "version_mismatch");
    bench.send(ended(&id, false));
    assert_eq!(bench.pickup("P1").status, PickupStatus::Cancelled);
    assert!(bench.send(ended(&id, false)).idle);
}

#[test]
fn a_sender_speaks_for_its_lab_only() {
    let mut bench = Bench::new();
    bench.send(pickup("P1", "A", NINE, TEN));
    let id = bench.pickup("P1").id;
    bench.scope = Some("L2");
    assert_eq!(bench.refuse(pickup("P2", "A", NINE, TEN)), "forbidden");
    assert_eq!(bench.refuse(pickup_cancelled("P1", "A")), "forbidden");
    assert_eq!(bench.refuse(moved(&id, NINE, TEN)), "forbidden");
    assert_eq!(bench.refuse(ended(&id, true)), "forbidden");
}

#[test]
fn its_day_is_that_of_the_clinics_wall_or_else_its_endpoints() {
    let mut bench = Bench::new();
    let through = |zone: &str| PickupRequested {
        endpoint: Some(EndpointId::known("od-1")),
        time_zone: Some(zone.to_owned()),
        ..pickup("P1", "A", "2025-01-15T03:00:00Z", "2025-01-15T04:00:00Z")
    };
    bench.send(through("America/Los_Angeles"));
    assert_eq!(bench.pickup("P1").date.to_string(), "2025-01-14");
    // Where the endpoint stands is nothing that its sender says.
    assert!(bench.send(through("America/New_York")).idle);
}

#[test]
fn a_webhooks_window_was_tested_at_its_door() {
    let mut bench = Bench::new();
    let old = PickupRequested {
        endpoint: Some(EndpointId::known("od-1")),
        ..pickup("P1", "A", "2025-01-01T03:00:00Z", "2025-01-01T05:00:00Z")
    };
    bench.send(old);
}
