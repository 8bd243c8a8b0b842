//! Contract 3.3: deliveries completed, invoices billed, and what was not delivered.

use pontic_core::delivery::CaseStatus;
use pontic_core::directory::{Clinic, Lab};
use pontic_core::event::{ClinicSet, DeliveryCompleted, LabSet, StopCompleted, StopFailed};
use pontic_core::id::{ClinicId, DeliveryId, LabId};
use pontic_core::invoice::InvoiceStatus;
use pontic_core::phi::Phi;
use pontic_core::state::DeliveryStatus;
use pontic_core::time::Day;
use serde_json::json;

use crate::events::*;
use crate::harness::{Bench, day};

/// Monday, as the day on which the bench begins.
const MON: &str = "2025-01-13";
const FRI: &str = "2025-01-17";

fn with_cases(cases: &[&str]) -> (Bench, DeliveryId) {
    let mut bench = Bench::new();
    for case in cases {
        bench.send(ready(case, "A", MON));
    }
    let id = bench.delivery_of(cases[0]).id;
    (bench, id)
}

/// The same, in the van on route R1.
fn out_with(cases: &[&str]) -> (Bench, DeliveryId) {
    let (mut bench, id) = with_cases(cases);
    bench.send(route("R1", "D1", vec![stop_plan("A", &[&id], &[])]));
    bench.send(start("R1"));
    (bench, id)
}

#[test]
fn an_invoice_that_was_there_before_is_billed_at_once() {
    let (mut bench, id) = with_cases(&["C1", "C2"]);
    bench.send(invoice("I1", "A", &["C1", "C2"]));
    let done = bench.send(complete(&id));
    let expected = json!({
        "deliveryId": id, "status": "delivered", "awaitingInvoice": [], "billingTriggered": ["I1"],
        "invoices": [{ "invoiceId": "I1", "status": "delivered" }],
    });
    assert_eq!(done.result, expected);
    assert_eq!(bench.billed("I1"), 1);
    let line = bench.invoice("I1").lines.remove(0);
    let handover = line.handover.expect("marked delivered");
    assert_eq!(handover.proof.signature_id.as_deref(), Some("SIG-1"));
    let told = bench.publications.last().expect("published");
    assert!(done.published().contains(&"DeliveryCompleted"), "{told:?}");
}

#[test]
fn an_invoice_that_comes_after_is_billed_when_it_comes() {
    let (mut bench, id) = with_cases(&["C1"]);
    let done = bench.send(complete(&id));
    assert_eq!(done.result["awaitingInvoice"], json!(["C1"]));
    assert_eq!(done.result["billingTriggered"], json!([]));
    let done = bench.send(invoice("I1", "A", &["C1"]));
    assert_eq!(done.result["status"], "delivered");
    assert_eq!(done.result["billingTriggered"], json!(["I1"]));
    assert_eq!(done.published(), ["BillingTriggered", "InvoiceDelivered"]);
    let again = bench.send(complete(&id));
    assert!(again.idle);
    assert_eq!(again.result["invoices"][0]["status"], "delivered");
    assert_eq!(again.result["billingTriggered"], json!([]));
}

#[test]
fn in_halves_it_is_billed_with_the_second() {
    let (mut bench, id) = with_cases(&["C1", "C2"]);
    bench.send(invoice("I1", "A", &["C1", "C2"]));
    let half = bench.send(complete_part(&id, &["C1"]));
    assert_eq!(half.result["status"], "partially_delivered");
    assert_eq!(half.result["invoices"][0]["status"], "partially_delivered");
    let rest = bench.delivery_of("C2");
    assert_ne!(rest.id, id);
    let whole = bench.send(complete_part(&id, &["C2"]));
    assert_eq!(whole.result["status"], "delivered");
    assert_eq!(whole.result["billingTriggered"], json!(["I1"]));
    assert_eq!(
        bench.delivery(rest.id.as_str()).status,
        DeliveryStatus::Cancelled
    );
    assert_eq!(bench.delivery(id.as_str()).load.cases, 2);
}

#[test]
fn the_second_half_may_come_with_the_later_delivery() {
    let (mut bench, id) = with_cases(&["C1", "C2"]);
    bench.send(invoice("I1", "A", &["C1", "C2"]));
    bench.send(complete_part(&id, &["C1"]));
    let later = bench.delivery_of("C2").id;
    let done = bench.send(complete(&later));
    assert_eq!(done.result["billingTriggered"], json!(["I1"]));
    // The first one remains what it was, whoever asks again.
    let again = bench.send(complete(&id));
    assert!(again.idle);
    assert_eq!(again.result["status"], "partially_delivered");
}

#[test]
fn twice_is_billed_once() {
    let (mut bench, id) = with_cases(&["C1", "C2"]);
    bench.send(invoice("I1", "A", &["C1"]));
    bench.send(complete_part(&id, &["C1"]));
    let again = bench.send(complete_part(&id, &["C1"]));
    assert!(again.idle);
    assert_eq!(again.result["billingTriggered"], json!([]));
    assert_eq!(bench.billed("I1"), 1);
}

#[test]
fn a_case_may_be_on_two_invoices_and_an_invoice_name_it_twice() {
    let (mut bench, id) = with_cases(&["C1"]);
    bench.send(invoice("I1", "A", &["C1", "C1"]));
    bench.send(invoice("I2", "A", &["C1", "C2"]));
    let done = bench.send(complete_part(&id, &["C1", "C1"]));
    assert_eq!(done.result["billingTriggered"], json!(["I1"]));
    assert_eq!(
        bench.invoice("I2").status,
        InvoiceStatus::PartiallyDelivered
    );
}

#[test]
fn a_delivered_one_changes_nothing_whatever_is_said() {
    let (mut bench, id) = with_cases(&["C1"]);
    bench.send(ready("C2", "B", MON));
    bench.send(complete(&id));
    for cases in [&["C1"][..], &["C2"], &["NEW"]] {
        let done = bench.send(complete_part(&id, cases));
        assert!(done.idle);
        assert_eq!(done.result["status"], "delivered");
    }
    assert_eq!(bench.case("C2").status, CaseStatus::Scheduled);
}

#[test]
fn a_cancelled_one_is_refused() {
    let (mut bench, id) = with_cases(&["C1"]);
    bench.send(cancelled("C1"));
    assert_eq!(bench.refuse(complete(&id)), "delivery_cancelled");
}

#[test]
fn a_failed_one_can_still_be_completed() {
    let (mut bench, id) = out_with(&["C1", "C2"]);
    let stop = bench.stops("R1").remove(0).id;
    bench.send(stop_failed(&stop, "closed"));
    assert_eq!(bench.delivery(id.as_str()).status, DeliveryStatus::Failed);
    let later = bench.delivery_of("C1").id;
    let done = bench.send(complete(&id));
    assert_eq!(done.result["status"], "delivered");
    assert_eq!(
        bench.delivery(later.as_str()).status,
        DeliveryStatus::Cancelled
    );
    assert_eq!(bench.delivery_of("C1").id, id);
}

#[test]
fn a_failed_one_whose_cases_came_later_stays_failed() {
    let (mut bench, id) = out_with(&["C1"]);
    let stop = bench.stops("R1").remove(0).id;
    bench.send(stop_failed(&stop, "closed"));
    let later = bench.delivery_of("C1").id;
    bench.send(complete(&later));
    let done = bench.send(complete(&id));
    assert!(done.idle);
    assert_eq!(done.result["status"], "failed");
}

#[test]
fn what_production_took_out_is_not_among_all() {
    let (mut bench, id) = with_cases(&["C1", "C2", "C3"]);
    bench.send(complete_part(&id, &["C1"]));
    bench.send(cancelled("C2"));
    bench.send(ready("C3", "B", MON));
    bench.send(complete(&id));
    assert_eq!(bench.case("C2").status, CaseStatus::Cancelled);
    assert_eq!(bench.case("C3").status, CaseStatus::Scheduled);
}

#[test]
fn an_unknown_delivery_needs_lab_clinic_and_cases() {
    let mut bench = Bench::new();
    let whole = foreign("X-1", "A", &["C1"]);
    for partial in [
        DeliveryCompleted {
            lab_id: None,
            ..whole.clone()
        },
        DeliveryCompleted {
            clinic_id: None,
            ..whole.clone()
        },
        DeliveryCompleted {
            case_ids: None,
            ..whole.clone()
        },
        DeliveryCompleted {
            case_ids: Some(Vec::new()),
            ..whole.clone()
        },
    ] {
        assert_eq!(bench.refuse(partial), "unknown_delivery");
    }
    let done = bench.send(whole.clone());
    assert_eq!(done.result["status"], "delivered");
    assert_eq!(done.result["awaitingInvoice"], json!(["C1"]));
    assert!(bench.send(whole).idle);
    assert_eq!(bench.delivery("X-1").date, day(MON));
}

#[test]
fn another_system_may_bring_what_stands_in_our_delivery() {
    let (mut bench, id) = with_cases(&["C1", "C2"]);
    bench.send(foreign("X-1", "A", &["C1", "C1", "C3"]));
    assert_eq!(bench.delivery("X-1").load.cases, 2);
    assert_eq!(bench.delivery(id.as_str()).load.cases, 1);
    bench.send(foreign("X-2", "A", &["C2"]));
    assert_eq!(
        bench.delivery(id.as_str()).status,
        DeliveryStatus::Cancelled
    );
}

#[test]
fn cases_of_other_clinics_and_unknown_ones_are_refused() {
    let (mut bench, id) = with_cases(&["C1"]);
    bench.send(ready("C2", "B", MON));
    let faults = bench.faults(complete_part(&id, &["C2", "C1", "C9"]));
    assert_eq!(
        faults,
        ["detail.caseIds[0] mismatch", "detail.caseIds[2] not_found"]
    );
    let faults = bench.faults(foreign("X-1", "A", &["C2"]));
    assert_eq!(faults, ["detail.caseIds[0] mismatch"]);
    let faults = bench.faults(invoice("I1", "A", &["C1", "C2"]));
    assert_eq!(faults, ["detail.caseIds[1] mismatch"]);
}

#[test]
fn a_delivery_is_found_in_its_lab() {
    let mut bench = Bench::new();
    let other = LabId::known("L2");
    bench.send(foreign("X-1", "A", &["C1"]));
    bench.send(DeliveryCompleted {
        lab_id: Some(other),
        ..foreign("X-1", "A", &["C1"])
    });
    let id = DeliveryId::known("X-1");
    assert_eq!(bench.refuse(complete(&id)), "ambiguous_id");
    bench.scope = Some("L2");
    assert!(bench.send(complete(&id)).idle);
    assert_eq!(bench.refuse(foreign("X-1", "A", &["C1"])), "forbidden");
}

#[test]
fn a_delivery_completed_elsewhere_leaves_its_stop() {
    let (mut bench, id) = out_with(&["C1", "C2"]);
    bench.send(foreign("X-1", "A", &["C1"]));
    // Naming what another brought says nothing about the rest.
    let done = bench.send(complete_part(&id, &["C1"]));
    assert!(done.idle);
    assert_eq!(bench.stops("R1")[0].status.as_str(), "planned");
    bench.send(complete(&id));
    assert_eq!(bench.stops("R1")[0].status.as_str(), "done");
}

#[test]
fn an_invoice_again_is_idle_and_a_billed_one_is_closed() {
    let (mut bench, id) = with_cases(&["C1", "C2"]);
    bench.send(invoice("I1", "A", &["C1"]));
    assert!(bench.send(invoice("I1", "A", &["C1"])).idle);
    bench.send(invoice("I1", "A", &["C1", "C2"]));
    bench.send(complete_part(&id, &["C1"]));
    // Shortened to what was delivered it is due.
    let done = bench.send(invoice("I1", "A", &["C1"]));
    assert_eq!(done.result["billingTriggered"], json!(["I1"]));
    assert!(bench.send(invoice("I1", "A", &["C1"])).idle);
    assert_eq!(
        bench.refuse(invoice("I1", "A", &["C1", "C2"])),
        "invoice_closed"
    );
    assert!(bench.case("C2").invoices.is_empty());
}

fn lab_with_holiday(date: &str) -> LabSet {
    let lab = Lab {
        holidays: vec![day(date)],
        ..Lab::stub(lab())
    };
    LabSet {
        lab,
        expected: None,
        private: pontic_core::phi::Phi::default(),
    }
}

#[test]
fn what_was_not_delivered_goes_to_the_next_working_day() {
    let mut bench = Bench::new();
    bench.send(lab_with_holiday("2025-01-20"));
    bench.now = crate::harness::at("2025-01-17T10:00:00Z");
    bench.send(ready("C1", "A", FRI));
    bench.send(ready("C2", "A", FRI));
    bench.send(ready("C3", "A", "2025-01-21"));
    let id = bench.delivery_of("C1").id;
    bench.send(complete_part(&id, &["C1"]));
    // After Friday: a weekend and a holiday.
    assert_eq!(bench.delivery_of("C2").date, day("2025-01-21"));
    assert_eq!(bench.delivery_of("C2").id, bench.delivery_of("C3").id);
    assert_eq!(bench.delivery(id.as_str()).handed_on, case_ids(&["C2"]));
}

#[test]
fn an_overdue_one_goes_to_a_day_after_today() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", "2025-01-08"));
    bench.send(ready("C2", "A", "2025-01-08"));
    let id = bench.delivery_of("C1").id;
    bench.send(complete_part(&id, &["C1"]));
    assert_eq!(bench.delivery_of("C2").date, day("2025-01-14"));
}

#[test]
fn it_goes_to_a_day_on_which_the_clinic_is_open() {
    let (mut bench, id) = with_cases(&["C1", "C2"]);
    let mut clinic = Clinic::stub(lab(), ClinicId::known("A"));
    let open = serde_json::from_value(json!({ "from": "08:00:00", "to": "12:00:00" }));
    clinic
        .hours
        .insert(Day::Thursday, vec![open.expect("a span")]);
    bench.send(ClinicSet {
        clinic,
        expected: None,
        private: Phi::default(),
    });
    bench.send(complete_part(&id, &["C1"]));
    assert_eq!(bench.delivery_of("C2").date, day("2025-01-16"));
}

#[test]
fn or_to_the_date_given() {
    let (mut bench, _) = out_with(&["C1", "C2"]);
    let stop = bench.stops("R1").remove(0).id;
    bench.send(StopCompleted {
        redeliver_on: Some(day("2025-01-25")),
        ..stop_done(&stop, &[("C2", "damaged")])
    });
    assert_eq!(bench.delivery_of("C2").date, day("2025-01-25"));
}

#[test]
fn the_date_given_may_be_the_same_day() {
    let (mut bench, id) = out_with(&["C1"]);
    let stop = bench.stops("R1").remove(0).id;
    bench.send(StopFailed {
        redeliver_on: Some(day(MON)),
        ..stop_failed(&stop, "closed for lunch")
    });
    let again = bench.delivery_of("C1");
    assert_ne!(again.id, id);
    assert_eq!(again.date, day(MON));
}
