//! Made-up events in batches, and what they cost a process.

use std::fs;
use std::path::Path;
use std::time::Instant;

use pontic_core::id::{DeliveryId, uuid_v7};
use pontic_core::record::{Change, Entity, Record};
use pontic_store::batch::{Batch, Entry, Published};
use pontic_store::contract::{case, entry, pickup};

/// So many events: each a case and a pickup, and something published.
pub fn batch(numbers: std::ops::Range<usize>) -> Batch {
    let mut batch = Batch::default();
    for number in numbers {
        let mut case = case(&format!("CASE-{number:07}"));
        case.delivery_id = Some(DeliveryId::known(uuid(number / 20)));
        case.invoices = (0..16)
            .map(|n| pontic_core::id::InvoiceId::known(format!("INVOICE-{n:010}")))
            .collect();
        let mut pickup = pickup(&uuid(number), &format!("dentrix-{number:07}"));
        pickup.reason = Some("x".repeat(200));
        batch
            .entries
            .push(event(number, &case.clone().into_record()));
        batch
            .records
            .extend([(None, case.into_record()), (None, pickup.into_record())]);
    }
    batch
}

fn event(number: usize, case: &Record) -> Entry {
    let mut entry = entry(0, None);
    entry.entry = bytes(number);
    entry.changes.push(Change::between(None, case));
    entry.published.push(Published {
        id: uuid(number),
        source: "logistics.delivery",
        name: "DeliveryScheduled",
        lab_id: case.lab_id().clone(),
        detail: format!("{{\"text\":\"{}\"}}", "x".repeat(560)),
    });
    entry
}

/// The id of an event.
pub fn bytes(number: usize) -> [u8; 16] {
    uuid_v7(number as u64, [7; 10])
}

fn uuid(number: usize) -> String {
    pontic_core::id::format_uuid(bytes(number))
}

/// CPU and wall time per event, in microseconds.
pub fn per_event(events: usize, work: impl FnOnce()) -> (f64, f64) {
    let (cpu, wall) = (cpu_us(), Instant::now());
    work();
    let events = f64::from(u32::try_from(events).expect("few"));
    (
        (cpu_us() - cpu) / events,
        wall.elapsed().as_secs_f64() * 1e6 / events,
    )
}

/// User and system time of this process so far: fields 14 and 15 of its stat file, in ticks of 10 ms.
pub fn cpu_us() -> f64 {
    let stat = fs::read_to_string(Path::new("/proc/self/stat")).expect("Linux");
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().expect("a number"));
    ticks.sum::<f64>() * 10_000.0
}
