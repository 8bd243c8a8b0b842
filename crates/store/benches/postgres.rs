//! What an event costs in a database: CPU of this process and of the server's, user and system, per event, beside a floor that
//! sends the same rows, ready made, as arrays to the same tables.
//!
//! An event is that of the bench `commit`: 5 rows. After it, what a position costs that another program hears. A server must be there:
//! `cargo xtask servers -- cargo bench -p pontic-store --features contract,postgres --bench postgres`.

mod made;

use std::fs;
use std::sync::mpsc;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};
use pontic_core::record::{Kind, Record};
use pontic_core::time::Coordinates;
use pontic_store::batch::Batch;
use pontic_store::positions::{self, DriverNo, PositionLog as _, Received};
use pontic_store::postgres::{Options, PostgresStore};
use pontic_store::{Heard, Store};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls};

use made::{batch, bytes, cpu_us, per_event};

/// Events per measurement, whatever the size of their batches.
const EVENTS: usize = 12_800;

fn main() {
    let server = std::env::var("TEST_POSTGRES").expect(
        "TEST_POSTGRES names no server: `cargo xtask servers -- cargo bench -p pontic-store --features contract,postgres --bench postgres`",
    );
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!("µs an event; ours is the store's process, theirs the database's\n");
    println!(
        "{:>6} {:>8} {:>8} {:>8} {:>12} {:>14} {:>8} {:>10}",
        "batch", "ours", "theirs", "both", "floor's both", "ours to floor", "wall", "at most 30"
    );
    for size in [1, 64, 100, 1_024] {
        let events = if size == 1 { EVENTS / 8 } else { EVENTS };
        let batches: Vec<Batch> = (0..events / size)
            .map(|n| batch(n * size..(n + 1) * size))
            .collect();
        let events = events / size * size;
        let url = database(&runtime, &server, &format!("bench_{size}"));
        let folder = tempfile::tempdir().expect("a folder");
        let store = PostgresStore::open(&url, &folder.path().join("key"), &Options::default())
            .expect("opened");
        let (theirs_before, mine) = (database_cpu_us(), cpu_us());
        let (_, wall) = per_event(events, || {
            for batch in &batches {
                store.commit(batch).expect("committed");
            }
        });
        let per = |cpu: f64| cpu / f64::from(u32::try_from(events).expect("few"));
        let ours = per(cpu_us() - mine);
        let theirs = per(database_cpu_us() - theirs_before);
        drop(store);
        let floor = floor(&runtime, &server, size, &batches, events);
        let both = ours + theirs;
        let verdict = if size == 64 {
            if both <= 30.0 { "met" } else { "missed" }
        } else {
            ""
        };
        println!(
            "{size:>6} {ours:>8.1} {theirs:>8.1} {both:>8.1} {floor:>12.1} {:>14.2} {wall:>8.1} {verdict:>10}",
            both / floor
        );
    }
    positions(&runtime, &server);
}

/// Drivers, and fixes of each.
const DRIVERS: u32 = 1_000;
const FIXES: u32 = 200;

/// What a fix costs that one program takes and another hears: CPU, bytes in the table and its index, and how late it is heard.
fn positions(runtime: &tokio::runtime::Runtime, server: &str) {
    let url = database(runtime, server, "bench_positions");
    let folder = tempfile::tempdir().expect("a folder");
    let open = || PostgresStore::open(&url, &folder.path().join("key"), &Options::default());
    let (here, there) = (open().expect("opened"), open().expect("opened"));
    let start = Timestamp::from_second(1_736_751_600).expect("in range");
    let (sender, durable) = mpsc::channel();
    let on_disk = Box::new(move |ticket| sender.send(ticket).expect("the bench waits for it"));
    let log = here
        .positions(start, positions::Options::default(), on_disk)
        .expect("opened");
    let lab = LabId::known("LAB001");
    let numbers: Vec<DriverNo> = (0..DRIVERS)
        .map(|n| {
            log.number(&lab, &DriverId::known(format!("D{n}")))
                .expect("a number")
        })
        .collect();
    let (sender, heard) = mpsc::channel();
    let told = Box::new(move |heard| {
        if let Heard::Fixes(fixes) = heard {
            let _ = sender.send((Instant::now(), fixes.len()));
        }
    });
    there.listen(told).expect("listens");
    let (theirs, mine) = (database_cpu_us(), cpu_us());
    let mut late_ms: Vec<f64> = Vec::new();
    for step in 0..FIXES {
        let at = start + SignedDuration::from_secs(i64::from(step) * 30);
        let wave: Vec<Received> = numbers
            .iter()
            .map(|driver| Received {
                driver: *driver,
                fix: Fix::new(
                    at,
                    Coordinates {
                        lat: 42.0 + f64::from(step) * 0.002,
                        lng: -71.0 + f64::from(driver.0) * 0.001,
                    },
                )
                .with_speed(Some(36.5))
                .with_accuracy(Some(6.0)),
                received_at: at,
            })
            .collect();
        let began = Instant::now();
        let ticket = log.append(&wave).expect("taken");
        while durable.recv().expect("written") < ticket {}
        let mut count = 0;
        while count < wave.len() {
            let (when, fixes) = heard.recv().expect("heard");
            count += fixes;
            late_ms.push(when.duration_since(began).as_secs_f64() * 1e3);
        }
    }
    let total = f64::from(DRIVERS * FIXES);
    let (ours, theirs) = (
        (cpu_us() - mine) / total,
        (database_cpu_us() - theirs) / total,
    );
    late_ms.sort_by(f64::total_cmp);
    let size = runtime.block_on(async {
        let sql = "SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'fix'::regclass";
        let row = connect(&url).await.query_one(sql, &[]).await.expect("asked");
        row.get::<_, i64>(0)
    });
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let bytes = size as f64 / total;
    println!(
        "\nfixes, {DRIVERS} at a time, one program writing and another hearing; a line a figure"
    );
    println!("CPU             {ours:8.1} µs a fix of both programs, {theirs:.1} of the database");
    println!("table and index {bytes:8.0} bytes a fix");
    println!(
        "heard after     {:8.1} ms (median), {:.1} ms (p99)",
        late_ms[late_ms.len() / 2],
        late_ms[late_ms.len() * 99 / 100]
    );
}

fn database(runtime: &tokio::runtime::Runtime, server: &str, name: &str) -> String {
    runtime.block_on(async {
        let client = connect(server).await;
        for sql in [
            format!("DROP DATABASE IF EXISTS {name}"),
            format!("CREATE DATABASE {name}"),
        ] {
            client.batch_execute(&sql).await.expect("made");
        }
    });
    server.replace("/postgres?", &format!("/{name}?"))
}

async fn connect(url: &str) -> Client {
    let (client, line) = tokio_postgres::connect(url, NoTls).await.expect("a server");
    tokio::spawn(line);
    client
}

/// Rows of one batch as arrays, ready to be sent.
struct Rows {
    seqs: Vec<i64>,
    entries: Vec<Vec<u8>>,
    details: Vec<String>,
    cases: Vec<(String, String)>,
    pickups: Vec<(String, String, Vec<u8>)>,
}

fn rows(batch: &Batch, first: usize) -> Rows {
    let count = batch.entries.len();
    let numbers = first * 2..(first + count) * 2;
    let (mut cases, mut pickups) = (Vec::new(), Vec::new());
    for (_, record) in &batch.records {
        let row = record.row();
        match record {
            Record::Case(_) => cases.push((row.id, row.body)),
            _ => pickups.push((row.id, row.body, row.identity.unwrap_or_default().to_vec())),
        }
    }
    Rows {
        seqs: numbers
            .clone()
            .map(|n| i64::try_from(n).expect("few") + 1)
            .collect(),
        entries: numbers.map(|n| bytes(n / 2).to_vec()).collect(),
        details: (0..count * 2)
            .map(|n| "x".repeat(if n % 2 == 0 { 330 } else { 560 }))
            .collect(),
        cases,
        pickups,
    }
}

/// The same rows with nothing left to do but to send them.
fn floor(
    runtime: &tokio::runtime::Runtime,
    server: &str,
    size: usize,
    batches: &[Batch],
    events: usize,
) -> f64 {
    let url = database(runtime, server, &format!("floor_{size}"));
    let folder = tempfile::tempdir().expect("a folder");
    // It makes the tables.
    drop(PostgresStore::open(&url, &folder.path().join("key"), &Options::default()).expect("made"));
    let all: Vec<Rows> = batches
        .iter()
        .enumerate()
        .map(|(place, batch)| rows(batch, place * size))
        .collect();
    let insert = |kind: Kind, rest: &str, from: &str| {
        format!(
            "INSERT INTO r_{kind} (lab_id, id, date, open, version, body{rest}) SELECT 'LAB1', id, '2025-01-16', true, 1, body{rest} FROM {from}"
        )
    };
    let sqls = [
        "INSERT INTO log (seq, at, direction, entry, source, name, detail) SELECT seq, 0, 0, entry, 'cases.production', 'CaseCancelled', detail FROM UNNEST($1::bigint[], $2::bytea[], $3::text[]) AS u (seq, entry, detail)".to_owned(),
        "INSERT INTO inbox SELECT key, 1, key FROM UNNEST($1::bytea[]) AS u (key)".to_owned(),
        insert(Kind::Case, "", "UNNEST($1::text[], $2::text[]) AS u (id, body)"),
        insert(Kind::Pickup, ", identity", "UNNEST($1::text[], $2::text[], $3::bytea[]) AS u (id, body, identity)"),
    ];
    runtime.block_on(async {
        let mut client = connect(&url).await;
        let mut statements = Vec::new();
        for sql in &sqls {
            statements.push(client.prepare(sql).await.expect("prepared"));
        }
        let (theirs_before, mine) = (database_cpu_us(), cpu_us());
        for rows in &all {
            let transaction = client.transaction().await.expect("begun");
            let keys: Vec<&Vec<u8>> = rows.entries.iter().step_by(2).collect();
            let (ids, bodies): (Vec<_>, Vec<_>) = rows.cases.iter().map(|(a, b)| (a, b)).unzip();
            let of = |pick: fn(&(String, String, Vec<u8>)) -> &str| {
                rows.pickups.iter().map(pick).collect::<Vec<&str>>()
            };
            let (pickups, texts) = (of(|p| &p.0), of(|p| &p.1));
            let identities: Vec<&Vec<u8>> = rows.pickups.iter().map(|p| &p.2).collect();
            let log: [&(dyn ToSql + Sync); 3] = [&rows.seqs, &rows.entries, &rows.details];
            let case: [&(dyn ToSql + Sync); 2] = [&ids, &bodies];
            let pickup: [&(dyn ToSql + Sync); 3] = [&pickups, &texts, &identities];
            let inbox: [&(dyn ToSql + Sync); 1] = [&keys];
            futures_util::try_join!(
                transaction.execute(&statements[0], &log),
                transaction.execute(&statements[1], &inbox),
                transaction.execute(&statements[2], &case),
                transaction.execute(&statements[3], &pickup),
            )
            .expect("inserted");
            transaction.commit().await.expect("committed");
        }
        let spent = cpu_us() - mine + database_cpu_us() - theirs_before;
        spent / f64::from(u32::try_from(events).expect("few"))
    })
}

/// User and system time of all processes of the database so far, with those that have ended.
fn database_cpu_us() -> f64 {
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let stats = processes.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let of_database = stats.filter(|stat| stat.contains("(postgres)"));
    let ticks = of_database.map(|stat| {
        let fields = stat.rsplit(')').next().unwrap_or_default().to_owned();
        let ticks = fields.split_whitespace().skip(11).take(4);
        ticks
            .filter_map(|ticks| ticks.parse::<f64>().ok())
            .sum::<f64>()
    });
    ticks.sum::<f64>() * 10_000.0
}
