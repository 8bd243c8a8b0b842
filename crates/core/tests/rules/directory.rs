//! Contract 2 and 6: stubs, labs and clinics set up, two clinics that are one.

use pontic_core::directory::{Clinic, Driver, Lab};
use pontic_core::event::{ClinicSet, DriverSet, LabSet};
use pontic_core::id::{ClinicId, DriverId};
use pontic_core::phi::Phi;
use pontic_core::state::DeliveryStatus;
use serde_json::json;

use crate::events::*;
use crate::harness::{Bench, LAB};

const MON: &str = "2025-01-20";

fn clinic(id: &str) -> ClinicSet {
    ClinicSet {
        clinic: Clinic::stub(lab(), ClinicId::known(id)),
        expected: None,
        private: Phi::default(),
    }
}

#[test]
fn nothing_must_be_set_up_first() {
    let mut bench = Bench::new();
    let done = bench.send(ready("C1", "A", MON));
    assert_eq!(done.alerted(), ["unknown_lab", "unknown_clinic"]);
    assert!(!bench.get::<Lab>(LAB).verified);
    assert!(!bench.get::<Clinic>("A").verified);
    assert!(bench.send(ready("C2", "A", MON)).alerts.is_empty());
    let done = bench.send(route("R1", "D1", Vec::new()));
    assert_eq!(done.alerted(), ["unknown_driver"]);
}

#[test]
fn a_stub_is_completed() {
    let mut bench = Bench::new();
    bench.send(ready("C1", "A", MON));
    let done = bench.send(ClinicSet {
        expected: Some(1),
        ..clinic("A")
    });
    assert_eq!(done.result["new"], false);
    assert!(bench.get::<Clinic>("A").verified);
    assert!(bench.send(clinic("A")).idle);
    let stale = ClinicSet {
        expected: Some(1),
        ..clinic("A")
    };
    assert_eq!(bench.refuse(stale), "version_mismatch");
}

#[test]
fn labs_and_drivers_are_set_up() {
    let mut bench = Bench::new();
    let set = LabSet {
        lab: Lab::stub(lab()),
        expected: None,
        private: pontic_core::phi::Phi::default(),
    };
    assert_eq!(bench.send(set.clone()).result["new"], true);
    assert!(bench.send(set).idle);
    let driver = Driver::stub(lab(), DriverId::known("D1"));
    let set = DriverSet {
        driver,
        expected: None,
        private: pontic_core::phi::Phi::default(),
    };
    assert_eq!(bench.send(set).result["record"]["verified"], true);
}

#[test]
fn a_closed_clinic_is_told_to_the_dispatcher() {
    let mut bench = Bench::new();
    let mut closed = clinic("A");
    closed.clinic.holidays = vec![MON.parse().expect("a date")];
    bench.send(closed);
    assert_eq!(
        bench.send(ready("C1", "A", MON)).alerted(),
        ["clinic_closed"]
    );
    let pickup = pickup("P1", "A", "2025-01-20T09:00:00Z", "2025-01-20T10:00:00Z");
    assert_eq!(bench.send(pickup).alerted(), ["clinic_closed"]);
}

#[test]
fn what_is_open_moves_to_the_clinic_that_it_really_is() {
    let mut bench = Bench::new();
    bench.send(clinic("B"));
    bench.send(ready("C1", "A", MON));
    bench.send(ready("C2", "A", "2025-01-21"));
    bench.send(ready("C3", "B", MON));
    bench.send(pickup(
        "P1",
        "A",
        "2025-01-20T09:00:00Z",
        "2025-01-20T10:00:00Z",
    ));
    let old = bench.delivery_of("C1").id;
    bench.send(merged("A", "B"));
    assert_eq!(
        bench.delivery(old.as_str()).status,
        DeliveryStatus::Cancelled
    );
    assert_eq!(bench.delivery_of("C1").id, bench.delivery_of("C3").id);
    assert_eq!(bench.delivery_of("C2").clinic_id, ClinicId::known("B"));
    assert_eq!(bench.pickup("P1").clinic_id, ClinicId::known("B"));
    assert!(bench.send(merged("A", "B")).idle);
    // Whoever names the old one means the new one, also in pickups, which stay who they are.
    assert_eq!(bench.send(ready("C4", "A", MON)).result["clinicId"], "B");
    bench.send(pickup_cancelled("P1", "A"));
}

#[test]
fn chains_of_clinics_are_one_step_long() {
    let mut bench = Bench::new();
    for id in ["A", "B", "C"] {
        bench.send(clinic(id));
    }
    bench.send(merged("A", "B"));
    bench.send(merged("B", "C"));
    let into = bench.get::<Clinic>("A").merged_into;
    assert_eq!(into, Some(ClinicId::known("C")));
    assert_eq!(bench.faults(merged("C", "A")), ["mergeInto not_found"]);
    assert_eq!(bench.faults(merged("C", "C")), ["mergeInto out_of_range"]);
    assert_eq!(bench.refuse(merged("X", "C")), "unknown_clinic");
    bench.send(clinic("D"));
    assert_eq!(bench.refuse(merged("A", "D")), "already_merged");
}

#[test]
fn what_was_delivered_before_is_billed_after() {
    let mut bench = Bench::new();
    bench.send(clinic("B"));
    bench.send(ready("C1", "A", MON));
    bench.send(invoice("I0", "A", &["C1"]));
    bench.send(complete(&bench.delivery_of("C1").id));
    bench.send(merged("A", "B"));
    for clinic in ["A", "B"] {
        let id = format!("I-{clinic}");
        let done = bench.send(invoice(&id, clinic, &["C1"]));
        assert_eq!(done.result["billingTriggered"], json!([id]));
        assert!(bench.send(invoice(&id, clinic, &["C1"])).idle);
    }
    assert!(bench.send(invoice("I0", "A", &["C1"])).idle);
}

#[test]
fn halves_before_and_after() {
    let mut bench = Bench::new();
    bench.send(clinic("B"));
    bench.send(ready("C1", "A", MON));
    bench.send(ready("C2", "A", MON));
    let id = bench.delivery_of("C1").id;
    bench.send(complete_part(&id, &["C1"]));
    bench.send(merged("A", "B"));
    assert_eq!(bench.delivery_of("C2").clinic_id, ClinicId::known("B"));
    let done = bench.send(complete_part(&id, &["C2"]));
    assert_eq!(done.result["status"], "delivered");
}
