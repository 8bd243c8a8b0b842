//! The day in plain lines: the same seed gives the same lines.

use std::collections::BTreeMap;

use pontic_core::id::hex;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::checks::missed;
use super::day::Day;
use super::desk::text;
use super::outcome::Outcome;
use super::script::TODAY;
use super::tally::listed;

/// All lines.
pub fn lines(day: &Day<'_>, outcome: &Outcome) -> Vec<String> {
    let mut lines = vec!["on purpose".to_owned()];
    lines.extend(day.diary.iter().map(|line| format!("  {line}")));
    lines.push("events in".to_owned());
    lines.extend(day.events.lines());
    lines.push("webhooks of practices".to_owned());
    lines.extend(day.webhooks.lines());
    let (open, all) = outcome.quarantined;
    lines.push(format!(
        "  quarantined: {all}, redriven {}, left {open}",
        day.redriven
    ));
    lines.extend(work(outcome));
    lines.extend(road(day, outcome));
    lines.extend(money(day, outcome));
    lines.push("drivers".to_owned());
    lines.extend(outcome.drivers.iter().map(|of| driver(day, of)));
    lines.push(format!("digest: {}", digest(outcome)));
    lines
}

fn counted<'a>(records: impl Iterator<Item = &'a Value>, name: &str) -> String {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for record in records {
        *counts.entry(text(record, name)).or_default() += 1;
    }
    listed(&counts)
}

fn work(outcome: &Outcome) -> Vec<String> {
    let today = TODAY.to_string();
    let of_today = |delivery: &&Value| text(delivery, "deliveryDate") == today;
    let later = outcome
        .deliveries
        .iter()
        .filter(|delivery| !of_today(delivery));
    vec![
        format!(
            "deliveries of the day: {}",
            counted(outcome.deliveries.iter().filter(of_today), "status")
        ),
        format!("deliveries of later days: {}", counted(later, "status")),
        format!(
            "cases: {}",
            counted(outcome.cases().map(|(case, _)| case), "status")
        ),
        format!(
            "pickups of the day: {}",
            counted(outcome.pickups.iter(), "status")
        ),
        format!("routes: {}", counted(outcome.routes.iter(), "status")),
        format!("stops: {}", counted(outcome.stops(), "status")),
    ]
}

fn road(day: &Day<'_>, outcome: &Outcome) -> Vec<String> {
    let twice = outcome.notices.values().filter(|count| **count > 1).count();
    let mut lines = vec![
        format!(
            "arrivals noticed: {}, missed {}, twice {twice}",
            outcome.notices.len(),
            missed(day, outcome).count()
        ),
        format!("observed: {}", listed(&outcome.observed)),
        "positions".to_owned(),
    ];
    lines.extend(day.positions.lines());
    let (kept, suspect) = outcome
        .drivers
        .iter()
        .fold((0, 0), |(kept, suspect), of| (kept + of.2, suspect + of.3));
    lines.push(format!("  kept: {kept}, suspect {suspect}"));
    lines.push(format!(
        "alerts: {}",
        counted(outcome.alerts.iter(), "code")
    ));
    lines
}

fn money(day: &Day<'_>, outcome: &Outcome) -> Vec<String> {
    let mut lines = vec![format!("published: {}", listed(&outcome.published))];
    lines.push(day.finance.look(|ledger| {
        format!(
            "finance received: {}; refused at first while it was down: {}",
            listed(&ledger.by_type),
            ledger.refused.len()
        )
    }));
    lines.push(format!(
        "invoices: {}",
        counted(outcome.invoices.iter(), "status")
    ));
    lines.push(format!(
        "billing triggered: {}",
        outcome.billed.values().sum::<u64>()
    ));
    let unbilled = outcome.unbilled();
    lines.push(format!(
        "delivered without an invoice: {} cases",
        unbilled.len()
    ));
    lines
}

fn driver(day: &Day<'_>, (id, statistics, kept, _): &(String, Value, u64, u64)) -> String {
    let crew = day.crews.iter().find(|crew| crew.id == *id);
    let true_km = crew.map_or(0.0, |crew| crew.van.gone_m / 1_000.0);
    let error = |name: &str| match &statistics["etaErrorSeconds"][name] {
        Value::Null => "unknown".to_owned(),
        error => format!("p50 {} s, p90 {} s", error["p50"], error["p90"]),
    };
    format!(
        "  {id}: {} km in {kept} positions ({true_km:.1} on the streets), {} of {} stops, {} on time, {} late; ETA 15 min before off by {}, 5 min before {}",
        statistics["distanceKm"],
        statistics["stopsCompleted"],
        statistics["stopsPlanned"],
        statistics["onTime"],
        statistics["late"],
        error("15min"),
        error("5min"),
    )
}

/// SHA-256 over how everything stands, without ids of ours: those are new in every run.
pub fn digest(outcome: &Outcome) -> String {
    let mut rows: Vec<String> = Vec::new();
    for delivery in &outcome.deliveries {
        let cases = delivery["cases"].as_array().into_iter().flatten();
        let mut cases: Vec<String> = cases
            .map(|case| format!("{} {}", text(case, "caseId"), text(case, "status")))
            .collect();
        cases.sort_unstable();
        rows.push(part(
            "delivery",
            delivery,
            &[
                "labId",
                "clinicId",
                "deliveryDate",
                "status",
                "priority",
                "stopId",
                "driverId",
                "reason",
            ],
            &json!(cases),
        ));
    }
    for pickup in &outcome.pickups {
        let names = [
            "labId",
            "source",
            "clinicId",
            "pickupId",
            "confirmationNum",
            "status",
            "windowStart",
            "windowEnd",
            "stopId",
        ];
        rows.push(part("pickup", pickup, &names, &pickup["packageCount"]));
    }
    for invoice in &outcome.invoices {
        let lines = invoice["cases"].as_array().into_iter().flatten();
        let lines: Vec<Value> = lines
            .map(|line| json!([line["caseId"], line["delivered"]]))
            .collect();
        rows.push(part(
            "invoice",
            invoice,
            &["labId", "invoiceId", "status"],
            &json!(lines),
        ));
    }
    for stop in outcome.stops() {
        let names = [
            "labId",
            "id",
            "clinicId",
            "status",
            "driverId",
            "reason",
            "arrivedAt",
        ];
        rows.push(part("stop", stop, &names, &stop["sequence"]));
    }
    rows.sort_unstable();
    hex(&Sha256::digest(rows.join("\n")))
}

fn part(kind: &str, record: &Value, names: &[&str], more: &Value) -> String {
    let texts: Vec<&Value> = names.iter().map(|name| &record[*name]).collect();
    json!([kind, texts, more]).to_string()
}
