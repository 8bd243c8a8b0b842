//! The log through real files: what is appended is read, before and after every closing, and after every crash.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};
use pontic_core::time::Coordinates;
use tempfile::TempDir;

use super::{DriverNo, Kept, Options, Place, Positions, Received};
use crate::StoreError;

/// 2025-01-13T00:00:00Z, a quarter's, an hour's and a day's beginning.
const START_S: i64 = 1_736_726_400;

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(START_S + seconds).expect("in range")
}

fn open(dir: &Path, now: Timestamp) -> Positions {
    Positions::open(dir, now, Options::default(), Box::new(|_| {})).expect("opens")
}

fn driver(log: &Positions, name: &str) -> DriverNo {
    log.number(&LabId::known("L"), &DriverId::known(name))
        .expect("a number")
}

/// Chance from a seed, below `most`.
fn chance(seed: &mut u64, most: u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % most
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn fix(seed: &mut u64, at: Timestamp) -> Fix {
    let mut share = |most: u64| chance(seed, most) as f64;
    let place = Coordinates {
        lat: share(1_800_000_000) / 1e7 - 90.0,
        lng: share(3_600_000_000) / 1e7 - 180.0,
    };
    let mock = share(10) < 1.0;
    let mut some = |most: u64, per: f64| (share(5) > 0.0).then(|| share(most) / per);
    Fix {
        mock,
        ..Fix::new(at, place)
            .with_speed(some(60_000, 100.0))
            .with_heading(some(3_600, 10.0))
            .with_accuracy(some(65_000, 10.0))
            .with_battery(some(1_000, 10.0))
    }
}

/// What the log should have, by driver and place.
type Model = BTreeMap<DriverNo, BTreeMap<Place, Kept>>;

fn append(
    log: &Positions,
    model: &mut Model,
    driver: DriverNo,
    fix: Fix,
    received_at: Timestamp,
) -> u64 {
    let kept = Kept { fix, received_at };
    model.entry(driver).or_default().insert(kept.place(), kept);
    let received = Received {
        driver,
        fix,
        received_at,
    };
    log.append(&[received]).expect("taken")
}

#[track_caller]
fn compare(log: &Positions, model: &Model) {
    for (driver, fixes) in model {
        let all: Vec<Kept> = fixes.values().copied().collect();
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let page = log
                .read(*driver, Timestamp::MIN, Timestamp::MAX, after, 7)
                .expect("read");
            if page.is_empty() {
                break;
            }
            after = page.last().map(Kept::place);
            read.extend(page);
        }
        assert_eq!(read, all, "{driver:?}");
        assert_eq!(log.last(*driver).expect("read"), all.last().copied());
        for kept in &all {
            assert_eq!(log.known(*driver, &[kept.fix]).expect("read").len(), 1);
        }
    }
    let latest: BTreeMap<DriverNo, Kept> = log
        .latest(Timestamp::MIN)
        .expect("read")
        .into_iter()
        .collect();
    let expected = model.iter().filter_map(|(driver, fixes)| {
        let (_, newest) = fixes.last_key_value()?;
        Some((*driver, *newest))
    });
    assert_eq!(latest, expected.collect());
}

/// Names of what lies in the folder.
fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .into_string()
                .expect("a text")
        })
        .collect();
    names.sort();
    names
}

#[test]
fn what_is_appended_is_read_through_every_closing_and_start() {
    let dir = TempDir::new().expect("a folder");
    let mut log = open(dir.path(), time(0));
    let mut model = Model::new();
    let mut seed = 11;
    let drivers: Vec<DriverNo> = (0..40).map(|n| driver(&log, &format!("D{n}"))).collect();
    // A day and a bit, with fixes that come up to a week late.
    for step in 0..108_i64 {
        let now = time(step * 900);
        log.close_hours(now).expect("closed");
        for _ in 0..25 {
            let driver = drivers[usize::try_from(chance(&mut seed, 40)).expect("small")];
            let late = if chance(&mut seed, 4) == 0 {
                604_800_000
            } else {
                60_000
            };
            let ago =
                SignedDuration::from_millis(i64::try_from(chance(&mut seed, late)).expect("small"));
            let fix = fix(&mut seed, now - ago);
            append(&log, &mut model, driver, fix, now);
            if chance(&mut seed, 8) == 0 {
                // Another place at the same time.
                let twin = super::tests::fix(&mut seed, fix.at);
                append(&log, &mut model, driver, twin, now);
            }
        }
        if step % 20 == 19 || step == 107 {
            log.close_days(now).expect("closed");
            drop(log);
            log = open(dir.path(), now);
        }
        if step == 50 {
            compare(&log, &model);
        }
    }
    compare(&log, &model);
    let names = files(dir.path());
    let of = |start: &str| names.iter().filter(|name| name.starts_with(start)).count();
    assert_eq!(of("d-"), 1, "{names:?}");
    assert!(of("h-") <= 2 && of("q-") <= 4, "{names:?}");
    // Nobody else's fixes, and none outside a span.
    let some = model[&drivers[0]].values().next().expect("one");
    assert!(log.known(drivers[1], &[some.fix]).expect("read").is_empty());
    let until = log.read(drivers[0], some.fix.at, some.fix.at, None, 9);
    assert_eq!(until.expect("read"), []);
}

#[test]
fn a_ticket_is_told_when_its_fix_is_on_disk() {
    let dir = TempDir::new().expect("a folder");
    let (sender, told) = mpsc::channel();
    let on_disk = Box::new(move |ticket| sender.send(ticket).expect("heard"));
    let log = Positions::open(dir.path(), time(0), Options::default(), on_disk).expect("opens");
    let driver = driver(&log, "D");
    let mut seed = 1;
    let mut model = Model::new();
    let mut last = 0;
    for second in 0..200 {
        let fix = fix(&mut seed, time(second));
        last = append(&log, &mut model, driver, fix, time(second));
    }
    let mut reached = 0;
    while reached < last {
        let ticket = told.recv_timeout(Duration::from_secs(10)).expect("told");
        assert!(ticket > reached, "they rise");
        reached = ticket;
    }
    let copy = TempDir::new().expect("a folder");
    for name in files(dir.path()) {
        std::fs::copy(dir.path().join(&name), copy.path().join(&name)).expect("copied");
    }
    compare(&open(copy.path(), time(300)), &model);
}

#[test]
fn whatever_a_crash_leaves_of_the_last_batch_is_cut_off() {
    let dir = TempDir::new().expect("a folder");
    let mut seed = 5;
    let mut model = Model::new();
    let log = open(dir.path(), time(0));
    let driver = driver(&log, "D");
    for second in 0..3 {
        append(
            &log,
            &mut model,
            driver,
            fix(&mut seed, time(second)),
            time(second),
        );
    }
    drop(log);
    let journal = dir.path().join(format!("{START_S}.journal"));
    let before = std::fs::read(&journal).expect("a journal");
    let log = open(dir.path(), time(10));
    let mut with_last = model.clone();
    append(
        &log,
        &mut with_last,
        driver,
        fix(&mut seed, time(11)),
        time(11),
    );
    drop(log);
    let whole = std::fs::read(&journal).expect("a journal");
    for length in before.len()..=whole.len() {
        for garbage in [&b""[..], b"\x07garbage that nobody wrote"] {
            let bytes = [&whole[..length], garbage].concat();
            std::fs::write(&journal, bytes).expect("written");
            let log = open(dir.path(), time(20));
            let expected = if length == whole.len() {
                &with_last
            } else {
                &model
            };
            compare(&log, expected);
            // What is cut off leaves room for what comes next.
            let mut more = expected.clone();
            append(&log, &mut more, driver, fix(&mut seed, time(21)), time(21));
            drop(log);
            compare(&open(dir.path(), time(30)), &more);
        }
    }
}

#[test]
fn a_crash_between_two_steps_of_closing_loses_nothing_and_doubles_nothing() {
    let dir = TempDir::new().expect("a folder");
    let mut seed = 9;
    let mut model = Model::new();
    let log = open(dir.path(), time(0));
    let driver = driver(&log, "D");
    let copy_of = |dir: &Path| {
        let copy = TempDir::new().expect("a folder");
        for name in files(dir) {
            std::fs::copy(dir.join(&name), copy.path().join(&name)).expect("copied");
        }
        copy
    };
    // Five quarters, with a copy of the folder before each closing.
    let mut earlier = Vec::new();
    for quarter in 0..5 {
        let now = time(quarter * 900);
        log.close_hours(now).expect("closed");
        append(&log, &mut model, driver, fix(&mut seed, now), now);
        let ticket = log.last_ticket();
        while log.shared.lock().open.durable < ticket {
            std::thread::sleep(Duration::from_millis(1));
        }
        earlier.push(copy_of(dir.path()));
    }
    // The hour is merged; its quarters and the journals before it are still there, and half a file too.
    for old in &earlier {
        for name in files(old.path()) {
            let place = dir.path().join(&name);
            if !place.exists() {
                std::fs::copy(old.path().join(&name), place).expect("copied");
            }
        }
    }
    std::fs::write(dir.path().join(".d-1"), b"half").expect("written");
    drop(log);
    let log = open(dir.path(), time(4_600));
    compare(&log, &model);
    log.close_hours(time(90_000)).expect("closed");
    log.close_days(time(90_000)).expect("closed");
    compare(&log, &model);
    assert_eq!(files(dir.path()).len(), 2, "{:?}", files(dir.path()));
}

#[test]
fn a_clock_that_is_set_back_writes_on_in_its_order() {
    let dir = TempDir::new().expect("a folder");
    let mut seed = 3;
    let mut model = Model::new();
    for now in [time(8_000), time(0), time(-100_000), time(90_000)] {
        let log = open(dir.path(), now);
        let driver = driver(&log, "D");
        append(&log, &mut model, driver, fix(&mut seed, now), now);
        log.close_hours(now + SignedDuration::from_secs(900))
            .expect("closed");
        compare(&log, &model);
    }
}

#[test]
fn old_days_are_forgotten() {
    let dir = TempDir::new().expect("a folder");
    let options = Options {
        retention: SignedDuration::from_hours(48),
    };
    let log = Positions::open(dir.path(), time(0), options, Box::new(|_| {})).expect("opens");
    let driver = driver(&log, "D");
    let mut seed = 2;
    let mut model = Model::new();
    for day in 0..5 {
        let now = time(day * 86_400);
        log.close_hours(now).expect("closed");
        append(&log, &mut model, driver, fix(&mut seed, now), now);
        log.close_days(now).expect("closed");
    }
    assert_eq!(log.prune(time(4 * 86_400)).expect("pruned"), 2);
    let left = log.read(driver, Timestamp::MIN, Timestamp::MAX, None, 9);
    // Those of the first two days went, and with them what came with them.
    assert_eq!(left.expect("read").len(), 3);
}

#[test]
fn a_disk_that_does_not_take_it_is_told_and_tried_again() {
    let dir = TempDir::new().expect("a folder");
    let log = open(dir.path(), time(0));
    let driver = driver(&log, "D");
    let mut seed = 4;
    let mut model = Model::new();
    // In the place of the journal lies a folder: it cannot be opened.
    let journal = dir.path().join(format!("{START_S}.journal"));
    std::fs::create_dir(&journal).expect("made");
    let ticket = append(&log, &mut model, driver, fix(&mut seed, time(1)), time(1));
    let received = Received {
        driver,
        fix: fix(&mut seed, time(2)),
        received_at: time(2),
    };
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while !matches!(log.append(&[received]), Err(StoreError::Unavailable(_))) {
        assert!(std::time::Instant::now() < until, "nobody is told");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(log.shared.lock().open.durable < ticket);
    std::fs::remove_dir(&journal).expect("removed");
    while log.shared.lock().open.durable < ticket {
        assert!(std::time::Instant::now() < until, "it does not recover");
        std::thread::sleep(Duration::from_millis(5));
    }
    let fix = fix(&mut seed, time(3));
    append(&log, &mut model, driver, fix, time(3));
    drop(log);
    let log = open(dir.path(), time(4));
    assert_eq!(log.known(driver, &[fix]).expect("read").len(), 1);
}

#[test]
fn a_newer_form_is_refused() {
    let dir = TempDir::new().expect("a folder");
    let log = open(dir.path(), time(0));
    let driver = driver(&log, "D");
    append(
        &log,
        &mut Model::new(),
        driver,
        fix(&mut 1, time(0)),
        time(0),
    );
    log.close_hours(time(900)).expect("closed");
    drop(log);
    let path = dir.path().join(format!("q-{START_S}"));
    let mut bytes = std::fs::read(&path).expect("a file");
    *bytes.last_mut().expect("a foot") += 1;
    std::fs::write(&path, bytes).expect("written");
    let opened = Positions::open(dir.path(), time(901), Options::default(), Box::new(|_| {}));
    assert!(matches!(
        opened,
        Err(StoreError::Newer { found: 2, known: 1 })
    ));
}

#[test]
fn many_append_while_others_read_and_one_closes() {
    let dir = TempDir::new().expect("a folder");
    let log = Arc::new(open(dir.path(), time(0)));
    let model = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..3_u64)
            .map(|number| {
                let log = Arc::clone(&log);
                scope.spawn(move || {
                    let driver = driver(&log, &format!("D{number}"));
                    let mut seed = number + 100;
                    let mut model = Model::new();
                    for second in 0..500 {
                        append(
                            &log,
                            &mut model,
                            driver,
                            fix(&mut seed, time(second)),
                            time(second),
                        );
                    }
                    model
                })
            })
            .collect();
        for quarter in 1..12 {
            log.close_hours(time(quarter * 900)).expect("closed");
            let read = log.read(DriverNo(0), Timestamp::MIN, Timestamp::MAX, None, 5_000);
            let read = read.expect("read");
            assert!(
                read.windows(2)
                    .all(|pair| pair[0].place() < pair[1].place())
            );
        }
        senders
            .into_iter()
            .flat_map(|sender| sender.join().expect("sent"))
            .collect::<Model>()
    });
    compare(&log, &model);
}

#[test]
fn it_keeps_the_contract() {
    let mut folders = Vec::new();
    crate::contract::tell_of_positions(|| {
        folders.push(TempDir::new().expect("a folder"));
        let dir = folders.last().expect("made").path().to_owned();
        move |now| {
            crate::contract::Opened::by(|on_disk| {
                let log = Positions::open(&dir, now, Options::default(), on_disk);
                Box::new(log.expect("opens"))
            })
        }
    });
}
