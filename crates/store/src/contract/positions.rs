//! Where drivers were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pontic_core::fix::Fix;
use pontic_core::id::{DriverId, LabId};
use pontic_core::time::Coordinates;

use crate::positions::{DriverNo, Kept, OnDisk, Place, PositionLog, Received};

/// A log, and the tickets that it tells as being on disk.
pub struct Opened {
    /// The log; 90 days are kept.
    pub log: Box<dyn PositionLog>,
    told: mpsc::Receiver<u64>,
}

impl Opened {
    /// By a function that opens the log and tells tickets to what it is given.
    pub fn by(open: impl FnOnce(OnDisk) -> Box<dyn PositionLog>) -> Self {
        let (sender, told) = mpsc::channel();
        let on_disk = Box::new(move |ticket| {
            // A story may end before the log does.
            let _ = sender.send(ticket);
        });
        Self {
            log: open(on_disk),
            told,
        }
    }

    fn append(&self, driver: DriverNo, fix: Fix, received_at: Timestamp) -> u64 {
        let received = Received {
            driver,
            fix,
            received_at,
        };
        self.log.append(&[received]).expect("taken")
    }

    /// Waits until all that was appended is on disk; gives the tickets that were told meanwhile.
    fn settle(&self) -> Vec<u64> {
        let last = self.log.last_ticket();
        let mut tickets: Vec<u64> = Vec::new();
        while tickets.last().is_none_or(|ticket| *ticket < last) {
            let told = self.told.recv_timeout(Duration::from_secs(20));
            tickets.push(told.expect("told"));
        }
        tickets
    }

    fn all(&self, driver: DriverNo) -> Vec<Kept> {
        let mut read = Vec::new();
        let mut after = None;
        loop {
            let page = self
                .log
                .read(driver, Timestamp::MIN, Timestamp::MAX, after, 7)
                .expect("read");
            if page.is_empty() {
                return read;
            }
            after = page.last().map(Kept::place);
            read.extend(page);
        }
    }
}

/// Opens the log as of a time.
type Open<'a> = &'a dyn Fn(Timestamp) -> Opened;

/// 2025-01-13T00:00:00Z and so many seconds.
fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_736_726_400 + seconds).expect("in range")
}

fn driver(opened: &Opened, name: &str) -> DriverNo {
    let (lab, name) = (LabId::known("L"), DriverId::known(name));
    opened.log.number(&lab, &name).expect("a number")
}

fn at(time: Timestamp, lat: f64) -> Fix {
    Fix::new(time, Coordinates { lat, lng: -71.06 })
}

/// Chance from a seed, below `most`.
fn chance(seed: &mut u64, most: u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % most
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn some_fix(seed: &mut u64, at: Timestamp) -> Fix {
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

pub fn drivers_have_numbers(open: Open<'_>) {
    let opened = open(time(0));
    let (lab, other) = (LabId::known("L"), LabId::known("M"));
    let id = DriverId::known("D");
    assert_eq!(opened.log.find(&lab, &id), None);
    let first = opened.log.number(&lab, &id).expect("a number");
    let second = opened.log.number(&other, &id).expect("a number");
    assert_eq!((first, second), (DriverNo(0), DriverNo(1)));
    assert_eq!(opened.log.number(&lab, &id).expect("a number"), first);
    drop(opened);
    let opened = open(time(1));
    assert_eq!(opened.log.find(&other, &id), Some(second));
    let name = opened.log.name(second).expect("known");
    assert_eq!((&name.lab_id, &name.driver_id), (&other, &id));
    assert_eq!(opened.log.name(DriverNo(2)), None);
}

pub fn what_is_appended_is_read(open: Open<'_>) {
    let mut opened = open(time(0));
    let mut seed = 11;
    let drivers: Vec<DriverNo> = (0..10).map(|n| driver(&opened, &format!("D{n}"))).collect();
    let mut model: BTreeMap<DriverNo, BTreeMap<Place, Kept>> = BTreeMap::new();
    // A day and a bit, with fixes that come up to a week late.
    for step in 0..108_i64 {
        let now = time(step * 900);
        opened.log.close_hours(now).expect("closed");
        for _ in 0..6 {
            let driver = drivers[usize::try_from(chance(&mut seed, 10)).expect("small")];
            let late = if chance(&mut seed, 4) == 0 {
                604_800_000
            } else {
                60_000
            };
            let ago =
                SignedDuration::from_millis(i64::try_from(chance(&mut seed, late)).expect("small"));
            // Sometimes another place at the same time.
            for _ in 0..=chance(&mut seed, 8) / 7 {
                let fix = some_fix(&mut seed, now - ago);
                let kept = Kept {
                    fix,
                    received_at: now,
                };
                model.entry(driver).or_default().insert(kept.place(), kept);
                opened.append(driver, fix, now);
                let known = opened.log.known(driver, &[fix]).expect("read");
                assert_eq!(known, BTreeSet::from([kept.place()]), "at once");
            }
        }
        if step % 20 == 19 || step == 107 {
            opened.log.close_days(now).expect("closed");
            drop(opened);
            opened = open(now);
        }
        if step % 50 == 49 || step == 107 {
            compare(&opened, &model);
        }
    }
    // Nobody else's fixes, and none outside a span.
    let fixes: Vec<Fix> = model[&drivers[0]].values().map(|kept| kept.fix).collect();
    let places: BTreeSet<Place> = model[&drivers[0]].keys().copied().collect();
    assert_eq!(opened.log.known(drivers[0], &fixes).expect("read"), places);
    assert_eq!(
        opened.log.known(drivers[1], &fixes).expect("read"),
        BTreeSet::new()
    );
    assert_eq!(
        opened.log.known(drivers[0], &[]).expect("read"),
        BTreeSet::new()
    );
    let some = model[&drivers[0]].values().next().expect("one");
    let until = opened
        .log
        .read(drivers[0], some.fix.at, some.fix.at, None, 9);
    assert_eq!(until.expect("read"), []);
}

#[track_caller]
fn compare(opened: &Opened, model: &BTreeMap<DriverNo, BTreeMap<Place, Kept>>) {
    for (driver, fixes) in model {
        let all: Vec<Kept> = fixes.values().copied().collect();
        assert_eq!(opened.all(*driver), all, "{driver:?}");
        let last = opened.log.last(*driver).expect("read");
        assert_eq!(last, all.last().copied());
    }
}

pub fn tickets_are_told(open: Open<'_>) {
    let opened = open(time(0));
    let driver = driver(&opened, "D");
    let mut seed = 1;
    let mut last = 0;
    for second in 0..200 {
        let ticket = opened.append(driver, some_fix(&mut seed, time(second)), time(second));
        assert!(ticket > last, "they rise");
        last = ticket;
    }
    let tickets = opened.settle();
    assert!(tickets.is_sorted(), "{tickets:?}");
    assert_eq!(tickets.last(), Some(&last));
    assert_eq!(opened.all(driver).len(), 200);
}

pub fn a_fix_is_there_once(open: Open<'_>) {
    let opened = open(time(0));
    let (one, other) = (driver(&opened, "D"), driver(&opened, "E"));
    let fix = at(time(0), 42.36);
    opened.append(one, fix, time(1));
    opened.append(one, fix, time(1));
    opened.settle();
    opened.append(one, fix, time(1));
    opened.append(other, fix, time(1));
    opened.settle();
    for driver in [one, other] {
        let all = opened.all(driver);
        assert_eq!(all.len(), 1, "{driver:?}");
        assert_eq!((all[0].fix, all[0].received_at), (fix, time(1)));
    }
}

pub fn fixes_have_neighbours(open: Open<'_>) {
    let opened = open(time(0));
    let driver = driver(&opened, "D");
    let fixes = [
        at(time(0), 42.0),
        at(time(60), 42.1),
        at(time(60), 42.2),
        at(time(120), 42.3),
    ];
    let kept = |place: usize| Kept {
        fix: fixes[place],
        received_at: time(200),
    };
    let look = || {
        let before = |at, after| opened.log.before(driver, at, after).expect("read");
        assert_eq!(before(time(0), None), None);
        assert_eq!(before(time(60), None), Some(kept(0)));
        assert_eq!(before(time(61), None), Some(kept(2)));
        let after = kept(1).place();
        assert_eq!(before(after.at(), Some(after)), Some(kept(1)));
        assert_eq!(before(time(3_660), None), Some(kept(3)));
        // Further back none says anything.
        assert_eq!(before(time(3_721), None), None);
    };
    for fix in fixes {
        opened.append(driver, fix, time(200));
    }
    look();
    opened.settle();
    look();
}

pub fn the_newest_is_known(open: Open<'_>) {
    let opened = open(time(0));
    let drivers = ["D", "E", "F"].map(|name| driver(&opened, name));
    let newest = |opened: &Opened, since| -> BTreeMap<DriverNo, Fix> {
        let latest = opened.log.latest(since).expect("read");
        latest
            .into_iter()
            .map(|(no, kept)| (no, kept.fix))
            .collect()
    };
    let old = at(time(-90_000), 42.0);
    opened.append(drivers[0], old, time(-90_000));
    opened.append(drivers[1], at(time(10), 42.1), time(10));
    opened.append(drivers[1], at(time(5), 42.2), time(11));
    opened.settle();
    // In memory and in the table, whichever is newer.
    opened.append(drivers[1], at(time(20), 42.3), time(20));
    let expected = BTreeMap::from([(drivers[1], at(time(20), 42.3))]);
    assert_eq!(newest(&opened, time(-86_400)), expected);
    opened.settle();
    assert_eq!(newest(&opened, time(-86_400)), expected);
    assert_eq!(newest(&opened, Timestamp::MIN)[&drivers[0]], old);
    assert_eq!(newest(&opened, time(21)), BTreeMap::new());
    drop(opened);
    assert_eq!(newest(&open(time(30)), time(-86_400)), expected);
}

pub fn old_days_are_forgotten(open: Open<'_>) {
    let day = |n: i64| time(n * 86_400);
    let opened = open(day(0));
    let driver = driver(&opened, "D");
    for n in 0..95 {
        opened.log.close_hours(day(n)).expect("closed");
        opened.append(driver, at(day(n), 42.0), day(n));
    }
    opened.settle();
    opened.log.close_hours(day(95)).expect("closed");
    opened.log.close_days(day(95)).expect("closed");
    assert_eq!(opened.all(driver).len(), 95);
    assert!(opened.log.prune(day(95)).expect("pruned") > 0);
    let kept: Vec<Timestamp> = opened.all(driver).iter().map(|kept| kept.fix.at).collect();
    assert_eq!(kept, (5..95).map(day).collect::<Vec<_>>());
    assert_eq!(opened.log.prune(day(95)).expect("pruned"), 0);
    drop(opened);
    assert_eq!(open(day(95)).all(driver).len(), 90);
}

pub fn many_append_while_others_read(open: Open<'_>) {
    let opened = open(time(0));
    let drivers: Vec<DriverNo> = (0..3).map(|n| driver(&opened, &format!("D{n}"))).collect();
    let log = &opened.log;
    std::thread::scope(|scope| {
        for driver in &drivers {
            scope.spawn(move || {
                for second in 0..300 {
                    let received = Received {
                        driver: *driver,
                        fix: at(time(second), 42.0),
                        received_at: time(second),
                    };
                    log.append(&[received]).expect("taken");
                }
            });
        }
        for quarter in 1..12 {
            log.close_hours(time(quarter * 900)).expect("closed");
            let read = log.read(drivers[0], Timestamp::MIN, Timestamp::MAX, None, 5_000);
            let read = read.expect("read");
            assert!(
                read.windows(2)
                    .all(|pair| pair[0].place() < pair[1].place())
            );
        }
    });
    for driver in drivers {
        assert_eq!(opened.all(driver).len(), 300);
    }
}
