//! Stories: how long it takes to tell what became of an id when the log is long.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::date;
use pontic_core::delivery::{Case, Delivery, Priority};
use pontic_core::event::{CaseReadyToShip, Event, Origin, SpecsGiven};
use pontic_core::id::{CaseId, ClinicId, DeliveryId, LabId, format_uuid, uuid_v7};
use pontic_core::phi::Phi;
use pontic_core::record::{Change, Entity, Record};
use pontic_store::Store;
use pontic_store::batch::{Batch, Entry, Published};
use pontic_store::sqlite::{Options, SqliteStore};
use serde_json::Value;

use super::drivers::{runtime, send};
use super::reading::Bench;
use crate::load::client::Connection;
use crate::numbers::{chance, quantile};
use crate::servers::Server;
use crate::table::{Table, at_most};

/// Events of a transaction while the log is filled.
const BATCH: u64 = 20_000;
/// Cases of a delivery.
const CASES: u64 = 10;
/// Stories that are told.
const TOLD: u64 = 500;
/// Most time until all but one of twenty are told, in milliseconds.
const MOST_MS: f64 = 20.0;

/// Measures and prints.
pub fn run(bench: &Bench<'_>) -> Result<()> {
    let dir = bench.folder("stories");
    // Each event is followed by what it publishes: two rows.
    let events = bench.extent.sizes().pop().unwrap_or_default() / 2;
    fill(&dir, events)?;
    let server = Server::pontic(&dir)?;
    let (case_ms, delivery_ms, lines) = tell(&server, events)?;
    server.stop()?;
    let mut table = Table::new(&["the story of", "p50 ms", "p95 ms", "target"]);
    for (name, ms) in [("a case", case_ms), ("a delivery", delivery_ms)] {
        let p95 = quantile(&ms, 0.95);
        table.row([
            name.to_owned(),
            format!("{:.1}", quantile(&ms, 0.5)),
            format!("{p95:.1}"),
            at_most(p95, MOST_MS, " ms"),
        ]);
    }
    table.print(&format!(
        "GET /v1/explain of ids at random, one after the other, {} rows in the log, up to {lines} lines each",
        events * 2
    ));
    Ok(())
}

type Told = (Vec<f64>, Vec<f64>, usize);

fn tell(server: &Server, events: u64) -> Result<Told> {
    runtime()?.block_on(async {
        let mut connection = Connection::open(&server.address).await?;
        let (mut cases, mut deliveries, mut most) = (Vec::new(), Vec::new(), 0);
        for number in 0..TOLD {
            let event = chance(number) % events;
            for (path, times) in [
                (format!("/v1/explain/{}", case_id(event)), &mut cases),
                (
                    format!("/v1/explain/{}", delivery_id(event / CASES)),
                    &mut deliveries,
                ),
            ] {
                let since = Instant::now();
                let told = send(&mut connection, "GET", &path, &Value::Null, 200).await?;
                times.push(since.elapsed().as_secs_f64() * 1_000.0);
                let lines = told["stories"][0]["lines"].as_array().map_or(0, Vec::len);
                most = most.max(lines);
            }
        }
        cases.sort_by(f64::total_cmp);
        deliveries.sort_by(f64::total_cmp);
        Ok((cases, deliveries, most))
    })
}

/// Writes the log as the door would have, without asking it: each event a case of one of many deliveries.
fn fill(dir: &Path, events: u64) -> Result<()> {
    let store = SqliteStore::open(dir, None, Options::default())?;
    let mut next = 0;
    while next < events {
        let until = (next + BATCH).min(events);
        store.commit(&batch(next, until))?;
        // As the server does beside it; else the engine's log grows without end.
        store.checkpoint()?;
        next = until;
    }
    Ok(())
}

fn batch(from: u64, until: u64) -> Batch {
    let mut batch = Batch::default();
    let mut delivery: Option<Delivery> = None;
    for number in from..until {
        let first = number.is_multiple_of(CASES) || delivery.is_none();
        let before = delivery.take().filter(|_| !first);
        let mut now = before
            .clone()
            .unwrap_or_else(|| new_delivery(number / CASES));
        now.version += 1;
        let case = new_case(number);
        batch
            .entries
            .push(entry(number, &case, before.as_ref(), &now));
        batch.records.push((None, case.into_record()));
        let record: Record = now.clone().into_record();
        if first {
            batch.records.push((None, record));
        } else if let Some(last) = batch
            .records
            .iter_mut()
            .rev()
            .find(|(_, other)| other.id() == record.id())
        {
            last.1 = record;
        }
        delivery = Some(now);
    }
    batch
}

fn lab() -> LabId {
    LabId::known("LAB001")
}

fn case_id(number: u64) -> String {
    format!("CASE-{:x}", chance(number))
}

fn delivery_id(number: u64) -> String {
    format_uuid(uuid_v7(1_700_000_000_000 + number, [3; 10]))
}

fn new_delivery(number: u64) -> Delivery {
    Delivery::new(
        lab(),
        DeliveryId::known(delivery_id(number)),
        ClinicId::known(format!("CLI-{number}")),
        date(2026, 1, 31),
    )
}

fn new_case(number: u64) -> Case {
    let mut case = Case::new(lab(), CaseId::known(case_id(number)));
    case.delivery_id = Some(DeliveryId::known(delivery_id(number / CASES)));
    case.clinic_id = Some(ClinicId::known(format!("CLI-{}", number / CASES)));
    case.version = 1;
    case
}

fn entry(number: u64, case: &Case, before: Option<&Delivery>, after: &Delivery) -> Entry {
    let ms = i64::try_from(1_700_000_000_000 + number).unwrap_or_default();
    let body = CaseReadyToShip {
        case_id: case.id.clone(),
        clinic_id: after.clinic_id.clone(),
        lab_id: lab(),
        requested_delivery_date: after.date,
        priority: Priority::Standard,
        package_specs: SpecsGiven::default(),
        private: Phi::default(),
    };
    let origin = Origin {
        scope: None,
        driver: None,
        source: "cases.production".to_owned(),
        id: Some(format!("EV-{number}")),
        time: None,
        actor: "source/bench".to_owned(),
        redriven: None,
    };
    let before = before.map(|before| before.clone().into_record());
    Entry {
        entry: uuid_v7(1_700_000_000_000 + number, [7; 10]),
        now: Timestamp::from_millisecond(ms).unwrap_or_default(),
        event: Arc::new(Event {
            origin,
            body: body.into(),
        }),
        digest: [0; 16],
        lab_id: Some(lab()),
        changes: vec![
            Change::between(None, &case.clone().into_record()),
            Change::between(before.as_ref(), &after.clone().into_record()),
        ],
        published: vec![Published {
            id: format_uuid(uuid_v7(1_700_000_000_000 + number, [9; 10])),
            source: "logistics.delivery",
            name: "DeliveryChanged",
            lab_id: lab(),
            detail: format!(
                "{{\"deliveryId\":\"{}\",\"text\":\"{}\"}}",
                after.id,
                "x".repeat(300)
            ),
        }],
        alerts: Vec::new(),
        later: Vec::new(),
    }
}
