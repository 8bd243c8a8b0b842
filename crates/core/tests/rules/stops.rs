//! Contract 6: stops arrived at, completed, failed, skipped.

use pontic_core::delivery::CaseStatus;
use pontic_core::event::StopArrived;
use pontic_core::id::StopId;
use pontic_core::state::{DeliveryStatus, PickupStatus, StopStatus};

use crate::events::*;
use crate::harness::{Bench, at};
use crate::routes::planned;

fn a() -> StopId {
    StopId::known("S-A")
}

fn started() -> Bench {
    let (mut bench, ..) = planned();
    bench.send(start("R1"));
    bench
}

#[test]
fn nothing_happens_at_a_stop_before_the_route_starts() {
    let (mut bench, ..) = planned();
    assert_eq!(bench.refuse(arrive(&a())), "route_not_started");
    assert_eq!(bench.refuse(stop_done(&a(), &[])), "route_not_started");
    assert_eq!(
        bench.refuse(stop_failed(&a(), "closed")),
        "route_not_started"
    );
    assert_eq!(bench.refuse(arrive(&StopId::known("S-X"))), "unknown_stop");
}

#[test]
fn arrived_once() {
    let mut bench = started();
    let time = Some(at("2025-01-13T10:20:00Z"));
    bench.send(StopArrived {
        at: time,
        ..arrive(&a())
    });
    assert_eq!(bench.stop("S-A").status, StopStatus::Arrived);
    assert!(bench.send(arrive(&a())).idle);
    assert_eq!(bench.stop("S-A").arrived_at, time);
    bench.send(stop_done(&a(), &[]));
    assert!(bench.send(arrive(&a())).idle);
    assert_eq!(bench.stop("S-A").arrived_at, time);
}

#[test]
fn done_means_delivered_and_fetched() {
    let mut bench = started();
    bench.send(invoice("I1", "A", &["C1", "C2"]));
    let done = bench.send(stop_done(&a(), &[]));
    assert_eq!(done.result["status"], "done");
    let mut published = done.published();
    published.sort_unstable();
    assert_eq!(
        published,
        [
            "BillingTriggered",
            "DeliveryCompleted",
            "InvoiceDelivered",
            "PickupCompleted"
        ]
    );
    assert_eq!(bench.delivery_of("C1").status, DeliveryStatus::Delivered);
    assert_eq!(bench.pickup("P1").status, PickupStatus::PickedUp);
    let handover = bench.case("C1").handover.expect("handed over");
    assert_eq!(handover.proof.photo_ids, ["PHOTO-1"]);
    assert!(bench.send(stop_done(&a(), &[])).idle);
    assert_eq!(bench.refuse(stop_failed(&a(), "closed")), "stop_closed");
    assert_eq!(bench.refuse(stop_skipped(&a())), "stop_closed");
}

#[test]
fn partly_done_with_a_reason_per_case() {
    let mut bench = started();
    bench.send(invoice("I1", "A", &["C1", "C2"]));
    let done = bench.send(stop_done(&a(), &[("C2", "damaged")]));
    assert_eq!(done.result["status"], "partly_done");
    assert_eq!(done.alerted(), ["stop_partly_done"]);
    assert_eq!(
        bench.delivery_of("C1").status,
        DeliveryStatus::PartiallyDelivered
    );
    assert_eq!(bench.case("C2").status, CaseStatus::Scheduled);
    assert_eq!(bench.billed("I1"), 0);
    let undone = bench.stop("S-A").undone.remove(0);
    assert_eq!(
        (undone.id.as_str(), undone.reason.as_str()),
        ("C2", "damaged")
    );
}

#[test]
fn partly_done_without_its_pickup() {
    let (mut bench, _, pickup, _) = planned();
    bench.send(start("R1"));
    let done = bench.send(stop_done(&a(), &[(pickup.as_str(), "not ready")]));
    assert_eq!(done.result["status"], "partly_done");
    assert!(done.published().contains(&"PickupMissed"));
    assert_eq!(bench.pickup("P1").status, PickupStatus::Missed);
    assert_eq!(bench.pickup("P1").reason.as_deref(), Some("not ready"));
    assert_eq!(bench.delivery_of("C1").status, DeliveryStatus::Delivered);
}

#[test]
fn with_nothing_done_it_failed() {
    let (mut bench, delivery, pickup, _) = planned();
    bench.send(start("R1"));
    let all = [("C1", "no"), ("C2", "no"), (pickup.as_str(), "no")];
    let done = bench.send(stop_done(&a(), &all));
    assert_eq!(done.result["status"], "failed");
    let delivery = bench.delivery(delivery.as_str());
    assert_eq!(delivery.status, DeliveryStatus::Failed);
    // Nobody took it: there is no proof and no time of it.
    assert!(delivery.completed_at.is_none() && delivery.proof.is_empty());
    assert!(bench.send(stop_done(&a(), &all)).idle);
    assert_eq!(bench.refuse(stop_done(&a(), &[])), "stop_closed");
}

#[test]
fn a_reason_must_be_for_something_of_the_stop() {
    let mut bench = started();
    let faults = bench.faults(stop_done(&a(), &[("C1", "no"), ("C3", "no")]));
    assert_eq!(faults, ["undone[1] not_found"]);
}

#[test]
fn failed_all_of_it_goes_to_the_next_working_day() {
    let (mut bench, delivery, ..) = planned();
    bench.send(start("R1"));
    let done = bench.send(stop_failed(&a(), "closed"));
    assert_eq!(done.alerted(), ["stop_failed"]);
    assert_eq!(
        bench.delivery(delivery.as_str()).reason.as_deref(),
        Some("closed")
    );
    assert_eq!(bench.delivery_of("C1").date.to_string(), "2025-01-14");
    assert_eq!(bench.delivery_of("C1").id, bench.delivery_of("C2").id);
    assert_eq!(bench.pickup("P1").status, PickupStatus::Missed);
    assert!(bench.send(stop_failed(&a(), "closed")).idle);
    assert_eq!(bench.refuse(stop_done(&a(), &[])), "stop_closed");
}

#[test]
fn skipped_before_the_start_its_work_is_free_again() {
    let (mut bench, delivery, ..) = planned();
    let done = bench.send(stop_skipped(&a()));
    assert!(done.alerts.is_empty());
    assert_eq!(
        bench.delivery(delivery.as_str()).status,
        DeliveryStatus::Scheduled
    );
    assert_eq!(bench.pickup("P1").status, PickupStatus::Requested);
    assert!(bench.send(stop_skipped(&a())).idle);
}

#[test]
fn skipped_on_the_road_its_pickup_is_free_and_its_delivery_comes_later() {
    let (mut bench, delivery, ..) = planned();
    bench.send(start("R1"));
    let done = bench.send(stop_skipped(&a()));
    assert_eq!(done.alerted(), ["stop_skipped"]);
    assert_eq!(
        bench.delivery(delivery.as_str()).status,
        DeliveryStatus::Failed
    );
    assert_eq!(bench.pickup("P1").status, PickupStatus::Requested);
    assert_eq!(bench.delivery_of("C1").date.to_string(), "2025-01-14");
}
