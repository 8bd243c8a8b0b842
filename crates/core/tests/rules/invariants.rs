//! What must hold after every event, whatever it was.

use std::collections::{BTreeMap, BTreeSet};

use pontic_core::delivery::{Case, CaseStatus, Delivery, Load};
use pontic_core::directory::Clinic;
use pontic_core::invoice::{Invoice, InvoiceStatus};
use pontic_core::pickup::Pickup;
use pontic_core::record::{Entity, Record};
use pontic_core::route::{Route, Stop};
use pontic_core::state::{DeliveryStatus, Machine, PickupStatus, RouteStatus, StopStatus};

use crate::harness::Bench;

/// Statuses move along the tables only.
pub fn check_move(before: Option<&Record>, after: &Record, name: &str) {
    match (before, after) {
        (Some(Record::Delivery(old)), Record::Delivery(new)) => {
            check_path(old.status, new.status, name);
        }
        (Some(Record::Pickup(old)), Record::Pickup(new)) => {
            check_path(old.status, new.status, name);
        }
        (Some(Record::Stop(old)), Record::Stop(new)) => check_path(old.status, new.status, name),
        (Some(Record::Route(old)), Record::Route(new)) => check_path(old.status, new.status, name),
        (Some(Record::Invoice(old)), Record::Invoice(new)) => {
            assert!(old.status != InvoiceStatus::Delivered || new.status == old.status);
        }
        _ => {}
    }
}

/// One decision may take several steps.
fn check_path<S: Machine + std::fmt::Debug>(from: S, to: S, name: &str) {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(state) = reached.get(next).copied() {
        for (_, _, after) in S::MOVES.iter().filter(|row| row.0 == state) {
            if !reached.contains(after) {
                reached.push(*after);
            }
        }
        next += 1;
    }
    assert!(reached.contains(&to), "{name}: {from:?} became {to:?}");
}

/// Checks all of them.
pub fn check(bench: &Bench, name: &str) {
    let cases = bench.all::<Case>();
    for delivery in bench.all::<Delivery>() {
        check_delivery(bench, &delivery, &cases, name);
    }
    check_open_deliveries(bench, name);
    for case in &cases {
        check_case(bench, case, name);
    }
    for invoice in bench.all::<Invoice>() {
        check_invoice(bench, &invoice, name);
    }
    check_pickups(bench, name);
    for stop in bench.all::<Stop>() {
        check_stop(bench, &stop, name);
    }
    for route in bench.all::<Route>() {
        check_route(bench, &route, name);
    }
}

/// At most one open delivery per lab, clinic and date.
fn check_open_deliveries(bench: &Bench, name: &str) {
    let mut seen = BTreeSet::new();
    for delivery in bench.all::<Delivery>() {
        let place = (delivery.lab_id, delivery.clinic_id, delivery.date);
        assert!(
            !delivery.status.is_open() || seen.insert(place),
            "{name}: two open deliveries"
        );
    }
}

fn check_delivery(bench: &Bench, delivery: &Delivery, cases: &[Case], name: &str) {
    let mut load = Load::default();
    let own = |case: &&Case| {
        case.lab_id == delivery.lab_id && case.delivery_id.as_ref() == Some(&delivery.id)
    };
    for case in cases.iter().filter(own) {
        load.add(case.priority, &case.specs);
        assert!(
            !delivery.handed_on.contains(&case.id),
            "{name}: handed on and still there"
        );
    }
    assert_eq!(delivery.load, load, "{name}: {delivery:?}");
    let empty = load.cases == 0;
    assert!(
        !(delivery.status.is_open() && empty),
        "{name}: open and empty"
    );
    assert!(
        delivery.status != DeliveryStatus::Cancelled || empty,
        "{name}: cancelled with cases"
    );
    let stop = delivery.stop_id.as_ref();
    let stop = stop.map(|id| bench.find::<Stop>(delivery.lab_id.as_str(), id.as_str()));
    let on_stop = |status: RouteStatus| {
        let stop = stop.clone().flatten().expect("its stop is there");
        assert!(
            stop.status.is_open() && stop.delivery_ids.contains(&delivery.id),
            "{name}: its stop is not ahead of it"
        );
        assert_eq!(route_of(bench, &stop).status, status, "{name}");
    };
    match delivery.status {
        DeliveryStatus::Scheduled => assert!(stop.is_none(), "{name}: scheduled on a stop"),
        DeliveryStatus::Assigned => on_stop(RouteStatus::Planned),
        DeliveryStatus::OutForDelivery => on_stop(RouteStatus::Started),
        _ => {}
    }
}

fn route_of(bench: &Bench, stop: &Stop) -> Route {
    bench
        .find(stop.lab_id.as_str(), stop.route_id.as_str())
        .expect("a stop has a route")
}

fn check_case(bench: &Bench, case: &Case, name: &str) {
    let delivery = case.delivery_id.as_ref().map(|id| {
        bench
            .find::<Delivery>(case.lab_id.as_str(), id.as_str())
            .expect("its delivery is there")
    });
    let status = delivery.as_ref().map(|delivery| delivery.status);
    let fits = match case.status {
        CaseStatus::Known | CaseStatus::OnHold | CaseStatus::Cancelled => status.is_none(),
        CaseStatus::Scheduled => status.is_some_and(DeliveryStatus::is_open),
        CaseStatus::Out => status == Some(DeliveryStatus::OutForDelivery),
        CaseStatus::Delivered => matches!(
            status,
            Some(DeliveryStatus::Delivered | DeliveryStatus::PartiallyDelivered)
        ),
    };
    assert!(fits, "{name}: {case:?} in a delivery that is {status:?}");
    assert_eq!(
        case.handover.is_some(),
        case.status == CaseStatus::Delivered,
        "{name}"
    );
    if case.status == CaseStatus::Scheduled {
        let clinic = delivery.map(|delivery| delivery.clinic_id);
        assert_eq!(case.clinic_id, clinic, "{name}");
    }
}

fn check_invoice(bench: &Bench, invoice: &Invoice, name: &str) {
    assert_eq!(invoice.status, invoice.standing(), "{name}");
    let mut seen = BTreeSet::new();
    for line in &invoice.lines {
        assert!(seen.insert(line.case_id.clone()), "{name}: a line twice");
        let case: Case = bench
            .find(invoice.lab_id.as_str(), line.case_id.as_str())
            .expect("its case is there");
        assert!(case.invoices.contains(&invoice.id), "{name}");
        assert_eq!(line.handover, case.handover, "{name}");
    }
    let billed = |one: &&pontic_core::decide::Publication| {
        one.name == "BillingTriggered"
            && one.lab_id == invoice.lab_id
            && one.record_id == invoice.id.as_str()
    };
    let expected = usize::from(invoice.status == InvoiceStatus::Delivered);
    let times = bench.publications.iter().filter(billed).count();
    assert_eq!(times, expected, "{name}: billed so often");
}

fn check_pickups(bench: &Bench, name: &str) {
    let mut identities = BTreeMap::new();
    for pickup in bench.all::<Pickup>() {
        let other = identities.insert(pickup.identity().digest(), pickup.id.clone());
        assert!(other.is_none(), "{name}: {} twice", pickup.pickup_id);
        assert!(pickup.window.start < pickup.window.end, "{name}");
        check_pickup(bench, &pickup, name);
    }
}

fn check_pickup(bench: &Bench, pickup: &Pickup, name: &str) {
    match pickup.status {
        PickupStatus::Requested | PickupStatus::Cancelled => {
            assert!(pickup.stop_id.is_none(), "{name}: {pickup:?}");
        }
        PickupStatus::Scheduled => {
            let id = pickup.stop_id.as_ref().expect("it has a stop");
            let stop: Stop = bench
                .find(pickup.lab_id.as_str(), id.as_str())
                .expect("its stop is there");
            assert!(stop.status.is_open(), "{name}: its stop is over");
            assert!(stop.pickup_ids.contains(&pickup.id), "{name}");
        }
        _ => {}
    }
}

fn check_stop(bench: &Bench, stop: &Stop, name: &str) {
    let lab = stop.lab_id.as_str();
    if !stop.status.is_open() {
        return;
    }
    for id in &stop.delivery_ids {
        let delivery: Delivery = bench.find(lab, id.as_str()).expect("it is there");
        assert_eq!(delivery.stop_id.as_ref(), Some(&stop.id), "{name}");
        assert_eq!(delivery.driver_id, Some(route_of(bench, stop).driver_id));
    }
    for id in &stop.pickup_ids {
        let pickup: Pickup = bench.find(lab, id.as_str()).expect("it is there");
        assert_eq!(pickup.stop_id.as_ref(), Some(&stop.id), "{name}");
        assert_eq!(pickup.status, PickupStatus::Scheduled, "{name}");
        assert_eq!(pickup.driver_id, Some(route_of(bench, stop).driver_id));
    }
    assert!(
        stop.status != StopStatus::Arrived || stop.arrived_at.is_some(),
        "{name}"
    );
}

fn check_route(bench: &Bench, route: &Route, name: &str) {
    let merged = bench.all::<Clinic>();
    let merged = merged.iter().any(|clinic| clinic.merged_into.is_some());
    let mut sequences = BTreeSet::new();
    let mut clinics = BTreeSet::new();
    for stop in bench.all::<Stop>() {
        if stop.lab_id != *Entity::lab_id(route) || stop.route_id != route.id {
            continue;
        }
        assert!(sequences.insert(stop.sequence), "{name}: two in one place");
        let open = stop.status.is_open();
        let under_way = matches!(route.status, RouteStatus::Planned | RouteStatus::Started);
        assert!(under_way || !open, "{name}: a route is over, its stop not");
        let single = !open || merged || clinics.insert(stop.clinic_id.clone());
        assert!(single, "{name}: two stops at one clinic");
    }
}
