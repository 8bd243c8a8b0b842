//! What an event costs the store: CPU of this process, user and system, per event, beside a floor that writes the same
//! rows, ready made, with bare rusqlite into the same schema.
//!
//! An event here is two log rows (accepted, published), an inbox key of our own, a new case with a sealed name and a
//! new pickup, each with about 600 bytes of JSON: 5 rows and 8 entries of indexes. `cargo bench -p pontic-store --features contract`.

mod made;

use pontic_core::facts::Key;
use pontic_core::record::{Kind, Record};
use pontic_store::Store;
use pontic_store::batch::{Batch, InboxKey};
use pontic_store::sqlite::{Options, SqliteStore};
use rusqlite::{Connection, params};

use made::{batch, bytes, per_event};

/// Events per measurement, whatever the size of their batches.
const EVENTS: usize = 20_480;

fn main() {
    println!(
        "{:>6} {:>14} {:>14} {:>14} {:>14}",
        "batch", "store µs CPU", "floor µs CPU", "load µs CPU", "store µs wall"
    );
    for size in [1, 64, 1_024] {
        let events = if size == 1 { EVENTS / 4 } else { EVENTS };
        let batches: Vec<Batch> = (0..events / size)
            .map(|n| batch(n * size..(n + 1) * size))
            .collect();
        let (stored, wall, loaded) = measure_store(&batches, events);
        let floor = measure_floor(&batches, events);
        println!("{size:>6} {stored:>14.1} {floor:>14.1} {loaded:>14.1} {wall:>14.1}");
    }
}

fn measure_store(batches: &[Batch], events: usize) -> (f64, f64, f64) {
    let dir = tempfile::tempdir().expect("folder");
    let store = SqliteStore::open(dir.path(), None, Options::default()).expect("opened");
    let (cpu, wall) = per_event(events, || {
        for batch in batches {
            store.commit(batch).expect("committed");
        }
    });
    let (loaded, _) = per_event(events, || {
        for batch in batches {
            load(&store, batch);
        }
    });
    (cpu, wall, loaded)
}

/// What an event is asked for before it is decided: its inbox key, its case, its pickup by identity.
fn load(store: &SqliteStore, batch: &Batch) {
    let inbox: Vec<_> = batch
        .entries
        .iter()
        .map(|entry| InboxKey::own(entry.entry))
        .collect();
    assert!(
        store
            .seen(&inbox)
            .expect("read")
            .iter()
            .all(Option::is_some)
    );
    let keys: Vec<_> = batch
        .records
        .iter()
        .map(|(_, record)| key(record))
        .collect();
    assert_eq!(store.load(&keys).expect("loaded").len(), keys.len());
}

fn key(record: &Record) -> Key {
    match record.identity() {
        Some(identity) => Key::Identity(record.kind(), identity),
        None => Key::Record(
            record.kind(),
            record.lab_id().clone(),
            record.id().to_owned(),
        ),
    }
}

/// The same rows with nothing left to do but to bind and insert them.
fn measure_floor(batches: &[Batch], events: usize) -> f64 {
    let dir = tempfile::tempdir().expect("folder");
    drop(SqliteStore::open(dir.path(), None, Options::default()).expect("made"));
    let conn = Connection::open(dir.path().join("pontic.db")).expect("opened");
    conn.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192",
    )
    .expect("set");
    let rows: Vec<Vec<_>> = batches
        .iter()
        .map(|batch| {
            batch
                .records
                .iter()
                .map(|(_, record)| record.row())
                .collect()
        })
        .collect();
    let text = "x".repeat(560);
    let sealed = vec![7_u8; 80];
    let insert_log =
        "INSERT INTO log (seq, at, direction, entry, source, name, origin, detail, changes)
                      VALUES (?, 0, 0, ?, 'cases.production', 'CaseCancelled', ?, ?, ?)";
    let insert = |kind: Kind| {
        format!(
        "INSERT INTO r_{kind} (lab_id, id, clinic_id, date, parent, identity, open, version, body, private)
         VALUES (?, ?, ?, '2025-01-16', ?, ?, ?, 1, ?, ?)"
    )
    };
    let mut seq = 0_i64;
    let mut at = 0;
    let (cpu, _) = per_event(events, || {
        for rows in &rows {
            conn.execute_batch("BEGIN IMMEDIATE").expect("begun");
            let mut log = conn.prepare_cached(insert_log).expect("prepared");
            let mut inbox = conn
                .prepare_cached("INSERT INTO inbox VALUES (?, ?, ?)")
                .expect("prepared");
            let mut tables = [Kind::Case, Kind::Pickup]
                .map(|kind| conn.prepare_cached(&insert(kind)).expect("prepared"));
            for row in rows {
                let is_pickup = row.kind == Kind::Pickup;
                let key = bytes(at);
                at += usize::from(is_pickup);
                seq += 1;
                log.execute(params![
                    seq,
                    key,
                    &text[..120],
                    &text[..if is_pickup { 560 } else { 60 }],
                    &text[..150]
                ])
                .expect("logged");
                if is_pickup {
                    inbox.execute(params![key, seq, key]).expect("remembered");
                }
                let private = (!is_pickup).then_some(&sealed);
                tables[usize::from(is_pickup)]
                    .execute(params![
                        row.lab_id.as_str(),
                        row.id,
                        row.clinic_id,
                        row.parent,
                        row.identity,
                        row.open,
                        row.body,
                        private
                    ])
                    .expect("inserted");
            }
            drop((log, inbox, tables));
            conn.execute_batch("COMMIT").expect("committed");
        }
    });
    cpu
}
