//! Patterns: how long it takes to find, among 100 subscriptions, those that want an event.

use std::hint::black_box;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use pontic_core::pattern::{Pattern, PatternSet};
use serde_json::{Value, json};

use super::RUNS;
use super::reading::Bench;
use crate::numbers::{Runs, float};
use crate::table::{Table, at_most};

/// Subscriptions.
const PATTERNS: usize = 100;
/// Most time for one event against all of them, in microseconds.
const MOST_US: f64 = 2.0;

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let patterns = patterns()?;
    let events = events();
    let texts: Vec<String> = events.iter().map(Value::to_string).collect();
    let span = Duration::from_millis(if bench.extent.quick { 100 } else { 1_000 });
    let mut ours = Runs::default();
    let mut floor = Runs::default();
    let mut wanted = 0;
    for _ in 0..RUNS {
        let once = || {
            wanted = events
                .iter()
                .map(|event| {
                    let looked = patterns.look(black_box(event));
                    (0..PATTERNS)
                        .filter(|place| patterns.matches(*place, &looked))
                        .count()
                })
                .sum();
        };
        ours.add(per_event(span, events.len(), once));
        floor.add(per_event(span, texts.len(), || {
            for text in &texts {
                // Reading it is what every event costs anyway.
                let _ = black_box(serde_json::from_str::<Value>(black_box(text)));
            }
        }));
    }
    let mut table = Table::new(&["an event", "µs", "to the floor", "target"]);
    table.row([
        format!(
            "against {PATTERNS} subscriptions, of which {:.1} want it",
            float(wanted) / float(events.len())
        ),
        ours.told(2),
        format!("{:.2}", ours.median() / floor.median()),
        at_most(ours.median(), MOST_US, " µs"),
    ]);
    table.row([
        "floor: reading it as JSON".to_owned(),
        floor.told(2),
        "1.00".to_owned(),
        String::new(),
    ]);
    table.print("Patterns: prefix, suffix, anything-but, numeric, exists, equals-ignore-case, wildcard, $or");
    Ok(())
}

/// Microseconds for one of `count` events, over as many rounds as fit into `span`.
fn per_event(span: Duration, count: usize, mut round: impl FnMut()) -> f64 {
    let since = Instant::now();
    let mut rounds = 0;
    while since.elapsed() < span {
        round();
        rounds += 1;
    }
    since.elapsed().as_secs_f64() * 1e6 / float(rounds * count)
}

/// A mix as subscriptions have it: every form, most of them for some types of some clinics.
fn patterns() -> Result<PatternSet> {
    let pattern = |number: usize| {
        let clinic = format!("CLI-{:03}", number % 40);
        let json = match number % 10 {
            0 => json!({ "detail-type": ["BillingTriggered", "InvoiceDelivered"] }),
            1 => {
                json!({ "detail-type": [{ "prefix": "Delivery" }], "detail": { "clinicId": [clinic] } })
            }
            2 => {
                json!({ "detail-type": [{ "suffix": "Confirmed" }], "detail": { "clinicId": [clinic] } })
            }
            3 => {
                json!({ "detail": { "clinicId": [{ "anything-but": [clinic] }], "priority": ["RUSH"] } })
            }
            4 => json!({ "detail": { "packageCount": [{ "numeric": [">", 8, "<=", 99] }] } }),
            5 => {
                json!({ "source": ["logistics.pickup"], "detail": { "seriesId": [{ "exists": true }] } })
            }
            6 => {
                json!({ "detail": { "status": [{ "equals-ignore-case": "DELIVERED" }], "clinicId": [clinic] } })
            }
            7 => json!({ "detail": { "deliveryId": [{ "wildcard": format!("*-{number}*") }] } }),
            8 => {
                json!({ "$or": [{ "detail": { "clinicId": [clinic] } }, { "detail": { "priority": ["RUSH"] } }] })
            }
            _ => json!({ "labId": ["LAB002"], "detail-type": ["DeliveryScheduled"] }),
        };
        Pattern::read(&json)
            .ok()
            .context("a pattern of the measure")
    };
    let patterns: Vec<Pattern> = (0..PATTERNS).map(pattern).collect::<Result<_>>()?;
    Ok(PatternSet::new(patterns))
}

/// Types of the events.
const TYPES: [&str; 4] = [
    "DeliveryScheduled",
    "DeliveryChanged",
    "PickupConfirmed",
    "DeliveryCompleted",
];

fn events() -> Vec<Value> {
    let event = |number: usize| {
        json!({
            "id": format!("01a21a73-ea95-73d2-837c-{number:012}"),
            "source": if number.is_multiple_of(3) { "logistics.pickup" } else { "logistics.delivery" },
            "detail-type": TYPES[number % TYPES.len()],
            "labId": "LAB001",
            "time": "2026-01-31T09:30:00Z",
            "detail": {
                "deliveryId": format!("01a21a73-ea95-73d2-837c-{number:012}"), "labId": "LAB001",
                "clinicId": format!("CLI-{:03}", number % 40), "deliveryDate": "2026-01-31",
                "status": "scheduled", "priority": if number.is_multiple_of(20) { "RUSH" } else { "STANDARD" },
                "packageCount": number % 12, "totalWeight": 1.25, "fragile": false, "requiresSignature": true,
            },
        })
    };
    (0..40).map(event).collect()
}
