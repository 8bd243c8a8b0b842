//! Positions in a database: cut lines, several programs, partitions, and what an earlier version left in a folder.

use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};
use pontic_core::time::Coordinates;

use super::{Database, run};
use crate::contract::{self, Opened, new_case_batch};
use crate::positions::{DriverNo, OnDisk, Options, PositionLog, Positions, Received};
use crate::postgres::{MovedPositions, PostgresPositions, PostgresStore, Settled, rows};
use crate::{Store, StoreError};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_736_726_400 + seconds).expect("in range")
}

fn received(driver: DriverNo, seconds: i64) -> Received {
    let place = Coordinates {
        lat: 42.36,
        lng: -71.06,
    };
    Received {
        driver,
        fix: Fix::new(at(seconds), place),
        received_at: at(seconds),
    }
}

fn open(store: &PostgresStore, now: Timestamp, on_disk: OnDisk) -> PostgresPositions {
    store
        .positions(now, Options::default(), on_disk)
        .expect("opened")
}

fn driver(log: &dyn PositionLog, name: &str) -> DriverNo {
    let no = log.number(&LabId::known("L"), &DriverId::known(name));
    no.expect("a number")
}

fn count(store: &PostgresStore, sql: &str) -> u64 {
    let counted = store.with(async |client| {
        let found = rows::query(client, sql, &[]).await?;
        rows::count(&found[0], 0)
    });
    counted.expect("counted")
}

#[test]
fn they_keep_the_contract() {
    let mut databases = Vec::new();
    contract::tell_of_positions(|| {
        let database = Database::new();
        let (url, key) = (database.url.clone(), database.key());
        databases.push(database);
        move |now| {
            let store = PostgresStore::open(&url, &key, &super::Options::default());
            let store = store.expect("opened");
            Opened::by(|on_disk| Box::new(open(&store, now, on_disk)))
        }
    });
}

#[test]
fn two_programs_have_one_log() {
    let database = Database::new();
    let stores = [database.open(), database.open()];
    let logs = stores
        .each_ref()
        .map(|store| open(store, at(0), Box::new(|_| {})));
    // Both draw at once, the same and others.
    std::thread::scope(|scope| {
        for (log, own) in logs.iter().zip(["A", "B"]) {
            scope.spawn(move || {
                for n in 0..20 {
                    driver(log, &format!("{own}{n}"));
                    driver(log, &format!("C{n}"));
                }
            });
        }
    });
    assert_eq!(count(&stores[0], "SELECT count(*) FROM fix_driver"), 60);
    assert_eq!(
        count(&stores[0], "SELECT max(no)::bigint FROM fix_driver"),
        59,
        "without gaps"
    );
    // A phone that changes over sends what it got no answer for to both.
    let no = driver(&logs[0], "C0");
    assert_eq!(driver(&logs[1], "C0"), no);
    std::thread::scope(|scope| {
        for (log, order) in logs.iter().zip([1_i64, -1]) {
            scope.spawn(move || {
                for n in 0..500 {
                    let second = if order > 0 { n } else { 499 - n };
                    log.append(&[received(no, second)]).expect("taken");
                }
            });
        }
    });
    // What was appended is written before they end.
    drop(logs);
    assert_eq!(count(&stores[0], "SELECT count(*) FROM fix"), 500);
    let log = open(&stores[0], at(0), Box::new(|_| {}));
    let all = log.read(no, Timestamp::MIN, Timestamp::MAX, None, 1_000);
    assert_eq!(all.expect("read").len(), 500);
}

/// The line is cut again and again while fixes come: what was told to be on disk is there at that moment, and nothing is there twice.
#[test]
fn a_line_that_is_cut_loses_nothing_that_was_told() {
    let database = Database::new();
    let (store, witness) = (database.open(), database.open());
    let (sender, told) = mpsc::channel();
    let on_disk = Box::new(move |ticket| {
        let _ = sender.send(ticket);
    });
    let log = open(&store, at(0), on_disk);
    let no = driver(&log, "D");
    let mut last = 0;
    let mut reached = 0;
    let until = Instant::now() + Duration::from_secs(3);
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
               WHERE datname = current_database() AND query LIKE '%INSERT INTO fix (%' AND pid <> pg_backend_pid()";
    let mut refused = 0;
    let mut second = 0;
    while Instant::now() < until {
        for _ in 0..20 {
            match log.append(&[received(no, second)]) {
                Ok(ticket) => {
                    last = ticket;
                    second += 1;
                }
                // While it cannot be written nothing more is taken.
                Err(StoreError::Unavailable(_)) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
        run(&database.url, cut);
        while let Ok(ticket) = told.recv_timeout(Duration::from_millis(20)) {
            assert!(ticket >= reached);
            reached = ticket;
            assert!(count(&witness, "SELECT count(*) FROM fix") >= ticket);
        }
    }
    while reached < last {
        reached = told.recv_timeout(Duration::from_secs(20)).expect("told");
    }
    assert!(refused > 0, "the line was never cut");
    assert_eq!(count(&witness, "SELECT count(*) FROM fix"), last);
}

#[test]
fn a_day_without_room_gets_some_and_loses_nothing() {
    let database = Database::new();
    let store = database.open();
    let log = open(&store, at(0), Box::new(|_| {}));
    let no = driver(&log, "D");
    let day = 86_400;
    for n in 0..12 {
        log.append(&[received(no, n * day)]).expect("taken");
    }
    drop(log);
    assert_eq!(count(&store, "SELECT count(*) FROM fix_rest"), 9);
    let logs = [0, 1].map(|_| open(&store, at(0), Box::new(|_| {})));
    std::thread::scope(|scope| {
        for log in &logs {
            scope.spawn(|| log.close_hours(at(9 * day)).expect("made"));
        }
    });
    assert_eq!(count(&store, "SELECT count(*) FROM fix_rest"), 0);
    assert_eq!(count(&store, "SELECT count(*) FROM fix_20250124"), 1);
    let all = logs[0].read(no, Timestamp::MIN, Timestamp::MAX, None, 20);
    assert_eq!(all.expect("read").len(), 12);
    let pruned: usize = std::thread::scope(|scope| {
        let pruning = logs
            .iter()
            .map(|log| scope.spawn(|| log.prune(at(95 * day)).expect("pruned")));
        let pruning: Vec<_> = pruning.collect();
        pruning
            .into_iter()
            .map(|one| one.join().expect("done"))
            .sum()
    });
    assert!(pruned > 0);
    assert_eq!(count(&store, "SELECT count(*) FROM fix"), 7);
}

/// Positions of some drivers in a folder, as an earlier version kept them; gives how many.
fn fill(folder: &Path) -> MovedPositions {
    let dir = folder.join("positions");
    let log = Positions::open(&dir, at(0), Options::default(), Box::new(|_| {})).expect("opens");
    let mut fixes = 0;
    for name in ["D", "E", "F"] {
        let no = driver(&log, name);
        let day = i64::from(no.0) * 86_400;
        let many: Vec<_> = (0..5_000).map(|n| received(no, day + n * 7)).collect();
        // The last has none.
        if name != "F" {
            log.append(&many).expect("taken");
            fixes += many.len() as u64;
        }
    }
    log.close_hours(at(90_000)).expect("closed");
    let late = received(driver(&log, "D"), 90_001);
    log.append(&[late]).expect("taken");
    MovedPositions {
        drivers: 3,
        fixes: fixes + 1,
    }
}

#[test]
fn what_an_earlier_version_left_in_its_folder_comes_in_once() {
    let database = Database::new();
    let store = database.open();
    store.commit(&new_case_batch(1)).expect("committed");
    let place = "INSERT INTO fact VALUES ('positions_in', 'home')";
    run(&database.url, place);
    let folder = tempfile::tempdir().expect("a folder");
    let filled = fill(folder.path());
    let settle = |name| store.settle_positions(folder.path(), name, false, at(100_000));
    for name in [None, Some("elsewhere")] {
        assert_eq!(settle(name).expect("asked"), Settled::Elsewhere);
    }
    let starts: Vec<Settled> = std::thread::scope(|scope| {
        let starting: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| settle(Some("home")).expect("settled")))
            .collect();
        starting
            .into_iter()
            .map(|one| one.join().expect("done"))
            .collect()
    });
    let moved = starts.iter().filter(|one| **one != Settled::Here);
    assert_eq!(moved.collect::<Vec<_>>(), [&Settled::Moved(filled)]);
    assert_eq!(settle(None).expect("asked"), Settled::Here);

    let log = open(&store, at(100_000), Box::new(|_| {}));
    let dir = folder.path().join("positions");
    let there = Positions::open(&dir, at(100_000), Options::default(), Box::new(|_| {}));
    let there = there.expect("opens");
    for name in ["D", "E", "F"] {
        let read = |log: &dyn PositionLog| {
            let no = driver(log, name);
            log.read(no, Timestamp::MIN, Timestamp::MAX, None, 10_000)
                .expect("read")
        };
        assert_eq!(read(&log), read(&there), "{name}");
    }
}

#[test]
fn positions_that_are_lost_are_given_up_when_told_so() {
    let database = Database::new();
    let store = database.open();
    store.commit(&new_case_batch(1)).expect("committed");
    run(
        &database.url,
        "INSERT INTO fact VALUES ('positions_in', 'home')",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let settle = |adopts| store.settle_positions(folder.path(), None, adopts, at(0));
    assert_eq!(settle(false).expect("asked"), Settled::Elsewhere);
    let nothing = Settled::Moved(MovedPositions::default());
    assert_eq!(settle(true).expect("asked"), nothing);
    assert_eq!(settle(false).expect("asked"), Settled::Here);
}

#[test]
fn an_empty_database_is_nobodys() {
    let database = Database::new();
    let store = database.open();
    let folder = tempfile::tempdir().expect("a folder");
    let settle = || store.settle_positions(folder.path(), None, false, at(0));
    assert_eq!(settle().expect("asked"), Settled::Here);
    store.commit(&new_case_batch(1)).expect("committed");
    assert_eq!(settle().expect("asked"), Settled::Here);
}
