//! What clinics say of visits that are coming.

use pontic_core::answer::{AnswerKind, MAX_ANSWERS};
use pontic_core::directory::{Access, Clinic};
use pontic_core::event::{ClinicAnswered, ClinicSet};
use pontic_core::id::{ClinicId, LabId, StopId};
use pontic_core::phi::Phi;

use crate::events::*;
use crate::harness::{Bench, LAB, at};
use crate::routes::planned;

fn answer(kind: AnswerKind) -> ClinicAnswered {
    ClinicAnswered {
        lab_id: LabId::known(LAB),
        stop_id: StopId::known("S-A"),
        kind,
        until: None,
        count: None,
        withdrawn: false,
    }
}

fn closed_until(time: &str) -> ClinicAnswered {
    ClinicAnswered {
        until: Some(at(time)),
        ..answer(AnswerKind::ClosedUntil)
    }
}

fn more(count: u32) -> ClinicAnswered {
    ClinicAnswered {
        count: Some(count),
        ..answer(AnswerKind::MoreToFetch)
    }
}

fn started() -> Bench {
    let (mut bench, ..) = planned();
    bench.send(start("R1"));
    bench
}

/// What stands of the clinic's words, as kind and count.
fn said(bench: &Bench) -> Vec<(AnswerKind, Option<u32>)> {
    let answers = bench.stop("S-A").answers;
    answers.iter().map(|one| (one.kind, one.count)).collect()
}

#[test]
fn of_each_kind_the_newest_counts_and_what_is_said_twice_is_said_once() {
    let mut bench = started();
    let done = bench.send(more(2));
    assert_eq!(done.alerted(), ["clinic_answered"]);
    assert_eq!(done.alerts[0].body["driverId"], "D1");
    assert!(bench.send(more(2)).idle);
    bench.send(closed_until("2025-01-13T12:00:00Z"));
    bench.send(more(5));
    assert_eq!(
        said(&bench),
        [
            (AnswerKind::ClosedUntil, None),
            (AnswerKind::MoreToFetch, Some(5))
        ]
    );
    let back = ClinicAnswered {
        withdrawn: true,
        ..answer(AnswerKind::MoreToFetch)
    };
    let done = bench.send(back.clone());
    assert_eq!(done.alerts[0].body["withdrawn"], true);
    assert_eq!(said(&bench), [(AnswerKind::ClosedUntil, None)]);
    assert!(bench.send(back).idle, "there is nothing left to take back");
}

#[test]
fn only_while_the_visit_is_ahead() {
    let (mut bench, ..) = planned();
    assert_eq!(bench.refuse(more(1)), "route_not_started");
    bench.send(start("R1"));
    bench.send(more(1));
    bench.send(arrive(&StopId::known("S-A")));
    bench.send(more(2));
    bench.send(stop_done(&StopId::known("S-A"), &[]));
    assert_eq!(bench.refuse(more(3)), "stop_closed");
    assert_eq!(said(&bench), [(AnswerKind::MoreToFetch, Some(2))]);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let mut bench = started();
    for (event, fault) in [
        (answer(AnswerKind::ClosedUntil), "until required"),
        (closed_until("2025-01-13T10:00:00Z"), "until in_past"),
        (closed_until("2025-01-14T10:00:01Z"), "until too_far"),
        (answer(AnswerKind::MoreToFetch), "count required"),
        (more(0), "count out_of_range"),
        (more(100), "count out_of_range"),
    ] {
        assert_eq!(bench.faults(event), [fault]);
    }
    bench.send(closed_until("2025-01-14T10:00:00Z"));
    let elsewhere = ClinicAnswered {
        stop_id: StopId::known("S-X"),
        ..more(1)
    };
    assert_eq!(bench.refuse(elsewhere), "unknown_stop");
}

#[test]
fn the_lock_box_is_for_clinics_that_have_one() {
    let mut bench = started();
    let boxed = answer(AnswerKind::LockBox);
    assert_eq!(bench.refuse(boxed.clone()), "lock_box_not_allowed");
    let clinic = Clinic {
        access: Access { lock_box: true },
        ..Clinic::stub(LabId::known(LAB), ClinicId::known("A"))
    };
    bench.send(ClinicSet {
        clinic,
        expected: None,
        private: Phi::default(),
    });
    bench.send(boxed);
    assert_eq!(said(&bench), [(AnswerKind::LockBox, None)]);
}

#[test]
fn a_stop_takes_so_many_answers_and_no_more() {
    let mut bench = started();
    for count in 1..=MAX_ANSWERS {
        bench.send(more(count));
    }
    assert!(bench.send(more(MAX_ANSWERS)).idle);
    assert_eq!(bench.refuse(more(1)), "too_many_answers");
    let back = ClinicAnswered {
        withdrawn: true,
        ..answer(AnswerKind::MoreToFetch)
    };
    assert_eq!(bench.refuse(back), "too_many_answers");
}
