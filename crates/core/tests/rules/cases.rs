//! Contract 3.1: cases into deliveries and out again.

use pontic_core::delivery::{CaseStatus, Priority};
use pontic_core::state::DeliveryStatus;
use serde_json::json;

use crate::events::*;
use crate::harness::{Bench, at, day};

const MON: &str = "2025-01-20";
const TUE: &str = "2025-01-21";

#[test]
fn the_first_case_makes_a_delivery_and_the_next_joins_it() {
    let mut bench = Bench::new();
    let first = bench.send(heavy("C1", "A", MON, 0.25));
    assert_eq!(first.published(), ["DeliveryScheduled"]);
    let second = bench.send(ready("C2", "A", MON));
    assert_eq!(second.published(), ["DeliveryChanged"]);
    let id = bench.delivery_of("C1").id;
    let expected = json!({
        "deliveryId": id, "labId": "L1", "clinicId": "A", "deliveryDate": MON, "status": "scheduled",
        "priority": "STANDARD", "consolidated": true, "overdue": false, "packageCount": 2, "totalWeight": 0.25,
        "fragile": true, "requiresSignature": true,
        "cases": [{ "caseId": "C2", "packageSpecs": { "fragile": false, "requiresSignature": false } }],
    });
    assert_eq!(second.result, expected);
    assert_eq!(first.result["consolidated"], false);
    assert_eq!(first.result["cases"][0]["packageSpecs"]["weight"], 0.25);
}

#[test]
fn another_clinic_or_date_is_another_delivery() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    bench.send(ready("C2", "B", MON));
    bench.send(ready("C3", "A", TUE));
    let ids = ["C1", "C2", "C3"].map(|case| bench.delivery_of(case).id);
    assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2]);
}

#[test]
fn two_events_at_the_same_instant_make_one_delivery() {
    let mut bench = Bench::new();
    let cases: Vec<String> = (0..50).map(|n| format!("C{n}")).collect();
    let mut events = Vec::new();
    for case in &cases {
        let event = bench.logged(ready(case, "A", MON).into());
        events.push(event);
    }
    let again = events.clone();
    assert!(bench.batch(events).iter().all(Result::is_ok));
    assert_eq!(bench.delivery_of("C0").load.cases, 50);
    for done in bench.batch(again) {
        assert!(done.expect("accepted").idle);
    }
}

#[test]
fn a_past_date_is_accepted_as_overdue_by_the_clock_of_the_lab() {
    let mut bench = Bench::new();
    bench.now = at("2025-01-20T04:30:00Z");
    let done = bench.send(ready("C1", "A", "2025-01-19"));
    assert_eq!(done.result["overdue"], true);
    bench.rules.default_time_zone = "America/New_York".to_owned();
    let done = bench.send(ready("C2", "B", "2025-01-19"));
    assert_eq!(done.result["overdue"], false);
}

#[test]
fn the_same_case_again_updates_its_specs_and_priority() {
    let mut bench = Bench::new();
    bench.send(heavy("C1", "A", MON, 1.5));
    let done = bench.send(rush("C1", "A", MON));
    assert_eq!(done.result["consolidated"], true);
    assert_eq!(done.result["packageCount"], 1);
    assert_eq!(done.result["priority"], "RUSH");
    // What it does not say stays.
    assert_eq!(done.result["totalWeight"], 1.5);
    assert_eq!(
        done.published(),
        ["DeliveryChanged"],
        "priority is a change of the delivery"
    );
    let done = bench.send(ready("C1", "A", MON));
    assert_eq!(done.result["priority"], "STANDARD");
}

#[test]
fn the_same_event_again_changes_nothing() {
    let mut bench = Bench::new();
    let first = bench.send(rush("C1", "A", MON));
    let again = bench.send(rush("C1", "A", MON));
    assert!(again.idle);
    assert_eq!(again.result["deliveryId"], first.result["deliveryId"]);
    assert_eq!(bench.delivery_of("C1").version, 1);
}

#[test]
fn a_case_moves_and_a_delivery_left_empty_is_cancelled() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let old = bench.delivery_of("C1").id;
    let done = bench.send(ready("C1", "B", MON));
    assert_eq!(done.result["clinicId"], "B");
    assert_eq!(done.result["consolidated"], false);
    assert_eq!(
        bench.delivery(old.as_str()).status,
        DeliveryStatus::Cancelled
    );
    assert_eq!(done.published(), ["DeliveryChanged", "DeliveryScheduled"]);
}

#[test]
fn moved_to_tuesday_and_back_it_is_back() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    bench.send(ready("C2", "A", MON));
    let monday = bench.delivery_of("C1").id;
    for date in [TUE, MON, TUE, MON] {
        let done = bench.send(ready("C1", "A", date));
        assert!(!done.idle);
        assert_eq!(bench.delivery_of("C1").date, day(date));
    }
    assert_eq!(bench.delivery_of("C1").id, monday);
    assert_eq!(bench.delivery_of("C1").load.cases, 2);
}

#[test]
fn a_case_joins_a_delivery_that_is_assigned() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let id = bench.delivery_of("C1").id;
    bench.send(route("R1", "D1", vec![stop_plan("A", &[&id], &[])]));
    let done = bench.send(ready("C2", "A", MON));
    assert_eq!(done.result["deliveryId"], id.as_str());
    assert_eq!(done.result["status"], "assigned");
}

#[test]
fn a_case_that_is_out_or_delivered_was_shipped() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let id = bench.delivery_of("C1").id;
    bench.send(route("R1", "D1", vec![stop_plan("A", &[&id], &[])]));
    bench.send(start("R1"));
    assert_eq!(bench.refuse(ready("C1", "A", TUE)), "case_already_shipped");
    assert_eq!(bench.refuse(cancelled("C1")), "case_already_shipped");
    bench.send(complete(&id));
    assert_eq!(bench.refuse(ready("C1", "A", MON)), "case_already_shipped");
    assert_eq!(bench.refuse(on_hold("C1")), "case_already_shipped");
}

#[test]
fn a_delivery_out_on_its_route_is_not_joined() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let id = bench.delivery_of("C1").id;
    bench.send(route("R1", "D1", vec![stop_plan("A", &[&id], &[])]));
    bench.send(start("R1"));
    let done = bench.send(ready("C2", "A", MON));
    assert_ne!(done.result["deliveryId"], id.as_str());
}

#[test]
fn one_rush_case_makes_the_delivery_rush() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let done = bench.send(rush("C2", "A", MON));
    assert_eq!(done.result["priority"], "RUSH");
    assert_eq!(done.alerts[0].name, "RUSH_ALERT");
    bench.send(cancelled("C2"));
    assert_eq!(bench.delivery_of("C1").priority(), Priority::Standard);
}

#[test]
fn rush_is_told_once_per_case() {
    let mut bench = Bench::new();
    for event in [
        rush("C1", "A", MON),
        rush("C1", "A", TUE),
        ready("C1", "A", MON),
        rush("C1", "A", MON),
        rush("C2", "A", MON),
    ] {
        bench.send(event);
    }
    let alerts = bench
        .alerts
        .iter()
        .filter(|alert| alert.name == "RUSH_ALERT");
    let told: Vec<_> = alerts.map(|alert| alert.body["caseId"].clone()).collect();
    assert_eq!(told, ["C1", "C2"]);
}

#[test]
fn a_cancelled_case_leaves_and_an_emptied_delivery_is_cancelled() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    bench.send(ready("C2", "A", MON));
    let id = bench.delivery_of("C1").id;
    let done = bench.send(cancelled("C1"));
    assert_eq!(done.result["deliveryStatus"], "scheduled");
    assert_eq!(bench.case("C1").status, CaseStatus::Cancelled);
    bench.send(on_hold("C2"));
    assert_eq!(
        bench.delivery(id.as_str()).status,
        DeliveryStatus::Cancelled
    );
    assert_eq!(bench.case("C2").status, CaseStatus::OnHold);
    assert!(bench.send(on_hold("C2")).idle);
    assert_eq!(bench.refuse(cancelled("C9")), "unknown_case");
}

#[test]
fn a_case_on_hold_comes_back_when_it_is_ready_again() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    bench.send(on_hold("C1"));
    let done = bench.send(ready("C1", "A", MON));
    assert_eq!(done.result["consolidated"], false);
    assert_eq!(bench.case("C1").status, CaseStatus::Scheduled);
}

#[test]
fn an_emptied_delivery_leaves_its_stop_and_an_empty_stop_is_skipped() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let id = bench.delivery_of("C1").id;
    bench.send(route("R1", "D1", vec![stop_plan("A", &[&id], &[])]));
    bench.send(cancelled("C1"));
    let stop = bench.stops("R1").remove(0);
    assert_eq!(stop.status.as_str(), "skipped");
    assert!(stop.delivery_ids.is_empty());
}

#[test]
fn patient_data_is_kept_with_the_case() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let name = &bench.case("C1").private.reveal().patient_name.clone();
    assert_eq!(name, "CANARY Doe");
    let nameless = pontic_core::event::CaseReadyToShip {
        private: pontic_core::phi::Phi::default(),
        ..ready("C1", "A", TUE)
    };
    bench.send(nameless);
    assert_eq!(&bench.case("C1").private.reveal().patient_name, name);
}

#[test]
fn a_dispatcher_moves_a_delivery_to_another_day() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let id = bench.delivery_of("C1").id;
    let to = |date| pontic_core::event::DeliveryPatched {
        date: Some(day(date)),
        ..patched(&id)
    };
    assert_eq!(bench.send(to(TUE)).result["deliveryId"], id.as_str());
    bench.send(ready("C2", "A", MON));
    let joined = bench.send(to(MON));
    assert_eq!(joined.result["packageCount"], 2);
    assert_eq!(
        bench.delivery(id.as_str()).status,
        DeliveryStatus::Cancelled
    );
    assert_eq!(bench.refuse(to("2025-01-22")), "delivery_not_open");
}

#[test]
fn a_dispatcher_calls_a_delivery_off_and_hears_of_its_cases() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let id = bench.delivery_of("C1").id;
    let off = pontic_core::event::DeliveryPatched {
        cancel: true,
        ..patched(&id)
    };
    let done = bench.send(off.clone());
    assert_eq!(done.alerted(), ["delivery_cancelled_with_cases"]);
    assert_eq!(bench.case("C1").status, CaseStatus::Known);
    assert!(bench.send(off.clone()).idle);
    let stale = pontic_core::event::DeliveryPatched {
        expected: Some(1),
        ..off
    };
    assert_eq!(bench.refuse(stale), "version_mismatch");
}
