//! Drivers at work, on a break, and not at work.

use pontic_core::directory::{Driver, Presence};
use pontic_core::event::{BreakEnded, DriverPresenceSet, DriverSet};
use pontic_core::id::{DriverId, LabId};

use crate::harness::{Bench, LAB, at};

fn says(presence: Presence, until: Option<&str>) -> DriverPresenceSet {
    DriverPresenceSet {
        lab_id: LabId::known(LAB),
        driver_id: DriverId::known("D1"),
        presence,
        paused_until: until.map(at),
        at: None,
    }
}

fn driver(bench: &Bench) -> Driver {
    bench.get("D1")
}

#[test]
fn a_break_is_over_when_it_was_to_be() {
    let mut bench = Bench::new();
    bench.send(says(Presence::Break, Some("2025-01-13T10:30:00Z")));
    assert!(
        bench
            .send(says(Presence::Break, Some("2025-01-13T10:30:00Z")))
            .idle
    );
    bench.wait_until(at("2025-01-13T10:29:59Z"));
    assert_eq!(driver(&bench).presence, Presence::Break);
    bench.wait_until(at("2025-01-13T10:30:00Z"));
    let driver = driver(&bench);
    assert_eq!(driver.presence, Presence::OnDuty);
    assert_eq!(driver.presence_since, Some(at("2025-01-13T10:30:00Z")));
    assert_eq!(driver.paused_until, None);
}

#[test]
fn one_that_was_prolonged_or_ended_is_left_alone() {
    let mut bench = Bench::new();
    bench.send(says(Presence::Break, Some("2025-01-13T10:30:00Z")));
    bench.send(says(Presence::Break, Some("2025-01-13T11:00:00Z")));
    assert_eq!(
        driver(&bench).presence_since,
        Some(at("2025-01-13T10:00:00Z"))
    );
    let ended = BreakEnded {
        lab_id: LabId::known(LAB),
        driver_id: DriverId::known("D1"),
        paused_until: at("2025-01-13T10:30:00Z"),
    };
    assert!(bench.send(ended).idle);
    bench.send(says(Presence::OffDuty, None));
    bench.wait_until(at("2025-01-13T12:00:00Z"));
    assert_eq!(driver(&bench).presence, Presence::OffDuty);
    assert_eq!(
        bench.faults(says(Presence::Break, Some("2025-01-13T12:00:00Z"))),
        ["pausedUntil in_past"]
    );
}

#[test]
fn whoever_sets_a_driver_up_does_not_say_whether_they_are_at_work() {
    let mut bench = Bench::new();
    bench.send(says(Presence::OffDuty, None));
    bench.send(DriverSet {
        driver: Driver {
            name: "Drew".into(),
            ..Driver::stub(LabId::known(LAB), DriverId::known("D1"))
        },
        expected: None,
        private: pontic_core::phi::Phi::default(),
    });
    let driver = driver(&bench);
    assert_eq!(
        (driver.name.as_str(), driver.presence),
        ("Drew", Presence::OffDuty)
    );
}

#[test]
fn a_break_that_is_told_late_began_when_it_did() {
    let mut bench = Bench::new();
    bench.now = at("2025-01-13T10:30:00Z");
    let late = |until: &str| DriverPresenceSet {
        at: Some(at("2025-01-13T10:10:00Z")),
        ..says(Presence::Break, Some(until))
    };
    // Over before anybody heard of it.
    bench.send(late("2025-01-13T10:25:00Z"));
    assert_eq!(driver(&bench).presence, Presence::OnDuty);
    assert_eq!(
        bench.faults(late("2025-01-13T10:10:00Z")),
        ["pausedUntil in_past"]
    );
    bench.send(late("2025-01-13T11:00:00Z"));
    let resting = driver(&bench);
    assert_eq!(resting.presence, Presence::Break);
    assert_eq!(resting.presence_since, Some(at("2025-01-13T10:10:00Z")));
    // A phone's clock may be ahead.
    bench.send(DriverPresenceSet {
        at: Some(at("2025-01-13T10:31:00Z")),
        ..says(Presence::OnDuty, None)
    });
    assert_eq!(driver(&bench).presence_since, Some(bench.now));
}

#[test]
fn a_break_is_at_most_a_day() {
    let mut bench = Bench::new();
    assert_eq!(
        bench.faults(says(Presence::Break, Some("2025-01-14T10:00:01Z"))),
        ["pausedUntil too_far"]
    );
    bench.send(says(Presence::Break, Some("2025-01-14T10:00:00Z")));
}
