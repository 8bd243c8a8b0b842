//! What must be true when the day is over; one line for each that is not.

use std::collections::{BTreeMap, BTreeSet};

use super::day::Day;
use super::desk::text;
use super::outcome::Outcome;
use super::script::TODAY;
use super::summary::digest;

/// Everything that is not as it must be.
pub fn broken(day: &Day<'_>, outcome: &Outcome) -> Vec<String> {
    let mut faults = day.surprises.clone();
    cases(day, outcome, &mut faults);
    billing(day, outcome, &mut faults);
    notices(day, outcome, &mut faults);
    finance(day, outcome, &mut faults);
    work(day, outcome, &mut faults);
    faults
}

/// Every case is delivered, waits in a delivery of a later day, or was taken back; and each is in one delivery only.
fn cases(day: &Day<'_>, outcome: &Outcome, faults: &mut Vec<String>) {
    let mut found: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    for (case, delivery) in outcome.cases() {
        let of = found.entry(text(case, "caseId")).or_default();
        of.push((
            text(case, "status"),
            text(delivery, "status"),
            text(delivery, "deliveryDate"),
        ));
    }
    for case in &day.facts.cases {
        let places = found.remove(&case.id).unwrap_or_default();
        let is_withdrawn = day.facts.withdrawn.contains(&case.id);
        let is_right = match places.as_slice() {
            [] => is_withdrawn,
            [(status, delivery, date)] => {
                let later = *date > TODAY.to_string() && delivery == "scheduled";
                !is_withdrawn && (status == "delivered" || later)
            }
            _ => false,
        };
        if !is_right {
            faults.push(format!(
                "case {} of {} is not accounted for: {places:?}",
                case.id, case.clinic
            ));
        }
    }
    faults.extend(
        found
            .keys()
            .map(|case| format!("nobody announced the case {case}")),
    );
}

/// Each invoice is billed once, when all its cases are delivered, and not before.
fn billing(day: &Day<'_>, outcome: &Outcome, faults: &mut Vec<String>) {
    let delivered: BTreeSet<String> = outcome
        .cases()
        .filter(|(case, _)| case["status"] == "delivered")
        .map(|(case, _)| text(case, "caseId"))
        .collect();
    for (invoice, cases) in &day.facts.invoices {
        let due = u64::from(cases.iter().all(|case| delivered.contains(case)));
        let billed = outcome.billed.get(invoice).copied().unwrap_or(0);
        if billed != due {
            faults.push(format!(
                "invoice {invoice} was billed {billed} times, not {due}"
            ));
        }
    }
    if outcome.invoices.len() != day.facts.invoices.len() {
        faults.push(format!(
            "{} invoices, not {}",
            outcome.invoices.len(),
            day.facts.invoices.len()
        ));
    }
}

/// Each clinic is told once, and the same in the log, to other systems and on the dispatchers' screens.
fn notices(day: &Day<'_>, outcome: &Outcome, faults: &mut Vec<String>) {
    let twice = outcome.notices.iter().filter(|(_, count)| **count > 1);
    faults.extend(twice.map(|(stop, count)| format!("{count} notices for the stop {stop}")));
    faults.extend(missed(day, outcome).map(|stop| format!("no notice for the stop {stop}")));
    let mut shown: BTreeMap<String, u64> = BTreeMap::new();
    for screen in &day.screens {
        screen.look(|heard| {
            for (stop, count) in &heard.notices {
                *shown.entry(stop.clone()).or_default() += count;
            }
            if heard.out_of_order > 0 {
                faults.push(format!("{} live messages out of order", heard.out_of_order));
            }
        });
    }
    if shown != outcome.notices {
        faults.push(format!(
            "screens showed {} notices, {} were published",
            shown.len(),
            outcome.notices.len()
        ));
    }
}

/// Stops at which a van arrived, heard of all the while, without a notice.
pub fn missed<'a>(day: &'a Day<'_>, outcome: &'a Outcome) -> impl Iterator<Item = &'a String> {
    let arrived = day.crews.iter().flat_map(|crew| &crew.heard_at);
    arrived.filter(|stop| !outcome.notices.contains_key(*stop))
}

/// Finance has everything that it wants, and nothing else.
fn finance(day: &Day<'_>, outcome: &Outcome, faults: &mut Vec<String>) {
    day.finance.look(|ledger| {
        let taken: BTreeSet<String> = ledger.taken.keys().cloned().collect();
        let missing = outcome.for_finance.difference(&taken).count();
        let strange = taken.difference(&outcome.for_finance).count();
        if missing > 0 || strange > 0 {
            faults.push(format!(
                "finance misses {missing} messages, and has {strange} that nobody published"
            ));
        }
        if ledger.unverified > 0 {
            faults.push(format!(
                "{} messages to finance did not verify",
                ledger.unverified
            ));
        }
        if ledger.refused.is_empty() {
            faults.push("finance was never asked while it was down".to_owned());
        }
    });
    if outcome.dead_letters > 0 {
        faults.push(format!("{} dead letters", outcome.dead_letters));
    }
}

/// Nothing of today is left open: no delivery, no route, no stop, no pickup.
fn work(day: &Day<'_>, outcome: &Outcome, faults: &mut Vec<String>) {
    let today = TODAY.to_string();
    for delivery in &outcome.deliveries {
        let is_open = matches!(
            text(delivery, "status").as_str(),
            "scheduled" | "assigned" | "out_for_delivery"
        );
        if is_open && text(delivery, "deliveryDate") <= today {
            faults.push(format!(
                "a delivery to {} is open",
                text(delivery, "clinicId")
            ));
        }
    }
    for route in outcome
        .routes
        .iter()
        .filter(|route| route["status"] != "finished")
    {
        faults.push(format!(
            "the route {} is {}",
            text(route, "id"),
            text(route, "status")
        ));
    }
    for stop in outcome
        .stops()
        .filter(|stop| matches!(stop["status"].as_str(), Some("planned" | "arrived")))
    {
        faults.push(format!(
            "the stop {} is {}",
            text(stop, "id"),
            text(stop, "status")
        ));
    }
    let found = u64::try_from(outcome.pickups.len()).unwrap_or(0);
    if found != day.facts.pickups {
        faults.push(format!("{found} pickups, not {}", day.facts.pickups));
    }
    for pickup in &outcome.pickups {
        let status = text(pickup, "status");
        if !matches!(status.as_str(), "at_lab" | "missed" | "cancelled") {
            faults.push(format!(
                "the pickup {} of {} is {status}",
                text(pickup, "pickupId"),
                text(pickup, "clinicId")
            ));
        }
    }
}

/// Where another program shows another day.
pub fn differences(here: &Outcome, there: &Outcome) -> Vec<String> {
    let same = [
        ("day", digest(here) == digest(there)),
        (
            "log",
            here.published == there.published && here.observed == there.observed,
        ),
        ("notices", here.notices == there.notices),
        ("alerts", here.alerts == there.alerts),
        ("drivers", here.drivers == there.drivers),
        ("quarantine", here.quarantined == there.quarantined),
    ];
    let differing = same.iter().filter(|(_, same)| !same);
    differing
        .map(|(what, _)| format!("another program shows other {what}"))
        .collect()
}
